//! A scan as evidence: a whole one, by a source that had seen the risk.

use abate_entity::{finding, import};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::NewEvidence;
use crate::intake::status;
use crate::platform::problem::Problem;

/// An import as evidence for a risk. Whether the caller may see the import was asked before.
///
/// # Errors
/// 422 when it says nothing about the risk.
pub async fn scan(
    db: &impl ConnectionTrait,
    risk_id: i64,
    import: &import::Model,
    title: &str,
) -> Result<NewEvidence, Problem> {
    let refused = |why: &str| Err(Problem::invalid("import", format!("Import {} {why}.", import.id)));
    if import.status != status::APPLIED {
        return refused("is not applied");
    }
    if !import.complete {
        return refused("is not of a whole scan, so that what it does not name may still be there");
    }
    let findings = finding::Entity::find()
        .filter(finding::Column::RiskId.eq(risk_id))
        .filter(finding::Column::ScopeId.eq(import.scope_id.unwrap_or_default()));
    if findings.count(db).await? == 0 {
        return refused("is of a source and scope that never saw this risk");
    }
    // A person chose it, so that it counts for their claim.
    Ok(NewEvidence { counts: true, ..NewEvidence::scan(title, import.id) })
}
