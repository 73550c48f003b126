//! gosec's JSON.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::details::details;
use super::numbered::{self, code_of_lines};
use crate::scanner::finding::{ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, first_of, is_true, line_of, nullable};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::{self, SecretKey};
use crate::scanner::weakness::cwes;
use crate::scanner::{Format, Output};

/// gosec.
pub(super) struct Gosec;

impl Format for Gosec {
    fn name(&self) -> &'static str {
        "gosec"
    }

    fn title(&self) -> &'static str {
        "gosec JSON (`gosec -fmt json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let marks = head.has_all(&["Issues.rule_id", "Issues.details"])
            || head.has_any(&["GosecVersion", "Golang errors"])
            || (head.has("Issues") && head.has_any(&["Stats.nosec", "Stats.found"]));
        match head.root() {
            Root::Object if marks => Certainty::Certain,
            _ => Certainty::No,
        }
    }

    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        key: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut reader = JsonReader::new(file)?;
        let mut summary = ScanSummary { tool_name: "gosec".into(), complete: true, ..ScanSummary::default() };
        reader.object(&mut |reader, name| {
            match name {
                "GosecVersion" => summary.tool_version = reader.text()?,
                // Packages that do not build were not looked at.
                "Golang errors" => reader.object(&mut |_, _| {
                    summary.complete = false;
                    Ok(false)
                })?,
                "Issues" => output.records(reader, name, &mut |raw, findings| {
                    findings.push(issue(raw, key)?);
                    Ok(())
                })?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        reader.finish()?;
        Ok(summary)
    }
}

#[derive(Deserialize)]
struct Issue<'a> {
    #[serde(borrow)]
    rule_id: Text<'a>,
    #[serde(borrow, default)]
    severity: Text<'a>,
    #[serde(borrow, default)]
    confidence: Text<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    cwe: Weakness<'a>,
    #[serde(borrow, default)]
    details: Text<'a>,
    #[serde(borrow, default)]
    file: Text<'a>,
    #[serde(borrow, default)]
    code: Text<'a>,
    #[serde(borrow, default)]
    line: Text<'a>,
    #[serde(borrow, default)]
    nosec: Text<'a>,
    #[serde(default, deserialize_with = "nullable")]
    suppressions: Vec<IgnoredAny>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Weakness<'a> {
    #[serde(borrow, alias = "ID")]
    id: Text<'a>,
}

fn issue(raw: &RawJson<'_>, key: &SecretKey) -> Result<ScanFinding, RecordError> {
    let record: Issue<'_> = raw.read()?;
    let rule = &*record.rule_id;
    if rule.is_empty() {
        return Err(RecordError::Shape("rule_id is empty".into()));
    }
    // A range of lines is written as "63-65".
    let mut ends = record.line.split('-').filter_map(line_of);
    let first = ends.next();
    let last = ends.next().or(first).unwrap_or_default();
    let lines: Vec<u32> = first.map_or_else(Vec::new, |first| (first..=last).take(100).collect());
    let code = code_of_lines(&record.code, &lines);
    // The rule for credentials in code: what it shows holds one.
    let is_secret = rule == "G101";
    let (kind, identity) = numbered::identity(is_secret, rule, &record.file, &code, key);
    let text = if is_secret { secret::scrub(&record.details, "") } else { record.details.to_string() };
    let severity = Severity::from_word(&record.severity).unwrap_or(Severity::Unknown);
    Ok(ScanFinding {
        title: first_of(&[&text, rule]).to_owned(),
        description: text.clone(),
        path: record.file.to_string(),
        line: first,
        cwes: cwes([&*record.cwe.id]),
        suppressed: is_true(&record.nosec) || !record.suppressions.is_empty(),
        data: details([
            ("confidence", json!(&*record.confidence)),
            ("snippet", if is_secret { json!(null) } else { json!(code) }),
        ]),
        ..ScanFinding::of(kind, severity, rule, identity)
    }
    .sealed())
}
