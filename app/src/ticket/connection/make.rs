//! Makes connections.

use abate_entity::connection;
use chrono::NaiveDate;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::entered::{
    GATHER, LONGEST, POLL, TEXT, USUAL_TEXT, address, client_secret, issue_type, project, token,
    webhook_secret, within,
};
use super::secrets::Secrets;
use super::settings::APPLICATION;
use super::store::{named, subject};
use crate::access::actor::Actor;
use crate::audit_log;
use crate::platform::problem::Problem;
use crate::platform::text::short;
use crate::state::AppState;
use crate::ticket::want;

/// The kinds of JIRA.
pub(super) const KINDS: [(&str, &str); 2] = [("cloud", "Cloud"), ("data_center", "Data Center")];

/// A connection to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewConnection {
    /// What people call it.
    pub(super) name: String,
    /// cloud or data_center; cloud unless told.
    pub(super) kind: Option<String>,
    /// The site as people open it.
    pub(super) url: String,
    /// Where its REST interface is, when not at `url`: the gateway that scoped tokens need.
    pub(super) api_url: Option<String>,
    /// The account of the token: its e-mail address on Cloud, a user name on Data Center. Without one the token itself
    /// signs in, as a personal access token does.
    pub(super) user: Option<String>,
    /// The token, sealed and never shown; none with an app.
    #[schema(value_type = Option<String>)]
    pub(super) token: Option<SecretString>,
    /// The last day of the token, so that people are told in time.
    pub(super) token_expires_on: Option<NaiveDate>,
    /// The client id of an app (OAuth 2.0) that signs in instead of a token; on Cloud only. It is used once somebody has
    /// authorised it on the page of the connection.
    pub(super) client_id: Option<String>,
    /// The client secret of the app, sealed and never shown.
    #[schema(value_type = Option<String>)]
    pub(super) client_secret: Option<SecretString>,
    /// The key of the project that receives tickets.
    pub(super) project: String,
    /// The type of the tickets; Task unless told.
    pub(super) issue_type: Option<String>,
    /// The secret that signs its webhooks; without it changes arrive by polling only.
    #[schema(value_type = Option<String>)]
    pub(super) webhook_secret: Option<SecretString>,
    /// How often changes are asked for, 30 to 3600 seconds; 120 unless told.
    pub(super) poll_seconds: Option<i32>,
    /// How long wishes for tickets are gathered, 0 to 60 seconds; 3 unless told.
    pub(super) gather_seconds: Option<i32>,
    /// Longest text in characters that an administrator of a Data Center has set; 32767 unless told.
    pub(super) text_limit: Option<i32>,
}

/// Makes a connection.
pub(super) async fn make(
    state: &AppState,
    actor: &Actor,
    new: NewConnection,
) -> Result<connection::Model, Problem> {
    let now = state.clock.now();
    let name = short("name", LONGEST, Some(new.name))?
        .ok_or_else(|| Problem::invalid("name", "Give the connection a name."))?;
    let kind = new.kind.unwrap_or_else(|| KINDS[0].0.to_owned());
    if KINDS.iter().all(|(known, _)| *known != kind) {
        return Err(Problem::invalid("kind", "Use cloud or data_center."));
    }
    let url = address(state, "url", &new.url).await?;
    let api_url = match new.api_url.filter(|text| !text.trim().is_empty()) {
        Some(text) => address(state, "api_url", &text).await?,
        None => url.clone(),
    };
    let webhook = webhook_secret(new.webhook_secret)?;
    let secrets = match short("client_id", LONGEST, new.client_id)? {
        Some(_) if kind != KINDS[0].0 => {
            return Err(Problem::invalid("kind", "Only JIRA Cloud lets apps in; use a token."));
        }
        Some(_) if api_url != url => {
            let text = "Leave it out: the consent says where the interface is.";
            return Err(Problem::invalid("api_url", text));
        }
        Some(_) if given(new.token.as_ref()) || new.user.is_some() => {
            return Err(Problem::invalid("token", "Use either a token or an app."));
        }
        Some(client_id) => {
            Secrets::of_app(client_id, client_secret(new.client_secret.unwrap_or_default())?, webhook)
        }
        None if given(new.client_secret.as_ref()) => {
            return Err(Problem::invalid("client_id", "Enter the client id of the app, too."));
        }
        None => Secrets {
            user: short("user", LONGEST, new.user)?,
            token: token(new.token.unwrap_or_default())?,
            webhook,
            app: None,
        },
    };
    let uuid = state.ids.uuid(now);
    let row = connection::ActiveModel {
        uuid: Set(uuid),
        name: Set(name),
        origin: Set(APPLICATION.to_owned()),
        kind: Set(kind),
        secrets: Set(Some(secrets.seal(state, uuid, api_url.as_str())?)),
        api_url: Set(api_url.to_string()),
        browse_url: Set(url.to_string()),
        project: Set(project(&new.project)?),
        issue_type: Set(issue_type(new.issue_type)?.unwrap_or_else(|| "Task".to_owned())),
        text_limit: Set(within("text_limit", new.text_limit.unwrap_or(USUAL_TEXT), TEXT)?),
        poll_seconds: Set(within("poll_seconds", new.poll_seconds.unwrap_or(120), POLL)?),
        gather_seconds: Set(within("gather_seconds", new.gather_seconds.unwrap_or(3), GATHER)?),
        token_expires_on: Set(new.token_expires_on),
        paused: Set(false),
        failures: Set(0),
        created_by: Set(Some(actor.id)),
        created_at: Set(now),
        ..Default::default()
    };
    state
        .database
        .write(async |tx| {
            let row = row.clone().insert(tx).await.map_err(named)?;
            let data = json!({"name": row.name, "url": row.browse_url, "project": row.project});
            want::catch_up_soon(tx).await?;
            audit_log::add(tx, actor, "connection.create", &subject(row.id), data, now).await?;
            Ok(row)
        })
        .await
}

fn given(secret: Option<&SecretString>) -> bool {
    secret.is_some_and(|secret| !secret.expose_secret().is_empty())
}
