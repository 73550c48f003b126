//! What the ticket of a group says: a table of its risks, in the order in which they are due.

use abate_integrations::jira::{Block, Document, Inline};
use chrono::NaiveDate;

use super::current::{Current, Member};
use super::model;
use crate::risk::key::RiskKey;
use crate::ticket::about::About;
use crate::ticket::subject::Subject;
use crate::ticket::wording::Identity;

/// How the description ends. A description without it was cut.
pub(in crate::ticket) const CLOSING: &str = "Move this ticket to done to claim the fix of each risk; somebody else then verifies each of them in Abate. Comments \
     that name a risk by its key go to that risk, others to each open one.";

/// The columns of the table.
const COLUMNS: [&str; 6] = ["Key", "Level", "Due", "State", "Owner", "Link"];

impl About {
    /// A group; `fits` says whether a description is short enough for the site.
    #[must_use]
    pub(crate) fn group(current: &Current, identity: &Identity, fits: impl Fn(&Document) -> bool) -> Self {
        let key = current.key();
        let page = format!("{}groups/{key}", identity.base_url);
        let confidential = current.is_confidential();
        let title = if confidential { "confidential risks" } else { current.group.title.as_str() };
        let (state, resolution) = current.stands();
        let mut members: Vec<&Member> = current.members.iter().collect();
        members.sort_by_key(|member| {
            (!member.is_open(), member.risk.due_on.unwrap_or(NaiveDate::MAX), member.risk.id)
        });
        let of = |rows: usize| description(current, &members, rows, &page, identity);
        let rows = model::most(members.len(), |rows| fits(&of(rows)));
        Self {
            subject: Subject::Group(current.group.id).to_string(),
            title: format!("{title} ({})", risks(members.len())),
            confidential,
            level: current.level(),
            due_on: current.due_on(),
            state,
            resolution,
            version: current.version,
            description: of(rows),
            key,
            page,
        }
    }
}

fn risks(count: usize) -> String {
    if count == 1 { "1 risk".to_owned() } else { format!("{count} risks") }
}

fn description(
    current: &Current,
    members: &[&Member],
    rows: usize,
    page: &str,
    identity: &Identity,
) -> Document {
    let link = || Inline::Link { text: current.key(), href: page.to_owned() };
    let open = current.open().count();
    let mut facts = vec![
        fact("Group", link()),
        fact("Risks", Inline::text(format!("{}, {open} open", risks(members.len())))),
        fact("Level", Inline::Strong(current.level().to_string())),
        fact("First due", Inline::text(day(current.due_on()))),
    ];
    if let Some(asset) = current.asset.as_ref().filter(|_| !current.is_confidential()) {
        facts.push(fact("Asset", Inline::text(&asset.name)));
    }
    let header = COLUMNS.map(str::to_owned).to_vec();
    let table = members[..rows].iter().map(|member| row(member, identity)).collect();
    let mut document = Document::new()
        .with(Block::Table { header: vec!["Fact".to_owned(), "Value".to_owned()], rows: facts })
        .with(Block::Table { header, rows: table });
    if rows < members.len() {
        let more = Inline::text(format!("and {} more: ", members.len() - rows));
        document = document.with(Block::Paragraph(vec![more, link()]));
    }
    document.with(Block::Paragraph(vec![Inline::text(CLOSING)]))
}

fn fact(name: &str, value: Inline) -> Vec<Vec<Inline>> {
    vec![vec![Inline::text(name)], vec![value]]
}

fn row(member: &Member, identity: &Identity) -> Vec<Vec<Inline>> {
    let risk = &member.risk;
    let key = RiskKey(risk.id).to_string();
    let href = format!("{}risks/{key}", identity.base_url);
    let (state, owner) = if risk.confidential {
        (String::new(), String::new())
    } else {
        (risk.state.to_string(), member.owner.clone().unwrap_or_default())
    };
    vec![
        vec![Inline::text(key)],
        vec![Inline::Strong(risk.level.to_string())],
        vec![Inline::text(day(risk.due_on))],
        vec![Inline::text(state)],
        vec![Inline::text(owner)],
        vec![Inline::Link { text: "open".to_owned(), href }],
    ]
}

fn day(date: Option<NaiveDate>) -> String {
    date.map_or_else(|| "none".to_owned(), |date| date.to_string())
}
