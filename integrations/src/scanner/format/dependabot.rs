//! Dependabot alerts, as GitHub's GraphQL and REST interfaces give them.

use serde::Deserialize;
use serde_json::Value;

use super::details::{details, references};
use crate::scanner::finding::{CvssRating, Package, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint::purl_of;
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, first_of, nullable, number};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output, cvss, weakness};

/// Dependabot.
pub(super) struct Dependabot;

impl Format for Dependabot {
    fn name(&self) -> &'static str {
        "dependabot"
    }

    fn title(&self) -> &'static str {
        "Dependabot alerts (GitHub GraphQL or `GET /repos/{owner}/{repo}/dependabot/alerts`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let graph = [
            "data.repository.vulnerabilityAlerts",
            "data.repository.search.nodes.vulnerabilityAlerts",
            "data.search.nodes.vulnerabilityAlerts",
            "data.organization.repositories.nodes.vulnerabilityAlerts",
            "data.viewer.repositories.nodes.vulnerabilityAlerts",
        ];
        match head.root() {
            Root::Object if head.has_any(&graph) => Certainty::Certain,
            Root::Array | Root::Object if head.has_all(&["security_advisory", "security_vulnerability"]) => {
                Certainty::Certain
            }
            _ => Certainty::No,
        }
    }

    /// Both interfaces answer in pages, so what one answer does not list may be on the next: the report is not complete
    /// where a page says so, or is as full as a page can be.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut reader = JsonReader::new(file)?;
        let mut walk = Walk { output, repository: String::new(), paged: false };
        // Pages set one after the other are read as one.
        while reader.next_value()? {
            if reader.peek()? == b'[' {
                walk.alerts(&mut reader, "")?;
            } else {
                walk.object(&mut reader, "")?;
            }
        }
        let (target, complete) = (walk.repository, !walk.paged);
        Ok(ScanSummary { tool_name: "Dependabot".into(), target, complete, ..ScanSummary::default() })
    }
}

/// The usual and the largest length of a page.
const PAGES: [usize; 2] = [30, 100];

struct Walk<'w, 's> {
    output: &'w mut Output<'s>,
    /// The repository, where the answer is about one alone.
    repository: String,
    paged: bool,
}

impl Walk<'_, '_> {
    /// Looks for alerts in whatever is around them: a repository, a search, an organisation.
    fn object(&mut self, reader: &mut JsonReader<'_>, around: &str) -> Result<(), ParseError> {
        let mut name = around.to_owned();
        reader.object_in_order(&["nameWithOwner"], &["vulnerabilityAlerts"], &mut |reader, key| match (
            key,
            reader.peek()?,
        ) {
            ("vulnerabilityAlerts", b'{') => self.connection(reader, &name).map(|()| true),
            ("nameWithOwner", _) => {
                name = reader.text()?;
                Ok(true)
            }
            ("name", b'"') if name == around => {
                name = reader.text()?;
                Ok(true)
            }
            ("repository", b'{') => {
                let name = self.one_repository(reader)?;
                self.repository = name;
                Ok(true)
            }
            (_, b'{') => self.object(reader, &name).map(|()| true),
            (_, b'[') => reader
                .list(&mut |reader, _| match reader.peek()? {
                    b'{' => self.object(reader, &name),
                    _ => reader.skip(),
                })
                .map(|()| true),
            _ => Ok(false),
        })
    }

    /// The one repository that was asked for; it is the target, so that its alerts need not name it.
    fn one_repository(&mut self, reader: &mut JsonReader<'_>) -> Result<String, ParseError> {
        let (mut name, mut address) = (String::new(), String::new());
        reader.object(&mut |reader, key| match (key, reader.peek()?) {
            ("nameWithOwner", _) => reader.text().map(|text| name = text).map(|()| true),
            ("url", _) => reader.text().map(|text| address = text).map(|()| true),
            ("vulnerabilityAlerts", b'{') => self.connection(reader, "").map(|()| true),
            (_, b'{') => self.object(reader, "").map(|()| true),
            _ => Ok(false),
        })?;
        let path = address.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        Ok(first_of(&[&name, path.map_or("", |(_, path)| path)]).to_owned())
    }

    fn connection(&mut self, reader: &mut JsonReader<'_>, repository: &str) -> Result<(), ParseError> {
        reader.object(&mut |reader, key| match key {
            "nodes" => self.alerts(reader, repository).map(|()| true),
            "pageInfo" => {
                let page: Value = reader.value()?;
                self.paged |= page["hasNextPage"] == true;
                Ok(true)
            }
            _ => Ok(false),
        })
    }

    fn alerts(&mut self, reader: &mut JsonReader<'_>, repository: &str) -> Result<(), ParseError> {
        let mut count = 0_usize;
        self.output.records(reader, "alerts", &mut |raw, findings| {
            count += 1;
            findings.extend(alert(raw, repository)?);
            Ok(())
        })?;
        self.paged |= PAGES.contains(&count);
        Ok(())
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Alert<'a> {
    #[serde(borrow)]
    number: Text<'a>,
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(borrow, alias = "dismissed_reason")]
    dismiss_reason: Text<'a>,
    #[serde(borrow)]
    vulnerable_manifest_path: Text<'a>,
    #[serde(borrow)]
    vulnerable_manifest_filename: Text<'a>,
    #[serde(borrow)]
    vulnerable_requirements: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    dependency: Dependency<'a>,
    #[serde(borrow, alias = "security_vulnerability", deserialize_with = "nullable")]
    security_vulnerability: Vulnerability<'a>,
    #[serde(borrow, alias = "security_advisory", deserialize_with = "nullable")]
    security_advisory: Advisory<'a>,
    #[serde(borrow, alias = "html_url")]
    html_url: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Dependency<'a> {
    #[serde(borrow)]
    manifest_path: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    package: PackageRecord<'a>,
    #[serde(borrow, alias = "first_patched_version", deserialize_with = "nullable")]
    first_patched_version: Version<'a>,
    #[serde(borrow, alias = "vulnerable_version_range")]
    vulnerable_version_range: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    advisory: Advisory<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PackageRecord<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    ecosystem: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Version<'a> {
    #[serde(borrow)]
    identifier: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Advisory<'a> {
    #[serde(borrow, alias = "ghsa_id")]
    ghsa_id: Text<'a>,
    #[serde(borrow, alias = "cve_id")]
    cve_id: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow)]
    summary: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    identifiers: Vec<Identifier<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    references: Vec<Reference<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    cvss: Cvss<'a>,
    cwes: Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Identifier<'a> {
    #[serde(borrow)]
    value: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reference<'a> {
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Cvss<'a> {
    #[serde(borrow, alias = "vector_string")]
    vector_string: Text<'a>,
    #[serde(deserialize_with = "number")]
    score: Option<f64>,
}

/// One alert; an empty element, as a search without rights gives, is none.
fn alert(raw: &RawJson<'_>, repository: &str) -> Result<Option<ScanFinding>, RecordError> {
    let Some(record) = raw.read::<Option<Alert<'_>>>()? else {
        return Ok(None);
    };
    let vulnerability = &record.security_vulnerability;
    let nested = &vulnerability.advisory;
    let advisory = if nested.summary.is_empty() && nested.identifiers.is_empty() {
        &record.security_advisory
    } else {
        nested
    };
    let package = &vulnerability.package;
    if package.name.trim().is_empty() {
        return Err(RecordError::Shape("the package of the vulnerability is missing".to_owned()));
    }
    let ids: Vec<String> = [&*advisory.ghsa_id, &advisory.cve_id]
        .into_iter()
        .chain(advisory.identifiers.iter().map(|identifier| &*identifier.value))
        .map(|id| id.trim().to_owned())
        .filter(|id| !id.is_empty())
        .collect();
    if ids.is_empty() {
        return Err(RecordError::Shape("the advisory has no identifier".to_owned()));
    }
    let word = first_of(&[&vulnerability.severity, &advisory.severity]);
    let found = Package {
        name: package.name.to_string(),
        version: record.vulnerable_requirements.trim().trim_start_matches("= ").to_owned(),
        fixed_version: vulnerability.first_patched_version.identifier.to_string(),
        purl: purl_of(&package.ecosystem, &package.name),
    };
    let severity = Severity::from_word(word).unwrap_or(Severity::Unknown);
    let state = record.state.trim().to_ascii_lowercase();
    let finding = ScanFinding::vulnerable_package_of(repository, severity, ids, found, &advisory.summary);
    Ok(Some(
        ScanFinding {
            description: advisory.description.to_string(),
            path: first_of(&[
                &record.dependency.manifest_path,
                &record.vulnerable_manifest_path,
                &record.vulnerable_manifest_filename,
            ])
            .to_owned(),
            resource: repository.to_owned(),
            cwes: weakness::cwes(cwes(&advisory.cwes)),
            cvss: rating(&advisory.cvss).into_iter().collect(),
            suppressed: !matches!(state.as_str(), "" | "open"),
            status: state,
            data: details([
                ("url", Value::from(&*record.html_url)),
                ("number", Value::from(&*record.number)),
                ("range", Value::from(&*vulnerability.vulnerable_version_range)),
                ("justification", Value::from(&*record.dismiss_reason)),
                ("references", references(advisory.references.iter().map(|reference| &*reference.url))),
            ]),
            ..finding
        }
        .sealed(),
    ))
}

/// A list in one interface, a list within an object in the other.
fn cwes(value: &Value) -> impl Iterator<Item = &str> {
    let list = value.as_array().or_else(|| value["nodes"].as_array());
    list.into_iter().flatten().filter_map(|cwe| cwe["cweId"].as_str().or_else(|| cwe["cwe_id"].as_str()))
}

fn rating(record: &Cvss<'_>) -> Option<CvssRating> {
    let score = record.score.filter(|score| *score > 0.0).or_else(|| cvss::score(&record.vector_string));
    (score.is_some() || !record.vector_string.is_empty()).then(|| CvssRating {
        source: "ghsa".to_owned(),
        vector: record.vector_string.to_string(),
        score,
    })
}
