//! Rules. What the dashboard prints.

use crate::page::badge::Badge;
use crate::page::chart::{BarTable, Trend};
use crate::page::due::{Due, Moment};
use crate::page::form::Field;
use crate::page::frame::Frame;
use crate::page::listing::Link;
use crate::risk::view::RiskRow;
use askama::Template;

/// The dashboard.
#[derive(Debug, Template)]
#[template(path = "posture/dashboard.html")]
pub struct DashboardPage {
    /// The frame.
    pub frame: Frame,
    /// When the figures were counted.
    pub as_of: Moment,
    /// The choice of team; nothing when the reader sees one only.
    pub team: Option<Field>,
    /// The figures at the top.
    pub tiles: Vec<Tile>,
    /// Recurring obligations.
    pub cadences: Vec<CadenceRow>,
    /// How the obligations stand, in words.
    pub cadence_summary: String,
    /// Open risks by state and level.
    pub by_state: BarTable,
    /// Open risks by age and level.
    pub ageing: BarTable,
    /// Exposure over 90 days.
    pub trend: Option<Trend>,
    /// The oldest late risks.
    pub late: Vec<RiskRow>,
    /// All that are late.
    pub late_link: Link,
    /// Risks due soon.
    pub soon: Vec<RiskRow>,
    /// All that are due soon.
    pub soon_link: Link,
    /// Acceptances that end soon.
    pub acceptances: Vec<AcceptanceRow>,
    /// Whether there is nothing at all yet.
    pub fresh: bool,
}

/// A figure at the top.
#[derive(Debug, Clone)]
pub struct Tile {
    /// What it counts.
    pub label: String,
    /// The figure.
    pub value: String,
    /// What it is made of, or what it was.
    pub note: String,
    /// The list behind it; empty when there is none.
    pub href: String,
    /// `good`, `warn`, `bad` or `plain`.
    pub tone: &'static str,
}

/// One recurring obligation.
#[derive(Debug, Clone)]
pub struct CadenceRow {
    /// What it is called.
    pub name: String,
    /// Its page.
    pub href: String,
    /// How often, in words.
    pub every: String,
    /// Who answers for it.
    pub owner: String,
    /// The last run: day and how it ended.
    pub last: Option<(Moment, Badge)>,
    /// The next run.
    pub next: Due,
    /// How it stands: done, late, missed, due.
    pub standing: Badge,
}

/// An acceptance that ends soon.
#[derive(Debug, Clone)]
pub struct AcceptanceRow {
    /// The risk's key.
    pub key: String,
    /// Its page.
    pub href: String,
    /// Its title.
    pub title: String,
    /// Its level.
    pub level: Badge,
    /// Who approved.
    pub approver: String,
    /// When it ends.
    pub ends: Due,
}

#[cfg(test)]
mod tests;
