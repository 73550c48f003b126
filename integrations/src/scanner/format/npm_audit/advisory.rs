//! An advisory as npm 6, pnpm and yarn 1 list it.

use serde::Deserialize;
use serde_json::Value;

use crate::scanner::cvss;
use crate::scanner::finding::{Package, ScanFinding, Severity};
use crate::scanner::fingerprint::purl_of;
use crate::scanner::format::details::{details, ghsa_of, references};
use crate::scanner::read::json::{RawJson, RecordError};
use crate::scanner::read::lenient::{Text, Texts, nullable};
use crate::scanner::weakness;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::scanner::format) struct Advisory<'a> {
    #[serde(borrow)]
    pub(in crate::scanner::format) id: Text<'a>,
    #[serde(borrow)]
    pub(in crate::scanner::format) module_name: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    findings: Vec<Installed<'a>>,
    cves: Texts,
    #[serde(borrow)]
    github_advisory_id: Text<'a>,
    cwe: Texts,
    #[serde(borrow, deserialize_with = "nullable")]
    cvss: Cvss<'a>,
    #[serde(borrow)]
    vulnerable_versions: Text<'a>,
    #[serde(borrow)]
    patched_versions: Text<'a>,
    #[serde(borrow)]
    overview: Text<'a>,
    #[serde(borrow)]
    recommendation: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    references: Texts,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Installed<'a> {
    #[serde(borrow)]
    version: Text<'a>,
    paths: Texts,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Cvss<'a> {
    #[serde(borrow)]
    vector_string: Text<'a>,
}

/// One finding an advisory.
pub(in crate::scanner::format) fn advisory(
    raw: &RawJson<'_>,
    findings: &mut Vec<ScanFinding>,
) -> Result<(), RecordError> {
    findings.push(finding(&raw.read()?)?);
    Ok(())
}

pub(in crate::scanner::format) fn finding(record: &Advisory<'_>) -> Result<ScanFinding, RecordError> {
    if record.module_name.trim().is_empty() {
        return Err(RecordError::Shape("module_name is missing".to_owned()));
    }
    let own = match record.id.trim() {
        "" => String::new(),
        id => format!("NPM-{id}"),
    };
    let ids: Vec<String> = record
        .cves
        .iter()
        .chain([&*record.github_advisory_id, ghsa_of(&record.url).unwrap_or_default(), &own])
        .map(|id| id.trim().to_owned())
        .filter(|id| !id.is_empty())
        .collect();
    if ids.is_empty() {
        return Err(RecordError::Shape("the advisory has no id".to_owned()));
    }
    let installed = record.findings.first();
    let paths = || record.findings.iter().flat_map(|installed| installed.paths.iter());
    let package = Package {
        name: record.module_name.to_string(),
        version: installed.map_or_else(String::new, |installed| installed.version.to_string()),
        // "<0.0.0" stands for "no version".
        fixed_version: Some(record.patched_versions.trim())
            .filter(|range| *range != "<0.0.0")
            .unwrap_or_default()
            .to_owned(),
        purl: purl_of("npm", &record.module_name),
    };
    let severity = Severity::from_word(&record.severity).unwrap_or(Severity::Info);
    let finding = ScanFinding::vulnerable_package(severity, ids, package, &record.title);
    let linked =
        record.references.iter().flat_map(|text| text.lines()).map(|line| line.trim_start_matches("- "));
    Ok(ScanFinding {
        description: record.overview.to_string(),
        mitigation: record.recommendation.to_string(),
        path: paths().next().unwrap_or_default().to_owned(),
        cwes: weakness::cwes(record.cwe.iter()),
        cvss: cvss::rating("npm", &record.cvss.vector_string).into_iter().collect(),
        data: details([
            ("url", Value::from(&*record.url)),
            ("range", Value::from(&*record.vulnerable_versions)),
            ("paths", Value::from(paths().take(10).collect::<Vec<_>>())),
            ("references", references(linked.filter(|line| line.starts_with("http")))),
        ]),
        ..finding
    }
    .sealed())
}
