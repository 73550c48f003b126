//! Reads what a hook stored: a report goes through the one door for reports, a subscription is confirmed.

use std::io::{Seek as _, SeekFrom, Write as _};

use abate_entity::{hook, hook_delivery};
use chrono::Duration;
use sea_orm::{ActiveValue::Set, EntityTrait};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::delivery::{self, CONFIRMATION, FAILED, HANDLED, STORED};
use crate::access::actor::Via;
use crate::intake::receive::{Upload, UploadForm};
use crate::intake::stage::{self, Sender};
use crate::platform::job::{Job, Work};
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// The name of the job.
pub(super) const KIND: &str = "hook";

/// Reads a delivery; the subject is its number.
pub const JOB: Job<AppState> = Job { kind: KIND, lease: Duration::minutes(10), run: job };

fn job<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(run(state, subject))
}

async fn run(state: &AppState, subject: &str) -> Result<(), Problem> {
    let db = state.database.reader();
    let Ok(id) = subject.parse::<i64>() else { return Ok(()) };
    let Some(row) = hook_delivery::Entity::find_by_id(id).one(db).await? else { return Ok(()) };
    let Some(hook) = hook::Entity::find_by_id(row.hook_id).one(db).await? else { return Ok(()) };
    if row.state != STORED {
        return Ok(());
    }
    let result = read(state, &hook, &row).await;
    let (new_state, import_id, problem) = match result {
        Ok(import) => (HANDLED, import, None),
        // What passes is tried again.
        Err(problem) if problem.is_transient() || problem.kind() == Kind::Internal => return Err(problem),
        Err(problem) => {
            tracing::warn!(hook = hook.id, delivery = row.id, "a delivery could not be read");
            (FAILED, None, Some(problem.in_short()))
        }
    };
    state
        .database
        .write(async |tx| {
            let change = hook_delivery::ActiveModel {
                import_id: Set(import_id),
                ..settled(row.id, new_state, problem.clone())
            };
            hook_delivery::Entity::update(change).exec(tx).await?;
            Ok(())
        })
        .await
}

/// The end of a delivery: its body may hold what nobody should keep.
pub(super) fn settled(id: i64, state: &str, problem: Option<String>) -> hook_delivery::ActiveModel {
    hook_delivery::ActiveModel {
        id: Set(id),
        body: Set(Vec::new()),
        state: Set(state.to_owned()),
        problem: Set(problem),
        ..Default::default()
    }
}

/// Reads a delivery; answers the import that became of it.
async fn read(
    state: &AppState,
    hook: &hook::Model,
    row: &hook_delivery::Model,
) -> Result<Option<i64>, Problem> {
    if hook.removed_at.is_some() || !hook.enabled {
        let text = "The hook was switched off before this was read. Send it again once it is on.";
        return Err(Problem::new(Kind::Conflict, text));
    }
    let body = delivery::body(state, row)?;
    match row.kind.as_str() {
        CONFIRMATION => confirm(state, &body).await.map(|()| None),
        _ => take(state, hook, row.id, &body).await.map(Some),
    }
}

/// What is pushed is never the whole truth, so nothing counts as gone.
async fn take(state: &AppState, hook: &hook::Model, id: i64, body: &[u8]) -> Result<i64, Problem> {
    let mut file = tempfile::tempfile().map_err(Problem::internal)?;
    file.write_all(body).map_err(Problem::internal)?;
    file.seek(SeekFrom::Start(0)).map_err(Problem::internal)?;
    let form = UploadForm {
        format: hook.format.clone(),
        asset: Some(hook.asset.clone().unwrap_or_else(|| hook.name.clone())),
        source: Some(hook.name.clone()),
        scope: Some(format!("hook {}", hook.id)),
        run: Some(format!("hook-{}-{}", hook.id, id)),
        partial: true,
        ..UploadForm::default()
    };
    let upload = Upload {
        file,
        file_name: format!("{}-{}", hook.kind, id),
        sha256: hex::encode(Sha256::digest(body)),
        size: body.len() as u64,
        form,
    };
    let key = Some(format!("hook-delivery-{}", id));
    let sender = Sender { actor: None, via: Via::Import, idempotency_key: key };
    Ok(stage::stage(state, &sender, upload).await?.id)
}

/// Calls the address that was judged when it came in.
async fn confirm(state: &AppState, address: &[u8]) -> Result<(), Problem> {
    let bad = || Problem::new(Kind::Malformed, "The address that confirms the subscription cannot be read.");
    let address: Url =
        std::str::from_utf8(address).ok().and_then(|text| text.parse().ok()).ok_or_else(bad)?;
    state.outgoing.check(&address).map_err(|error| Problem::new(Kind::Malformed, format!("{error}.")))?;
    // The address carries a token, which a log must not.
    let answer =
        state.http.get(address).send().await.map_err(|error| Problem::internal(error.without_url()))?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status if status.is_server_error() => Err(Problem::unavailable(30)),
        status => Err(Problem::new(
            Kind::Malformed,
            format!(
                "Amazon refused to confirm the subscription ({status}). Ask for the confirmation again in SNS."
            ),
        )),
    }
}
