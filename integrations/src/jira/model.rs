//! The plain values of JIRA.

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::adf::Document;
use super::changelog::last_status_change;
use super::dialect::Dialect;
use super::history::{self, FieldChange};
use super::marker::{Marker, PROPERTY_KEY};

/// A person or a machine with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The only stable name of an account on Cloud; the user's name on Data Center.
    pub account_id: String,
    /// What people read.
    pub display_name: String,
    /// Hidden by many people's profile settings.
    pub email_address: Option<String>,
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let account_id = account_name(&value).ok_or_else(|| D::Error::custom("a user without a name"))?;
        Ok(Self {
            account_id,
            display_name: text("displayName").unwrap_or_default(),
            email_address: text("emailAddress"),
        })
    }
}

/// What a user is called by: the account id on Cloud, the name on Data Center, which has a key too.
pub(crate) fn account_name(user: &Value) -> Option<String> {
    // Atlassian's own example of a webhook spells the first name wrong, and so do some events.
    let names = ["accountId", "accoundId", "name", "key"];
    names.iter().find_map(|name| user[*name].as_str()).map(str::to_owned)
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
    /// The description: a document of Cloud, or a text of Data Center with single line ends.
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
    /// Whether it was asked for; without that, none says nothing.
    pub marker_asked: bool,
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
    /// The assignee, as [`Account::account_id`] names it; `Some(None)` removes it.
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
    pub(crate) fn to_body(&self, dialect: Dialect, text_limit: usize) -> Value {
        let mut body = json!({ "fields": self.to_fields(dialect, text_limit) });
        let mut update = Map::new();
        let add = self.add_labels.iter().map(|label| json!({ "add": label }));
        let labels: Vec<Value> =
            add.chain(self.remove_labels.iter().map(|label| json!({ "remove": label }))).collect();
        if !labels.is_empty() {
            update.insert("labels".to_owned(), json!(labels));
        }
        if let Some(comment) = &self.comment {
            let body = dialect.rich_text(comment, text_limit);
            update.insert("comment".to_owned(), json!([{ "add": { "body": body } }]));
        }
        if !update.is_empty() {
            body["update"] = Value::Object(update);
        }
        body
    }

    /// The JSON object of the given fields.
    pub(crate) fn to_fields(&self, dialect: Dialect, text_limit: usize) -> Map<String, Value> {
        let mut fields = Map::new();
        if let Some(summary) = &self.summary {
            fields.insert("summary".to_owned(), json!(super::adf::cut_summary(summary)));
        }
        if let Some(description) = &self.description {
            fields.insert("description".to_owned(), dialect.rich_text(description, text_limit));
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
            fields.insert("assignee".to_owned(), json!(assignee.as_ref().map(|id| dialect.user(id))));
        }
        fields
    }
}

impl NewIssue {
    /// The body of the create call: fields and marker in one, so that no issue is ever without it.
    pub(crate) fn to_body(&self, dialect: Dialect, text_limit: usize) -> Value {
        let mut fields = self.edit.to_fields(dialect, text_limit);
        fields.insert("project".to_owned(), json!({ "key": self.project }));
        fields.insert("issuetype".to_owned(), json!({ "id": self.issue_type }));
        let marker = dialect.property(json!(self.marker));
        json!({ "fields": fields, "properties": [{ "key": PROPERTY_KEY, "value": marker }] })
    }
}

/// Rich text as it was sent: Data Center may give a text back with other line ends.
pub(crate) fn one_line_end(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace("\r\n", "\n")),
        value => value.clone(),
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
    pub(crate) fn from_value(value: &Value, marker_asked: bool) -> Option<Self> {
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
                description: read("description").as_ref().map(one_line_end),
                labels: read("labels").and_then(|v| serde_json::from_value(v).ok()).unwrap_or_default(),
                priority: read("priority").and_then(|v| serde_json::from_value(v).ok()),
                due_date: text("duedate").and_then(|day| day.parse().ok()),
                status: read("status").and_then(|v| serde_json::from_value(v).ok()),
                resolution: read("resolution").and_then(|v| serde_json::from_value(v).ok()),
                assignee: read("assignee").and_then(|v| serde_json::from_value(v).ok()),
                updated: text("updated").as_deref().and_then(instant),
                project: fields["project"]["key"].as_str().map(str::to_owned),
            },
            marker: Marker::read(&value["properties"][PROPERTY_KEY]),
            marker_asked,
            status_change: last_status_change(&value["changelog"]["histories"]),
            changes: history::changes(&value["changelog"]["histories"]),
        })
    }
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
        }), true)
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
    fn a_user_is_read_in_both_forms() {
        let read = |value: Value| serde_json::from_value::<Account>(value).map(|user| user.account_id).ok();
        assert_eq!(read(json!({ "accountId": "5570:1", "displayName": "Ana" })).as_deref(), Some("5570:1"));
        let server = json!({ "name": "ana", "key": "JIRAUSER10100", "emailAddress": "ana@example.org" });
        assert_eq!(read(server).as_deref(), Some("ana"));
        assert_eq!(read(json!({ "key": "JIRAUSER10100" })).as_deref(), Some("JIRAUSER10100"));
        assert_eq!(read(json!({ "displayName": "Former user" })), None);
    }

    #[test]
    fn data_center_takes_texts_and_names() {
        let edit = IssueEdit {
            description: Some(Document::from_text("a {b}")),
            assignee: Some(Some("ana".to_owned())),
            ..IssueEdit::default()
        };
        let fields = Value::Object(edit.to_fields(Dialect::DataCenter, 100));
        assert_eq!(fields, json!({ "description": "a \\{b\\}", "assignee": { "name": "ana" } }));
        let marker = Marker { instance: "i".to_owned(), uuid: "u".to_owned(), epoch: 0 };
        let new =
            NewIssue { project: "SEC".to_owned(), issue_type: "1".to_owned(), edit, marker: marker.clone() };
        let sent = new.to_body(Dialect::DataCenter, 100)["properties"][0]["value"].clone();
        assert!(sent.is_string());
        assert_eq!(Marker::read(&sent), Some(marker));
        assert!(new.to_body(Dialect::Cloud, 100)["properties"][0]["value"].is_object());
    }

    #[test]
    fn an_edit_carries_only_what_is_given() {
        let edit = IssueEdit { due_date: Some(None), ..IssueEdit::default() };
        assert_eq!(Value::Object(edit.to_fields(Dialect::Cloud, 100)), json!({ "duedate": null }));
        assert!(IssueEdit::default().is_empty() && !edit.is_empty());
        let edit = IssueEdit { add_labels: vec!["a".to_owned()], ..IssueEdit::default() };
        assert_eq!(
            edit.to_body(Dialect::Cloud, 100),
            json!({ "fields": {}, "update": { "labels": [{ "add": "a" }] } })
        );
        let comment = Document::from_text("Why");
        let edit = IssueEdit {
            remove_labels: vec!["b".to_owned()],
            comment: Some(comment.clone()),
            ..IssueEdit::default()
        };
        let said = json!([{ "add": { "body": comment.to_value(100) } }]);
        let update = json!({ "labels": [{ "remove": "b" }], "comment": said });
        assert_eq!(edit.to_body(Dialect::Cloud, 100), json!({ "fields": {}, "update": update }));
    }
}
