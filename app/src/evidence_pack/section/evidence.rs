//! What people, scans and tickets showed for risks in the period.

use std::collections::HashMap;

use abate_entity::{evidence, stored_file};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::Section;
use crate::evidence_pack::context::{Context, PAGE};
use crate::evidence_pack::part::Table;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;

pub(super) const SECTION: Section = Section {
    name: "evidence",
    about: "evidence that was added to risks in the period; files stand under their digest in files/",
    columns: &[
        "evidence",
        "risk",
        "kind",
        "title",
        "url",
        "commit",
        "import",
        "file",
        "file_size",
        "file_sha256",
        "added_by",
        "added_at",
        "withdrawn_by",
        "withdrawn_at",
        "withdrawn_reason",
    ],
    write: |context, table| Box::pin(write(context, table)),
};

/// The next rows of evidence after the number, lowest first, with their files; none after the last.
pub(in crate::evidence_pack) async fn next(
    context: &Context,
    after: &mut i64,
) -> Result<Option<Vec<(evidence::Model, Option<stored_file::Model>)>>, Problem> {
    let rows = evidence::Entity::find()
        .filter(evidence::Column::Id.gt(*after))
        .filter(evidence::Column::CreatedAt.gte(context.period.since))
        .filter(evidence::Column::CreatedAt.lt(context.period.until))
        .order_by_asc(evidence::Column::Id)
        .limit(PAGE)
        .all(&context.db)
        .await?;
    let Some(last) = rows.last() else { return Ok(None) };
    *after = last.id;
    let risks: Vec<i64> = rows.iter().map(|row| row.risk_id).collect();
    let risks = context.histories_of(&risks).await?;
    let files = stored_file::Entity::find()
        .filter(stored_file::Column::Id.is_in(rows.iter().filter_map(|row| row.file_id)))
        .all(&context.db)
        .await?;
    let files: HashMap<i64, stored_file::Model> = files.into_iter().map(|file| (file.id, file)).collect();
    let ours = rows.into_iter().filter(|row| risks.contains_key(&row.risk_id));
    Ok(Some(
        ours.map(|row| {
            let file = row.file_id.and_then(|id| files.get(&id)).cloned();
            (row, file)
        })
        .collect(),
    ))
}

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    let mut after = 0;
    while let Some(rows) = next(context, &mut after).await? {
        for (row, file) in rows {
            let file = file.as_ref();
            let withdrawn = context.known(row.withdrawn_at);
            let told = json!([
                row.id,
                RiskKey(row.risk_id).to_string(),
                row.kind,
                row.title,
                row.url,
                row.commit_hash,
                row.import_id,
                file.map(|file| file.name.as_str()),
                file.map(|file| file.size),
                file.map(|file| file.sha256.as_str()),
                context.person(row.added_by),
                row.created_at,
                context.person(row.withdrawn_by.filter(|_| withdrawn.is_some())),
                withdrawn,
                withdrawn.map(|_| row.withdrawn_reason.as_str()),
            ]);
            table.row(&told).map_err(Problem::internal)?;
        }
    }
    Ok(())
}
