//! AWS WAF logs: a signal for each web ACL, rule and path, never one for each request.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::scanner::finding::{FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint;
use crate::scanner::limits::cut;
use crate::scanner::read::enveloped::{has_record, records};
use crate::scanner::read::json::{RawJson, ReadSeek, RecordError};
use crate::scanner::read::loose::{self, Loose};
use crate::scanner::recognise::{Certainty, Head};
use crate::scanner::resource::stable;
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// AWS WAF.
pub(super) struct Waf;

/// How many groups are kept apart by path; what comes after them is one group a rule, and at last one in all.
const GROUPS: usize = 2_000;
const RULES: usize = 3_000;

impl Format for Waf {
    fn name(&self) -> &'static str {
        "waf"
    }

    fn title(&self) -> &'static str {
        "AWS WAF log (lines of JSON, or a list)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        if has_record(head, &[], &["webaclId", "httpRequest"]) { Certainty::Certain } else { Certainty::No }
    }

    /// Never complete: a quiet day is no proof that a weakness is gone.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut groups = BTreeMap::new();
        records(file, output, &[], &mut |raw, _| request(raw, &mut groups))?;
        for (key, group) in groups {
            output.finding(finding(key, group))?;
        }
        Ok(ScanSummary { tool_name: "AWS WAF".into(), ..ScanSummary::default() })
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    acl: String,
    rule: String,
    path: String,
}

#[derive(Default)]
struct Group {
    actions: BTreeMap<String, u64>,
    first: i64,
    last: i64,
    methods: BTreeSet<String>,
    countries: BTreeSet<String>,
    rated: bool,
    example: String,
}

/// Counts one request to its groups; a request that no rule matched belongs to none.
fn request(raw: &RawJson<'_>, groups: &mut BTreeMap<Key, Group>) -> Result<(), RecordError> {
    let record = loose::record(raw)?;
    let acl = record.required(&["webaclId"])?;
    let action = record.required(&["action"])?.to_ascii_uppercase();
    let path = path_of(&record.text("httpRequest.uri"));
    let mut matched = Vec::new();
    if action != "ALLOW" {
        matched.push((terminating_rule(&record), action));
    }
    let rules_of_groups = record.list("ruleGroupList").iter();
    let counted = rules_of_groups.flat_map(|group| {
        let id = group.text("ruleGroupId");
        let named = |rule: &Value| format!("{}/{}", group_name(&id), rule.text("ruleId"));
        let counted = group.list("nonTerminatingMatchingRules").iter().chain(group.list("excludedRules"));
        counted.map(named).collect::<Vec<_>>()
    });
    matched.extend(counted.map(|rule| (rule, "COUNT".to_owned())));
    for rule in record.list("nonTerminatingMatchingRules") {
        if matches!(rule.text("action").to_ascii_uppercase().as_str(), "" | "COUNT" | "EXCLUDED_AS_COUNT") {
            matched.push((rule.text("ruleId"), "COUNT".to_owned()));
        }
    }
    for (rule, action) in matched {
        let mut key = Key { acl: acl.clone(), rule, path: path.clone() };
        if groups.len() >= GROUPS && !groups.contains_key(&key) {
            key.path = "*".to_owned();
        }
        if groups.len() >= RULES && !groups.contains_key(&key) {
            key = Key { acl: "*".to_owned(), rule: "*".to_owned(), path: "*".to_owned() };
        }
        groups.entry(key).or_default().add(&record, action);
    }
    Ok(())
}

impl Group {
    fn add(&mut self, record: &Value, action: String) {
        let time = record.number("timestamp").unwrap_or_default() as i64;
        self.first = if self.actions.is_empty() { time } else { self.first.min(time) };
        self.last = self.last.max(time);
        if self.actions.len() < 10 || self.actions.contains_key(&action) {
            *self.actions.entry(cut(&action, 40)).or_default() += 1;
        }
        for (known, value) in [
            (&mut self.methods, record.text("httpRequest.httpMethod")),
            (&mut self.countries, record.text("httpRequest.country")),
        ] {
            if !value.is_empty() && known.len() < 10 {
                known.insert(cut(&value, 20));
            }
        }
        self.rated |= record.text("terminatingRuleType") == "RATE_BASED";
        if self.example.is_empty() {
            self.example = cut(&record.text("httpRequest.requestId"), 200);
        }
    }
}

fn finding(key: Key, group: Group) -> ScanFinding {
    let Key { acl, rule, path } = key;
    let all: u64 = group.actions.values().sum();
    let counted = group.actions.get("COUNT").copied().unwrap_or(0);
    // A rule that only counts lets through what it recognises.
    let severity = if counted > 0 { Severity::Medium } else { Severity::Info };
    let name = acl.rsplit('/').nth(1).unwrap_or(&acl).to_owned();
    let (word, mitigation) = if counted > 0 {
        (
            "let through and counted",
            "Let the rule block once its matches are no longer those of honest visitors.",
        )
    } else {
        ("stopped", "")
    };
    let fingerprint = fingerprint::cloud(&rule, &format!("{} {path}", stable(&acl, &[])));
    let time = |milliseconds: i64| {
        chrono::DateTime::from_timestamp_millis(milliseconds).map(|time| time.to_rfc3339())
    };
    ScanFinding {
        title: format!("Requests to {path} matched {rule} in {name} and were {word}"),
        description: format!("{all} requests matched the rule {rule} of the web ACL {name}; {counted} of them were only counted."),
        mitigation: mitigation.to_owned(),
        path,
        techniques: vec![if group.rated { "T1499" } else { "T1190" }.to_owned()],
        data: loose::details(json!({
            "requests": all,
            "actions": group.actions,
            "first_seen": time(group.first),
            "last_seen": time(group.last),
            "methods": group.methods,
            "countries": group.countries,
            "example_request": group.example,
        })),
        resource: acl,
        ..ScanFinding::of(FindingKind::Detection, severity, &rule, fingerprint)
    }
    .sealed()
}

/// The rule that decided; within a group of rules, the one of the group.
fn terminating_rule(record: &Value) -> String {
    for group in record.list("ruleGroupList") {
        let rule = group.text("terminatingRule.ruleId");
        if !rule.is_empty() {
            return format!("{}/{rule}", group_name(&group.text("ruleGroupId")));
        }
    }
    record.text("terminatingRuleId")
}

/// The name of a group of rules without the account and region before it.
fn group_name(id: &str) -> &str {
    let id = id.strip_suffix('/').unwrap_or(id);
    match id.split_once("rulegroup/") {
        Some((_, rest)) => rest.split('/').next().unwrap_or(rest),
        None => id.rsplit(['#', '/']).next().unwrap_or(id),
    }
}

/// The path without query, and with one mark for every number or id in it, so that a scan is not a thousand paths.
fn path_of(uri: &str) -> String {
    let path = uri.split(['?', '#', ';']).next().unwrap_or_default();
    let part = |part: &str| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        let hexadecimal =
            part.len() >= 16 && part.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if !part.is_empty() && digits == part.len() || hexadecimal {
            "{id}".to_owned()
        } else {
            cut(part, 80)
        }
    };
    let path: Vec<String> = path.split('/').take(12).map(part).collect();
    match path.join("/") {
        path if path.is_empty() => "/".to_owned(),
        path => path,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::ops::ControlFlow;

    use super::*;
    use crate::scanner::{ScanFormat, ScanRecord};

    #[test]
    fn ids_are_no_part_of_a_path() {
        for (uri, path) in [
            ("/users/42/cards?x=1", "/users/{id}/cards"),
            ("/f/0c0a7f3e-8b1d-4c55-9a5e-0123456789ab", "/f/{id}"),
            ("", "/"),
            ("/v2/pets", "/v2/pets"),
        ] {
            assert_eq!(path_of(uri), path);
        }
    }

    #[test]
    fn many_paths_are_few_findings() {
        let mut log = String::new();
        for number in 0..5_000 {
            log.push_str(&format!(
                "{{\"timestamp\":{number},\"webaclId\":\"arn:aws:wafv2:eu-west-1:1:regional/webacl/shop/1\",\"action\":\"BLOCK\",\"terminatingRuleId\":\"sqli\",\"httpRequest\":{{\"uri\":\"/x{number}\"}}}}\n"
            ));
        }
        let mut findings = 0;
        ScanFormat::named("waf")
            .unwrap()
            .parse(&mut Cursor::new(log.into_bytes()), &SecretKey::new([1; 32]), &mut |record| {
                findings += usize::from(matches!(record, ScanRecord::Finding(_)));
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(findings, GROUPS + 1);
    }
}
