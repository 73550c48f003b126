//! OWASP's Threat Model Library (TM-BOM): risks that follow from threats to components, and controls against them.

use std::collections::HashMap;

use serde_json::Value;

use super::super::document::read_document;
use super::super::fields::Mistakes;
use super::super::model::{TIERS, Workshop, WorkshopError, WorkshopRisk};
use super::super::parts::Parts;
use super::super::words;
use super::super::{Format, Start};
use crate::scanner::read::loose::Loose;
use crate::scanner::{Certainty, ReadSeek, Root};

pub(crate) struct TmBom;

impl Format for TmBom {
    fn name(&self) -> &'static str {
        "tm_bom"
    }

    fn title(&self) -> &'static str {
        "OWASP Threat Model Library (TM-BOM)"
    }

    fn recognise(&self, start: &Start<'_>) -> Certainty {
        let head = start.head;
        let library = head.text("$schema").ends_with("threat-model.schema.json")
            || head.has_all(&["scope.business_criticality", "trust_zones", "data_flows"]);
        if head.root() == Root::Object && library { Certainty::Certain } else { Certainty::No }
    }

    fn read(&self, file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError> {
        let document = read_document(file)?;
        let mut mistakes = Mistakes::default();
        let mut parts = Parts::new(document.text("scope.title"), "system", &["TM-BOM"]);
        let day = document.first_text(&["reviewed_at", "released_at"]);
        parts.workshop.held_on = day.get(..10).and_then(|day| day.parse().ok());
        let tier = document.text("scope.tier");
        let model = Model::of(&document);
        for (number, record) in document.list("risks").iter().enumerate() {
            let mut risk = read_risk(record, &model, &format!("risks[{number}]"), &mut mistakes);
            let mut places: Vec<&str> = record
                .list("threats")
                .iter()
                .filter_map(|threat| model.threats.get(&named(threat)))
                .flat_map(|threat| threat.list("components_affected"))
                .map(|component| model.name_of(&named(component)))
                .collect();
            if places.is_empty() {
                places = vec![&model.title];
            }
            risk.assets = places
                .into_iter()
                .map(|place| {
                    parts.asset(place, |asset| {
                        if place == model.title && TIERS.contains(&tier.as_str()) {
                            tier.clone_into(&mut asset.tier);
                        }
                    })
                })
                .collect();
            for control in &model.controls {
                if risk.controls.contains(&control.text("symbolic_name")) {
                    parts.control(&control.text("symbolic_name"), &control.text("title"));
                }
            }
            parts.risk(risk, "");
        }
        mistakes.unless_any(parts.workshop)
    }
}

/// What the risks refer to.
struct Model<'v> {
    title: String,
    threats: HashMap<String, &'v Value>,
    controls: Vec<&'v Value>,
    names: HashMap<String, String>,
}

impl<'v> Model<'v> {
    fn of(document: &'v Value) -> Self {
        let title = document.text("scope.title");
        let mut names = HashMap::new();
        for list in ["components", "data_stores", "data_sets", "data_flows", "actors", "trust_zones"] {
            for part in document.list(list) {
                names.insert(part.text("symbolic_name"), part.first_text(&["title", "symbolic_name"]));
            }
        }
        Self {
            title: if title.is_empty() { "Model".to_owned() } else { title },
            threats: document
                .list("threats")
                .iter()
                .map(|threat| (threat.text("symbolic_name"), threat))
                .collect(),
            controls: document.list("controls").iter().collect(),
            names,
        }
    }

    fn name_of<'m>(&'m self, symbol: &str) -> &'m str {
        self.names.get(symbol).unwrap_or(&self.title)
    }
}

/// A reference: the symbolic name alone, or with the type of what it names.
fn named(reference: &Value) -> String {
    match reference {
        Value::Object(_) => reference.first_text(&["object", "symbolic_name"]),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

fn read_risk(record: &Value, model: &Model<'_>, path: &str, mistakes: &mut Mistakes) -> WorkshopRisk {
    let id = record.text("symbolic_name");
    if id.is_empty() {
        mistakes.add(format!("{path}.symbolic_name"), "is missing; a risk is recognised by it");
    }
    let title = record.text("title");
    if title.is_empty() {
        mistakes.add(format!("{path}.title"), "is missing; give a text");
    }
    let threats: Vec<String> = record.list("threats").iter().map(named).collect();
    let severity = words::level(&record.text("level")).unwrap_or_default();
    let mut inherent = words::position_of(severity);
    let likelihood = words::place_on_scale(&record.text("likelihood"));
    let impact = words::place_on_scale(&record.text("impact"));
    inherent.likelihood = likelihood.unwrap_or(inherent.likelihood);
    inherent.impact = impact.unwrap_or(inherent.impact);
    let against: Vec<&Value> = model
        .controls
        .iter()
        .copied()
        .filter(|control| control.list("threats").iter().any(|threat| threats.contains(&named(threat))))
        .collect();
    let titles = |wanted: &[&str]| -> String {
        let of_status = against.iter().filter(|control| wanted.contains(&control.text("status").as_str()));
        of_status.map(|control| control.text("title")).collect::<Vec<_>>().join("\n")
    };
    let known: Vec<&&Value> = threats.iter().filter_map(|threat| model.threats.get(threat)).collect();
    let texts = ["description", "impact_description"].map(|name| record.text(name));
    let told = known.iter().map(|threat| threat.text("description"));
    let mut description: Vec<String> = texts.into_iter().chain(told).collect();
    description.retain(|text| !text.is_empty());
    WorkshopRisk {
        id,
        title,
        description: description.join("\n\n"),
        cwes: known
            .iter()
            .flat_map(|threat| threat.list("weaknesses"))
            .filter_map(|weakness| words::cwe(&weakness.text("cwe_id")))
            .collect(),
        categories: known
            .iter()
            .flat_map(|threat| threat.list("attack_mechanisms"))
            .map(|mechanism| mechanism.text("capec_id"))
            .filter(|id| !id.is_empty())
            .map(|id| format!("capec {id}"))
            .collect(),
        controls: against.iter().map(|control| control.text("symbolic_name")).collect(),
        existing_controls: titles(&["active"]),
        mitigation: titles(&["suggested", "under_review", "approved", "scheduled"]),
        inherent,
        needs_rating: likelihood.is_none() || impact.is_none(),
        severity: severity.to_owned(),
        treatment: "modify".to_owned(),
        status: "open".to_owned(),
        ..WorkshopRisk::default()
    }
}
