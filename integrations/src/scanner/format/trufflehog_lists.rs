//! Lists of tools near to TruffleHog 3: TruffleHog 2, which names commits, and trufflehog3, which names lines.

use serde::Deserialize;
use serde_json::json;

use crate::scanner::finding::{FindingKind, ScanFinding, Severity};
use crate::scanner::fingerprint;
use crate::scanner::read::json::{RawJson, RecordError};
use crate::scanner::read::lenient::{Text, first_of, line_of, nullable};
use crate::scanner::repeats::Repeats;
use crate::scanner::secret::{SecretKey, scrub};

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Record<'a> {
    #[serde(borrow)]
    reason: Text<'a>,
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow)]
    branch: Text<'a>,
    #[serde(borrow)]
    commit_hash: Text<'a>,
    #[serde(borrow)]
    date: Text<'a>,
}

/// One finding for each reason and file, however many commits show it. The strings and the diff are never read: whole
/// lines stand there, and which part of them is the secret the tool does not say.
pub(super) fn commit(
    raw: &RawJson<'_>,
    repeats: &mut Repeats,
    findings: &mut Vec<ScanFinding>,
) -> Result<(), RecordError> {
    let record: Record<'_> = raw.read()?;
    let (reason, path) = (record.reason.trim(), record.path.trim());
    if reason.is_empty() {
        return Err(RecordError::Shape("reason is missing".into()));
    }
    if !repeats.is_first(&[reason, path]) {
        return Ok(());
    }
    let severity = if reason == "Generic Secret" { Severity::Medium } else { Severity::High };
    let data = json!({
        "commit": &*record.commit_hash, "committed_at": &*record.date, "branch": &*record.branch,
    });
    let place = if path.is_empty() { "the history" } else { path };
    findings.push(
        ScanFinding {
            title: format!("{reason} in {place}"),
            description: format!("Commit {} is one that shows it.", &*record.commit_hash),
            path: path.to_owned(),
            cwes: vec!["CWE-798".into()],
            data: data.to_string(),
            ..ScanFinding::of(
                FindingKind::Secret,
                severity,
                reason,
                fingerprint::own("trufflehog-history", &format!("{reason} in {path}")),
            )
        }
        .sealed(),
    );
    Ok(())
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    rule: Rule<'a>,
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow)]
    line: Text<'a>,
    #[serde(borrow)]
    secret: Text<'a>,
    #[serde(borrow)]
    branch: Text<'a>,
    #[serde(borrow)]
    commit: Text<'a>,
    #[serde(borrow)]
    date: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Rule<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    message: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
}

/// A line as trufflehog3 lists it from its version 3 on. The lines around it are never read.
pub(super) fn line(
    raw: &RawJson<'_>,
    key: &SecretKey,
    findings: &mut Vec<ScanFinding>,
) -> Result<(), RecordError> {
    let record: Line<'_> = raw.read()?;
    let rule = first_of(&[&record.rule.id, &record.rule.message]);
    if rule.is_empty() {
        return Err(RecordError::Shape("the rule has no id".into()));
    }
    let (path, value) = (record.path.trim(), record.secret.trim());
    let name = scrub(first_of(&[&record.rule.message, rule]), value);
    let shown = if value.is_empty() { String::new() } else { key.mask(value) };
    let place = if path.is_empty() { "the history" } else { path };
    let severity = Severity::from_word(&record.rule.severity).unwrap_or(Severity::High);
    let data = json!({
        "match": shown, "commit": &*record.commit, "committed_at": &*record.date, "branch": &*record.branch,
    });
    findings.push(
        ScanFinding {
            title: format!("{name} in {place}"),
            description: format!("{name} {shown}").trim().to_owned(),
            path: path.to_owned(),
            line: line_of(&record.line),
            cwes: vec!["CWE-798".into()],
            data: data.to_string(),
            ..ScanFinding::of(
                FindingKind::Secret,
                severity,
                rule,
                fingerprint::secret(rule, path, &key.hash(value)),
            )
        }
        .sealed(),
    );
    Ok(())
}
