//! Snyk's CLI JSON: one project, or a list of projects. What `snyk code` writes is SARIF.

use serde::Deserialize;
use serde_json::Value;

use super::details::{details, references};
use crate::scanner::finding::{
    CvssRating, FindingKind, Package, ParseError, ScanFinding, ScanSummary, Severity,
};
use crate::scanner::fingerprint::{self, purl_of};
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, Texts, first_of, nullable, number};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output, cvss, weakness};

/// Snyk's CLI.
pub(super) struct Snyk;

impl Format for Snyk {
    fn name(&self) -> &'static str {
        "snyk"
    }

    fn title(&self) -> &'static str {
        "Snyk JSON (`snyk test --json`, `snyk container test --json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let marks =
            ["packageManager", "dependencyCount", "uniqueCount", "licensesPolicy", "filesystemPolicy"];
        match head.root() {
            Root::Object | Root::Array
                if head.has("vulnerabilities")
                    && (head.has("ok") || head.has("vulnerabilities.from"))
                    && head.has_any(&marks) =>
            {
                Certainty::Certain
            }
            // The list is longer than what is looked at, so that what follows it is not known.
            Root::Object | Root::Array
                if head.has_all(&[
                    "vulnerabilities.from",
                    "vulnerabilities.packageName",
                    "vulnerabilities.semver",
                ]) =>
            {
                Certainty::Certain
            }
            // A test that failed; it is told why.
            Root::Object | Root::Array if head.has_all(&["ok", "error", "path"]) => Certainty::Likely,
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
        let mut summary = ScanSummary { tool_name: "Snyk".into(), complete: true, ..ScanSummary::default() };
        if reader.peek()? == b'[' {
            reader
                .list(&mut |reader, number| project(reader, &format!("[{number}]."), output, &mut summary))?;
        } else {
            project(&mut reader, "", output, &mut summary)?;
        }
        reader.finish()?;
        Ok(summary)
    }
}

fn project(
    reader: &mut JsonReader<'_>,
    place: &str,
    output: &mut Output<'_>,
    summary: &mut ScanSummary,
) -> Result<(), ParseError> {
    let (mut name, mut file) = (String::new(), String::new());
    let mut failure = None;
    reader.object_in_order(
        &["displayTargetFile", "projectName"],
        &["vulnerabilities", "applications"],
        &mut |reader, key| match key {
            "projectName" => reader.text().map(|text| name = text).map(|()| true),
            "displayTargetFile" => reader.text().map(|text| file = text).map(|()| true),
            "error" => reader.text().map(|text| failure = Some(text)).map(|()| true),
            "vulnerabilities" => output
                .records(reader, &format!("{place}{key}"), &mut |raw, findings| {
                    findings.push(issue(raw, &file)?);
                    Ok(())
                })
                .map(|()| true),
            // What lies in an image beside the packages of its system.
            "applications" => reader
                .list(&mut |reader, number| {
                    project(reader, &format!("{place}{key}[{number}]."), output, &mut ScanSummary::default())
                })
                .map(|()| true),
            _ => Ok(false),
        },
    )?;
    if let Some(reason) = failure.filter(|reason| !reason.is_empty()) {
        if place.is_empty() {
            return Err(ParseError::whole(format!(
                "Snyk failed: {reason}. Mend that and run it again; nothing was scanned."
            )));
        }
        summary.complete = false;
    }
    if summary.target.is_empty() {
        summary.target = name;
    }
    Ok(())
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Issue<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(deserialize_with = "number")]
    cvss_score: Option<f64>,
    #[serde(borrow, rename = "CVSSv3")]
    cvss_vector: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(deserialize_with = "nullable")]
    identifiers: Identifiers,
    #[serde(borrow)]
    package_name: Text<'a>,
    #[serde(borrow)]
    module_name: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    version: Text<'a>,
    #[serde(borrow)]
    package_manager: Text<'a>,
    #[serde(borrow)]
    language: Text<'a>,
    #[serde(borrow)]
    license: Text<'a>,
    from: Texts,
    upgrade_path: Texts,
    fixed_in: Texts,
    #[serde(borrow)]
    nearest_fixed_in_version: Text<'a>,
    #[serde(borrow)]
    publication_time: Text<'a>,
    #[serde(borrow)]
    exploit: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    references: Vec<Reference<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "UPPERCASE", default)]
struct Identifiers {
    cve: Texts,
    cwe: Texts,
    ghsa: Texts,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reference<'a> {
    #[serde(borrow)]
    url: Text<'a>,
}

fn issue(raw: &RawJson<'_>, file: &str) -> Result<ScanFinding, RecordError> {
    let record: Issue<'_> = raw.read()?;
    let name = first_of(&[&record.name, &record.package_name, &record.module_name]);
    for (field, value) in [("id", record.id.trim()), ("packageName", name)] {
        if value.is_empty() {
            return Err(RecordError::Shape(format!("{field} is missing")));
        }
    }
    let ecosystem = first_of(&[&record.package_manager, &record.language]);
    let package = Package {
        name: name.to_owned(),
        version: record.version.to_string(),
        fixed_version: match record.nearest_fixed_in_version.trim() {
            "" => record.fixed_in.iter().take(5).collect::<Vec<_>>().join(", "),
            nearest => nearest.to_owned(),
        },
        purl: purl_of(ecosystem, binary_name(ecosystem, name)),
    };
    // The first step is the project itself, with a version of its own; the versions of the others change too.
    let steps: Vec<&str> = record.from.iter().skip(1).map(without_version).take(20).collect();
    let finding = ScanFinding {
        path: if steps.is_empty() { file.to_owned() } else { steps.join(" > ") },
        mitigation: mitigation(&record),
        data: details([
            ("url", Value::from(format!("https://security.snyk.io/vuln/{}", record.id.trim()))),
            ("file", Value::from(file)),
            ("ecosystem", Value::from(ecosystem)),
            ("exploit", Value::from(&*record.exploit)),
            ("published", Value::from(&*record.publication_time)),
            ("references", references(record.references.iter().map(|reference| &*reference.url))),
        ]),
        ..base(&record, package)
    };
    Ok(finding.sealed())
}

/// A vulnerability, or a licence that the policy does not want.
fn base(record: &Issue<'_>, package: Package) -> ScanFinding {
    let word = Severity::from_word(&record.severity).unwrap_or(Severity::Unknown);
    if &*record.kind == "license" || record.id.starts_with("snyk:lic:") {
        let licence = first_of(&[&record.license, &record.title]);
        let fingerprint = fingerprint::licence(&package.name, licence, "");
        return ScanFinding {
            title: format!("Licence {licence} of {}", package.name),
            description: record.title.to_string(),
            package: Some(package),
            ..ScanFinding::of(FindingKind::Licence, word, licence, fingerprint)
        };
    }
    let identifiers = &record.identifiers;
    let ids = std::iter::once(&*record.id).chain(identifiers.cve.iter()).chain(identifiers.ghsa.iter());
    let severity = record.cvss_score.map_or(word, severity_of_score);
    let title = Some(record.title.trim()).filter(|title| !title.starts_with("CVE-")).unwrap_or_default();
    let vector = record.cvss_vector.trim();
    let score = record.cvss_score.or_else(|| cvss::score(vector));
    ScanFinding {
        description: record.description.to_string(),
        cwes: weakness::cwes(identifiers.cwe.iter()),
        cvss: (score.is_some() || !vector.is_empty())
            .then(|| CvssRating { source: "snyk".to_owned(), vector: vector.to_owned(), score })
            .into_iter()
            .collect(),
        ..ScanFinding::vulnerable_package(
            severity,
            ids.map(|id| id.trim().to_owned()).collect(),
            package,
            title,
        )
    }
}

/// Snyk's own bands: a score of nothing is still low.
fn severity_of_score(score: f64) -> Severity {
    Severity::from_score(score).max(Severity::Low)
}

/// `name@1.2` without what follows the last `@`, which may also open the name.
fn without_version(step: &str) -> &str {
    match step.rfind('@') {
        Some(at) if at > 0 => &step[..at],
        _ => step,
    }
}

/// Packages of a system are listed as `source/binary`; other tools know them by the second.
fn binary_name<'n>(ecosystem: &str, name: &'n str) -> &'n str {
    let system = ecosystem.contains(':') || matches!(ecosystem, "deb" | "rpm" | "apk" | "linux");
    name.rsplit_once('/').filter(|_| system).map_or(name, |(_, binary)| binary)
}

fn mitigation(record: &Issue<'_>) -> String {
    let upgrade =
        record.upgrade_path.iter().find(|step| !step.is_empty() && *step != "false" && *step != "true");
    match upgrade {
        Some(step) => format!("Upgrade to {step}."),
        None => String::new(),
    }
}
