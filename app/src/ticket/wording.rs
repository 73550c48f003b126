//! What a ticket says.

use abate_entity::level::Level;
use abate_integrations::jira::{
    Document, IssueEdit, Marker, Named, NewIssue, RemoteLink, marker_label, plain_text,
};
use serde_json::Value;

use super::about::About;
use super::drift::compare::digest;
use super::drift::field_rules::{self, Field};
use super::mapping::Filling;
use super::mapping::model::Mapping;
use super::screen::Screen;
use super::ticket_rules;
use super::told::{FieldTold, Told};

/// What makes our tickets ours: the six characters of this database, and how often it was copied.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// Six characters made with the database.
    pub(crate) instance: String,
    /// How often the database was restored or copied.
    pub(crate) epoch: i64,
    /// Where people reach us, with a slash at the end.
    pub(crate) base_url: String,
}

impl Identity {
    /// The marker of a ticket.
    #[must_use]
    pub(crate) fn marker(&self, uuid: uuid::Uuid) -> Marker {
        Marker { instance: self.instance.clone(), uuid: uuid.to_string(), epoch: self.epoch }
    }

    /// The label that all our tickets carry.
    #[must_use]
    pub(crate) fn common_label(&self) -> String {
        format!("abate-{}", self.instance)
    }

    /// The labels of one ticket.
    #[must_use]
    pub(crate) fn labels(&self, subject: &str) -> Vec<String> {
        vec![self.common_label(), marker_label(&self.instance, subject)]
    }
}

/// What a ticket has to say.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    /// The summary.
    pub(crate) summary: String,
    /// The description.
    pub(crate) description: Document,
    /// Its text as the site will show it.
    description_text: String,
    /// The priority, where the site has one that fits.
    pub(crate) priority: Option<Named>,
    /// The due date.
    pub(crate) due_on: Option<chrono::NaiveDate>,
    /// The link back.
    pub(crate) link: RemoteLink,
    /// What a new issue gets by the mapping of its connection.
    pub(crate) filling: Filling,
}

impl Content {
    /// What the ticket has to say of `about`; `rich_text` is how documents are sent to its site.
    #[must_use]
    pub(crate) fn of(
        about: &About,
        priorities: &[(String, String)],
        identity: &Identity,
        rich_text: impl Fn(&Document) -> Value,
    ) -> Self {
        let key = &about.key;
        Self {
            summary: abate_integrations::jira::cut_summary(&format!("{key}: {}", about.title)),
            description_text: plain_text(&rich_text(&about.description)),
            description: about.description.clone(),
            priority: priority(about.level, priorities),
            due_on: about.due_on,
            filling: Filling::default(),
            link: RemoteLink {
                global_id: format!("abate:{}:{}", identity.instance, about.subject),
                url: about.page.clone(),
                title: format!("{key} in Abate"),
                // The same for ever: a level that changes is told with the fields, in one call.
                summary: "Level, due date, evidence and history of the risk".to_owned(),
            },
        }
    }

    /// Takes the priority that a mapping names for a level, where it names one; one that the site does not offer is left
    /// out.
    pub(crate) fn prioritise(&mut self, level: Level, mapping: &Mapping, offered: &[(String, String)]) {
        let Some(name) = mapping.priorities.get(&level) else { return };
        let found = offered.iter().find(|(_, offered)| offered.eq_ignore_ascii_case(name.trim()));
        self.priority = found.map(|(id, name)| Named { id: id.clone(), name: name.clone() });
    }

    /// What it says in a field as comparable text, `None` where it has nothing to say there.
    #[must_use]
    pub(crate) fn text(&self, field: Field) -> Option<String> {
        match field {
            Field::Summary => Some(self.summary.clone()),
            Field::Description => Some(self.description_text.clone()),
            Field::Priority => self.priority.as_ref().map(|priority| priority.name.clone()),
            Field::DueDate => Some(self.due_on.map(|day| day.to_string()).unwrap_or_default()),
            _ => None,
        }
    }

    /// What JIRA is to be told in these fields; labels are told apart.
    #[must_use]
    pub(crate) fn edit(&self, fields: &[Field]) -> IssueEdit {
        let mut edit = IssueEdit::default();
        for field in fields {
            match field {
                Field::Summary => edit.summary = Some(self.summary.clone()),
                Field::Description => edit.description = Some(self.description.clone()),
                Field::Priority => edit.priority = self.priority.as_ref().map(|choice| choice.id.clone()),
                Field::DueDate => edit.due_date = Some(self.due_on),
                _ => {}
            }
        }
        edit
    }

    /// The fields that a new issue is made with: those that its screen takes.
    fn first(screen: &Screen) -> Vec<Field> {
        let taken = |field: &Field| *field == Field::Summary || screen.takes(field.jira_name());
        field_rules::ours().filter(taken).collect()
    }

    /// The issue to create.
    #[must_use]
    pub(crate) fn new_issue(
        &self,
        subject: &str,
        marker: Marker,
        screen: &Screen,
        project: &str,
        identity: &Identity,
    ) -> NewIssue {
        let mut edit =
            IssueEdit { labels: Some(identity.labels(subject)), ..self.edit(&Self::first(screen)) };
        self.filling.put_into(&mut edit);
        NewIssue { project: project.to_owned(), issue_type: screen.issue_type.clone(), edit, marker }
    }

    /// Notes what JIRA is told with a create.
    pub(crate) fn told(&self, told: &mut Told, screen: &Screen) {
        for field in Self::first(screen) {
            if let Some(text) = self.text(field) {
                told.fields.insert(field, FieldTold { sent: digest(&text), ..FieldTold::default() });
            }
        }
        let not_taken = &told.not_taken;
        told.custom = self.filling.prints().filter(|(field, _)| !not_taken.contains_key(field)).collect();
    }
}

/// The priority that fits a level, among those a site offers as id and name.
fn priority(level: Level, offered: &[(String, String)]) -> Option<Named> {
    let id = ticket_rules::priority(level, offered)?;
    let (id, name) = offered.iter().find(|(known, _)| known == id)?;
    Some(Named { id: id.clone(), name: name.clone() })
}
