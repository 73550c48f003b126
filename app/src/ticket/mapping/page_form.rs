//! The form of a mapping: as fields to be drawn, and read back from what a browser sends.

use std::collections::BTreeMap;

use abate_entity::level::Level;
use abate_integrations::jira::FieldKind;

use super::metadata::FieldView;
use super::model::{FieldRule, Mapping, Owner, Person, Resolutions, Source};
use crate::page::badge::capitalised;
use crate::page::form::{Choice, Field, Kind};

/// What a form sends, by name.
pub(super) type Sent = BTreeMap<String, String>;

/// The sources that a form offers, and what people read.
const SOURCES: [(&str, &str); 11] = [
    ("", "Nothing"),
    ("fixed", "This text"),
    ("level", "The level"),
    ("score", "The score"),
    ("due_date", "The due date"),
    ("risk_key", "The key of the risk"),
    ("asset", "The asset"),
    ("team", "The team"),
    ("owner", "The owner"),
    ("cve", "The vulnerabilities"),
    ("link", "The link to the risk"),
];

/// A field of the site's own, with what is asked of it.
pub(super) struct Row {
    /// What people call it.
    pub(super) name: String,
    /// What JIRA calls it.
    pub(super) field: String,
    /// What it takes, in words.
    pub(super) kind: String,
    /// Whether JIRA refuses an issue without it.
    pub(super) required: bool,
    /// What it offers.
    pub(super) choices: String,
    /// The questions.
    pub(super) questions: Vec<Field>,
}

/// The rows: what JIRA shows, and what the mapping names besides.
pub(super) fn rows(mapping: &Mapping, shown: &[FieldView]) -> Vec<Row> {
    let is_elsewhere = |field: &str| {
        let rule = FieldRule { field: field.to_owned(), value: Source::Level, owner: Owner::Abate };
        !Mapping { fields: vec![rule], ..Mapping::default() }.problems().is_empty()
    };
    let mut rows: Vec<Row> = shown
        .iter()
        .filter(|view| !is_elsewhere(&view.field))
        // What cannot be filled in is not offered, unless JIRA demands it.
        .filter(|view| view.required || view.kind != FieldKind::Other.as_str())
        .map(|view| Row {
            name: view.name.clone(),
            field: view.field.clone(),
            kind: capitalised(&view.kind.replace('_', " ")),
            required: view.required,
            choices: view.choices.join(", "),
            questions: questions(mapping, &view.field, &view.name, &view.kind),
        })
        .collect();
    for rule in &mapping.fields {
        if !rows.iter().any(|row| row.field == rule.field) {
            rows.push(Row {
                name: rule.field.clone(),
                field: rule.field.clone(),
                kind: "Not on the create screen".to_owned(),
                required: false,
                choices: String::new(),
                questions: questions(mapping, &rule.field, &rule.field, ""),
            });
        }
    }
    rows
}

fn questions(mapping: &Mapping, field: &str, name: &str, kind: &str) -> Vec<Field> {
    let rule = mapping.fields.iter().find(|rule| rule.field == field);
    let (source, text) = rule.map(|rule| source_words(&rule.value)).unwrap_or_default();
    let owner = if rule.is_some_and(|rule| rule.owner == Owner::Jira) { "jira" } else { "abate" };
    let sources = SOURCES.map(|(value, label)| Choice::new(value, label, &source));
    let owners = vec![
        Choice::new("abate", "Abate, also later", owner),
        Choice::new("jira", "JIRA, after the ticket was made", owner),
    ];
    let name_of_text = format!("text:{field}");
    let text = match kind {
        "options" => Field::new(name_of_text, "The text", Kind::Lines).hint("One name a line.").value(text),
        // A field of one line would join the lines of a text that a script has written.
        "rich_text" => Field::new(name_of_text, "The text", Kind::Lines).value(text),
        _ if text.contains('\n') => Field::new(name_of_text, "The text", Kind::Lines).value(text),
        _ => Field::new(name_of_text, "The text", Kind::Text).value(text),
    };
    vec![
        Field::new(format!("source:{field}"), format!("{name} says"), Kind::Choice).choices(sources.to_vec()),
        text,
        Field::new(format!("owner:{field}"), "Said by", Kind::Choice).required().choices(owners),
    ]
}

fn source_words(source: &Source) -> (String, String) {
    match source {
        Source::Fixed(text) => ("fixed".to_owned(), text.clone()),
        source => (
            serde_json::to_value(source)
                .ok()
                .and_then(|word| Some(word.as_str()?.to_owned()))
                .unwrap_or_default(),
            String::new(),
        ),
    }
}

/// The priority of each level.
pub(super) fn priorities(mapping: &Mapping, offered: &[String]) -> Vec<Field> {
    let field = |level: &Level| {
        let named = mapping.priorities.get(level).map(String::as_str).unwrap_or_default();
        let mut choices = vec![Choice::new("", "As usual", named)];
        choices.extend(offered.iter().map(|name| Choice::new(name.as_str(), name.as_str(), named)));
        if !named.is_empty() && !offered.iter().any(|name| name == named) {
            choices.push(Choice::new(named, format!("{named} (not offered)"), named));
        }
        Field::new(format!("priority:{level}"), capitalised(level.as_str()), Kind::Choice).choices(choices)
    };
    Level::ALL.iter().rev().map(field).collect()
}

/// Labels, components, parent and people.
pub(super) fn others(mapping: &Mapping, components: &[String]) -> Vec<Field> {
    let offered = if components.is_empty() {
        String::new()
    } else {
        format!(" The project has {}.", components.join(", "))
    };
    let (reporter, reporter_account) = person_words(&mapping.reporter);
    let (assignee, assignee_account) = person_words(&mapping.assignee);
    let people = |name: &str, label: &str, chosen: &str, of: &[(&str, &str)]| {
        let choices = of.iter().map(|(value, label)| Choice::new(*value, *label, chosen)).collect();
        Field::new(name, label, Kind::Choice).required().choices(choices)
    };
    let (nobody, owner, worker, account) = (
        ("none", "Nobody; JIRA decides"),
        ("owner", "The owner of the risk"),
        ("assignee", "The assignee of the risk"),
        ("account", "The account below"),
    );
    vec![
        Field::new("labels", "Labels of new tickets", Kind::Text)
            .value(mapping.labels.join(" "))
            .hint("Besides those of Abate, with blanks between them."),
        Field::new("components", "Components of new tickets", Kind::Lines)
            .value(mapping.components.join("\n"))
            .hint(format!("One name a line.{offered}")),
        Field::new("parent", "Epic or parent of new tickets", Kind::Text)
            .value(mapping.parent.clone().unwrap_or_default())
            .hint("The key of an issue, such as SEC-1."),
        people("reporter", "Reporter of new tickets", reporter, &[nobody, owner, account]),
        Field::new("reporter_account", "Account of the reporter", Kind::Text).value(reporter_account),
        people("assignee", "Assignee of new tickets", assignee, &[nobody, owner, worker, account]),
        Field::new("assignee_account", "Account of the assignee", Kind::Text).value(assignee_account),
        Field::new("fallback", "Account for people who have none", Kind::Text)
            .value(mapping.fallback.clone().unwrap_or_default())
            .hint("An account id on Cloud, a user name on Data Center."),
    ]
}

fn person_words(person: &Person) -> (&'static str, String) {
    match person {
        Person::None => ("none", String::new()),
        Person::Owner => ("owner", String::new()),
        Person::Assignee => ("assignee", String::new()),
        Person::Account(account) => ("account", account.clone()),
    }
}

/// Resolutions and what transitions demand.
pub(super) fn workflow(mapping: &Mapping) -> Vec<Field> {
    let names = &mapping.resolutions;
    let list = |name: &str, label: &str, list: &[String]| {
        Field::new(name, label, Kind::Lines)
            .value(list.join("\n"))
            .hint("One name a line; empty for the usual ones.")
    };
    let demanded: Vec<String> =
        mapping.transition_fields.iter().map(|(field, value)| format!("{field} = {value}")).collect();
    vec![
        list("resolutions_fixed", "Resolutions that say: it was mended", &names.fixed),
        list("resolutions_live_with", "Resolutions that say: we live with it", &names.live_with),
        list("resolutions_no_risk", "Resolutions that say: it is no risk", &names.no_risk),
        list("resolutions_duplicate", "Resolutions that say: it is there already", &names.duplicate),
        Field::new("transition_fields", "What transitions demand", Kind::Lines)
            .value(demanded.join("\n"))
            .hint("One field a line: customfield_10050 = Blue."),
    ]
}

/// Reads what a browser sends. What cannot be is left for the check to name.
pub(super) fn read(sent: &Sent) -> Mapping {
    let text = |name: &str| {
        // A browser ends lines with two characters.
        sent.get(name).map(|text| text.trim().replace("\r\n", "\n")).unwrap_or_default()
    };
    let some = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    let list = |name: &str| -> Vec<String> {
        let parts = text(name);
        parts.lines().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    };
    let person = |name: &str| match text(name).as_str() {
        "owner" => Person::Owner,
        "assignee" => Person::Assignee,
        "account" => Person::Account(text(&format!("{name}_account"))),
        _ => Person::None,
    };
    let rules = sent.iter().filter_map(|(name, source)| {
        let field = name.strip_prefix("source:")?;
        let value = match source.as_str() {
            "fixed" => Source::Fixed(text(&format!("text:{field}"))),
            word => serde_json::from_value(word.into()).ok()?,
        };
        let owner = if text(&format!("owner:{field}")) == "jira" { Owner::Jira } else { Owner::Abate };
        Some(FieldRule { field: field.to_owned(), value, owner })
    });
    let demanded = text("transition_fields");
    let demanded = demanded.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| {
        let (field, value) = line.split_once('=').unwrap_or((line, ""));
        (field.trim().to_owned(), value.trim().to_owned())
    });
    Mapping {
        fields: rules.collect(),
        priorities: Level::ALL
            .iter()
            .filter_map(|level| Some((*level, some(&format!("priority:{level}"))?)))
            .collect(),
        labels: text("labels").split_whitespace().map(str::to_owned).collect(),
        components: list("components"),
        parent: some("parent"),
        reporter: person("reporter"),
        assignee: person("assignee"),
        fallback: some("fallback"),
        resolutions: Resolutions {
            fixed: list("resolutions_fixed"),
            live_with: list("resolutions_live_with"),
            no_risk: list("resolutions_no_risk"),
            duplicate: list("resolutions_duplicate"),
        },
        transition_fields: demanded.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_shows_is_what_it_sends() {
        let rule = |field: &str, value, owner| FieldRule { field: field.to_owned(), value, owner };
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let mapping = Mapping {
            fields: vec![
                rule("customfield_1", Source::Fixed("Blue".to_owned()), Owner::Jira),
                rule("customfield_2", Source::DueDate, Owner::Abate),
                rule("customfield_4", Source::Fixed("Red, dark\nBlue".to_owned()), Owner::Abate),
            ],
            priorities: BTreeMap::from([(Level::High, "P1".to_owned())]),
            labels: words(&["a", "b"]),
            components: words(&["Web shop, old", "API"]),
            parent: Some("SEC-1".to_owned()),
            reporter: Person::Owner,
            assignee: Person::Account("ana".to_owned()),
            fallback: Some("bot".to_owned()),
            resolutions: Resolutions { no_risk: words(&["Nein, kein Risiko"]), ..Resolutions::default() },
            transition_fields: BTreeMap::from([("customfield_3".to_owned(), "a = b".to_owned())]),
        };
        let mut fields: Vec<Field> = rows(&mapping, &[]).into_iter().flat_map(|row| row.questions).collect();
        fields.extend(priorities(&mapping, &[]));
        fields.extend(others(&mapping, &[]));
        fields.extend(workflow(&mapping));
        let value = |field: &Field| match field.kind {
            Kind::Choice => {
                field.choices.iter().find(|choice| choice.selected).map(|choice| choice.value.clone())
            }
            _ => Some(field.value.clone()),
        };
        let sent: Sent =
            fields.iter().filter_map(|field| Some((field.name.clone(), value(field)?))).collect();
        assert_eq!(read(&sent), mapping);
        assert_eq!(read(&Sent::new()), Mapping::default());
    }
}
