//! Sites of Cloud that let us in by an app (OAuth 2.0): a person consents in the browser, and the token that this gives is
//! renewed every hour, by one process at a time.

pub mod consent;
mod grant;
pub mod renew;
mod state_parameter;
pub mod webhook;

use abate_integrations::jira::OauthApp;

pub(super) use self::grant::doubt;
use super::secrets::App;
use crate::state::AppState;

/// Where people come back to from a consent, as Atlassian's developer console has to know it.
pub(super) fn callback_url(state: &AppState) -> String {
    format!("{}settings/jira/consent", state.config.web.base_url)
}

/// The app as Atlassian knows it.
fn at_atlassian(state: &AppState, app: &App) -> OauthApp {
    OauthApp {
        sign_in_url: state.config.atlassian.sign_in_url.clone(),
        gateway_url: state.config.atlassian.gateway_url.clone(),
        client_id: app.client_id.clone(),
        client_secret: app.client_secret.clone(),
        redirect_url: callback_url(state),
    }
}
