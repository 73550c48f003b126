//! Rules. What of a risk goes into which field of its ticket.

use std::collections::{BTreeMap, BTreeSet};

use abate_entity::level::Level;
use serde::{Deserialize, Serialize};

/// Most fields, labels or components of a mapping.
const MOST: usize = 100;
/// Longest name, label or account.
const LONGEST: usize = 255;
/// Longest fixed value.
const LONGEST_VALUE: usize = 2_000;
/// How the labels of Abate begin.
const OWN_LABEL: &str = "abate-";

/// The fields that are set elsewhere, or not at all.
const TAKEN: [&str; 15] = [
    "summary",
    "description",
    "labels",
    "priority",
    "duedate",
    "project",
    "issuetype",
    "reporter",
    "assignee",
    "components",
    "parent",
    "status",
    "resolution",
    "comment",
    "attachment",
];

/// What of a risk goes into which field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// The fields of the site's own.
    pub fields: Vec<FieldRule>,
    /// The priority of a level, by name; where there is none, the usual names are tried.
    pub priorities: BTreeMap<Level, String>,
    /// Labels that a new ticket gets besides those of Abate.
    pub labels: Vec<String>,
    /// The components of a new ticket, by name.
    pub components: Vec<String>,
    /// The key of the epic or issue that new tickets belong under.
    pub parent: Option<String>,
    /// Who is named as the one who reported it.
    pub reporter: Person,
    /// Who gets a new ticket.
    pub assignee: Person,
    /// The account that stands in for a person who has none.
    pub fallback: Option<String>,
    /// What the resolutions of the site mean.
    pub resolutions: Resolutions,
    /// What is given where a transition demands a field.
    pub transition_fields: BTreeMap<String, String>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldRule {
    /// What JIRA calls it: `customfield_10050`.
    pub field: String,
    /// What it says.
    pub value: Source,
    /// Who says so after the ticket was made.
    #[serde(default)]
    pub owner: Owner,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// This text.
    Fixed(String),
    /// The level.
    Level,
    /// The score.
    Score,
    /// The last day.
    DueDate,
    /// The key: `R-12`.
    RiskKey,
    /// The name of the asset.
    Asset,
    /// The name of the team.
    Team,
    /// The person who answers for it.
    Owner,
    /// The vulnerabilities.
    Cve,
    /// The address of its page.
    Link,
}

impl Source {
    /// Whether it may be told of a confidential risk.
    #[must_use]
    pub const fn is_harmless(&self) -> bool {
        matches!(self, Self::Fixed(_) | Self::Level | Self::DueDate | Self::RiskKey | Self::Link)
    }
}

/// Who says what a field holds once the ticket is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// Abate: what is new there is told.
    #[default]
    Abate,
    /// The people at JIRA: it is told once, when the ticket is made.
    Jira,
}

/// Whom a field of people names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Person {
    /// Nobody; JIRA does what it does by itself.
    #[default]
    None,
    /// The owner of the risk.
    Owner,
    /// The assignee of the risk.
    Assignee,
    /// This account.
    Account(String),
}

/// What the resolutions of a site mean, by name. A list that is empty is the usual one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Resolutions {
    /// It was mended.
    pub fixed: Vec<String>,
    /// Somebody wants to live with it.
    pub live_with: Vec<String>,
    /// It is said to be no risk.
    pub no_risk: Vec<String>,
    /// It is said to be there already.
    pub duplicate: Vec<String>,
}

impl Mapping {
    /// Whether a value names a person of ours, who has to be looked up at JIRA.
    #[must_use]
    pub fn names_people(&self) -> bool {
        let ours = |person: &Person| matches!(person, Person::Owner | Person::Assignee);
        ours(&self.reporter) || ours(&self.assignee) || self.names_owner()
    }

    /// Whether a field of the site's own names the owner.
    #[must_use]
    pub fn names_owner(&self) -> bool {
        self.fields.iter().any(|rule| rule.value == Source::Owner)
    }

    /// What cannot be, each with the field of the mapping and what to do.
    #[must_use]
    pub fn problems(&self) -> Vec<(String, &'static str)> {
        let mut found = Vec::new();
        self.check_fields(&mut found);
        self.check_labels(&mut found);
        check_names("components", &self.components, &mut found);
        for (level, name) in &self.priorities {
            if !is_name(name) {
                found.push((format!("priorities.{level}"), "Name a priority, or leave the level out."));
            }
        }
        if self.parent.as_ref().is_some_and(|parent| !is_issue_key(parent)) {
            found.push(("parent".to_owned(), "Use the key of an issue, such as SEC-1."));
        }
        for (field, account) in [
            ("reporter", account(&self.reporter)),
            ("assignee", account(&self.assignee)),
            ("fallback", self.fallback.as_deref()),
        ] {
            if account.is_some_and(|account| !is_name(account)) {
                found.push((field.to_owned(), "Name an account, or nobody."));
            }
        }
        if self.reporter == Person::Assignee {
            found.push(("reporter".to_owned(), "Name the owner, an account or nobody."));
        }
        self.resolutions.check(&mut found);
        found
    }

    fn check_fields(&self, found: &mut Vec<(String, &'static str)>) {
        if self.fields.len() > MOST || self.transition_fields.len() > MOST {
            found.push(("fields".to_owned(), "Keep to 100 fields."));
        }
        let mut seen = BTreeSet::new();
        for (index, rule) in self.fields.iter().enumerate() {
            let place = |part: &str| format!("fields[{index}].{part}");
            if !is_field(&rule.field) {
                found.push((
                    place("field"),
                    "Use the name that JIRA has for the field, such as customfield_10050.",
                ));
            } else if TAKEN.contains(&rule.field.as_str()) {
                found.push((
                    place("field"),
                    "This field is told by Abate itself, or has a place of its own here.",
                ));
            } else if !seen.insert(rule.field.as_str()) {
                found.push((place("field"), "Name each field once."));
            }
            if let Source::Fixed(text) = &rule.value
                && !is_value(text)
            {
                found.push((place("value"), "Say what goes there, in at most 2000 characters."));
            }
        }
        for (field, value) in &self.transition_fields {
            if !is_field(field) || field == "resolution" || field == "comment" {
                let text = "Use the name that JIRA has for a field; resolutions have a place of their own.";
                found.push((format!("transition_fields.{field}"), text));
            }
            if !is_value(value) {
                let text = "Say what goes there, in at most 2000 characters.";
                found.push((format!("transition_fields.{field}"), text));
            }
        }
    }

    fn check_labels(&self, found: &mut Vec<(String, &'static str)>) {
        if self.labels.len() > MOST {
            found.push(("labels".to_owned(), "Keep to 100 labels."));
        }
        for (index, label) in self.labels.iter().enumerate() {
            let text = if !is_name(label) || label.contains(char::is_whitespace) {
                "Use a label of 1 to 255 characters without blanks."
            } else if label.to_lowercase().starts_with(OWN_LABEL) {
                "Labels that begin with abate- tell which ticket it is; use another one."
            } else {
                continue;
            };
            found.push((format!("labels[{index}]"), text));
        }
    }
}

impl Resolutions {
    fn check(&self, found: &mut Vec<(String, &'static str)>) {
        let lists = [
            ("resolutions.fixed", &self.fixed),
            ("resolutions.live_with", &self.live_with),
            ("resolutions.no_risk", &self.no_risk),
            ("resolutions.duplicate", &self.duplicate),
        ];
        let mut seen = BTreeSet::new();
        for (field, list) in lists {
            check_names(field, list, found);
            if list.iter().any(|name| !seen.insert(plain(name))) {
                found.push((field.to_owned(), "Name each resolution once: it means one thing."));
            }
        }
    }
}

/// The name of a resolution as it is compared.
#[must_use]
pub fn plain(name: &str) -> String {
    name.replace('’', "'").trim().to_lowercase()
}

fn account(person: &Person) -> Option<&str> {
    match person {
        Person::Account(account) => Some(account),
        _ => None,
    }
}

fn check_names(field: &str, names: &[String], found: &mut Vec<(String, &'static str)>) {
    if names.len() > MOST || names.iter().any(|name| !is_name(name)) {
        found.push((field.to_owned(), "Use at most 100 names of 1 to 255 characters."));
    }
}

fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= LONGEST && !name.contains(char::is_control)
}

fn is_value(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST_VALUE && !text.contains('\0')
}

fn is_field(name: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    !name.is_empty() && name.len() <= LONGEST && name.chars().all(fits)
}

fn is_issue_key(key: &str) -> bool {
    key.len() <= LONGEST
        && key.rsplit_once('-').is_some_and(|(project, number)| {
            let fits = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
            project.starts_with(|letter: char| letter.is_ascii_uppercase())
                && project.chars().all(fits)
                && !number.is_empty()
                && number.chars().all(|letter| letter.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(field: &str, value: Source) -> FieldRule {
        FieldRule { field: field.to_owned(), value, owner: Owner::Abate }
    }

    fn wrong(mapping: &Mapping) -> Vec<String> {
        mapping.problems().into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn no_mapping_is_a_mapping_and_is_written_in_words() {
        assert!(Mapping::default().problems().is_empty());
        let mapping: Mapping = serde_json::from_str(
            r#"{"fields": [{"field": "customfield_1", "value": {"fixed": "Blue"}, "owner": "jira"},
                           {"field": "customfield_2", "value": "risk_key"}],
                "priorities": {"high": "P1"}, "reporter": "owner", "assignee": {"account": "ana"}}"#,
        )
        .expect("a mapping");
        assert!(mapping.problems().is_empty());
        assert_eq!(mapping.fields[1].owner, Owner::Abate);
        assert_eq!(mapping.priorities.get(&Level::High).map(String::as_str), Some("P1"));
        assert!(serde_json::from_str::<Mapping>(r#"{"feilds": []}"#).is_err());
    }

    #[test]
    fn what_cannot_be_is_named() {
        let fields = |rules: Vec<FieldRule>| wrong(&Mapping { fields: rules, ..Mapping::default() });
        assert_eq!(fields(vec![rule("summary", Source::Level)]), ["fields[0].field"]);
        assert_eq!(fields(vec![rule("a b", Source::Level)]), ["fields[0].field"]);
        assert_eq!(fields(vec![rule("c_1", Source::Level), rule("c_1", Source::Cve)]), ["fields[1].field"]);
        assert_eq!(fields(vec![rule("c_1", Source::Fixed(" ".to_owned()))]), ["fields[0].value"]);
        let labels = ["two words", "", "Abate-mine"].map(str::to_owned).to_vec();
        assert_eq!(wrong(&Mapping { labels, ..Mapping::default() }).len(), 3);
        for (parent, fits) in
            [("SEC-1", true), ("sec-1", false), ("SEC", false), ("SEC-x", false), ("-1", false)]
        {
            let mapping = Mapping { parent: Some(parent.to_owned()), ..Mapping::default() };
            assert_eq!(mapping.problems().is_empty(), fits, "{parent}");
        }
        let resolutions = Resolutions {
            fixed: vec!["Done".to_owned()],
            no_risk: vec!["done".to_owned()],
            ..Resolutions::default()
        };
        assert_eq!(wrong(&Mapping { resolutions, ..Mapping::default() }), ["resolutions.no_risk"]);
        let reporter = Mapping { reporter: Person::Assignee, ..Mapping::default() };
        assert_eq!(wrong(&reporter), ["reporter"]);
    }

    proptest! {
        /// A label that passes is one that JIRA takes and that is none of ours.
        #[test]
        fn labels_that_pass_hold_no_blank(label in ".{0,300}") {
            let mapping = Mapping { labels: vec![label.clone()], ..Mapping::default() };
            if mapping.problems().is_empty() {
                prop_assert!(!label.is_empty() && !label.contains(char::is_whitespace));
                prop_assert!(label.chars().count() <= 255 && !label.to_lowercase().starts_with("abate-"));
            }
        }

        /// What is written can be read again.
        #[test]
        fn a_mapping_survives_its_json(text in "[a-z]{1,9}", level in 0_i16..5) {
            let mapping = Mapping {
                fields: vec![rule(&text, Source::Fixed(text.clone())), rule("c_1", Source::Owner)],
                priorities: Level::try_from(level).map(|level| (level, text.clone())).into_iter().collect(),
                assignee: Person::Account(text.clone()),
                transition_fields: BTreeMap::from([(text.clone(), text.clone())]),
                ..Mapping::default()
            };
            let json = serde_json::to_value(&mapping).expect("JSON");
            prop_assert_eq!(serde_json::from_value::<Mapping>(json).expect("a mapping"), mapping);
        }
    }
}
