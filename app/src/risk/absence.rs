//! What scans establish about a risk that a person is about to close: that no source sees it any more.

use abate_entity::lifecycle::Proof;
use abate_entity::{finding, import, source_scope};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::platform::problem::Problem;

/// The proofs of absence that the risk's findings give; none while any source still sees it.
///
/// # Errors
/// When the database cannot be asked.
pub async fn proofs(db: &impl ConnectionTrait, risk_id: i64) -> Result<Vec<Proof>, Problem> {
    let findings = finding::Entity::find().filter(finding::Column::RiskId.eq(risk_id)).all(db).await?;
    let confirmed: Option<Vec<i64>> = findings.iter().map(|finding| finding.lost_import_id).collect();
    let Some(last) = confirmed.and_then(|imports| imports.into_iter().max()) else {
        return Ok(Vec::new());
    };
    let mut proofs = vec![Proof::Absence { scan: last }];
    let scopes = source_scope::Entity::find()
        .filter(source_scope::Column::Id.is_in(findings.iter().map(|finding| finding.scope_id)))
        .all(db)
        .await?;
    let heads = import::Entity::find()
        .filter(import::Column::Id.is_in(scopes.iter().filter_map(|scope| scope.head_import_id)))
        .filter(import::Column::Complete.eq(true))
        .all(db)
        .await?;
    // Clean is what every source has looked at, so the one that looked longest ago counts.
    if heads.len() == scopes.len()
        && let Some(head) = heads.iter().min_by_key(|head| head.scanned_at)
    {
        proofs.push(Proof::CleanScan { scan: head.id, at: head.scanned_at });
    }
    Ok(proofs)
}
