//! GitHub's secret scanning alerts, as its API lists them.

use serde::Deserialize;
use serde_json::json;

use super::github;
use crate::scanner::finding::{FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint;
use crate::scanner::read::json::{RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, first_of, is_true, line_of, nullable};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// GitHub secret scanning.
pub(super) struct GithubSecretScanning;

impl Format for GithubSecretScanning {
    fn name(&self) -> &'static str {
        "github_secret_scanning"
    }

    fn title(&self) -> &'static str {
        "GitHub secret scanning alerts (`gh api repos/…/secret-scanning/alerts`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let marks =
            head.has("secret_type") && head.has_any(&["locations_url", "state", "secret_type_display_name"]);
        match head.root {
            Root::Array | Root::Object if marks => Certainty::Certain,
            _ => Certainty::No,
        }
    }

    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        key: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        github::alerts(file, output, "GitHub secret scanning", &mut |raw, target, findings| {
            alert(raw, key, target, findings)
        })
    }
}

#[derive(Deserialize)]
struct Alert<'a> {
    #[serde(borrow, default)]
    number: Text<'a>,
    #[serde(borrow, default)]
    html_url: Text<'a>,
    #[serde(borrow, default)]
    state: Text<'a>,
    #[serde(borrow, default)]
    resolution: Text<'a>,
    #[serde(borrow)]
    secret_type: Text<'a>,
    #[serde(borrow, default)]
    secret_type_display_name: Text<'a>,
    #[serde(borrow, default)]
    secret: Text<'a>,
    #[serde(borrow, default)]
    validity: Text<'a>,
    #[serde(borrow, default)]
    publicly_leaked: Text<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    repository: Repository<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    first_location_detected: Location<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Repository<'a> {
    #[serde(borrow)]
    full_name: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Location<'a> {
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow)]
    start_line: Text<'a>,
    #[serde(borrow)]
    commit_sha: Text<'a>,
}

fn alert(
    raw: &RawJson<'_>,
    key: &SecretKey,
    target: &mut String,
    findings: &mut Vec<ScanFinding>,
) -> Result<(), RecordError> {
    let record: Alert<'_> = raw.read()?;
    let kind = record.secret_type.trim();
    if kind.is_empty() {
        return Err(RecordError::Shape("secret_type is empty".into()));
    }
    let of_address = github::repository_of(&record.html_url);
    let repository = first_of(&[&record.repository.full_name, &of_address]);
    if target.is_empty() {
        repository.clone_into(target);
    }
    let value = record.secret.trim();
    let path = record.first_location_detected.path.trim_start_matches('/');
    // `hide_secret` leaves the value out; the alert's number stands for it then.
    let identity = match value {
        "" => fingerprint::own("github-secret", &format!("{repository}#{}", &*record.number)),
        value => fingerprint::secret(kind, path, &key.hash(value)),
    };
    let resolved = record.state.eq_ignore_ascii_case("resolved");
    let severity = match (&*record.validity, is_true(&record.publicly_leaked)) {
        _ if resolved => Severity::Info,
        ("active", true) => Severity::Critical,
        ("active", false) | (_, true) => Severity::High,
        _ => Severity::Medium,
    };
    let name = first_of(&[&record.secret_type_display_name, kind]);
    let shown = if value.is_empty() { String::new() } else { key.mask(value) };
    let data = json!({
        "url": &*record.html_url, "match": shown, "validity": &*record.validity,
        "resolution": &*record.resolution, "commit": &*record.first_location_detected.commit_sha,
    });
    findings.push(
        ScanFinding {
            title: format!("{name} in {}", first_of(&[path, repository, "the repository"])),
            description: format!("{name} {shown}").trim().to_owned(),
            path: path.to_owned(),
            line: line_of(&record.first_location_detected.start_line),
            resource: repository.to_owned(),
            cwes: vec!["CWE-798".into()],
            status: first_of(&[&record.resolution, &record.state]).to_ascii_lowercase(),
            suppressed: resolved,
            data: data.to_string(),
            ..ScanFinding::of(FindingKind::Secret, severity, kind, identity)
        }
        .sealed(),
    );
    Ok(())
}
