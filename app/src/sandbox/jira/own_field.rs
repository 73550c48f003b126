//! The fields that a site has besides those that every project has: which values they take, and how they are shown.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use serde_json::{Map, Value, json};

use super::field::{not_on_screen, rich_text};
use super::world::{BOT, Change, Issue, PERSON};
use super::{JiraSandbox, lock};

/// What a field of the site's own takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnFieldKind {
    /// One of these.
    Option(Vec<String>),
    /// Some of these.
    Options(Vec<String>),
    /// One line.
    Text,
    /// Several lines.
    Paragraph,
    /// A number.
    Number,
    /// A day.
    Date,
    /// An instant.
    DateTime,
    /// A person.
    User,
    /// Some of the parts of the project.
    Components(Vec<String>),
    /// The issue that it belongs under.
    Parent,
    /// The key of an epic, as Data Center keeps it.
    EpicLink,
}

/// A field of the site's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnField {
    /// The id: `customfield_10050`, `components`.
    pub id: String,
    /// What people read.
    pub name: String,
    /// Whether an issue without it is refused.
    pub required: bool,
    /// What it takes.
    pub kind: OwnFieldKind,
}

/// What is special about the fields of a site.
#[derive(Default)]
pub(super) struct OwnFields {
    fields: Vec<OwnField>,
    /// Those that the step into Done demands.
    demanded: Vec<String>,
    /// Those that are shown and refused all the same, for want of a permission.
    refused: Vec<String>,
}

impl OwnField {
    /// The choices with their ids.
    fn choices(&self) -> Vec<(String, &str)> {
        let list = match &self.kind {
            OwnFieldKind::Option(list) | OwnFieldKind::Options(list) | OwnFieldKind::Components(list) => list,
            _ => return Vec::new(),
        };
        (30_100..).zip(list).map(|(id, name): (i32, _)| (id.to_string(), name.as_str())).collect()
    }

    fn schema(&self) -> Value {
        let (kind, items, custom) = match &self.kind {
            OwnFieldKind::Option(_) => ("option", "", "select"),
            OwnFieldKind::Options(_) => ("array", "option", "multiselect"),
            OwnFieldKind::Text => ("string", "", "textfield"),
            OwnFieldKind::Paragraph => ("string", "", "textarea"),
            OwnFieldKind::Number => ("number", "", "float"),
            OwnFieldKind::Date => ("date", "", "datepicker"),
            OwnFieldKind::DateTime => ("datetime", "", "datetime"),
            OwnFieldKind::User => ("user", "", "userpicker"),
            OwnFieldKind::Components(_) => ("array", "component", ""),
            OwnFieldKind::Parent => ("issuelink", "", ""),
            OwnFieldKind::EpicLink => {
                return json!({
                    "type": "any", "custom": "com.pyxis.greenhopper.jira:gh-epic-link"
                });
            }
        };
        let mut schema = json!({ "type": kind });
        if !items.is_empty() {
            schema["items"] = json!(items);
        }
        if self.id.starts_with("customfield_") {
            schema["custom"] = json!(format!("com.atlassian.jira.plugin.system.customfieldtypes:{custom}"));
        } else {
            schema["system"] = json!(self.id);
        }
        schema
    }

    /// As the metadata of a screen shows it.
    pub(super) fn shown(&self, required: bool) -> Value {
        let mut shown = json!({
            "fieldId": self.id, "key": self.id, "name": self.name, "required": required,
            "hasDefaultValue": false, "schema": self.schema(), "operations": ["set"],
        });
        let label = if matches!(self.kind, OwnFieldKind::Components(_)) { "name" } else { "value" };
        let choices = self.choices();
        if !choices.is_empty() {
            shown["allowedValues"] =
                choices.into_iter().map(|(id, name)| json!({ "id": id, label: name })).collect();
        }
        shown
    }

    /// The choice that a value names, as it is shown.
    fn choice(&self, value: &Value) -> Result<Value, String> {
        let label = if matches!(self.kind, OwnFieldKind::Components(_)) { "name" } else { "value" };
        let choices = self.choices();
        let found = choices.iter().find(|(id, name)| value["id"] == *id || value[label] == *name);
        found
            .map(|(id, name)| json!({ "id": id, label: name }))
            .ok_or_else(|| format!("Option id '{}' is not valid", value["id"].as_str().unwrap_or("null")))
    }
}

impl JiraSandbox {
    /// Puts a field of the site's own on all screens, in place of one of the same id.
    pub fn add_field(&self, field: OwnField) {
        let mut own = lock(&self.own_fields);
        own.fields.retain(|known| known.id != field.id);
        own.fields.push(field);
    }

    /// Lets the step into Done demand a field of the site's own.
    pub fn demand_for_done(&self, field: &str) {
        lock(&self.own_fields).demanded.push(field.to_owned());
    }

    /// Refuses a field that is shown, as for an account that may not set it.
    pub fn refuse_field(&self, field: &str) {
        lock(&self.own_fields).refused.push(field.to_owned());
    }

    /// A field of the site's own as an issue shows it.
    pub fn shown_field(&self, key: &str, field: &str) -> Value {
        let world = self.world();
        let id = world.find(&self.options.project_key, key);
        let issue = id.and_then(|id| world.issues.get(&id));
        issue.and_then(|issue| issue.own.get(field)).cloned().unwrap_or_default()
    }

    pub(super) fn own_fields(&self) -> Vec<OwnField> {
        lock(&self.own_fields).fields.clone()
    }

    /// Those that the step into Done demands.
    pub(super) fn demanded_fields(&self) -> Vec<OwnField> {
        let own = lock(&self.own_fields);
        own.fields.iter().filter(|field| own.demanded.contains(&field.id)).cloned().collect()
    }

    /// Whether a field is shown and refused all the same.
    pub(super) fn refuses(&self, field: &str) -> bool {
        lock(&self.own_fields).refused.iter().any(|known| known == field)
    }

    /// Checks a value of a field of the site's own; answers it as it is shown.
    pub(super) fn check_own(&self, name: &str, value: &Value) -> Result<Value, String> {
        let fields = self.own_fields();
        let Some(field) = fields.iter().find(|field| field.id == name) else {
            return Err(not_on_screen(name));
        };
        if value.is_null() {
            return if field.required {
                Err(format!("{} is required.", field.name))
            } else {
                Ok(Value::Null)
            };
        }
        let text = || value.as_str().ok_or_else(|| "Operation value must be a string".to_owned());
        match &field.kind {
            OwnFieldKind::Option(_) => field.choice(value),
            OwnFieldKind::Options(_) | OwnFieldKind::Components(_) => {
                let list = value.as_array().ok_or_else(|| "data was not an array".to_owned())?;
                list.iter().map(|value| field.choice(value)).collect()
            }
            OwnFieldKind::Text => {
                let text = text()?;
                let fits = !text.contains('\n') && text.encode_utf16().count() <= 255;
                fits.then(|| json!(text))
                    .ok_or_else(|| "The text is too long or has several lines.".to_owned())
            }
            OwnFieldKind::Paragraph => match rich_text(&self.options, value) {
                Ok(text) => Ok(text.unwrap_or_default()),
                Err(said) => Err(said.unwrap_or_else(|| "INVALID_INPUT".to_owned())),
            },
            OwnFieldKind::Number => {
                value.is_number().then(|| value.clone()).ok_or_else(|| "'value' is not a number".to_owned())
            }
            OwnFieldKind::Date => match text()?.parse::<NaiveDate>() {
                Ok(day) => Ok(json!(day.to_string())),
                Err(_) => Err("Operation value must be a string in the format yyyy-MM-dd".to_owned()),
            },
            OwnFieldKind::DateTime => match DateTime::parse_from_str(text()?, "%Y-%m-%dT%H:%M:%S%.f%z") {
                Ok(_) => Ok(value.clone()),
                Err(_) => Err("Error parsing time".to_owned()),
            },
            OwnFieldKind::User => {
                let name = if self.is_server() { "name" } else { "accountId" };
                let known = [BOT, PERSON].into_iter().find(|account| value[name] == *account);
                known
                    .map(|account| self.account_json(account))
                    .ok_or_else(|| format!("Specify a valid value for {}", field.id))
            }
            OwnFieldKind::Parent => self.issue_called(&value["key"]).map(|key| json!({ "key": key })),
            OwnFieldKind::EpicLink => self.issue_called(value).map(|key| json!(key)),
        }
    }

    fn issue_called(&self, key: &Value) -> Result<String, String> {
        let key = key.as_str().unwrap_or_default();
        let found = self.world().find(&self.options.project_key, key);
        found.map(|_| key.to_owned()).ok_or_else(|| "Could not find issue by id or key.".to_owned())
    }
}

/// Says which required fields of the site's own are missing in a new issue.
pub(super) fn missing(sandbox: &JiraSandbox, fields: &Map<String, Value>) -> Vec<(String, String)> {
    let required = sandbox.own_fields().into_iter().filter(|field| field.required);
    required
        .filter(|field| !fields.contains_key(&field.id))
        .map(|field| (field.id, format!("{} is required.", field.name)))
        .collect()
}

/// Writes checked values and says what changed.
pub(super) fn write(issue: &mut Issue, values: BTreeMap<String, Value>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (id, value) in values {
        let before = issue.own.get(&id).cloned().unwrap_or_default();
        if before != value {
            let words = |value: &Value| (None, (!value.is_null()).then(|| value.to_string()));
            changes.push(Change { field: Cow::Owned(id.clone()), from: words(&before), to: words(&value) });
            issue.own.insert(id, value);
        }
    }
    changes
}
