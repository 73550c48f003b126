//! Semgrep Supply Chain, as the API of Semgrep's platform lists what it finds in dependencies.

use serde_json::json;

use super::details::{details, references};
use crate::scanner::finding::{Package, ScanFinding, Severity};
use crate::scanner::fingerprint::purl_of;
use crate::scanner::read::json::{RawJson, RecordError};
use crate::scanner::read::loose::{self, Loose};
use crate::scanner::weakness::cwes;

/// Statuses in which somebody has dealt with it.
const SETTLED: &[&str] = &["fixed", "ignored", "dismissed", "resolved", "wontfix"];

/// A vulnerable dependency of a repository.
pub(super) fn vulnerability(raw: &RawJson<'_>) -> Result<ScanFinding, RecordError> {
    let record = loose::record(raw)?;
    let name = record.required(&["matchedDependency.name"])?;
    let rule = record.required(&["advisory.ruleId", "advisory.references.cveIds", "title"])?;
    let mut ids = record.texts("advisory.references.cveIds");
    ids.push(rule);
    let ecosystem = record.first_text(&["advisory.ecosystem", "packageManager"]);
    let ecosystem = if ecosystem.eq_ignore_ascii_case("no_package_manager") { "" } else { &ecosystem };
    let package = Package {
        purl: purl_of(ecosystem, &name),
        version: record.text("matchedDependency.versionSpecifier"),
        fixed_version: record.text("closestSafeDependency.versionSpecifier"),
        name,
    };
    let repository = record.first_text(&["repositoryName", "repositoryId"]);
    let severity = Severity::from_word(&record.text("advisory.severity")).unwrap_or(Severity::Unknown);
    let status = record.text("triage.status").to_ascii_lowercase();
    let title = record.first_text(&["title", "advisory.title"]);
    let weaknesses = record.texts("advisory.references.cweIds");
    let urls = record.texts("advisory.references.urls");
    Ok(ScanFinding {
        description: record.first_text(&["advisory.description", "title"]),
        path: record.text("dependencyFileLocation.path"),
        resource: repository.clone(),
        line: record
            .number("dependencyFileLocation.startLine")
            .filter(|line| *line >= 1.0)
            .map(|line| line as u32),
        cwes: cwes(weaknesses.iter().map(String::as_str)),
        suppressed: SETTLED.contains(&status.as_str()),
        status,
        data: details([
            ("url", json!(record.text("dependencyFileLocation.url"))),
            ("reachability", json!(record.first_text(&["exposureType", "advisory.reachability"]))),
            ("transitivity", json!(record.text("transitivity"))),
            ("opened_at", json!(record.text("openedAt"))),
            ("references", references(urls.iter().map(String::as_str))),
        ]),
        ..ScanFinding::vulnerable_package_of(&repository, severity, ids, package, &title)
    }
    .sealed())
}
