//! The fields of an issue: which values the site takes, and what changes when they are written.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::document;
use super::refusal::Refusal;
use super::world::{BOT, Change, Issue, PERSON, PRIORITIES, RESOLUTIONS};
use super::{JiraSandbox, JiraSandboxKind, JiraSandboxOptions, own_field};

/// The fields of the one screen, besides project and type: id, name, whether it is required.
pub(super) const SCREEN: [(&str, &str, bool); 6] = [
    ("summary", "Summary", true),
    ("description", "Description", false),
    ("labels", "Labels", false),
    ("priority", "Priority", false),
    ("duedate", "Due date", false),
    ("assignee", "Assignee", false),
];

/// Checked values, ready to be written.
#[derive(Default)]
pub(super) struct Values {
    summary: Option<String>,
    description: Option<Option<Value>>,
    labels: Option<Vec<String>>,
    priority: Option<usize>,
    due_date: Option<Option<NaiveDate>>,
    assignee: Option<Option<&'static str>>,
    own: BTreeMap<String, Value>,
}

/// Checks the `fields` of a create or edit call, all of them before it refuses.
pub(super) fn check(
    sandbox: &JiraSandbox,
    fields: &Map<String, Value>,
    creating: bool,
) -> Result<Values, Refusal> {
    let options = &sandbox.options;
    let mut errors = BTreeMap::new();
    let mut values = Values::default();
    for (name, value) in fields {
        let outcome = match name.as_str() {
            "project" | "issuetype" if creating => Ok(()),
            refused if sandbox.refuses(refused) => Err(not_on_screen(refused)),
            hidden if creating && !sandbox.is_on_create_screen(hidden) => Err(not_on_screen(hidden)),
            "summary" => summary(value).map(|summary| values.summary = Some(summary)),
            "description" => match rich_text(options, value) {
                Ok(text) => {
                    values.description = Some(text);
                    Ok(())
                }
                // A malformed document is refused as a whole, without a word on where.
                Err(None) => return Err(Refusal::message(400, "INVALID_INPUT")),
                Err(Some(message)) => Err(message),
            },
            "labels" => labels(value).map(|labels| values.labels = Some(labels)),
            "priority" => choice(value, &PRIORITIES)
                .map(|priority| values.priority = Some(priority))
                .ok_or_else(|| "The priority selected is invalid.".to_owned()),
            "duedate" => due_date(value).map(|day| values.due_date = Some(day)),
            "assignee" => assignee(options.kind, value).map(|account| values.assignee = Some(account)),
            other => {
                sandbox.check_own(other, value).map(|value| drop(values.own.insert(other.to_owned(), value)))
            }
        };
        if let Err(message) = outcome {
            errors.insert(name.clone(), message);
        }
    }
    if creating && values.summary.is_none() {
        errors
            .entry("summary".to_owned())
            .or_insert_with(|| "You must specify a summary of the issue.".to_owned());
    }
    if creating {
        errors.extend(own_field::missing(sandbox, fields));
    }
    if errors.is_empty() { Ok(values) } else { Err(Refusal::fields(errors)) }
}

/// What the site says of a field that a screen lacks.
pub(super) fn not_on_screen(field: &str) -> String {
    format!("Field '{field}' cannot be set. It is not on the appropriate screen, or unknown.")
}

/// A rich text value: a document or a text, by the kind of the site, or null. `Err(None)` is a document that is
/// malformed.
pub(super) fn rich_text(
    options: &JiraSandboxOptions,
    value: &Value,
) -> Result<Option<Value>, Option<String>> {
    let limit = options.text_limit;
    match (options.kind, value) {
        (_, Value::Null) => return Ok(None),
        (JiraSandboxKind::Cloud, _) => {}
        (JiraSandboxKind::DataCenter, Value::String(text)) if text.encode_utf16().count() <= limit => {
            return Ok(Some(value.clone()));
        }
        (JiraSandboxKind::DataCenter, Value::String(_)) => {
            let said =
                format!("The entered text is too long. It exceeds the allowed limit of {limit} characters.");
            return Err(Some(said));
        }
        (JiraSandboxKind::DataCenter, _) => return Err(Some("Operation value must be a string".to_owned())),
    }
    match value {
        Value::Object(_) if document::is_valid(value, limit) => Ok(Some(value.clone())),
        Value::Object(_) => Err(None),
        _ => Err(Some(
            "Operation value must be an Atlassian Document (see the Atlassian Document Format)".to_owned(),
        )),
    }
}

fn summary(value: &Value) -> Result<String, String> {
    let text = value.as_str().unwrap_or_default();
    if text.trim().is_empty() {
        Err("You must specify a summary of the issue.".to_owned())
    } else if text.contains(['\n', '\r']) {
        Err("The summary is invalid because it contains newline characters.".to_owned())
    } else if text.encode_utf16().count() > 255 {
        Err("Summary must be less than 255 characters.".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

fn labels(value: &Value) -> Result<Vec<String>, String> {
    let mut labels: Vec<String> =
        serde_json::from_value(value.clone()).map_err(|_| "The value is not a list of texts.".to_owned())?;
    if let Some(label) = labels.iter().find(|label| label.is_empty() || label.contains(char::is_whitespace)) {
        return Err(format!("The label '{label}' contains spaces which is invalid."));
    }
    if labels.iter().any(|label| label.len() > 255) {
        return Err("A label is longer than 255 characters.".to_owned());
    }
    let mut seen = std::collections::HashSet::new();
    labels.retain(|label| seen.insert(label.clone()));
    Ok(labels)
}

/// The labels after operations as `[{"add": "x"}, {"remove": "y"}]`.
pub(super) fn updated_labels(mut labels: Vec<String>, operations: &Value) -> Vec<String> {
    for operation in operations.as_array().into_iter().flatten() {
        if let Some(label) = operation["add"].as_str()
            && !labels.iter().any(|known| known == label)
        {
            labels.push(label.to_owned());
        }
        if let Some(label) = operation["remove"].as_str() {
            labels.retain(|known| known != label);
        }
    }
    labels
}

/// The position of the choice that `{"id"}` or `{"name"}` names.
pub(super) fn choice(value: &Value, choices: &[(&str, &str)]) -> Option<usize> {
    choices.iter().position(|(id, name)| value["id"] == *id || value["name"] == *name)
}

fn due_date(value: &Value) -> Result<Option<NaiveDate>, String> {
    match value {
        Value::Null => Ok(None),
        value => value
            .as_str()
            .and_then(|text| text.parse().ok())
            .map(Some)
            .ok_or_else(|| "Operation value must be a string in the format yyyy-MM-dd".to_owned()),
    }
}

fn assignee(kind: JiraSandboxKind, value: &Value) -> Result<Option<&'static str>, String> {
    let name = match kind {
        JiraSandboxKind::Cloud => "accountId",
        JiraSandboxKind::DataCenter => "name",
    };
    if value.is_null() || (value.is_object() && value[name].is_null() && value.get(name).is_some()) {
        return Ok(None);
    }
    [BOT, PERSON]
        .into_iter()
        .find(|account| value[name] == *account)
        .map(Some)
        .ok_or_else(|| "Specify a valid value for assignee".to_owned())
}

/// Writes checked values and says what changed.
pub(super) fn write(issue: &mut Issue, values: Values) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut note = |field: &'static str,
                    from: (Option<String>, Option<String>),
                    to: (Option<String>, Option<String>)| {
        if from != to {
            changes.push(Change { field: field.into(), from, to });
        }
    };
    let words = |text: Option<String>| (None, text);
    if let Some(summary) = values.summary {
        note("summary", words(Some(issue.summary.clone())), words(Some(summary.clone())));
        issue.summary = summary;
    }
    if let Some(description) = values.description {
        let text = |document: &Option<Value>| words(document.as_ref().map(document::plain_text));
        note("description", text(&issue.description), text(&description));
        issue.description = description;
    }
    if let Some(labels) = values.labels {
        note("labels", words(Some(issue.labels.join(" "))), words(Some(labels.join(" "))));
        issue.labels = labels;
    }
    if let Some(priority) = values.priority {
        let pair =
            |index: usize| (Some(PRIORITIES[index].0.to_owned()), Some(PRIORITIES[index].1.to_owned()));
        note("priority", pair(issue.priority), pair(priority));
        issue.priority = priority;
    }
    if let Some(day) = values.due_date {
        let text = |day: Option<NaiveDate>| (day.map(|day| day.to_string()), day.map(|day| day.to_string()));
        note("duedate", text(issue.due_date), text(day));
        issue.due_date = day;
    }
    if let Some(account) = values.assignee {
        let pair = |account: Option<&str>| (account.map(str::to_owned), account.map(str::to_owned));
        note("assignee", pair(issue.assignee), pair(account));
        issue.assignee = account;
    }
    changes.extend(own_field::write(issue, values.own));
    changes
}

/// Writes a resolution and says what changed.
pub(super) fn write_resolution(issue: &mut Issue, resolution: Option<usize>) -> Option<Change> {
    let pair = |index: Option<usize>| {
        let choice = index.map(|index| RESOLUTIONS[index]);
        (choice.map(|choice| choice.0.to_owned()), choice.map(|choice| choice.1.to_owned()))
    };
    let change = Change { field: "resolution".into(), from: pair(issue.resolution), to: pair(resolution) };
    issue.resolution = resolution;
    (change.from != change.to).then_some(change)
}
