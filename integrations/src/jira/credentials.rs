//! How we sign in.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// What a request is signed in with.
#[derive(Clone)]
pub enum Credentials {
    /// A name and a secret: e-mail address and API token on Cloud, user name and password on Data Center.
    Basic {
        /// The name.
        user: String,
        /// The secret.
        secret: SecretString,
    },
    /// A token alone: a personal access token on Data Center, an access token of OAuth on Cloud.
    Bearer(SecretString),
}

impl Credentials {
    /// Puts them on a request.
    pub(crate) fn sign(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match self {
            Self::Basic { user, secret } => request.basic_auth(user, Some(secret.expose_secret())),
            Self::Bearer(token) => request.bearer_auth(token.expose_secret()),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Basic",
            Self::Bearer(_) => "Bearer",
        })
    }
}
