//! AWS Threat Composer: statements with a priority, and the mitigations that are linked to them.

use std::collections::HashMap;

use serde_json::Value;

use super::super::document::read_document;
use super::super::fields::{Fields, Mistakes, each};
use super::super::model::{Workshop, WorkshopError, WorkshopRisk};
use super::super::parts::Parts;
use super::super::words::{self, one_line, plain};
use super::super::{Format, Start};
use crate::scanner::{Certainty, ReadSeek};

/// Longest title, in characters: a statement is a whole sentence.
const TITLE: usize = 120;

pub(crate) struct ThreatComposer;

impl Format for ThreatComposer {
    fn name(&self) -> &'static str {
        "threat_composer"
    }

    fn title(&self) -> &'static str {
        "AWS Threat Composer workspace"
    }

    fn recognise(&self, start: &Start<'_>) -> Certainty {
        let head = start.head;
        let composer = head.text("schema") == "1"
            && head.has_any(&["applicationInfo", "mitigationLinks", "assumptionLinks", "threats.statement"]);
        if composer { Certainty::Certain } else { Certainty::No }
    }

    fn read(&self, file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError> {
        let document = read_document(file)?;
        let mut mistakes = Mistakes::default();
        let root = Fields::new(String::new(), &document, &mut mistakes);
        let schema = root.loose_text("schema", &mut mistakes);
        if schema != "1" {
            mistakes.add("schema", format!("{schema:?} is not read; 1 is"));
        }
        if root.get("threats").is_none() {
            mistakes
                .add("threats", "is missing; export the whole workspace, with an empty list for no threats");
        }
        let application = root.optional_object("applicationInfo", &mut mistakes);
        let name = application.map(|about| about.optional_text("name", &mut mistakes)).unwrap_or_default();
        let mut parts = Parts::new(name.clone(), "threat", &["Threat Composer"]);
        let mitigations: HashMap<String, String> =
            each(&root, "mitigations", &mut mistakes, |fields, mistakes| {
                (fields.loose_text("id", mistakes), fields.optional_text("content", mistakes))
            })
            .into_iter()
            .collect();
        let mut linked: HashMap<String, Vec<String>> = HashMap::new();
        for (threat, mitigation) in each(&root, "mitigationLinks", &mut mistakes, |fields, mistakes| {
            (fields.loose_text("linkedId", mistakes), fields.loose_text("mitigationId", mistakes))
        }) {
            linked.entry(threat).or_default().extend(mitigations.get(&mitigation).cloned());
        }
        let threats: Vec<_> = root.list("threats", &mut mistakes).collect();
        for (path, threat) in threats {
            let fields = Fields::new(path, threat, &mut mistakes);
            let mut risk = read_threat(&fields, &mut mistakes);
            let mut assets = fields.texts("impactedAssets", &mut mistakes);
            if assets.iter().all(|asset| asset.trim().is_empty()) {
                assets = vec![if name.is_empty() { "Application".to_owned() } else { name.clone() }];
            }
            risk.assets = assets.iter().map(|asset| parts.asset(asset, |_| {})).collect();
            risk.mitigation = linked.get(&risk.id).map(|lines| lines.join("\n")).unwrap_or_default();
            parts.risk(risk, "");
        }
        mistakes.unless_any(parts.workshop)
    }
}

fn read_threat(fields: &Fields<'_>, mistakes: &mut Mistakes) -> WorkshopRisk {
    let id = fields.loose_text("id", mistakes);
    if id.is_empty() {
        mistakes.add(fields.path("id"), "is missing; a threat is recognised by it");
    }
    let mut description = fields.optional_text("statement", mistakes);
    if description.is_empty() {
        description = fields.optional_text("threatAction", mistakes);
    }
    if description.is_empty() {
        mistakes.add(fields.path("statement"), "is missing; give the threat in words");
    }
    let title = first_words(&one_line(&description), TITLE);
    let (mut severity, mut stride) = ("", Vec::new());
    let metadata: Vec<_> = fields.list("metadata", mistakes).collect();
    for (path, entry) in metadata {
        let entry = Fields::new(path, entry, mistakes);
        match plain(&entry.loose_text("key", mistakes)).as_str() {
            "priority" => {
                let word = entry.loose_text("value", mistakes);
                severity = words::level(&word).unwrap_or_else(|| {
                    if !word.is_empty() {
                        mistakes.add(
                            entry.path("value"),
                            format!("{word:?} is no priority; use High, Medium or Low"),
                        );
                    }
                    ""
                });
            }
            "stride" => {
                let letters = match entry.get("value") {
                    Some(Value::Array(_)) => entry.texts("value", mistakes),
                    _ => entry
                        .loose_text("value", mistakes)
                        .split([',', ' ', ';'])
                        .map(str::to_owned)
                        .collect(),
                };
                stride =
                    letters.iter().filter_map(|letter| words::stride(letter)).map(str::to_owned).collect();
            }
            "comments" => {
                let comment = entry.loose_text("value", mistakes);
                if !comment.is_empty() {
                    description = format!("{description}\n\n{comment}");
                }
            }
            _ => {}
        }
    }
    stride.sort();
    stride.dedup();
    let tags = fields.texts("tags", mistakes);
    let status_text = fields.loose_text("status", mistakes);
    let status = words::status(&status_text).unwrap_or_else(|| {
        mistakes.add(fields.path("status"), format!("{status_text:?} is no status of Threat Composer"));
        "open"
    });
    let texts: Vec<&str> = tags.iter().map(String::as_str).collect();
    WorkshopRisk {
        id,
        title,
        description,
        stride,
        attack: words::techniques(&texts),
        cwes: texts
            .iter()
            .filter(|tag| tag.to_ascii_uppercase().starts_with("CWE"))
            .filter_map(|tag| words::cwe(tag))
            .collect(),
        inherent: words::position_of(severity),
        needs_rating: true,
        severity: severity.to_owned(),
        status: status.to_owned(),
        status_note: if status == "open" { String::new() } else { status_text },
        treatment: "modify".to_owned(),
        ..WorkshopRisk::default()
    }
}

/// The beginning of a sentence, cut between words.
fn first_words(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let cut: String = text.chars().take(longest - 1).collect();
    let end = cut.rfind(' ').filter(|end| *end > longest / 2).unwrap_or(cut.len());
    format!("{}…", cut[..end].trim_end_matches([',', ' ', '.', ';']))
}
