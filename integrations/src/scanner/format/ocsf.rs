//! OCSF findings: vulnerability, compliance and detection, of Security Hub, Prowler and whoever else speaks it.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::guardduty;
use super::inspector::{CloudPackage, package_finding};
use crate::scanner::cvss;
use crate::scanner::finding::{CvssRating, FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint;
use crate::scanner::read::enveloped::{has_record, records};
use crate::scanner::read::json::{RawJson, ReadSeek, RecordError};
use crate::scanner::read::loose::{self, Loose};
use crate::scanner::recognise::{Certainty, Head};
use crate::scanner::resource::{stable, workload};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// OCSF.
pub(super) struct Ocsf;

const LISTS: &[&str] = &["findings", "Findings"];

/// The classes that are findings; 2005, incidents, groups what the others say.
const CLASSES: std::ops::RangeInclusive<u32> = 2001..=2008;
const VULNERABILITY: u32 = 2002;
const COMPLIANCE: u32 = 2003;
const DETECTION: u32 = 2004;
const INCIDENT: u32 = 2005;
const POSTURE: u32 = 2007;

impl Format for Ocsf {
    fn name(&self) -> &'static str {
        "ocsf"
    }

    fn title(&self) -> &'static str {
        "OCSF findings (Security Hub, Amazon Security Lake, `prowler -M json-ocsf`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let marked = has_record(head, LISTS, &["class_uid", "finding_info"])
            || has_record(head, LISTS, &["class_uid", "category_uid", "finding"]);
        if marked { Certainty::Certain } else { Certainty::No }
    }

    /// Complete as a list; single findings, one after the other, are a stream of events.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut seen = HashSet::new();
        let whole = records(file, output, LISTS, &mut |raw, findings| {
            finding(raw, findings)?;
            // Some senders list one check of one resource twice.
            findings.retain(|finding| seen.insert((finding.fingerprint, finding.content_hash)));
            Ok(())
        })?;
        Ok(ScanSummary { tool_name: "OCSF".into(), complete: whole, ..ScanSummary::default() })
    }
}

fn finding(raw: &RawJson<'_>, findings: &mut Vec<ScanFinding>) -> Result<(), RecordError> {
    let record = loose::record(raw)?;
    let class = record
        .number("class_uid")
        .map(|class| class as u32)
        .ok_or_else(|| RecordError::Shape("`class_uid` is missing".to_owned()))?;
    if !CLASSES.contains(&class) || class == INCIDENT || passed(&record) {
        return Ok(());
    }
    let severity = severity(&record);
    let place = if record.at("resources").is_null() { record.at("resource") } else { record.at("resources") };
    let place = place.as_array().and_then(|list| list.first()).unwrap_or(place);
    let resource = place.first_text(&["uid", "name"]);
    let identity = identity(&record, place, &resource);
    let bases = if class == VULNERABILITY && !record.list("vulnerabilities").is_empty() {
        let vulnerabilities = record.list("vulnerabilities");
        vulnerabilities.iter().map(|entry| vulnerable(&record, entry, severity, &identity)).collect()
    } else {
        vec![check(&record, class, severity, &identity)?]
    };
    let status = record.first_text(&["compliance.status", "status_code", "status"]).to_ascii_lowercase();
    let aside = matches!(record.text("status").to_ascii_lowercase().as_str(), "suppressed" | "resolved")
        || record.number("activity_id") == Some(3.0)
        || record.text("unmapped.RecordState").eq_ignore_ascii_case("ARCHIVED");
    let title = record.first_text(&["finding_info.title", "finding.title", "message"]);
    let several = bases.len() > 1;
    for base in bases {
        let advice = record.first_text(&["remediation.desc", "finding.remediation.desc"]);
        findings.push(
            ScanFinding {
                title: if several { base.title.clone() } else { title.clone() },
                description: record.first_text(&["status_detail", "finding_info.desc", "finding.desc", "message"]),
                mitigation: if base.mitigation.is_empty() { advice } else { base.mitigation.clone() },
                resource: resource.clone(),
                suppressed: aside,
                status: status.clone(),
                data: loose::details(json!({
                    "id": record.first_text(&["finding_info.uid", "finding.uid"]),
                    "product": record.text("metadata.product.name"),
                    "account": record.text("cloud.account.uid"),
                    "region": record.first_text(&["cloud.region"]),
                    "resource_type": place.text("type"),
                    "risk": record.text("risk_details"),
                    "requirements": record.texts("compliance.requirements").into_iter().take(10).collect::<Vec<_>>(),
                    "references": record.texts("remediation.references").into_iter().take(10).collect::<Vec<_>>(),
                    "first_seen": record.text("finding_info.first_seen_time_dt"),
                    "url": record.text("finding_info.src_url"),
                })),
                ..base
            }
            .sealed(),
        );
    }
    Ok(())
}

/// A check that passed is no finding, nor is one that Prowler was told to mute.
fn passed(record: &Value) -> bool {
    let status = record.first_text(&["compliance.status", "status_code"]).to_ascii_uppercase();
    let muted = is_prowler(record) && record.text("status").eq_ignore_ascii_case("suppressed");
    matches!(status.as_str(), "PASS" | "PASSED") || muted
}

fn is_prowler(record: &Value) -> bool {
    record.text("metadata.product.name").eq_ignore_ascii_case("prowler")
}

fn severity(record: &Value) -> Severity {
    match record.number("severity_id") {
        Some(1.0) => Severity::Info,
        Some(2.0) => Severity::Low,
        Some(3.0) => Severity::Medium,
        Some(4.0) => Severity::High,
        Some(5.0 | 6.0) => Severity::Critical,
        _ => match record.text("severity").as_str() {
            "Fatal" => Severity::Critical,
            word => Severity::from_word(word).unwrap_or(Severity::Unknown),
        },
    }
}

/// What stays of the resource; one without a name of its own belongs to its account and region.
fn identity(record: &Value, place: &Value, resource: &str) -> String {
    let mut tags = place.tags("tags");
    tags.extend(place.tags("labels"));
    let namespace = place.text("namespace");
    let named = match resource {
        "" => String::new(),
        // In a cluster, resources are named, and pods come and go.
        _ if !namespace.is_empty() => format!("{namespace}/{}", workload(&place.text("name"))),
        resource => stable(resource, &tags),
    };
    let session = named.starts_with("AWS::IAM::AccessKey:");
    let data = match place.at("data") {
        Value::String(text) if session => serde_json::from_str(text).unwrap_or_default(),
        data => data.clone(),
    };
    let account = record.text("cloud.account.uid");
    let principal = data.text("AwsIamAccessKey.PrincipalName");
    if session && !principal.is_empty() {
        // As GuardDuty's own findings have it.
        let role = matches!(data.text("AwsIamAccessKey.PrincipalType").as_str(), "AssumedRole" | "Role");
        let kind = if role { "role" } else { "user" };
        return format!("arn:aws:iam::{account}:{kind}/{principal}");
    }
    if named.starts_with("arn:") {
        return named;
    }
    // Names are given once in each account and region.
    format!("{account} {} {named}", record.text("cloud.region")).trim().to_owned()
}

fn vulnerable(record: &Value, entry: &Value, severity: Severity, identity: &str) -> ScanFinding {
    let mut ids = vec![entry.first_text(&["cve.uid", "advisory.uid", "uid", "title"])];
    ids.extend(entry.texts("related_vulnerabilities"));
    let mut packages: Vec<CloudPackage> =
        entry.list("affected_packages").iter().map(CloudPackage::of).collect();
    if packages.is_empty() {
        packages = entry.list("packages").iter().map(CloudPackage::of).collect();
    }
    let platform = entry_platform(record);
    let finding = package_finding(severity, ids, &packages, &platform, identity);
    let rating = |entry: &Value| {
        let (vector, score) = (entry.text("vector_string"), entry.number("base_score"));
        cvss::rating("", &vector)
            .or_else(|| score.map(|score| CvssRating { source: String::new(), vector, score: Some(score) }))
    };
    let ratings = entry.list("cve.cvss").iter().filter_map(rating).collect();
    let cwes = entry.texts("cve.cwe.uid").into_iter().chain(entry.texts("cwe.uid"));
    let cwes = cwes.map(|cwe| if cwe.starts_with("CWE-") { cwe } else { format!("CWE-{cwe}") }).collect();
    ScanFinding { cvss: ratings, cwes, ..finding }
}

/// The operating system, where Inspector's own field survived the mapping.
fn entry_platform(record: &Value) -> String {
    let Value::Object(unmapped) = record.at("unmapped") else { return String::new() };
    let platform = unmapped.iter().find(|(key, _)| key.ends_with("/platform"));
    platform.and_then(|(_, value)| value.as_str()).unwrap_or_default().to_owned()
}

fn check(record: &Value, class: u32, severity: Severity, identity: &str) -> Result<ScanFinding, RecordError> {
    let types = record.texts("finding_info.types");
    let product = record.text("metadata.product.name");
    let rule = if product.eq_ignore_ascii_case("guardduty") && !types.is_empty() {
        guardduty::carried_type(&types)
    } else {
        record.required(&[
            "metadata.event_code",
            "compliance.control",
            "finding_info.analytic.uid",
            "finding_info.analytic.name",
            "finding_info.title",
            "finding.title",
            "finding_info.uid",
        ])?
    };
    let checked = is_prowler(record) || matches!(class, COMPLIANCE | POSTURE);
    let kind = match class {
        _ if checked => FindingKind::Misconfiguration,
        VULNERABILITY => FindingKind::Vulnerability,
        _ => FindingKind::Detection,
    };
    let mut techniques: Vec<String> = Vec::new();
    for attack in record.list("finding_info.attacks").iter().chain(record.list("attacks")) {
        techniques.push(attack.first_text(&["sub_technique.uid", "technique.uid"]));
        techniques.extend(attack.list("techniques").iter().map(|technique| technique.text("uid")));
    }
    if class == DETECTION && techniques.is_empty() {
        techniques = guardduty::techniques(&rule);
    }
    Ok(ScanFinding {
        techniques,
        ..ScanFinding::of(kind, severity, &rule, fingerprint::cloud(&rule, identity))
    })
}
