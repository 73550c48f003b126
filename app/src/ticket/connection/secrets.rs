//! What signs in at a JIRA site, sealed for one row and one address.

use abate_entity::connection;
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
    /// The token or password.
    pub(super) token: SecretString,
    /// Signs the webhooks; without it none is accepted.
    pub(super) webhook: Option<SecretString>,
}

/// The same, as it is sealed.
#[derive(Deserialize, Serialize)]
struct Sealed {
    user: Option<String>,
    token: String,
    webhook: Option<String>,
}

impl Secrets {
    /// Seals them for one connection and its address, so that they are never sent anywhere else.
    pub(super) fn seal(&self, state: &AppState, uuid: Uuid, api_url: &str) -> Result<Vec<u8>, Problem> {
        let sealed = Sealed {
            user: self.user.clone(),
            token: self.token.expose_secret().to_owned(),
            webhook: self.webhook.as_ref().map(|secret| secret.expose_secret().to_owned()),
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
        }))
    }
}

fn place(uuid: Uuid, api_url: &str) -> Vec<u8> {
    format!("{uuid} {api_url}").into_bytes()
}
