//! What let assets through the gate although a check said no.

use abate_entity::gate_waiver;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::Section;
use crate::evidence_pack::context::Context;
use crate::evidence_pack::part::Table;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;

pub(super) const SECTION: Section = Section {
    name: "gate_waivers",
    about: "exceptions from the gate that held in the period",
    columns: &[
        "waiver",
        "asset",
        "check",
        "risk",
        "reason",
        "owner",
        "ends_on",
        "made_by",
        "made_at",
        "withdrawn_by",
        "withdrawn_at",
    ],
    write: |context, table| Box::pin(write(context, table)),
};

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    let rows = gate_waiver::Entity::find()
        .filter(gate_waiver::Column::CreatedAt.lt(context.period.until))
        .filter(gate_waiver::Column::EndsAt.gte(context.period.since))
        .filter(
            Condition::any()
                .add(gate_waiver::Column::WithdrawnAt.is_null())
                .add(gate_waiver::Column::WithdrawnAt.gte(context.period.since)),
        )
        .order_by_asc(gate_waiver::Column::Id)
        .all(&context.db)
        .await?;
    for row in rows {
        if !context.is_of_team(Some(row.asset_id)) {
            continue;
        }
        let withdrawn = context.known(row.withdrawn_at);
        let told = json!([
            row.id,
            context.asset(Some(row.asset_id)),
            row.check_kind,
            row.risk_id.map(|id| RiskKey(id).to_string()),
            row.reason,
            context.person(Some(row.owner_id)),
            row.ends_on,
            context.person(Some(row.created_by)),
            row.created_at,
            context.person(row.withdrawn_by.filter(|_| withdrawn.is_some())),
            withdrawn,
        ]);
        table.row(&told).map_err(Problem::internal)?;
    }
    Ok(())
}
