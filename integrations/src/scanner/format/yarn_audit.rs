//! yarn's audit: lines of JSON, of yarn 1 with npm's advisories in them, of yarn 2 and later in a shape of their own.

use serde::Deserialize;
use serde_json::Value;

use super::details::{details, ghsa_of};
use super::npm_audit::advisory::{self, Advisory};
use crate::scanner::finding::{Package, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint::purl_of;
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, Texts};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::repeats::Repeats;
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// yarn audit.
pub(super) struct YarnAudit;

impl Format for YarnAudit {
    fn name(&self) -> &'static str {
        "yarn_audit"
    }

    fn title(&self) -> &'static str {
        "yarn audit JSON lines (`yarn audit --json`, `yarn npm audit --json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let kind = head.text("type");
        match head.root() {
            Root::Object if matches!(kind, "auditAdvisory" | "auditSummary") && head.has("data") => {
                Certainty::Certain
            }
            Root::Object if kind == "info" && head.has("data") && head.several => Certainty::Likely,
            Root::Object if head.has_all(&["value", "children.ID", "children.Severity"]) => {
                Certainty::Certain
            }
            _ => Certainty::No,
        }
    }

    /// Complete although lines may be cut off: yarn 1 ends with a summary, and yarn 2 writes all lines in one go.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut reader = JsonReader::new(file)?;
        let mut repeats = Repeats::default();
        let mut number = 0_usize;
        while reader.next_value()? {
            let raw = reader.raw()?;
            number += 1;
            if output.wants_records() {
                output.record(&format!("line {number}"), raw.line, |findings| {
                    line(&raw, &mut repeats, findings)
                })?;
            }
        }
        Ok(ScanSummary { tool_name: "yarn audit".into(), complete: true, ..ScanSummary::default() })
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    data: Value,
    #[serde(borrow)]
    value: Text<'a>,
    #[serde(borrow)]
    children: Option<Children<'a>>,
}

#[derive(Deserialize)]
struct Children<'a> {
    #[serde(rename = "ID")]
    id: Value,
    #[serde(rename = "Issue", borrow, default)]
    issue: Text<'a>,
    #[serde(rename = "URL", borrow, default)]
    url: Text<'a>,
    #[serde(rename = "Severity", borrow, default)]
    severity: Text<'a>,
    #[serde(rename = "Vulnerable Versions", default)]
    vulnerable_versions: Value,
    #[serde(rename = "Tree Versions", default)]
    tree_versions: Texts,
    #[serde(rename = "Dependents", default)]
    dependents: Texts,
}

/// yarn 1 writes an advisory again for each way that leads to its package; the first line stands for all.
fn line(
    raw: &RawJson<'_>,
    repeats: &mut Repeats,
    findings: &mut Vec<ScanFinding>,
) -> Result<(), RecordError> {
    let record: Line<'_> = raw.read()?;
    if let Some(children) = &record.children {
        findings.push(later(&record.value, children)?);
        return Ok(());
    }
    match &*record.kind {
        "auditAdvisory" => {
            let advisory = Advisory::deserialize(&record.data["advisory"])
                .map_err(|error| RecordError::Shape(format!("the advisory cannot be read: {error}")))?;
            if repeats.is_first(&[&advisory.id, &advisory.module_name]) {
                findings.push(advisory::finding(&advisory)?);
            }
            Ok(())
        }
        "error" => {
            Err(RecordError::Shape("yarn tells of an error here, so the audit may not be whole".to_owned()))
        }
        _ => Ok(()),
    }
}

/// A line of yarn 2 or later. A package that is only deprecated has an id made of its name.
fn later(name: &str, record: &Children<'_>) -> Result<ScanFinding, RecordError> {
    let own = match &record.id {
        Value::Number(number) => format!("NPM-{number}"),
        Value::String(text) => text.trim().to_owned(),
        _ => String::new(),
    };
    for (field, value) in [("value", name.trim()), ("children.ID", &own)] {
        if value.is_empty() {
            return Err(RecordError::Shape(format!("{field} is missing")));
        }
    }
    let ids: Vec<String> = ghsa_of(&record.url).map(str::to_owned).into_iter().chain([own]).collect();
    let package = Package {
        name: name.to_owned(),
        version: record.tree_versions.iter().next().unwrap_or_default().to_owned(),
        purl: purl_of("npm", name),
        ..Package::default()
    };
    let severity = Severity::from_word(&record.severity).unwrap_or(Severity::Info);
    let title = if record.issue.len() <= 200 { &*record.issue } else { "" };
    Ok(ScanFinding {
        description: record.issue.to_string(),
        // "name@virtual:hash#npm:version" names the package that needs it; the rest changes with every install.
        path: record.dependents.iter().next().map_or_else(String::new, |by| match by.rfind("@virtual:") {
            Some(at) => by[..at].to_owned(),
            None => by.to_owned(),
        }),
        data: details([("url", Value::from(&*record.url)), ("range", record.vulnerable_versions.clone())]),
        ..ScanFinding::vulnerable_package(severity, ids, package, title)
    }
    .sealed())
}
