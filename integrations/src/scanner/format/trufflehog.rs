//! TruffleHog 3: one finding a line. Lists of its forerunners are read too.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::trufflehog_lists;
use crate::scanner::address;
use crate::scanner::finding::{FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint;
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, first_of, is_true, line_of, nullable, without_nulls};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::repeats::Repeats;
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output, without_tag};

/// TruffleHog.
pub(super) struct Trufflehog;

impl Format for Trufflehog {
    fn name(&self) -> &'static str {
        "trufflehog"
    }

    fn title(&self) -> &'static str {
        "TruffleHog JSON (`trufflehog … --json`, and lists of trufflehog3)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        match head.root {
            Root::Object | Root::Array if head.has_all(&["SourceMetadata", "DetectorName"]) => {
                Certainty::Certain
            }
            Root::Object | Root::Array if head.has_all(&["DetectorName", "Raw"]) => Certainty::Certain,
            Root::Object | Root::Array if head.has_all(&["stringsFound", "reason"]) => Certainty::Certain,
            Root::Array
                if head.has_all(&["rule.id", "rule.severity", "secret", "path"])
                    && head.has_any(&["context", "parent", "commit"]) =>
            {
                Certainty::Certain
            }
            // Its log, when both outputs went into one file.
            Root::Object if head.text("logger") == "trufflehog" && head.has("msg") => Certainty::Certain,
            _ => Certainty::No,
        }
    }

    /// The tool writes no end, so that a file cut between two lines reads as a whole one; a report that shrinks much
    /// waits for a person all the same.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        key: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut reader = JsonReader::new(file)?;
        let mut repeats = Repeats::default();
        let mut detection =
            |raw: &RawJson<'_>, findings: &mut Vec<ScanFinding>| detection(raw, key, &mut repeats, findings);
        if reader.peek()? == b'[' {
            output.records(&mut reader, "", &mut detection)?;
            reader.finish()?;
        } else {
            let mut number = 0;
            while reader.next_value()? {
                let raw = reader.raw()?;
                output.record(&format!("[{number}]"), raw.line, |findings| detection(&raw, findings))?;
                number += 1;
            }
        }
        Ok(ScanSummary { tool_name: "TruffleHog".into(), complete: true, ..ScanSummary::default() })
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Record<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    source_metadata: Metadata<'a>,
    #[serde(borrow)]
    detector_name: Text<'a>,
    #[serde(borrow)]
    detector_description: Text<'a>,
    #[serde(borrow)]
    verified: Text<'a>,
    #[serde(borrow)]
    raw: Text<'a>,
    #[serde(borrow)]
    raw_v2: Text<'a>,
    #[serde(borrow)]
    redacted: Text<'a>,
    #[serde(rename = "stringsFound")]
    strings_found: Option<IgnoredAny>,
    #[serde(rename = "rule")]
    rule: Option<IgnoredAny>,
    #[serde(rename = "logger", borrow)]
    logger: Text<'a>,
    #[serde(rename = "level", borrow)]
    level: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Metadata<'a> {
    #[serde(borrow, deserialize_with = "without_nulls")]
    data: BTreeMap<String, Place<'a>>,
}

/// Where it was found; each kind of source names the place in words of its own.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Place<'a> {
    #[serde(borrow)]
    file: Text<'a>,
    #[serde(borrow)]
    filename: Text<'a>,
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow)]
    key: Text<'a>,
    #[serde(borrow)]
    channel_id: Text<'a>,
    #[serde(borrow)]
    repository: Text<'a>,
    #[serde(borrow)]
    bucket: Text<'a>,
    #[serde(borrow)]
    image: Text<'a>,
    #[serde(borrow)]
    commit: Text<'a>,
    #[serde(borrow)]
    timestamp: Text<'a>,
    #[serde(borrow)]
    link: Text<'a>,
    #[serde(borrow)]
    line: Text<'a>,
}

fn detection(
    raw: &RawJson<'_>,
    key: &SecretKey,
    repeats: &mut Repeats,
    findings: &mut Vec<ScanFinding>,
) -> Result<(), RecordError> {
    let record: Record<'_> = raw.read()?;
    if record.strings_found.is_some() {
        return trufflehog_lists::commit(raw, repeats, findings);
    }
    if record.rule.is_some() {
        return trufflehog_lists::line(raw, key, findings);
    }
    let detector = record.detector_name.trim();
    if detector.is_empty() && !record.logger.is_empty() {
        return match record.level.starts_with("error") {
            true => Err(RecordError::Shape(
                "TruffleHog tells of an error here, so the scan may not be whole".into(),
            )),
            false => Ok(()),
        };
    }
    if detector.is_empty() {
        return Err(RecordError::Shape("DetectorName is missing".into()));
    }
    let nowhere = (String::new(), Place::default());
    let (source, place) = record.source_metadata.data.iter().next().unwrap_or((&nowhere.0, &nowhere.1));
    let value = first_of(&[&record.raw, &record.raw_v2, &record.redacted]);
    let path = first_of(&[&place.file, &place.filename, &place.path, &place.key, &place.channel_id]);
    // Several branches of the tool's search find the same value in the same place.
    if !repeats.is_first(&[detector, path, &place.line, &place.commit, &record.raw, &record.raw_v2]) {
        return Ok(());
    }
    let holder = if place.image.is_empty() {
        address::shown(first_of(&[&place.repository, &place.bucket]))
    } else {
        without_tag(&place.image).to_owned()
    };
    let verified = is_true(&record.verified);
    let severity = match detector {
        _ if verified => Severity::Critical,
        "PrivateKey" => Severity::High,
        "Generic Secret" => Severity::Medium,
        _ => Severity::Critical,
    };
    let shown = key.mask(value);
    // Links of web sources may hold the value in their query.
    let data = json!({
        "match": shown, "verified": verified, "source": source, "commit": &*place.commit,
        "committed_at": &*place.timestamp, "url": address::shown(&place.link),
    });
    let state =
        if verified { "The tool tried it: it works." } else { "The tool could not confirm that it works." };
    findings.push(
        ScanFinding {
            title: format!("{detector} secret in {}", first_of(&[path, &holder, "the source"])),
            description: [&*record.detector_description, state, &shown].join("\n").trim().to_owned(),
            path: path.to_owned(),
            line: line_of(&place.line),
            resource: holder.trim_end_matches(".git").to_owned(),
            cwes: vec!["CWE-798".into()],
            status: if verified { "verified" } else { "unverified" }.to_owned(),
            data: data.to_string(),
            ..ScanFinding::of(
                FindingKind::Secret,
                severity,
                detector,
                fingerprint::secret(detector, path, &key.hash(value)),
            )
        }
        .sealed(),
    );
    Ok(())
}
