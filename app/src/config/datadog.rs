//! Where accounts of Datadog may be.

use url::Url;

use super::ConfigError;
use super::document::Document;

/// Where accounts of Datadog may be.
#[derive(Debug, Clone, Default)]
pub struct DatadogConfig {
    /// Addresses besides Datadog's own sites.
    pub addresses: Vec<Url>,
}

impl DatadogConfig {
    pub(crate) fn read(document: &Document) -> Result<Self, ConfigError> {
        const KEY: &str = "datadog.addresses";
        let address = |text: &str| {
            let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            url.filter(|url| url.has_host() && url.username().is_empty() && url.password().is_none())
                .ok_or_else(|| document.bad(KEY, "must be addresses, as in https://datadog.example.org"))
        };
        Ok(Self { addresses: document.list(KEY).map(address).collect::<Result<_, _>>()? })
    }
}
