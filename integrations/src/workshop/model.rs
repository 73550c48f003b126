//! Rules. What a workshop found, as plain values.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::scanner::ParseError;

/// Levels of a grid, lowest first.
pub const LEVELS: &[&str] = &["low", "medium", "high", "critical"];
/// The six threat categories of STRIDE.
pub const STRIDE_CATEGORIES: &[&str] = &[
    "spoofing",
    "tampering",
    "repudiation",
    "information_disclosure",
    "denial_of_service",
    "elevation_of_privilege",
];
/// The seven phases of the cyber kill chain, in order.
pub const KILL_CHAIN_PHASES: &[&str] = &[
    "reconnaissance",
    "weaponization",
    "delivery",
    "exploitation",
    "installation",
    "command_and_control",
    "actions_on_objectives",
];
/// What can be done about a risk.
pub const TREATMENTS: &[&str] = &["modify", "retain", "avoid", "share"];
/// How much depends on an asset, most first.
pub const TIERS: &[&str] = &["mission_critical", "business_critical", "important", "other"];

/// What a session looks at first: who attacks, how the system is built, or what is worth protecting.
pub const APPROACHES: &[&str] = &["threat", "system", "asset"];
/// Where a file says that a threat stands, in our words; a person decides what follows from it.
pub const STATUSES: &[&str] = &[
    "open",
    "in_discussion",
    "in_progress",
    "mitigated",
    "accepted",
    "transferred",
    "avoided",
    "not_affected",
];

/// One session with what came out of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workshop {
    /// Title of the session, empty when the file has none.
    pub title: String,
    /// Day on which it was held, when the file tells.
    pub held_on: Option<NaiveDate>,
    /// How long it took.
    pub duration_minutes: u32,
    /// IANA name of the zone of that day, empty when the file has none.
    pub timezone: String,
    /// Of [`APPROACHES`], or empty.
    pub approach: String,
    /// Who took part, as people or groups.
    pub attendees: Vec<String>,
    /// Methods that were used.
    pub methods: Vec<String>,
    /// Version of ATT&CK that the technique ids come from.
    pub attack_version: String,
    /// How many risks of each level the participants counted; compared at sign-off.
    pub expected_summary: BTreeMap<String, u32>,
    /// The scale on which they rated.
    pub scale: Scale,
    /// What is at stake.
    pub assets: Vec<WorkshopAsset>,
    /// Measures that the risks refer to.
    pub controls: Vec<WorkshopControl>,
    /// Attack stories.
    pub scenarios: Vec<WorkshopScenario>,
    /// The risks.
    pub risks: Vec<WorkshopRisk>,
    /// What a file decided about risks that it does not list itself.
    pub tracking: Vec<Tracking>,
}

/// A decision about all risks whose id fits a pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracking {
    /// The id; `*` stands for anything between two `@`.
    pub pattern: String,
    /// Of [`STATUSES`].
    pub status: String,
    /// Why, by whom and when, in the file's own words.
    pub note: String,
}

impl Tracking {
    /// Whether a risk of this id is meant.
    #[must_use]
    pub fn fits(&self, id: &str) -> bool {
        let (pattern, id): (Vec<_>, Vec<_>) = (self.pattern.split('@').collect(), id.split('@').collect());
        pattern.len() == id.len()
            && pattern
                .iter()
                .zip(&id)
                .all(|(wanted, part)| *wanted == "*" || wanted.eq_ignore_ascii_case(part))
    }
}

/// The words and bands of a rating scale.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scale {
    /// Name of the scale, as `5x5`.
    pub kind: String,
    /// Words for likelihood 1 to 5.
    pub likelihood: Vec<String>,
    /// Words for impact 1 to 5.
    pub impact: Vec<String>,
    /// Levels by product of both.
    pub bands: Vec<Band>,
}

/// Products up to `max` have this level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    /// The level.
    pub level: String,
    /// Highest product that still has it.
    pub max: u32,
}

/// An entry of the critical asset list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkshopAsset {
    /// Id within the file.
    pub id: String,
    /// Name.
    pub name: String,
    /// Kind as the workshop calls it (`service`, `data_store`, …).
    pub kind: String,
    /// Who answers for it, in words.
    pub owner: String,
    /// One of [`TIERS`].
    pub tier: String,
    /// Classes of data in it.
    pub data_classes: Vec<String>,
    /// Reachable from the internet.
    pub internet_facing: bool,
    /// Confidentiality, integrity, availability, each 1 to 5.
    pub cia: [Option<u8>; 3],
    /// Whether people put it on a list of critical assets; otherwise it is only a part of a model, and its name is
    /// meant within that model.
    pub listed: bool,
}

/// A measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkshopControl {
    /// Id within the file.
    pub id: String,
    /// Name.
    pub name: String,
}

/// An attack story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkshopScenario {
    /// Id within the file.
    pub id: String,
    /// Name.
    pub name: String,
    /// How the attack goes.
    pub story: String,
}

/// A place on the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// 1 to 5.
    pub likelihood: u8,
    /// 1 to 5.
    pub impact: u8,
}

impl Default for Position {
    fn default() -> Self {
        Self { likelihood: 3, impact: 3 }
    }
}

/// An ATT&CK technique as a workshop names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttackTechnique {
    /// `T1110` or `T1110.004`.
    pub id: String,
    /// Name in that version, empty when not given.
    pub name: String,
    /// Tactics (`TA0006`).
    pub tactics: Vec<String>,
}

/// A risk that the workshop found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkshopRisk {
    /// Id within the file; stays the same when the file is imported again.
    pub id: String,
    /// Id of its scenario, empty when it has none.
    pub scenario: String,
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// Of [`STRIDE_CATEGORIES`].
    pub stride: Vec<String>,
    /// Of [`KILL_CHAIN_PHASES`], or empty.
    pub kill_chain_phase: String,
    /// Ids of the assets, the primary one first.
    pub assets: Vec<String>,
    /// Before controls.
    pub inherent: Position,
    /// After the planned treatment.
    pub target: Option<Position>,
    /// Ids of controls.
    pub controls: Vec<String>,
    /// What is to be done.
    pub mitigation: String,
    /// What is there already.
    pub existing_controls: String,
    /// Who answers for it, in words.
    pub owner: String,
    /// One of [`TREATMENTS`].
    pub treatment: String,
    /// Day by which the workshop wants it done.
    pub due_on: Option<NaiveDate>,
    /// ATT&CK techniques.
    pub attack: Vec<AttackTechnique>,
    /// The file gives no likelihood and impact, so that `inherent` is only a place to start from.
    pub needs_rating: bool,
    /// The level in the file's own words, as one of [`LEVELS`] or `info`; empty when it gives none.
    pub severity: String,
    /// Of [`STATUSES`]; empty when the file says nothing.
    pub status: String,
    /// What the file says about its status in its own words.
    pub status_note: String,
    /// Weaknesses, as `CWE-79`.
    pub cwes: Vec<String>,
    /// Categories of other methods than STRIDE, as `linkability`.
    pub categories: Vec<String>,
}

/// One thing that is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Where, as `risks[3].inherent.likelihood`.
    pub path: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

/// Why a workshop file cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkshopError {
    /// It is not JSON, or goes beyond a limit.
    #[error("{0}")]
    Unreadable(ParseError),
    /// It is JSON with wrong fields; all of them at once.
    #[error("{} of the workshop's fields are wrong, the first is {}: {}", .0.len(), .0.first().map_or("", |error| &error.path), .0.first().map_or("", |error| &error.reason))]
    Fields(Vec<FieldError>),
}

impl From<ParseError> for WorkshopError {
    fn from(error: ParseError) -> Self {
        Self::Unreadable(error)
    }
}
