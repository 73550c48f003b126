//! A package as npm 7 and later list it.

use serde::Deserialize;
use serde_json::Value;

use crate::scanner::cvss;
use crate::scanner::finding::{CvssRating, Package, ScanFinding, Severity};
use crate::scanner::fingerprint::purl_of;
use crate::scanner::format::details::{details, ghsa_of};
use crate::scanner::read::json::{RawJson, RecordError};
use crate::scanner::read::lenient::{Text, Texts, number};
use crate::scanner::weakness;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Vulnerable<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow)]
    range: Text<'a>,
    via: Vec<Value>,
    effects: Texts,
    nodes: Texts,
    is_direct: Value,
    fix_available: Value,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Advisory {
    source: Value,
    title: String,
    url: String,
    severity: String,
    cwe: Texts,
    cvss: Cvss,
    range: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Cvss {
    #[serde(deserialize_with = "number")]
    score: Option<f64>,
    vector_string: Option<String>,
}

/// One finding for each advisory of the package. A package that is only listed because it needs a vulnerable one gives
/// none: the other is in the list itself, with its advisory.
pub(super) fn package(raw: &RawJson<'_>, findings: &mut Vec<ScanFinding>) -> Result<(), RecordError> {
    let record: Vulnerable<'_> = raw.read()?;
    if record.name.trim().is_empty() {
        return Err(RecordError::Shape("name is missing".to_owned()));
    }
    for via in record.via.iter().filter(|via| via.is_object()) {
        let advisory = Advisory::deserialize(via)
            .map_err(|error| RecordError::Shape(format!("an advisory in `via` cannot be read: {error}")))?;
        findings.push(finding(&record, &advisory)?);
    }
    Ok(())
}

fn finding(record: &Vulnerable<'_>, advisory: &Advisory) -> Result<ScanFinding, RecordError> {
    let source = match &advisory.source {
        Value::Number(number) => format!("NPM-{number}"),
        Value::String(text) if !text.is_empty() => format!("NPM-{text}"),
        _ => String::new(),
    };
    let ids: Vec<String> = [ghsa_of(&advisory.url).unwrap_or_default(), &source]
        .into_iter()
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .collect();
    if ids.is_empty() {
        return Err(RecordError::Shape(
            "an advisory in `via` has neither a source nor an address".to_owned(),
        ));
    }
    let severity = Severity::from_word(&advisory.severity)
        .or_else(|| Severity::from_word(&record.severity))
        .unwrap_or(Severity::Info);
    let package =
        Package { name: record.name.to_string(), purl: purl_of("npm", &record.name), ..Package::default() };
    let vector = advisory.cvss.vector_string.as_deref().unwrap_or_default();
    let rating = cvss::rating("npm", vector).or_else(|| {
        let score = advisory.cvss.score.filter(|score| *score > 0.0)?;
        Some(CvssRating { source: "npm".to_owned(), vector: vector.to_owned(), score: Some(score) })
    });
    let finding = ScanFinding::vulnerable_package(severity, ids, package, &advisory.title);
    Ok(ScanFinding {
        mitigation: mitigation(&record.fix_available),
        path: record.nodes.iter().next().unwrap_or_default().to_owned(),
        cwes: weakness::cwes(advisory.cwe.iter()),
        cvss: rating.into_iter().collect(),
        data: details([
            ("url", Value::from(advisory.url.as_str())),
            ("range", Value::from(if advisory.range.is_empty() { &*record.range } else { &advisory.range })),
            ("direct", record.is_direct.clone()),
            ("needed_by", Value::from(record.effects.iter().take(10).collect::<Vec<_>>())),
            ("nodes", Value::from(record.nodes.iter().take(10).collect::<Vec<_>>())),
        ]),
        ..finding
    }
    .sealed())
}

/// `true`, `false`, or the direct dependency that has to be raised.
fn mitigation(fix: &Value) -> String {
    match fix {
        Value::Bool(true) => "Run `npm audit fix`.".to_owned(),
        Value::Object(fix) => {
            let text = |name: &str| fix.get(name).and_then(Value::as_str).unwrap_or_default();
            let breaking = fix.get("isSemVerMajor").and_then(Value::as_bool) == Some(true);
            let note = if breaking { ", a breaking change" } else { "" };
            format!("Raise {} to {}{note}.", text("name"), text("version"))
        }
        _ => String::new(),
    }
}
