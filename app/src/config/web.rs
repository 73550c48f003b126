//! Where the web server listens and how people reach it.

use std::net::SocketAddr;

use url::Url;

use super::document::Document;
use super::{ConfigError, Network};

/// The web server.
#[derive(Debug, Clone)]
pub struct WebConfig {
    /// The address and port to listen on.
    pub listen: SocketAddr,
    /// The address that people, webhooks and tickets use; its path is `/`.
    pub base_url: Url,
    /// The proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
}

impl WebConfig {
    pub(crate) fn read(document: &Document) -> Result<Self, ConfigError> {
        let expected = "an address and a port, as in 127.0.0.1:8080";
        let listen: SocketAddr = document
            .parse("listen", expected)?
            .ok_or_else(|| document.missing("listen", "the server needs a port"))?;
        let base_url = match document.web_address("base_url")? {
            Some(url) if url.path() != "/" => {
                return Err(document.bad("base_url", "must have no path; give Abate a host name of its own"));
            }
            Some(url) => url,
            None => {
                let default = default_base_url(listen);
                default.parse().map_err(|_| document.bad("listen", format!("must be {expected}")))?
            }
        };
        let network = |text: &str| {
            let problem =
                || document.bad("trusted_proxies", format!("{text:?} is no network as in 10.0.0.0/8"));
            text.parse().map_err(|_| problem())
        };
        let trusted_proxies = document.list("trusted_proxies").map(network).collect::<Result<_, _>>()?;
        Ok(Self { listen, base_url, trusted_proxies })
    }
}

fn default_base_url(listen: SocketAddr) -> String {
    if listen.ip().is_unspecified() {
        format!("http://localhost:{}/", listen.port())
    } else {
        format!("http://{listen}/")
    }
}
