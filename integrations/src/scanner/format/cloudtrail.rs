//! AWS CloudTrail: the few events that break a control of ours; all others are passed over.

use serde_json::{Value, json};

use crate::scanner::finding::{FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint;
use crate::scanner::read::enveloped::{has_record, records};
use crate::scanner::read::json::{RawJson, ReadSeek, RecordError};
use crate::scanner::read::loose::{self, Loose};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::resource::stable;
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// CloudTrail.
pub(super) struct CloudTrail;

const LISTS: &[&str] = &["Records"];

impl Format for CloudTrail {
    fn name(&self) -> &'static str {
        "cloudtrail"
    }

    fn title(&self) -> &'static str {
        "AWS CloudTrail log (a list, `Records`, or an EventBridge event)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        if has_record(head, LISTS, &["eventID", "eventName", "eventSource", "userIdentity"]) {
            Certainty::Certain
        } else if head.root == Root::Object && head.has("Records") && !head.has("Records.eventName") {
            Certainty::Likely
        } else {
            Certainty::No
        }
    }

    /// Never complete: events tell what happened, and nothing of what did not.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        records(file, output, LISTS, &mut event)?;
        Ok(ScanSummary { tool_name: "CloudTrail".into(), ..ScanSummary::default() })
    }
}

/// An event that breaks a control.
struct Break {
    event: &'static str,
    severity: Severity,
    technique: &'static str,
    /// What the title says, before the name of what it was done to.
    title: &'static str,
    /// Service and kind of the ARN of what it was done to, and the request's fields that may name it.
    target: (&'static str, &'static str, &'static [&'static str]),
    mitigation: &'static str,
}

const BREAKS: &[Break] = &[
    Break {
        event: "StopLogging",
        severity: Severity::High,
        technique: "T1685.002",
        title: "Audit logging was stopped on trail",
        target: ("cloudtrail", "trail/", &["name"]),
        mitigation: "Start logging again, and find out what happened while nothing was recorded.",
    },
    Break {
        event: "DeleteTrail",
        severity: Severity::High,
        technique: "T1685.002",
        title: "An audit trail was deleted:",
        target: ("cloudtrail", "trail/", &["name"]),
        mitigation: "Create the trail again, and deny its deletion by an organisation policy.",
    },
    Break {
        event: "PutEventSelectors",
        severity: Severity::Medium,
        technique: "T1685.002",
        title: "What is recorded was changed on trail",
        target: ("cloudtrail", "trail/", &["trailName"]),
        mitigation: "Check that management events and the data events that matter are still recorded.",
    },
    Break {
        event: "CreateAccessKey",
        severity: Severity::Medium,
        technique: "T1098.001",
        title: "A long-lived access key was created for",
        target: ("iam", "user/", &["userName"]),
        mitigation: "Confirm the key with its owner, else delete it and look at what it was used for.",
    },
    Break {
        event: "AttachUserPolicy",
        severity: Severity::Medium,
        technique: "T1098.003",
        title: "A policy was attached directly to user",
        target: ("iam", "user/", &["userName"]),
        mitigation: "Detach the policy, and give rights through roles or groups.",
    },
    Break {
        event: "UpdateAssumeRolePolicy",
        severity: Severity::High,
        technique: "T1098.003",
        title: "Who may assume it was changed for role",
        target: ("iam", "role/", &["roleName"]),
        mitigation: "Compare the trust policy with the intended one, and remove principals that do not belong there.",
    },
    Break {
        event: "CreateLoginProfile",
        severity: Severity::Medium,
        technique: "T1098",
        title: "A console password was created for",
        target: ("iam", "user/", &["userName"]),
        mitigation: "Confirm it with the user's owner, else delete the login profile.",
    },
    Break {
        event: "ModifyDBSnapshotAttribute",
        severity: Severity::High,
        technique: "T1537",
        title: "A database snapshot was shared:",
        target: ("rds", "snapshot:", &["dBSnapshotIdentifier", "dbSnapshotIdentifier"]),
        mitigation: "Remove the accounts that do not belong there, and treat the data as disclosed until shown otherwise.",
    },
    Break {
        event: "ConsoleLogin",
        severity: Severity::Medium,
        technique: "T1078.004",
        title: "A console login without a second factor by",
        target: ("iam", "", &[]),
        mitigation: "Require a second factor for every console login.",
    },
    Break {
        event: "ScheduleKeyDeletion",
        severity: Severity::High,
        technique: "T1485",
        title: "An encryption key was scheduled for deletion:",
        target: ("kms", "key/", &["keyId"]),
        mitigation: "Cancel the deletion unless a change request asks for it.",
    },
    Break {
        event: "DisableKey",
        severity: Severity::High,
        technique: "T1485",
        title: "An encryption key was disabled:",
        target: ("kms", "key/", &["keyId"]),
        mitigation: "Enable the key again unless a change request asks for it.",
    },
    Break {
        event: "PutKeyPolicy",
        severity: Severity::Medium,
        technique: "T1098",
        title: "Who may use it was changed for encryption key",
        target: ("kms", "key/", &["keyId"]),
        mitigation: "Compare the key policy with the intended one.",
    },
];

fn event(raw: &RawJson<'_>, findings: &mut Vec<ScanFinding>) -> Result<(), RecordError> {
    let record = loose::record(raw)?;
    let name = record.required(&["eventName"])?;
    let Some(known) = BREAKS.iter().find(|known| known.event == name) else {
        return Ok(());
    };
    if !broke(known, &record) {
        return Ok(());
    }
    let resource = target(known, &record);
    // Repeated events are the same finding; a policy that is attached is a different one for each policy.
    let policy = record.text("requestParameters.policyArn");
    let identity = format!("{}{policy}", stable(&resource, &[]));
    let root = record.text("userIdentity.type").eq_ignore_ascii_case("root");
    let severity = if name == "ConsoleLogin" && root || policy.ends_with("/AdministratorAccess") {
        Severity::High
    } else {
        known.severity
    };
    let actor = record.first_text(&["userIdentity.arn", "userIdentity.userName", "userIdentity.type"]);
    let shown = resource.rsplit([':', '/']).next().unwrap_or_default();
    let finding =
        ScanFinding::of(FindingKind::Detection, severity, &name, fingerprint::cloud(&name, &identity));
    findings.push(
        ScanFinding {
            title: format!("{} {shown}", known.title),
            description: format!(
                "{actor} called {name} of {} from {} at {}.",
                record.text("eventSource"),
                record.text("sourceIPAddress"),
                record.text("eventTime")
            ),
            mitigation: known.mitigation.to_owned(),
            techniques: vec![known.technique.to_owned()],
            data: loose::details(json!({
                "event_id": record.text("eventID"),
                "time": record.text("eventTime"),
                "account": account(&record),
                "region": record.text("awsRegion"),
                "actor": actor,
                "source_address": record.text("sourceIPAddress"),
                "user_agent": record.text("userAgent"),
                "policy": policy,
            })),
            resource,
            ..finding
        }
        .sealed(),
    );
    Ok(())
}

/// Whether the event did what its name says; a call that was refused broke nothing.
fn broke(known: &Break, record: &Value) -> bool {
    if !record.text("errorCode").is_empty() {
        return false;
    }
    match known.event {
        // Federated sessions have their second factor at the identity provider, which AWS does not see.
        "ConsoleLogin" => {
            record.text("additionalEventData.MFAUsed").eq_ignore_ascii_case("no")
                && !record.text("responseElements.ConsoleLogin").eq_ignore_ascii_case("failure")
                && record.text("userIdentity.type") != "AssumedRole"
        }
        "ModifyDBSnapshotAttribute" => !record.list("requestParameters.valuesToAdd").is_empty(),
        _ => true,
    }
}

/// The ARN of what it was done to, else of who did it.
fn target(known: &Break, record: &Value) -> String {
    let (service, kind, fields) = known.target;
    let request = record.at("requestParameters");
    let named = request.first_text(fields);
    if named.starts_with("arn:") {
        return named;
    }
    if named.is_empty() {
        return record.first_text(&["userIdentity.arn", "userIdentity.userName", "recipientAccountId"]);
    }
    let region = if service == "iam" { String::new() } else { record.text("awsRegion") };
    format!("arn:{}:{service}:{region}:{}:{kind}{named}", partition(record), account(record))
}

fn account(record: &Value) -> String {
    record.first_text(&["recipientAccountId", "userIdentity.accountId"])
}

/// The partition, as the actor's ARN has it.
fn partition(record: &Value) -> String {
    match record.text("userIdentity.arn").split(':').nth(1) {
        Some(partition) if !partition.is_empty() => partition.to_owned(),
        _ => "aws".to_owned(),
    }
}
