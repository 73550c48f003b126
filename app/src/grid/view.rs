//! Rules. What the page of the grids prints.

use askama::Template;

use crate::page::badge::Badge;
use crate::page::form::{Field, Problems};
use crate::page::frame::Frame;

/// The grids: see them, see what one would change, put it into force.
#[derive(Debug, Template)]
#[template(path = "grid/list.html")]
pub(super) struct GridsPage {
    /// The frame.
    pub(super) frame: Frame,
    /// What was wrong with the form that was just sent.
    pub(super) problems: Option<Problems>,
    /// The newest version of each grid.
    pub(super) grids: Vec<GridRow>,
    /// What the grid that was asked for would change.
    pub(super) preview: Option<PreviewView>,
}

/// A grid.
#[derive(Debug, Clone)]
pub(super) struct GridRow {
    /// Name and version.
    pub(super) label: String,
    /// What people call it.
    pub(super) title: String,
    /// In force, or not.
    pub(super) standing: Badge,
    /// Whether ratings are read from it.
    pub(super) in_force: bool,
    /// The page with what it would change.
    pub(super) preview_href: String,
    /// Rows, the highest likelihood first: the word of each cell as a badge of its level.
    pub(super) rows: Vec<(String, Vec<Badge>)>,
    /// What stands above the columns.
    pub(super) columns: Vec<String>,
}

/// What a grid would change.
#[derive(Debug, Clone)]
pub(super) struct PreviewView {
    /// Name and version of the grid.
    pub(super) label: String,
    /// It, in a sentence.
    pub(super) sentence: String,
    /// Level, how many now, how many then.
    pub(super) counts: Vec<(Badge, u64, u64)>,
    /// Key, title, level now, level then.
    pub(super) items: Vec<(String, String, Badge, Badge)>,
    /// Stands for what was seen.
    pub(super) digest: String,
    /// The fields of the form that puts it into force; none for those who may not.
    pub(super) order: Vec<Field>,
}
