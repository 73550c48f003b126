//! Rules. What the asset pages print.

use crate::page::badge::Badge;
use crate::page::form::Field;
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
    /// What it is for.
    pub description: String,
    /// What finds it in a report: kind and pattern.
    pub matchers: Vec<(String, String)>,
    /// Its open risks, soonest due first.
    pub risks: Vec<RiskRow>,
    /// How many more there are, in words.
    pub more: String,
}

#[cfg(test)]
mod tests;
