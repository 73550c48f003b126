//! Rules. What the risk pages print.

use crate::page::badge::Badge;
use crate::page::due::{Due, Moment};
use crate::page::form::{Field, Problems};
use crate::page::frame::Frame;
use askama::Template;

mod list;

pub use list::{RiskListPage, RiskRow, Tab};

/// A control that the risk can be said to rely on.
#[derive(Debug)]
pub struct ControlChoice {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Whether it is ticked.
    pub ticked: bool,
    /// Whether the risk relies on it as the page is shown.
    pub shown: bool,
}

/// What somebody else says of a risk, and waits for an answer.
#[derive(Debug)]
pub struct Statement {
    /// What they say.
    pub text: String,
    /// Where the form that declines it goes; empty for those who may not.
    pub decline: String,
    /// What its button says.
    pub button: &'static str,
}

/// An answer to what somebody asked for: no.
#[derive(Debug)]
pub struct Decline {
    /// What is declined, as the form sends it.
    pub what: &'static str,
    /// What the button says.
    pub label: &'static str,
    /// Why.
    pub reason: Field,
    /// Whether its form is unfolded (because it was sent with a mistake).
    pub open: bool,
}

/// The page of one risk.
#[derive(Debug, Template)]
#[template(path = "risk/show.html")]
pub struct RiskPage {
    /// The frame.
    pub frame: Frame,
    /// `R-12`.
    pub key: String,
    /// Its page, to which its forms are sent.
    pub href: String,
    /// The version that its forms were drawn from.
    pub version: String,
    /// Its title.
    pub title: String,
    /// Its level now.
    pub level: Badge,
    /// Its state, with the resolution when closed.
    pub state: Badge,
    /// When it is due.
    pub due: Due,
    /// Anything a reader must not miss: KEV, gone from its source, a broken link.
    pub flags: Vec<Badge>,
    /// Short facts beside the text.
    pub facts: Vec<Fact>,
    /// Who answers and who works, as fields; none for those who may not change it.
    pub people: Vec<Field>,
    /// What it says and its ratings, as fields; none for those who may not change it.
    pub edit: Vec<Field>,
    /// The form that was just sent with a mistake, which is unfolded; empty for none.
    pub refused_form: String,
    /// Answers that the reader may give to what somebody asked for.
    pub declines: Vec<Decline>,
    /// What others say of it that waits for an answer.
    pub statements: Vec<Statement>,
    /// The day on which its transfer is looked at again, where the reader may confirm it.
    pub transfer_review: Option<String>,
    /// The form that confirms it.
    pub transfer: Vec<Field>,
    /// Whether the reader is the assignee.
    pub is_assignee: bool,
    /// Steps open to the reader now.
    pub actions: Vec<Action>,
    /// Steps that are not, with the reasons.
    pub closed_actions: Vec<ClosedAction>,
    /// What was wrong with the last form sent.
    pub problems: Option<Problems>,
    /// The description, as HTML made by [`crate::page::markdown`].
    pub description: String,
    /// The planned mitigation, likewise.
    pub mitigation: String,
    /// Inherent, current and target rating.
    pub ratings: Vec<Rating>,
    /// STRIDE categories.
    pub stride: Vec<String>,
    /// ATT&CK techniques.
    pub techniques: Vec<Technique>,
    /// Phases of the kill chain; empty when none is set.
    pub kill_chain: Vec<Phase>,
    /// Its assets, the primary one first.
    pub assets: Vec<AssetRow>,
    /// Controls that mitigate it: id and name.
    pub controls: Vec<(String, String)>,
    /// The controls that it could rely on; none where the reader may not say so.
    pub control_choices: Vec<ControlChoice>,
    /// How the due date came about.
    pub derivation: Derivation,
    /// The form that puts off what the reader is told; no fields where there is nothing to put off.
    pub snooze: Vec<Field>,
    /// What supports it.
    pub findings: Vec<FindingRow>,
    /// How many more findings there are than shown, in words.
    pub more_findings: String,
    /// Risks that may be the same one: key, title, why.
    pub same: Vec<(String, String, String)>,
    /// Whether the reader may join this risk to another and take findings out.
    pub may_merge: bool,
    /// The key of the group that shares a ticket with it.
    pub group: Option<String>,
    /// Its ticket.
    pub ticket: Option<TicketView>,
    /// What to say when there is no ticket.
    pub no_ticket: String,
    /// Proof attached to it.
    pub evidence: Vec<EvidenceRow>,
    /// The form that attaches more, besides its file.
    pub attach: Vec<Field>,
    /// What people said.
    pub comments: Vec<Comment>,
    /// A comment that was sent and refused.
    pub comment_text: String,
    /// Whether the reader may comment and attach.
    pub may_write: bool,
    /// Whether the reader may see what the audit log says of it.
    pub may_read_log: bool,
    /// What happened, newest first.
    pub history: Vec<HistoryRow>,
}

/// One line of the facts.
#[derive(Debug, Clone)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// The words.
    pub text: String,
    /// Where they lead; empty when nowhere.
    pub href: String,
}

/// A step that the reader can take.
#[derive(Debug, Clone)]
pub struct Action {
    /// The event that the form sends.
    pub event: String,
    /// What the step is called.
    pub label: String,
    /// The state that it leads to.
    pub leads_to: String,
    /// What it means, in one sentence; may be empty.
    pub hint: String,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Whether it ends work on the risk.
    pub final_step: bool,
    /// Whether its form is unfolded (because it was sent with a mistake).
    pub open: bool,
}

/// A step that the reader cannot take now.
#[derive(Debug, Clone)]
pub struct ClosedAction {
    /// What the step is called.
    pub label: String,
    /// Why not, one sentence each.
    pub reasons: Vec<String>,
}

/// One rating.
#[derive(Debug, Clone)]
pub struct Rating {
    /// Inherent, current or target.
    pub name: String,
    /// What the name means.
    pub hint: String,
    /// `4 · Likely`, or a dash.
    pub likelihood: String,
    /// `5 · Severe`, or a dash.
    pub impact: String,
    /// Their product.
    pub score: String,
    /// The level on the grid.
    pub level: Option<Badge>,
    /// Who gave it and why, in a sentence; empty when that is not known.
    pub why: String,
}

/// One ATT&CK technique.
#[derive(Debug, Clone)]
pub struct Technique {
    /// `T1110.004`.
    pub id: String,
    /// Its page at its publisher.
    pub href: String,
    /// What is written beside it, such as the id it was stored under.
    pub note: String,
}

/// One phase of the kill chain.
#[derive(Debug, Clone)]
pub struct Phase {
    /// What it is called.
    pub label: String,
    /// Whether the risk is in it.
    pub current: bool,
}

/// One asset of the risk.
#[derive(Debug, Clone)]
pub struct AssetRow {
    /// Its name.
    pub name: String,
    /// Its page.
    pub href: String,
    /// Whether it is the primary one.
    pub primary: bool,
    /// Tier, exposure, data, in words.
    pub tier: String,
    /// Data classes.
    pub data: String,
    /// Who owns it.
    pub owner: String,
}

/// How a due date came about.
#[derive(Debug, Clone, Default)]
pub struct Derivation {
    /// Policy, calendar and zone in one sentence.
    pub basis: String,
    /// The steps.
    pub steps: Vec<DerivationStep>,
    /// What it comes to; empty when there is no date yet.
    pub outcome: String,
    /// What to say when there are no steps.
    pub none: String,
    /// What is asked of a risk manager; empty where no pause waits.
    pub pause: String,
    /// The form that refuses it; no fields for those who may not answer.
    pub refusing: Vec<Field>,
    /// The form that moves the due date; no fields for those who may not.
    pub moving: Vec<Field>,
}

/// One step of it.
#[derive(Debug, Clone)]
pub struct DerivationStep {
    /// What happened.
    pub what: String,
    /// The date it led to.
    pub result: String,
    /// Why; may be empty.
    pub detail: String,
}

/// One finding.
#[derive(Debug, Clone)]
pub struct FindingRow {
    /// Its number.
    pub id: i64,
    /// Why it is part of this risk, in words.
    pub because: String,
    /// Who reported it.
    pub source: String,
    /// What it says.
    pub title: String,
    /// Where it is.
    pub location: String,
    /// The tool's own severity.
    pub severity: String,
    /// First seen.
    pub first_seen: Moment,
    /// Whether its source still sees it.
    pub presence: Badge,
}

/// The ticket of the risk.
#[derive(Debug, Clone)]
pub struct TicketView {
    /// Its key, or what stands for it until it has one.
    pub key: String,
    /// Its page; empty until it has one.
    pub href: String,
    /// How we stand with it.
    pub state: Badge,
    /// Its facts: status there, assignee, last sync.
    pub facts: Vec<(String, String)>,
    /// What differs between us, one sentence each.
    pub drift: Vec<String>,
    /// The page of all that differed; empty for those who may not see it.
    pub drift_page: String,
}

/// One piece of evidence.
#[derive(Debug, Clone)]
pub struct EvidenceRow {
    /// Its number.
    pub id: i64,
    /// What a step names it by.
    pub reference: String,
    /// File name or title.
    pub name: String,
    /// Where it is, empty for what has no place.
    pub href: String,
    /// What kind, how large.
    pub detail: String,
    /// Who attached it.
    pub by: String,
    /// When.
    pub at: Moment,
    /// Who took it back and why, empty while it stands.
    pub withdrawn: String,
}

/// One comment.
#[derive(Debug, Clone)]
pub struct Comment {
    /// Who wrote it.
    pub author: String,
    /// When.
    pub at: Moment,
    /// From where, when not from this page.
    pub via: String,
    /// The text, as HTML made by [`crate::page::markdown`].
    pub body: String,
}

/// One entry of the history.
#[derive(Debug, Clone)]
pub struct HistoryRow {
    /// When.
    pub at: Moment,
    /// Who.
    pub actor: String,
    /// From where: page, API, Slack, JIRA, import, timer.
    pub via: String,
    /// What happened, in words.
    pub what: String,
    /// The reason or the values given; may be empty.
    pub note: String,
    /// The class that colours its dot: `state-open`.
    pub class: String,
}

#[cfg(test)]
mod tests;
