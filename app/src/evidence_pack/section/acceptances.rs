//! What was accepted: who asked, who decided, until when, and how it ended.

use abate_entity::acceptance;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::Section;
use crate::evidence_pack::context::{Context, PAGE};
use crate::evidence_pack::part::Table;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;

pub(super) const SECTION: Section = Section {
    name: "acceptances",
    about: "acceptances that were asked for or in force in the period, with approver and end",
    columns: &[
        "acceptance",
        "risk",
        "state",
        "level",
        "justification",
        "compensating_controls",
        "ends_on",
        "renewals",
        "asked_by",
        "asked_at",
        "decided_by",
        "decided_at",
        "decided_reason",
        "ended_by",
        "ended_at",
        "end_reason",
    ],
    write: |context, table| Box::pin(write(context, table)),
};

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    let mut after = 0;
    loop {
        let rows = acceptance::Entity::find()
            .filter(acceptance::Column::Id.gt(after))
            .filter(acceptance::Column::AskedAt.lt(context.period.until))
            .filter(
                Condition::any()
                    .add(acceptance::Column::EndedAt.is_null())
                    .add(acceptance::Column::EndedAt.gte(context.period.since)),
            )
            .order_by_asc(acceptance::Column::Id)
            .limit(PAGE)
            .all(&context.db)
            .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        let ids: Vec<i64> = rows.iter().map(|row| row.risk_id).collect();
        let risks = context.histories_of(&ids).await?;
        for row in rows.iter().filter(|row| risks.contains_key(&row.risk_id)) {
            table.row(&told(context, row)).map_err(Problem::internal)?;
        }
    }
}

/// The row as it was then. Level and last day can change with the decision, so that they are told from then on.
fn told(context: &Context, row: &acceptance::Model) -> serde_json::Value {
    let decided = context.known(row.decided_at);
    let ended = context.known(row.ended_at);
    let state = match (ended, decided) {
        (Some(_), _) => row.state.as_str(),
        (None, Some(_)) => "in_force",
        (None, None) => "requested",
    };
    let is_decided = decided.is_some();
    json!([
        row.id,
        RiskKey(row.risk_id).to_string(),
        state,
        is_decided.then_some(row.level.as_str()),
        row.justification,
        row.compensating_controls,
        is_decided.then_some(row.ends_on),
        is_decided.then_some(row.renewals),
        context.person(Some(row.asked_by)),
        row.asked_at,
        context.person(row.decided_by.filter(|_| is_decided)),
        decided,
        is_decided.then_some(row.decided_reason.as_str()),
        context.person(row.ended_by.filter(|_| ended.is_some())),
        ended,
        ended.map(|_| row.end_reason.as_str()),
    ])
}
