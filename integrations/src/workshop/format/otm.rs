//! Open Threat Model (IriusRisk), versions 0.1 and 0.2, in YAML or JSON.

use std::collections::HashMap;

use super::super::document::read_document;
use super::super::fields::{Fields, Mistakes, each};
use super::super::model::{Position, Workshop, WorkshopError, WorkshopRisk};
use super::super::parts::Parts;
use super::super::words::{self, one_line, plain};
use super::super::{Format, Start};
use crate::scanner::{Certainty, ReadSeek};

pub(crate) struct Otm;

impl Format for Otm {
    fn name(&self) -> &'static str {
        "otm"
    }

    fn title(&self) -> &'static str {
        "Open Threat Model (YAML or JSON)"
    }

    fn recognise(&self, start: &Start<'_>) -> Certainty {
        if start.head.has("otmVersion") { Certainty::Certain } else { Certainty::No }
    }

    fn read(&self, file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError> {
        let document = read_document(file)?;
        let mut mistakes = Mistakes::default();
        let root = Fields::new(String::new(), &document, &mut mistakes);
        let version = root.loose_text("otmVersion", &mut mistakes);
        if !version.starts_with("0.1") && !version.starts_with("0.2") {
            mistakes.add("otmVersion", format!("{version:?} is not read; versions 0.1 and 0.2 are"));
        }
        let project = root.object("project", &mut mistakes);
        let title = project.text("name", &mut mistakes);
        let mut parts = Parts::new(title.clone(), "system", &["Open Threat Model"]);
        let owner = project.optional_text("owner", &mut mistakes);
        let known = Known {
            zones: each(&root, "trustZones", &mut mistakes, |zone, mistakes| {
                (zone.loose_text("id", mistakes), zone.optional_text("name", mistakes))
            })
            .into_iter()
            .collect(),
            mitigations: each(&root, "mitigations", &mut mistakes, mitigation).into_iter().collect(),
        };
        let threats = each(&root, "threats", &mut mistakes, threat);
        let uses = uses(&root, &known, &mut mistakes);
        for use_of in &uses {
            let Some(threat) = threats.iter().find(|threat| threat.id == use_of.threat) else {
                mistakes.add(use_of.path.clone(), format!("{:?} is not in threats", use_of.threat));
                continue;
            };
            let asset = parts.asset(&use_of.place, |asset| use_of.kind.clone_into(&mut asset.kind));
            for (id, name) in &use_of.controls {
                parts.control(id, name);
            }
            let mut risk = threat.clone();
            risk.id = format!("{}@{}", threat.id, use_of.element);
            risk.assets = vec![asset];
            risk.controls = use_of.controls.iter().map(|(id, _)| id.clone()).collect();
            risk.mitigation.clone_from(&use_of.mitigation);
            risk.owner.clone_from(&owner);
            match words::status(&use_of.state) {
                Some(status) => status.clone_into(&mut risk.status),
                // The word is free text: what is not known stays open, and is shown as it stands.
                None => "open".clone_into(&mut risk.status),
            }
            if risk.status != "open" || words::status(&use_of.state).is_none() {
                risk.status_note.clone_from(&use_of.state);
            }
            words::treatment_of(&risk.status).clone_into(&mut risk.treatment);
            parts.risk(risk, "");
        }
        for threat in threats {
            if uses.iter().all(|use_of| use_of.threat != threat.id) {
                let asset = parts.asset(&title, |_| {});
                parts.risk(WorkshopRisk { assets: vec![asset], ..threat }, "");
            }
        }
        mistakes.unless_any(parts.workshop)
    }
}

struct Known {
    zones: HashMap<String, String>,
    /// Name and description of each mitigation.
    mitigations: HashMap<String, (String, String)>,
}

/// A threat at a component or on a data flow.
struct Use {
    path: String,
    threat: String,
    element: String,
    place: String,
    kind: &'static str,
    state: String,
    mitigation: String,
    controls: Vec<(String, String)>,
}

fn mitigation(fields: &Fields<'_>, mistakes: &mut Mistakes) -> (String, (String, String)) {
    let id = fields.loose_text("id", mistakes);
    (id, (fields.optional_text("name", mistakes), fields.optional_text("description", mistakes)))
}

fn threat(fields: &Fields<'_>, mistakes: &mut Mistakes) -> WorkshopRisk {
    let id = fields.loose_text("id", mistakes);
    if id.is_empty() {
        mistakes.add(fields.path("id"), "is missing; give the id that components refer to");
    }
    let title = one_line(&fields.text("name", mistakes));
    let mut description = fields.optional_text("description", mistakes);
    let mut inherent = Position::default();
    let mut needs_rating = true;
    if let Some(risk) = fields.optional_object("risk", mistakes) {
        let likelihood = risk.percentage("likelihood", mistakes);
        let impact = risk.percentage("impact", mistakes);
        needs_rating = likelihood.is_none() || impact.is_none();
        inherent = Position {
            likelihood: likelihood.map_or(inherent.likelihood, words::of_hundred),
            impact: impact.map_or(inherent.impact, words::of_hundred),
        };
        for (name, heading) in [("likelihoodComment", "Likelihood"), ("impactComment", "Impact")] {
            let comment = risk.optional_text(name, mistakes);
            if !comment.is_empty() {
                description.push_str(&format!("\n\n{heading}: {comment}"));
            }
        }
    }
    let categories = fields.texts("categories", mistakes);
    let tags = fields.texts("tags", mistakes);
    let mut cwes: Vec<String> =
        fields.texts("cwes", mistakes).iter().chain(&tags).filter_map(|text| words::cwe(text)).collect();
    cwes.dedup();
    let mut stride: Vec<String> =
        categories.iter().filter_map(|word| words::stride(word)).map(str::to_owned).collect();
    stride.sort();
    stride.dedup();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    WorkshopRisk {
        id,
        title,
        description: description.trim().to_owned(),
        stride,
        categories: categories
            .iter()
            .filter(|word| words::stride(word).is_none())
            .map(|word| plain(word))
            .collect(),
        attack: words::techniques(&tags),
        cwes,
        inherent,
        needs_rating,
        treatment: "modify".to_owned(),
        status: "open".to_owned(),
        ..WorkshopRisk::default()
    }
}

fn uses(root: &Fields<'_>, known: &Known, mistakes: &mut Mistakes) -> Vec<Use> {
    let mut all = Vec::new();
    for list in ["components", "dataflows"] {
        let elements: Vec<_> = root.list(list, mistakes).collect();
        for (path, element) in elements {
            let element = Fields::new(path, element, mistakes);
            let id = element.loose_text("id", mistakes);
            let mut place = element.optional_text("name", mistakes);
            if place.is_empty() {
                place.clone_from(&id);
            }
            let parent = element.optional_object("parent", mistakes);
            let zone = parent.map(|parent| parent.loose_text("trustZone", mistakes)).unwrap_or_default();
            if let Some(zone) = known.zones.get(&zone).filter(|zone| !zone.is_empty()) {
                place = format!("{place} ({zone})");
            }
            let kind = match element.loose_text("type", mistakes).to_lowercase() {
                kind if kind.contains("database") || kind.contains("storage") => "data_store",
                kind if kind.contains("service") || kind.contains("server") => "service",
                _ => "other",
            };
            let threats: Vec<_> = element.list("threats", mistakes).collect();
            for (path, threat) in threats {
                let fields = Fields::new(path, threat, mistakes);
                let (mitigation, controls) = mitigations_of(&fields, known, mistakes);
                all.push(Use {
                    threat: fields.loose_text("threat", mistakes),
                    path: fields.path("threat"),
                    element: id.clone(),
                    place: place.clone(),
                    kind,
                    state: fields.loose_text("state", mistakes),
                    mitigation,
                    controls,
                });
            }
        }
    }
    all
}

/// What is to be done, one line each, and the controls that stand already.
fn mitigations_of(
    fields: &Fields<'_>,
    known: &Known,
    mistakes: &mut Mistakes,
) -> (String, Vec<(String, String)>) {
    let mut lines = Vec::new();
    let mut controls = Vec::new();
    let links: Vec<_> = fields.list("mitigations", mistakes).collect();
    for (path, link) in links {
        let link = Fields::new(path, link, mistakes);
        let id = link.loose_text("mitigation", mistakes);
        let state = plain(&link.loose_text("state", mistakes));
        let Some((name, description)) = known.mitigations.get(&id) else {
            mistakes.add(link.path("mitigation"), format!("{id:?} is not in mitigations"));
            continue;
        };
        let mut line = name.clone();
        if !state.is_empty() {
            line = format!("{line} ({state})");
        }
        if !description.is_empty() {
            line = format!("{line}: {description}");
        }
        lines.push(line);
        controls.push((id, name.clone()));
    }
    (lines.join("\n"), controls)
}
