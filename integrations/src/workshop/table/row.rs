//! Rules. Turns the rows of a table into the risks of a workshop.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::mapping::{TableMapping, wanted};
use super::{Sheet, SheetRow, TableFile, asset};
use crate::workshop::fields::Mistakes;
use crate::workshop::model::{
    FieldError, LEVELS, Position, Workshop, WorkshopAsset, WorkshopRisk, WorkshopScenario,
};
use crate::workshop::parts::Parts;
use crate::workshop::words::{self, one_line};

/// Reads a table by a mapping. Rows with mistakes are left out, and each mistake is named.
#[must_use]
pub fn read(table: &TableFile, mapping: &TableMapping) -> (Workshop, Vec<FieldError>) {
    let mut mistakes = Mistakes::default();
    let mut parts = Parts::new(table.title.clone(), "", &[]);
    let about = &mut parts.workshop;
    about.held_on = table.held_on;
    about.timezone.clone_from(&table.timezone);
    about.attendees.clone_from(&table.attendees);
    about.methods.clone_from(&table.methods);
    about.expected_summary.clone_from(&table.stated);
    about.scenarios.clone_from(&table.scenarios);
    let listed: Vec<WorkshopAsset> = table.sheets.iter().flat_map(asset::assets).collect();
    for listed in &listed {
        parts.asset(&listed.name, |asset| *asset = WorkshopAsset { id: asset.id.clone(), ..listed.clone() });
    }
    for control in table.sheets.iter().flat_map(asset::controls) {
        parts.control(&control.id, &control.name);
    }
    let mut any = false;
    for sheet in table.risk_sheets(mapping) {
        any = true;
        let fields = mapping.fields_of(&sheet.columns);
        for row in &sheet.rows {
            let before = mistakes.len();
            let cells = Cells { sheet, row, fields: &fields, mapping, several: table.sheets.len() > 1 };
            let risk = read_row(&cells, table, &listed, &mut parts, &mut mistakes);
            if let Some(risk) = risk.filter(|_| mistakes.len() == before) {
                parts.risk(risk, "");
            }
        }
    }
    if !any {
        mistakes.add("columns", "no column is known to hold the risk's title; map one with `mapping`, as in {\"columns\": {\"What\": \"title\"}}");
    }
    let mut workshop = parts.workshop;
    if workshop.expected_summary.is_empty() {
        workshop.expected_summary = stated(&workshop.risks);
    }
    (workshop, mistakes.into_errors())
}

/// What the levels of the table come to, where each row has one beside its likelihood and impact.
fn stated(risks: &[WorkshopRisk]) -> BTreeMap<String, u32> {
    let mut stated = BTreeMap::new();
    for risk in risks {
        if risk.needs_rating || !LEVELS.contains(&risk.severity.as_str()) {
            return BTreeMap::new();
        }
        *stated.entry(risk.severity.clone()).or_default() += 1;
    }
    stated
}

/// A row that is asked by field.
struct Cells<'a> {
    sheet: &'a Sheet,
    row: &'a SheetRow,
    fields: &'a [Option<&'static str>],
    mapping: &'a TableMapping,
    several: bool,
}

impl<'a> Cells<'a> {
    fn text(&self, field: &str) -> &'a str {
        let place = self.fields.iter().position(|known| *known == Some(field));
        place.and_then(|place| self.row.cells.get(place)).map(|cell| cell.trim()).unwrap_or_default()
    }

    /// Where a cell stands, as people find it.
    fn path(&self, field: &str) -> String {
        let place = self.fields.iter().position(|known| *known == Some(field));
        let column = place.and_then(|place| self.sheet.columns.get(place)).map_or(field, String::as_str);
        let number = self.row.number;
        if self.several && !self.sheet.name.is_empty() {
            return format!("{}, row {number}, {column}", self.sheet.name);
        }
        format!("row {number}, {column}")
    }

    /// What the word of a cell means; an empty cell means nothing, and an unknown word is a mistake.
    fn meaning(&self, field: &str, mistakes: &mut Mistakes) -> String {
        let text = self.text(field);
        if text.is_empty() {
            return String::new();
        }
        self.mapping.meaning(field, text).unwrap_or_else(|| {
            mistakes
                .add(self.path(field), format!("{text:?} is not known; {}, or map the word", wanted(field)));
            String::new()
        })
    }

    fn place_on_scale(&self, field: &str, mistakes: &mut Mistakes) -> Option<u8> {
        self.meaning(field, mistakes).parse().ok()
    }
}

fn read_row(
    cells: &Cells<'_>,
    table: &TableFile,
    listed: &[WorkshopAsset],
    parts: &mut Parts,
    mistakes: &mut Mistakes,
) -> Option<WorkshopRisk> {
    let title = one_line(cells.text("title"));
    if title.is_empty() {
        mistakes.add(cells.path("title"), "is empty; say in one line what the risk is");
        return None;
    }
    let (inherent, needs_rating, severity) = rating(cells, mistakes);
    let target = target(cells, inherent, mistakes);
    let names = asset_names(cells.text("asset"), listed);
    let mut id = one_line(cells.text("id"));
    if id.is_empty() {
        id = words::made_id(&title, &names.join(";"));
    }
    let beside = table.texts.get(&id);
    let mut scenario = one_line(cells.text("scenario"));
    if scenario.is_empty() {
        scenario.clone_from(&cells.sheet.scenario);
    }
    if !scenario.is_empty() && parts.workshop.scenarios.iter().all(|known| known.id != scenario) {
        let known = WorkshopScenario { id: scenario.clone(), name: scenario.clone(), story: String::new() };
        parts.workshop.scenarios.push(known);
    }
    let controls: Vec<String> = split(cells.text("controls"), &[',', ';', '\n']);
    for control in &controls {
        parts.control(control, "");
    }
    let categories = split(cells.text("stride"), &[',', ';', '/', '+', '\n']);
    let (stride, other): (Vec<String>, Vec<String>) =
        categories.into_iter().partition(|word| words::stride(word).is_some());
    let mut stride: Vec<String> =
        stride.iter().filter_map(|word| words::stride(word)).map(str::to_owned).collect();
    stride.dedup();
    let status = cells.meaning("status", mistakes);
    let treatment = cells.meaning("treatment", mistakes);
    let fallback = |text: &str, beside: Option<&String>| {
        if text.is_empty() { beside.cloned().unwrap_or_default() } else { text.to_owned() }
    };
    let assets = if names.is_empty() { vec![unnamed(parts, table)] } else { names };
    Some(WorkshopRisk {
        scenario,
        description: fallback(cells.text("description"), beside.map(|(description, _)| description)),
        mitigation: fallback(cells.text("mitigation"), beside.map(|(_, mitigation)| mitigation)),
        existing_controls: cells.text("existing_controls").to_owned(),
        stride,
        categories: other.iter().map(|word| words::plain(word)).collect(),
        kill_chain_phase: cells.meaning("kill_chain_phase", mistakes),
        assets: assets.iter().map(|name| parts.asset(name, |_| {})).collect(),
        inherent,
        target,
        controls,
        owner: one_line(cells.text("owner")),
        treatment: if treatment.is_empty() { words::treatment_of(&status).to_owned() } else { treatment },
        due_on: day(cells, mistakes),
        attack: words::techniques(&[cells.text("attack")]),
        cwes: split(cells.text("cwe"), &[',', ';', ' ', '\n'])
            .iter()
            .filter_map(|text| words::cwe(text))
            .collect(),
        needs_rating,
        severity,
        status_note: if matches!(status.as_str(), "" | "open") {
            String::new()
        } else {
            cells.text("status").to_owned()
        },
        status,
        id,
        title,
    })
}

/// Likelihood and impact; where one is missing, the level tells where to start from.
fn rating(cells: &Cells<'_>, mistakes: &mut Mistakes) -> (Position, bool, String) {
    let likelihood = cells.place_on_scale("likelihood", mistakes);
    let impact = cells.place_on_scale("impact", mistakes);
    // A score stands in such columns as well; it says nothing that likelihood and impact do not.
    let score = cells.text("level").parse::<f64>().is_ok();
    let level = if score { String::new() } else { cells.meaning("level", mistakes) };
    match (likelihood, impact) {
        (Some(likelihood), Some(impact)) => (Position { likelihood, impact }, false, level),
        _ => (words::position_of(&level), true, level),
    }
}

fn target(cells: &Cells<'_>, inherent: Position, mistakes: &mut Mistakes) -> Option<Position> {
    let mut place = |field: &str| {
        let text = cells.text(field);
        let place = words::place_on_scale(text);
        if place.is_none() && !text.is_empty() {
            mistakes.add(cells.path(field), format!("{text:?} is not known; use 1 to 5"));
        }
        place
    };
    let (likelihood, impact) = (place("target_likelihood")?, place("target_impact")?);
    let product = |position: Position| u16::from(position.likelihood) * u16::from(position.impact);
    let target = Position { likelihood, impact };
    if product(target) > product(inherent) {
        let reason = "is higher than before treatment; treatment cannot make a risk worse";
        mistakes.add(cells.path("target_likelihood"), reason);
    }
    Some(target)
}

/// The assets that a cell names. A comma may be part of a name, and parts only what is known or looks like an id.
fn asset_names(text: &str, listed: &[WorkshopAsset]) -> Vec<String> {
    let known =
        |part: &str| listed.iter().find(|asset| asset.id == part || asset.name.eq_ignore_ascii_case(part));
    let mut names = Vec::new();
    for part in split(text, &[';', '\n', '|']) {
        let smaller = split(&part, &[',']);
        let ids =
            smaller.iter().all(|part| known(part).is_some() || (part.len() <= 12 && !part.contains(' ')));
        let parts = if known(&part).is_none() && ids { smaller } else { vec![part] };
        names.extend(
            parts.iter().map(|part| known(part).map_or_else(|| part.clone(), |asset| asset.name.clone())),
        );
    }
    names
}

fn unnamed(parts: &Parts, table: &TableFile) -> String {
    let title = if table.title.is_empty() { &parts.workshop.title } else { &table.title };
    if title.is_empty() { "Unnamed".to_owned() } else { title.clone() }
}

fn split(text: &str, at: &[char]) -> Vec<String> {
    text.split(at).map(one_line).filter(|part| !part.is_empty()).collect()
}

fn day(cells: &Cells<'_>, mistakes: &mut Mistakes) -> Option<NaiveDate> {
    let text = cells.text("due_on");
    if text.is_empty() {
        return None;
    }
    let date = text.split(['T', ' ']).next().unwrap_or_default();
    let found = date
        .parse()
        .ok()
        .or_else(|| NaiveDate::parse_from_str(text, "%d.%m.%Y").ok())
        .or_else(|| NaiveDate::parse_from_str(text, "%d %b %Y").ok())
        .or_else(|| NaiveDate::parse_from_str(text, "%d %B %Y").ok());
    if found.is_none() {
        mistakes.add(cells.path("due_on"), format!("{text:?} is no day; write it as 2026-10-05"));
    }
    found
}
