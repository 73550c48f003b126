//! What a ticket is about, as it stands with us: all that JIRA is told of it.

use abate_entity::level::Level;
use abate_entity::lifecycle::{Resolution, State};
use abate_entity::{asset, risk};
use abate_integrations::jira::{Block, Document, Inline};
use chrono::NaiveDate;

use super::finder;
use super::mapping::Facts;
use super::wording::Identity;
use crate::risk::key::RiskKey;

/// What a ticket is about.
#[derive(Clone, Debug)]
pub(crate) struct About {
    /// What its ticket is known by: `r-12`.
    pub(crate) subject: String,
    /// What people call it: `R-12`.
    pub(crate) key: String,
    /// Its title, which says nothing where that is confidential.
    pub(crate) title: String,
    /// Whether JIRA gets its key, level, due date and link alone.
    pub(crate) confidential: bool,
    /// How bad it is.
    pub(crate) level: Level,
    /// When it is due.
    pub(crate) due_on: Option<NaiveDate>,
    /// Where it stands.
    pub(crate) state: State,
    /// How it ended.
    pub(crate) resolution: Option<Resolution>,
    /// How often it changed.
    pub(crate) version: i32,
    /// The address of its page.
    pub(crate) page: String,
    /// What the description says.
    pub(crate) description: Document,
    /// What the fields of a site's own may say.
    pub(crate) facts: Facts,
}

impl About {
    /// A risk and its asset.
    #[must_use]
    pub(crate) fn risk(risk: &risk::Model, asset: Option<&asset::Model>, identity: &Identity) -> Self {
        let key = RiskKey(risk.id).to_string();
        let page = format!("{}risks/{key}", identity.base_url);
        let title = if risk.confidential { "confidential risk" } else { risk.title.as_str() };
        Self {
            subject: finder::subject(risk.id),
            title: title.to_owned(),
            confidential: risk.confidential,
            level: risk.level,
            due_on: risk.due_on,
            state: risk.state,
            resolution: risk.resolution,
            version: risk.version,
            description: description(risk, asset, &key, &page),
            facts: Facts::of(risk, asset),
            key,
            page,
        }
    }
}

fn description(risk: &risk::Model, asset: Option<&asset::Model>, key: &str, page: &str) -> Document {
    let link = Inline::Link { text: key.to_owned(), href: page.to_owned() };
    let mut facts = vec![
        row("Risk", vec![link]),
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
