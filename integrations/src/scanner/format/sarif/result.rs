//! One SARIF result into a finding.

use serde_json::Value;

use super::record::{Location, Message, ResultRecord};
use super::rule::{Component, Rule, cwe};
use crate::scanner::finding::{FindingKind, ScanFinding, Severity};
use crate::scanner::fingerprint::{self, normal_snippet};
use crate::scanner::limits::{SHORT_BYTES, cut};
use crate::scanner::read::json::{RawJson, RecordError};
use crate::scanner::read::lenient::first_of;
use crate::scanner::secret::{self, SecretKey};

/// What a run says before its results.
#[derive(Default)]
pub(crate) struct Run {
    pub(crate) number: usize,
    pub(crate) driver: Component,
    pub(crate) extensions: Vec<Component>,
    /// Paths by number, for results that point at one.
    pub(crate) artifacts: Vec<String>,
    /// Directories of the machine that scanned; no part of a path in the repository.
    pub(crate) bases: Vec<String>,
    /// Nothing more will become known of it.
    pub(crate) settled: bool,
}

/// What came out of a result.
pub(crate) enum Reading {
    /// Its findings, one a location, were given out; none where it passed, does not apply, or is gone since the
    /// baseline.
    Done,
    /// Its path can be told only when the rest of the run is known.
    TooEarly,
}

/// Reads a result and gives out a finding for each of its locations, or one where it has none.
pub(crate) fn read(
    raw: &RawJson<'_>,
    run: &Run,
    key: &SecretKey,
    give: &mut dyn FnMut(ScanFinding) -> Result<(), RecordError>,
) -> Result<Reading, RecordError> {
    let record: ResultRecord<'_> = raw.read()?;
    if !matches!(&*record.kind, "" | "fail") || &*record.baseline_state == "absent" {
        return Ok(Reading::Done);
    }
    let locations = record.locations.kept()?;
    if !run.settled && locations.iter().any(|location| is_too_early(location, run)) {
        return Ok(Reading::TooEarly);
    }
    let rule = find_rule(&record, run);
    let rule_id = first_of(&[&record.rule_id, &record.rule.id, rule.map_or("", |rule| &rule.id)]);
    let message = message_text(&record.message, rule);
    if rule_id.is_empty() && message.is_empty() {
        return Err(RecordError::Shape("the result has neither a ruleId nor a message".to_owned()));
    }
    let kind = kind_of(rule, rule_id, &run.driver.name);
    let cwes = cwes_of(&record, rule);
    // Hard-coded credentials are code to the tool, and a secret to everybody who reads its message.
    let confidential = kind == FindingKind::Secret
        || cwes.iter().any(|cwe| matches!(cwe.as_str(), "CWE-798" | "CWE-259" | "CWE-321"));
    let title = rule.map_or("", |rule| &rule.title);
    let description = match rule.map_or("", |rule| &rule.description) {
        "" => message.clone(),
        about if message.is_empty() || message == about => about.to_owned(),
        about => format!("{message}\n\n{about}"),
    };
    let shared = Shared {
        rule,
        rule_id,
        title: first_of(&[title, message.lines().next().unwrap_or_default(), rule_id]),
        description: &description,
        severity: severity_of(&record, rule),
        kind,
        cwes: &cwes,
        confidential,
        own_context: tool_context(&record),
        record: &record,
    };
    if locations.is_empty() {
        give(shared.finding(None, run, key))?;
    }
    for location in locations {
        give(shared.finding(Some(location), run, key))?;
    }
    Ok(Reading::Done)
}

/// What all findings of one result have in common.
struct Shared<'a> {
    rule: Option<&'a Rule>,
    rule_id: &'a str,
    title: &'a str,
    description: &'a str,
    severity: Severity,
    kind: FindingKind,
    cwes: &'a [String],
    confidential: bool,
    own_context: Option<String>,
    record: &'a ResultRecord<'a>,
}

impl Shared<'_> {
    fn finding(&self, location: Option<&Location<'_>>, run: &Run, key: &SecretKey) -> ScanFinding {
        let record = self.record;
        let path = location.map(|location| path_of(location, run)).unwrap_or_default();
        let snippet = location.map_or("", |location| &location.physical_location.region.snippet.text);
        let context = self.own_context.clone().unwrap_or_else(|| place_context(location));
        let (mut title, mut description) = (self.title.to_owned(), self.description.to_owned());
        let mut shown_snippet = cut(snippet.trim_end(), 1024);
        let mut identity = context;
        if self.confidential {
            let value = first_of(&[snippet, record.properties.offender.as_str().unwrap_or_default()]);
            if !value.is_empty() && self.kind == FindingKind::Secret {
                identity = normal_snippet(value);
            }
            title = secret::scrub(&title, value);
            description = secret::scrub(&description, value);
            shown_snippet = if value.is_empty() { String::new() } else { key.mask(value) };
        }
        let fingerprint = match self.kind {
            FindingKind::Secret => fingerprint::secret(self.rule_id, &path, &key.hash(&identity)),
            _ => fingerprint::code(self.rule_id, &path, &identity),
        };
        let mut data = serde_json::Map::new();
        for (name, value) in [
            ("snippet", shown_snippet.as_str()),
            ("url", first_of(&[self.rule.map_or("", |rule| &rule.help), &record.hosted_viewer_uri])),
            ("justification", &justification(record)),
        ] {
            if !value.is_empty() {
                data.insert(name.to_owned(), Value::from(value));
            }
        }
        ScanFinding {
            title,
            description,
            line: location
                .and_then(|location| location.physical_location.region.start_line)
                .and_then(|line| u32::try_from(line).ok())
                .filter(|line| *line > 0),
            path,
            vulnerability_ids: vulnerability_ids(self.rule_id),
            cwes: self.cwes.to_vec(),
            status: record.baseline_state.to_ascii_lowercase(),
            suppressed: !record.suppressions.is_empty()
                && record
                    .suppressions
                    .iter()
                    .all(|suppression| matches!(&*suppression.status, "" | "accepted")),
            confidential: self.confidential,
            data: Value::Object(data).to_string(),
            ..ScanFinding::of(self.kind, self.severity, self.rule_id, fingerprint)
        }
        .sealed()
    }
}

fn justification(record: &ResultRecord<'_>) -> String {
    let texts: Vec<_> = record.suppressions.iter().map(|suppression| &*suppression.justification).collect();
    cut(first_of(&texts), SHORT_BYTES)
}

fn cwes_of(record: &ResultRecord<'_>, rule: Option<&Rule>) -> Vec<String> {
    let mut cwes: Vec<String> = rule.map(|rule| rule.cwes.clone()).unwrap_or_default();
    cwes.extend(record.properties.cwes());
    cwes.extend(
        record
            .taxa
            .iter()
            .filter(|taxon| taxon.tool_component.name.eq_ignore_ascii_case("cwe"))
            .filter_map(|taxon| cwe(&taxon.id)),
    );
    cwes
}

fn find_rule<'r>(record: &ResultRecord<'_>, run: &'r Run) -> Option<&'r Rule> {
    let component = match record.rule.tool_component.index.and_then(|index| usize::try_from(index).ok()) {
        Some(index) => run.extensions.get(index)?,
        None => &run.driver,
    };
    let id = first_of(&[&record.rule_id, &record.rule.id]);
    let by_number = record
        .rule
        .index
        .or(record.rule_index)
        .and_then(|index| usize::try_from(index).ok())
        .and_then(|index| component.rules.get(index));
    // A number that points at another rule than the id is a mistake of the tool; the id wins.
    by_number
        .filter(|rule| {
            id.is_empty() || rule.id.is_empty() || id == rule.id || id.starts_with(&format!("{}/", rule.id))
        })
        .or_else(|| {
            if id.is_empty() {
                None
            } else {
                component.rule(id).or_else(|| run.extensions.iter().find_map(|extension| extension.rule(id)))
            }
        })
}

fn severity_of(record: &ResultRecord<'_>, rule: Option<&Rule>) -> Severity {
    record.properties.severity().or_else(|| rule.and_then(|rule| rule.severity)).unwrap_or_else(|| {
        match first_of(&[&record.level, rule.map_or("", |rule| &rule.level)]) {
            "error" => Severity::High,
            "note" => Severity::Info,
            _ => Severity::Medium,
        }
    })
}

fn kind_of(rule: Option<&Rule>, rule_id: &str, tool: &str) -> FindingKind {
    let tool = tool.to_ascii_lowercase();
    let any = |names: &[&str]| names.iter().any(|name| tool.contains(name));
    match rule.and_then(|rule| rule.kind) {
        Some(kind) => kind,
        None if any(&["gitleaks", "trufflehog", "detect-secrets", "ggshield", "secret"]) => {
            FindingKind::Secret
        }
        None if !vulnerability_ids(rule_id).is_empty() => FindingKind::Vulnerability,
        None if any(&[
            "checkov",
            "tfsec",
            "kics",
            "terrascan",
            "hadolint",
            "dockle",
            "kubescape",
            "kube-linter",
        ]) =>
        {
            FindingKind::Misconfiguration
        }
        None => FindingKind::Code,
    }
}

fn vulnerability_ids(rule_id: &str) -> Vec<String> {
    let upper = rule_id.to_ascii_uppercase();
    let mut ids = Vec::new();
    for (start, _) in upper.match_indices("CVE-") {
        let rest = &upper[start + 4..];
        let year = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number =
            rest.get(year + 1..).map_or(0, |number| number.bytes().take_while(u8::is_ascii_digit).count());
        if year == 4 && rest.as_bytes().get(4) == Some(&b'-') && number >= 4 {
            ids.push(format!("CVE-{}", &rest[..5 + number]));
        }
    }
    if let Some(start) = upper.find("GHSA-")
        && let Some(id) = upper.get(start..start + 19)
    {
        ids.push(format!("GHSA{}", id[4..].to_ascii_lowercase()));
    }
    ids.truncate(20);
    ids
}

fn message_text(message: &Message<'_>, rule: Option<&Rule>) -> String {
    let by_id = rule.and_then(|rule| rule.messages.get(&*message.id)).map_or("", String::as_str);
    let mut text = first_of(&[&message.text, &message.markdown, by_id]).to_owned();
    for (number, argument) in message.arguments.iter().take(20).enumerate() {
        text = text.replace(&format!("{{{number}}}"), argument);
    }
    text
}

/// The tool's own word on what tells apart two results of one rule in one file, most stable first. Hashes of whole
/// files and columns are left out: the first changes with any edit, the second says nothing by itself.
fn tool_context(record: &ResultRecord<'_>) -> Option<String> {
    let said = |value: &Value| {
        value
            .as_str()
            .or_else(|| value.get("value").and_then(Value::as_str))
            .map(str::to_owned)
            .filter(|text| !text.is_empty() && !text.contains(' '))
    };
    if let Some(hash) = record
        .partial_fingerprints
        .iter()
        .find(|(name, _)| name.starts_with("primaryLocationLineHash"))
        .and_then(|(_, value)| said(value))
    {
        return Some(format!("line-hash:{hash}"));
    }
    if let Some((name, value)) =
        record.fingerprints.iter().rev().find_map(|(name, value)| said(value).map(|value| (name, value)))
    {
        return Some(format!("fingerprint:{name}={value}"));
    }
    let partial: Vec<_> = record
        .partial_fingerprints
        .iter()
        .filter(|(name, _)| !["file", "column"].iter().any(|part| name.to_ascii_lowercase().contains(part)))
        .filter_map(|(name, value)| said(value).map(|value| format!("{name}={value}")))
        .collect();
    (!partial.is_empty()).then(|| format!("partial:{}", partial.join("|")))
}

/// The same from the code itself, where the tool says nothing.
fn place_context(location: Option<&Location<'_>>) -> String {
    let Some(location) = location else {
        return String::new();
    };
    let logical = location
        .logical_locations
        .first()
        .map_or("", |logical| first_of(&[&logical.fully_qualified_name, &logical.name]));
    format!("code:{}|{logical}", normal_snippet(&location.physical_location.region.snippet.text))
}

fn is_too_early(location: &Location<'_>, run: &Run) -> bool {
    let artifact = &location.physical_location.artifact_location;
    (artifact.uri.is_empty() && artifact.index.is_some() && run.artifacts.is_empty())
        || (artifact.uri.starts_with("file:") && run.bases.is_empty())
}

fn path_of(location: &Location<'_>, run: &Run) -> String {
    let artifact = &location.physical_location.artifact_location;
    let listed = artifact
        .index
        .and_then(|index| usize::try_from(index).ok())
        .and_then(|index| run.artifacts.get(index))
        .map_or("", String::as_str);
    let uri = first_of(&[&artifact.uri, listed]);
    let within = run
        .bases
        .iter()
        .filter_map(|base| uri.strip_prefix(base.as_str()))
        .min_by_key(|rest| rest.len())
        .unwrap_or(uri);
    let path = within.strip_prefix("file://").unwrap_or(within);
    path.strip_prefix("./").unwrap_or(path).to_owned()
}
