//! Rules. What a workshop found, as plain values.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

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

/// One session with what came out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workshop {
    /// Title of the session.
    pub title: String,
    /// Day on which it was held.
    pub held_on: NaiveDate,
    /// How long it took.
    pub duration_minutes: u32,
    /// IANA name of the zone of that day.
    pub timezone: String,
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
}

/// The words and bands of a rating scale.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Band {
    /// The level.
    pub level: String,
    /// Highest product that still has it.
    pub max: u32,
}

/// An entry of the critical asset list.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub cia: [u8; 3],
}

/// A measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkshopControl {
    /// Id within the file.
    pub id: String,
    /// Name.
    pub name: String,
}

/// An attack story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkshopScenario {
    /// Id within the file.
    pub id: String,
    /// Name.
    pub name: String,
    /// How the attack goes.
    pub story: String,
}

/// A place on the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    /// 1 to 5.
    pub likelihood: u8,
    /// 1 to 5.
    pub impact: u8,
}

/// An ATT&CK technique as a workshop names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttackTechnique {
    /// `T1110` or `T1110.004`.
    pub id: String,
    /// Name in that version, empty when not given.
    pub name: String,
    /// Tactics (`TA0006`).
    pub tactics: Vec<String>,
}

/// A risk that the workshop found.
#[derive(Clone, Debug, PartialEq, Eq)]
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
