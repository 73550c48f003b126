//! Rules. What an intake rule is: whom it is about, what becomes of it, who answers for the rule and until when.

use std::fmt::Write as _;

use abate_entity::level::Level;
use abate_entity::text_enum;
use abate_entity::tier::Tier;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

text_enum! {
    /// What becomes of a finding.
    pub enum Effect ("effect") {
        /// It makes a risk.
        MakeRisk = "make_risk",
        /// It makes a risk, which is confirmed at once where its owner is known.
        Confirm = "confirm",
        /// It is kept without a risk until a person has looked at it.
        Wait = "wait",
        /// It is kept without a risk.
        KeepFinding = "keep_finding",
        /// It is kept without a risk, because somebody said so.
        Suppress = "suppress",
    }
}

impl Effect {
    /// The effect as a sentence about findings.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::MakeRisk => "become risks",
            Self::Confirm => "become risks, confirmed where an owner is known",
            Self::Wait => "wait for a person",
            Self::KeepFinding => "stay findings",
            Self::Suppress => "are suppressed",
        }
    }
}

/// Whom a rule is about: all that is said has to hold; what is not said does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Matcher {
    /// At least this severity; never one that is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity_at_least: Option<Level>,
    /// Whether the tool gives no severity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity_unknown: Option<bool>,
    /// vulnerability, misconfiguration, secret, licence, code, dynamic or detection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// A pattern for the file, image layer or resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// A pattern for the tool's rule or the vulnerability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// A pattern for the package's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// A pattern for the asset's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset: Option<String>,
    /// At least this tier of the asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier_at_least: Option<Tier>,
    /// A pattern for the source's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whether a version that mends it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_fix: Option<bool>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What people call it; its own among the rules of a version.
    pub name: String,
    /// What becomes of the findings it is about.
    pub effect: Effect,
    /// Whom it is about.
    #[serde(default)]
    pub when: Matcher,
    /// Address of the person who answers for it.
    pub owner: String,
    /// Why there is such a rule.
    pub reason: String,
    /// Its last day; without one it holds until it is taken out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<NaiveDate>,
}

/// Most rules of a version.
pub const MOST_RULES: usize = 200;
/// Longest name and pattern, in characters.
const LONGEST: usize = 200;
/// Longest reason, in characters.
const LONGEST_REASON: usize = 2_000;

impl Rule {
    /// Whether it still holds on a day.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.ends_on.is_none_or(|last| day <= last)
    }

    /// What is wrong with it: field and advice.
    #[must_use]
    pub fn problems(&self, today: NaiveDate) -> Vec<(&'static str, &'static str)> {
        let mut problems = Vec::new();
        let fits = |text: &str, most: usize| {
            !text.trim().is_empty() && text.chars().count() <= most && !text.contains(char::is_control)
        };
        if !fits(&self.name, LONGEST) {
            problems.push(("name", "Give the rule a name of 1 to 200 characters."));
        }
        if !fits(&self.reason, LONGEST_REASON) {
            problems.push(("reason", "Say in 1 to 2000 characters why there is such a rule."));
        }
        let when = &self.when;
        let patterns = [&when.kind, &when.path, &when.rule, &when.package, &when.asset, &when.source];
        if patterns.into_iter().flatten().any(|pattern| !fits(pattern, LONGEST)) {
            problems.push(("when", "Write patterns of 1 to 200 characters, or leave them out."));
        }
        if when.severity_unknown == Some(true) && when.severity_at_least.is_some() {
            problems.push(("when", "Ask for a severity or for an unknown one, not for both."));
        }
        if self.effect == Effect::Suppress {
            if when == &Matcher::default() {
                problems.push(("when", "Say what is suppressed: a path, a rule, a package, an asset."));
            }
            if self.ends_on.is_none() {
                problems.push(("ends_on", "Give a suppression its last day."));
            }
        }
        if self.ends_on.is_some_and(|last| last < today) {
            problems.push(("ends_on", "Choose a last day that has not passed."));
        }
        problems
    }
}

impl Matcher {
    /// Whom it is about, in words.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = String::new();
        let mut add = |text: String| {
            let and = if words.is_empty() { "" } else { ", " };
            // Writing to a string does not fail.
            let _ = write!(words, "{and}{text}");
        };
        if let Some(level) = self.severity_at_least {
            add(format!("severity {level} or higher"));
        }
        match self.severity_unknown {
            Some(true) => add("severity unknown".to_owned()),
            Some(false) => add("severity known".to_owned()),
            None => {}
        }
        for (name, value) in [
            ("kind", &self.kind),
            ("path", &self.path),
            ("rule", &self.rule),
            ("package", &self.package),
            ("asset", &self.asset),
            ("source", &self.source),
        ] {
            if let Some(value) = value {
                add(format!("{name} {value}"));
            }
        }
        if let Some(tier) = self.tier_at_least {
            add(format!("asset of tier {tier} or higher"));
        }
        match self.has_fix {
            Some(true) => add("a fix is known".to_owned()),
            Some(false) => add("no fix is known".to_owned()),
            None => {}
        }
        if words.is_empty() { "all other findings".to_owned() } else { words }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(effect: Effect) -> Rule {
        Rule {
            name: "Tests".to_owned(),
            effect,
            when: Matcher { path: Some("**/test/**".to_owned()), ..Matcher::default() },
            owner: "ana@example.com".to_owned(),
            reason: "Not shipped".to_owned(),
            ends_on: NaiveDate::from_ymd_opt(2026, 6, 30),
        }
    }

    #[test]
    fn a_suppression_says_what_and_until_when() {
        let today = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        assert!(rule(Effect::Suppress).problems(today).is_empty());
        let endless = Rule { ends_on: None, when: Matcher::default(), ..rule(Effect::Suppress) };
        let fields: Vec<_> = endless.problems(today).into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["when", "ends_on"]);
        assert!(Rule { ends_on: None, ..rule(Effect::MakeRisk) }.problems(today).is_empty());
        let over = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap();
        assert_eq!(rule(Effect::Suppress).problems(over)[0].0, "ends_on");
        assert!(rule(Effect::Suppress).holds_on(NaiveDate::from_ymd_opt(2026, 6, 30).unwrap()));
        assert!(!rule(Effect::Suppress).holds_on(over));
    }

    #[test]
    fn a_matcher_reads_as_words() {
        assert_eq!(Matcher::default().words(), "all other findings");
        assert_eq!(rule(Effect::Wait).when.words(), "path **/test/**");
    }

    #[test]
    fn a_misspelt_field_is_refused() {
        let text = r#"{"name":"a","effect":"wait","when":{"severty":"low"},"owner":"","reason":""}"#;
        assert!(serde_json::from_str::<Rule>(text).is_err());
    }
}
