//! Keeps what came in, once, and queues its reading.

use abate_entity::{hook, hook_delivery};
use actix_web::HttpResponse;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};
use sha2::{Digest as _, Sha256};

use super::read;
use crate::platform::job::queue;
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// Waits to be read.
pub(super) const STORED: &str = "stored";
/// Was read.
pub(super) const HANDLED: &str = "handled";
/// Could not be read.
pub(super) const FAILED: &str = "failed";

/// A report.
pub(super) const REPORT: &str = "report";
/// The address that confirms a subscription.
pub(super) const CONFIRMATION: &str = "confirmation";

/// Deliveries of one hook that may wait to be read.
const WAITING: i64 = 1_000;
/// Bytes that they may have together.
const WAITING_BYTES: i64 = 64 * 1024 * 1024;
/// When the sender is asked to try again.
const RETRY_SECONDS: u32 = 60;

/// Longest name of a delivery that is kept as it is.
const LONGEST_NAME: usize = 200;

/// Something that came in and is believed.
pub(super) struct Delivery {
    pub(super) identifier: String,
    pub(super) kind: &'static str,
    pub(super) body: Vec<u8>,
}

impl Delivery {
    /// A report under the sender's name for it; without one, the same bytes within an hour are the same delivery.
    pub(super) fn report(state: &AppState, name: &str, body: Vec<u8>) -> Self {
        let identifier = match name.trim() {
            "" => {
                let hour = state.clock.now().format("%Y-%m-%dT%H");
                format!("{}@{hour}", hex::encode(Sha256::digest(&body)))
            }
            name if name.len() <= LONGEST_NAME => name.to_owned(),
            name => hex::encode(Sha256::digest(name)),
        };
        Self { identifier, kind: REPORT, body }
    }
}

/// The hook of this number and kind that is in use.
pub(super) async fn hook(state: &AppState, id: &str, kind: &str) -> Result<hook::Model, Problem> {
    let nobody = || Problem::not_found("such hook");
    let id: i64 = id.parse().map_err(|_| nobody())?;
    let found = hook::Entity::find_by_id(id)
        .filter(hook::Column::Kind.eq(kind))
        .filter(hook::Column::Enabled.eq(true))
        .filter(hook::Column::RemovedAt.is_null())
        .one(state.database.reader())
        .await?;
    found.ok_or_else(nobody)
}

/// Refuses what there is no room for, before what waits fills the disk. The sender tries again.
async fn room(
    tx: &DatabaseTransaction,
    hook: &hook::Model,
    identifier: &str,
    bytes: usize,
) -> Result<(), Problem> {
    let known = hook_delivery::Entity::find()
        .select_only()
        .column(hook_delivery::Column::Id)
        .filter(hook_delivery::Column::HookId.eq(hook.id))
        .filter(hook_delivery::Column::Identifier.eq(identifier))
        .into_tuple::<i64>();
    if known.one(tx).await?.is_some() {
        return Ok(());
    }
    let waiting = hook_delivery::Entity::find()
        .select_only()
        .column_as(hook_delivery::Column::Id.count(), "deliveries")
        .column_as(Expr::cust("CAST(COALESCE(SUM(LENGTH(body)), 0) AS BIGINT)"), "bytes")
        .filter(hook_delivery::Column::HookId.eq(hook.id))
        .filter(hook_delivery::Column::State.eq(STORED));
    let (deliveries, waiting) = waiting.into_tuple::<(i64, i64)>().one(tx).await?.unwrap_or_default();
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    if deliveries < WAITING && waiting.saturating_add(bytes) <= WAITING_BYTES {
        return Ok(());
    }
    tracing::warn!(
        hook = hook.id,
        deliveries,
        bytes = waiting,
        "too much waits to be read; a delivery was refused"
    );
    let text = "Too much of this hook waits to be read. Send it again later.";
    Err(Problem::new(Kind::TooMany, text).retry_after(RETRY_SECONDS))
}

/// What the key is derived for.
const PURPOSE: &str = "hook-delivery";

/// What a body is bound to: in another row it cannot be opened.
fn place(hook_id: i64, identifier: &str) -> Vec<u8> {
    format!("{hook_id}/{identifier}").into_bytes()
}

/// The body of a delivery, as it came.
pub(super) fn body(state: &AppState, row: &hook_delivery::Model) -> Result<Vec<u8>, Problem> {
    let place = place(row.hook_id, &row.identifier);
    state.key.open_sealed(PURPOSE, &place, &row.body).map_err(|error| {
        tracing::error!(delivery = row.id, %error, "what came in through a hook cannot be opened");
        Problem::new(Kind::Malformed, "What was kept of it cannot be opened any more. Send it again.")
    })
}

/// Keeps a delivery and answers; the same one again changes nothing.
pub(super) async fn store(
    state: &AppState,
    hook: &hook::Model,
    new: Delivery,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let Delivery { identifier, kind, body } = new;
    // It may hold what nobody should find in a copy of the database.
    let mut nonce = [0; 12];
    state.ids.fill(&mut nonce);
    let sealed = state.key.seal(PURPOSE, &place(hook.id, &identifier), nonce, &body);
    let sealed = sealed.map_err(Problem::internal)?;
    state
        .database
        .write(async |tx| {
            let row = hook_delivery::ActiveModel {
                hook_id: Set(hook.id),
                identifier: Set(identifier.clone()),
                kind: Set(kind.to_owned()),
                body: Set(sealed.clone()),
                state: Set(STORED.to_owned()),
                problem: Set(None),
                import_id: Set(None),
                received_at: Set(now),
                ..Default::default()
            };
            room(tx, hook, &identifier, sealed.len()).await?;
            let columns = [hook_delivery::Column::HookId, hook_delivery::Column::Identifier];
            let new = hook_delivery::Entity::insert(row)
                .on_conflict(OnConflict::columns(columns).do_nothing().to_owned())
                .exec_without_returning(tx)
                .await?;
            if new == 0 {
                return Ok(());
            }
            let stored = hook_delivery::Entity::find()
                .filter(hook_delivery::Column::HookId.eq(hook.id))
                .filter(hook_delivery::Column::Identifier.eq(&identifier))
                .one(tx)
                .await?;
            match stored {
                Some(row) => Ok(queue::enqueue(tx, read::KIND, &row.id.to_string(), now, now).await?),
                None => Ok(()),
            }
        })
        .await?;
    Ok(HttpResponse::Accepted().finish())
}
