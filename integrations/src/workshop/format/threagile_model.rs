//! A model of Threagile (`threagile.yaml`): the risks that people wrote into it, and what they decided in
//! `risk_tracking` about these and about those that the tool's rules find.

use std::collections::HashMap;

use serde_json::Value;

use super::super::document::read_document;
use super::super::fields::{Fields, Mistakes};
use super::super::model::{Position, Tracking, Workshop, WorkshopError, WorkshopRisk};
use super::super::parts::Parts;
use super::super::words::{self, one_line, spoken, without_html};
use super::super::{Format, Start};
use super::threagile;
use crate::scanner::{Certainty, ReadSeek};

pub(crate) struct ThreagileModel;

impl Format for ThreagileModel {
    fn name(&self) -> &'static str {
        "threagile_model"
    }

    fn title(&self) -> &'static str {
        "Threagile model (YAML)"
    }

    fn recognise(&self, start: &Start<'_>) -> Certainty {
        let head = start.head;
        let model = head.has("threagile_version") || head.has_all(&["technical_assets", "risk_tracking"]);
        if model { Certainty::Certain } else { Certainty::No }
    }

    fn read(&self, file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError> {
        let document = read_document(file)?;
        let mut mistakes = Mistakes::default();
        let root = Fields::new(String::new(), &document, &mut mistakes);
        let title = root.text("title", &mut mistakes);
        let mut parts = Parts::new(title, "system", &["Threagile"]);
        parts.workshop.held_on = root.date("date", &mut mistakes);
        if let Some(author) = root.optional_object("author", &mut mistakes) {
            let name = author.optional_text("name", &mut mistakes);
            parts.workshop.attendees.extend(Some(name).filter(|name| !name.is_empty()));
        }
        let names = names(&root, &mut mistakes);
        let tracked = tracking(&root, &mut mistakes);
        let mut risks = written_risks(&root, &mut mistakes);
        for entry in tracked.iter().filter(|entry| !entry.pattern.contains('*')) {
            if risks.iter().all(|(risk, _)| !entry.fits(&risk.id)) {
                risks.push(known_by_tracking(&entry.pattern));
            }
        }
        for (mut risk, place) in risks {
            for entry in tracked.iter().filter(|entry| entry.fits(&risk.id)) {
                entry.status.clone_into(&mut risk.status);
                entry.note.clone_into(&mut risk.status_note);
                words::treatment_of(&entry.status).clone_into(&mut risk.treatment);
            }
            let name = names.get(&place).cloned().unwrap_or(place);
            risk.assets = vec![parts.asset(&name, |_| {})];
            parts.risk(risk, "");
        }
        parts.workshop.tracking = tracked;
        mistakes.unless_any(parts.workshop)
    }
}

/// The entries of a map with their paths.
fn entries<'v>(fields: &Fields<'v>, name: &str, mistakes: &mut Mistakes) -> Vec<(&'v str, Fields<'v>)> {
    let map = match fields.get(name) {
        None => return Vec::new(),
        Some(Value::Object(map)) => map,
        Some(_) => {
            mistakes.add(fields.path(name), "must be an object");
            return Vec::new();
        }
    };
    map.iter()
        .map(|(key, value)| {
            (key.as_str(), Fields::new(format!("{}.{key}", fields.path(name)), value, mistakes))
        })
        .collect()
}

/// Names of technical and data assets by their ids.
fn names(root: &Fields<'_>, mistakes: &mut Mistakes) -> HashMap<String, String> {
    let mut names = HashMap::new();
    for list in ["technical_assets", "data_assets"] {
        for (name, asset) in entries(root, list, mistakes) {
            let id = asset.loose_text("id", mistakes);
            if !id.is_empty() {
                names.insert(id, name.to_owned());
            }
        }
    }
    names
}

fn tracking(root: &Fields<'_>, mistakes: &mut Mistakes) -> Vec<Tracking> {
    let mut all = Vec::new();
    for (pattern, entry) in entries(root, "risk_tracking", mistakes) {
        let mut risk = WorkshopRisk::default();
        threagile::set_status(&mut risk, &entry, "status", mistakes);
        let said = ["justification", "checked_by", "date", "ticket"]
            .map(|name| entry.loose_text(name, mistakes))
            .into_iter()
            .filter(|text| !text.is_empty());
        let note: Vec<String> =
            std::iter::once(risk.status_note).filter(|note| !note.is_empty()).chain(said).collect();
        all.push(Tracking { pattern: pattern.to_owned(), status: risk.status, note: note.join("; ") });
    }
    all
}

/// The risks that people identified themselves, with their places.
fn written_risks(root: &Fields<'_>, mistakes: &mut Mistakes) -> Vec<(WorkshopRisk, String)> {
    let mut all = Vec::new();
    for (category_name, category) in entries(root, "individual_risk_categories", mistakes) {
        let id = category.loose_text("id", mistakes);
        let stride = category.loose_text("stride", mistakes);
        let mitigation = without_html(&category.optional_text("mitigation", mistakes));
        let about = without_html(&category.optional_text("description", mistakes));
        let cwe = category.loose_text("cwe", mistakes);
        for (title, found) in entries(&category, "risks_identified", mistakes) {
            let mut risk = threagile::read_risk(&found, &id, mistakes);
            let place = threagile::place(&found, mistakes);
            risk.id = format!("{id}@{place}");
            risk.title = without_html(title);
            let description = [one_line(category_name), about.clone()];
            risk.description =
                description.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
            risk.stride = words::stride(&stride).map(str::to_owned).into_iter().collect();
            risk.mitigation.clone_from(&mitigation);
            risk.cwes = words::cwe(&cwe).into_iter().collect();
            "open".clone_into(&mut risk.status);
            all.push((risk, place));
        }
    }
    all
}

/// A decision about a risk says at least that there is one: its rule and its place.
fn known_by_tracking(id: &str) -> (WorkshopRisk, String) {
    let (category, place) = id.split_once('@').unwrap_or((id, ""));
    let last = place.rsplit('@').next().filter(|place| !place.is_empty()).unwrap_or("Model");
    let risk = WorkshopRisk {
        id: id.to_owned(),
        title: format!("{} at {last}", spoken(category)),
        description: "Known by what the model's risk tracking says about it; import the tool's risks.json for the rest.".to_owned(),
        inherent: Position::default(),
        needs_rating: true,
        treatment: "modify".to_owned(),
        ..WorkshopRisk::default()
    };
    (risk, last.to_owned())
}
