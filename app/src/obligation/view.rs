//! Rules. What the pages of obligations print.

use abate_entity::cadence_run::RunState;
use askama::Template;

use crate::page::badge::{Badge, Tone, capitalised};
use crate::page::due::Due;
use crate::page::form::{Field, Problems};
use crate::page::frame::Frame;
use crate::page::listing::{Empty, Pager};

/// All cadences.
#[derive(Debug, Template)]
#[template(path = "obligation/list.html")]
pub struct CadenceListPage {
    /// The frame.
    pub frame: Frame,
    /// The rows.
    pub rows: Vec<CadenceRow>,
    /// The way to the rest.
    pub pager: Pager,
    /// What to say when there are no rows.
    pub empty: Empty,
    /// Cadences that can be set up with one click: value, name, what has to be done.
    pub offers: Vec<(String, String, String)>,
    /// Whether the reader may set cadences up.
    pub may_keep: bool,
}

/// One cadence in the list.
#[derive(Debug, Clone)]
pub struct CadenceRow {
    /// Its page.
    pub href: String,
    /// Its name.
    pub name: String,
    /// What it is about, in words.
    pub kind: String,
    /// Who does it, or the team that answers for it.
    pub owner: String,
    /// Whether runs are made; none while they are.
    pub resting: Option<Badge>,
    /// The run to be done next.
    pub next: Option<RunCell>,
    /// The last run that is over.
    pub last: Option<RunCell>,
}

/// A run in a table.
#[derive(Debug, Clone)]
pub struct RunCell {
    /// Its page.
    pub href: String,
    /// The day on which it is due, and how far away that is.
    pub due: Due,
    /// The date of the rule, in words.
    pub scheduled: String,
    /// Where it stands.
    pub state: Badge,
    /// Who did it, or who skipped it.
    pub who: String,
    /// When it was done, in words.
    pub done: String,
    /// Why it was skipped or missed.
    pub reason: String,
}

/// The page of a cadence.
#[derive(Debug, Template)]
#[template(path = "obligation/show.html")]
pub struct CadencePage {
    /// The frame.
    pub frame: Frame,
    /// Its name.
    pub name: String,
    /// What it is about, in words.
    pub kind: String,
    /// Whether runs are made; none while they are.
    pub resting: Option<Badge>,
    /// What has to be done, as HTML.
    pub description: String,
    /// Facts: name and value.
    pub facts: Vec<(String, String)>,
    /// Its runs, the latest first.
    pub runs: Vec<RunCell>,
    /// The way to earlier runs.
    pub pager: Pager,
    /// The dates that come, in words: scheduled and due.
    pub coming: Vec<(String, String)>,
    /// Where to change it; empty without the right.
    pub edit_href: String,
}

/// The page of a run.
#[derive(Debug, Template)]
#[template(path = "obligation/run.html")]
pub struct RunPage {
    /// The frame.
    pub frame: Frame,
    /// Name of the cadence.
    pub cadence: String,
    /// Page of the cadence.
    pub cadence_href: String,
    /// Its page.
    pub href: String,
    /// The date of the rule, in words.
    pub scheduled: String,
    /// Where it stands.
    pub state: Badge,
    /// When it is due.
    pub due: Due,
    /// What has to be done, as HTML.
    pub description: String,
    /// Facts: name and value.
    pub facts: Vec<(String, String)>,
    /// What shows that it was done.
    pub evidence: String,
    /// Where that is; empty when there is no address.
    pub evidence_url: String,
    /// What the reader can do.
    pub forms: Vec<RunForm>,
    /// What was wrong with the form just sent.
    pub problems: Option<Problems>,
    /// Counts its changes; forms send it back.
    pub version: String,
}

/// Something that can be done with a run.
#[derive(Debug, Clone)]
pub struct RunForm {
    /// The last part of its address.
    pub action: &'static str,
    /// What the button says.
    pub label: &'static str,
    /// What it means.
    pub hint: String,
    /// What it asks.
    pub fields: Vec<Field>,
    /// Whether it is the thing to do.
    pub main: bool,
}

/// The form of a cadence.
#[derive(Debug, Template)]
#[template(path = "obligation/form.html")]
pub struct CadenceFormPage {
    /// The frame.
    pub frame: Frame,
    /// What the page is called.
    pub heading: String,
    /// Where the form is sent.
    pub action: String,
    /// Where to go without sending it.
    pub back: String,
    /// The fields.
    pub fields: Vec<Field>,
    /// What was wrong with the form just sent.
    pub problems: Option<Problems>,
    /// Counts its changes; empty for a new one.
    pub version: String,
}

/// The badge of a run's state.
#[must_use]
pub fn state_badge(state: RunState) -> Badge {
    let (tone, title) = match state {
        RunState::Planned => (Tone::Plain, "Its time has not come"),
        RunState::Due => (Tone::Warn, "It can be done now"),
        RunState::InProgress => (Tone::Warn, "Somebody has begun"),
        RunState::Done => (Tone::Good, "Done in time, with evidence"),
        RunState::DoneLate => (Tone::Warn, "Done with evidence, after its day"),
        RunState::Skipped => (Tone::Plain, "Left out; two people agreed"),
        RunState::Missed => (Tone::Bad, "Not done in time"),
    };
    Badge::toned(tone, capitalised(state.as_str()), title)
}
