//! Hadolint's JSON.

use serde::Deserialize;
use serde_json::json;

use super::details::details;
use crate::scanner::finding::{FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint;
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, line_of};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// Hadolint.
pub(super) struct Hadolint;

impl Format for Hadolint {
    fn name(&self) -> &'static str {
        "hadolint"
    }

    fn title(&self) -> &'static str {
        "Hadolint JSON (`hadolint -f json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let marks = head.has_all(&["code", "message", "level", "file", "line", "column"]);
        match head.root() {
            Root::Array if marks => Certainty::Certain,
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
        output.records(&mut reader, "", &mut |raw, findings| {
            findings.push(problem(raw)?);
            Ok(())
        })?;
        reader.finish()?;
        Ok(ScanSummary { tool_name: "Hadolint".into(), complete: true, ..ScanSummary::default() })
    }
}

#[derive(Deserialize)]
struct Problem<'a> {
    #[serde(borrow)]
    code: Text<'a>,
    #[serde(borrow, default)]
    message: Text<'a>,
    #[serde(borrow, default)]
    level: Text<'a>,
    #[serde(borrow, default)]
    file: Text<'a>,
    #[serde(borrow, default)]
    line: Text<'a>,
}

/// A rule that a file breaks, however many of its lines do.
fn problem(raw: &RawJson<'_>) -> Result<ScanFinding, RecordError> {
    let record: Problem<'_> = raw.read()?;
    let code = &*record.code;
    if code.is_empty() {
        return Err(RecordError::Shape("code is empty".into()));
    }
    let path = record.file.replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let severity = match record.level.to_ascii_lowercase().as_str() {
        "error" => Severity::Critical,
        "warning" => Severity::High,
        _ => Severity::Info,
    };
    let url = if code.starts_with("DL") {
        format!("https://github.com/hadolint/hadolint/wiki/{code}")
    } else {
        format!("https://github.com/koalaman/shellcheck/wiki/{code}")
    };
    Ok(ScanFinding {
        title: record.message.to_string(),
        description: record.message.to_string(),
        path: path.to_owned(),
        line: line_of(&record.line),
        status: record.level.to_ascii_lowercase(),
        data: details([("url", json!(url))]),
        ..ScanFinding::of(
            FindingKind::Misconfiguration,
            severity,
            code,
            fingerprint::misconfiguration(code, path, ""),
        )
    }
    .sealed())
}
