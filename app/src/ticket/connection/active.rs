//! Connections that can be used, each with a client of its site.

use abate_entity::connection::{self, Column};
use abate_integrations::jira::{Credentials, JiraClient, JiraSite, TEXT_LIMIT};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select};
use secrecy::SecretString;

use super::secrets::Secrets;
use super::settings;
use crate::config::JiraKind;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// How long a request to JIRA may take; several fit into the lease of a job.
const REQUEST_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(15);

/// How long to wait for a token that has ended and is being renewed.
pub(super) const RENEWAL: Duration = Duration::seconds(15);

/// A connection with a client of its site.
#[derive(Clone, Debug)]
pub struct Active {
    /// Its row.
    pub row: connection::Model,
    /// Calls it.
    pub client: JiraClient,
    /// When the token ends that an app has made; none for other tokens.
    pub(super) ends_at: Option<DateTime<Utc>>,
}

impl Active {
    /// Until when nothing is to be sent, `None` when it is open.
    #[must_use]
    pub fn waits_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let rests = self.row.retry_at.filter(|at| *at > now);
        let renews = self.has_ended(now).then(|| now + RENEWAL);
        std::cmp::max(rests, renews)
    }

    /// Whether the token of its app has ended.
    pub(super) fn has_ended(&self, now: DateTime<Utc>) -> bool {
        self.ends_at.is_some_and(|at| at <= now)
    }
}

fn kept() -> Select<connection::Entity> {
    connection::Entity::find().filter(Column::RemovedAt.is_null()).order_by_asc(Column::Id)
}

/// The connections in use, in the order in which they were made.
///
/// # Errors
/// When the database cannot be asked.
pub async fn every(state: &AppState) -> Result<Vec<Active>, Problem> {
    let rows = kept().filter(Column::Paused.eq(false)).all(state.database.reader()).await?;
    let mut all = Vec::new();
    for row in rows {
        let id = row.id;
        // One that cannot be opened holds up no other.
        match usable(state, row) {
            Ok(active) => all.extend(active),
            Err(problem) => {
                tracing::error!(connection = id, error = %problem, "the secrets of a connection cannot be opened");
            }
        }
    }
    Ok(all)
}

/// The connection that new tickets go to.
///
/// # Errors
/// When the database cannot be asked.
pub async fn first(state: &AppState) -> Result<Option<Active>, Problem> {
    let rows = kept().filter(Column::Paused.eq(false)).all(state.database.reader()).await?;
    for row in rows {
        match secrets(state, &row) {
            Ok(None) => {}
            // Where an app waits for its consent, tickets wait for it, too, and go nowhere else.
            Ok(Some(_)) => return usable(state, row),
            Err(problem) => {
                tracing::error!(connection = row.id, error = %problem, "the secrets of a connection cannot be opened");
            }
        }
    }
    Ok(None)
}

/// Whether there is a connection that tickets are made at, or wait for.
///
/// # Errors
/// When the database cannot be asked.
pub async fn is_any(state: &AppState) -> Result<bool, Problem> {
    let rows = kept().filter(Column::Paused.eq(false)).all(state.database.reader()).await?;
    Ok(rows.iter().any(|row| secrets(state, row).is_ok_and(|secrets| secrets.is_some())))
}

/// The connection that a rule names, when it is in use: while it is paused, its tickets wait for it. Once it was removed,
/// and where the rule names none, it is the first one.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_rule(state: &AppState, named: Option<i64>) -> Result<Option<Active>, Problem> {
    let Some(id) = named else { return first(state).await };
    match kept().filter(Column::Id.eq(id)).one(state.database.reader()).await? {
        Some(_) => one(state, id).await,
        None => first(state).await,
    }
}

/// The connections that lead to the same site as this one, itself among them.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_site(state: &AppState, row: &connection::Model) -> Result<Vec<i64>, Problem> {
    let rows = connection::Entity::find()
        .filter(Column::BrowseUrl.eq(&row.browse_url))
        .all(state.database.reader())
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The connection of this number, when it is in use.
///
/// # Errors
/// When the database cannot be asked.
pub async fn one(state: &AppState, id: i64) -> Result<Option<Active>, Problem> {
    match kept().filter(Column::Id.eq(id)).one(state.database.reader()).await? {
        Some(row) if !row.paused => usable(state, row),
        _ => Ok(None),
    }
}

/// As [`one`], of a job whose subject is the number.
///
/// # Errors
/// When the database cannot be asked.
pub async fn for_job(state: &AppState, subject: &str) -> Result<Option<Active>, Problem> {
    match subject.parse() {
        Ok(id) => one(state, id).await,
        Err(_) => Ok(None),
    }
}

/// The row of the site that stands in the settings.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_settings(state: &AppState) -> Result<Option<connection::Model>, Problem> {
    let rows = kept().filter(Column::Origin.eq(settings::SETTINGS)).all(state.database.reader()).await?;
    Ok(rows.into_iter().find(|row| settings::secrets(&state.config, row).is_some()))
}

/// A client for a row, `None` where nobody knows its secrets any more, as when the settings name another site, and where
/// nobody has let its app in.
///
/// # Errors
/// When its secrets cannot be opened or its address cannot be read.
pub fn usable(state: &AppState, row: connection::Model) -> Result<Option<Active>, Problem> {
    let Some(secrets) = secrets(state, &row)?.filter(Secrets::sign_in) else { return Ok(None) };
    let ends_at = secrets.ends_at();
    let kind: JiraKind = row
        .kind
        .parse()
        .map_err(|()| Problem::internal(anyhow::anyhow!("connection {} is of no known kind", row.id)))?;
    let site = JiraSite {
        dialect: kind.dialect(),
        api_url: row.api_url.parse().map_err(Problem::internal)?,
        browse_url: row.browse_url.parse().map_err(Problem::internal)?,
        credentials: match secrets.user {
            Some(user) => Credentials::Basic { user, secret: secrets.token },
            None => Credentials::Bearer(secrets.token),
        },
        timeout: REQUEST_TIMEOUT,
        text_limit: usize::try_from(row.text_limit).unwrap_or(TEXT_LIMIT),
    };
    Ok(Some(Active { row, client: JiraClient::new(state.http.clone(), site), ends_at }))
}

/// Whether an app signs in, and not a token.
///
/// # Errors
/// When its secrets cannot be opened.
pub(super) fn signs_in_by_app(state: &AppState, row: &connection::Model) -> Result<bool, Problem> {
    Ok(secrets(state, row)?.is_some_and(|secrets| secrets.app.is_some()))
}

/// Whether its secrets sign in: an app needs a consent.
///
/// # Errors
/// When its secrets cannot be opened.
pub(super) fn signs_in(state: &AppState, row: &connection::Model) -> Result<bool, Problem> {
    Ok(secrets(state, row)?.is_some_and(|secrets| secrets.sign_in()))
}

/// What proves that a webhook comes from the site of a connection.
#[derive(Clone, Debug, Default)]
pub struct WebhookProofs {
    /// Signs those that an administrator has set up.
    pub secret: Option<SecretString>,
    /// Signs the token of those that the app of the connection registers.
    pub client_secret: Option<SecretString>,
}

/// What proves that a webhook comes from the site of a connection.
///
/// # Errors
/// When its secrets cannot be opened.
pub fn webhook_proofs(state: &AppState, row: &connection::Model) -> Result<WebhookProofs, Problem> {
    let Some(secrets) = secrets(state, row)? else { return Ok(WebhookProofs::default()) };
    let client_secret = secrets.app.map(|app| app.client_secret);
    Ok(WebhookProofs { secret: secrets.webhook, client_secret })
}

pub(super) fn secrets(state: &AppState, row: &connection::Model) -> Result<Option<Secrets>, Problem> {
    if row.origin == settings::SETTINGS {
        return Ok(settings::secrets(&state.config, row));
    }
    Secrets::open(state, row)
}
