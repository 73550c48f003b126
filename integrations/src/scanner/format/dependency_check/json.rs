//! Dependency-Check as JSON.

use serde::Deserialize;

use super::vulnerability::{Dependency, ThirdCvss, Vulnerability, day};
use crate::scanner::Output;
use crate::scanner::finding::{ParseError, ScanFinding, ScanSummary};
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, Texts, nullable, number};

pub(super) fn read(
    file: &mut dyn ReadSeek,
    output: &mut Output<'_>,
    summary: &mut ScanSummary,
) -> Result<(), ParseError> {
    let mut reader = JsonReader::new(file)?;
    reader.object(&mut |reader, key| match key {
        "projectInfo" => reader
            .object(&mut |reader, key| match key {
                "name" => reader.text().map(|name| summary.target = name).map(|()| true),
                "reportDate" => reader.text().map(|date| summary.scanned_at = day(&date)).map(|()| true),
                _ => Ok(false),
            })
            .map(|()| true),
        "scanInfo" => reader
            .object(&mut |reader, key| match key {
                "engineVersion" => reader.text().map(|version| summary.tool_version = version).map(|()| true),
                _ => Ok(false),
            })
            .map(|()| true),
        "dependencies" => output.records(reader, key, &mut dependency).map(|()| true),
        _ => Ok(false),
    })?;
    reader.finish()
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct DependencyRecord<'a> {
    #[serde(borrow)]
    file_name: Text<'a>,
    #[serde(borrow)]
    file_path: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    packages: Vec<PackageRecord<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    vulnerabilities: Vec<Record<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    suppressed_vulnerabilities: Vec<Record<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PackageRecord<'a> {
    #[serde(borrow)]
    id: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Record<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    source: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow)]
    cvssv3: Option<Third<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    cvssv2: Second<'a>,
    cwes: Texts,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    notes: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    references: Vec<Reference<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Third<'a> {
    #[serde(borrow)]
    version: Text<'a>,
    #[serde(borrow)]
    attack_vector: Text<'a>,
    #[serde(borrow)]
    attack_complexity: Text<'a>,
    #[serde(borrow)]
    privileges_required: Text<'a>,
    #[serde(borrow)]
    user_interaction: Text<'a>,
    #[serde(borrow)]
    scope: Text<'a>,
    #[serde(borrow)]
    confidentiality_impact: Text<'a>,
    #[serde(borrow)]
    integrity_impact: Text<'a>,
    #[serde(borrow)]
    availability_impact: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Second<'a> {
    #[serde(deserialize_with = "number")]
    score: Option<f64>,
    #[serde(borrow)]
    severity: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reference<'a> {
    #[serde(borrow)]
    url: Text<'a>,
}

fn dependency(raw: &RawJson<'_>, findings: &mut Vec<ScanFinding>) -> Result<(), RecordError> {
    let record: DependencyRecord<'_> = raw.read()?;
    let known = Dependency {
        file_name: record.file_name.to_string(),
        file_path: record.file_path.to_string(),
        ids: record.packages.iter().map(|package| package.id.to_string()).collect(),
    };
    let open = record.vulnerabilities.iter().map(|one| (one, false));
    for (one, suppressed) in open.chain(record.suppressed_vulnerabilities.iter().map(|one| (one, true))) {
        findings.push(vulnerability(one, suppressed).finding(&known)?);
    }
    Ok(())
}

fn vulnerability(record: &Record<'_>, suppressed: bool) -> Vulnerability {
    Vulnerability {
        name: record.name.to_string(),
        source: record.source.to_string(),
        severity: record.severity.to_string(),
        third: record.cvssv3.as_ref().map(third),
        second_severity: record.cvssv2.severity.to_string(),
        second_score: record.cvssv2.score,
        cwes: record.cwes.0.clone(),
        description: record.description.to_string(),
        notes: record.notes.to_string(),
        links: record.references.iter().map(|reference| reference.url.to_string()).collect(),
        suppressed,
    }
}

fn third(record: &Third<'_>) -> ThirdCvss {
    let words = [
        &record.attack_vector,
        &record.attack_complexity,
        &record.privileges_required,
        &record.user_interaction,
        &record.scope,
        &record.confidentiality_impact,
        &record.integrity_impact,
        &record.availability_impact,
    ];
    ThirdCvss { version: record.version.to_string(), words: words.map(|word| word.to_string()) }
}
