//! The plain values of JIRA.

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::changelog::last_status_change;
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The id of its issue type.
    pub issue_type: Option<String>,
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
                issue_type: fields["issuetype"]["id"].as_str().map(str::to_owned),
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
    use serde_json::json;

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
}
