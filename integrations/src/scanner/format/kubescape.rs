//! Kubescape's JSON, version 2 of its format: the controls that each resource fails.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use super::details::details;
use crate::scanner::finding::{FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint;
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, nullable, number};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// Kubescape.
pub(super) struct Kubescape;

impl Format for Kubescape {
    fn name(&self) -> &'static str {
        "kubescape"
    }

    fn title(&self) -> &'static str {
        "Kubescape JSON (`kubescape scan --format json --format-version v2`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let marks = head.has("summaryDetails")
            && head.has_any(&["results", "resources", "clusterAPIServerInfo", "summaryDetails.controls"]);
        match head.root() {
            Root::Object if marks => Certainty::Certain,
            _ => Certainty::No,
        }
    }

    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut reader = JsonReader::new(file)?;
        let mut summary =
            ScanSummary { tool_name: "Kubescape".into(), complete: true, ..ScanSummary::default() };
        let mut factors = HashMap::new();
        reader.object_in_order(&["summaryDetails"], &["results"], &mut |reader, name| {
            match name {
                "clusterName" => summary.target = reader.text()?,
                "summaryDetails" => factors_of(reader, &mut factors)?,
                "results" => {
                    output.records(reader, name, &mut |raw, findings| resource(raw, &factors, findings))?
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        reader.finish()?;
        Ok(summary)
    }
}

/// How bad each control is; what was scanned may come before.
fn factors_of(reader: &mut JsonReader<'_>, factors: &mut HashMap<String, f64>) -> Result<(), ParseError> {
    reader.object(&mut |reader, name| {
        if name != "controls" {
            return Ok(false);
        }
        reader.object(&mut |reader, control| {
            let summary: ControlSummary = reader.raw()?.read().unwrap_or_default();
            if let Some(factor) = summary.score_factor {
                factors.insert(control.to_owned(), factor);
            }
            Ok(true)
        })?;
        Ok(true)
    })
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ControlSummary {
    #[serde(deserialize_with = "number")]
    score_factor: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    #[serde(rename = "resourceID", borrow)]
    resource_id: Text<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    controls: Vec<Control<'a>>,
}

#[derive(Deserialize)]
struct Control<'a> {
    #[serde(rename = "controlID", borrow)]
    control_id: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    status: Status<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow)]
    status: Text<'a>,
}

fn resource(
    raw: &RawJson<'_>,
    factors: &HashMap<String, f64>,
    findings: &mut Vec<ScanFinding>,
) -> Result<(), RecordError> {
    let record: Resource<'_> = raw.read()?;
    // The first part is a hash of where the file lay on the machine that scanned it.
    let id = match record.resource_id.split_once('/') {
        Some((first, rest)) if first.starts_with("path=") => rest,
        _ => &record.resource_id,
    };
    let mut parts = id.rsplit('/');
    let (name, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    for control in record.controls.iter().filter(|control| &*control.status.status == "failed") {
        let severity = match factors.get(&*control.control_id) {
            Some(factor) if *factor <= 4.0 => Severity::Low,
            Some(factor) if *factor <= 7.0 => Severity::Medium,
            Some(factor) if *factor <= 9.0 => Severity::High,
            Some(_) => Severity::Critical,
            None => Severity::Unknown,
        };
        let url = format!("https://hub.armosec.io/docs/{}", control.control_id.to_ascii_lowercase());
        findings.push(
            ScanFinding {
                title: format!("{} ({kind} {name})", &*control.name),
                description: format!("{}\nResource: {id}", &*control.name),
                path: id.to_owned(),
                status: "failed".into(),
                data: details([("url", json!(url)), ("resource", json!(id))]),
                ..ScanFinding::of(
                    FindingKind::Misconfiguration,
                    severity,
                    &control.control_id,
                    fingerprint::misconfiguration(&control.control_id, "", id),
                )
            }
            .sealed(),
        );
    }
    Ok(())
}
