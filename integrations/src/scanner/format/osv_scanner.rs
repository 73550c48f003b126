//! OSV-Scanner's JSON: sources, in them packages, in them the advisories of OSV.

use serde::Deserialize;
use serde_json::Value;

use super::details::{details, references};
use crate::scanner::finding::{CvssRating, Package, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint::purl_of;
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, Texts, nullable};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output, cvss, weakness};

/// OSV-Scanner.
pub(super) struct OsvScanner;

impl Format for OsvScanner {
    fn name(&self) -> &'static str {
        "osv_scanner"
    }

    fn title(&self) -> &'static str {
        "OSV-Scanner JSON (`osv-scanner scan --format json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        match head.root() {
            Root::Object
                if head.has_all(&["results.source", "results.packages"])
                    || head.has_all(&["results", "experimental_config"]) =>
            {
                Certainty::Certain
            }
            Root::Object if head.has_only("results") => Certainty::Likely,
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
            "results" => reader.list(&mut |reader, number| result(reader, number, output)).map(|()| true),
            _ => Ok(false),
        })?;
        reader.finish()?;
        Ok(ScanSummary { tool_name: "OSV-Scanner".into(), complete: true, ..ScanSummary::default() })
    }
}

/// One lock file, directory or image.
fn result(reader: &mut JsonReader<'_>, number: usize, output: &mut Output<'_>) -> Result<(), ParseError> {
    let mut path = String::new();
    reader.object_in_order(&["source"], &["packages"], &mut |reader, key| match key {
        "source" => reader
            .object(&mut |reader, key| match key {
                "path" => reader.text().map(|text| path = text).map(|()| true),
                _ => Ok(false),
            })
            .map(|()| true),
        "packages" => reader
            .list(&mut |reader, place| {
                package(reader, &format!("results[{number}].packages[{place}]"), &path, output)
            })
            .map(|()| true),
        _ => Ok(false),
    })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Named {
    #[serde(deserialize_with = "nullable")]
    name: String,
    #[serde(deserialize_with = "nullable")]
    version: String,
    #[serde(deserialize_with = "nullable")]
    ecosystem: String,
}

fn package(
    reader: &mut JsonReader<'_>,
    place: &str,
    path: &str,
    output: &mut Output<'_>,
) -> Result<(), ParseError> {
    let mut named = Named::default();
    reader.object_in_order(&["package"], &["vulnerabilities"], &mut |reader, key| match key {
        "package" => {
            named = reader.value::<Option<Named>>()?.unwrap_or_default();
            Ok(true)
        }
        "vulnerabilities" => output
            .records(reader, &format!("{place}.{key}"), &mut |raw, findings| {
                findings.push(advisory(raw, &named, path)?);
                Ok(())
            })
            .map(|()| true),
        _ => Ok(false),
    })
}

#[derive(Deserialize)]
struct Advisory<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(default)]
    aliases: Texts,
    #[serde(default)]
    upstream: Texts,
    #[serde(borrow, default)]
    summary: Text<'a>,
    #[serde(borrow, default)]
    details: Text<'a>,
    #[serde(borrow, default)]
    published: Text<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    severity: Vec<Score<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    affected: Vec<Affected<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    references: Vec<Reference<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    database_specific: Specific<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Score<'a> {
    #[serde(borrow)]
    score: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Affected<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    package: AffectedPackage<'a>,
    #[serde(deserialize_with = "nullable")]
    ranges: Vec<Range>,
    #[serde(borrow, deserialize_with = "nullable")]
    database_specific: Specific<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AffectedPackage<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    purl: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Range {
    #[serde(deserialize_with = "nullable")]
    events: Vec<Value>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reference<'a> {
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Specific<'a> {
    #[serde(borrow)]
    severity: Text<'a>,
    cwe_ids: Texts,
    #[serde(borrow, deserialize_with = "nullable")]
    cwes: Vec<Cwe<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Cwe<'a> {
    #[serde(borrow)]
    cwe_id: Text<'a>,
}

fn advisory(raw: &RawJson<'_>, named: &Named, path: &str) -> Result<ScanFinding, RecordError> {
    let record: Advisory<'_> = raw.read()?;
    if record.id.trim().is_empty() {
        return Err(RecordError::Shape("id is missing".to_owned()));
    }
    let affected: Vec<_> = record
        .affected
        .iter()
        .filter(|affected| affected.package.name.eq_ignore_ascii_case(&named.name))
        .collect();
    let purl = affected.iter().map(|affected| &*affected.package.purl).find(|purl| !purl.is_empty());
    let mut fixed: Vec<&str> = affected
        .iter()
        .flat_map(|affected| &affected.ranges)
        .flat_map(|range| &range.events)
        .filter_map(|event| event["fixed"].as_str())
        .collect();
    fixed.dedup();
    fixed.truncate(5);
    let package = Package {
        name: named.name.clone(),
        version: named.version.clone(),
        fixed_version: fixed.join(", "),
        purl: purl.map_or_else(|| purl_of(&named.ecosystem, &named.name), str::to_owned),
    };
    let severity = match record.database_specific.severity.trim() {
        // The field's practice for advisories without a rating of their own.
        "" => Severity::Low,
        word => Severity::from_word(word).unwrap_or(Severity::Low),
    };
    let finding = ScanFinding::vulnerable_package(severity, ids(&record), package, &record.summary);
    let specific = || {
        std::iter::once(&record.database_specific).chain(affected.iter().map(|one| &one.database_specific))
    };
    let cwes = specific().flat_map(|one| one.cwe_ids.iter().chain(one.cwes.iter().map(|cwe| &*cwe.cwe_id)));
    Ok(ScanFinding {
        description: record.details.to_string(),
        path: path.to_owned(),
        cwes: weakness::cwes(cwes),
        cvss: record.severity.iter().filter_map(|score| rating(&score.score)).collect(),
        data: details([
            ("url", Value::from(format!("https://osv.dev/vulnerability/{}", record.id.trim()))),
            ("ecosystem", Value::from(named.ecosystem.as_str())),
            ("published", Value::from(&*record.published)),
            ("references", references(record.references.iter().map(|reference| &*reference.url))),
        ]),
        ..finding
    }
    .sealed())
}

/// The id, its aliases, and the CVE that a distribution's own id carries (`DEBIAN-CVE-2026-1`).
fn ids(record: &Advisory<'_>) -> Vec<String> {
    let own = record.id.trim();
    let within = own.find("-CVE-").map(|at| &own[at + 1..]);
    std::iter::once(own)
        .chain(within)
        .chain(record.aliases.iter())
        .chain(record.upstream.iter())
        .map(|id| id.trim().to_owned())
        .collect()
}

fn rating(vector: &str) -> Option<CvssRating> {
    cvss::rating("osv", vector)
}
