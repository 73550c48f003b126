//! Keeps what a VEX document would propose until it is applied, one row a risk.

use abate_entity::level::Level;
use abate_entity::{import, staged_change};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};
use serde_json::json;

use super::gather::VULNERABILITY;
use super::plan::{Plan, Planned};
use crate::intake::status;
use crate::platform::problem::Problem;
use crate::risk::vex_proposal::VexProposal;

/// Rows of one insert.
const BATCH: usize = 200;

/// Writes the plan of an import.
pub(super) async fn keep(
    tx: &DatabaseTransaction,
    import: &import::Model,
    plan: &Plan,
) -> Result<(), Problem> {
    let rows: Vec<_> = plan
        .proposals
        .iter()
        .zip(0..)
        .map(|((risk_id, planned), ordinal)| row(import.id, ordinal, *risk_id, planned))
        .collect();
    for some in rows.chunks(BATCH) {
        staged_change::Entity::insert_many(some.to_vec()).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// What was planned, by risk.
pub(super) async fn planned(
    db: &impl ConnectionTrait,
    import_id: i64,
) -> Result<Vec<(i64, VexProposal)>, Problem> {
    let rows = staged_change::Entity::find()
        .filter(staged_change::Column::ImportId.eq(import_id))
        .order_by_asc(staged_change::Column::Ordinal)
        .all(db)
        .await?;
    let read = |row: staged_change::Model| {
        let proposal = serde_json::from_value(row.data).map_err(Problem::internal)?;
        Ok(row.risk_id.map(|risk_id| (risk_id, proposal)))
    };
    rows.into_iter().filter_map(|row| read(row).transpose()).collect()
}

/// Throws the plan away.
pub(super) async fn drop(tx: &DatabaseTransaction, import_id: i64) -> Result<(), Problem> {
    staged_change::Entity::delete_many()
        .filter(staged_change::Column::ImportId.eq(import_id))
        .exec(tx)
        .await?;
    Ok(())
}

fn row(import_id: i64, ordinal: i64, risk_id: i64, planned: &Planned) -> staged_change::ActiveModel {
    let proposal = VexProposal { import: import_id, ..planned.proposal.clone() };
    staged_change::ActiveModel {
        import_id: Set(import_id),
        ordinal: Set(ordinal),
        action: Set(status::PROPOSE.to_owned()),
        risk_id: Set(Some(risk_id)),
        intake_rule: Set(String::new()),
        confirm: Set(false),
        scheme: Set(String::new()),
        hash: Set(String::new()),
        content_hash: Set(String::new()),
        kind: Set(VULNERABILITY.to_owned()),
        severity: Set(Level::Info),
        unknown_severity: Set(true),
        level: Set(Level::Info),
        title: Set(planned.title.clone()),
        description: Set(proposal.reason.clone()),
        mitigation: Set(String::new()),
        location: Set(planned.product.clone()),
        rule: Set(String::new()),
        package: Set(planned.package.clone()),
        package_version: Set(String::new()),
        fixed_version: Set(String::new()),
        tags: Set(json!([])),
        confidential: Set(false),
        data: Set(json!(proposal)),
        ..Default::default()
    }
}
