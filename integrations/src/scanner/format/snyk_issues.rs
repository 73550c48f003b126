//! Snyk's issues as its REST API lists them (`/rest/orgs/{id}/issues`).

use serde::Deserialize;
use serde_json::Value;

use super::details::details;
use crate::scanner::finding::{
    CvssRating, FindingKind, Package, ParseError, ScanFinding, ScanSummary, Severity,
};
use crate::scanner::fingerprint::{self, purl_of};
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, first_of, nullable, number, truth, whole};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output, weakness};

/// Snyk's issues.
pub(super) struct SnykIssues;

impl Format for SnykIssues {
    fn name(&self) -> &'static str {
        "snyk_issues"
    }

    fn title(&self) -> &'static str {
        "Snyk issues API (`GET /rest/orgs/{org}/issues`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let issue = head.text("data.type") == "issue" && head.has("data.attributes");
        match head.root() {
            Root::Object if issue && head.has("data.attributes.effective_severity_level") => {
                Certainty::Certain
            }
            Root::Object if issue => Certainty::Likely,
            Root::Object if head.has_all(&["jsonapi", "data"]) && !head.has("data.type") => Certainty::Likely,
            _ => Certainty::No,
        }
    }

    /// One answer of the API is a page of at most a hundred issues, so what it does not list may be on another one.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut reader = JsonReader::new(file)?;
        let mut paged = false;
        reader.object(&mut |reader, key| match key {
            "data" => output
                .records(reader, key, &mut |raw, findings| {
                    findings.push(issue(raw)?);
                    Ok(())
                })
                .map(|()| true),
            "links" => reader
                .object(&mut |reader, key| match key {
                    "next" => reader.text().map(|next| paged = !next.is_empty()).map(|()| true),
                    _ => Ok(false),
                })
                .map(|()| true),
            _ => Ok(false),
        })?;
        reader.finish()?;
        Ok(ScanSummary { tool_name: "Snyk".into(), complete: !paged, ..ScanSummary::default() })
    }
}

#[derive(Deserialize)]
struct Issue<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow)]
    attributes: Attributes<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Attributes<'a> {
    #[serde(borrow)]
    key: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(deserialize_with = "truth")]
    ignored: Option<bool>,
    #[serde(borrow)]
    effective_severity_level: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    problems: Vec<Named<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    classes: Vec<Named<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    severities: Vec<Rating<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    coordinates: Vec<Coordinate<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    id: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Rating<'a> {
    #[serde(borrow)]
    source: Text<'a>,
    #[serde(borrow)]
    vector: Text<'a>,
    #[serde(deserialize_with = "number")]
    score: Option<f64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Coordinate<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    representations: Vec<Representation<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    remedies: Vec<Remedy<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Representation<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    dependency: Option<Dependency<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    source_location: Option<SourceLocation<'a>>,
    #[serde(borrow)]
    resource_path: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Dependency<'a> {
    #[serde(borrow)]
    package_name: Text<'a>,
    #[serde(borrow)]
    package_version: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SourceLocation<'a> {
    #[serde(borrow)]
    file: Text<'a>,
    #[serde(deserialize_with = "nullable")]
    region: Region,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Region {
    #[serde(deserialize_with = "nullable")]
    start: Position,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Position {
    #[serde(deserialize_with = "whole")]
    line: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Remedy<'a> {
    #[serde(borrow)]
    description: Text<'a>,
}

fn issue(raw: &RawJson<'_>) -> Result<ScanFinding, RecordError> {
    let Issue { id, attributes } = raw.read()?;
    let key = first_of(&[&attributes.key, &id]);
    if key.is_empty() {
        return Err(RecordError::Shape("the issue has neither a key nor an id".to_owned()));
    }
    let places = || attributes.coordinates.iter().flat_map(|coordinate| &coordinate.representations);
    let dependency = places().find_map(|place| place.dependency.as_ref());
    let code = places().find_map(|place| place.source_location.as_ref());
    let resource = places().map(|place| &*place.resource_path).find(|path| !path.is_empty());
    let severity = Severity::from_word(&attributes.effective_severity_level).unwrap_or(Severity::Unknown);
    let title = first_of(&[&attributes.title, key]);
    let path = code.map(|code| &*code.file).or(resource).unwrap_or_default();
    let finding = match (&*attributes.kind, dependency) {
        ("license", Some(dependency)) => ScanFinding {
            package: Some(package_of(dependency, key)),
            ..ScanFinding::of(
                FindingKind::Licence,
                severity,
                key,
                fingerprint::licence(&dependency.package_name, key, ""),
            )
        },
        ("license", None) => {
            ScanFinding::of(FindingKind::Licence, severity, key, fingerprint::licence(title, key, ""))
        }
        (_, Some(dependency)) => {
            let ids = std::iter::once(key).chain(attributes.problems.iter().map(|problem| problem.id.trim()));
            let package = package_of(dependency, key);
            ScanFinding::vulnerable_package(severity, ids.map(str::to_owned).collect(), package, title)
        }
        ("config" | "cloud", None) => ScanFinding::of(
            FindingKind::Misconfiguration,
            severity,
            key,
            fingerprint::misconfiguration(key, path, resource.unwrap_or_default()),
        ),
        // The key of an issue in code stays while the code is edited.
        _ => ScanFinding::of(FindingKind::Code, severity, title, fingerprint::code(title, path, key)),
    };
    let remedies = attributes.coordinates.iter().flat_map(|coordinate| &coordinate.remedies);
    let status = attributes.status.to_ascii_lowercase();
    Ok(ScanFinding {
        title: if finding.title.is_empty() { title.to_owned() } else { finding.title.clone() },
        description: attributes.description.to_string(),
        path: path.to_owned(),
        line: code.and_then(|code| code.region.start.line).filter(|line| *line > 0),
        mitigation: remedies.map(|remedy| &*remedy.description).next().unwrap_or_default().to_owned(),
        cwes: weakness::cwes(attributes.classes.iter().map(|class| &*class.id)),
        cvss: attributes.severities.iter().filter_map(rating).collect(),
        suppressed: attributes.ignored == Some(true) || status == "resolved",
        status,
        data: details([("issue", Value::from(&*id)), ("type", Value::from(&*attributes.kind))]),
        ..finding
    }
    .sealed())
}

fn package_of(dependency: &Dependency<'_>, key: &str) -> Package {
    Package {
        name: dependency.package_name.to_string(),
        version: dependency.package_version.to_string(),
        fixed_version: String::new(),
        purl: purl_of(&ecosystem(key), &dependency.package_name),
    }
}

/// The ecosystem that an id of Snyk names: `SNYK-PYTHON-…`, `SNYK-DEBIAN11-…`, `npm:ms:20151024`.
fn ecosystem(key: &str) -> String {
    let word = match key.strip_prefix("SNYK-") {
        Some(rest) => {
            rest.split('-').next().unwrap_or_default().trim_end_matches(|digit: char| digit.is_ascii_digit())
        }
        None => key.strip_prefix("snyk:lic:").unwrap_or(key).split(':').next().unwrap_or_default(),
    };
    word.to_ascii_lowercase()
}

fn rating(rating: &Rating<'_>) -> Option<CvssRating> {
    (rating.score.is_some() || !rating.vector.is_empty()).then(|| CvssRating {
        source: rating.source.to_ascii_lowercase(),
        vector: rating.vector.to_string(),
        score: rating.score,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_name_their_ecosystem() {
        for (key, expected) in [
            ("SNYK-PYTHON-PILLOW-1", "python"),
            ("SNYK-DEBIAN11-GCC10-5901313", "debian"),
            ("npm:ms:20151024", "npm"),
            ("snyk:lic:npm:x:GPL-3.0", "npm"),
        ] {
            assert_eq!(ecosystem(key), expected);
        }
    }
}
