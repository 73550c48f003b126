//! cargo-audit's JSON. Warnings of crates that are unmaintained or yanked are left out: they name no vulnerability.

use serde::Deserialize;
use serde_json::Value;

use super::details::{details, references};
use crate::scanner::finding::{Package, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint::purl_of;
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, Texts, nullable};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output, cvss};

/// cargo-audit.
pub(super) struct CargoAudit;

impl Format for CargoAudit {
    fn name(&self) -> &'static str {
        "cargo_audit"
    }

    fn title(&self) -> &'static str {
        "cargo-audit JSON (`cargo audit --json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        match head.root() {
            Root::Object
                if head.has_any(&["database.advisory-count", "lockfile.dependency-count"])
                    && head.has("vulnerabilities") =>
            {
                Certainty::Certain
            }
            Root::Object if head.has_all(&["vulnerabilities.found", "vulnerabilities.list"]) => {
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
        reader.object(&mut |reader, key| match key {
            "vulnerabilities" => reader
                .object(&mut |reader, key| match key {
                    "list" => output
                        .records(reader, "vulnerabilities.list", &mut |raw, findings| {
                            findings.push(vulnerability(raw)?);
                            Ok(())
                        })
                        .map(|()| true),
                    _ => Ok(false),
                })
                .map(|()| true),
            _ => Ok(false),
        })?;
        reader.finish()?;
        Ok(ScanSummary { tool_name: "cargo-audit".into(), complete: true, ..ScanSummary::default() })
    }
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    advisory: Advisory<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    package: Installed<'a>,
    #[serde(default, deserialize_with = "nullable")]
    versions: Versions,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Advisory<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    package: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    aliases: Texts,
    #[serde(borrow)]
    cvss: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    date: Text<'a>,
    references: Texts,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Installed<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    version: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Versions {
    patched: Texts,
}

fn vulnerability(raw: &RawJson<'_>) -> Result<ScanFinding, RecordError> {
    let record: Record<'_> = raw.read()?;
    let advisory = &record.advisory;
    let name = if record.package.name.is_empty() { &advisory.package } else { &record.package.name };
    for (field, value) in [("advisory.id", &advisory.id), ("package.name", name)] {
        if value.trim().is_empty() {
            return Err(RecordError::Shape(format!("{field} is missing")));
        }
    }
    let rating = cvss::rating("rustsec", &advisory.cvss);
    // What is not rated counts as high: an advisory is only written for what matters.
    let score = rating.as_ref().and_then(|rating| rating.score);
    let severity = score.map_or(Severity::High, Severity::from_score);
    let patched = record.versions.patched.iter().collect::<Vec<_>>().join(" or ");
    let package = Package {
        name: name.to_string(),
        version: record.package.version.to_string(),
        purl: purl_of("cargo", name),
        fixed_version: patched.clone(),
    };
    let ids = std::iter::once(&*advisory.id).chain(advisory.aliases.iter());
    let finding = ScanFinding::vulnerable_package(
        severity,
        ids.map(|id| id.trim().to_owned()).collect(),
        package,
        &advisory.title,
    );
    Ok(ScanFinding {
        description: advisory.description.to_string(),
        mitigation: if patched.is_empty() {
            String::new()
        } else {
            format!("Upgrade {} to {patched}.", &**name)
        },
        path: "Cargo.lock".to_owned(),
        cvss: rating.into_iter().collect(),
        data: details([
            ("url", Value::from(&*advisory.url)),
            ("published", Value::from(&*advisory.date)),
            ("references", references(advisory.references.iter())),
        ]),
        ..finding
    }
    .sealed())
}
