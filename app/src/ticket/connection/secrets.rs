//! What signs in at a JIRA site, sealed for one row and one address.

use abate_entity::connection;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::platform::problem::Problem;
use crate::state::AppState;

/// What the secrets are sealed for.
const PURPOSE: &str = "jira secrets";

/// Who signs in, and what JIRA signs with.
#[derive(Clone, Debug)]
pub(super) struct Secrets {
    /// The account of the token, where it signs in with one.
    pub(super) user: Option<String>,
    /// The token or password; empty while an app has no consent.
    pub(super) token: SecretString,
    /// Signs the webhooks; without it none is accepted.
    pub(super) webhook: Option<SecretString>,
    /// The app that makes the token, where one does.
    pub(super) app: Option<App>,
}

/// An app that people let into a site of Cloud.
#[derive(Clone, Debug)]
pub(super) struct App {
    /// Its client id.
    pub(super) client_id: String,
    /// Its client secret.
    pub(super) client_secret: SecretString,
    /// What it was given by a consent; none before there is one, and once it is over.
    pub(super) grant: Option<Grant>,
}

/// What a consent gave.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    /// Gives the next token, once.
    pub(super) refresh: SecretString,
    /// When the token ends.
    pub(super) ends_at: DateTime<Utc>,
}

/// The same, as it is sealed.
#[derive(Deserialize, Serialize)]
struct Sealed {
    user: Option<String>,
    token: String,
    webhook: Option<String>,
    #[serde(default)]
    app: Option<SealedApp>,
}

#[derive(Deserialize, Serialize)]
struct SealedApp {
    client_id: String,
    client_secret: String,
    grant: Option<SealedGrant>,
}

#[derive(Deserialize, Serialize)]
struct SealedGrant {
    refresh: String,
    ends_at: DateTime<Utc>,
}

impl Secrets {
    /// Those of an app that nobody has let in yet.
    pub(super) fn of_app(
        client_id: String,
        client_secret: SecretString,
        webhook: Option<SecretString>,
    ) -> Self {
        let app = App { client_id, client_secret, grant: None };
        Self { user: None, token: SecretString::default(), webhook, app: Some(app) }
    }

    /// Whether they sign in: an app needs a consent.
    pub(super) fn sign_in(&self) -> bool {
        self.app.as_ref().is_none_or(|app| app.grant.is_some())
    }

    /// Forgets what a consent gave.
    pub(super) fn forget_grant(&mut self) {
        if let Some(app) = &mut self.app {
            app.grant = None;
            self.token = SecretString::default();
        }
    }

    /// When the token ends that an app has made.
    pub(super) fn ends_at(&self) -> Option<DateTime<Utc>> {
        Some(self.app.as_ref()?.grant.as_ref()?.ends_at)
    }

    /// Seals them for one connection and its address, so that they are never sent anywhere else.
    pub(super) fn seal(&self, state: &AppState, uuid: Uuid, api_url: &str) -> Result<Vec<u8>, Problem> {
        let open = |secret: &SecretString| secret.expose_secret().to_owned();
        let sealed = Sealed {
            user: self.user.clone(),
            token: open(&self.token),
            webhook: self.webhook.as_ref().map(open),
            app: self.app.as_ref().map(|app| SealedApp {
                client_id: app.client_id.clone(),
                client_secret: open(&app.client_secret),
                grant: app
                    .grant
                    .as_ref()
                    .map(|grant| SealedGrant { refresh: open(&grant.refresh), ends_at: grant.ends_at }),
            }),
        };
        let plain = serde_json::to_vec(&sealed).map_err(Problem::internal)?;
        let mut nonce = [0; 12];
        state.ids.fill(&mut nonce);
        state.key.seal(PURPOSE, &place(uuid, api_url), nonce, &plain).map_err(Problem::internal)
    }

    /// Opens those of a row; none where the row has none.
    pub(super) fn open(state: &AppState, row: &connection::Model) -> Result<Option<Self>, Problem> {
        let Some(sealed) = &row.secrets else { return Ok(None) };
        let plain = state.key.open_sealed(PURPOSE, &place(row.uuid, &row.api_url), sealed);
        let sealed: Sealed =
            serde_json::from_slice(&plain.map_err(Problem::internal)?).map_err(Problem::internal)?;
        Ok(Some(Self {
            user: sealed.user,
            token: SecretString::from(sealed.token),
            webhook: sealed.webhook.map(SecretString::from),
            app: sealed.app.map(|app| App {
                client_id: app.client_id,
                client_secret: SecretString::from(app.client_secret),
                grant: app.grant.map(|grant| Grant {
                    refresh: SecretString::from(grant.refresh),
                    ends_at: grant.ends_at,
                }),
            }),
        }))
    }
}

fn place(uuid: Uuid, api_url: &str) -> Vec<u8> {
    format!("{uuid} {api_url}").into_bytes()
}
