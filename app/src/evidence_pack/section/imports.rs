//! The reports that were taken in: by whom, what they said, and whether they were taken back.

use abate_entity::{import, source, source_scope};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};
use std::collections::HashMap;

use super::Section;
use crate::evidence_pack::context::{Context, PAGE};
use crate::evidence_pack::part::Table;
use crate::platform::problem::Problem;

pub(super) const SECTION: Section = Section {
    name: "imports",
    about: "reports that were applied in the period, with the digest of each file",
    columns: &[
        "import",
        "source",
        "scope",
        "asset",
        "format",
        "tool",
        "file",
        "file_sha256",
        "complete",
        "scanned_at",
        "received_at",
        "applied_at",
        "undone_at",
        "sent_by",
        "findings",
        "created",
        "updated",
        "unchanged",
        "reopened",
        "vanished",
        "rejected",
    ],
    write: |context, table| Box::pin(write(context, table)),
};

/// Names of sources and keys of scopes by the number of the scope.
pub(super) async fn scopes(context: &Context) -> Result<HashMap<i64, (Value, Value)>, Problem> {
    let sources: HashMap<i64, String> = source::Entity::find()
        .all(&context.db)
        .await?
        .into_iter()
        .map(|source| (source.id, source.name))
        .collect();
    let scopes = source_scope::Entity::find().all(&context.db).await?;
    Ok(scopes
        .into_iter()
        .map(|scope| (scope.id, (json!(sources.get(&scope.source_id)), json!(scope.key))))
        .collect())
}

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    let scopes = scopes(context).await?;
    let mut after = 0;
    loop {
        let rows = import::Entity::find()
            .filter(import::Column::Id.gt(after))
            .filter(import::Column::AppliedAt.gte(context.period.since))
            .filter(import::Column::AppliedAt.lt(context.period.until))
            .order_by_asc(import::Column::Id)
            .limit(PAGE)
            .all(&context.db)
            .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        for row in rows {
            if !context.is_of_team(row.asset_id) {
                continue;
            }
            let (source, scope) = row.scope_id.and_then(|id| scopes.get(&id)).cloned().unwrap_or_default();
            let told = json!([
                row.id,
                source,
                scope,
                context.asset(row.asset_id),
                row.format,
                format!("{} {}", row.tool_name, row.tool_version).trim(),
                row.file_name,
                row.sha256,
                row.complete,
                row.scanned_at,
                row.received_at,
                row.applied_at,
                context.known(row.undone_at),
                context.person(row.actor_id),
                row.findings,
                row.created_count,
                row.updated_count,
                row.unchanged_count,
                row.reopened_count,
                row.vanished_count,
                row.rejected_count,
            ]);
            table.row(&told).map_err(Problem::internal)?;
        }
    }
}
