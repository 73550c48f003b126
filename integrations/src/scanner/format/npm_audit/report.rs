//! A package as npm 7 and later list it.

use serde::Deserialize;
use serde_json::Value;

use crate::scanner::cvss;
use crate::scanner::finding::{CvssRating, FindingKind, Package, ScanFinding, Severity};
use crate::scanner::fingerprint::{self, purl_of};
use crate::scanner::format::details::{details, ghsa_of};
use crate::scanner::read::json::{RawJson, RecordError};
use crate::scanner::read::lenient::{Text, Texts, first_of, nullable, number};
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
    #[serde(deserialize_with = "nullable")]
    via: Vec<Value>,
    effects: Texts,
    nodes: Texts,
    is_direct: Value,
    fix_available: Value,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Advisory<'a> {
    source: Value,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    cwe: Texts,
    #[serde(deserialize_with = "nullable")]
    cvss: Cvss,
    #[serde(borrow)]
    range: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Cvss {
    #[serde(deserialize_with = "number")]
    score: Option<f64>,
    vector_string: Option<String>,
}

/// One finding for each advisory of the package; one for a package that only needs vulnerable ones, as npm counts it.
pub(super) fn package(raw: &RawJson<'_>, findings: &mut Vec<ScanFinding>) -> Result<(), RecordError> {
    let record: Vulnerable<'_> = raw.read()?;
    let mut advisories = Vec::new();
    for via in record.via.iter().filter(|via| via.is_object()) {
        advisories.push(
            Advisory::deserialize(via).map_err(|error| {
                RecordError::Shape(format!("an advisory in `via` cannot be read: {error}"))
            })?,
        );
    }
    let name = first_of(&[&record.name, advisories.first().map_or("", |advisory| &advisory.name)]);
    if name.is_empty() {
        return Err(RecordError::Shape("name is missing".to_owned()));
    }
    for advisory in &advisories {
        // npm rates the package; only where it has several advisories does each keep its own level.
        let words = match advisories.len() {
            1 => [&*record.severity, &*advisory.severity],
            _ => [&*advisory.severity, &*record.severity],
        };
        findings.push(finding(&record, name, advisory, severity(words))?);
    }
    let needed: Vec<&str> = record.via.iter().filter_map(Value::as_str).collect();
    if advisories.is_empty() && !needed.is_empty() {
        findings.push(needs_others(&record, name, &needed));
    }
    Ok(())
}

fn severity(words: [&str; 2]) -> Severity {
    words.into_iter().find_map(Severity::from_word).unwrap_or(Severity::Info)
}

fn finding(
    record: &Vulnerable<'_>,
    name: &str,
    advisory: &Advisory<'_>,
    severity: Severity,
) -> Result<ScanFinding, RecordError> {
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
    let vector = advisory.cvss.vector_string.as_deref().unwrap_or_default();
    let rating = cvss::rating("npm", vector).or_else(|| {
        let score = advisory.cvss.score.filter(|score| *score > 0.0)?;
        Some(CvssRating { source: "npm".to_owned(), vector: vector.to_owned(), score: Some(score) })
    });
    Ok(placed(
        ScanFinding {
            cwes: weakness::cwes(advisory.cwe.iter()),
            cvss: rating.into_iter().collect(),
            ..ScanFinding::vulnerable_package(severity, ids, package_of(name), &advisory.title)
        },
        record,
        [
            ("url", Value::from(&*advisory.url)),
            ("range", Value::from(first_of(&[&advisory.range, &record.range]))),
        ],
    ))
}

/// A package whose own code is sound: it goes away when those that it needs are raised, or it is raised itself.
fn needs_others(record: &Vulnerable<'_>, name: &str, needed: &[&str]) -> ScanFinding {
    let package = package_of(name);
    let identity = fingerprint::package_vulnerability(&package.purl, RULE_OF_NEED, "");
    placed(
        ScanFinding {
            title: format!("{name} needs vulnerable packages: {}", needed.join(", ")),
            package: Some(package),
            cwes: vec!["CWE-1035".into()],
            ..ScanFinding::of(
                FindingKind::Vulnerability,
                severity([&record.severity, ""]),
                RULE_OF_NEED,
                identity,
            )
        },
        record,
        [("range", Value::from(&*record.range)), ("needs", Value::from(needed))],
    )
}

const RULE_OF_NEED: &str = "npm-needs-vulnerable";

fn package_of(name: &str) -> Package {
    Package { name: name.to_owned(), purl: purl_of("npm", name), ..Package::default() }
}

/// The finding with what the report says of its package.
fn placed(finding: ScanFinding, record: &Vulnerable<'_>, further: [(&str, Value); 2]) -> ScanFinding {
    ScanFinding {
        mitigation: mitigation(&record.fix_available),
        path: record.nodes.iter().next().unwrap_or_default().to_owned(),
        data: details(further.into_iter().chain([
            ("direct", record.is_direct.clone()),
            ("needed_by", Value::from(record.effects.iter().take(10).collect::<Vec<_>>())),
            ("nodes", Value::from(record.nodes.iter().take(10).collect::<Vec<_>>())),
        ])),
        ..finding
    }
    .sealed()
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
