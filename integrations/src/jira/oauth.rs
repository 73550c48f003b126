//! Atlassian's sign-in for apps, OAuth 2.0 with consent in the browser (3LO): access tokens that live for an hour, and
//! refresh tokens each of which works once.

use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::client::without_url;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// What we ask people to allow: to read and write issues, to find people, to register webhooks, and to go on without them.
const SCOPES: &str = "read:jira-work write:jira-work read:jira-user manage:jira-webhook offline_access";
/// What the sign-in calls a grant that is over: the refresh token was used, taken back, or left alone for 90 days.
const OVER: &str = "invalid_grant";

/// An app as Atlassian's developer console shows it, and where its sign-in is.
#[derive(Clone)]
pub struct OauthApp {
    /// Where people consent and tokens are made.
    pub sign_in_url: Url,
    /// The gateway that takes the tokens.
    pub gateway_url: Url,
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: SecretString,
    /// Where people come back to, as the console knows it.
    pub redirect_url: String,
}

impl fmt::Debug for OauthApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OauthApp").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// What a consent or a renewal gives.
#[derive(Clone, Debug)]
pub struct OauthTokens {
    /// Signs requests in.
    pub access: SecretString,
    /// Gives the next pair, once.
    pub refresh: SecretString,
    /// How long the access token holds from now on.
    pub lifetime: Duration,
}

/// A site that somebody let us into.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OauthSite {
    /// The cloud id.
    pub id: String,
    /// Where people open it.
    pub url: String,
}

/// Why there are no tokens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OauthError {
    /// The grant is over; only a person can give another one.
    #[error("Atlassian no longer takes the consent ({0}). Authorise the connection again on its page")]
    Over(String),
    /// The app or the request is not right; it will not be tomorrow, unless somebody mends it.
    #[error(
        "Atlassian refuses the app ({0}). Check its client id, client secret, callback address and scopes"
    )]
    Refused(String),
    /// Nothing can be concluded.
    #[error("Atlassian's sign-in did not answer: {0}")]
    Unavailable(String),
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    refresh_token: Option<SecretString>,
    expires_in: u64,
}

impl OauthApp {
    /// Where a person goes to consent. `state` comes back with the answer.
    ///
    /// # Errors
    /// When the address of the sign-in cannot be put together.
    pub fn consent_url(&self, state: &str) -> Result<Url, OauthError> {
        let mut url = self.at(&self.sign_in_url, "authorize")?;
        url.query_pairs_mut()
            .append_pair("audience", "api.atlassian.com")
            .append_pair("client_id", &self.client_id)
            .append_pair("scope", SCOPES)
            .append_pair("redirect_uri", &self.redirect_url)
            .append_pair("state", state)
            .append_pair("response_type", "code")
            .append_pair("prompt", "consent");
        Ok(url)
    }

    /// Where the interface of a site is.
    ///
    /// # Errors
    /// When the address cannot be put together.
    pub fn api_url(&self, cloud_id: &str) -> Result<Url, OauthError> {
        let mut url = self.at(&self.gateway_url, "ex/jira/")?;
        url.path_segments_mut()
            .map_err(|()| OauthError::Refused("its gateway is no web address".to_owned()))?
            .pop_if_empty()
            .push(cloud_id);
        Ok(url)
    }

    /// Turns the code of a consent into tokens.
    ///
    /// # Errors
    /// When Atlassian refuses or does not answer.
    pub async fn tokens_of_code(
        &self,
        http: &reqwest::Client,
        code: &str,
    ) -> Result<OauthTokens, OauthError> {
        self.ask(
            http,
            &json!({
                "grant_type": "authorization_code",
                "client_id": self.client_id,
                "client_secret": self.client_secret.expose_secret(),
                "code": code,
                "redirect_uri": self.redirect_url,
            }),
        )
        .await
    }

    /// Makes new tokens; the refresh token is used up by it, also where the answer is lost.
    ///
    /// # Errors
    /// When Atlassian refuses or does not answer.
    pub async fn renew(
        &self,
        http: &reqwest::Client,
        refresh: &SecretString,
    ) -> Result<OauthTokens, OauthError> {
        self.ask(
            http,
            &json!({
                "grant_type": "refresh_token",
                "client_id": self.client_id,
                "client_secret": self.client_secret.expose_secret(),
                "refresh_token": refresh.expose_secret(),
            }),
        )
        .await
    }

    /// The sites that the consent was given for.
    ///
    /// # Errors
    /// When Atlassian refuses or does not answer.
    pub async fn sites(
        &self,
        http: &reqwest::Client,
        access: &SecretString,
    ) -> Result<Vec<OauthSite>, OauthError> {
        let url = self.at(&self.gateway_url, "oauth/token/accessible-resources")?;
        let request = http.get(url).bearer_auth(access.expose_secret()).header("Accept", "application/json");
        let body = answer(request).await?;
        serde_json::from_slice(&body)
            .map_err(|error| OauthError::Unavailable(format!("the answer is not understood: {error}")))
    }

    async fn ask(&self, http: &reqwest::Client, question: &Value) -> Result<OauthTokens, OauthError> {
        let url = self.at(&self.sign_in_url, "oauth/token")?;
        let body = answer(http.post(url).json(question)).await?;
        let granted: Granted = serde_json::from_slice(&body)
            .map_err(|_| OauthError::Unavailable("the answer is not understood".to_owned()))?;
        let refresh = granted.refresh_token.ok_or_else(|| {
            OauthError::Refused("it gave no refresh token; allow the scope offline_access".to_owned())
        })?;
        Ok(OauthTokens {
            access: granted.access_token,
            refresh,
            lifetime: Duration::from_secs(granted.expires_in),
        })
    }

    fn at(&self, base: &Url, path: &str) -> Result<Url, OauthError> {
        format!("{}/{path}", base.as_str().trim_end_matches('/'))
            .parse()
            .map_err(|_| OauthError::Refused("its address cannot be read".to_owned()))
    }
}

/// The body of a success.
async fn answer(request: reqwest::RequestBuilder) -> Result<Vec<u8>, OauthError> {
    let lost = |error: reqwest::Error| OauthError::Unavailable(without_url(&error));
    let response = request.timeout(PATIENCE).send().await.map_err(lost)?;
    let status = response.status();
    let body = response.bytes().await.map_err(lost)?;
    if status.is_success() { Ok(body.to_vec()) } else { Err(judge(status, &body)) }
}

fn names_refresh_token(text: &str) -> bool {
    text.to_ascii_lowercase().contains("refresh_token")
}

/// What a refusal means: only one that names a known reason is believed.
fn judge(status: StatusCode, body: &[u8]) -> OauthError {
    let value: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    match value["error"].as_str() {
        Some(OVER) => OauthError::Over(OVER.to_owned()),
        // An older form of the same.
        Some("unauthorized_client")
            if value["error_description"].as_str().is_some_and(names_refresh_token) =>
        {
            OauthError::Over("its refresh token is not valid".to_owned())
        }
        Some(reason) if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
            OauthError::Refused(reason.chars().take(100).collect())
        }
        _ if status == StatusCode::UNAUTHORIZED => OauthError::Refused("status 401".to_owned()),
        _ => OauthError::Unavailable(format!("status {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> OauthApp {
        OauthApp {
            sign_in_url: "https://auth.example.org".parse().expect("an address"),
            gateway_url: "https://gateway.example.org/".parse().expect("an address"),
            client_id: "an app".to_owned(),
            client_secret: "a secret".into(),
            redirect_url: "https://abate.example.org/settings/jira/consent".to_owned(),
        }
    }

    #[test]
    fn a_consent_names_the_app_and_where_to_come_back_to_and_no_secret() {
        let url = app().consent_url("a state").expect("an address");
        let pairs: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!(url.path(), "/authorize");
        assert_eq!(pairs["client_id"], "an app");
        assert_eq!(pairs["state"], "a state");
        assert_eq!(pairs["redirect_uri"], "https://abate.example.org/settings/jira/consent");
        assert!(pairs["scope"].contains("offline_access"));
        assert!(!url.as_str().contains("secret"));
    }

    #[test]
    fn a_cloud_id_stays_one_part_of_the_address() {
        let url = app().api_url("a/../b?c").expect("an address");
        assert_eq!(url.as_str(), "https://gateway.example.org/ex/jira/a%2F..%2Fb%3Fc");
    }

    #[test]
    fn only_a_named_reason_ends_a_consent() {
        let said =
            |status: u16, body: &str| judge(StatusCode::from_u16(status).expect("a status"), body.as_bytes());
        assert_eq!(said(403, r#"{"error":"invalid_grant"}"#), OauthError::Over(OVER.to_owned()));
        let old = r#"{"error":"unauthorized_client","error_description":"refresh_token is invalid"}"#;
        assert!(matches!(said(403, old), OauthError::Over(_)));
        assert!(matches!(said(401, r#"{"error":"unauthorized_client"}"#), OauthError::Refused(_)));
        assert_eq!(
            said(401, r#"{"error":"access_denied"}"#),
            OauthError::Refused("access_denied".to_owned())
        );
        for (status, body) in [(403, "<html>"), (429, r#"{"error":"rate"}"#), (500, "{}"), (502, "")] {
            assert!(matches!(said(status, body), OauthError::Unavailable(_)), "{status} {body}");
        }
    }
}
