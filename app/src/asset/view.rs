//! Rules. What the asset pages print.

use crate::page::badge::Badge;
use crate::page::form::{Field, Problems};
use crate::page::frame::Frame;
use crate::page::listing::{Empty, Pager};
use crate::risk::view::RiskRow;
use askama::Template;

/// The register of critical assets.
#[derive(Debug, Template)]
#[template(path = "asset/list.html")]
pub struct AssetListPage {
    /// The frame.
    pub frame: Frame,
    /// How many there are, in words.
    pub summary: String,
    /// The fields of the filter form.
    pub filters: Vec<Field>,
    /// Whether the reader may change the register.
    pub may_keep: bool,
    /// The rows.
    pub rows: Vec<AssetRow>,
    /// The way to the rest.
    pub pager: Pager,
    /// What to say when there are no rows.
    pub empty: Empty,
}

/// One asset in the register.
#[derive(Debug, Clone)]
pub struct AssetRow {
    /// Its key.
    pub key: String,
    /// Its page.
    pub href: String,
    /// Its name.
    pub name: String,
    /// What kind of thing it is.
    pub kind: String,
    /// Its tier, in words.
    pub tier: String,
    /// Its data classes, in words.
    pub data: String,
    /// Whether it faces the internet, in words.
    pub exposure: String,
    /// Who owns it.
    pub owner: String,
    /// How it stands in the register: reviewed, unreviewed, retired.
    pub standing: Badge,
    /// Its open risks, in words; empty when there are none.
    pub open: String,
    /// The list of its open risks.
    pub open_href: String,
}

/// The page of one asset.
#[derive(Debug, Template)]
#[template(path = "asset/show.html")]
pub struct AssetPage {
    /// The frame.
    pub frame: Frame,
    /// The asset.
    pub asset: AssetRow,
    /// What was wrong with a form that was sent from here.
    pub problems: Option<Problems>,
    /// What it is for.
    pub description: String,
    /// What else the register says: label and value.
    pub facts: Vec<(String, String)>,
    /// What finds it in a report: kind and pattern.
    pub matchers: Vec<(String, String)>,
    /// How bad it could be before controls, in somebody's judgement.
    pub assessment: Option<AssessmentCard>,
    /// The worst open risk that concerns it; one at most.
    pub worst: Vec<RiskRow>,
    /// Its open risks, soonest due first.
    pub risks: Vec<RiskRow>,
    /// How many more there are, in words.
    pub more: String,
    /// The forms of those who keep the register.
    pub keep: Option<KeepForms>,
}

/// A judgement of how bad it could be before controls.
#[derive(Debug, Clone)]
pub struct AssessmentCard {
    /// The level that both scores make.
    pub level: Badge,
    /// Both scores, in words.
    pub scores: String,
    /// Why, as HTML.
    pub rationale: String,
    /// Who judged, and when.
    pub by: String,
}

/// What those who keep the register can do with an asset.
#[derive(Debug, Clone)]
pub struct KeepForms {
    /// The form that changes it.
    pub edit_href: String,
    /// The version that the page shows.
    pub version: i32,
    /// Whether it waits for a review.
    pub unreviewed: bool,
    /// Whether it is in service.
    pub in_service: bool,
    /// The asset that it is in truth.
    pub into: Field,
    /// What finds it in reports.
    pub matchers: Field,
    /// A judgement.
    pub assess: Vec<Field>,
    /// Why it goes out of service.
    pub reason: Field,
}

/// The form of an asset.
#[derive(Debug, Template)]
#[template(path = "asset/form.html")]
pub struct AssetFormPage {
    /// The frame.
    pub frame: Frame,
    /// What the form is for.
    pub heading: String,
    /// Where it is sent.
    pub action: String,
    /// Where leaving it leads.
    pub back: String,
    /// What was wrong with it.
    pub problems: Option<Problems>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// The version that was seen.
    pub version: String,
}

/// What came of a table.
#[derive(Debug, Template)]
#[template(path = "asset/import.html")]
pub struct AssetImportPage {
    /// The frame.
    pub frame: Frame,
    /// Whether it was written.
    pub heading: String,
    /// How many rows came to what.
    pub summary: String,
    /// What each column was taken for.
    pub columns: Vec<(String, String)>,
    /// The rows that change something.
    pub rows: Vec<AssetImportRow>,
    /// Where a row is wrong, and what would be right.
    pub problems: Vec<(String, String)>,
    /// Where something was understood differently than it may have been meant.
    pub notes: Vec<(String, String)>,
}

/// A row that changes something.
#[derive(Debug, Clone)]
pub struct AssetImportRow {
    /// Its line in the file.
    pub line: String,
    /// The key of the asset.
    pub key: String,
    /// The page of the asset; empty while there is none.
    pub href: String,
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub action: Badge,
    /// The fields that change, in words.
    pub changes: String,
}

#[cfg(test)]
mod tests;
