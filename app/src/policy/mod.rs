//! Versioned policies: the grids that levels are read from, and what due dates are derived with.
//!
//! A version is never changed once it was made; risks and their events name the one they used. What holds is the
//! newest version of each name.

pub mod api;
mod calendar;
mod calendar_form;
pub mod look_again;
pub mod page;
mod policy_form;
mod preview;
pub mod proposal;
pub mod recompute;
mod recompute_rules;
pub mod ruling;
mod sla;
pub mod version;
mod version_difference;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::asset::data_class;
use crate::grid::{self, rules::Grid};
use crate::platform::problem::Problem;
use crate::risk::clock::{SlaCalendar, SlaPolicy, Versions};
use proposal::{Proposal, ProposedData};
use ruling::TeamChoice;
use version::{Kept, Version};

/// The name of the policy, the calendar and the grid that hold where nothing else is asked for.
pub const STANDARD: &str = "standard";

/// The policies in force, and every version that an event may name.
#[derive(Clone, Debug)]
pub struct Policies {
    grid: Version<Grid>,
    sla: Kept<SlaPolicy>,
    calendars: Kept<SlaCalendar>,
    teams: BTreeMap<i64, TeamChoice>,
    /// The policy that each class of data asks for.
    asked_for: BTreeMap<String, String>,
    /// Number of the row of the organisation's policy.
    pub policy_id: i64,
    /// Name and version of the organisation's policy, as `standard@1`.
    pub policy: String,
    /// Name and version of the organisation's calendar.
    pub calendar: String,
    /// The organisation's zone.
    pub zone: Tz,
    /// Every version there is.
    pub versions: Versions,
}

impl Policies {
    /// Reads them.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds something else.
    pub async fn load(db: &impl ConnectionTrait) -> Result<Self, Problem> {
        let sla = sla::load(db).await?;
        let calendars = calendar::load(db).await?;
        let row = grid::in_force::read(db).await?;
        let grid =
            Version { id: row.id, data: grid::store::read(&row)?, name: row.name, number: row.version };
        let teams = ruling::team_choices(db).await?;
        let asked_for = data_class::load(db).await?.profiles;
        Self::of(grid, sla, calendars, teams, asked_for)
    }

    fn of(
        grid: Version<Grid>,
        sla: Kept<SlaPolicy>,
        calendars: Kept<SlaCalendar>,
        teams: BTreeMap<i64, TeamChoice>,
        asked_for: BTreeMap<String, String>,
    ) -> Result<Self, Problem> {
        let base = sla.newest(STANDARD).ok_or_else(missing)?;
        let (policy_id, policy) = (base.id, base.label());
        let current = calendars.newest(STANDARD).ok_or_else(missing)?;
        let (calendar, zone) = (current.label(), current.data.zone);
        let versions = Versions {
            policies: sla.all().map(|version| (version.label(), version.data.clone())).collect(),
            calendars: calendars.all().map(|version| (version.label(), version.data.clone())).collect(),
        };
        Ok(Self { grid, sla, calendars, teams, asked_for, policy_id, policy, calendar, zone, versions })
    }

    /// The policies as they would be with one more version of something.
    ///
    /// # Errors
    /// When there are none to begin with.
    pub fn with(&self, proposal: &Proposal) -> Result<Self, Problem> {
        let (mut sla, mut calendars) = (self.sla.clone(), self.calendars.clone());
        match &proposal.data {
            ProposedData::Policy(data) => sla.add(&proposal.name, data.clone()),
            ProposedData::Calendar(data) => calendars.add(&proposal.name, data.clone()),
        }
        Self::of(self.grid.clone(), sla, calendars, self.teams.clone(), self.asked_for.clone())
    }

    /// The policies for due dates.
    #[must_use]
    pub const fn sla(&self) -> &Kept<SlaPolicy> {
        &self.sla
    }

    /// The calendars.
    #[must_use]
    pub const fn calendars(&self) -> &Kept<SlaCalendar> {
        &self.calendars
    }

    /// The grid in force.
    #[must_use]
    pub fn grid(&self) -> &Grid {
        &self.grid.data
    }

    /// Number of the row of the grid in force.
    #[must_use]
    pub fn grid_id(&self) -> i64 {
        self.grid.id
    }

    /// Name and version of the grid in force, as `standard@1`.
    #[must_use]
    pub fn grid_label(&self) -> String {
        self.grid.label()
    }

    /// The longest grace that any policy gives or has given.
    #[must_use]
    pub fn longest_grace(&self) -> Duration {
        let longest = self.sla.all().map(|version| version.data.grace_hours).max().unwrap_or_default();
        Duration::hours(i64::from(longest))
    }

    fn calendars_newest(&self, team_id: i64) -> Option<&Version<SlaCalendar>> {
        let name = self.teams.get(&team_id)?.calendar.as_deref()?;
        self.calendars.newest(name)
    }
}

/// Makes the policies that a new organisation starts with, and a new version of the calendar when the
/// organisation's zone was changed.
///
/// # Errors
/// When the database refuses.
pub async fn write_defaults(tx: &impl ConnectionTrait, zone: Tz, now: DateTime<Utc>) -> Result<(), Problem> {
    grid::store::write_defaults(tx, now).await?;
    sla::write_defaults(tx, now).await?;
    if calendar::write_default(tx, zone, now).await? {
        recompute::want(tx, recompute::ALL, now).await?;
    }
    Ok(())
}

/// What a name of a policy or a calendar is made of, for people.
const NAME_RULE: &str = "Use a word of 1 to 60 small letters, digits, _ and -.";

/// Whether a word can be a name.
fn is_name(word: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    (1..=60).contains(&word.len()) && word.bytes().all(fits)
}

fn read<T: DeserializeOwned>(data: serde_json::Value) -> Result<T, Problem> {
    serde_json::from_value(data).map_err(Problem::internal)
}

fn write<T: Serialize>(policy: &T) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(policy).map_err(Problem::internal)
}

fn missing() -> Problem {
    Problem::internal(anyhow::anyhow!("the database has no policies; restart Abate to make the default ones"))
}
