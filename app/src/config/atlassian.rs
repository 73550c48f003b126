//! Where Atlassian's own addresses are, for connections that sign in with an app.

use url::Url;

use super::ConfigError;
use super::document::Document;

/// Atlassian's addresses; the government's cloud has others.
#[derive(Debug, Clone)]
pub struct AtlassianConfig {
    /// Where people consent and tokens are made.
    pub sign_in_url: Url,
    /// The gateway that takes the tokens.
    pub gateway_url: Url,
}

impl AtlassianConfig {
    pub(crate) fn read(document: &Document) -> Result<Self, ConfigError> {
        let address =
            |key| document.web_address(key)?.ok_or_else(|| document.missing(key, "apps sign in there"));
        Ok(Self {
            sign_in_url: address("atlassian.sign_in_url")?,
            gateway_url: address("atlassian.gateway_url")?,
        })
    }
}
