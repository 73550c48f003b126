//! Nuclei's JSON: one match a line, or a list of matches.

use serde::Deserialize;
use serde_json::json;

use super::details::references;
use crate::scanner::finding::{CvssRating, FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, Texts, first_of, nullable, number};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::repeats::Repeats;
use crate::scanner::secret::SecretKey;
use crate::scanner::weakness::{cwes, vulnerability_ids};
use crate::scanner::{Format, Output, address, cvss, fingerprint};

/// Nuclei.
pub(super) struct Nuclei;

impl Format for Nuclei {
    fn name(&self) -> &'static str {
        "nuclei"
    }

    fn title(&self) -> &'static str {
        "Nuclei JSON (`nuclei -jsonl` or `-json-export`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let marks = head.has_any(&["template-id", "templateID"])
            && head.has_any(&["info.name", "info.severity", "info"]);
        match head.root() {
            Root::Object | Root::Array if marks => Certainty::Certain,
            _ => Certainty::No,
        }
    }

    /// Lines have no end mark, so that a file cut between two of them reads as a whole one; a report that shrinks much
    /// waits for a person all the same.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut reader = JsonReader::new(file)?;
        let mut repeats = Repeats::default();
        let mut found =
            |raw: &RawJson<'_>, findings: &mut Vec<ScanFinding>| found(raw, &mut repeats, findings);
        if reader.peek()? == b'[' {
            output.records(&mut reader, "", &mut found)?;
            reader.finish()?;
        } else {
            let mut number = 0;
            while reader.next_value()? {
                let raw = reader.raw()?;
                output.record(&format!("[{number}]"), raw.line, |findings| found(&raw, findings))?;
                number += 1;
            }
        }
        Ok(ScanSummary { tool_name: "Nuclei".into(), complete: true, ..ScanSummary::default() })
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Match<'a> {
    #[serde(alias = "templateID", borrow)]
    template_id: Text<'a>,
    #[serde(borrow)]
    template_url: Text<'a>,
    #[serde(borrow)]
    matcher_name: Text<'a>,
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    host: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    ip: Text<'a>,
    #[serde(alias = "matched", borrow)]
    matched_at: Text<'a>,
    #[serde(borrow)]
    matcher_status: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    info: Info<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Info<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    impact: Text<'a>,
    #[serde(borrow)]
    remediation: Text<'a>,
    #[serde(deserialize_with = "nullable")]
    reference: Texts,
    #[serde(deserialize_with = "nullable")]
    tags: Texts,
    #[serde(borrow, deserialize_with = "nullable")]
    classification: Classification<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Classification<'a> {
    #[serde(deserialize_with = "nullable")]
    cve_id: Texts,
    #[serde(deserialize_with = "nullable")]
    cwe_id: Texts,
    #[serde(borrow)]
    cvss_metrics: Text<'a>,
    #[serde(deserialize_with = "number")]
    cvss_score: Option<f64>,
}

/// A match. Requests, responses, commands and what was extracted are left out: they hold tokens, and change each time.
fn found(
    raw: &RawJson<'_>,
    repeats: &mut Repeats,
    findings: &mut Vec<ScanFinding>,
) -> Result<(), RecordError> {
    let record: Match<'_> = raw.read()?;
    let template = record.template_id.trim();
    if template.is_empty() {
        return Err(RecordError::Shape("template-id is missing".into()));
    }
    // `-matcher-status` lists what did not match as well.
    if &*record.matcher_status == "false" {
        return Ok(());
    }
    let info = &record.info;
    let host = address::host(first_of(&[&record.host, &record.matched_at, &record.url, &record.ip]));
    let matcher = record.matcher_name.trim();
    // A check that matches in many places of a host is one problem of that host.
    if !repeats.is_first(&[template, &record.kind, matcher, &host]) {
        return Ok(());
    }
    let severity = match Severity::from_word(&info.severity) {
        Some(Severity::Unknown) | None => Severity::Low,
        Some(severity) => severity,
    };
    let mut ratings: Vec<_> = cvss::rating("nuclei", &info.classification.cvss_metrics).into_iter().collect();
    if let (true, Some(score)) = (ratings.is_empty(), info.classification.cvss_score) {
        ratings.push(CvssRating { source: "nuclei".into(), vector: String::new(), score: Some(score) });
    }
    let identity = fingerprint::dynamic(template, &host, matcher);
    let title = first_of(&[&info.name, template]);
    let description = [info.description.trim(), info.impact.trim()];
    let data = json!({
        "matched_at": address::shown(&record.matched_at), "matcher": matcher, "url": &*record.template_url,
        "references": references(info.reference.iter()),
        "tags": info.tags.iter().flat_map(|tags| tags.split(',')).take(20).collect::<Vec<_>>(),
    });
    findings.push(
        ScanFinding {
            title: if matcher.is_empty() { title.to_owned() } else { format!("{title}: {matcher}") },
            description: description.join("\n\n").trim().to_owned(),
            path: address::path(&record.matched_at).to_owned(),
            resource: host,
            mitigation: info.remediation.to_string(),
            vulnerability_ids: info.classification.cve_id.iter().flat_map(vulnerability_ids).collect(),
            cwes: cwes(info.classification.cwe_id.iter()),
            cvss: ratings,
            data: data.to_string(),
            ..ScanFinding::of(FindingKind::Dynamic, severity, template, identity)
        }
        .sealed(),
    );
    Ok(())
}
