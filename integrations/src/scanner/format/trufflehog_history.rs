//! What TruffleHog 2 and trufflehog3 list: every commit in which a line looks like a secret.

use serde::Deserialize;
use serde_json::json;

use crate::scanner::finding::{FindingKind, ScanFinding, Severity};
use crate::scanner::fingerprint;
use crate::scanner::read::json::{RawJson, RecordError};
use crate::scanner::read::lenient::Text;
use crate::scanner::repeats::Repeats;

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
