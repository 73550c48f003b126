//! Rules. What the pages of incidents print.

use askama::Template;

use crate::page::badge::Badge;
use crate::page::due::Moment;
use crate::page::form::{Field, Problems};
use crate::page::frame::Frame;
use crate::page::listing::{Empty, Pager};
use crate::risk::view::Tab;

/// What was declared.
#[derive(Debug, Template)]
#[template(path = "incident/list.html")]
pub(super) struct IncidentsPage {
    pub(super) frame: Frame,
    /// Shortcuts above the list.
    pub(super) tabs: Vec<Tab>,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
    /// Whether the reader may declare one.
    pub(super) may_declare: bool,
}

/// An incident in a list.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// `I-12`.
    pub(super) key: String,
    pub(super) title: String,
    pub(super) kind: Badge,
    pub(super) state: Badge,
    pub(super) aware: Moment,
    pub(super) team: String,
}

/// The form that declares one.
#[derive(Debug, Template)]
#[template(path = "incident/new.html")]
pub(super) struct NewIncidentPage {
    pub(super) frame: Frame,
    pub(super) problems: Option<Problems>,
    /// What it is declared from, in words; empty for nothing.
    pub(super) about: String,
    /// What the form sends besides its fields.
    pub(super) hidden: Vec<(String, String)>,
    pub(super) fields: Vec<Field>,
    /// Who is told when it is sent.
    pub(super) reaches: &'static str,
}

/// An incident.
#[derive(Debug, Template)]
#[template(path = "incident/show.html")]
pub(super) struct IncidentPage {
    pub(super) frame: Frame,
    pub(super) problems: Option<Problems>,
    /// What is said above everything else; empty for nothing.
    pub(super) warning: &'static str,
    pub(super) key: String,
    pub(super) title: String,
    pub(super) badges: Vec<Badge>,
    /// What is known, as HTML made by `page::markdown`.
    pub(super) description: String,
    /// What happened and what was learned, as HTML made by `page::markdown`.
    pub(super) summary: String,
    pub(super) facts: Vec<(String, String)>,
    /// Key of the risk it was declared from; empty for none.
    pub(super) risk: String,
    pub(super) data: Vec<[String; 4]>,
    pub(super) duties: Vec<DutyRow>,
    /// Key, title and state of each risk that follows.
    pub(super) actions: Vec<[String; 3]>,
    pub(super) log: Vec<LogRow>,
    /// What the reader can do.
    pub(super) forms: Vec<ActForm>,
}

/// Somebody who has to be told.
#[derive(Debug, Clone)]
pub(super) struct DutyRow {
    pub(super) authority: String,
    /// Clock, basis and contact.
    pub(super) detail: String,
    pub(super) due: Moment,
    /// How much time is left, or how late it is.
    pub(super) left: Badge,
    /// When and how it was done, or why it need not be.
    pub(super) done: String,
}

/// A line of the log.
#[derive(Debug, Clone)]
pub(super) struct LogRow {
    pub(super) at: Moment,
    pub(super) by: String,
    /// Who was told and how, then what.
    pub(super) text: String,
}

/// A form on the page.
#[derive(Debug, Clone)]
pub(super) struct ActForm {
    /// The end of its address.
    pub(super) action: &'static str,
    pub(super) label: String,
    /// What it sends besides its fields.
    pub(super) hidden: Vec<(String, String)>,
    pub(super) fields: Vec<Field>,
    /// Whether it stands open, as it was just refused.
    pub(super) open: bool,
}
