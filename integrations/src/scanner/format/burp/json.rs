//! The JSON of Burp's REST API (`issue_events`) and GraphQL API (`Issues`).

use serde::Deserialize;

use super::issue::Issue;
use crate::scanner::Output;
use crate::scanner::finding::{ParseError, ScanFinding, ScanSummary};
use crate::scanner::read::json::{JsonReader, RawJson, RecordError};
use crate::scanner::read::lenient::{Text, first_of, nullable};

/// Reads either.
pub(super) fn read(
    reader: &mut JsonReader<'_>,
    output: &mut Output<'_>,
    summary: &mut ScanSummary,
) -> Result<(), ParseError> {
    reader.object(&mut |reader, name| {
        match name {
            "scan_status" => {
                let status = reader.text()?;
                summary.complete = status.is_empty() || status.eq_ignore_ascii_case("succeeded");
            }
            "issue_events" => output.records(reader, name, &mut event)?,
            "Issues" => output.records(reader, name, &mut |raw, findings| {
                findings.push(raw.read::<Record<'_>>()?.issue().finding()?);
                Ok(())
            })?,
            _ => return Ok(false),
        }
        Ok(true)
    })
}

fn event(raw: &RawJson<'_>, findings: &mut Vec<ScanFinding>) -> Result<(), RecordError> {
    let event: Event<'_> = raw.read()?;
    if event.kind.is_empty() || &*event.kind == "issue_found" {
        findings.push(event.issue.issue().finding()?);
    }
    Ok(())
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Text<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    issue: Record<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Record<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    type_index: Text<'a>,
    #[serde(borrow)]
    origin: Text<'a>,
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow)]
    caption: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow)]
    confidence: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    description_html: Text<'a>,
    #[serde(borrow)]
    issue_background: Text<'a>,
    #[serde(borrow)]
    remediation: Text<'a>,
    #[serde(borrow)]
    remediation_html: Text<'a>,
    #[serde(borrow)]
    remediation_background: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    issue_type: Kind<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Kind<'a> {
    #[serde(borrow)]
    type_index: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    description_html: Text<'a>,
    #[serde(borrow)]
    remediation_html: Text<'a>,
    #[serde(borrow)]
    vulnerability_classifications_html: Text<'a>,
    #[serde(borrow)]
    references_html: Text<'a>,
}

impl Record<'_> {
    fn issue(&self) -> Issue<'_> {
        Issue {
            kind: first_of(&[&self.type_index, &self.issue_type.type_index]),
            name: first_of(&[&self.name, &self.issue_type.name]),
            host: &self.origin,
            path: &self.path,
            location: &self.caption,
            severity: &self.severity,
            confidence: &self.confidence,
            detail: first_of(&[&self.description, &self.description_html]),
            background: first_of(&[&self.issue_background, &self.issue_type.description_html]),
            remediation: [
                first_of(&[&self.remediation, &self.remediation_html]),
                first_of(&[&self.remediation_background, &self.issue_type.remediation_html]),
            ],
            classifications: &self.issue_type.vulnerability_classifications_html,
            references: &self.issue_type.references_html,
        }
    }
}
