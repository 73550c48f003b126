//! A file as evidence.

use abate_entity::evidence;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::{NewEvidence, add};
use crate::access::actor::Actor;
use crate::file::receive::Received;
use crate::file::store::{self, NewFile};
use crate::platform::problem::{FieldProblem, Kind, Problem};
use crate::policy::Policies;
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::state::AppState;

/// Keeps a file and attaches it to a risk. Whether the caller may do so was asked before the file was read.
///
/// # Errors
/// 409 when the risk has the same file already.
pub async fn attach(
    state: &AppState,
    caller: &Actor,
    key: RiskKey,
    title: Option<String>,
    received: Received,
) -> Result<evidence::Model, Problem> {
    let title = title.unwrap_or_else(|| received.name.clone());
    let Received { file, name, media_type, sha256 } = received;
    new(&title, (0, &sha256)).check()?;
    once(state.database.reader(), key.0, &sha256).await?;
    let kept = NewFile { name: &name, media_type, created_by: Some(caller.id) };
    let kept = store::put(state, kept, file).await?;
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), key).await?;
            once(tx, risk.id, &sha256).await?;
            store::claim(tx, kept.id, &key.to_string()).await?;
            Ok(add(tx, &occasion, risk, new(&title, (kept.id, &kept.sha256))).await?.0)
        })
        .await
}

fn new(title: &str, (file, sha256): (i64, &str)) -> NewEvidence {
    NewEvidence { file: Some((file, sha256.to_owned())), ..NewEvidence::of("file", title) }
}

/// Refuses a file that the risk has already.
async fn once(db: &impl ConnectionTrait, risk_id: i64, sha256: &str) -> Result<(), Problem> {
    let same = evidence::Entity::find()
        .filter(evidence::Column::RiskId.eq(risk_id))
        .filter(evidence::Column::Sha256.eq(sha256))
        .filter(evidence::Column::WithdrawnAt.is_null())
        .one(db)
        .await?;
    let Some(same) = same else {
        return Ok(());
    };
    let detail = format!("This file is attached already, as evidence {} “{}”.", same.id, same.title);
    let problem = Problem::new(Kind::Conflict, detail.clone()).with("evidence", same.id);
    Err(problem.naming(vec![FieldProblem::new("file", detail)]))
}
