//! The sealer: gives each entry its place in the chain, within seconds of its commit.
//!
//! It has a loop of its own beside jobs and timers, so that it waits for none of them. Those who write entries never
//! touch a seal and wait for nothing here; several sealers take turns at one row.

use std::time::Duration as StdDuration;

use abate_entity::audit_seal;
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait};
use tokio_util::sync::CancellationToken;

use super::chain_rules::{self, Seal};
use super::{checkpoint, row};
use crate::platform::lease;
use crate::platform::problem::Problem;
use crate::platform::setting;
use crate::state::AppState;

/// How often unsealed entries are looked for.
const EVERY: StdDuration = StdDuration::from_secs(1);
/// Entries that are sealed in one transaction.
const BATCH: u64 = 5000;
/// Rows that go into one INSERT.
const CHUNK: usize = 500;
/// Up to this entry, all are sealed and none can follow.
const BELOW: &str = "audit_sealed_below";
/// Numbers are given before the commit, so that a lower one may show up later than a higher one. No transaction lasts
/// this long.
const SETTLED: Duration = Duration::minutes(5);
/// How far `BELOW` may lag behind; it only spares looking at what is sealed.
const LAG: i64 = 1000;

/// Seals until `stop`.
pub async fn run(state: AppState, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(problem) = pass(&state).await {
            tracing::error!(error = %problem, "the audit log could not be sealed; it is tried again");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Seals what is left and signs it, when the process ends.
pub async fn finish(state: &AppState) {
    let sealed = async {
        pass(state).await?;
        checkpoint::make(state, true).await
    };
    if let Err(problem) = sealed.await {
        tracing::warn!(error = %problem, "the audit log was not sealed to its end; the next start does it");
    }
}

/// Seals every entry that is there, and signs a checkpoint when one is due; answers how many were sealed.
///
/// # Errors
/// When the database refuses; the next pass tries again.
pub async fn pass(state: &AppState) -> Result<u64, Problem> {
    let now = state.clock.now();
    let bound = below(state.database.reader()).await?;
    let settled = settled(state.database.reader(), now).await?;
    let mut after = bound;
    let mut sealed = 0;
    loop {
        let db = state.database.reader();
        let last = row::last_seal(db).await?;
        let rows = row::unsealed(db, after, BATCH).await?;
        let mut digests = Vec::with_capacity(rows.len());
        for row in &rows {
            let id = row.try_get_by_index(0)?;
            after = id;
            match row::entry(row) {
                Ok(entry) => digests.push((id, chain_rules::digest(&entry))),
                Err(error) => {
                    tracing::error!(entry = id, %error, "an entry cannot be read, so that it cannot be sealed");
                }
            }
        }
        if !digests.is_empty() && !link(state, last.as_ref(), &digests, now).await? {
            return Ok(sealed);
        }
        sealed += digests.len() as u64;
        if (rows.len() as u64) < BATCH {
            break;
        }
    }
    if let Some(settled) = settled.filter(|settled| *settled >= bound + LAG) {
        let settled = settled.to_string();
        state.database.write(async |tx| Ok(setting::write(tx, BELOW, &settled).await?)).await?;
    }
    checkpoint::make(state, false).await?;
    Ok(sealed)
}

/// How many entries wait for their seal.
///
/// # Errors
/// When the database cannot be asked.
pub async fn waiting(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    row::count_unsealed(db, below(db).await?).await
}

/// Makes sealers take turns: whoever comes second waits for the end of the first one's transaction.
pub(super) async fn one_at_a_time(tx: &DatabaseTransaction, now: DateTime<Utc>) -> Result<(), DbErr> {
    lease::take(tx, "audit_seal", "sealer", now, Duration::zero()).await?;
    Ok(())
}

/// Adds seals for the digests after the seal `last`; answers false when another sealer was quicker.
async fn link(
    state: &AppState,
    last: Option<&Seal>,
    digests: &[(i64, [u8; 32])],
    now: DateTime<Utc>,
) -> Result<bool, Problem> {
    state
        .database
        .write(async |tx| {
            one_at_a_time(tx, now).await?;
            if row::last_seal(tx).await?.as_ref() != last {
                return Ok(false);
            }
            let (mut seq, mut previous) = match last {
                Some(last) => (last.seq, last.hash.clone()),
                None => {
                    let instance = setting::read(tx, setting::INSTANCE).await?.unwrap_or_default();
                    (0, chain_rules::beginning(&instance))
                }
            };
            for chunk in digests.chunks(CHUNK) {
                let seals = chunk.iter().map(|(entry_id, digest)| {
                    seq += 1;
                    let seal = chain_rules::seal(seq, *entry_id, digest, &previous);
                    previous.clone_from(&seal.hash);
                    audit_seal::ActiveModel {
                        seq: Set(seal.seq),
                        entry_id: Set(seal.entry_id),
                        previous: Set(seal.previous),
                        hash: Set(seal.hash),
                    }
                });
                let seals: Vec<_> = seals.collect();
                audit_seal::Entity::insert_many(seals).exec_without_returning(tx).await?;
            }
            Ok(true)
        })
        .await
}

async fn below(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    Ok(setting::read(db, BELOW).await?.and_then(|value| value.parse().ok()).unwrap_or(0))
}

/// The last entry that is old enough for the bound. It is read before the others are sealed, never after: what shows up
/// in between is not sealed yet.
async fn settled(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Option<i64>, DbErr> {
    let sql = "SELECT id FROM audit_entry WHERE recorded_at < ? ORDER BY recorded_at DESC, id DESC LIMIT 1";
    let rows = row::all(db, sql, [(now - SETTLED).into()]).await?;
    rows.first().map(|row| row.try_get_by_index(0)).transpose()
}
