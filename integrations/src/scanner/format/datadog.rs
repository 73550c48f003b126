//! Datadog security signals: as the API lists them, and as our webhook template sends them.

use serde_json::{Value, json};

#[cfg(feature = "clients")]
use crate::scanner::finding::Fingerprint;
use crate::scanner::finding::{FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint;
use crate::scanner::read::enveloped::records;
use crate::scanner::read::json::{RawJson, ReadSeek, RecordError};
use crate::scanner::read::loose::{self, Loose};
use crate::scanner::recognise::{Certainty, Head};
use crate::scanner::resource::{stable, workload};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// Datadog.
pub(super) struct Datadog;

const LISTS: &[&str] = &["data"];

impl Format for Datadog {
    fn name(&self) -> &'static str {
        "datadog"
    }

    fn title(&self) -> &'static str {
        "Datadog security signals (API, or Abate's webhook template)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let api = ["", "data."].iter().any(|place| {
            head.text(&format!("{place}type")) == "signal" && head.has(&format!("{place}attributes"))
        });
        let webhook = head.text("source") == "datadog" && head.has("signal.id");
        if api || webhook { Certainty::Certain } else { Certainty::No }
    }

    /// Never complete: signals tell what happened, and a list of them is a page.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        records(file, output, LISTS, &mut signal)?;
        Ok(ScanSummary { tool_name: "Datadog".into(), ..ScanSummary::default() })
    }
}

fn signal(raw: &RawJson<'_>, findings: &mut Vec<ScanFinding>) -> Result<(), RecordError> {
    let record = loose::record(raw)?;
    let signal = match record.at("data") {
        Value::Object(_) => Signal::of_api(record.at("data")),
        _ if record.at("attributes").is_object() => Signal::of_api(&record),
        _ => Signal::of_webhook(&record),
    };
    findings.push(signal.finding()?);
    Ok(())
}

/// What the list of signals has to know of one.
#[cfg(feature = "clients")]
pub(crate) struct Outline {
    pub(crate) title: String,
    pub(crate) severity: String,
    /// Its triage, empty until somebody touched it.
    pub(crate) state: String,
    pub(crate) first_seen: String,
    pub(crate) last_seen: String,
    /// None where a report with it would reject it.
    pub(crate) fingerprint: Option<Fingerprint>,
}

/// Reads a record of the API as a report with it is read.
#[cfg(feature = "clients")]
pub(crate) fn outline(record: &Value) -> Outline {
    let signal = Signal::of_api(record);
    Outline {
        title: signal.title.clone(),
        severity: signal.severity.clone(),
        state: signal.state.to_ascii_lowercase(),
        first_seen: signal.first_seen.clone(),
        last_seen: signal.last_seen.clone(),
        fingerprint: signal.finding().ok().map(|finding| finding.fingerprint),
    }
}

struct Signal {
    id: String,
    rule: String,
    rule_name: String,
    title: String,
    message: String,
    severity: String,
    state: String,
    first_seen: String,
    last_seen: String,
    url: String,
    host: String,
    tags: Vec<(String, String)>,
}

impl Signal {
    fn of_api(record: &Value) -> Self {
        let attributes = record.at("attributes");
        // The signal proper stands in `attributes`, `custom` or at the same level, by version of the API.
        let text = |paths: &[&str]| {
            let places = ["attributes.", "custom.", "gated.", ""];
            let paths: Vec<String> = paths
                .iter()
                .flat_map(|path| places.iter().map(move |place| format!("{place}{path}")))
                .collect();
            attributes.first_text(&paths.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let word = attributes.first_text(&["attributes.status", "status", "attributes.severity", "severity"]);
        Self {
            id: record.text("id"),
            rule: text(&["workflow.rule.id"]),
            rule_name: text(&["workflow.rule.name"]),
            title: text(&["title", "searchable.title"]),
            message: attributes.text("message"),
            severity: word,
            state: text(&["workflow.triage.state"]),
            first_seen: text(&["workflow.first_seen"]),
            last_seen: text(&["workflow.last_seen"]),
            url: String::new(),
            host: attributes.text("host"),
            tags: attributes.tags("tags"),
        }
    }

    fn of_webhook(record: &Value) -> Self {
        // A variable that Datadog did not know stands there as it was written.
        let text = |path: &str| match record.text(path) {
            text if text.starts_with('$') => String::new(),
            text => text,
        };
        let tags = text("tags");
        let tags = tags.split(',').filter_map(|tag| tag.split_once(':'));
        Self {
            id: text("signal.id"),
            rule: text("rule.id"),
            rule_name: text("rule.name"),
            title: text("signal.title"),
            message: text("signal.message"),
            severity: text("signal.severity"),
            state: String::new(),
            first_seen: String::new(),
            last_seen: text("date_ms")
                .parse()
                .ok()
                .and_then(chrono::DateTime::from_timestamp_millis)
                .map(|time| time.to_rfc3339())
                .unwrap_or_default(),
            url: text("link"),
            host: String::new(),
            tags: tags.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect(),
        }
    }

    fn tag(&self, names: &[&str]) -> &str {
        let of = |name: &&str| self.tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        names.iter().find_map(of).map_or("", |(_, value)| value)
    }

    /// What it is about: the service before the host, as hosts come and go.
    fn place(&self) -> (String, String) {
        let environment = self.tag(&["env"]);
        let service = self.tag(&["service", "kube_deployment", "kube_service", "application", "app"]);
        if !service.is_empty() {
            let place = format!("{environment}/{service}").trim_start_matches('/').to_owned();
            return (service.to_owned(), place);
        }
        let pod = self.tag(&["pod_name"]);
        if !pod.is_empty() {
            return (pod.to_owned(), workload(pod).to_owned());
        }
        let host = match self.tag(&["host", "instance-id", "instance_id"]) {
            "" => self.host.as_str(),
            host => host,
        };
        if !host.is_empty() {
            return (host.to_owned(), stable(host, &self.tags));
        }
        let account = self.tag(&["aws_account", "account_id", "project_id", "subscription_id"]);
        (account.to_owned(), format!("{environment}/{account}").trim_matches('/').to_owned())
    }

    fn finding(self) -> Result<ScanFinding, RecordError> {
        let rule = [&self.rule, &self.rule_name, &self.title].into_iter().find(|text| !text.is_empty());
        let Some(rule) = rule.cloned() else {
            return Err(RecordError::Shape("the signal names no rule and has no title".to_owned()));
        };
        let severity = Severity::from_word(&self.severity).unwrap_or(Severity::Unknown);
        let (resource, identity) = self.place();
        let techniques = self
            .tags
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case("technique"))
            .filter_map(|(_, value)| technique(value))
            .collect();
        let archived = self.state.eq_ignore_ascii_case("archived");
        let title = if self.title.is_empty() { self.rule_name.clone() } else { self.title };
        let fingerprint = fingerprint::cloud(&format!("datadog {rule}"), &identity);
        Ok(ScanFinding {
            title,
            description: self.message.replace("%%%", "").trim().to_owned(),
            resource,
            techniques,
            suppressed: archived,
            status: self.state.to_ascii_lowercase(),
            data: loose::details(json!({
                "signal_id": self.id,
                "rule_name": self.rule_name,
                "first_seen": self.first_seen,
                "last_seen": self.last_seen,
                "url": self.url,
            })),
            ..ScanFinding::of(FindingKind::Detection, severity, &rule, fingerprint)
        }
        .sealed())
    }
}

/// The id that a tag such as `t1110-brute-force` opens with.
fn technique(tag: &str) -> Option<String> {
    let id = tag.split('-').next()?.to_ascii_uppercase();
    let digits = id.strip_prefix('T')?;
    let known = digits.len() >= 4 && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    known.then_some(id)
}
