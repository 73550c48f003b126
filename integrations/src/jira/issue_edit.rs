//! What is written into an issue, when it is made and later.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::adf::{Document, cut_summary};
use super::dialect::Dialect;
use super::field_value::FieldValue;
use super::marker::{Marker, PROPERTY_KEY};

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
    /// The account that is named as the one who reported it.
    pub reporter: Option<String>,
    /// The ids of the components, all of them.
    pub components: Option<Vec<String>>,
    /// The key of the epic or issue that it belongs under.
    pub parent: Option<String>,
    /// Fields of the site's own, by id.
    pub custom: BTreeMap<String, FieldValue>,
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
            fields.insert("summary".to_owned(), json!(cut_summary(summary)));
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
        if let Some(reporter) = &self.reporter {
            fields.insert("reporter".to_owned(), dialect.user(reporter));
        }
        if let Some(components) = &self.components {
            let list: Vec<Value> = components.iter().map(|id| json!({ "id": id })).collect();
            fields.insert("components".to_owned(), json!(list));
        }
        if let Some(parent) = &self.parent {
            fields.insert("parent".to_owned(), json!({ "key": parent }));
        }
        for (field, value) in &self.custom {
            fields.insert(field.clone(), value.to_json(dialect, text_limit));
        }
        fields
    }

    /// Leaves a field out, by JIRA's name.
    pub fn leave_out(&mut self, field: &str) {
        match field {
            "priority" => self.priority = None,
            "duedate" => self.due_date = None,
            "description" => self.description = None,
            "assignee" => self.assignee = None,
            "reporter" => self.reporter = None,
            "components" => self.components = None,
            "parent" => self.parent = None,
            custom => drop(self.custom.remove(custom)),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn what_a_mapping_adds_is_sent_and_can_be_left_out() {
        let mut edit = IssueEdit {
            reporter: Some("ana".to_owned()),
            components: Some(vec!["7".to_owned()]),
            parent: Some("SEC-1".to_owned()),
            custom: BTreeMap::from([("customfield_1".to_owned(), FieldValue::Option("9".to_owned()))]),
            ..IssueEdit::default()
        };
        let fields = Value::Object(edit.to_fields(Dialect::DataCenter, 100));
        let expected = json!({
            "reporter": { "name": "ana" }, "components": [{ "id": "7" }], "parent": { "key": "SEC-1" },
            "customfield_1": { "id": "9" },
        });
        assert_eq!(fields, expected);
        for field in ["reporter", "components", "parent", "customfield_1", "unknown"] {
            edit.leave_out(field);
        }
        assert!(edit.is_empty());
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
}
