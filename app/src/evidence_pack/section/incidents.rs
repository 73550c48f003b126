//! Breaches that were declared, and drills of one: where each stood then. Its title and text go on in its row, so that they
//! are told by its log.

use abate_entity::incident;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::Section;
use crate::evidence_pack::context::Context;
use crate::evidence_pack::part::Table;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;

pub(super) const SECTION: Section = Section {
    name: "incidents",
    about: "breaches and drills that were declared by then and not closed before the period",
    columns: &[
        "incident",
        "kind",
        "team",
        "risk",
        "declared_by",
        "declared_at",
        "acknowledged_by",
        "acknowledged_at",
        "contained_at",
        "closed_by",
        "closed_at",
    ],
    write: |context, table| Box::pin(write(context, table)),
};

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    let rows = incident::Entity::find()
        .filter(incident::Column::DeclaredAt.lt(context.period.until))
        .filter(
            Condition::any()
                .add(incident::Column::ClosedAt.is_null())
                .add(incident::Column::ClosedAt.gte(context.period.since)),
        )
        .order_by_asc(incident::Column::Id)
        .all(&context.db)
        .await?;
    for row in rows.into_iter().filter(|row| context.team.is_none_or(|team| team == row.team_id)) {
        let acknowledged = context.known(row.acknowledged_at);
        let closed = context.known(row.closed_at);
        let told = json!([
            format!("I-{}", row.id),
            row.kind,
            context.team_key(Some(row.team_id)),
            row.risk_id.map(|id| RiskKey(id).to_string()),
            context.person(Some(row.declared_by)),
            row.declared_at,
            context.person(row.acknowledged_by.filter(|_| acknowledged.is_some())),
            acknowledged,
            context.known(row.contained_at),
            context.person(row.closed_by.filter(|_| closed.is_some())),
            closed,
        ]);
        table.row(&told).map_err(Problem::internal)?;
    }
    Ok(())
}
