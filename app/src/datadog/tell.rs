//! Tells Datadog what was decided about the risks of its signals: once for each decision, and never over the word of a
//! person there.
//!
//! The row of a signal names the decision before it is told and again once it is known to have arrived. Between the
//! two the process may die: then the signal itself says whether it arrived.

use abate_entity::lifecycle::{Resolution, State};
use abate_entity::{datadog_connection, datadog_signal};
use abate_integrations::datadog::{DatadogClient, DatadogError, Triage, TriageState};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, Statement};

use super::pull::Failure;
use super::triage::{ARCHIVED, Decision, Step, decision, step};
use crate::platform::database::placeholders;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// Signals that are looked at in one go.
const BATCH: u64 = 500;
/// Signals that are told in one go; each takes two requests.
const TELL: usize = 20;

/// A signal whose risk has changed since it was looked at.
#[derive(Debug, FromQueryResult)]
struct Changed {
    id: i64,
    signal: String,
    last: String,
    decision: Option<String>,
    risk_id: i64,
    version: i32,
    state: State,
    resolution: Option<Resolution>,
    closed_at: Option<DateTime<Utc>>,
}

const CHANGED: &str = "SELECT s.id, s.signal, s.state AS last, s.decision, r.id AS risk_id, r.version, r.state, \
     r.resolution, r.closed_at FROM datadog_signal s \
     JOIN finding f ON f.scope_id = s.scope_id AND f.scheme = s.scheme AND f.hash = s.hash \
     JOIN risk r ON r.id = f.risk_id \
     WHERE s.connection_id = ? AND (s.judged_risk IS NULL OR s.judged_risk <> r.id OR s.judged_version <> r.version) \
     ORDER BY s.id LIMIT ?";

/// Tells what is to be told; answers whether there is more.
pub(super) async fn run(
    state: &AppState,
    connection: &datadog_connection::Model,
    client: &DatadogClient,
) -> Result<bool, Failure> {
    let changed = changed(state, connection).await?;
    let mut more = changed.len() as u64 == BATCH;
    let mut quiet = Vec::new();
    let mut told = 0;
    for row in changed {
        match decision(row.risk_id, row.state, row.resolution, row.closed_at) {
            Some(decision) if row.decision.as_ref() != Some(&decision.name) => {
                if told == TELL {
                    more = true;
                    break;
                }
                told += 1;
                tell(state, client, &row, decision).await?;
            }
            _ => quiet.push(row),
        }
    }
    judged(state, &quiet).await?;
    Ok(more)
}

async fn changed(state: &AppState, connection: &datadog_connection::Model) -> Result<Vec<Changed>, Problem> {
    let db = state.database.reader();
    let backend = sea_orm::ConnectionTrait::get_database_backend(db);
    let values = [connection.id.into(), i64::try_from(BATCH).unwrap_or(i64::MAX).into()];
    let statement = Statement::from_sql_and_values(backend, placeholders(backend, CHANGED), values);
    Ok(Changed::find_by_statement(statement).all(db).await?)
}

/// Notes that nothing is to be told.
async fn judged(state: &AppState, rows: &[Changed]) -> Result<(), Problem> {
    if rows.is_empty() {
        return Ok(());
    }
    state
        .database
        .write(async |tx| {
            for row in rows {
                let change = datadog_signal::ActiveModel {
                    judged_risk: Set(Some(row.risk_id)),
                    judged_version: Set(Some(row.version)),
                    ..Default::default()
                };
                datadog_signal::Entity::update_many()
                    .set(change)
                    .filter(datadog_signal::Column::Id.eq(row.id))
                    .exec(tx)
                    .await?;
            }
            Ok(())
        })
        .await
}

async fn tell(
    state: &AppState,
    client: &DatadogClient,
    row: &Changed,
    decision: Decision,
) -> Result<(), Failure> {
    let now = match client.signal(&row.signal).await {
        Ok(signal) => signal.state.as_str(),
        Err(DatadogError::NotFound) => return Ok(settle(state, row, &decision, "gone", None).await?),
        Err(error) => return Err(error.into()),
    };
    let outcome = match step(now, &row.last, decision.state) {
        Step::Same => ("same", now),
        Step::Leave => ("left", now),
        Step::Tell => {
            write(
                state,
                row.id,
                datadog_signal::ActiveModel {
                    telling: Set(Some(decision.name.clone())),
                    ..Default::default()
                },
            )
            .await?;
            match client.triage(&row.signal, &triage(state, row, &decision)).await {
                Ok(()) => ("told", decision.state),
                Err(DatadogError::NotFound) => ("gone", now),
                Err(DatadogError::Refused { status }) => {
                    tracing::warn!(signal = row.id, status, "Datadog refuses the triage of a signal");
                    ("refused", now)
                }
                Err(error) => return Err(error.into()),
            }
        }
    };
    Ok(settle(state, row, &decision, outcome.0, Some(outcome.1)).await?)
}

fn triage(state: &AppState, row: &Changed, decision: &Decision) -> Triage {
    let key = RiskKey(row.risk_id);
    let why = row.resolution.map(|resolution| resolution.as_str().replace('_', " ")).unwrap_or_default();
    let base = &state.config.web.base_url;
    Triage {
        state: if decision.state == ARCHIVED { TriageState::Archived } else { TriageState::UnderReview },
        reason: decision.reason,
        comment: format!("{key} was closed in Abate: {why}. {base}risks/{key}"),
    }
}

/// Notes what came of a decision, and where the signal stands now.
async fn settle(
    state: &AppState,
    row: &Changed,
    decision: &Decision,
    outcome: &str,
    stands: Option<&str>,
) -> Result<(), Problem> {
    let mut change = datadog_signal::ActiveModel {
        judged_risk: Set(Some(row.risk_id)),
        judged_version: Set(Some(row.version)),
        decision: Set(Some(decision.name.clone())),
        telling: Set(None),
        outcome: Set(Some(outcome.to_owned())),
        told_at: Set(Some(state.clock.now())),
        ..Default::default()
    };
    if let Some(stands) = stands {
        change.state = Set(stands.to_owned());
    }
    write(state, row.id, change).await
}

async fn write(state: &AppState, id: i64, change: datadog_signal::ActiveModel) -> Result<(), Problem> {
    state
        .database
        .write(async |tx| {
            datadog_signal::Entity::update_many()
                .set(change.clone())
                .filter(datadog_signal::Column::Id.eq(id))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await
}
