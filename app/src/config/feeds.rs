//! Where public catalogues are read from. Nothing is fetched unless an operator has set its address.

use std::fmt;
use std::path::PathBuf;

use abate_integrations::feed::{epss, kev};
use chrono::Duration;
use url::Url;

use super::ConfigError;
use super::document::Document;

/// Which catalogues are kept, and how often they are looked at.
#[derive(Debug, Clone)]
pub struct FeedsConfig {
    /// Where the catalogue of exploited vulnerabilities is.
    pub kev: Option<FeedAddress>,
    /// Where the scores of exploit prediction are.
    pub epss: Option<FeedAddress>,
    /// The time between two looks.
    pub every: Duration,
}

/// Where a catalogue is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedAddress {
    /// On a web server.
    Web(Url),
    /// In a file of this machine.
    File(PathBuf),
}

impl fmt::Display for FeedAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(url) => url.fmt(formatter),
            Self::File(path) => path.display().fmt(formatter),
        }
    }
}

impl FeedsConfig {
    pub(crate) fn read(document: &Document) -> Result<Self, ConfigError> {
        const HOURS: &str = "feeds.every_hours";
        let expected = "a number of hours from 1 to 720";
        let hours = document.parse::<i64>(HOURS, expected)?.unwrap_or(24);
        if !(1..=720).contains(&hours) {
            return Err(document.bad(HOURS, format!("must be {expected}")));
        }
        Ok(Self {
            kev: address(document, "feeds.kev.url", kev::OFFICIAL)?,
            epss: address(document, "feeds.epss.url", epss::OFFICIAL)?,
            every: Duration::hours(hours),
        })
    }

    /// The web addresses among them.
    pub(crate) fn web(&self) -> impl Iterator<Item = &Url> {
        [&self.kev, &self.epss].into_iter().flatten().filter_map(|address| match address {
            FeedAddress::Web(url) => Some(url),
            FeedAddress::File(_) => None,
        })
    }
}

fn address(document: &Document, key: &str, official: &str) -> Result<Option<FeedAddress>, ConfigError> {
    let expected = "must be official, an address as in https://feeds.example.org/kev.json, or a file's path";
    let bad = || document.bad(key, expected);
    let Some(text) = document.text(key).map(str::trim) else { return Ok(None) };
    let text = if text.eq_ignore_ascii_case("official") { official } else { text };
    match text.split_once("://") {
        None if text.is_empty() => Err(bad()),
        None => Ok(Some(FeedAddress::File(PathBuf::from(text)))),
        Some(("file", _)) => {
            let path = Url::parse(text).ok().and_then(|url| url.to_file_path().ok());
            path.map(FeedAddress::File).map(Some).ok_or_else(bad)
        }
        Some(_) => {
            let url = Url::parse(text)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
            url.map(FeedAddress::Web).map(Some).ok_or_else(bad)
        }
    }
}
