//! Grype's JSON: a list of matches, each a vulnerability and the artifact that has it.

use serde::Deserialize;
use serde_json::Value;

use super::details::{details, headline, references};
use crate::scanner::finding::{CvssRating, Package, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint::purl_of;
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, first_of, nullable, number};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::repeats::Repeats;
use crate::scanner::secret::SecretKey;
use crate::scanner::weakness;
use crate::scanner::{Format, Output, cvss};

/// Grype.
pub(super) struct Grype;

impl Format for Grype {
    fn name(&self) -> &'static str {
        "grype"
    }

    fn title(&self) -> &'static str {
        "Grype JSON (`grype … -o json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        match head.root() {
            Root::Object if head.has_all(&["matches.vulnerability", "matches.artifact"]) => {
                Certainty::Certain
            }
            Root::Object if head.has("matches") && head.text("descriptor.name") == "grype" => {
                Certainty::Certain
            }
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
        let mut summary = ScanSummary { tool_name: "Grype".into(), complete: true, ..ScanSummary::default() };
        let mut repeats = Repeats::default();
        reader.object(&mut |reader, key| match key {
            "matches" => output
                .records(reader, key, &mut |raw, findings| one_match(raw, &mut repeats, findings))
                .map(|()| true),
            "source" => {
                let source: Value = reader.value()?;
                let target = &source["target"];
                let names = [target, &target["userInput"], &source["name"]];
                summary.target = names.iter().find_map(|name| name.as_str()).unwrap_or_default().to_owned();
                Ok(true)
            }
            "descriptor" => reader
                .object(&mut |reader, key| match key {
                    "version" => reader.text().map(|version| summary.tool_version = version).map(|()| true),
                    "timestamp" => {
                        let at = reader.text()?;
                        summary.scanned_at =
                            chrono::DateTime::parse_from_rfc3339(&at).ok().map(|at| at.to_utc());
                        Ok(true)
                    }
                    _ => Ok(false),
                })
                .map(|()| true),
            _ => Ok(false),
        })?;
        reader.finish()?;
        Ok(summary)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Match<'a> {
    #[serde(borrow)]
    vulnerability: Vulnerability<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    related_vulnerabilities: Vec<Vulnerability<'a>>,
    #[serde(borrow)]
    artifact: Artifact<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    data_source: Text<'a>,
    #[serde(borrow)]
    namespace: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    urls: Vec<Text<'a>>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    cvss: Vec<Cvss<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    cwes: Vec<Cwe<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    fix: Fix<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Cvss<'a> {
    #[serde(borrow)]
    source: Text<'a>,
    #[serde(borrow)]
    vector: Text<'a>,
    #[serde(deserialize_with = "nullable")]
    metrics: Metrics,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Metrics {
    #[serde(deserialize_with = "number")]
    base_score: Option<f64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Cwe<'a> {
    #[serde(borrow)]
    cwe: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Fix<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    versions: Vec<Text<'a>>,
    #[serde(borrow)]
    state: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Artifact<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    version: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    purl: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    locations: Vec<Location<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Location<'a> {
    #[serde(borrow)]
    path: Text<'a>,
}

/// Grype lists a package once for each place in which it lies; the first of them stands for all.
fn one_match(
    raw: &RawJson<'_>,
    repeats: &mut Repeats,
    findings: &mut Vec<ScanFinding>,
) -> Result<(), RecordError> {
    let record: Match<'_> = raw.read()?;
    let (vulnerability, artifact) = (&record.vulnerability, &record.artifact);
    for (field, value) in [("vulnerability.id", &vulnerability.id), ("artifact.name", &artifact.name)] {
        if value.trim().is_empty() {
            return Err(RecordError::Shape(format!("{field} is missing")));
        }
    }
    if !repeats.is_first(&[&vulnerability.id, &artifact.name, &artifact.version]) {
        return Ok(());
    }
    let related = &record.related_vulnerabilities;
    let all = || std::iter::once(vulnerability).chain(related);
    let ids = all().map(|one| one.id.trim().to_owned()).collect();
    let package = Package {
        name: artifact.name.to_string(),
        version: artifact.version.to_string(),
        fixed_version: vulnerability.fix.versions.iter().map(|text| &**text).collect::<Vec<_>>().join(", "),
        purl: if artifact.purl.is_empty() { guessed_purl(&record) } else { artifact.purl.to_string() },
    };
    let severity = Severity::from_word(&vulnerability.severity).unwrap_or(Severity::Unknown);
    let descriptions: Vec<&str> = all().map(|one| &*one.description).collect();
    let description = first_of(&descriptions);
    let finding = ScanFinding::vulnerable_package(severity, ids, package, headline(description));
    findings.push(
        ScanFinding {
            description: description.to_owned(),
            path: artifact.locations.first().map_or_else(String::new, |place| place.path.to_string()),
            cvss: all().flat_map(|one| one.cvss.iter().filter_map(|rating| rated(one, rating))).collect(),
            cwes: all().flat_map(|one| &one.cwes).filter_map(|cwe| weakness::cwe(&cwe.cwe)).collect(),
            status: vulnerability.fix.state.to_ascii_lowercase(),
            data: details([
                ("url", Value::from(&*vulnerability.data_source)),
                ("ecosystem", Value::from(&*artifact.kind)),
                ("data_source", Value::from(&*vulnerability.namespace)),
                ("references", references(all().flat_map(|one| one.urls.iter().map(|url| &**url)))),
            ]),
            ..finding
        }
        .sealed(),
    );
    Ok(())
}

/// Older reports give no package URL; of a system's package the namespace names the system.
fn guessed_purl(record: &Match<'_>) -> String {
    let kind = &*record.artifact.kind;
    let system = record.vulnerability.namespace.split(':').next().unwrap_or_default();
    match kind {
        "deb" | "rpm" | "apk" => purl_of(system, &record.artifact.name),
        kind => purl_of(kind, &record.artifact.name),
    }
}

fn rated(vulnerability: &Vulnerability<'_>, rating: &Cvss<'_>) -> Option<CvssRating> {
    let source = first_of(&[&rating.source, vulnerability.namespace.split(':').next().unwrap_or_default()]);
    let score = rating.metrics.base_score.or_else(|| cvss::score(&rating.vector));
    (score.is_some() || !rating.vector.is_empty()).then(|| CvssRating {
        source: source.to_owned(),
        vector: rating.vector.to_string(),
        score,
    })
}
