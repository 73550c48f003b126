//! CycloneDX as JSON.

use chrono::DateTime;
use serde::Deserialize;
use serde_json::Value;

use super::vulnerability::{Affected, Component, Components, Rating, Vulnerability};
use crate::scanner::Output;
use crate::scanner::finding::{ParseError, ScanSummary};
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, Texts, nullable, number};

pub(super) fn read(
    file: &mut dyn ReadSeek,
    output: &mut Output<'_>,
    summary: &mut ScanSummary,
) -> Result<(), ParseError> {
    let mut reader = JsonReader::new(file)?;
    let mut components = Components::default();
    let mut main = Component::default();
    let wanted = output.wants_records();
    reader.object_in_order(
        &["metadata", "components"],
        &["vulnerabilities"],
        &mut |reader, key| match key {
            "metadata" => {
                main = metadata(reader, &mut components, summary)?;
                Ok(true)
            }
            "components" if wanted => list(reader, &mut components).map(|()| true),
            "vulnerabilities" => output
                .records(reader, key, &mut |raw, findings| {
                    vulnerability(raw)?.findings(&components, &main, findings)
                })
                .map(|()| true),
            _ => Ok(false),
        },
    )?;
    reader.finish()?;
    summary.target = main.name;
    Ok(())
}

fn metadata(
    reader: &mut JsonReader<'_>,
    components: &mut Components,
    summary: &mut ScanSummary,
) -> Result<Component, ParseError> {
    let mut main = Component::default();
    reader.object(&mut |reader, key| match key {
        "timestamp" => {
            let at = reader.text()?;
            summary.scanned_at = DateTime::parse_from_rfc3339(&at).ok().map(|at| at.to_utc());
            Ok(true)
        }
        "component" => {
            main = component(reader, components)?;
            Ok(true)
        }
        "tools" => {
            let tools: Value = reader.value()?;
            let tool = tools.get(0).or_else(|| tools["components"].get(0)).unwrap_or(&Value::Null);
            if let Some(name) = tool["name"].as_str() {
                summary.tool_name = name.to_owned();
                summary.tool_version = tool["version"].as_str().unwrap_or_default().to_owned();
            }
            Ok(true)
        }
        _ => Ok(false),
    })?;
    Ok(main)
}

fn list(reader: &mut JsonReader<'_>, components: &mut Components) -> Result<(), ParseError> {
    reader.list(&mut |reader, _| component(reader, components).map(|_| ()))
}

/// A component and those within it.
fn component(reader: &mut JsonReader<'_>, components: &mut Components) -> Result<Component, ParseError> {
    let mut found = Component::default();
    reader.object(&mut |reader, key| {
        let into = match key {
            "bom-ref" => &mut found.reference,
            "group" => &mut found.group,
            "name" => &mut found.name,
            "version" => &mut found.version,
            "purl" => &mut found.purl,
            "components" => return list(reader, components).map(|()| true),
            _ => return Ok(false),
        };
        *into = reader.text()?;
        Ok(true)
    })?;
    components.keep(found.clone())?;
    Ok(found)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Record<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    source: Source<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    references: Vec<Reference<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    ratings: Vec<RatingRecord<'a>>,
    cwes: Texts,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    detail: Text<'a>,
    #[serde(borrow)]
    recommendation: Text<'a>,
    #[serde(borrow)]
    published: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    advisories: Vec<Source<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    analysis: Analysis<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    affects: Vec<AffectedRecord<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Source<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reference<'a> {
    #[serde(borrow)]
    id: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RatingRecord<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    source: Source<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow)]
    method: Text<'a>,
    #[serde(deserialize_with = "number")]
    score: Option<f64>,
    #[serde(borrow)]
    vector: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Analysis<'a> {
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(borrow)]
    justification: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AffectedRecord<'a> {
    #[serde(borrow, rename = "ref")]
    reference: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    versions: Vec<Version<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Version<'a> {
    #[serde(borrow)]
    version: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
}

fn vulnerability(raw: &RawJson<'_>) -> Result<Vulnerability, RecordError> {
    let record: Record<'_> = raw.read()?;
    let ids = std::iter::once(&record.id).chain(record.references.iter().map(|reference| &reference.id));
    Ok(Vulnerability {
        ids: ids.map(|id| id.trim().to_owned()).collect(),
        url: record.source.url.to_string(),
        ratings: record
            .ratings
            .iter()
            .map(|rating| Rating {
                source: rating.source.name.to_string(),
                severity: rating.severity.to_string(),
                method: rating.method.to_string(),
                score: rating.score,
                vector: rating.vector.to_string(),
            })
            .collect(),
        cwes: record.cwes.0,
        description: record.description.to_string(),
        detail: record.detail.to_string(),
        recommendation: record.recommendation.to_string(),
        links: record.advisories.iter().map(|advisory| advisory.url.to_string()).collect(),
        state: record.analysis.state.to_string(),
        justification: record.analysis.justification.to_string(),
        published: record.published.to_string(),
        affects: record
            .affects
            .iter()
            .map(|affected| Affected {
                reference: affected.reference.trim().to_owned(),
                version: affected
                    .versions
                    .iter()
                    .find(|version| {
                        matches!(&*version.status, "" | "affected") && !version.version.is_empty()
                    })
                    .map_or_else(String::new, |version| version.version.to_string()),
            })
            .collect(),
    })
}
