//! Rules. What the pages of the controls print.

use askama::Template;

use crate::page::badge::Badge;
use crate::page::due::Moment;
use crate::page::form::{Field, Problems};
use crate::page::frame::Frame;
use crate::risk::view::Tab;

/// The controls.
#[derive(Debug, Template)]
#[template(path = "control/list.html")]
pub(super) struct ControlsPage {
    /// The frame.
    pub(super) frame: Frame,
    /// The list and the coverage.
    pub(super) tabs: Vec<Tab>,
    /// A line a control.
    pub(super) rows: Vec<ControlRow>,
}

/// A control in the list.
#[derive(Debug, Clone)]
pub(super) struct ControlRow {
    /// Its key.
    pub(super) key: String,
    /// Name shown to people.
    pub(super) name: String,
    /// What shows that it works.
    pub(super) measure: String,
    /// Where it stands.
    pub(super) state: Badge,
    /// How its proof stands.
    pub(super) proof: Badge,
    /// Of when its newest proof is, in words.
    pub(super) evidence: String,
    /// Who answers for it.
    pub(super) owner: String,
    /// Risks that rely on it and are not closed.
    pub(super) risks: u64,
}

/// A control.
#[derive(Debug, Template)]
#[template(path = "control/show.html")]
pub(super) struct ControlPage {
    /// The frame.
    pub(super) frame: Frame,
    /// It, as in the list.
    pub(super) row: ControlRow,
    /// What it is.
    pub(super) description: String,
    /// How old its proof may be, in words.
    pub(super) cadence: String,
    /// Framework and the items of it that the control answers.
    pub(super) mappings: Vec<(String, String)>,
    /// What shows that it works: title, address, kind, who, of when.
    pub(super) evidence: Vec<(String, String, String, String, Moment)>,
    /// What was wrong with the form that was just sent.
    pub(super) problems: Option<Problems>,
    /// The form that adds proof; empty for those who may not.
    pub(super) proof_form: Vec<Field>,
}

/// How far controls cover risks.
#[derive(Debug, Template)]
#[template(path = "control/coverage.html")]
pub(super) struct CoveragePage {
    /// The frame.
    pub(super) frame: Frame,
    /// The list and the coverage.
    pub(super) tabs: Vec<Tab>,
    /// What stands above the columns: the phases of the kill chain.
    pub(super) phases: Vec<String>,
    /// A table a control.
    pub(super) controls: Vec<CoverageTable>,
    /// A table a framework: what it is called, and its items.
    pub(super) frameworks: Vec<(String, Vec<ItemRow>)>,
}

/// How far one control covers risks.
#[derive(Debug, Clone)]
pub(super) struct CoverageTable {
    /// Its key.
    pub(super) key: String,
    /// Name shown to people.
    pub(super) name: String,
    /// How its proof stands.
    pub(super) proof: Badge,
    /// The figures in a sentence.
    pub(super) sentence: String,
    /// A STRIDE category, and how many risks there are in each phase; empty where there are none.
    pub(super) rows: Vec<(String, Vec<String>)>,
}

/// How far controls answer an item.
#[derive(Debug, Clone)]
pub(super) struct ItemRow {
    /// The item.
    pub(super) item: String,
    /// Keys of the controls.
    pub(super) controls: Vec<String>,
    /// Risks that rely on them.
    pub(super) risks: u64,
    /// Of when the newest proof is, in words.
    pub(super) evidence: String,
    /// How the proof stands.
    pub(super) proof: Badge,
}
