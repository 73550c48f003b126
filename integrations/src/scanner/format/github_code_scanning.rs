//! GitHub's code scanning alerts, as its API lists them.

use serde::Deserialize;
use serde_json::json;

use super::github;
use crate::scanner::finding::{FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint;
use crate::scanner::read::json::{RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, Texts, first_of, line_of, nullable};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::weakness::cwes;
use crate::scanner::{Format, Output};

/// GitHub code scanning.
pub(super) struct GithubCodeScanning;

impl Format for GithubCodeScanning {
    fn name(&self) -> &'static str {
        "github_code_scanning"
    }

    fn title(&self) -> &'static str {
        "GitHub code scanning alerts (`gh api repos/…/code-scanning/alerts`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let marks = head.has_all(&["most_recent_instance", "rule.id"]);
        match head.root {
            Root::Array | Root::Object if marks => Certainty::Certain,
            _ => Certainty::No,
        }
    }

    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        github::alerts(file, output, "GitHub code scanning", &mut alert)
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
    dismissed_reason: Text<'a>,
    #[serde(borrow)]
    rule: Rule<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    tool: Tool<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    most_recent_instance: Instance<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Rule<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow)]
    security_severity_level: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    full_description: Text<'a>,
    #[serde(borrow)]
    help_uri: Text<'a>,
    tags: Texts,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tool<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Instance<'a> {
    #[serde(rename = "ref", borrow)]
    reference: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    message: Message<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    location: Location<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    text: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Location<'a> {
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow)]
    start_line: Text<'a>,
}

fn alert(raw: &RawJson<'_>, target: &mut String, findings: &mut Vec<ScanFinding>) -> Result<(), RecordError> {
    let record: Alert<'_> = raw.read()?;
    let rule = &record.rule;
    let id = first_of(&[&rule.id, &rule.name]);
    if id.is_empty() {
        return Err(RecordError::Shape("rule.id is missing".into()));
    }
    if target.is_empty() {
        *target = github::repository_of(&record.html_url);
    }
    let instance = &record.most_recent_instance;
    let path = &instance.location.path;
    // The alert's number follows the code through the repository's history.
    let identity = fingerprint::code(id, path, &format!("alert:{}", &*record.number));
    let word = first_of(&[&rule.security_severity_level, &rule.severity]);
    let severity = Severity::from_word(word).unwrap_or(Severity::Unknown);
    let data = json!({
        "url": &*record.html_url, "help": &*rule.help_uri, "tool": &*record.tool.name,
        "branch": &*instance.reference, "reason": &*record.dismissed_reason,
    });
    let description = [&*instance.message.text, first_of(&[&rule.full_description, &rule.description])];
    findings.push(
        ScanFinding {
            title: first_of(&[&rule.description, &rule.name, id]).to_owned(),
            description: description.join("\n\n").trim().to_owned(),
            path: path.to_string(),
            line: line_of(&instance.location.start_line),
            cwes: cwes(rule.tags.iter()),
            status: record.state.to_ascii_lowercase(),
            suppressed: !record.state.is_empty() && !record.state.eq_ignore_ascii_case("open"),
            data: data.to_string(),
            ..ScanFinding::of(FindingKind::Code, severity, id, identity)
        }
        .sealed(),
    );
    Ok(())
}
