//! Bandit's JSON.

use serde::Deserialize;
use serde_json::json;

use super::details::details;
use super::numbered::{self, code_of_lines};
use crate::scanner::finding::{ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, Texts, first_of, line_of, nullable};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::{self, SecretKey};
use crate::scanner::weakness::cwes;
use crate::scanner::{Format, Output};

/// Bandit.
pub(super) struct Bandit;

impl Format for Bandit {
    fn name(&self) -> &'static str {
        "bandit"
    }

    fn title(&self) -> &'static str {
        "Bandit JSON (`bandit -f json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let marks = head.has("metrics._totals")
            || head.has_all(&["errors", "generated_at", "results"])
            || head.has_all(&["results.test_id", "results.issue_severity"]);
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
        let mut summary =
            ScanSummary { tool_name: "Bandit".into(), complete: true, ..ScanSummary::default() };
        reader.object(&mut |reader, name| {
            match name {
                "generated_at" => {
                    let at = reader.text()?;
                    summary.scanned_at = chrono::DateTime::parse_from_rfc3339(&at).ok().map(|at| at.to_utc());
                }
                // Files that could not be parsed were not looked at.
                "errors" => summary.complete &= reader.count()? == 0,
                "results" => output.records(reader, name, &mut |raw, findings| {
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
    test_id: Text<'a>,
    #[serde(borrow, default)]
    test_name: Text<'a>,
    #[serde(borrow, default)]
    filename: Text<'a>,
    #[serde(borrow, default)]
    line_number: Text<'a>,
    #[serde(default)]
    line_range: Texts,
    #[serde(borrow, default)]
    issue_severity: Text<'a>,
    #[serde(borrow, default)]
    issue_confidence: Text<'a>,
    #[serde(borrow, default)]
    issue_text: Text<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    issue_cwe: Weakness<'a>,
    #[serde(borrow, default)]
    more_info: Text<'a>,
    #[serde(borrow, default)]
    code: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Weakness<'a> {
    #[serde(borrow)]
    id: Text<'a>,
}

/// The tests that look for passwords: their text and code hold them.
const PASSWORD_TESTS: &[&str] = &["B105", "B106", "B107"];

fn issue(raw: &RawJson<'_>, key: &SecretKey) -> Result<ScanFinding, RecordError> {
    let record: Issue<'_> = raw.read()?;
    if record.test_id.is_empty() {
        return Err(RecordError::Shape("test_id is empty".into()));
    }
    let path = record.filename.replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let line = line_of(&record.line_number);
    let mut lines: Vec<u32> = record.line_range.iter().filter_map(line_of).collect();
    lines.extend(line);
    let code = code_of_lines(&record.code, &lines);
    let severity = Severity::from_word(&record.issue_severity).unwrap_or(Severity::Unknown);
    let is_secret = PASSWORD_TESTS.contains(&&*record.test_id);
    let (kind, identity) = numbered::identity(is_secret, &record.test_id, path, &code, key);
    let text = if is_secret { secret::scrub(&record.issue_text, "") } else { record.issue_text.to_string() };
    Ok(ScanFinding {
        title: first_of(&[&text, &record.test_name]).to_owned(),
        description: text.clone(),
        path: path.to_owned(),
        line,
        cwes: cwes([&*record.issue_cwe.id]),
        data: details([
            ("test", json!(&*record.test_name)),
            ("url", json!(&*record.more_info)),
            ("confidence", json!(&*record.issue_confidence)),
            ("snippet", if is_secret { json!(null) } else { json!(code) }),
        ]),
        ..ScanFinding::of(kind, severity, &record.test_id, identity)
    }
    .sealed())
}
