//! CycloneDX 2.0 as it is being written: its `threats` and `risks`. A threat that no risk refers to is a risk that
//! nobody has rated yet.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::super::document::read_document;
use super::super::fields::Mistakes;
use super::super::model::{Position, Workshop, WorkshopError, WorkshopRisk, WorkshopScenario};
use super::super::parts::Parts;
use super::super::words;
use super::super::{Format, Start};
use crate::scanner::read::loose::Loose;
use crate::scanner::{Certainty, ReadSeek, Root};

pub(crate) struct CycloneDxThreats;

impl Format for CycloneDxThreats {
    fn name(&self) -> &'static str {
        "cyclonedx_threats"
    }

    fn title(&self) -> &'static str {
        "CycloneDX 2.0 (draft) with threats or risks"
    }

    fn recognise(&self, start: &Start<'_>) -> Certainty {
        let head = start.head;
        let draft = head.text("specFormat") == "CycloneDX" && head.has_any(&["threats", "risks"]);
        if head.root() == Root::Object && draft { Certainty::Certain } else { Certainty::No }
    }

    fn read(&self, file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError> {
        let document = read_document(file)?;
        let mut mistakes = Mistakes::default();
        let title = document.first_text(&["metadata.component.name", "metadata.system.name"]);
        let mut parts = Parts::new(title.clone(), "threat", &["CycloneDX"]);
        for method in document.texts("threats.methodologies") {
            parts.workshop.methods.push(method);
        }
        let day = document.text("metadata.timestamp");
        parts.workshop.held_on = day.get(..10).and_then(|day| day.parse().ok());
        let model = Model::of(&document, title);
        let mut threats = Vec::new();
        for (number, threat) in document.list("threats.threats").iter().enumerate() {
            let path = format!("threats.threats[{number}]");
            threats.push((read_threat(threat, &model, &path, &mut mistakes), threat.texts("affectedAssets")));
        }
        let mut rated = HashSet::new();
        for (number, record) in document.list("risks.risks").iter().enumerate() {
            let path = format!("risks.risks[{number}]");
            let mut risk = read_risk(record, &path, &mut mistakes);
            let related = model.threats_of(record);
            for (threat, _) in threats.iter().filter(|(threat, _)| related.contains(&threat.id)) {
                add_threat(&mut risk, threat);
            }
            rated.extend(related);
            place(&mut parts, risk, &record.texts("affects"), &model);
        }
        for (threat, assets) in threats {
            if !rated.contains(&threat.id) {
                place(&mut parts, threat, &assets, &model);
            }
        }
        mistakes.unless_any(parts.workshop)
    }
}

/// Names and stories by their references.
struct Model {
    title: String,
    names: HashMap<String, String>,
    scenarios: Vec<(WorkshopScenario, Vec<String>)>,
    techniques: HashMap<String, String>,
}

impl Model {
    fn of(document: &Value, title: String) -> Self {
        let mut names = HashMap::new();
        name_all(document, 0, &mut names);
        let scenarios = document.list("threats.scenarios").iter().map(|scenario| {
            let story = WorkshopScenario {
                id: scenario.text("bom-ref"),
                name: scenario.first_text(&["name", "bom-ref"]),
                story: scenario.text("description"),
            };
            (story, scenario.texts("threats"))
        });
        let patterns = document.list("threats.attackPatterns").iter().map(|pattern| {
            let ids = pattern.list("techniques").iter().map(|technique| technique.text("id"));
            (pattern.text("bom-ref"), ids.collect::<Vec<_>>().join(" "))
        });
        Self {
            title: if title.is_empty() { "System".to_owned() } else { title },
            names,
            scenarios: scenarios.filter(|(scenario, _)| !scenario.id.is_empty()).collect(),
            techniques: patterns.collect(),
        }
    }

    fn name_of<'m>(&'m self, reference: &'m str) -> &'m str {
        self.names.get(reference).map_or(reference, String::as_str)
    }

    /// The threats that a risk is about; those of a scenario where it names one.
    fn threats_of(&self, record: &Value) -> Vec<String> {
        let mut all = Vec::new();
        for reference in record.texts("relatedThreats") {
            match self.scenarios.iter().find(|(scenario, _)| scenario.id == reference) {
                Some((_, threats)) => all.extend(threats.iter().cloned()),
                None => all.push(reference),
            }
        }
        all
    }
}

/// Every object that has a reference and a name.
fn name_all(value: &Value, depth: usize, names: &mut HashMap<String, String>) {
    match value {
        Value::Object(map) if depth < 20 => {
            let (reference, name) = (value.text("bom-ref"), value.text("name"));
            if !reference.is_empty() && !name.is_empty() {
                names.insert(reference, name);
            }
            map.values().for_each(|inner| name_all(inner, depth + 1, names));
        }
        Value::Array(list) if depth < 20 => list.iter().for_each(|inner| name_all(inner, depth + 1, names)),
        _ => {}
    }
}

/// Puts a risk on its assets and into its scenario.
fn place(parts: &mut Parts, mut risk: WorkshopRisk, assets: &[String], model: &Model) {
    let places: Vec<&str> = match assets {
        [] => vec![&model.title],
        some => some.iter().map(|reference| model.name_of(reference)).collect(),
    };
    risk.assets = places.into_iter().map(|name| parts.asset(name, |_| {})).collect();
    for control in &risk.controls {
        parts.control(control, model.name_of(control));
    }
    if let Some((scenario, _)) = model.scenarios.iter().find(|(_, threats)| threats.contains(&risk.id)) {
        risk.scenario.clone_from(&scenario.id);
        if parts.workshop.scenarios.iter().all(|known| known.id != scenario.id) {
            parts.workshop.scenarios.push(scenario.clone());
        }
    }
    parts.risk(risk, "");
}

fn read_threat(threat: &Value, model: &Model, path: &str, mistakes: &mut Mistakes) -> WorkshopRisk {
    let mut risk = named(threat, path, mistakes);
    for category in threat.list("categories") {
        let word = category.first_text(&["category.name", "category"]);
        match words::stride(&word).filter(|_| category.text("taxonomy").eq_ignore_ascii_case("stride")) {
            Some(stride) => risk.stride.push(stride.to_owned()),
            None if !word.is_empty() => risk.categories.push(words::plain(&word)),
            None => {}
        }
    }
    risk.stride.dedup();
    let phase = words::kill_chain_phase(&threat.text("killChainPhase")).unwrap_or_default();
    phase.clone_into(&mut risk.kill_chain_phase);
    let patterns = threat.texts("attackPatterns");
    let ids: Vec<&str> =
        patterns.iter().filter_map(|pattern| model.techniques.get(pattern)).map(String::as_str).collect();
    risk.attack = words::techniques(&ids);
    risk.controls = threat.texts("mitigations");
    let means: Vec<&str> = risk.controls.iter().map(|control| model.name_of(control)).collect();
    risk.mitigation = means.join("\n");
    risk
}

fn read_risk(record: &Value, path: &str, mistakes: &mut Mistakes) -> WorkshopRisk {
    let mut risk = named(record, path, mistakes);
    let (inherent, severity, whole) = rating(record.at("inherentRisk"));
    risk.inherent = inherent;
    risk.severity = severity.to_owned();
    risk.needs_rating = !whole;
    risk.target = ["targetRisk", "residualRisk"]
        .iter()
        .map(|name| record.at(name))
        .find(|target| target.is_object())
        .map(|target| rating(target).0)
        // Treatment cannot make a risk worse.
        .filter(|target| product(*target) <= product(inherent));
    let responses = record.list("responses");
    let strategy = responses.first().map(|response| response.text("strategy")).unwrap_or_default();
    words::treatment(&strategy).unwrap_or("modify").clone_into(&mut risk.treatment);
    risk.mitigation =
        responses.iter().map(|response| response.text("description")).collect::<Vec<_>>().join("\n");
    risk.controls = responses.iter().flat_map(|response| response.texts("controls")).collect();
    risk.due_on =
        responses.iter().filter_map(|response| response.text("targetDate").get(..10)?.parse().ok()).min();
    risk.owner = record.first_text(&["owner.name", "owner"]);
    let status = record.first_text(&["status.name", "status"]);
    words::status(&status).unwrap_or("open").clone_into(&mut risk.status);
    risk.status_note = status;
    risk
}

/// What threats and risks have alike.
fn named(record: &Value, path: &str, mistakes: &mut Mistakes) -> WorkshopRisk {
    let id = record.first_text(&["bom-ref", "name"]);
    if id.is_empty() {
        mistakes.add(format!("{path}.bom-ref"), "is missing; it is recognised by it");
    }
    let title = record.first_text(&["name", "statement", "description", "bom-ref"]);
    let texts = ["statement", "description"].map(|name| record.text(name));
    WorkshopRisk {
        id,
        title,
        description: texts.iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join("\n\n"),
        needs_rating: true,
        treatment: "modify".to_owned(),
        status: "open".to_owned(),
        ..WorkshopRisk::default()
    }
}

/// The place on the grid, the level, and whether both sides were rated.
fn rating(rating: &Value) -> (Position, &'static str, bool) {
    let severity = words::level(&rating.text("score.level")).unwrap_or_default();
    let mut position = words::position_of(severity);
    let likelihood = words::place_on_scale(&rating.text("likelihood.level"));
    let impact = words::place_on_scale(&rating.text("impact.level"));
    position.likelihood = likelihood.unwrap_or(position.likelihood);
    position.impact = impact.unwrap_or(position.impact);
    (position, severity, likelihood.is_some() && impact.is_some())
}

fn product(position: Position) -> u16 {
    u16::from(position.likelihood) * u16::from(position.impact)
}

/// What is known of a threat belongs to the risk that it makes.
fn add_threat(risk: &mut WorkshopRisk, threat: &WorkshopRisk) {
    for (into, from) in [
        (&mut risk.stride, &threat.stride),
        (&mut risk.categories, &threat.categories),
        (&mut risk.controls, &threat.controls),
    ] {
        for word in from {
            if !into.contains(word) {
                into.push(word.clone());
            }
        }
    }
    for technique in &threat.attack {
        if risk.attack.iter().all(|known| known.id != technique.id) {
            risk.attack.push(technique.clone());
        }
    }
    if risk.kill_chain_phase.is_empty() {
        risk.kill_chain_phase.clone_from(&threat.kill_chain_phase);
    }
    if risk.mitigation.is_empty() {
        risk.mitigation.clone_from(&threat.mitigation);
    }
}
