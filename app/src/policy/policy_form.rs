//! A policy for due dates as people and scripts write it, and what is wrong with it.

use std::collections::BTreeMap;

use abate_entity::level::Level;
use serde::{Deserialize, Serialize};

use crate::platform::problem::{FieldProblem, Problem};
use crate::risk::clock::{Applies, Basis, Exposure, SlaPolicy, Start};

/// Longest name that people call it by.
const LONGEST_TITLE: usize = 100;
/// Longest term, in days: ten years.
const MOST_DAYS: i64 = 3_650;
/// Longest term, in months.
const MOST_MONTHS: i64 = 120;
/// Longest triage, in hours: a year.
const MOST_HOURS: i64 = 8_760;
/// Most business days that are left at least after an acceptance.
const MOST_FLOOR: i64 = 60;
/// Longest grace, in hours.
const MOST_GRACE: i64 = 720;

/// A policy for due dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyForm {
    /// What people call it.
    pub title: String,
    /// calendar_days, business_days or calendar_months.
    #[serde(default = "calendar_days")]
    pub basis: String,
    /// Days, or months, by level; a level that is left out has no due date by this policy.
    #[serde(default)]
    pub remediation: BTreeMap<String, i64>,
    /// Hours for triage by level; a level that is left out has no limit by this policy.
    #[serde(default)]
    pub triage_hours: BTreeMap<String, i64>,
    /// What happens when an acceptance ends: resume, keep or restart.
    #[serde(default = "resume")]
    pub on_expiry: String,
    /// Business days that are left at least when an acceptance ends.
    #[serde(default = "floor")]
    pub floor_business_days: i64,
    /// For how many days after closing a return takes up the old clock.
    #[serde(default = "regression")]
    pub regression_days: i64,
    /// Hours after the due date before a channel hears of it; whether a fix was on time, the date says.
    #[serde(default)]
    pub grace_hours: i64,
    /// sla_start or patch_release.
    #[serde(default = "sla_start")]
    pub starts: String,
    /// The directive BOD 26-04 sets days by four questions where this policy holds.
    #[serde(default)]
    pub directive: bool,
    /// Which risks it holds for; all when left out.
    #[serde(default)]
    pub applies: AppliesForm,
}

/// Which risks a policy holds for. Empty lists mean all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AppliesForm {
    /// Tiers of the asset: mission, business, important, other.
    pub tiers: Vec<String>,
    /// any or internet_facing.
    pub exposure: String,
    /// Classes of data, of which the asset holds one.
    pub data_classes: Vec<String>,
    /// Only where the table of data classes asks for it by its name, or a team starts from it.
    pub only_where_asked: bool,
}

impl Default for AppliesForm {
    fn default() -> Self {
        Self {
            tiers: Vec::new(),
            exposure: Exposure::Any.as_str().to_owned(),
            data_classes: Vec::new(),
            only_where_asked: false,
        }
    }
}

fn calendar_days() -> String {
    Basis::CalendarDays.as_str().to_owned()
}

fn resume() -> String {
    "resume".to_owned()
}

fn sla_start() -> String {
    Start::SlaStart.as_str().to_owned()
}

const fn floor() -> i64 {
    5
}

const fn regression() -> i64 {
    90
}

impl From<&SlaPolicy> for PolicyForm {
    fn from(policy: &SlaPolicy) -> Self {
        let by_level = |numbers: [Option<u32>; 5]| {
            let named = Level::ALL.iter().filter_map(|level| Some((level, numbers[level.index()]?)));
            named.map(|(level, number)| (level.as_str().to_owned(), i64::from(number))).collect()
        };
        Self {
            title: policy.name.clone(),
            basis: policy.basis.as_str().to_owned(),
            remediation: by_level(policy.remediation),
            triage_hours: by_level(policy.triage_hours),
            on_expiry: policy.on_expiry.as_str().to_owned(),
            floor_business_days: i64::from(policy.floor_business_days),
            regression_days: i64::from(policy.regression_days),
            grace_hours: i64::from(policy.grace_hours),
            starts: policy.starts.as_str().to_owned(),
            directive: policy.directive,
            applies: AppliesForm {
                tiers: policy.applies.tiers.iter().map(|tier| tier.as_str().to_owned()).collect(),
                exposure: policy.applies.exposure.as_str().to_owned(),
                data_classes: policy.applies.data_classes.clone(),
                only_where_asked: policy.applies.only_where_asked,
            },
        }
    }
}

/// What is wrong, gathered while a form is read.
#[derive(Default)]
struct Wrong(Vec<FieldProblem>);

impl Wrong {
    fn say(&mut self, field: impl Into<String>, rule: &'static str, detail: impl Into<String>) {
        self.0.push(FieldProblem::new(field, detail).by(rule));
    }

    /// One word of a list of words.
    fn word<T: std::str::FromStr>(&mut self, field: &str, word: &str) -> Option<T>
    where
        T::Err: std::fmt::Display,
    {
        word.parse().map_err(|error: T::Err| self.say(field, "known_word", format!("{error}."))).ok()
    }

    fn number(&mut self, field: &str, rule: &'static str, number: i64, least: i64, most: i64) -> u32 {
        if !(least..=most).contains(&number) {
            self.say(field, rule, format!("Use {least} to {most}."));
        }
        u32::try_from(number).unwrap_or_default()
    }

    fn by_level(
        &mut self,
        field: &str,
        rule: &'static str,
        numbers: &BTreeMap<String, i64>,
        most: i64,
    ) -> [Option<u32>; 5] {
        let mut read = [None; 5];
        for (word, number) in numbers {
            let field = format!("{field}.{word}");
            let number = self.number(&field, rule, *number, 1, most);
            if let Some(level) = self.word::<Level>(&field, word) {
                read[level.index()] = Some(number);
            }
        }
        read
    }
}

impl PolicyForm {
    /// Reads it.
    ///
    /// # Errors
    /// 422 naming each field that is wrong, with the rule that it breaks.
    pub fn read(&self) -> Result<SlaPolicy, Problem> {
        let mut wrong = Wrong::default();
        let title = self.title.trim();
        if title.is_empty() || title.chars().count() > LONGEST_TITLE || title.contains('\0') {
            wrong.say("title", "named", format!("Give it a name of 1 to {LONGEST_TITLE} characters."));
        }
        let basis = wrong.word::<Basis>("basis", &self.basis);
        let most = if basis == Some(Basis::CalendarMonths) { MOST_MONTHS } else { MOST_DAYS };
        let remediation = wrong.by_level("remediation", "term_of_a_policy", &self.remediation, most);
        let triage_hours = wrong.by_level("triage_hours", "hours_of_triage", &self.triage_hours, MOST_HOURS);
        let is_empty = self.remediation.is_empty() && self.triage_hours.is_empty() && !self.directive;
        if is_empty {
            wrong.say(
                "remediation",
                "sets_something",
                "Give days for one level at least, or hours for triage.",
            );
        }
        let on_expiry = wrong.word("on_expiry", &self.on_expiry);
        let floor = wrong.number(
            "floor_business_days",
            "floor_of_an_acceptance",
            self.floor_business_days,
            0,
            MOST_FLOOR,
        );
        let regression =
            wrong.number("regression_days", "days_of_a_return", self.regression_days, 0, MOST_DAYS);
        let grace = wrong.number("grace_hours", "hours_of_grace", self.grace_hours, 0, MOST_GRACE);
        let starts = wrong.word("starts", &self.starts);
        let applies = self.applies.read(&mut wrong);
        let words = (basis, on_expiry, starts, applies);
        let (Some(basis), Some(on_expiry), Some(starts), Some(applies), true) =
            (words.0, words.1, words.2, words.3, wrong.0.is_empty())
        else {
            return Err(Problem::all_invalid(wrong.0));
        };
        Ok(SlaPolicy {
            name: title.to_owned(),
            basis,
            remediation,
            triage_hours,
            on_expiry,
            floor_business_days: floor,
            regression_days: regression,
            grace_hours: grace,
            starts,
            directive: self.directive,
            applies,
        })
    }
}

impl AppliesForm {
    fn read(&self, wrong: &mut Wrong) -> Option<Applies> {
        let tiers: Option<Vec<_>> = self.tiers.iter().map(|tier| wrong.word("applies.tiers", tier)).collect();
        let exposure = wrong.word::<Exposure>("applies.exposure", &self.exposure);
        if self.data_classes.iter().any(|class| !super::is_name(class)) {
            wrong.say("applies.data_classes", "named", super::NAME_RULE);
        }
        Some(Applies {
            tiers: tiers?,
            exposure: exposure?,
            data_classes: self.data_classes.clone(),
            only_where_asked: self.only_where_asked,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrong(changes: serde_json::Value) -> Vec<(String, &'static str)> {
        let mut form = serde_json::to_value(PolicyForm::from(&SlaPolicy::standard())).unwrap();
        for (field, value) in changes.as_object().unwrap() {
            form[field] = value.clone();
        }
        let form: PolicyForm = serde_json::from_value(form).unwrap();
        let problem = form.read().unwrap_err();
        problem.errors().iter().map(|error| (error.field.clone(), error.rule.unwrap_or_default())).collect()
    }

    #[test]
    fn the_first_policies_are_read_as_they_are_written() {
        for policy in [SlaPolicy::standard(), SlaPolicy::bod_26_04(), SlaPolicy::pci_dss_4_0_1()] {
            assert_eq!(PolicyForm::from(&policy).read().unwrap(), policy);
        }
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once_with_its_rule() {
        let found = wrong(json!({
            "title": " ", "basis": "moons", "remediation": {"high": 0, "worst": 3}, "triage_hours": {"low": 0},
            "floor_business_days": 61, "regression_days": -1, "applies": {"tiers": ["top"]},
        }));
        let expected = [
            ("title", "named"),
            ("basis", "known_word"),
            ("remediation.high", "term_of_a_policy"),
            ("remediation.worst", "known_word"),
            ("triage_hours.low", "hours_of_triage"),
            ("floor_business_days", "floor_of_an_acceptance"),
            ("regression_days", "days_of_a_return"),
            ("applies.tiers", "known_word"),
        ];
        assert_eq!(found, expected.map(|(field, rule)| (field.to_owned(), rule)));
        let empty = wrong(json!({"remediation": {}, "triage_hours": {}}));
        assert_eq!(empty, [("remediation".to_owned(), "sets_something")]);
        assert_eq!(wrong(json!({"remediation": {"low": 3651}}))[0].1, "term_of_a_policy");
    }
}
