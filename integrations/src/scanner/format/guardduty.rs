//! Amazon GuardDuty: findings as EventBridge and S3 exports write them, and as `get-findings` answers them.

use serde_json::{Value, json};

use crate::scanner::finding::{FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint;
use crate::scanner::read::enveloped::{has_record, records};
use crate::scanner::read::json::{RawJson, ReadSeek, RecordError};
use crate::scanner::read::loose::{self, Loose};
use crate::scanner::recognise::{Certainty, Head};
use crate::scanner::resource::{self, stable};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// GuardDuty.
pub(super) struct GuardDuty;

const LISTS: &[&str] = &["Findings", "findings"];

impl Format for GuardDuty {
    fn name(&self) -> &'static str {
        "guardduty"
    }

    fn title(&self) -> &'static str {
        "Amazon GuardDuty findings (EventBridge, S3 export or `aws guardduty get-findings`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let marked = has_record(head, LISTS, &["schemaVersion", "service.serviceName"])
            || has_record(head, LISTS, &["service.detectorId", "type"])
            || has_record(head, LISTS, &["SchemaVersion", "Service.ServiceName"])
            || has_record(head, LISTS, &["Service.DetectorId", "Type"])
            || head.text("source") == "aws.guardduty" && head.has("detail.type");
        if marked { Certainty::Certain } else { Certainty::No }
    }

    /// Never complete: what is not in this file may still be going on.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        records(file, output, LISTS, &mut finding)?;
        Ok(ScanSummary { tool_name: "GuardDuty".into(), ..ScanSummary::default() })
    }
}

fn finding(raw: &RawJson<'_>, findings: &mut Vec<ScanFinding>) -> Result<(), RecordError> {
    let record = loose::record(raw)?;
    let rule = record.required(&["type"])?;
    if record.is_true("service.additionalInfo.sample") || record.text("title").starts_with("[SAMPLE]") {
        return Ok(());
    }
    let severity = record.number("severity").map_or(Severity::Unknown, Severity::from_score);
    let (resource, identity) = affected(&record);
    let archived = record.is_true("service.archived");
    let finding =
        ScanFinding::of(FindingKind::Detection, severity, &rule, fingerprint::cloud(&rule, &identity));
    findings.push(
        ScanFinding {
            title: record.text("title"),
            description: record.text("description"),
            resource,
            techniques: techniques(&rule),
            status: if archived { "archived" } else { "" }.to_owned(),
            suppressed: archived,
            data: loose::details(json!({
                "id": record.text("id"),
                "account": record.text("accountId"),
                "region": record.text("region"),
                "count": record.number("service.count"),
                "first_seen": record.text("service.eventFirstSeen"),
                "last_seen": record.text("service.eventLastSeen"),
                "action": record.first_text(&["service.action.awsApiCallAction.api", "service.action.actionType"]),
                "url": link(&record),
            })),
            ..finding
        }
        .sealed(),
    );
    Ok(())
}

/// The finding in the console.
fn link(record: &Value) -> String {
    let (region, id) = (record.text("region"), record.text("id"));
    if region.is_empty() || id.is_empty() {
        return String::new();
    }
    format!(
        "https://{region}.console.aws.amazon.com/guardduty/home?region={region}#/findings?macros=current&fId={id}"
    )
}

/// What it is about, and what stays of that.
fn affected(record: &Value) -> (String, String) {
    let details = record.at("resource");
    let partition = match record.text("partition") {
        partition if partition.is_empty() => "aws".to_owned(),
        partition => partition,
    };
    let (account, region) = (record.text("accountId"), record.text("region"));
    let plain = |resource: String| {
        let identity = stable(&resource, &[]);
        (resource, identity)
    };
    let workload = details.at("kubernetesDetails.kubernetesWorkloadDetails");
    let cluster = details.text("eksClusterDetails.arn");
    if !cluster.is_empty() {
        let (namespace, name) = (workload.text("namespace"), workload.text("name"));
        let identity = format!("{cluster}/{namespace}/{}", resource::workload(&name));
        return (cluster, identity);
    }
    let task = details.at("ecsClusterDetails.taskDetails");
    for arn in [
        task.text("definitionArn"),
        details.text("ecsClusterDetails.arn"),
        details.text("lambdaDetails.functionArn"),
        details.text("rdsDbInstanceDetails.dbInstanceArn"),
        details.text("rdsLimitlessDbDetails.dbShardGroupArn"),
        details.text("s3BucketDetails.arn"),
    ] {
        if !arn.is_empty() {
            return plain(arn);
        }
    }
    let instance = details.text("instanceDetails.instanceId");
    if !instance.is_empty() {
        let mut tags = details.tags("instanceDetails.tags");
        let mut also = |name: &str, value: String| tags.push((name.to_owned(), value));
        also(resource::INSTANCE_PROFILE, details.text("instanceDetails.iamInstanceProfile.arn"));
        also(resource::NETWORK, details.text("instanceDetails.networkInterfaces.vpcId"));
        let arn = format!("arn:{partition}:ec2:{region}:{account}:instance/{instance}");
        let identity = stable(&arn, &tags);
        return (arn, identity);
    }
    let user = details.text("accessKeyDetails.userName");
    if !user.is_empty() {
        let kind = match details.text("accessKeyDetails.userType").as_str() {
            "AssumedRole" | "Role" => "role",
            "FederatedUser" => "federated-user",
            _ => "user",
        };
        return plain(format!("arn:{partition}:iam::{account}:{kind}/{user}"));
    }
    let image = details.text("containerDetails.image");
    if !image.is_empty() {
        return plain(image);
    }
    plain(format!("arn:{partition}:iam::{account}:root"))
}

/// GuardDuty's own type among the types that Security Hub and OCSF carry, where a dash stands for the slash.
pub(super) fn carried_type(types: &[String]) -> String {
    let carried = types.iter().map(|entry| entry.rsplit('/').next().unwrap_or_default());
    let Some((purpose, rest)) = carried.filter_map(|entry| entry.split_once(':')).next() else {
        return types.first().cloned().unwrap_or_default();
    };
    format!("{purpose}:{}", rest.replacen('-', "/", 1))
}

/// What adversaries do, by the words of the finding's type; the longest match stands.
const TECHNIQUES: &[(&str, &str)] = &[
    ("CloudTrailLoggingDisabled", "T1685.002"),
    ("PasswordPolicyChange", "T1556"),
    ("ConsoleLogin", "T1078.004"),
    ("InstanceCredentialExfiltration", "T1552.005"),
    ("BruteForce", "T1110"),
    ("PortProbe", "T1595"),
    ("Portscan", "T1046"),
    ("CryptoCurrency:", "T1496"),
    ("Exfiltration:S3", "T1530"),
    ("Exfiltration:", "T1567"),
    ("Trojan:EC2/DNSDataExfiltration", "T1048"),
    ("Backdoor:EC2/DenialOfService", "T1498"),
    ("Backdoor:", "T1071"),
    ("Trojan:", "T1071"),
    ("Recon:", "T1580"),
    ("Discovery:", "T1580"),
    ("Persistence:", "T1098"),
    ("PrivilegeEscalation:IAMUser", "T1098.003"),
    ("PrivilegeEscalation:Kubernetes/PrivilegedContainer", "T1611"),
    ("PrivilegeEscalation:Runtime", "T1611"),
    ("CredentialAccess:", "T1552"),
    ("InitialAccess:", "T1078"),
    ("Impact:S3", "T1485"),
    ("Impact:", "T1496"),
    ("Policy:IAMUser/RootCredentialUsage", "T1078.004"),
    ("Execution:", "T1204"),
];

/// The techniques that a type speaks of.
pub(super) fn techniques(rule: &str) -> Vec<String> {
    TECHNIQUES
        .iter()
        .filter(|(words, _)| rule.contains(words))
        .max_by_key(|(words, _)| words.len())
        .map(|(_, technique)| (*technique).to_owned())
        .into_iter()
        .collect()
}
