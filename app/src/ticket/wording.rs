//! What a ticket says.

use abate_entity::{asset, risk};
use abate_integrations::jira::{
    Block, Document, Inline, IssueEdit, Marker, NewIssue, RemoteLink, TEXT_LIMIT, marker_label,
};
use sha2::{Digest as _, Sha256};

use super::screen::Screen;
use super::ticket_rules;
use super::told::Told;
use crate::risk::key::RiskKey;

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

    fn page(&self, risk: &risk::Model) -> String {
        format!("{}risks/{}", self.base_url, RiskKey(risk.id))
    }
}

/// What the ticket of a risk has to say.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    /// The summary.
    pub(crate) summary: String,
    /// The description.
    pub(crate) description: Document,
    /// The id of the priority, where the site has one that fits.
    pub(crate) priority: Option<String>,
    /// The due date.
    pub(crate) due_on: Option<chrono::NaiveDate>,
    /// The link back.
    pub(crate) link: RemoteLink,
}

impl Content {
    /// What the ticket of `risk` has to say.
    #[must_use]
    pub(crate) fn of(
        risk: &risk::Model,
        asset: Option<&asset::Model>,
        screen: &Screen,
        identity: &Identity,
    ) -> Self {
        let key = RiskKey(risk.id);
        let title = if risk.confidential { "confidential risk" } else { risk.title.as_str() };
        let page = identity.page(risk);
        Self {
            summary: abate_integrations::jira::cut_summary(&format!("{key}: {title}")),
            description: description(risk, asset, &page),
            priority: ticket_rules::priority(risk.level, &screen.priorities).map(str::to_owned),
            due_on: risk.due_on,
            link: RemoteLink {
                global_id: format!("abate:{}:r-{}", identity.instance, risk.id),
                url: page,
                title: format!("{key} in Abate"),
                summary: format!("Level {}", risk.level),
            },
        }
    }

    /// A digest of the description.
    #[must_use]
    pub(crate) fn description_digest(&self) -> String {
        hex::encode(&Sha256::digest(self.description.to_value(TEXT_LIMIT).to_string())[..16])
    }

    /// The fields that differ from what JIRA was told, of those that the screen takes.
    #[must_use]
    pub(crate) fn edit(&self, told: &Told, screen: &Screen) -> IssueEdit {
        let mut edit = IssueEdit::default();
        if told.summary.as_ref() != Some(&self.summary) {
            edit.summary = Some(self.summary.clone());
        }
        if screen.takes("description") && told.description != Some(self.description_digest()) {
            edit.description = Some(self.description.clone());
        }
        if screen.takes("priority") && self.priority.is_some() && told.priority != self.priority {
            edit.priority.clone_from(&self.priority);
        }
        if screen.takes("duedate") && told.due_on != self.due_on {
            edit.due_date = Some(self.due_on);
        }
        edit
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
        let edit =
            IssueEdit { labels: Some(identity.labels(subject)), ..self.edit(&Told::default(), screen) };
        NewIssue { project: project.to_owned(), issue_type: screen.issue_type.clone(), edit, marker }
    }

    /// Notes that JIRA has been told all of this but the link.
    pub(crate) fn told(&self, told: &mut Told, screen: &Screen) {
        told.summary = Some(self.summary.clone());
        if screen.takes("description") {
            told.description = Some(self.description_digest());
        }
        if screen.takes("priority") {
            told.priority.clone_from(&self.priority);
        }
        if screen.takes("duedate") {
            told.due_on = self.due_on;
        }
    }
}

fn description(risk: &risk::Model, asset: Option<&asset::Model>, page: &str) -> Document {
    let key = RiskKey(risk.id).to_string();
    let mut facts = vec![
        row("Risk", vec![Inline::Link { text: key, href: page.to_owned() }]),
        row("Level", vec![Inline::Strong(risk.level.to_string())]),
        row("Due", vec![Inline::text(risk.due_on.map_or_else(|| "none".to_owned(), |day| day.to_string()))]),
    ];
    let mut document = Document::new();
    if risk.confidential {
        let text = "What it is about is kept in Abate; follow the link to read it.";
        return document.with(table(facts)).with(Block::Paragraph(vec![Inline::text(text)]));
    }
    if let Some(asset) = asset {
        facts.push(row("Asset", vec![Inline::text(&asset.name)]));
    }
    document = document.with(table(facts));
    for (heading, text) in
        [("What is wrong", &risk.description), ("What to do", &risk.mitigation), ("Plan", &risk.plan)]
    {
        if !text.trim().is_empty() {
            document = document.with(Block::Heading { level: 3, text: heading.to_owned() });
            for paragraph in text.replace("\r\n", "\n").split("\n\n").filter(|p| !p.trim().is_empty()) {
                document = document.with(Block::Paragraph(vec![Inline::text(paragraph.trim())]));
            }
        }
    }
    let closing = "Move this ticket to done to claim the fix; somebody else then verifies it in Abate. \
                   Level and due date follow the risk.";
    document.with(Block::Paragraph(vec![Inline::text(closing)]))
}

fn row(name: &str, value: Vec<Inline>) -> Vec<Vec<Inline>> {
    vec![vec![Inline::text(name)], value]
}

fn table(rows: Vec<Vec<Vec<Inline>>>) -> Block {
    Block::Table { header: vec!["Fact".to_owned(), "Value".to_owned()], rows }
}
