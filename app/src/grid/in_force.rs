//! Which version of which grid is in force, and putting another one there.

use abate_entity::rating_grid;
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::json;

use super::{preview, regrid, store};
use crate::access::actor::Actor;
use crate::access::right::KeepPolicies;
use crate::audit_log;
use crate::platform::problem::{FieldProblem, Kind, Problem};
use crate::platform::setting;

/// The setting that names the version in force.
const SETTING: &str = "grid_in_force";
/// The version in force until another is put there.
const FIRST: &str = "standard@1";

/// The version in force.
///
/// # Errors
/// When the database cannot be asked.
pub async fn read(db: &impl ConnectionTrait) -> Result<rating_grid::Model, Problem> {
    let label = setting::read(db, SETTING).await?;
    let row = store::find(db, label.as_deref().unwrap_or(FIRST)).await?;
    row.ok_or_else(|| {
        Problem::internal(anyhow::anyhow!("the database has no grid; restart Abate to make the default ones"))
    })
}

/// Puts a version into force. `digest` is that of the preview which the person has seen; risks are rated again by a job.
///
/// # Errors
/// 409 when the preview would say something else by now, 422 without a reason, 403 for those who may not.
pub async fn put(
    tx: &DatabaseTransaction,
    actor: &Actor,
    name: &str,
    digest: &str,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<rating_grid::Model, Problem> {
    actor.require_in::<KeepPolicies>(0)?;
    if reason.trim().is_empty() {
        let missing = FieldProblem::new("reason", "Say why another grid is put into force.").by("reasoned");
        return Err(Problem::all_invalid(vec![missing]));
    }
    let (before, row) = (read(tx).await?, store::named(tx, name).await?);
    let seen = preview::preview(tx, &actor.scope(), &store::read(&row)?).await?;
    if seen.digest != digest {
        return Err(Problem::new(
            Kind::Conflict,
            "The risks are not as they were in that preview; look at it again, then send its digest.",
        )
        .with("digest", &seen.digest));
    }
    setting::write(tx, SETTING, &store::label(&row)).await?;
    let data = json!({
        "before": store::label(&before), "after": store::label(&row), "reason": reason.trim(), "digest": digest,
        "risks": seen.changed, "levels": seen.after,
    });
    audit_log::add(tx, actor, "grid.use", &store::label(&row), data, now).await?;
    regrid::want(tx, now).await?;
    Ok(row)
}
