//! Feeds: public catalogues that say which vulnerabilities are exploited, or are likely to be. A copy of each is kept;
//! what it raises is rated again.

use abate_entity::text_enum;

use crate::config::{FeedAddress, FeedsConfig};

pub mod api;
mod copy_rules;
mod fetch;
pub mod known;
pub mod page;
mod raise;
mod raise_rules;
pub mod refresh;
pub mod settle;
pub mod ssvc;
pub mod ssvc_api;
mod store;
pub mod view;

pub use refresh::{JOB, TIMER};

text_enum! {
    /// A catalogue that is kept.
    pub enum Catalogue ("feed") {
        /// CISA's known exploited vulnerabilities.
        Kev = "kev",
        /// The scores of the Exploit Prediction Scoring System.
        Epss = "epss",
    }
}

impl Catalogue {
    /// Its name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Kev => "Known exploited vulnerabilities (CISA KEV)",
            Self::Epss => "Exploit prediction scores (EPSS)",
        }
    }

    /// Where the operator wants it from; none when it is not enabled.
    #[must_use]
    pub const fn address(self, feeds: &FeedsConfig) -> Option<&FeedAddress> {
        match self {
            Self::Kev => feeds.kev.as_ref(),
            Self::Epss => feeds.epss.as_ref(),
        }
    }

    /// The name of its key in the settings.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Kev => "feeds.kev.url",
            Self::Epss => "feeds.epss.url",
        }
    }
}
