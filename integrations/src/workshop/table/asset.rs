//! Rules. Tables that list what is at risk, and the controls.

use super::Sheet;
use super::column::plain_name;
use crate::workshop::model::{TIERS, WorkshopAsset, WorkshopControl};
use crate::workshop::words::{one_line, plain};

/// Whether a column is one of a list of critical assets.
pub(crate) fn is_column(name: &str) -> bool {
    matches!(
        plain_name(name).as_str(),
        "criticality" | "tier" | "internet" | "internet facing" | "data" | "data classes"
    )
}

fn place_of(sheet: &Sheet, names: &[&str]) -> Option<usize> {
    sheet.columns.iter().position(|column| names.contains(&plain_name(column).as_str()))
}

/// The assets of a sheet that lists them, none for any other sheet.
pub(crate) fn assets(sheet: &Sheet) -> Vec<WorkshopAsset> {
    let Some(tier) = place_of(sheet, &["criticality", "tier"]) else { return Vec::new() };
    let Some(name) = place_of(sheet, &["asset", "name", "critical asset"]) else { return Vec::new() };
    let id = place_of(sheet, &["id", "key", "no"]);
    let owner = place_of(sheet, &["owner"]);
    let kind = place_of(sheet, &["type", "kind"]);
    let data = place_of(sheet, &["data", "data classes"]);
    let internet = place_of(sheet, &["internet", "internet facing"]);
    let ratings = [
        place_of(sheet, &["c", "confidentiality"]),
        place_of(sheet, &["i", "integrity"]),
        place_of(sheet, &["a", "availability"]),
    ];
    let rows = sheet.rows.iter().map(|row| {
        let cell = |place: Option<usize>| {
            place.and_then(|place| row.cells.get(place)).map(|cell| cell.trim()).unwrap_or_default()
        };
        let name = one_line(cell(Some(name)));
        WorkshopAsset {
            id: if cell(id).is_empty() { name.clone() } else { cell(id).to_owned() },
            kind: cell(kind).to_owned(),
            owner: one_line(cell(owner)),
            tier: tier_of(cell(Some(tier))).to_owned(),
            data_classes: cell(data)
                .split([',', ';', ' '])
                .map(|class| class.trim().to_lowercase())
                .filter(|class| !class.is_empty())
                .collect(),
            internet_facing: matches!(plain(cell(internet)).as_str(), "yes" | "true" | "1" | "y" | "x"),
            cia: ratings.map(|place| cell(place).parse().ok().filter(|rating| (1..=5).contains(rating))),
            listed: true,
            name,
        }
    });
    rows.filter(|asset| !asset.name.is_empty()).collect()
}

fn tier_of(word: &str) -> &'static str {
    let word = plain(word).replace(' ', "_");
    if let Some(tier) = TIERS.iter().find(|tier| **tier == word) {
        return tier;
    }
    match word.as_str() {
        "mission" | "critical" | "very_high" | "1" => "mission_critical",
        "business" | "high" | "2" => "business_critical",
        "medium" | "3" => "important",
        _ => "other",
    }
}

/// The controls of a sheet that lists them, none for any other sheet.
pub(crate) fn controls(sheet: &Sheet) -> Vec<WorkshopControl> {
    let (Some(id), Some(name)) =
        (place_of(sheet, &["id", "key", "no"]), place_of(sheet, &["control", "measure"]))
    else {
        return Vec::new();
    };
    if sheet.columns.len() > 4 || place_of(sheet, &["risk", "title", "threat"]).is_some() {
        return Vec::new();
    }
    let rows = sheet.rows.iter().map(|row| {
        let cell = |place: usize| row.cells.get(place).map(|cell| one_line(cell)).unwrap_or_default();
        WorkshopControl { id: cell(id), name: cell(name) }
    });
    rows.filter(|control| !control.id.is_empty() && !control.name.is_empty()).collect()
}
