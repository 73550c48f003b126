//! How a feed is shown.

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use serde::Serialize;

use super::{Catalogue, copy_rules, store};
use crate::config::FeedsConfig;
use crate::platform::problem::Problem;

/// A feed: the copy in use, and how the last attempt to get a newer one went.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct FeedView {
    /// kev or epss.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Where it is read from; none when it is not enabled.
    pub configured: Option<String>,
    /// Where the copy in use came from.
    pub address: Option<String>,
    /// How many entries it has.
    pub rows: i64,
    /// What its publisher calls it.
    pub version: Option<String>,
    /// When its publisher made it.
    pub content_at: Option<DateTime<Utc>>,
    /// When it was last found to be the newest.
    pub fetched_at: Option<DateTime<Utc>>,
    /// Full hours since then.
    pub age_hours: Option<i64>,
    /// The last attempt.
    pub tried_at: Option<DateTime<Utc>>,
    /// Whether it is enabled and has not been confirmed for long.
    pub stale: bool,
    /// Digest of the copy's bytes.
    pub sha256: Option<String>,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

impl FeedView {
    /// Every feed.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn all(
        db: &impl ConnectionTrait,
        feeds: &FeedsConfig,
        now: DateTime<Utc>,
    ) -> Result<Vec<Self>, Problem> {
        let mut views = Vec::new();
        for catalogue in Catalogue::ALL.iter().copied() {
            let row = store::read(db, catalogue).await?;
            let configured = catalogue.address(feeds).map(ToString::to_string);
            let fetched_at = row.as_ref().and_then(|row| row.fetched_at);
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            views.push(Self {
                name: catalogue.as_str(),
                title: catalogue.title(),
                stale: configured.is_some() && copy_rules::is_stale(fetched_at, feeds.every, now),
                configured,
                address: row.as_ref().and_then(|row| some(&row.address)),
                rows: row.as_ref().map_or(0, |row| row.row_count),
                version: row.as_ref().and_then(|row| some(&row.version)),
                content_at: row.as_ref().and_then(|row| row.content_at),
                fetched_at,
                age_hours: fetched_at.map(|at| (now - at).num_hours()),
                tried_at: row.as_ref().map(|row| row.tried_at),
                sha256: row.as_ref().and_then(|row| some(&row.sha256)),
                error: row.and_then(|row| row.error),
            });
        }
        Ok(views)
    }
}
