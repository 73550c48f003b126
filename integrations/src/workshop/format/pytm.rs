//! pytm's JSON (`tm.py --json`): the findings that its rules make of a model written in Python.

use serde_json::Value;

use super::super::document::read_document;
use super::super::fields::Mistakes;
use super::super::model::{Workshop, WorkshopError, WorkshopRisk};
use super::super::parts::Parts;
use super::super::words::{self, one_line};
use super::super::{Format, Start};
use crate::scanner::read::loose::Loose;
use crate::scanner::{Certainty, ReadSeek, Root};

pub(crate) struct Pytm;

impl Format for Pytm {
    fn name(&self) -> &'static str {
        "pytm"
    }

    fn title(&self) -> &'static str {
        "pytm report (`tm.py --json`)"
    }

    fn recognise(&self, start: &Start<'_>) -> Certainty {
        let head = start.head;
        let pytm = head.has("threatsFile") || head.has_all(&["onDuplicates", "mergeResponses", "elements"]);
        if head.root() == Root::Object && pytm { Certainty::Certain } else { Certainty::No }
    }

    fn read(&self, file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError> {
        let document = read_document(file)?;
        let mut mistakes = Mistakes::default();
        let mut parts = Parts::new(document.text("name"), "system", &["pytm"]);
        // Elements repeat the findings that are theirs; all of them stand in the list of the model.
        for (number, finding) in document.list("findings").iter().enumerate() {
            let path = format!("findings[{number}]");
            let mut risk = read_finding(finding, &path, &mut mistakes);
            let target = finding.text("target");
            let place = if target.is_empty() { "Model" } else { &target };
            risk.assets = vec![parts.asset(place, |_| {})];
            parts.risk(risk, "");
        }
        mistakes.unless_any(parts.workshop)
    }
}

fn read_finding(finding: &Value, path: &str, mistakes: &mut Mistakes) -> WorkshopRisk {
    let rule = finding.first_text(&["threat_id", "SID", "id"]);
    if rule.is_empty() {
        mistakes.add(format!("{path}.threat_id"), "is missing; a finding is recognised by it and its target");
    }
    let title = one_line(&finding.first_text(&["description", "threat_id"]));
    let severity = words::level(&finding.text("severity")).unwrap_or_default();
    let mut inherent = words::position_of(severity);
    let likelihood = words::place_on_scale(&finding.text("likelihood"));
    inherent.likelihood = likelihood.unwrap_or(inherent.likelihood);
    let references = finding.text("references");
    // "accepted: behind the gate" says more than the word.
    let response = finding.text("response");
    let word = response.split(|mark: char| !mark.is_alphanumeric()).next().unwrap_or_default();
    let status = words::status(word).unwrap_or("open");
    WorkshopRisk {
        id: format!("{rule}@{}", finding.text("target")),
        title: if title.is_empty() { rule } else { title },
        description: finding.text("details"),
        mitigation: finding.text("mitigations"),
        attack: words::techniques(&[&references]),
        cwes: weaknesses(&references),
        inherent,
        needs_rating: likelihood.is_none() || severity.is_empty(),
        severity: severity.to_owned(),
        treatment: words::treatment_of(status).to_owned(),
        status: status.to_owned(),
        status_note: response,
        ..WorkshopRisk::default()
    }
}

/// The weaknesses whose pages a finding refers to.
fn weaknesses(references: &str) -> Vec<String> {
    let pages = references.split([',', ' ', '\n']).filter(|reference| reference.contains("cwe.mitre.org"));
    let numbers = pages.filter_map(|page| page.rsplit('/').next()?.split('.').next());
    let mut found: Vec<String> = numbers.filter_map(words::cwe).collect();
    found.dedup();
    found
}
