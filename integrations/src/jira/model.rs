//! The plain values of JIRA.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::adf::Document;
use super::history::{self, FieldChange};
use super::marker::{Marker, PROPERTY_KEY};

/// A person or a machine with an account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The only stable name of an account.
    pub account_id: String,
    /// What people read.
    #[serde(default)]
    pub display_name: String,
    /// Hidden by many people's profile settings.
    #[serde(default)]
    pub email_address: Option<String>,
}

/// Something with an id and a name: a priority, a resolution.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Named {
    /// The id.
    #[serde(default)]
    pub id: String,
    /// The name; options of a custom field call it their value.
    #[serde(alias = "value", default)]
    pub name: String,
}

/// The three kinds of status that every workflow shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusCategory {
    /// Nobody works on it.
    New,
    /// Somebody works on it.
    Indeterminate,
    /// The work has ended.
    Done,
    /// JIRA gives none; says nothing about the work.
    Undefined,
}

impl StatusCategory {
    /// Reads JIRA's key.
    pub fn from_key(key: &str) -> Self {
        match key {
            "new" => Self::New,
            "indeterminate" => Self::Indeterminate,
            "done" => Self::Done,
            _ => Self::Undefined,
        }
    }

    /// JIRA's key.
    pub fn key(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Indeterminate => "indeterminate",
            Self::Done => "done",
            Self::Undefined => "undefined",
        }
    }
}

/// A status of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The id.
    pub id: String,
    /// The name, which says nothing reliable.
    pub name: String,
    /// The category, which does.
    pub category: StatusCategory,
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Category {
            key: String,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Raw {
            #[serde(default)]
            id: String,
            #[serde(default)]
            name: String,
            status_category: Option<Category>,
        }
        let raw = Raw::deserialize(deserializer)?;
        let category =
            raw.status_category.map_or(StatusCategory::Undefined, |c| StatusCategory::from_key(&c.key));
        Ok(Self { id: raw.id, name: raw.name, category })
    }
}

/// The moment at which an issue reached its present status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom; unknown where the change was made by a rule or a removed account.
    pub by: Option<Account>,
    /// The id of the status it reached.
    pub to: String,
}

/// What an issue says; a field that was not asked for is empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IssueFields {
    /// The title.
    pub summary: Option<String>,
    /// The description, an ADF document.
    pub description: Option<Value>,
    /// The labels.
    pub labels: Vec<String>,
    /// The priority.
    pub priority: Option<Named>,
    /// The due date.
    pub due_date: Option<NaiveDate>,
    /// The status.
    pub status: Option<Status>,
    /// The resolution.
    pub resolution: Option<Named>,
    /// Who works on it.
    pub assignee: Option<Account>,
    /// When anything of it last changed.
    pub updated: Option<DateTime<Utc>>,
    /// The key of its project.
    pub project: Option<String>,
}

/// An issue as JIRA shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Issue {
    /// The id, which stays when the issue moves.
    pub id: String,
    /// The key, which may change.
    pub key: String,
    /// What it says.
    pub fields: IssueFields,
    /// Our marker, where it was asked for and is there.
    pub marker: Option<Marker>,
    /// The last change of status, where the history was asked for.
    pub status_change: Option<StatusChange>,
    /// The changes of fields, oldest first, where the history was asked for; a long history lacks its beginning.
    pub changes: Vec<FieldChange>,
}

/// The id and key that JIRA gave.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CreatedIssue {
    /// The id.
    pub id: String,
    /// The key.
    pub key: String,
}

/// An issue to create.
#[derive(Debug, Clone)]
pub struct NewIssue {
    /// The key of the project.
    pub project: String,
    /// The id of the issue type.
    pub issue_type: String,
    /// What it says.
    pub edit: IssueEdit,
    /// Our marker, which appears together with the issue.
    pub marker: Marker,
}

/// Fields to write; those that are `None` are left alone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IssueEdit {
    /// The title.
    pub summary: Option<String>,
    /// The description.
    pub description: Option<Document>,
    /// The labels, all of them: for a new issue. On one that is there they would undo what somebody adds meanwhile.
    pub labels: Option<Vec<String>>,
    /// Labels to add to those that are there.
    pub add_labels: Vec<String>,
    /// Labels to take away from those that are there.
    pub remove_labels: Vec<String>,
    /// The id of the priority.
    pub priority: Option<String>,
    /// The due date; `Some(None)` removes it.
    pub due_date: Option<Option<NaiveDate>>,
    /// The account id of the assignee; `Some(None)` removes it.
    pub assignee: Option<Option<String>>,
    /// A comment that explains the edit and is written with it.
    pub comment: Option<Document>,
}

impl IssueEdit {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The body of the edit call.
    pub(crate) fn to_body(&self) -> Value {
        let mut body = json!({ "fields": self.to_fields() });
        let mut update = Map::new();
        let add = self.add_labels.iter().map(|label| json!({ "add": label }));
        let labels: Vec<Value> =
            add.chain(self.remove_labels.iter().map(|label| json!({ "remove": label }))).collect();
        if !labels.is_empty() {
            update.insert("labels".to_owned(), json!(labels));
        }
        if let Some(comment) = &self.comment {
            update.insert("comment".to_owned(), json!([{ "add": { "body": comment.to_value() } }]));
        }
        if !update.is_empty() {
            body["update"] = Value::Object(update);
        }
        body
    }

    /// The JSON object of the given fields.
    pub(crate) fn to_fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        if let Some(summary) = &self.summary {
            fields.insert("summary".to_owned(), json!(super::adf::cut_summary(summary)));
        }
        if let Some(description) = &self.description {
            fields.insert("description".to_owned(), description.to_value());
        }
        if let Some(labels) = &self.labels {
            fields.insert("labels".to_owned(), json!(labels));
        }
        if let Some(priority) = &self.priority {
            fields.insert("priority".to_owned(), json!({ "id": priority }));
        }
        if let Some(due_date) = &self.due_date {
            fields.insert("duedate".to_owned(), json!(due_date.map(|day| day.to_string())));
        }
        if let Some(assignee) = &self.assignee {
            fields
                .insert("assignee".to_owned(), json!(assignee.as_ref().map(|id| json!({ "accountId": id }))));
        }
        fields
    }
}

impl NewIssue {
    /// The body of the create call: fields and marker in one, so that no issue is ever without it.
    pub(crate) fn to_body(&self) -> Value {
        let mut fields = self.edit.to_fields();
        fields.insert("project".to_owned(), json!({ "key": self.project }));
        fields.insert("issuetype".to_owned(), json!({ "id": self.issue_type }));
        json!({ "fields": fields, "properties": [{ "key": PROPERTY_KEY, "value": self.marker }] })
    }
}

/// Reads JIRA's spelling of an instant, `2026-11-21T01:02:03.004+0000`.
pub(crate) fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z")
        .or_else(|_| DateTime::parse_from_rfc3339(text))
        .ok()
        .map(|at| at.with_timezone(&Utc))
}

impl Issue {
    /// Reads an issue of any of the calls that show one. Fields that are missing or unreadable stay empty.
    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        let id = value["id"].as_str()?.to_owned();
        let key = value["key"].as_str().unwrap_or_default().to_owned();
        let fields = &value["fields"];
        let read = |name: &str| fields.get(name).filter(|value| !value.is_null()).cloned();
        let text = |name: &str| fields[name].as_str().map(str::to_owned);
        Some(Self {
            id,
            key,
            fields: IssueFields {
                summary: text("summary"),
                description: read("description"),
                labels: read("labels").and_then(|v| serde_json::from_value(v).ok()).unwrap_or_default(),
                priority: read("priority").and_then(|v| serde_json::from_value(v).ok()),
                due_date: text("duedate").and_then(|day| day.parse().ok()),
                status: read("status").and_then(|v| serde_json::from_value(v).ok()),
                resolution: read("resolution").and_then(|v| serde_json::from_value(v).ok()),
                assignee: read("assignee").and_then(|v| serde_json::from_value(v).ok()),
                updated: text("updated").as_deref().and_then(instant),
                project: fields["project"]["key"].as_str().map(str::to_owned),
            },
            marker: serde_json::from_value(value["properties"][PROPERTY_KEY].clone()).ok(),
            status_change: last_status_change(&value["changelog"]["histories"]),
            changes: history::changes(&value["changelog"]["histories"]),
        })
    }
}

/// The newest change of status in a history, which JIRA gives in no promised order.
fn last_status_change(histories: &Value) -> Option<StatusChange> {
    histories
        .as_array()?
        .iter()
        .filter_map(|history| {
            let item = history["items"].as_array()?.iter().rfind(|item| item["field"] == "status")?;
            let change = StatusChange {
                at: instant(history["created"].as_str()?)?,
                by: serde_json::from_value(history["author"].clone()).ok(),
                to: item["to"].as_str().unwrap_or_default().to_owned(),
            };
            // Of two changes in one instant, the later has the higher number.
            Some((history["id"].as_str().and_then(|id| id.parse::<u64>().ok()), change))
        })
        .max_by_key(|(id, change)| (change.at, *id))
        .map(|(_, change)| change)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_survives_missing_and_strange_fields() {
        let issue = Issue::from_value(&json!({
            "id": "20001", "key": "SEC-1",
            "fields": {
                "summary": "S", "duedate": "not a day", "assignee": null, "updated": "2026-11-21T01:02:03.004+0100",
                "status": { "name": "Closed", "statusCategory": { "key": "new" } }
            }
        }))
        .expect("an issue");
        assert_eq!(issue.fields.due_date, None);
        assert_eq!(
            issue.fields.updated.map(|at| at.to_rfc3339()),
            Some("2026-11-21T00:02:03.004+00:00".to_owned())
        );
        assert_eq!(issue.fields.status.map(|status| status.category), Some(StatusCategory::New));
        assert_eq!(issue.marker, None);
    }

    #[test]
    fn the_last_status_change_is_the_newest_whatever_the_order() {
        let history = |at: &str, to: &str| json!({ "created": at, "author": { "accountId": "a" }, "items": [{ "field": "status", "to": to }] });
        let first = history("2026-11-21T01:00:00.000+0000", "3");
        let last = history("2026-11-21T02:00:00.000+0000", "10002");
        for order in [[&first, &last], [&last, &first]] {
            let value = json!({ "id": "1", "key": "S-1", "changelog": { "histories": order } });
            let change = Issue::from_value(&value).and_then(|issue| issue.status_change).expect("a change");
            assert_eq!(change.to, "10002");
        }
    }

    #[test]
    fn an_edit_carries_only_what_is_given() {
        let edit = IssueEdit { due_date: Some(None), ..IssueEdit::default() };
        assert_eq!(Value::Object(edit.to_fields()), json!({ "duedate": null }));
        assert!(IssueEdit::default().is_empty() && !edit.is_empty());
        let edit = IssueEdit { add_labels: vec!["a".to_owned()], ..IssueEdit::default() };
        assert_eq!(edit.to_body(), json!({ "fields": {}, "update": { "labels": [{ "add": "a" }] } }));
        let comment = Document::from_text("Why");
        let edit = IssueEdit {
            remove_labels: vec!["b".to_owned()],
            comment: Some(comment.clone()),
            ..IssueEdit::default()
        };
        let said = json!([{ "add": { "body": comment.to_value() } }]);
        let update = json!({ "labels": [{ "remove": "b" }], "comment": said });
        assert_eq!(edit.to_body(), json!({ "fields": {}, "update": update }));
    }
}
