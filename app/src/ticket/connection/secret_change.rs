//! Takes in what is new of the secrets of a connection.

use abate_entity::connection;
use sea_orm::ActiveValue::{self, Set};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use super::entered::{LONGEST, client_secret, token, webhook_secret};
use super::secrets::{App, Secrets};
use crate::platform::problem::Problem;
use crate::platform::text::short;
use crate::state::AppState;

/// What somebody entered; what is empty stays.
#[derive(Default)]
pub(super) struct Entered {
    /// The account of the token.
    pub(super) user: Option<String>,
    /// Another token.
    pub(super) token: Option<SecretString>,
    /// Another secret for the webhooks.
    pub(super) webhook: Option<SecretString>,
    /// Another client id.
    pub(super) client_id: Option<String>,
    /// Another client secret.
    pub(super) client_secret: Option<SecretString>,
}

/// Where the connection leads now.
pub(super) struct Place<'a> {
    /// The site as people open it.
    pub(super) browse_url: &'a str,
    /// Where its interface is.
    pub(super) api_url: &'a str,
}

/// Seals what is new of the secrets. A token belongs to its account and is never sent to another address than the one
/// it was entered for; the consent to an app is for one site, and is given for the app by its id.
///
/// # Errors
/// When something entered does not fit, or the secrets cannot be opened.
pub(super) fn changed(
    state: &AppState,
    known: &connection::Model,
    place: &Place<'_>,
    said: &mut Map<String, Value>,
    mut entered: Entered,
) -> Result<ActiveValue<Option<Vec<u8>>>, Problem> {
    let given = |secret: Option<SecretString>| secret.filter(|secret| !secret.expose_secret().is_empty());
    let mut secrets = Secrets::open(state, known)?
        .ok_or_else(|| Problem::invalid("token", "The token is missing; enter it again."))?;
    entered.token = given(entered.token);
    entered.client_secret = given(entered.client_secret);
    entered.user = short("user", LONGEST, entered.user)?;
    entered.client_id = short("client_id", LONGEST, entered.client_id)?;
    let webhook = given(entered.webhook.take());
    let mut is_new = match secrets.app.is_some() {
        true => of_app(&mut secrets, known, place, said, entered)?,
        false => of_token(&mut secrets, known, place, said, entered)?,
    };
    if webhook.is_some() {
        secrets.webhook = webhook_secret(webhook)?;
        said.insert("webhook_secret".to_owned(), json!("changed"));
        is_new = true;
    }
    if !is_new {
        return Ok(ActiveValue::NotSet);
    }
    Ok(Set(Some(secrets.seal(state, known.uuid, place.api_url)?)))
}

fn of_token(
    secrets: &mut Secrets,
    known: &connection::Model,
    place: &Place<'_>,
    said: &mut Map<String, Value>,
    entered: Entered,
) -> Result<bool, Problem> {
    if entered.client_id.is_some() || entered.client_secret.is_some() {
        let text = "This connection signs in with a token; connect the site anew to use an app.";
        return Err(Problem::invalid("client_id", text));
    }
    let other_user = entered.user.is_some() && entered.user != secrets.user;
    let Some(new) = entered.token else {
        if place.api_url != known.api_url || other_user {
            let text = "Enter the token again: it was given for another address or account.";
            return Err(Problem::invalid("token", text));
        }
        return Ok(false);
    };
    secrets.token = token(new)?;
    secrets.user = entered.user.or(secrets.user.take());
    said.insert("token".to_owned(), json!("changed"));
    Ok(true)
}

fn of_app(
    secrets: &mut Secrets,
    known: &connection::Model,
    place: &Place<'_>,
    said: &mut Map<String, Value>,
    entered: Entered,
) -> Result<bool, Problem> {
    if entered.token.is_some() || entered.user.is_some() {
        let text = "This connection signs in with an app; connect the site anew to use a token.";
        return Err(Problem::invalid("token", text));
    }
    // Before the first consent it moves along with the address of the site.
    let moves_along = place.api_url == place.browse_url && place.browse_url != known.browse_url;
    if place.api_url != known.api_url && !moves_along {
        return Err(Problem::invalid(
            "api_url",
            "The consent says where the interface is; authorise it anew.",
        ));
    }
    let Some(App { client_id, client_secret: secret, .. }) = &mut secrets.app else { return Ok(false) };
    let other_app = entered.client_id.filter(|id| id != client_id);
    let mut is_new = false;
    if let Some(new) = entered.client_secret {
        *secret = client_secret(new)?;
        said.insert("client_secret".to_owned(), json!("changed"));
        is_new = true;
    } else if other_app.is_some() {
        return Err(Problem::invalid("client_secret", "Enter the client secret of the other app, too."));
    }
    let is_other = other_app.is_some() || place.browse_url != known.browse_url;
    if let Some(id) = other_app {
        said.insert("client_id".to_owned(), json!(id));
        *client_id = id;
    }
    if is_other {
        secrets.forget_grant();
    }
    Ok(is_new || is_other)
}
