//! Rules. The intake rules and guard rails that a new organisation starts with.

use abate_entity::level::Level;
use abate_entity::tier::Tier;

use super::model::{Effect, Matcher, Rule};
use crate::intake::guard_rail::{Check, GuardRail};

/// Who answers for the rules that nobody has changed.
pub const OWNER: &str = "the organisation";

/// The rules.
#[must_use]
pub fn rules() -> Vec<Rule> {
    let rule = |name: &str, effect, when, reason: &str| Rule {
        name: name.to_owned(),
        effect,
        when,
        owner: OWNER.to_owned(),
        reason: reason.to_owned(),
        ends_on: None,
    };
    vec![
        rule(
            "High with a fix on a mission asset",
            Effect::Confirm,
            Matcher {
                severity_at_least: Some(Level::High),
                tier_at_least: Some(Tier::Mission),
                has_fix: Some(true),
                ..Matcher::default()
            },
            "What matters most and can be mended is worked on without waiting for triage.",
        ),
        rule(
            "Unknown severity",
            Effect::Wait,
            Matcher { severity_unknown: Some(true), ..Matcher::default() },
            "What the tool cannot rate may be anything, so a person looks at it.",
        ),
        rule(
            "Low and up",
            Effect::MakeRisk,
            Matcher { severity_at_least: Some(Level::Low), ..Matcher::default() },
            "Somebody has to decide about each of them.",
        ),
        rule("Information", Effect::KeepFinding, Matcher::default(), "Worth knowing, nothing to decide."),
    ]
}

/// The guard rails.
#[must_use]
pub fn guard_rails() -> Vec<GuardRail> {
    let rail = |check, enabled, threshold, at_least| GuardRail { check, enabled, threshold, at_least };
    vec![
        rail(Check::VanishShare, true, 25, 10),
        rail(Check::EmptyReport, true, 1, 0),
        rail(Check::ToolChanged, true, 0, 0),
        rail(Check::VersionVanish, true, 20, 10),
        rail(Check::Backlog, true, 200, 0),
        rail(Check::FirstImport, false, 200, 0),
    ]
}
