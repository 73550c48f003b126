//! Gitleaks' JSON: the list that version 8 writes, and that of the versions before it.

use serde::Deserialize;
use serde_json::json;

use crate::scanner::finding::{FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint::{self, normal_snippet};
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, Texts, first_of, line_of, nullable};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::repeats::Repeats;
use crate::scanner::secret::{self, SecretKey};
use crate::scanner::{Format, Output};

/// Gitleaks.
pub(super) struct Gitleaks;

impl Format for Gitleaks {
    fn name(&self) -> &'static str {
        "gitleaks"
    }

    fn title(&self) -> &'static str {
        "Gitleaks JSON (`gitleaks … --report-format json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let new = head.has_all(&["RuleID", "File"]) && head.has_any(&["Secret", "Match"]);
        let old = head.has_all(&["offender", "rule", "file"]);
        match head.root {
            Root::Array | Root::Object if new || old => Certainty::Certain,
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
        let mut repeats = Repeats::default();
        let mut leak =
            |raw: &RawJson<'_>, findings: &mut Vec<ScanFinding>| leak(raw, key, &mut repeats, findings);
        if reader.peek()? == b'{' {
            // Version 6 wrote one object a line.
            let mut number = 0;
            while reader.next_value()? {
                let raw = reader.raw()?;
                output.record(&format!("[{number}]"), raw.line, |findings| leak(&raw, findings))?;
                number += 1;
            }
        } else {
            output.records(&mut reader, "", &mut leak)?;
            reader.finish()?;
        }
        Ok(ScanSummary { tool_name: "Gitleaks".into(), complete: true, ..ScanSummary::default() })
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Leak<'a> {
    #[serde(rename = "RuleID", borrow)]
    rule_id: Text<'a>,
    #[serde(rename = "Description", borrow)]
    description: Text<'a>,
    #[serde(rename = "StartLine", borrow)]
    start_line: Text<'a>,
    #[serde(rename = "Match", borrow)]
    matched: Text<'a>,
    #[serde(rename = "Secret", borrow)]
    secret: Text<'a>,
    #[serde(rename = "File", borrow)]
    file: Text<'a>,
    #[serde(rename = "Commit", borrow)]
    commit: Text<'a>,
    #[serde(rename = "Date", borrow)]
    date: Text<'a>,
    #[serde(rename = "Tags", deserialize_with = "nullable")]
    tags: Texts,
    #[serde(rename = "rule", borrow)]
    old_rule: Text<'a>,
    #[serde(rename = "line", borrow)]
    old_line: Text<'a>,
    #[serde(rename = "lineNumber", borrow)]
    old_line_number: Text<'a>,
    #[serde(rename = "offender", borrow)]
    old_secret: Text<'a>,
    #[serde(rename = "file", borrow)]
    old_file: Text<'a>,
    #[serde(rename = "commit", borrow)]
    old_commit: Text<'a>,
    #[serde(rename = "date", borrow)]
    old_date: Text<'a>,
    #[serde(rename = "tags", deserialize_with = "nullable")]
    old_tags: Texts,
}

fn leak(
    raw: &RawJson<'_>,
    key: &SecretKey,
    repeats: &mut Repeats,
    findings: &mut Vec<ScanFinding>,
) -> Result<(), RecordError> {
    let record: Leak<'_> = raw.read()?;
    let rule = first_of(&[&record.rule_id, &record.old_rule, &record.description]);
    let value = first_of(&[&record.secret, &record.old_secret]);
    let around = first_of(&[&record.matched, &record.old_line]);
    if rule.is_empty() || (value.is_empty() && around.is_empty()) {
        return Err(RecordError::Shape("it names neither a rule nor a match".into()));
    }
    let path = first_of(&[&record.file, &record.old_file]);
    let line = first_of(&[&record.start_line, &record.old_line_number]);
    let commit = first_of(&[&record.commit, &record.old_commit]);
    let what = first_of(&[&record.description, rule]);
    // The same value is found again in each commit that touches its line.
    if !repeats.is_first(&[what, path, line]) {
        return Ok(());
    }
    let redacted = value.is_empty() || secret::is_masked(value);
    let identity = match redacted {
        // `--redact` hides the value; what stands around it and its commit tell it apart.
        true => key.hash(&format!("{commit}\n{}", normal_snippet(around))),
        false => key.hash(value),
    };
    let shown = if redacted { "hidden by the tool".to_owned() } else { key.mask(value) };
    let severe = ["AWS", "Github", "Heroku"].iter().any(|word| rule.contains(word));
    let severity = match record.rule_id.is_empty() && !record.old_rule.is_empty() && severe {
        true => Severity::Critical,
        false => Severity::High,
    };
    let title = secret::scrub(what, value);
    let tags: Vec<_> = record.tags.iter().chain(record.old_tags.iter()).take(10).collect();
    let data = json!({
        "match": shown, "commit": commit, "tags": tags,
        "committed_at": first_of(&[&record.date, &record.old_date]),
    });
    findings.push(
        ScanFinding {
            description: format!("{title} found in {path}: {shown}"),
            title: format!("{title} in {path}"),
            path: path.to_owned(),
            line: line_of(line),
            cwes: vec!["CWE-798".into()],
            data: data.to_string(),
            ..ScanFinding::of(FindingKind::Secret, severity, rule, fingerprint::secret(rule, path, &identity))
        }
        .sealed(),
    );
    Ok(())
}
