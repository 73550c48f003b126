//! What a dismissal rests on: how bad its findings were said to be when it was judged. A finding that is said to be worse
//! than that challenges it, whatever its scanner says in between.

use abate_entity::finding;
use abate_entity::lifecycle::Resolution;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::record::Change;
use crate::platform::problem::Problem;

/// Risks whose findings are written at a time.
const CHUNK: usize = 500;

/// Whether a change dismisses its risk.
pub(super) fn is_one(change: &Change) -> bool {
    matches!(change.set.resolution, Set(Some(resolution)) if Resolution::is_dismissal(resolution))
}

/// Keeps the severities that the findings of dismissed risks have now.
pub(super) async fn keep(tx: &DatabaseTransaction, dismissed: &[i64]) -> Result<(), Problem> {
    for risks in dismissed.chunks(CHUNK) {
        finding::Entity::update_many()
            .col_expr(finding::Column::JudgedSeverity, Expr::col(finding::Column::Severity))
            .filter(finding::Column::RiskId.is_in(risks.iter().copied()))
            .exec(tx)
            .await?;
    }
    Ok(())
}
