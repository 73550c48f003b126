//! How a connection stands: until when it rests and why, as all workers share it in its row.

use abate_entity::connection;
use abate_integrations::jira::JiraError;
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::active::{Active, RENEWAL};
use super::app;
use super::health_rules::{self, ProblemKind, Trouble};
use crate::platform::problem::Problem;
use crate::state::AppState;
use crate::ticket::failure::Failure;

/// How long nothing is sent while something has to be mended in JIRA or in the settings.
const UNMENDED: Duration = Duration::minutes(5);
/// How soon a sign-in that did not answer is asked again.
const SOON: Duration = Duration::seconds(30);

/// Notes that a call to JIRA failed; answers until when the whole connection rests, `None` when only what was called
/// for has to wait.
///
/// # Errors
/// When the database refuses.
pub async fn note_failure(
    state: &AppState,
    active: &Active,
    error: &JiraError,
) -> Result<Option<DateTime<Utc>>, Problem> {
    let connection_id = active.row.id;
    let trouble = trouble(error);
    if trouble == Trouble::Credentials && is_renewed(state, active).await? {
        // The token was another one when this work began; the next work has the new one.
        return Ok(Some(state.clock.now()));
    }
    if !trouble.counts() {
        return Ok(None);
    }
    let (now, jitter) = (state.clock.now(), jitter(state));
    // Where another call of the same work was answered, this is no failure in a row but the first one.
    let known =
        if active.client.was_answered() { Expr::val(0) } else { Expr::col(connection::Column::Failures) };
    let failures = known.add(1);
    let until = state
        .database
        .write(async |tx| {
            // While it rests, the calls that were under way say nothing new.
            let counted = connection::Entity::update_many()
                .col_expr(connection::Column::Failures, failures.clone())
                .filter(connection::Column::Id.eq(connection_id))
                .filter(is_open(now))
                .exec(tx)
                .await?;
            let Some(row) = connection::Entity::find_by_id(connection_id).one(tx).await? else {
                return Ok(None);
            };
            let is_doubted = trouble == Trouble::Credentials
                && active.ends_at.is_some()
                && app::doubt(tx, state, &row, now).await?
                && row.problem_since.is_none();
            let known = row.retry_at.filter(|at| *at > now);
            if counted.rows_affected == 0 && trouble == Trouble::Failed {
                return Ok(known);
            }
            // A first limit is the first one, whatever else has failed before it.
            let was_limited = row.problem_kind.as_deref() == Some(ProblemKind::Limit.as_str());
            let is_first = trouble.problem() == Some(ProblemKind::Limit) && !was_limited;
            let in_a_row = if is_first { 1 } else { row.failures };
            let rest = match is_doubted {
                true => Some(RENEWAL),
                false => health_rules::rest(trouble, in_a_row, jitter),
            };
            let until = rest.map(|wait| now + wait);
            if let Some(until) = until.filter(|until| known.is_none_or(|known| known < *until)) {
                let kind = trouble.problem().unwrap_or(ProblemKind::Down);
                rest_until(tx, &row, kind, &error.to_string(), until, now).await?;
            }
            Ok(std::cmp::max(until, known))
        })
        .await?;
    if let Some(until) = until {
        tracing::warn!(connection = connection_id, %error, %until, "JIRA cannot be used for a while");
    }
    Ok(until)
}

/// Notes that there is no token to sign in with: people mend that, unless it `passes` by itself.
///
/// # Errors
/// When the database refuses.
pub(super) async fn note_sign_in(
    tx: &DatabaseTransaction,
    connection_id: i64,
    problem: &str,
    passes: bool,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let (kind, wait) = match passes {
        true => (ProblemKind::Down, SOON),
        false => (ProblemKind::Credentials, UNMENDED),
    };
    match connection::Entity::find_by_id(connection_id).one(tx).await? {
        Some(row) => rest_until(tx, &row, kind, problem, now + wait, now).await,
        None => Ok(()),
    }
}

/// Lets the whole connection rest after an error that does not pass by itself, so that somebody mends it; answers until
/// when.
///
/// # Errors
/// When the database refuses.
pub async fn rest(state: &AppState, connection_id: i64, error: &JiraError) -> Result<DateTime<Utc>, Problem> {
    let now = state.clock.now();
    let until = now + UNMENDED;
    tracing::warn!(connection = connection_id, %error, %until, "JIRA cannot be used until somebody mends it");
    let text = error.to_string();
    state
        .database
        .write(async |tx| {
            let Some(row) = connection::Entity::find_by_id(connection_id).one(tx).await? else {
                return Ok(());
            };
            rest_until(tx, &row, ProblemKind::Project, &text, until, now).await
        })
        .await?;
    Ok(until)
}

async fn rest_until(
    tx: &DatabaseTransaction,
    row: &connection::Model,
    kind: ProblemKind,
    text: &str,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let lasts = row.problem_kind.as_deref() == Some(kind.as_str());
    connection::Entity::update_many()
        .set(connection::ActiveModel {
            problem: Set(Some(text.to_owned())),
            problem_kind: Set(Some(kind.as_str().to_owned())),
            problem_since: Set(row.problem_since.filter(|_| lasts).or(Some(now))),
            retry_at: Set(Some(until)),
            ..Default::default()
        })
        .filter(connection::Column::Id.eq(row.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// What a success shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// That JIRA answers questions, which it also does while something is wrong with the project.
    Reading,
    /// That tickets can be made and kept.
    Tickets,
}

/// Notes that JIRA can be used. A wait that somebody else has written since this worker began stays.
///
/// # Errors
/// When the database refuses.
pub async fn note_success(state: &AppState, connection_id: i64, shows: Shows) -> Result<(), Problem> {
    // As it is now: others may have counted failures since this work began.
    let row = connection::Entity::find_by_id(connection_id).one(state.database.reader()).await?;
    let Some(row) = row else { return Ok(()) };
    if row.problem.is_none() && row.retry_at.is_none() && row.failures == 0 {
        return Ok(());
    }
    if row.problem_kind.as_deref() == Some(ProblemKind::Project.as_str()) && shows == Shows::Reading {
        return Ok(());
    }
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            connection::Entity::update_many()
                .set(connection::ActiveModel {
                    problem: Set(None),
                    problem_kind: Set(None),
                    problem_since: Set(None),
                    retry_at: Set(None),
                    failures: Set(0),
                    ..Default::default()
                })
                .filter(connection::Column::Id.eq(row.id))
                .filter(is_open(now))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await
}

/// Notes which account we are.
///
/// # Errors
/// When the database refuses.
pub async fn note_account(state: &AppState, row: &connection::Model, account: &str) -> Result<(), Problem> {
    if row.account.as_deref() == Some(account) {
        return Ok(());
    }
    state
        .database
        .write(async |tx| {
            connection::Entity::update_many()
                .set(connection::ActiveModel { account: Set(Some(account.to_owned())), ..Default::default() })
                .filter(connection::Column::Id.eq(row.id))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await
}

/// The account that we are at JIRA, asked for once.
///
/// # Errors
/// When JIRA or our own side fails.
pub(in crate::ticket) async fn own_account(state: &AppState, active: &Active) -> Result<String, Failure> {
    if let Some(account) = &active.row.account {
        return Ok(account.clone());
    }
    let me = active.client.myself().await?;
    note_account(state, &active.row, &me.account_id).await?;
    Ok(me.account_id)
}

/// Whether the connection has other secrets by now.
async fn is_renewed(state: &AppState, active: &Active) -> Result<bool, Problem> {
    let row = connection::Entity::find_by_id(active.row.id).one(state.database.reader()).await?;
    Ok(row.is_some_and(|row| row.secrets != active.row.secrets))
}

fn is_open(now: DateTime<Utc>) -> Expr {
    connection::Column::RetryAt.is_null().or(connection::Column::RetryAt.lte(now))
}

/// A number between 0 and 1 that spreads waits, so that not everything wakes at once.
pub(in crate::ticket) fn jitter(state: &AppState) -> f64 {
    let mut byte = [0];
    state.ids.fill(&mut byte);
    f64::from(byte[0]) / 255.0
}

fn trouble(error: &JiraError) -> Trouble {
    let asked = error.retry_after().and_then(|wait| Duration::from_std(wait).ok());
    match error {
        error if error.limits_one_issue() => Trouble::IssueLimit,
        JiraError::RateLimited { .. } => Trouble::Limit(asked),
        JiraError::Unauthenticated(_) => Trouble::Credentials,
        JiraError::Unreachable(_) | JiraError::Unavailable { .. } | JiraError::UnknownOutcome { .. } => {
            Trouble::Failed
        }
        JiraError::NotFoundOrHidden | JiraError::Refused(_) => Trouble::Refused,
    }
}
