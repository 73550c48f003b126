//! Changes, pauses and removes connections.

use abate_entity::connection::{self, Column};
use abate_entity::ticket;
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, SqlErr,
};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::active;
use super::app;
use super::entered::{GATHER, LONGEST, POLL, TEXT, address, issue_type, project, within};
use super::secret_change::{self, Entered, Place};
use super::settings::{self, SETTINGS};
use crate::access::actor::Actor;
use crate::audit_log;
use crate::platform::problem::{Kind, Problem};
use crate::platform::text::short;
use crate::state::AppState;
use crate::ticket::ticket_rules::TicketState;
use crate::ticket::{resume, want};

/// Why a connection is paused that somebody paused.
pub(in crate::ticket) const BY_HAND: &str = "by_hand";

/// What to change of a connection; what is left out stays.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectionChange {
    /// What people call it.
    pub(super) name: Option<String>,
    /// The site as people open it.
    pub(super) url: Option<String>,
    /// Where its REST interface is; with it the token has to be entered again.
    pub(super) api_url: Option<String>,
    /// The account of the token; together with the token.
    pub(super) user: Option<String>,
    /// Another token.
    #[schema(value_type = Option<String>)]
    pub(super) token: Option<SecretString>,
    /// Another client id, with its secret; the app has to be authorised again.
    pub(super) client_id: Option<String>,
    /// Another client secret.
    #[schema(value_type = Option<String>)]
    pub(super) client_secret: Option<SecretString>,
    /// The last day of the token.
    pub(super) token_expires_on: Option<NaiveDate>,
    /// The key of the project that receives new tickets.
    pub(super) project: Option<String>,
    /// The type of new tickets.
    pub(super) issue_type: Option<String>,
    /// Another secret for its webhooks.
    #[schema(value_type = Option<String>)]
    pub(super) webhook_secret: Option<SecretString>,
    /// How often changes are asked for, 30 to 3600 seconds.
    pub(super) poll_seconds: Option<i32>,
    /// How long wishes for tickets are gathered, 0 to 60 seconds.
    pub(super) gather_seconds: Option<i32>,
    /// Longest text in characters.
    pub(super) text_limit: Option<i32>,
}

/// The connection of this number, unless somebody removed it.
pub(in crate::ticket) async fn row(db: &impl ConnectionTrait, id: i64) -> Result<connection::Model, Problem> {
    let found = connection::Entity::find_by_id(id).filter(Column::RemovedAt.is_null()).one(db).await?;
    found.ok_or_else(|| Problem::not_found(format!("connection {id} to JIRA")))
}

/// Changes a connection. What was wrong with it may be mended now, so it is used again at once.
pub(super) async fn change(
    state: &AppState,
    actor: &Actor,
    id: i64,
    wish: ConnectionChange,
) -> Result<connection::Model, Problem> {
    let now = state.clock.now();
    let known = row(state.database.reader(), id).await?;
    if known.origin == SETTINGS {
        return Err(Problem::new(
            Kind::Conflict,
            "This connection stands in the settings (ABATE_JIRA__URL and its companions); change it there.",
        ));
    }
    let mut new = connection::ActiveModel { id: Set(id), ..Default::default() };
    let mut said = Map::new();
    let note = |said: &mut Map<String, Value>, name: &str, value: Value| said.insert(name.to_owned(), value);
    if let Some(name) = short("name", LONGEST, wish.name)? {
        note(&mut said, "name", json!(name));
        new.name = Set(name);
    }
    if let Some(text) = &wish.url {
        let url = address(state, "url", text).await?;
        note(&mut said, "url", json!(url.as_str()));
        new.browse_url = Set(url.to_string());
    }
    let mut api_url = known.api_url.clone();
    if let Some(text) = &wish.api_url {
        api_url = address(state, "api_url", text).await?.to_string();
        note(&mut said, "api_url", json!(api_url));
        new.api_url = Set(api_url.clone());
    } else if wish.url.is_some() && known.api_url == known.browse_url {
        // It was never told apart, so it moves along.
        api_url = address(state, "url", wish.url.as_deref().unwrap_or_default()).await?.to_string();
        new.api_url = Set(api_url.clone());
    }
    let browse_url = match &new.browse_url {
        Set(url) => url.clone(),
        _ => known.browse_url.clone(),
    };
    let entered = Entered {
        user: wish.user,
        token: wish.token,
        webhook: wish.webhook_secret,
        client_id: wish.client_id,
        client_secret: wish.client_secret,
    };
    let place = Place { browse_url: &browse_url, api_url: &api_url };
    new.secrets = secret_change::changed(state, &known, &place, &mut said, entered)?;
    if let Some(day) = wish.token_expires_on {
        note(&mut said, "token_expires_on", json!(day));
        new.token_expires_on = Set(Some(day));
    }
    if let Some(text) = &wish.project {
        let project = project(text)?;
        note(&mut said, "project", json!(project));
        new.project = Set(project);
    }
    if let Some(issue_type) = issue_type(wish.issue_type)? {
        note(&mut said, "issue_type", json!(issue_type));
        new.issue_type = Set(issue_type);
    }
    for (name, value, range, column) in [
        ("text_limit", wish.text_limit, TEXT, &mut new.text_limit),
        ("poll_seconds", wish.poll_seconds, POLL, &mut new.poll_seconds),
        ("gather_seconds", wish.gather_seconds, GATHER, &mut new.gather_seconds),
    ] {
        if let Some(value) = value {
            *column = Set(within(name, value, range)?);
            note(&mut said, name, json!(value));
        }
    }
    if said.is_empty() {
        return Ok(known);
    }
    if new.secrets.is_set() {
        // The token may be another account's: who we are is asked for again.
        new.account = Set(None);
    }
    // Where an app has no consent, nothing but a consent mends that.
    if active::signs_in(state, &known)? {
        new.problem = Set(None);
        new.problem_kind = Set(None);
        new.problem_since = Set(None);
        new.retry_at = Set(None);
        new.failures = Set(0);
    }
    state
        .database
        .write(async |tx| {
            let fresh = row(tx, id).await?;
            if fresh.api_url != known.api_url || fresh.secrets != known.secrets {
                let text =
                    "Somebody changed this connection meanwhile. Look at what is new, then send it again.";
                return Err(Problem::new(Kind::Stale, text));
            }
            let row = new.clone().update(tx).await.map_err(named)?;
            app::webhook::look_again(tx, id, now).await?;
            let data = Value::Object(said.clone());
            audit_log::add(tx, actor, "connection.change", &subject(id), data, now).await?;
            Ok(row)
        })
        .await
}

/// Pauses a connection, so that nothing is sent or read, or lets it go on.
pub(super) async fn pause(
    state: &AppState,
    actor: &Actor,
    id: i64,
    paused: bool,
) -> Result<connection::Model, Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let known = row(tx, id).await?;
            if known.paused == paused {
                return Ok(known);
            }
            if !paused {
                resume::resume(tx, &known, now).await?;
                want::catch_up_soon(tx).await?;
            }
            let set = connection::ActiveModel {
                id: Set(id),
                paused: Set(paused),
                paused_because: Set(paused.then(|| BY_HAND.to_owned())),
                ..Default::default()
            };
            let row = set.update(tx).await?;
            let action = if paused { "connection.pause" } else { "connection.resume" };
            audit_log::add(tx, actor, action, &subject(id), json!({"name": row.name}), now).await?;
            Ok(row)
        })
        .await
}

/// Ends a connection and forgets its secrets. Its tickets keep their links and are left alone; what was only wished for
/// is wished for anew, elsewhere.
pub(super) async fn remove(state: &AppState, actor: &Actor, id: i64) -> Result<(), Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx: &DatabaseTransaction| {
            let known = row(tx, id).await?;
            if settings::secrets(&state.config, &known).is_some() {
                return Err(Problem::new(
                    Kind::Conflict,
                    "This connection stands in the settings; take ABATE_JIRA__URL and its companions out there.",
                ));
            }
            let wished = [TicketState::Held, TicketState::Wanted, TicketState::Cancelled].map(TicketState::as_str);
            ticket::Entity::delete_many()
                .filter(ticket::Column::ConnectionId.eq(id))
                .filter(ticket::Column::State.is_in(wished))
                .filter(ticket::Column::IssueId.is_null())
                .exec(tx)
                .await?;
            let gone = connection::ActiveModel {
                id: Set(id),
                secrets: Set(None),
                paused: Set(true),
                problem: Set(None),
                problem_kind: Set(None),
                problem_since: Set(None),
                removed_at: Set(Some(now)),
                ..Default::default()
            };
            gone.update(tx).await?;
            audit_log::add(tx, actor, "connection.remove", &subject(id), json!({"name": known.name}), now)
                .await?;
            Ok(())
        })
        .await
}

pub(super) fn subject(id: i64) -> String {
    format!("jira-{id}")
}

pub(super) fn named(error: sea_orm::DbErr) -> Problem {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => {
            Problem::invalid("name", "There is a connection of this name already.")
        }
        _ => error.into(),
    }
}

/// Keeps what a test found.
pub(super) async fn keep_check(
    state: &AppState,
    id: i64,
    findings: &impl serde::Serialize,
    at: DateTime<Utc>,
) -> Result<(), Problem> {
    let checked = serde_json::to_value(findings).map_err(Problem::internal)?;
    state
        .database
        .write(async |tx| {
            let set = connection::ActiveModel {
                checked: Set(Some(checked.clone())),
                checked_at: Set(Some(at)),
                ..Default::default()
            };
            connection::Entity::update_many().set(set).filter(Column::Id.eq(id)).exec(tx).await?;
            Ok(())
        })
        .await
}
