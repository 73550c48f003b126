//! A server that a command speaks to, with a token.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use url::Url;

/// How often a question is asked before the server counts as not reachable.
const TRIES: u32 = 4;
/// How long to wait before the second try; each further one waits twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server and the token for it.
#[derive(Clone)]
pub(super) struct Remote {
    pub(super) client: reqwest::Client,
    base: String,
    token: String,
}

impl Remote {
    /// Takes an address without a path, and a token.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(super) fn new(server: &Url, token: &str) -> anyhow::Result<Self> {
        let client =
            reqwest::Client::builder().user_agent(concat!("abate/", env!("CARGO_PKG_VERSION"))).build()?;
        let base = server.as_str().trim_end_matches('/').to_owned();
        Ok(Self { client, base, token: token.trim().to_owned() })
    }

    /// An address of the API, as `/imports/3`.
    ///
    /// # Errors
    /// When the server's address is none.
    pub(super) fn address(&self, path: &str) -> anyhow::Result<Url> {
        format!("{}/api/v1{path}", self.base)
            .parse()
            .context("--server is no address; write it as https://abate.example.com")
    }

    /// A request with the token.
    pub(super) fn signed(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.bearer_auth(&self.token)
    }

    /// Reads something, and asks again where the connection was lost or the server is busy.
    ///
    /// # Errors
    /// When it cannot be reached, or refuses.
    pub(super) async fn get(&self, address: &Url) -> anyhow::Result<Value> {
        let mut wait = FIRST_WAIT;
        for attempt in 1.. {
            let sent = self.signed(self.client.get(address.clone())).timeout(PATIENCE).send().await;
            let again = match &sent {
                Ok(response) => busy(response.status()),
                Err(error) => !error.is_builder(),
            };
            if !again || attempt >= TRIES {
                return answer(sent.with_context(|| unreachable(&self.base))?).await;
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        anyhow::bail!(unreachable(&self.base))
    }

    /// The sentence for a server that does not answer.
    pub(super) fn unreachable(&self) -> String {
        unreachable(&self.base)
    }
}

fn unreachable(base: &str) -> String {
    format!("{base} cannot be reached; check --server")
}

/// Whether the same request may well be answered in a moment.
pub(super) fn busy(status: reqwest::StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

/// The body of a good answer, or what the problem document says.
///
/// # Errors
/// When the answer is no good one.
pub(super) async fn answer(response: reqwest::Response) -> anyhow::Result<Value> {
    let status = response.status();
    let body: Value = response.json().await.unwrap_or_default();
    if status.is_success() {
        return Ok(body);
    }
    let detail = body.get("detail").and_then(Value::as_str).unwrap_or("no reason was given");
    anyhow::bail!("the server answered {status}: {detail}")
}
