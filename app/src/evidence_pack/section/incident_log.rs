//! Who was told of incidents what, when and how, and what else was done.

use std::collections::BTreeSet;

use abate_entity::{incident, incident_entry};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::Section;
use crate::evidence_pack::context::{Context, PAGE};
use crate::evidence_pack::part::Table;
use crate::platform::problem::Problem;

pub(super) const SECTION: Section = Section {
    name: "incident_log",
    about: "what was done in incidents in the period, and who was told when and how",
    columns: &["entry", "incident", "at", "recorded_at", "actor", "via", "kind", "who", "how", "text"],
    write: |context, table| Box::pin(write(context, table)),
};

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    let incidents = incident::Entity::find().all(&context.db).await?;
    let ours: BTreeSet<i64> = incidents
        .into_iter()
        .filter(|row| context.team.is_none_or(|team| team == row.team_id))
        .map(|row| row.id)
        .collect();
    let mut after = 0;
    loop {
        let rows = incident_entry::Entity::find()
            .filter(incident_entry::Column::Id.gt(after))
            .filter(incident_entry::Column::RecordedAt.gte(context.period.since))
            .filter(incident_entry::Column::RecordedAt.lt(context.period.until))
            .order_by_asc(incident_entry::Column::Id)
            .limit(PAGE)
            .all(&context.db)
            .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        for row in rows.into_iter().filter(|row| ours.contains(&row.incident_id)) {
            let told = json!([
                row.id,
                format!("I-{}", row.incident_id),
                row.at,
                row.recorded_at,
                context.person(row.actor_id),
                row.via,
                row.kind,
                row.who,
                row.how,
                row.text,
            ]);
            table.row(&told).map_err(Problem::internal)?;
        }
    }
}
