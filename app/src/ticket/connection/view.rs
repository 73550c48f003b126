//! A connection as people and programs see it. Its secrets are never in it.

use abate_entity::{connection, ticket};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::Serialize;

use super::super::strangers::{self, StrangerView};
use super::super::ticket_rules::TicketState;
use super::app;
use super::check::Finding;
use super::secrets::Secrets;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// A JIRA site and project that tickets are kept in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConnectionView {
    pub(super) id: i64,
    pub(super) name: String,
    /// settings or application.
    pub(super) origin: String,
    /// cloud or data_center.
    pub(super) kind: String,
    /// The site as people open it.
    pub(super) url: String,
    /// Where its REST interface is.
    pub(super) api_url: String,
    pub(super) project: String,
    pub(super) issue_type: String,
    /// How often changes are asked for.
    pub(super) poll_seconds: i32,
    /// How long wishes for tickets are gathered.
    pub(super) gather_seconds: i32,
    /// Longest text in characters.
    pub(super) text_limit: i32,
    /// The last day of the token, where somebody told us.
    pub(super) token_expires_on: Option<NaiveDate>,
    /// token, or app where an app of OAuth 2.0 signs in.
    pub(super) sign_in: &'static str,
    /// Whether its secrets are known: no longer where the settings name another site, and not before somebody has authorised
    /// its app.
    pub(super) usable: bool,
    /// Where somebody authorises its app, and where Atlassian's developer console is to lead people back to.
    pub(super) authorise: Option<AuthoriseView>,
    /// When the token of its app ends; it is renewed before.
    pub(super) token_ends_at: Option<DateTime<Utc>>,
    /// How the webhooks stand that its app registers.
    pub(super) registered_webhook: Option<RegisteredWebhookView>,
    /// Nothing is sent or read while set.
    pub(super) paused: bool,
    /// by_hand; anything else until somebody has looked.
    pub(super) paused_because: Option<String>,
    /// What is wrong with it.
    pub(super) problem: Option<String>,
    /// credentials, limit, down or project.
    pub(super) problem_kind: Option<String>,
    /// Since when.
    pub(super) problem_since: Option<DateTime<Utc>>,
    /// Nothing is sent before this moment.
    pub(super) retry_at: Option<DateTime<Utc>>,
    /// Tickets that are to be created, or looked for.
    pub(super) waiting: u64,
    /// Tickets of which nobody knows whether they exist.
    pub(super) quarantined: u64,
    /// Tickets that have their issue.
    pub(super) linked: u64,
    /// Changes up to here have been read.
    pub(super) polled_until: Option<DateTime<Utc>>,
    /// When all tickets were last read.
    pub(super) full_pass_at: Option<DateTime<Utc>>,
    /// What the last test found.
    pub(super) findings: Vec<Finding>,
    /// When that was.
    pub(super) checked_at: Option<DateTime<Utc>>,
    /// How many issues carry our label and are no ticket.
    pub(super) stranger_count: u64,
    /// The first hundred of them.
    pub(super) strangers: Vec<StrangerView>,
    /// Where JIRA is to send its webhooks.
    pub(super) webhook_url: String,
    pub(super) created_at: DateTime<Utc>,
}

/// How an app is authorised.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AuthoriseView {
    /// Where a person opens Atlassian's question.
    pub(super) url: String,
    /// The callback address that the developer console has to know.
    pub(super) callback_url: String,
}

/// How the webhooks stand that an app registers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RegisteredWebhookView {
    /// When they end; they are renewed before.
    pub(super) ends_at: Option<DateTime<Utc>>,
    /// Why there are none.
    pub(super) problem: Option<String>,
}

impl ConnectionView {
    /// The connection of a row.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn load(state: &AppState, row: connection::Model) -> Result<Self, Problem> {
        let db = state.database.reader();
        let (strangers, stranger_count) = strangers::of_connection(db, row.id, &row.browse_url).await?;
        let count = async |states: &[TicketState]| {
            ticket::Entity::find()
                .filter(ticket::Column::ConnectionId.eq(row.id))
                .filter(ticket::Column::State.is_in(states.iter().map(|state| state.as_str())))
                .count(db)
                .await
        };
        let secrets = super::active::secrets(state, &row).ok().flatten();
        let is_app = secrets.as_ref().is_some_and(|secrets| secrets.app.is_some());
        let registered = if is_app { app::webhook::standing(state, &row).await? } else { None };
        let waiting = [TicketState::Wanted, TicketState::Creating, TicketState::Unknown];
        Ok(Self {
            waiting: count(&waiting).await?,
            quarantined: count(&[TicketState::Quarantined]).await?,
            linked: count(&[TicketState::Linked]).await?,
            findings: row
                .checked
                .and_then(|checked| serde_json::from_value(checked).ok())
                .unwrap_or_default(),
            checked_at: row.checked_at,
            strangers,
            stranger_count,
            webhook_url: webhook_url(state, row.id),
            id: row.id,
            name: row.name,
            origin: row.origin,
            kind: row.kind,
            url: row.browse_url,
            api_url: row.api_url,
            project: row.project,
            issue_type: row.issue_type,
            poll_seconds: row.poll_seconds,
            gather_seconds: row.gather_seconds,
            text_limit: row.text_limit,
            token_expires_on: row.token_expires_on,
            sign_in: if is_app { "app" } else { "token" },
            usable: secrets.as_ref().is_some_and(Secrets::sign_in),
            authorise: is_app.then(|| AuthoriseView {
                url: format!("{}settings/jira/{}/authorise", state.config.web.base_url, row.id),
                callback_url: app::callback_url(state),
            }),
            token_ends_at: secrets.as_ref().and_then(Secrets::ends_at),
            registered_webhook: registered
                .map(|webhook| RegisteredWebhookView { ends_at: webhook.ends_at, problem: webhook.problem }),
            paused: row.paused,
            paused_because: row.paused_because,
            problem: row.problem,
            problem_kind: row.problem_kind,
            problem_since: row.problem_since,
            retry_at: row.retry_at,
            polled_until: row.polled_until,
            full_pass_at: row.full_pass_at,
            created_at: row.created_at,
        })
    }
}

/// Where JIRA is to send the webhooks of a connection.
pub(super) fn webhook_url(state: &AppState, id: i64) -> String {
    format!("{}hooks/jira/{id}", state.config.web.base_url)
}
