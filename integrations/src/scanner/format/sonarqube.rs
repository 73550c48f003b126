//! SonarQube: issues and security hotspots of its API, the JSON of its report plugin, and its generic issue format.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use super::details::{details, headline};
use crate::scanner::finding::{FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::limits::{SHORT_BYTES, cut};
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, first_of, line_of, nullable, whole};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::{self, SecretKey};
use crate::scanner::{Format, Output, fingerprint, markup, weakness};

/// SonarQube and SonarQube Cloud.
pub(super) struct SonarQube;

impl Format for SonarQube {
    fn name(&self) -> &'static str {
        "sonarqube"
    }

    fn title(&self) -> &'static str {
        "SonarQube (`api/issues/search`, `api/hotspots/search`, its report plugin, or generic issues)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let marks = head.has_all(&["issues.rule", "issues.severity", "issues.component"])
            || head.has_all(&["hotspots.securityCategory", "hotspots.component"])
            || head.has_all(&["issues", "components", "paging.pageIndex"])
            || head.has_all(&["hotspots", "components", "paging.pageIndex"])
            || head.has_all(&["issues", "sonarBaseURL"])
            || head.has_all(&["issues.ruleId", "issues.primaryLocation.filePath"]);
        match head.root() {
            Root::Object if marks => Certainty::Certain,
            _ => Certainty::No,
        }
    }

    /// The API answers in pages, so that one page is complete only where it holds all.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut reader = JsonReader::new(file)?;
        let mut summary =
            ScanSummary { tool_name: "SonarQube".into(), complete: true, ..ScanSummary::default() };
        let mut rules = HashMap::new();
        let mut read = 0_u64;
        let mut paging = Paging::default();
        reader.object_in_order(&["rules"], &["issues", "hotspots"], &mut |reader, key| {
            match key {
                "rules" => rules = rules_of(reader)?,
                "projectName" | "sonarComponent" => summary.target = reader.text()?,
                "components" => reader.list(&mut |reader, _| {
                    let component = reader.value::<Option<Component>>()?.unwrap_or_default();
                    if component.qualifier == "TRK" && summary.target.is_empty() {
                        summary.target = component.key;
                    }
                    Ok(())
                })?,
                "branch" => summary.category = reader.text()?,
                "paging" => paging = reader.value::<Option<Paging>>()?.unwrap_or_default(),
                "issues" | "hotspots" => output.records(reader, key, &mut |raw, findings| {
                    read += 1;
                    findings.push(issue(raw, &rules)?);
                    Ok(())
                })?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        reader.finish()?;
        summary.complete =
            paging.page_index.unwrap_or(1) == 1 && paging.total.is_none_or(|total| total <= read);
        Ok(summary)
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Paging {
    #[serde(deserialize_with = "whole")]
    page_index: Option<u64>,
    #[serde(deserialize_with = "whole")]
    total: Option<u64>,
}

/// A file, a directory, or the project itself.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Component {
    #[serde(deserialize_with = "nullable")]
    key: String,
    #[serde(deserialize_with = "nullable")]
    qualifier: String,
}

/// What is said of a rule once for all of its issues.
#[derive(Default)]
struct Rule {
    name: String,
    text: String,
    severity: Option<Severity>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct RuleRecord<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    key: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    html_desc: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    impacts: Vec<Impact<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Impact<'a> {
    #[serde(borrow)]
    software_quality: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
}

/// Rules by their keys: an object, or a list.
fn rules_of(reader: &mut JsonReader<'_>) -> Result<HashMap<String, Rule>, ParseError> {
    let mut rules = HashMap::new();
    let mut add = |key: &str, raw: &RawJson<'_>| {
        // A rule that cannot be read only explains less.
        let Ok(record) = raw.read::<RuleRecord<'_>>() else { return };
        let key = first_of(&[key, &record.id, &record.key]).to_owned();
        let text = first_of(&[&record.html_desc, &record.description]);
        rules.insert(
            key,
            Rule {
                name: record.name.to_string(),
                text: cut(&markup::plain(text), 4 * SHORT_BYTES),
                severity: severity_of(&record.severity, &record.impacts),
            },
        );
    };
    if reader.peek()? == b'[' {
        reader.list(&mut |reader, _| reader.raw().map(|raw| add("", &raw)))?;
    } else {
        reader.object(&mut |reader, key| {
            reader.raw().map(|raw| add(key, &raw))?;
            Ok(true)
        })?;
    }
    Ok(rules)
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Issue<'a> {
    #[serde(borrow)]
    key: Text<'a>,
    #[serde(borrow, alias = "ruleKey", alias = "ruleId")]
    rule: Text<'a>,
    #[serde(borrow)]
    engine_id: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    impacts: Vec<Impact<'a>>,
    #[serde(borrow)]
    vulnerability_probability: Text<'a>,
    #[serde(borrow)]
    security_category: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    component: Text<'a>,
    #[serde(borrow)]
    project: Text<'a>,
    #[serde(borrow)]
    line: Text<'a>,
    #[serde(borrow)]
    message: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    issue_status: Text<'a>,
    #[serde(borrow)]
    resolution: Text<'a>,
    #[serde(borrow)]
    creation_date: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    primary_location: Location<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Location<'a> {
    #[serde(borrow)]
    message: Text<'a>,
    #[serde(borrow)]
    file_path: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    text_range: TextRange<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct TextRange<'a> {
    #[serde(borrow)]
    start_line: Text<'a>,
}

/// Statuses in which somebody has dealt with it.
const SETTLED: &[&str] = &[
    "ACCEPTED",
    "CLOSED",
    "ACKNOWLEDGED",
    "FALSE-POSITIVE",
    "FALSE_POSITIVE",
    "FIXED",
    "REMOVED",
    "RESOLVED",
    "REVIEWED",
    "SAFE",
    "WONTFIX",
];

fn issue(raw: &RawJson<'_>, rules: &HashMap<String, Rule>) -> Result<ScanFinding, RecordError> {
    let record: Issue<'_> = raw.read()?;
    let named = record.rule.trim();
    if named.is_empty() {
        return Err(RecordError::Shape("the issue names no rule".into()));
    }
    let about = rules.get(named);
    let rule = match record.engine_id.trim() {
        "" => named.to_owned(),
        engine => format!("{engine}:{named}"),
    };
    let within = record.component.trim();
    let within = match within.split_once(':') {
        Some((project, path)) if project == record.project.trim() => path,
        _ => within,
    };
    let path = first_of(&[&record.primary_location.file_path, within]);
    let is_secret = rule.starts_with("secrets:") || rule.ends_with(":S2068") || rule.ends_with(":S6418");
    let message = first_of(&[&record.message, &record.primary_location.message]);
    let message = if is_secret { secret::scrub(message, "") } else { message.to_owned() };
    let severity =
        severity_of(first_of(&[&record.severity, &record.vulnerability_probability]), &record.impacts)
            .or_else(|| about.and_then(|rule| rule.severity))
            .unwrap_or(Severity::Unknown);
    let status = first_of(&[&record.resolution, &record.issue_status, &record.status]);
    let name = first_of(&[&record.description, about.map_or("", |rule| &rule.name)]);
    let text = [message.as_str(), name, about.map_or("", |rule| &rule.text)];
    let text: Vec<&str> = text.into_iter().filter(|part| !part.is_empty()).collect();
    let kind = if is_secret { FindingKind::Secret } else { FindingKind::Code };
    // SonarQube follows an issue through changes of its file under one key.
    let identity = fingerprint::code(&rule, path, record.key.trim());
    Ok(ScanFinding {
        title: first_of(&[&record.description, headline(&message), name, &rule]).to_owned(),
        description: text.join("\n\n"),
        path: path.to_owned(),
        line: line_of(first_of(&[&record.line, &record.primary_location.text_range.start_line])),
        vulnerability_ids: weakness::vulnerability_ids(&message),
        cwes: weakness::cwes(
            message
                .split(|mark: char| mark.is_whitespace() || mark == ',')
                .filter(|word| word.starts_with("CWE-")),
        ),
        suppressed: SETTLED.iter().any(|settled| status.eq_ignore_ascii_case(settled)),
        status: status.to_ascii_lowercase(),
        data: details([
            ("type", json!(record.kind.to_ascii_lowercase())),
            ("category", json!(&*record.security_category)),
            ("key", json!(&*record.key)),
            ("created_at", json!(&*record.creation_date)),
        ]),
        ..ScanFinding::of(kind, severity, &rule, identity)
    }
    .sealed())
}

/// The older word, else the worst of what it does to security, else to anything.
fn severity_of(word: &str, impacts: &[Impact<'_>]) -> Option<Severity> {
    let worst = |security: bool| {
        impacts
            .iter()
            .filter(|impact| !security || impact.software_quality.eq_ignore_ascii_case("security"))
            .filter_map(|impact| of_word(&impact.severity))
            .max()
    };
    of_word(word).or_else(|| worst(true)).or_else(|| worst(false))
}

fn of_word(word: &str) -> Option<Severity> {
    match word.trim().to_ascii_uppercase().as_str() {
        "BLOCKER" => Some(Severity::Critical),
        "CRITICAL" => Some(Severity::High),
        "MAJOR" => Some(Severity::Medium),
        "MINOR" => Some(Severity::Low),
        other => Severity::from_word(other),
    }
}
