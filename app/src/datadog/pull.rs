//! Looks at an account: reads the signals that are new, and then tells what was decided.

use std::collections::HashMap;
use std::io::{Seek as _, SeekFrom, Write as _};

use abate_entity::{datadog_connection, datadog_signal};
use abate_integrations::datadog::{DatadogError, Question, Signal};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::connection;
use super::position::Position;
use super::tell;
use crate::access::actor::Via;
use crate::intake::receive::{Upload, UploadForm};
use crate::intake::stage::{self, Sender};
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::{Kind, Problem};
use crate::platform::timer::Timer;
use crate::state::AppState;

const KIND: &str = "datadog";
/// Signals of one page: what is in memory at a time.
const PAGE: u32 = 100;
/// Pages of one look. What is left is read in the next one, at once.
const PAGES: usize = 5;

/// Longest time between two looks that fail on our side, unless the usual one is longer.
const LONGEST_WAIT: Duration = Duration::hours(1);

/// Looks at an account; the subject is its number.
pub const JOB: Job<AppState> = Job { kind: KIND, lease: Duration::minutes(20), run: job };

/// Queues the looks that are due.
pub const TIMER: Timer<AppState> = Timer { name: "datadog", every: Duration::seconds(30), run: tick };

/// Why a look ended early.
#[derive(Debug)]
pub(super) enum Failure {
    /// On our side.
    Own(Problem),
    /// On theirs.
    Datadog(DatadogError),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Own(problem)
    }
}

impl From<DatadogError> for Failure {
    fn from(error: DatadogError) -> Self {
        Self::Datadog(error)
    }
}

fn job<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(run(state, subject))
}

fn tick(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        let due = datadog_connection::Entity::find()
            .filter(datadog_connection::Column::Enabled.eq(true))
            .filter(datadog_connection::Column::RemovedAt.is_null())
            .filter(datadog_connection::Column::NextAt.lte(now))
            .all(state.database.reader())
            .await?;
        if due.is_empty() {
            return Ok(());
        }
        state
            .database
            .write(async |tx| {
                for row in &due {
                    queue::enqueue(tx, KIND, &row.id.to_string(), now, now).await?;
                }
                Ok(())
            })
            .await
    })
}

async fn run(state: &AppState, subject: &str) -> Result<(), Problem> {
    let Ok(id) = subject.parse::<i64>() else { return Ok(()) };
    let row = match connection::one(state.database.reader(), id).await {
        Ok(row) => row,
        Err(problem) if problem.kind() == Kind::NotFound => return Ok(()),
        Err(problem) => return Err(problem),
    };
    let began = state.clock.now();
    if !row.enabled || row.next_at > began {
        return Ok(());
    }
    match look(state, &row, began).await {
        Ok(more) => done(state, &row, began, more).await,
        Err(Failure::Datadog(error)) => connection::rest(state, &row, &error).await,
        Err(Failure::Own(problem)) => fail(state, &row, &problem, began).await,
    }
}

/// Notes what is wrong on our side. The longer it lasts, the longer is waited: as long as it has lasted, within bounds.
async fn fail(
    state: &AppState,
    row: &datadog_connection::Model,
    problem: &Problem,
    began: DateTime<Utc>,
) -> Result<(), Problem> {
    tracing::warn!(connection = row.id, error = %problem, "signals of Datadog could not be taken in");
    let usual = Duration::minutes(i64::from(row.interval_minutes));
    let lasted = began - row.pulled_at.unwrap_or(row.created_at);
    let next = began + lasted.min(LONGEST_WAIT).max(usual);
    // What is wrong inside is for the log.
    let text = match problem.is_transient() || problem.kind() == Kind::Internal {
        true => {
            "The signals could not be taken in because of a fault of Abate, whose log says more.".to_owned()
        }
        false => problem.in_short(),
    };
    connection::change(state, row.id, move |change| {
        change.problem = Set(Some(text.clone()));
        change.next_at = Set(next);
    })
    .await
}

async fn done(
    state: &AppState,
    row: &datadog_connection::Model,
    began: DateTime<Utc>,
    more: bool,
) -> Result<(), Problem> {
    let next = if more { began } else { began + Duration::minutes(i64::from(row.interval_minutes)) };
    let now = state.clock.now();
    connection::change(state, row.id, move |change| {
        change.problem = Set(None);
        change.next_at = Set(next);
        change.pulled_at = Set(Some(now));
    })
    .await?;
    if more {
        let subject = row.id.to_string();
        state.database.write(async |tx| Ok(queue::enqueue(tx, KIND, &subject, now, now).await?)).await?;
    }
    Ok(())
}

/// Reads and tells; answers whether there is more to do at once.
async fn look(
    state: &AppState,
    row: &datadog_connection::Model,
    now: DateTime<Utc>,
) -> Result<bool, Failure> {
    let client = connection::client(state, row)?;
    let mut position: Position = serde_json::from_value(row.position.clone()).map_err(Problem::internal)?;
    for _ in 0..PAGES {
        let list = position.next(now);
        let question = Question {
            query: &row.query,
            from: list.from,
            to: list.to,
            limit: PAGE,
            cursor: list.cursor.as_deref(),
        };
        let page = match client.search(&question).await {
            Ok(page) => page,
            // It forgets pages after a while; what was read is known, so beginning again doubles nothing.
            Err(DatadogError::Refused { .. }) if position.is_within_list() => {
                position = position.without_list();
                if save(state, row, &position, &[], None, now).await? {
                    continue;
                }
                return Ok(true);
            }
            Err(error) => return Err(error.into()),
        };
        let last = page.signals.iter().filter_map(|signal| signal.at).max();
        let after = position.after(&list, last, page.next);
        let scope = take(state, row, &page.signals).await?;
        if !save(state, row, &after, &page.signals, scope, now).await? {
            return Ok(true);
        }
        position = after;
        if !position.is_within_list() {
            break;
        }
    }
    let more = position.is_within_list();
    let untold = if row.write_back { tell::run(state, row, &client).await? } else { false };
    Ok(more || untold)
}

/// Hands what is new of a page to the one door for reports; answers the scope that it went into.
async fn take(
    state: &AppState,
    row: &datadog_connection::Model,
    signals: &[Signal],
) -> Result<Option<i64>, Problem> {
    let ids: Vec<&str> = signals.iter().map(|signal| signal.id.as_str()).collect();
    let known: HashMap<String, String> = datadog_signal::Entity::find()
        .filter(datadog_signal::Column::ConnectionId.eq(row.id))
        .filter(datadog_signal::Column::Signal.is_in(ids))
        .all(state.database.reader())
        .await?
        .into_iter()
        .map(|known| (known.signal, known.digest))
        .collect();
    // What tells the same as before is not news: it must not bring a closed risk back.
    let new: Vec<&Signal> =
        signals.iter().filter(|signal| known.get(&signal.id) != Some(&signal.digest)).collect();
    if new.is_empty() {
        return Ok(None);
    }
    let records: Vec<_> = new.iter().map(|signal| &signal.record).collect();
    let body = serde_json::to_vec(&json!({ "data": records })).map_err(Problem::internal)?;
    let sha256 = hex::encode(Sha256::digest(&body));
    let mut file = tempfile::tempfile().map_err(Problem::internal)?;
    file.write_all(&body).map_err(Problem::internal)?;
    file.seek(SeekFrom::Start(0)).map_err(Problem::internal)?;
    let form = UploadForm {
        format: "datadog".to_owned(),
        asset: Some(row.asset.clone().unwrap_or_else(|| row.name.clone())),
        source: Some(row.name.clone()),
        scope: Some(format!("datadog {}", row.id)),
        run: Some(format!("datadog-{}-{sha256}", row.id)),
        scanned_at: new.iter().filter_map(|signal| signal.at).max(),
        partial: true,
        ..UploadForm::default()
    };
    let key = Some(format!("datadog-{}-{sha256}", row.id));
    let size = body.len() as u64;
    let upload = Upload { file, file_name: format!("datadog-{}.json", row.id), sha256, size, form };
    let sender = Sender { actor: None, via: Via::Import, idempotency_key: key };
    Ok(stage::stage(state, &sender, upload).await?.scope_id)
}

/// Remembers a page: its signals, and where to go on after it. Answers false when the query was changed meanwhile: then
/// the next page is none of the list that is asked for now.
async fn save(
    state: &AppState,
    row: &datadog_connection::Model,
    position: &Position,
    signals: &[Signal],
    scope: Option<i64>,
    now: DateTime<Utc>,
) -> Result<bool, Problem> {
    let position = serde_json::to_value(position).map_err(Problem::internal)?;
    state
        .database
        .write(async |tx| {
            for signal in signals {
                remember(tx, row.id, signal, scope, now).await?;
            }
            let saved = datadog_connection::Entity::update_many()
                .set(datadog_connection::ActiveModel {
                    position: Set(position.clone()),
                    ..Default::default()
                })
                .filter(datadog_connection::Column::Id.eq(row.id))
                .filter(datadog_connection::Column::Query.eq(&row.query))
                .exec(tx)
                .await?;
            Ok(saved.rows_affected == 1)
        })
        .await
}

async fn remember(
    tx: &DatabaseTransaction,
    connection_id: i64,
    signal: &Signal,
    scope: Option<i64>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let (scheme, hash) = match &signal.fingerprint {
        Some(fingerprint) => (fingerprint.scheme, fingerprint.hex()),
        None => ("", String::new()),
    };
    let new = datadog_signal::ActiveModel {
        connection_id: Set(connection_id),
        signal: Set(signal.id.clone()),
        digest: Set(signal.digest.clone()),
        scope_id: Set(scope),
        scheme: Set(scheme.to_owned()),
        hash: Set(hash),
        state: Set(signal.state.as_str().to_owned()),
        seen_at: Set(now),
        ..Default::default()
    };
    let mut columns = vec![
        datadog_signal::Column::Digest,
        datadog_signal::Column::Scheme,
        datadog_signal::Column::Hash,
        datadog_signal::Column::State,
        datadog_signal::Column::SeenAt,
    ];
    // Without news in the page nothing was taken in, and the scope is the one that is known.
    if scope.is_some() {
        columns.push(datadog_signal::Column::ScopeId);
    }
    let key = [datadog_signal::Column::ConnectionId, datadog_signal::Column::Signal];
    datadog_signal::Entity::insert(new)
        .on_conflict(OnConflict::columns(key).update_columns(columns).to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}
