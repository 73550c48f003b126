//! The AWS Security Finding Format: what Security Hub hands on of its own checks and of the services that feed it.

use serde_json::{Value, json};

use super::guardduty;
use super::inspector::{CloudPackage, package_finding, vulnerability_in};
use crate::scanner::cvss;
use crate::scanner::finding::{CvssRating, FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint;
use crate::scanner::read::enveloped::{has_record, records};
use crate::scanner::read::json::{RawJson, ReadSeek, RecordError};
use crate::scanner::read::loose::{self, Loose};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::resource::{self, stable};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// ASFF.
pub(super) struct Asff;

const LISTS: &[&str] = &["Findings", "findings"];

impl Format for Asff {
    fn name(&self) -> &'static str {
        "asff"
    }

    fn title(&self) -> &'static str {
        "AWS Security Hub findings in ASFF (`aws securityhub get-findings`, EventBridge, Prowler)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        if has_record(head, LISTS, &["ProductArn", "GeneratorId"])
            || has_record(head, LISTS, &["ProductArn", "AwsAccountId"])
        {
            Certainty::Certain
        } else if head.root == Root::Object && head.has_only("Findings") {
            Certainty::Likely
        } else {
            Certainty::No
        }
    }

    /// Complete as a document; a page with a token for the next one and an event are not.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let whole = records(file, output, LISTS, &mut finding)?;
        Ok(ScanSummary { tool_name: "Security Hub".into(), complete: whole, ..ScanSummary::default() })
    }
}

fn finding(raw: &RawJson<'_>, findings: &mut Vec<ScanFinding>) -> Result<(), RecordError> {
    let record = loose::record(raw)?;
    let generator = record.required(&["GeneratorId", "Id"])?;
    if record.is_true("Sample") {
        return Ok(());
    }
    let severity = severity(&record);
    let arn = record.text("Resources.Id");
    let identity = identity(&record, &arn);
    let types = record.texts("Types");
    let base = match source(&record) {
        "guardduty" => {
            let rule = guardduty::carried_type(&types);
            let fingerprint = fingerprint::cloud(&rule, &identity);
            let techniques = guardduty::techniques(&rule);
            ScanFinding {
                techniques,
                ..ScanFinding::of(FindingKind::Detection, severity, &rule, fingerprint)
            }
        }
        "vulnerability" => vulnerable(&record, severity, &identity),
        _ => check(&record, &generator, &types, severity, &identity),
    };
    let compliance = record.text("Compliance.Status").to_ascii_lowercase();
    let workflow = record.first_text(&["Workflow.Status", "WorkflowState"]).to_ascii_lowercase();
    let archived = record.text("RecordState").eq_ignore_ascii_case("ARCHIVED")
        || record.is_true("ProductFields.aws/guardduty/service/archived");
    let passed = compliance == "passed";
    let aside = matches!(workflow.as_str(), "suppressed" | "resolved");
    let status = if archived {
        "archived".to_owned()
    } else if aside {
        workflow
    } else {
        compliance
    };
    let advice = record.text("Remediation.Recommendation.Text");
    let mitigation = if base.mitigation.is_empty() { advice } else { base.mitigation.clone() };
    findings.push(
        ScanFinding {
            title: record.text("Title"),
            description: record.text("Description"),
            mitigation,
            suppressed: archived || aside || passed,
            status,
            data: loose::details(json!({
                "id": record.text("Id"),
                "account": record.text("AwsAccountId"),
                "region": record.first_text(&["Region", "Resources.Region"]),
                "product": record.first_text(&["ProductName", "ProductFields.aws/securityhub/ProductName", "ProductFields.ProviderName"]),
                "resource_type": record.text("Resources.Type"),
                "requirements": record.texts("Compliance.RelatedRequirements").into_iter().take(10).collect::<Vec<_>>(),
                "first_seen": record.text("FirstObservedAt"),
                "url": record.first_text(&["SourceUrl", "Remediation.Recommendation.Url"]),
            })),
            resource: arn,
            ..base
        }
        .sealed(),
    );
    Ok(())
}

/// Which of the three sorts of finding it is.
fn source(record: &Value) -> &'static str {
    let product = record.text("ProductArn").to_ascii_lowercase();
    if product.ends_with("/guardduty") {
        return "guardduty";
    }
    let named = vulnerability_in(&record.text("Title"));
    let inspector = product.ends_with("/inspector") && named != record.text("Title");
    if !record.list("Vulnerabilities").is_empty() || inspector { "vulnerability" } else { "check" }
}

/// The label, else the number from 0 to 100.
fn severity(record: &Value) -> Severity {
    let label = record.first_text(&["Severity.Label", "FindingProviderFields.Severity.Label"]);
    if let Some(severity) = Severity::from_word(&label) {
        return severity;
    }
    match record.number("Severity.Normalized") {
        None => Severity::Unknown,
        Some(number) if number >= 90.0 => Severity::Critical,
        Some(number) if number >= 70.0 => Severity::High,
        Some(number) if number >= 40.0 => Severity::Medium,
        Some(number) if number >= 1.0 => Severity::Low,
        Some(_) => Severity::Info,
    }
}

/// What stays of the resource. An access key belongs to its principal, as GuardDuty's own findings have it.
fn identity(record: &Value, arn: &str) -> String {
    let key = record.at("Resources.Details.AwsIamAccessKey");
    let (name, account) = (key.first_text(&["PrincipalName", "UserName"]), record.text("AwsAccountId"));
    if name.is_empty() {
        return stable(arn, &tags(record));
    }
    let kind =
        if matches!(key.text("PrincipalType").as_str(), "AssumedRole" | "Role") { "role" } else { "user" };
    let partition = record.text("Resources.Partition");
    let partition = if partition.is_empty() { "aws" } else { &partition };
    format!("arn:{partition}:iam::{account}:{kind}/{name}")
}

fn tags(record: &Value) -> Vec<(String, String)> {
    let mut tags = record.tags("Resources.Tags");
    let details = record.at("Resources.Details");
    for (name, value) in [
        (resource::INSTANCE_PROFILE, details.text("AwsEc2Instance.IamInstanceProfileArn")),
        (resource::NETWORK, details.text("AwsEc2Instance.VpcId")),
        (resource::TASK_FAMILY, stable(&details.text("AwsEcsTask.TaskDefinitionArn"), &[])),
    ] {
        tags.push((name.to_owned(), value));
    }
    tags
}

fn vulnerable(record: &Value, severity: Severity, identity: &str) -> ScanFinding {
    let details = record.at("Vulnerabilities");
    let mut ids: Vec<String> = record
        .list("Vulnerabilities")
        .iter()
        .map(|entry| entry.text("Id"))
        .filter(|id| !id.is_empty())
        .collect();
    if ids.is_empty() {
        ids.push(vulnerability_in(&record.text("Title")));
    }
    let related: Vec<String> = record
        .list("Vulnerabilities")
        .iter()
        .flat_map(|entry| entry.texts("RelatedVulnerabilities"))
        .collect();
    ids.extend(related);
    let packages: Vec<CloudPackage> = record
        .list("Vulnerabilities")
        .iter()
        .flat_map(|entry| entry.list("VulnerablePackages"))
        .map(CloudPackage::of)
        .collect();
    let platform = |kind: &str| {
        record.text(&format!("ProductFields.aws/inspector/resources/1/resourceDetails/{kind}/platform"))
    };
    let platform = match platform("awsEcrContainerImageDetails") {
        text if text.is_empty() => platform("awsEc2InstanceDetails"),
        text => text,
    };
    let ratings = first(details).list("Cvss").iter().filter_map(rating).collect();
    ScanFinding { cvss: ratings, ..package_finding(severity, ids, &packages, &platform, identity) }
}

fn first(value: &Value) -> &Value {
    value.as_array().and_then(|list| list.first()).unwrap_or(value)
}

fn rating(entry: &Value) -> Option<CvssRating> {
    let (source, vector) = (entry.text("Source").to_ascii_lowercase(), entry.text("BaseVector"));
    cvss::rating(&source, &vector)
        .or_else(|| entry.number("BaseScore").map(|score| CvssRating { source, vector, score: Some(score) }))
}

/// A check of the configuration, or what another product detected.
fn check(
    record: &Value,
    generator: &str,
    types: &[String],
    severity: Severity,
    identity: &str,
) -> ScanFinding {
    let control = record.first_text(&["Compliance.SecurityControlId", "ProductFields.ControlId"]);
    let rule = match generator {
        _ if !control.is_empty() => control,
        // Inspector names itself here, whatever it found.
        "AWSInspector" => record.text("Title"),
        generator => without_versions(generator),
    };
    let checked = !record.at("Compliance").is_null()
        || types.iter().any(|entry| entry.starts_with("Software and Configuration Checks"));
    let kind = if checked { FindingKind::Misconfiguration } else { FindingKind::Detection };
    ScanFinding::of(kind, severity, &rule, fingerprint::cloud(&rule, identity))
}

/// The rule that generated it, without the version of the standard that holds it.
fn without_versions(generator: &str) -> String {
    let rule = generator.rsplit_once(":::").map_or(generator, |(_, rule)| rule);
    let rule = rule.strip_prefix("security-control/").unwrap_or(rule);
    let mut kept = Vec::new();
    let mut parts = rule.split('/');
    while let Some(part) = parts.next() {
        match part {
            "v" => drop(parts.next()),
            "ruleset" | "rule" => {}
            part => kept.push(part),
        }
    }
    kept.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_stays_the_same_in_the_next_version_of_its_standard() {
        for (generator, rule) in [
            (
                "aws-foundational-security-best-practices/v/1.0.0/IAM.5",
                "aws-foundational-security-best-practices/IAM.5",
            ),
            ("security-control/IAM.5", "IAM.5"),
            (
                "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/2.2",
                "cis-aws-foundations-benchmark/2.2",
            ),
            ("prowler-accessanalyzer_enabled", "prowler-accessanalyzer_enabled"),
        ] {
            assert_eq!(without_versions(generator), rule);
        }
    }
}
