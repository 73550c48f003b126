//! What was changed in how Abate works: rules, policies, sources, connections, people.

use abate_entity::audit_entry;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::Section;
use crate::evidence_pack::context::{Context, PAGE};
use crate::evidence_pack::part::Table;
use crate::platform::problem::Problem;

pub(super) const SECTION: Section = Section {
    name: "configuration_changes",
    about: "who changed rules, policies, connections and people in the period, before and after",
    columns: &["recorded_at", "actor", "via", "action", "subject", "data", "agent", "address"],
    write: |context, table| Box::pin(write(context, table)),
};

/// What is the daily work, and has sections of its own or stands in the log. What is new counts as a change of how Abate
/// works until it is listed here.
const WORK: [&str; 19] = [
    "acceptance",
    "asset",
    "audit_log",
    "comment",
    "evidence",
    "evidence_pack",
    "feed",
    "file",
    "finding",
    "import",
    "incident",
    "merge_proposal",
    "message",
    "risk",
    "run",
    "session",
    "table",
    "ticket",
    "workshop",
];

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    if context.team.is_some() {
        return Ok(());
    }
    let mut after = 0;
    loop {
        let mut query = audit_entry::Entity::find()
            .filter(audit_entry::Column::Id.gt(after))
            .filter(audit_entry::Column::RecordedAt.gte(context.period.since))
            .filter(audit_entry::Column::RecordedAt.lt(context.period.until));
        for work in WORK {
            query = query.filter(audit_entry::Column::Action.not_like(format!("{work}.%")));
        }
        let rows = query.order_by_asc(audit_entry::Column::Id).limit(PAGE).all(&context.db).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        for row in rows {
            let told = json!([
                row.recorded_at,
                context.person(row.actor_id),
                row.via,
                row.action,
                row.subject,
                row.data,
                row.agent,
                row.address,
            ]);
            table.row(&told).map_err(Problem::internal)?;
        }
    }
}
