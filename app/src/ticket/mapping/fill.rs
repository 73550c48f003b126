//! Puts a mapping's values together: for a new issue, and for one that is there.

use std::collections::BTreeMap;

use abate_integrations::jira::{CreateField, Dialect, FieldKind, FieldValue, IssueEdit, Refusal, TEXT_LIMIT};
use serde::Serialize;

use super::known::Known;
use super::model::{Mapping, Owner, Person, Source};
use super::value::{Outcome, fit, fixed, say};
use crate::ticket::about::About;
use crate::ticket::drift::compare::digest;

/// The fields that are filled in without a mapping, by us or by JIRA.
const MET: [&str; 8] =
    ["project", "issuetype", "summary", "description", "labels", "priority", "duedate", "reporter"];

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
    for rule in mapping.fields.iter().filter(|rule| rule.owner == Owner::Abate) {
        let Some(field) = screen.iter().find(|field| field.field_id == rule.field) else { continue };
        match fit(&say(&rule.value, about, known), field, known, mapping.fallback.as_deref()) {
            Outcome::Value(value) => drop(values.insert(rule.field.clone(), value)),
            // What was said before is not left standing as if it were still so.
            _ if !field.required => drop(values.insert(rule.field.clone(), FieldValue::Nothing)),
            _ => {}
        }
    }
    values
}

fn is_demanded(field: &CreateField) -> bool {
    field.required && !field.has_default_value
}

/// Whether a new issue was refused for nothing but what its mapping adds and the screen does not demand.
#[must_use]
pub(crate) fn extras_only(refusal: &Refusal, edit: &IssueEdit, screen: &[CreateField]) -> bool {
    let is_extra = |name: &str| match name {
        "reporter" => edit.reporter.is_some(),
        "assignee" => edit.assignee.is_some(),
        "components" => edit.components.is_some(),
        "parent" => edit.parent.is_some(),
        name => edit.custom.contains_key(name),
    };
    // JIRA names a reporter by itself, where it demands one.
    let can_go = |name: &str| {
        name == "reporter" || !screen.iter().any(|field| field.field_id == name && is_demanded(field))
    };
    !refusal.fields.is_empty() && refusal.fields.keys().all(|name| is_extra(name) && can_go(name))
}

/// What a create screen demands that a mapping cannot give to any risk, each with what to do about it.
#[must_use]
pub(crate) fn gaps(mapping: &Mapping, screen: &[CreateField]) -> Vec<String> {
    let gap = |field: &&CreateField| {
        let name = &field.name;
        let rule = mapping.fields.iter().find(|rule| rule.field == field.field_id);
        let given = match field.field_id.as_str() {
            "components" => !mapping.components.is_empty(),
            "parent" => mapping.parent.is_some(),
            "assignee" => mapping.assignee != Person::None,
            id => MET.contains(&id) || (field.kind == FieldKind::EpicLink && mapping.parent.is_some()),
        };
        match rule.map(|rule| &rule.value) {
            Some(Source::Fixed(text)) if fixed(text, field).is_none() => Some(format!(
                "the field {name} is required and takes no \"{text}\"; give it another value in the mapping"
            )),
            Some(_) => None,
            None if given => None,
            None => Some(format!(
                "the field {name} ({}) is required; give it a value in the mapping, or make it optional in JIRA",
                field.field_id
            )),
        }
    };
    screen.iter().filter(|field| is_demanded(field)).filter_map(|field| gap(&field)).collect()
}

/// What a mapping says that a create screen does not take, so that it is left out.
#[must_use]
pub(crate) fn strays(mapping: &Mapping, screen: &[CreateField]) -> Vec<String> {
    let on_screen = |name: &str| screen.iter().find(|field| field.field_id == name);
    let mut found = Vec::new();
    for rule in &mapping.fields {
        match (on_screen(&rule.field), &rule.value) {
            (None, _) => found.push(format!("{} is not on the create screen and is left out", rule.field)),
            (Some(field), Source::Fixed(text)) if !is_demanded(field) && fixed(text, field).is_none() => {
                found.push(format!("{} takes no \"{text}\", which is left out", field.name));
            }
            _ => {}
        }
    }
    let offers = |field: &str, name: &str| {
        on_screen(field).is_some_and(|field| {
            field.allowed_values.iter().any(|choice| choice.name.eq_ignore_ascii_case(name.trim()))
        })
    };
    for name in mapping.components.iter().filter(|name| !offers("components", name)) {
        found.push(format!("the project has no component {name}, which is left out"));
    }
    for (level, name) in mapping.priorities.iter().filter(|(_, name)| !offers("priority", name)) {
        found.push(format!("there is no priority {name}, so that of level {level} is left out"));
    }
    found
}

#[cfg(test)]
mod tests {
    use abate_integrations::jira::Named;

    use super::super::model::FieldRule;
    use super::*;

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
    fn a_required_field_without_a_value_is_a_gap_and_one_with_a_value_is_none() {
        let screen = [
            field("summary", FieldKind::Text, true, &[]),
            field("c_1", FieldKind::Option, true, &["Blue"]),
            field("components", FieldKind::Other, true, &["Web"]),
        ];
        assert_eq!(gaps(&Mapping::default(), &screen).len(), 2);
        let mapping = |value: &str| Mapping {
            fields: vec![rule("c_1", Source::Fixed(value.to_owned()))],
            components: vec!["web".to_owned()],
            ..Mapping::default()
        };
        assert_eq!(gaps(&mapping("Red"), &screen).len(), 1);
        assert!(gaps(&mapping("blue"), &screen).is_empty() && strays(&mapping("blue"), &screen).is_empty());
        let missing = field("c_2", FieldKind::Text, false, &[]);
        assert_eq!(strays(&mapping("blue"), std::slice::from_ref(&missing)).len(), 2);
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
}
