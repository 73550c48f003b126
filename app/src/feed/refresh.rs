//! Gets the newest copy of a catalogue and puts it in the place of the last good one; then looks which risks it raises.
//! Whatever goes wrong, the last good copy stays, and says since when.

use std::path::PathBuf;

use abate_entity::feed;
use abate_entity::lifecycle::Via;
use abate_integrations::feed::epss::{self, EpssScore, EpssSummary};
use abate_integrations::feed::{FeedError, kev};
use chrono::Duration;
use sea_orm::DatabaseTransaction;
use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc;

use super::copy_rules::{self, Copy};
use super::fetch::{self, FeedCopy, Fetched};
use super::{Catalogue, settle, store};
use crate::audit_log;
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;

/// The name of the job.
const KIND: &str = "feed";

/// Refreshes a feed; the subject is its name.
pub const JOB: Job<AppState> = Job { kind: KIND, lease: Duration::minutes(20), run };

/// Queues the feeds that are due.
pub const TIMER: Timer<AppState> = Timer { name: "feed", every: Duration::minutes(5), run: look };

/// Scores that are written in one transaction.
const BATCH: usize = 5_000;

/// What is asked for, besides the feed.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// A file to read in place of the configured address.
    pub file: Option<PathBuf>,
    /// Take a copy that is older or much smaller than the one in use.
    pub force: bool,
}

/// What a refresh came to.
#[derive(Clone, Debug, Serialize)]
pub struct Refreshed {
    /// The feed.
    pub feed: Catalogue,
    /// How many entries the copy in use has.
    pub rows: i64,
    /// Whether it is another copy than before.
    pub changed: bool,
    /// How many risks are likelier than was known.
    pub raised: u64,
    /// Why there is no newer copy.
    pub problem: Option<String>,
}

/// Why a copy could not be taken.
enum Failure {
    /// The copy, or the way to it.
    Told(String),
    /// Something of our own.
    Own(Problem),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Own(problem)
    }
}

impl From<FeedError> for Failure {
    fn from(error: FeedError) -> Self {
        Self::Told(error.to_string())
    }
}

fn look(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        for catalogue in Catalogue::ALL.iter().copied() {
            if catalogue.address(&state.config.feeds).is_none() {
                continue;
            }
            let row = store::read(state.database.reader(), catalogue).await?;
            let failed = row.as_ref().is_some_and(|row| row.error.is_some());
            let tried_at = row.map(|row| row.tried_at);
            if copy_rules::is_due(tried_at, failed, state.config.feeds.every, now) {
                let subject = catalogue.as_str();
                state
                    .database
                    .write(async |tx| Ok(queue::enqueue(tx, KIND, subject, now, now).await?))
                    .await?;
            }
        }
        Ok(())
    })
}

fn run<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(async move {
        let Ok(catalogue) = subject.parse::<Catalogue>() else { return Ok(()) };
        refresh(state, catalogue, &Order::default(), Via::Timer).await.map(drop)
    })
}

/// Refreshes a feed.
///
/// # Errors
/// When the database refuses. A copy that cannot be used is not an error: what is wrong with it is kept and answered.
pub async fn refresh(
    state: &AppState,
    catalogue: Catalogue,
    order: &Order,
    via: Via,
) -> Result<Refreshed, Problem> {
    let now = state.clock.now();
    let last = store::read(state.database.reader(), catalogue).await?;
    let last = last.unwrap_or_else(|| store::none_yet(catalogue, now));
    let row = match take(state, catalogue, order, &last, via).await {
        Ok(row) => row,
        Err(Failure::Own(problem)) => return Err(problem),
        Err(Failure::Told(error)) => {
            tracing::warn!(feed = catalogue.as_str(), error, "a feed could not be refreshed");
            let error: String = error.chars().take(1_000).collect();
            feed::Model { tried_at: now, error: Some(error), ..last.clone() }
        }
    };
    state.database.write(async |tx| Ok(store::write(tx, row.clone()).await?)).await?;
    let raised = settle::all(state, via).await?;
    tracing::info!(feed = catalogue.as_str(), rows = row.row_count, raised, "a feed was looked at");
    Ok(Refreshed {
        feed: catalogue,
        rows: row.row_count,
        changed: row.generation != last.generation,
        raised,
        problem: row.error,
    })
}

/// Gets a copy and keeps it; answers what is known of it then.
async fn take(
    state: &AppState,
    catalogue: Catalogue,
    order: &Order,
    last: &feed::Model,
    via: Via,
) -> Result<feed::Model, Failure> {
    let (copy, address) = match (&order.file, catalogue.address(&state.config.feeds)) {
        (Some(path), _) => {
            let opened = path.clone();
            let copy = tokio::task::spawn_blocking(move || fetch::open(&opened)).await;
            (copy.map_err(Problem::internal)?.map_err(Failure::Told)?, path.display().to_string())
        }
        (None, Some(address)) => {
            let etag = if last.address == address.to_string() { last.etag.as_str() } else { "" };
            match fetch::fetch(&state.outgoing, address, etag).await.map_err(Failure::Told)? {
                Fetched::Same => return Ok(looked_at(state, last)),
                Fetched::Copy(copy) => (copy, address.to_string()),
            }
        }
        (None, None) => {
            return Err(Failure::Told(format!(
                "This feed is not enabled. Set {} to official, an address or a file, or name a file.",
                catalogue.key()
            )));
        }
    };
    if copy.sha256 == last.sha256 {
        return Ok(feed::Model { address, ..looked_at(state, last) });
    }
    let new = feed::Model {
        address,
        etag: copy.etag.clone(),
        sha256: copy.sha256.clone(),
        generation: last.generation + 1,
        ..looked_at(state, last)
    };
    match catalogue {
        Catalogue::Kev => take_kev(state, copy, last, new, order.force, via).await,
        Catalogue::Epss => take_epss(state, copy, last, new, order.force, via).await,
    }
}

/// The copy in use is the newest.
fn looked_at(state: &AppState, last: &feed::Model) -> feed::Model {
    let now = state.clock.now();
    feed::Model { tried_at: now, fetched_at: Some(now), error: None, ..last.clone() }
}

async fn take_kev(
    state: &AppState,
    copy: FeedCopy,
    last: &feed::Model,
    new: feed::Model,
    force: bool,
    via: Via,
) -> Result<feed::Model, Failure> {
    let read = tokio::task::spawn_blocking(move || kev::read(copy.file)).await;
    let catalogue = read.map_err(Problem::internal)??;
    let new = feed::Model {
        content_at: catalogue.released_at,
        version: catalogue.version,
        row_count: count(catalogue.entries.len() as u64),
        ..new
    };
    allow(last, &new, force)?;
    state
        .database
        .write(async |tx| {
            store::put_kev(tx, &catalogue.entries, new.generation).await?;
            settle(tx, Catalogue::Kev, &new, via).await
        })
        .await?;
    Ok(new)
}

async fn take_epss(
    state: &AppState,
    copy: FeedCopy,
    last: &feed::Model,
    new: feed::Model,
    force: bool,
    via: Via,
) -> Result<feed::Model, Failure> {
    // Read twice: nothing is written of a table that does not come to its end.
    let again = copy.file.try_clone().map_err(Problem::internal)?;
    let read = tokio::task::spawn_blocking(move || epss::read(copy.file, &mut |_| Ok(()))).await;
    let summary = read.map_err(Problem::internal)??;
    let new = feed::Model {
        content_at: summary.scored_at,
        version: summary.model,
        row_count: count(summary.rows),
        ..new
    };
    allow(last, &new, force)?;
    let (sender, mut batches) = mpsc::channel(2);
    let reading = tokio::task::spawn_blocking(move || send_scores(again, &sender));
    while let Some(scores) = batches.recv().await {
        let scores: Vec<EpssScore> = scores;
        state.database.write(async |tx| Ok(store::put_epss(tx, &scores, new.generation).await?)).await?;
    }
    reading.await.map_err(Problem::internal)??;
    state.database.write(async |tx| settle(tx, Catalogue::Epss, &new, via).await).await?;
    Ok(new)
}

fn send_scores(
    mut file: std::fs::File,
    batches: &mpsc::Sender<Vec<EpssScore>>,
) -> Result<EpssSummary, FeedError> {
    let stopped = || FeedError { reason: "Reading was stopped.".to_owned(), line: None };
    std::io::Seek::rewind(&mut file)
        .map_err(|error| FeedError { reason: format!("The file could not be read: {error}."), line: None })?;
    let mut batch = Vec::with_capacity(BATCH);
    let summary = epss::read(file, &mut |score| {
        batch.push(score);
        if batch.len() < BATCH {
            return Ok(());
        }
        let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
        batches.blocking_send(full).map_err(|_| stopped())
    })?;
    batches.blocking_send(batch).map_err(|_| stopped())?;
    Ok(summary)
}

fn allow(last: &feed::Model, new: &feed::Model, force: bool) -> Result<(), Failure> {
    let copy = |row: &feed::Model| Copy { rows: row.row_count, content_at: row.content_at };
    match copy_rules::objection(copy(last), copy(new)) {
        Some(objection) if !force => {
            Err(Failure::Told(format!("{objection} `abate feed refresh --force` takes it all the same.")))
        }
        _ => Ok(()),
    }
}

/// The copy is whole now: what it no longer has goes.
async fn settle(
    tx: &DatabaseTransaction,
    catalogue: Catalogue,
    new: &feed::Model,
    via: Via,
) -> Result<(), Problem> {
    store::drop_older(tx, catalogue, new.generation).await?;
    store::write(tx, new.clone()).await?;
    let data = json!({ "file": new.sha256, "rows": new.row_count, "version": new.version });
    audit_log::add_as(tx, None, via, "feed.refresh", &format!("feed-{catalogue}"), data, new.tried_at).await
}

fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
