//! The JIRA site that tickets are kept in: its row, its client, and what is wrong with it.

use abate_entity::connection;
use abate_integrations::jira::{JiraClient, JiraError, JiraSite};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::{JiraConfig, JiraKind};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// How long a request to JIRA may take; several fit into the lease of a job.
const REQUEST_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(15);

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

/// Writes the row of the configured site. A restart is also how a new token comes in, so what was wrong before is
/// forgotten.
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
        problem: Set(None),
        retry_at: Set(None),
        ..Default::default()
    };
    let name = name(config);
    match connection::Entity::find().filter(connection::Column::Name.eq(&name)).one(tx).await? {
        Some(known) => {
            row.id = Set(known.id);
            row.update(tx).await?;
        }
        None => {
            row.name = Set(name);
            row.paused = Set(false);
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
    let (JiraKind::Cloud, Some(email)) = (config.kind, &config.email) else { return Ok(None) };
    let row = connection::Entity::find()
        .filter(connection::Column::Name.eq(name(config)))
        .one(state.database.reader())
        .await?;
    let site = JiraSite {
        api_url: config.api_url.clone(),
        browse_url: config.url.clone(),
        email: email.clone(),
        token: config.token.clone(),
        timeout: REQUEST_TIMEOUT,
    };
    Ok(row.map(|row| Active { row, client: JiraClient::new(state.http.clone(), site) }))
}

/// The secret that signs the webhooks of a connection.
#[must_use]
pub fn webhook_secret<'a>(state: &'a AppState, row: &connection::Model) -> Option<&'a [u8]> {
    let config = state.config.jira.as_ref().filter(|config| name(config) == row.name)?;
    config.webhook_secret.as_ref().map(|secret: &SecretString| secret.expose_secret().as_bytes())
}

/// Notes that JIRA cannot be used now; answers when to try again, `None` when only this one request was refused.
///
/// # Errors
/// When the database refuses.
pub async fn note_failure(
    state: &AppState,
    connection_id: i64,
    error: &JiraError,
) -> Result<Option<DateTime<Utc>>, Problem> {
    match wait_after(error) {
        Some(wait) => rest_for(state, connection_id, error, wait).await.map(Some),
        None => Ok(None),
    }
}

/// Lets the whole connection rest, also after an error that does not pass by itself.
///
/// # Errors
/// When the database refuses.
pub async fn rest(state: &AppState, connection_id: i64, error: &JiraError) -> Result<(), Problem> {
    let wait = wait_after(error).unwrap_or(Duration::minutes(5));
    rest_for(state, connection_id, error, wait).await.map(|_| ())
}

async fn rest_for(
    state: &AppState,
    connection_id: i64,
    error: &JiraError,
    wait: Duration,
) -> Result<DateTime<Utc>, Problem> {
    let until = state.clock.now() + wait;
    tracing::warn!(connection = connection_id, %error, %until, "JIRA cannot be used for a while");
    let text = error.to_string();
    state
        .database
        .write(async |tx| {
            connection::Entity::update_many()
                .set(connection::ActiveModel {
                    problem: Set(Some(text.clone())),
                    retry_at: Set(Some(until)),
                    ..Default::default()
                })
                .filter(connection::Column::Id.eq(connection_id))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await?;
    Ok(until)
}

/// Notes that JIRA can be used, and which account we are there.
///
/// # Errors
/// When the database refuses.
pub async fn note_success(
    state: &AppState,
    row: &connection::Model,
    account: Option<&str>,
) -> Result<(), Problem> {
    let known = account.is_none_or(|account| row.account.as_deref() == Some(account));
    if known && row.problem.is_none() && row.retry_at.is_none() {
        return Ok(());
    }
    let mut set = connection::ActiveModel { problem: Set(None), retry_at: Set(None), ..Default::default() };
    if let Some(account) = account {
        set.account = Set(Some(account.to_owned()));
    }
    state
        .database
        .write(async |tx| {
            connection::Entity::update_many()
                .set(set.clone())
                .filter(connection::Column::Id.eq(row.id))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await
}

/// How long the whole connection rests after an error; `None` for errors that concern one ticket.
fn wait_after(error: &JiraError) -> Option<Duration> {
    let asked = error.retry_after().and_then(|wait| Duration::from_std(wait).ok());
    match error {
        JiraError::RateLimited { .. } => {
            Some(asked.unwrap_or(Duration::seconds(30)).max(Duration::seconds(1)))
        }
        JiraError::Unauthenticated(_) => Some(Duration::seconds(60)),
        JiraError::Unreachable(_) => Some(Duration::seconds(10)),
        JiraError::Unavailable { .. } => Some(asked.unwrap_or(Duration::seconds(10))),
        JiraError::UnknownOutcome(_) => Some(Duration::seconds(5)),
        JiraError::NotFoundOrHidden | JiraError::Refused(_) => None,
    }
}
