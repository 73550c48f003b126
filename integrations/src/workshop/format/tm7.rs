//! Microsoft's Threat Modeling Tool (`.tm7`): threats between the elements of a drawing.

use std::collections::HashMap;

use super::super::fields::Mistakes;
use super::super::model::{Workshop, WorkshopError, WorkshopRisk};
use super::super::parts::Parts;
use super::super::words::{self, without_html};
use super::super::{Format, Start};
use crate::scanner::read::xml::{self, Element};
use crate::scanner::{Certainty, ReadSeek, Root};

pub(crate) struct Tm7;

const NAME: &str = "ThreatModel/MetaInformation";
const DRAWINGS: &str = "ThreatModel/DrawingSurfaceList/DrawingSurfaceModel";
const THREATS: &str = "ThreatModel/ThreatInstances";

impl Format for Tm7 {
    fn name(&self) -> &'static str {
        "tm7"
    }

    fn title(&self) -> &'static str {
        "Microsoft Threat Modeling Tool (.tm7)"
    }

    fn recognise(&self, start: &Start<'_>) -> Certainty {
        let head = start.head;
        let parts = ["ThreatModel/DrawingSurfaceList", NAME, THREATS];
        if head.root() == Root::Xml && head.has_any(&parts) { Certainty::Certain } else { Certainty::No }
    }

    fn read(&self, file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError> {
        let mut title = String::new();
        let mut people = Vec::new();
        let mut names = HashMap::new();
        let mut threats = Vec::new();
        xml::elements(file, &[NAME, DRAWINGS, THREATS], &mut |found| {
            match found.path {
                NAME => {
                    found.element.text_of("ThreatModelName").clone_into(&mut title);
                    let roles = ["Owner", "Contributors", "Reviewer"];
                    people = roles.iter().map(|role| found.element.text_of(role).to_owned()).collect();
                }
                DRAWINGS => collect_names(&found.element, &mut names),
                _ => threats.extend(found.element.children),
            }
            Ok(())
        })?;
        let mut mistakes = Mistakes::default();
        let mut parts = Parts::new(title, "system", &["STRIDE", "Microsoft Threat Modeling Tool"]);
        people.retain(|name| !name.is_empty());
        people.dedup();
        parts.workshop.attendees = people;
        for (number, pair) in threats.iter().enumerate() {
            let Some(threat) = pair.child("Value") else { continue };
            let path = format!("ThreatInstances[{number}]");
            let mut risk = read_threat(pair.text_of("Key"), threat, &path, &mut mistakes);
            let place = ["TargetGuid", "FlowGuid", "SourceGuid", "DrawingSurfaceGuid"]
                .iter()
                .find_map(|guid| names.get(threat.text_of(guid)))
                .map_or("Model", String::as_str);
            risk.assets = vec![parts.asset(place, |_| {})];
            parts.risk(risk, "");
        }
        mistakes.unless_any(parts.workshop)
    }
}

/// The names of a drawing and of what is drawn on it, by their ids.
fn collect_names(element: &Element, names: &mut HashMap<String, String>) {
    let guid = element.text_of("Guid");
    if !guid.is_empty() {
        let properties = element.child("Properties").map(|list| list.children.as_slice()).unwrap_or_default();
        let name = properties
            .iter()
            .find(|property| property.text_of("DisplayName") == "Name")
            .map_or_else(|| element.text_of("Header"), |property| property.text_of("Value"));
        if !name.is_empty() {
            names.insert(guid.to_owned(), name.to_owned());
        }
    }
    for child in &element.children {
        collect_names(child, names);
    }
}

fn read_threat(key: &str, threat: &Element, path: &str, mistakes: &mut Mistakes) -> WorkshopRisk {
    let properties = threat.child("Properties").map(|list| list.children.as_slice()).unwrap_or_default();
    let property = |name: &str| {
        properties
            .iter()
            .find(|property| property.text_of("Key").eq_ignore_ascii_case(name))
            .map_or("", |property| property.text_of("Value"))
    };
    let said = |texts: [&str; 3]| {
        texts.into_iter().map(str::trim).find(|text| !text.is_empty()).unwrap_or_default().to_owned()
    };
    let number = threat.text_of("Id");
    if key.is_empty() && number.is_empty() {
        mistakes.add(format!("{path}.Id"), "is missing; a threat is recognised by it and its key");
    }
    let kind = threat.text_of("TypeId");
    let title = without_html(&said([property("Title"), threat.text_of("Title"), kind]));
    let priority = said([threat.text_of("Priority"), property("Priority"), ""]);
    let severity = words::level(&priority).unwrap_or_default();
    let state = threat.text_of("State");
    let status = words::status(state).unwrap_or_else(|| {
        mistakes.add(format!("{path}.State"), format!("{state:?} is no state of the tool"));
        "open"
    });
    let note = said([property("StateInformation"), threat.text_of("StateInformation"), ""]);
    let category = said([property("UserThreatCategory"), threat.text_of("UserThreatCategory"), ""]);
    let description = without_html(&said([
        property("UserThreatDescription"),
        threat.text_of("UserThreatDescription"),
        property("UserThreatShortDescription"),
    ]));
    let stride = words::stride(&category);
    WorkshopRisk {
        id: if key.is_empty() { number.to_owned() } else { format!("{number}@{key}") },
        title: if title.is_empty() { "Threat without a title".to_owned() } else { title },
        attack: words::techniques(&[&description, &note]),
        description,
        stride: stride.into_iter().map(str::to_owned).collect(),
        categories: Some(words::plain(&category))
            .filter(|word| stride.is_none() && !word.is_empty())
            .into_iter()
            .collect(),
        mitigation: without_html(&said([property("PossibleMitigations"), &note, ""])),
        inherent: words::position_of(severity),
        needs_rating: true,
        severity: severity.to_owned(),
        treatment: words::treatment_of(status).to_owned(),
        status: status.to_owned(),
        status_note: if status == "open" {
            String::new()
        } else if note.is_empty() {
            state.to_owned()
        } else {
            note
        },
        ..WorkshopRisk::default()
    }
}
