//! Which internal addresses outgoing calls may reach.

use std::fmt;
use std::str::FromStr;

use url::Url;

use super::document::Document;
use super::{ConfigError, Network};

/// Exceptions from the rule that addresses entered in the application must be public ones.
#[derive(Debug, Clone, Default)]
pub struct OutgoingConfig {
    /// The hosts and networks that may be reached although they are internal.
    pub allow: Vec<Allowed>,
}

/// A host or a network that may be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Allowed {
    /// A host by its name, in lower case.
    Host(String),
    /// All addresses of a range.
    Network(Network),
}

impl FromStr for Allowed {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Ok(network) = text.parse() {
            return Ok(Self::Network(network));
        }
        let letters =
            |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_');
        if !text.is_empty() && text.chars().all(letters) {
            Ok(Self::Host(text.to_lowercase()))
        } else {
            Err(())
        }
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => formatter.write_str(host),
            Self::Network(network) => network.fmt(formatter),
        }
    }
}

impl OutgoingConfig {
    pub(crate) fn read(document: &Document) -> Result<Self, ConfigError> {
        const KEY: &str = "outgoing_allow";
        let allowed = |text: &str| {
            text.parse()
                .map_err(|()| document.bad(KEY, format!("{text:?} is neither a host name nor a network")))
        };
        Ok(Self { allow: document.list(KEY).map(allowed).collect::<Result<_, _>>()? })
    }

    /// Allows the hosts of addresses that the operator has set in the configuration itself.
    pub(crate) fn trust<'a>(&mut self, addresses: impl IntoIterator<Item = &'a Url>) {
        let hosts = addresses.into_iter().filter_map(Url::host_str);
        self.allow.extend(hosts.filter_map(|host| host.trim_matches(['[', ']']).parse().ok()));
    }
}
