//! Rules. What the register of acceptances prints.

use askama::Template;

use crate::page::badge::Badge;
use crate::page::due::Due;
use crate::page::form::{Field, Problems};
use crate::page::frame::Frame;
use crate::page::listing::{Empty, Pager};
use crate::risk::view::Tab;

/// What is accepted by whom until when.
#[derive(Debug, Template)]
#[template(path = "acceptance/list.html")]
pub(super) struct AcceptancesPage {
    /// The frame.
    pub(super) frame: Frame,
    /// What was wrong with the form that was just sent.
    pub(super) problems: Option<Problems>,
    /// The part that is shown, and where it begins: its forms lead back there.
    pub(super) show: String,
    /// See [`Self::show`].
    pub(super) cursor: String,
    /// Shortcuts above the list.
    pub(super) tabs: Vec<Tab>,
    /// The acceptances.
    pub(super) rows: Vec<Row>,
    /// The way to the next part.
    pub(super) pager: Pager,
    /// What is said when there are none.
    pub(super) empty: Empty,
}

/// An acceptance.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Its number.
    pub(super) id: i64,
    /// `R-12`.
    pub(super) key: String,
    /// What the risk is called.
    pub(super) title: String,
    /// How bad it was then.
    pub(super) level: Badge,
    /// How bad it is now, where that differs.
    pub(super) level_now: Option<Badge>,
    /// Where the acceptance stands.
    pub(super) state: Badge,
    /// Its last day.
    pub(super) until: Due,
    /// Why it can be lived with.
    pub(super) justification: String,
    /// What keeps it in bounds meanwhile.
    pub(super) controls: String,
    /// Who asked and who decided, in sentences.
    pub(super) people: Vec<String>,
    /// What the reader can do about it.
    pub(super) answers: Vec<AnswerForm>,
}

/// A form that answers.
#[derive(Debug, Clone)]
pub(super) struct AnswerForm {
    /// The end of its address.
    pub(super) action: &'static str,
    /// What the button says.
    pub(super) label: &'static str,
    /// What it takes.
    pub(super) fields: Vec<Field>,
    /// Whether it is unfolded, because it was sent with a mistake.
    pub(super) open: bool,
}

impl AnswerForm {
    /// The form, folded.
    pub(super) fn new(action: &'static str, label: &'static str, fields: Vec<Field>) -> Self {
        Self { action, label, fields, open: false }
    }
}
