//! Rules. What the list of risks prints.

use askama::Template;

use crate::page::badge::Badge;
use crate::page::due::Due;
use crate::page::form::{Field, Problems};
use crate::page::frame::Frame;
use crate::page::listing::{Column, Empty, Link, Pager};

/// The list of risks.
#[derive(Debug, Template)]
#[template(path = "risk/list.html")]
pub struct RiskListPage {
    /// The frame.
    pub frame: Frame,
    /// How many there are, in words.
    pub summary: String,
    /// What was wrong with the form that was just sent.
    pub problems: Option<Problems>,
    /// Whether the reader may record a risk by hand.
    pub may_record: bool,
    /// Keys of the risks that are ticked.
    pub ticked: Vec<String>,
    /// The address of this list, to which the form for several leads back.
    pub here: String,
    /// Shortcuts above the list, each with its count.
    pub tabs: Vec<Tab>,
    /// The fields of the filter form.
    pub filters: Vec<Field>,
    /// What is filtered by now; the list offers to clear it.
    pub filtered: bool,
    /// The sort order, kept by the filter form.
    pub sort: String,
    /// The fields of what can be done to several; none for those who may change nothing.
    pub bulk: Vec<Field>,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<RiskRow>,
    /// The way to the rest.
    pub pager: Pager,
    /// What to say when there are no rows.
    pub empty: Empty,
}

/// A shortcut above the list.
#[derive(Debug, Clone)]
pub struct Tab {
    /// What it says.
    pub label: String,
    /// How many are behind it; empty when not counted.
    pub count: String,
    /// Where it leads.
    pub href: String,
    /// Whether it is shown now.
    pub current: bool,
}

/// One risk in a list.
#[derive(Debug, Clone)]
pub struct RiskRow {
    /// `R-12`.
    pub key: String,
    /// Its page.
    pub href: String,
    /// Its title.
    pub title: String,
    /// Its primary asset.
    pub asset: String,
    /// What tells it from others of the same title in the list; empty where the title does.
    pub detail: String,
    /// Its current level.
    pub level: Badge,
    /// Its state.
    pub state: Badge,
    /// Who answers for it; empty when nobody does.
    pub owner: String,
    /// The owner's team.
    pub team: String,
    /// When it is due.
    pub due: Due,
    /// Its ticket.
    pub ticket: Option<Link>,
}
