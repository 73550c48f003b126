//! Puts a mapping's values together: for a new issue, and for one that is there.

use std::collections::BTreeMap;

use abate_integrations::jira::{
    CreateField, Dialect, Document, FieldKind, FieldValue, IssueEdit, TEXT_LIMIT,
};
use serde::Serialize;

use super::gap::{MET, is_demanded};
use super::known::Known;
use super::model::{Mapping, Owner, Person};
use super::value::{Outcome, fit, say};
use crate::ticket::about::About;
use crate::ticket::drift::compare::digest;

/// What stands in place of a word of a confidential risk.
const WITHHELD: &str = "confidential";

/// Something that is not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct LeftOut {
    /// What JIRA calls the field.
    pub(crate) field: String,
    /// Why.
    pub(crate) reason: String,
}

/// What a new issue gets by its mapping.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filling {
    custom: BTreeMap<String, FieldValue>,
    labels: Vec<String>,
    components: Option<Vec<String>>,
    parent: Option<String>,
    reporter: Option<String>,
    assignee: Option<String>,
    /// What is left out, and why.
    pub(crate) left_out: Vec<LeftOut>,
    /// What is left out of the fields that JIRA demands: without them there is no issue.
    pub(crate) missing: Vec<String>,
}

impl Filling {
    fn leave(&mut self, field: &str, reason: impl Into<String>) {
        self.left_out.push(LeftOut { field: field.to_owned(), reason: reason.into() });
    }

    /// Adds it to what a new issue says.
    pub(crate) fn put_into(&self, edit: &mut IssueEdit) {
        edit.custom.extend(self.custom.clone());
        if let Some(labels) = &mut edit.labels {
            labels.extend(self.labels.iter().cloned());
        }
        edit.components.clone_from(&self.components);
        edit.parent.clone_from(&self.parent);
        edit.reporter.clone_from(&self.reporter);
        edit.assignee = self.assignee.clone().map(Some);
    }

    /// What was said in the fields of the site's own, to be remembered.
    pub(crate) fn prints(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.custom.iter().map(|(field, value)| (field.clone(), print(value)))
    }

    fn fills(&self, field: &str) -> bool {
        match field {
            "components" => self.components.is_some(),
            "parent" => self.parent.is_some(),
            "assignee" => self.assignee.is_some(),
            field => MET.contains(&field) || self.custom.contains_key(field),
        }
    }
}

/// What a value is remembered by.
#[must_use]
pub(crate) fn print(value: &FieldValue) -> String {
    digest(&value.to_json(Dialect::Cloud, TEXT_LIMIT).to_string())
}

/// What a new issue gets, on a screen with these fields.
#[must_use]
pub(crate) fn at_creation(
    mapping: &Mapping,
    about: &About,
    known: &Known,
    screen: &[CreateField],
) -> Filling {
    let on_screen = |name: &str| screen.iter().find(|field| field.field_id == name);
    let mut filling = Filling { labels: mapping.labels.clone(), ..Filling::default() };
    for rule in &mapping.fields {
        let Some(field) = on_screen(&rule.field) else {
            filling.leave(&rule.field, "The create screen in JIRA lacks it.");
            continue;
        };
        match fit(&say(&rule.value, about, known), field, known, mapping.fallback.as_deref()) {
            Outcome::Value(value) => drop(filling.custom.insert(rule.field.clone(), value)),
            Outcome::Nothing => filling.leave(&rule.field, "The risk has no such value."),
            Outcome::LeftOut(reason) => filling.leave(&rule.field, reason),
        }
    }
    put_components(&mut filling, mapping, on_screen("components"));
    put_parent(&mut filling, mapping, screen);
    for (name, person) in [("reporter", &mapping.reporter), ("assignee", &mapping.assignee)] {
        if *person == Person::None {
            continue;
        }
        let account = account(person, mapping, about, known);
        if on_screen(name).is_none() {
            filling.leave(name, "The create screen in JIRA lacks it.");
        } else if account.is_none() {
            filling.leave(name, "No account is known for the person, and the mapping names no fallback.");
        } else if name == "reporter" {
            filling.reporter = account;
        } else {
            filling.assignee = account;
        }
    }
    let missing = screen.iter().filter(|field| is_demanded(field) && !filling.fills(&field.field_id));
    let missing: Vec<String> = missing
        .map(|field| {
            let why = filling.left_out.iter().find(|left| left.field == field.field_id);
            let why =
                why.map_or("The mapping of the connection gives it no value.", |left| left.reason.as_str());
            format!("JIRA demands the field {}: {why}", field.name)
        })
        .collect();
    filling.missing = missing;
    filling
}

fn put_components(filling: &mut Filling, mapping: &Mapping, field: Option<&CreateField>) {
    if mapping.components.is_empty() {
        return;
    }
    let Some(field) = field else {
        return filling.leave("components", "The create screen in JIRA lacks it.");
    };
    let mut ids = Vec::new();
    for name in &mapping.components {
        let offered =
            field.allowed_values.iter().find(|choice| choice.name.eq_ignore_ascii_case(name.trim()));
        match offered {
            Some(choice) => ids.push(choice.id.clone()),
            None => filling.leave("components", format!("The project has no component {name}.")),
        }
    }
    filling.components = (!ids.is_empty()).then_some(ids);
}

/// Where the screen has no place for a parent, Data Center may have one for an epic.
fn put_parent(filling: &mut Filling, mapping: &Mapping, screen: &[CreateField]) {
    let Some(parent) = &mapping.parent else { return };
    if screen.iter().any(|field| field.field_id == "parent") {
        filling.parent = Some(parent.clone());
    } else if let Some(epic) = screen.iter().find(|field| field.kind == FieldKind::EpicLink) {
        filling.custom.insert(epic.field_id.clone(), FieldValue::Text(parent.clone()));
    } else {
        filling.leave("parent", "The create screen in JIRA has neither a parent nor an epic link.");
    }
}

fn account(person: &Person, mapping: &Mapping, about: &About, known: &Known) -> Option<String> {
    let user = match person {
        Person::None => return None,
        Person::Account(account) => return Some(account.clone()),
        // Who has to do with a confidential risk is not told.
        _ if about.confidential => return mapping.fallback.clone(),
        Person::Owner => about.facts.owner?,
        Person::Assignee => about.facts.assignee?,
    };
    known.accounts.get(&user).or(mapping.fallback.as_ref()).cloned()
}

/// The fields of the site's own that are ours to say, as they are to be on an issue with this edit screen.
#[must_use]
pub(crate) fn kept(
    mapping: &Mapping,
    about: &About,
    known: &Known,
    screen: &[CreateField],
) -> BTreeMap<String, FieldValue> {
    let mut values = BTreeMap::new();
    for rule in &mapping.fields {
        // What was said once is taken back where the risk became confidential.
        let withheld = about.confidential && !rule.value.is_harmless();
        if rule.owner == Owner::Jira && !withheld {
            continue;
        }
        let Some(field) = screen.iter().find(|field| field.field_id == rule.field) else { continue };
        match fit(&say(&rule.value, about, known), field, known, mapping.fallback.as_deref()) {
            Outcome::Value(value) => drop(values.insert(rule.field.clone(), value)),
            // What was said before is not left standing as if it were still so.
            _ if !field.required => drop(values.insert(rule.field.clone(), FieldValue::Nothing)),
            _ if withheld => {
                drop(withheld_text(field.kind).map(|text| values.insert(rule.field.clone(), text)))
            }
            _ => {}
        }
    }
    values
}

/// What a field that must not be empty says in place of a word of a confidential risk, where it takes any.
fn withheld_text(kind: FieldKind) -> Option<FieldValue> {
    match kind {
        FieldKind::Text => Some(FieldValue::line(WITHHELD)),
        FieldKind::RichText => Some(FieldValue::RichText(Document::from_text(WITHHELD))),
        _ => None,
    }
}

/// The fields that were told a word of a risk which is confidential by now, and that can be emptied or cannot.
#[must_use]
pub(crate) fn to_take_back<'a>(
    mapping: &Mapping,
    told: impl Iterator<Item = &'a String>,
    screen: &[CreateField],
) -> (Vec<String>, Vec<String>) {
    let on_screen = |name: &str| screen.iter().find(|field| field.field_id == name);
    let is_harmless = |name: &str| {
        mapping.fields.iter().any(|rule| rule.field == name && rule.value.is_harmless())
            || on_screen(name).is_some_and(|field| field.kind == FieldKind::EpicLink)
    };
    told.filter(|name| !is_harmless(name))
        .cloned()
        .partition(|name| on_screen(name).is_some_and(|field| !field.required))
}

#[cfg(test)]
mod tests {
    use abate_entity::level::Level;
    use abate_entity::lifecycle::State;
    use abate_integrations::jira::Named;
    use proptest::prelude::*;

    use super::super::known::Facts;
    use super::super::model::{FieldRule, Source};
    use super::*;

    fn about(confidential: bool) -> About {
        About {
            subject: "r-1".to_owned(),
            key: "R-1".to_owned(),
            title: "A title".to_owned(),
            confidential,
            level: Level::High,
            due_on: None,
            state: State::Open,
            resolution: None,
            version: 1,
            page: "https://abate.example/risks/R-1".to_owned(),
            description: Document::new(),
            facts: Facts {
                risks: vec![1],
                score: Some(16),
                asset: Some("SECRET shop".to_owned()),
                team: Some(2),
                owner: Some(3),
                assignee: Some(4),
            },
        }
    }

    fn known() -> Known {
        Known {
            teams: [(2, "SECRET team".to_owned())].into(),
            names: [(3, "SECRET owner".to_owned())].into(),
            accounts: [(3, "SECRET account".to_owned()), (4, "SECRET worker".to_owned())].into(),
            vulnerabilities: [(1, vec!["SECRET-1".to_owned()])].into(),
        }
    }

    fn field(id: &str, kind: FieldKind, required: bool, choices: &[&str]) -> CreateField {
        CreateField {
            field_id: id.to_owned(),
            name: id.to_owned(),
            kind,
            required,
            has_default_value: false,
            allowed_values: choices
                .iter()
                .map(|name| Named { id: format!("id-{name}"), name: (*name).to_owned() })
                .collect(),
        }
    }

    fn rule(field: &str, value: Source) -> FieldRule {
        FieldRule { field: field.to_owned(), value, owner: Owner::Abate }
    }

    #[test]
    fn an_epic_goes_where_there_is_a_place_for_it() {
        let mapping = Mapping { parent: Some("SEC-1".to_owned()), ..Mapping::default() };
        let put = |screen: &[CreateField]| {
            let mut filling = Filling::default();
            put_parent(&mut filling, &mapping, screen);
            filling
        };
        let (parent, epic) =
            (field("parent", FieldKind::Other, false, &[]), field("c_9", FieldKind::EpicLink, false, &[]));
        assert_eq!(put(&[parent, epic.clone()]).parent.as_deref(), Some("SEC-1"));
        assert_eq!(put(&[epic]).custom.get("c_9"), Some(&FieldValue::Text("SEC-1".to_owned())));
        assert_eq!(put(&[]).left_out.len(), 1);
    }

    #[test]
    fn what_was_said_and_is_so_no_longer_goes() {
        let screen =
            [field("c_1", FieldKind::Option, false, &["Low"]), field("c_2", FieldKind::Date, true, &[])];
        let mapping = Mapping {
            fields: vec![rule("c_1", Source::Level), rule("c_2", Source::DueDate)],
            ..Mapping::default()
        };
        let values = kept(&mapping, &about(false), &known(), &screen);
        assert_eq!(values, BTreeMap::from([("c_1".to_owned(), FieldValue::Nothing)]));
    }

    #[test]
    fn what_was_said_of_a_risk_that_became_confidential_is_taken_back() {
        let screen = [
            field("c_1", FieldKind::Option, false, &["SECRET shop"]),
            field("c_2", FieldKind::Text, true, &[]),
            field("c_3", FieldKind::Option, true, &["SECRET shop"]),
        ];
        let fields: Vec<FieldRule> = ["c_1", "c_2", "c_3"]
            .map(|name| FieldRule { owner: Owner::Jira, ..rule(name, Source::Asset) })
            .into();
        let mapping = Mapping { fields, ..Mapping::default() };
        assert!(kept(&mapping, &about(false), &known(), &screen).is_empty());
        let values = kept(&mapping, &about(true), &known(), &screen);
        assert_eq!(values.get("c_1"), Some(&FieldValue::Nothing));
        assert_eq!(values.get("c_2"), Some(&FieldValue::line(WITHHELD)));
        let told = ["c_1", "c_2", "c_3", "c_4"].map(str::to_owned);
        let (emptied, stay) = to_take_back(&Mapping::default(), told.iter(), &screen);
        assert_eq!((emptied, stay.len()), (vec!["c_1".to_owned()], 3));
    }

    proptest! {
        /// Of a confidential risk no name leaves in any field, whatever the mapping says and the screen takes.
        #[test]
        fn nothing_of_a_confidential_risk_leaves(
            sources in prop::collection::vec(prop::sample::select(vec![
                Source::Level, Source::Score, Source::DueDate, Source::RiskKey, Source::Asset, Source::Team,
                Source::Owner, Source::Cve, Source::Link,
            ]), 0..6),
            kind in prop::sample::select(vec![FieldKind::Text, FieldKind::RichText, FieldKind::User, FieldKind::Option]),
            person in prop::sample::select(vec![Person::Owner, Person::Assignee]),
        ) {
            let id = |index: usize| format!("c_{index}");
            let mut screen: Vec<CreateField> = (0..sources.len())
                .map(|index| field(&id(index), kind, false, &["SECRET shop", "high"]))
                .collect();
            screen.push(field("reporter", FieldKind::User, false, &[]));
            screen.push(field("assignee", FieldKind::User, false, &[]));
            let fields = sources.into_iter().enumerate().map(|(index, source)| rule(&id(index), source));
            let mapping = Mapping {
                fields: fields.collect(),
                reporter: Person::Owner,
                assignee: person,
                fallback: Some("stand-in".to_owned()),
                ..Mapping::default()
            };
            let filling = at_creation(&mapping, &about(true), &known(), &screen);
            let mut edit = IssueEdit::default();
            filling.put_into(&mut edit);
            edit.custom.extend(kept(&mapping, &about(true), &known(), &screen));
            prop_assert!(!format!("{edit:?}").contains("SECRET"), "{edit:?}");
        }
    }
}
