//! The JIRA site that tickets are kept in: its row, its client, and what is wrong with it.

use abate_entity::connection;
use abate_integrations::jira::{JiraClient, JiraError};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter,
};
use secrecy::{ExposeSecret as _, SecretString};

use super::health_rules::{self, Trouble};
use crate::config::{JiraConfig, JiraKind};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// How long a request to JIRA may take; several fit into the lease of a job.
const REQUEST_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(15);
/// How long nothing is sent while something has to be mended in JIRA or in the settings.
const UNMENDED: Duration = Duration::minutes(5);

/// The connection in use, with a client of it.
#[derive(Clone, Debug)]
pub struct Active {
    /// Its row.
    pub row: connection::Model,
    /// Calls it.
    pub client: JiraClient,
}

impl Active {
    /// Until when nothing is to be sent, `None` when it is open.
    #[must_use]
    pub fn waits_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.row.retry_at.filter(|at| *at > now)
    }
}

/// The name of the connection of a configured site: tickets of another site are never taken for its own.
fn name(config: &JiraConfig) -> String {
    let host = config.url.host_str().unwrap_or_default();
    config.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Writes the row of the configured site. Where its settings changed, what was wrong before is forgotten; otherwise a
/// wait that JIRA asked for holds for a process that starts now, too.
///
/// # Errors
/// When the database refuses.
pub async fn write_configured(
    tx: &impl ConnectionTrait,
    config: Option<&JiraConfig>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let Some(config) = config else { return Ok(()) };
    let kind = match config.kind {
        JiraKind::DataCenter => "data_center",
        _ => "cloud",
    };
    let mut row = connection::ActiveModel {
        kind: Set(kind.to_owned()),
        api_url: Set(config.api_url.to_string()),
        browse_url: Set(config.url.to_string()),
        project: Set(config.project.clone()),
        issue_type: Set(config.issue_type.clone()),
        ..Default::default()
    };
    let name = name(config);
    match connection::Entity::find().filter(connection::Column::Name.eq(&name)).one(tx).await? {
        Some(known) => {
            row.id = Set(known.id);
            let moved = known.api_url != config.api_url.as_str()
                || known.project != config.project
                || known.issue_type != config.issue_type;
            if moved {
                row.problem = Set(None);
                row.retry_at = Set(None);
                row.failures = Set(0);
            }
            row.update(tx).await?;
        }
        None => {
            row.name = Set(name);
            row.paused = Set(false);
            row.failures = Set(0);
            row.created_at = Set(now);
            row.insert(tx).await?;
        }
    }
    Ok(())
}

/// The connection in use; none when no site is configured or it is paused.
///
/// # Errors
/// When the database cannot be asked.
pub async fn active(state: &AppState) -> Result<Option<Active>, Problem> {
    Ok(configured(state).await?.filter(|active| !active.row.paused))
}

/// The connection of the configured site, also while it is paused.
///
/// # Errors
/// When the database cannot be asked.
pub async fn configured(state: &AppState) -> Result<Option<Active>, Problem> {
    let Some(config) = &state.config.jira else { return Ok(None) };
    let row = connection::Entity::find()
        .filter(connection::Column::Name.eq(name(config)))
        .one(state.database.reader())
        .await?;
    let site = config.site(REQUEST_TIMEOUT);
    Ok(row.map(|row| Active { row, client: JiraClient::new(state.http.clone(), site) }))
}

/// The secret that signs the webhooks of a connection.
#[must_use]
pub fn webhook_secret<'a>(state: &'a AppState, row: &connection::Model) -> Option<&'a [u8]> {
    let config = state.config.jira.as_ref().filter(|config| name(config) == row.name)?;
    config.webhook_secret.as_ref().map(|secret: &SecretString| secret.expose_secret().as_bytes())
}

/// Notes that a call to JIRA failed; answers until when the whole connection rests, `None` when only what was called
/// for has to wait.
///
/// # Errors
/// When the database refuses.
pub async fn note_failure(
    state: &AppState,
    connection_id: i64,
    error: &JiraError,
) -> Result<Option<DateTime<Utc>>, Problem> {
    let trouble = trouble(error);
    if !trouble.counts() {
        return Ok(None);
    }
    let (now, jitter) = (state.clock.now(), jitter(state));
    let until = state
        .database
        .write(async |tx| {
            // While it rests, the calls that were under way say nothing new.
            let counted = connection::Entity::update_many()
                .col_expr(connection::Column::Failures, Expr::col(connection::Column::Failures).add(1))
                .filter(connection::Column::Id.eq(connection_id))
                .filter(is_open(now))
                .exec(tx)
                .await?;
            let Some(row) = connection::Entity::find_by_id(connection_id).one(tx).await? else {
                return Ok(None);
            };
            let known = row.retry_at.filter(|at| *at > now);
            if counted.rows_affected == 0 && trouble == Trouble::Failed {
                return Ok(known);
            }
            let until = health_rules::rest(trouble, row.failures, jitter).map(|wait| now + wait);
            if let Some(until) = until.filter(|until| known.is_none_or(|known| known < *until)) {
                rest_until(tx, connection_id, &error.to_string(), until).await?;
            }
            Ok(std::cmp::max(until, known))
        })
        .await?;
    if let Some(until) = until {
        tracing::warn!(connection = connection_id, %error, %until, "JIRA cannot be used for a while");
    }
    Ok(until)
}

/// Lets the whole connection rest after an error that does not pass by itself, so that somebody mends it; answers until
/// when.
///
/// # Errors
/// When the database refuses.
pub async fn rest(state: &AppState, connection_id: i64, error: &JiraError) -> Result<DateTime<Utc>, Problem> {
    let until = state.clock.now() + UNMENDED;
    tracing::warn!(connection = connection_id, %error, %until, "JIRA cannot be used until somebody mends it");
    let text = error.to_string();
    state.database.write(async |tx| rest_until(tx, connection_id, &text, until).await).await?;
    Ok(until)
}

async fn rest_until(
    tx: &DatabaseTransaction,
    connection_id: i64,
    text: &str,
    until: DateTime<Utc>,
) -> Result<(), Problem> {
    connection::Entity::update_many()
        .set(connection::ActiveModel {
            problem: Set(Some(text.to_owned())),
            retry_at: Set(Some(until)),
            ..Default::default()
        })
        .filter(connection::Column::Id.eq(connection_id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Notes that JIRA can be used. A wait that somebody else has written since this worker began stays.
///
/// # Errors
/// When the database refuses.
pub async fn note_success(state: &AppState, row: &connection::Model) -> Result<(), Problem> {
    if row.problem.is_none() && row.retry_at.is_none() && row.failures == 0 {
        return Ok(());
    }
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            connection::Entity::update_many()
                .set(connection::ActiveModel {
                    problem: Set(None),
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

fn is_open(now: DateTime<Utc>) -> Expr {
    connection::Column::RetryAt.is_null().or(connection::Column::RetryAt.lte(now))
}

/// A number between 0 and 1 that spreads waits, so that not everything wakes at once.
pub(super) fn jitter(state: &AppState) -> f64 {
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
