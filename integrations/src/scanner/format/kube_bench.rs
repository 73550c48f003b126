//! kube-bench's JSON: the controls of each kind of node.

use serde::Deserialize;
use serde_json::json;

use super::details::details;
use crate::scanner::finding::{FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint;
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::Text;
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// kube-bench.
pub(super) struct KubeBench;

impl Format for KubeBench {
    fn name(&self) -> &'static str {
        "kube_bench"
    }

    fn title(&self) -> &'static str {
        "kube-bench JSON (`kube-bench --json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let new = head.has_any(&["Controls.node_type", "Controls.tests"])
            || (head.has("Controls") && head.has("Totals"));
        let old = head.has_all(&["node_type", "tests"]);
        match head.root() {
            Root::Object if new || old => Certainty::Certain,
            Root::Array if old => Certainty::Certain,
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
        if reader.peek()? == b'[' {
            controls(&mut reader, "", output)?;
        } else {
            // One kind of node alone stands without a list around it.
            let mut node = String::new();
            reader.object_in_order(&["node_type"], &["tests"], &mut |reader, name| {
                match name {
                    "Controls" => controls(reader, name, output)?,
                    "node_type" => node = reader.text()?,
                    "tests" => tests(reader, name, &node, output)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        reader.finish()?;
        Ok(ScanSummary { tool_name: "kube-bench".into(), complete: true, ..ScanSummary::default() })
    }
}

fn controls(reader: &mut JsonReader<'_>, path: &str, output: &mut Output<'_>) -> Result<(), ParseError> {
    reader.list(&mut |reader, number| {
        let mut node = String::new();
        reader.object_in_order(&["node_type"], &["tests"], &mut |reader, name| {
            match name {
                "node_type" => node = reader.text()?,
                "tests" => tests(reader, &format!("{path}[{number}].tests"), &node, output)?,
                _ => return Ok(false),
            }
            Ok(true)
        })
    })
}

fn tests(
    reader: &mut JsonReader<'_>,
    path: &str,
    node: &str,
    output: &mut Output<'_>,
) -> Result<(), ParseError> {
    reader.list(&mut |reader, number| {
        reader.object(&mut |reader, name| {
            if name != "results" {
                return Ok(false);
            }
            output.records(reader, &format!("{path}[{number}].{name}"), &mut |raw, findings| {
                findings.extend(check(raw, node)?);
                Ok(())
            })?;
            Ok(true)
        })
    })
}

#[derive(Deserialize)]
struct Check<'a> {
    #[serde(borrow)]
    test_number: Text<'a>,
    #[serde(borrow, default)]
    test_desc: Text<'a>,
    #[serde(borrow, default)]
    status: Text<'a>,
    #[serde(rename = "type", borrow, default)]
    kind: Text<'a>,
    #[serde(borrow, default)]
    remediation: Text<'a>,
    #[serde(borrow, default)]
    reason: Text<'a>,
    #[serde(borrow, default)]
    expected_result: Text<'a>,
}

/// A check that failed, or that could not decide; one that a person has to make says nothing.
fn check(raw: &RawJson<'_>, node: &str) -> Result<Option<ScanFinding>, RecordError> {
    let record: Check<'_> = raw.read()?;
    let severity = match record.status.to_ascii_uppercase().as_str() {
        "FAIL" => Severity::Medium,
        "WARN" if !record.kind.eq_ignore_ascii_case("manual") => Severity::Info,
        _ => return Ok(None),
    };
    let number = &*record.test_number;
    if number.is_empty() {
        return Err(RecordError::Shape("test_number is empty".into()));
    }
    Ok(Some(
        ScanFinding {
            title: format!("{number} {}", &*record.test_desc),
            description: [&*record.test_desc, &record.reason].join("\n\n").trim().to_owned(),
            path: node.to_owned(),
            mitigation: record.remediation.to_string(),
            status: record.status.to_ascii_lowercase(),
            data: details([("expected", json!(&*record.expected_result)), ("node", json!(node))]),
            ..ScanFinding::of(
                FindingKind::Misconfiguration,
                severity,
                number,
                fingerprint::misconfiguration(number, node, ""),
            )
        }
        .sealed(),
    ))
}
