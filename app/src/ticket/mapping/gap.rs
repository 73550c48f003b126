//! What a screen of JIRA demands that a mapping does not give, and what a mapping says that a screen does not take.

use abate_integrations::jira::{CreateField, FieldKind, IssueEdit, Refusal};

use super::model::{Mapping, Person, Source};
use super::value::fixed;

/// The fields that are filled in without a mapping, by us or by JIRA.
pub(super) const MET: [&str; 8] =
    ["project", "issuetype", "summary", "description", "labels", "priority", "duedate", "reporter"];

/// Whether JIRA refuses an issue without it.
pub(super) fn is_demanded(field: &CreateField) -> bool {
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

    use super::super::model::{FieldRule, Owner};
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
}
