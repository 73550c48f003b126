//! What holds for the whole organisation.

use chrono_tz::Tz;

use super::ConfigError;
use super::document::Document;

/// The organisation that the database belongs to.
#[derive(Debug, Clone)]
pub struct OrganisationConfig {
    /// The zone in which its days begin and end.
    pub zone: Tz,
}

impl OrganisationConfig {
    pub(crate) fn read(document: &Document) -> Result<Self, ConfigError> {
        let zone = document.parse("zone", "a time zone as in Europe/Berlin")?.unwrap_or(Tz::UTC);
        Ok(Self { zone })
    }
}
