//! Prowler's own JSON of version 3 and its CSV of version 4 and later; its OCSF is read as OCSF.

use serde_json::{Value, json};

use crate::scanner::finding::{FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint;
use crate::scanner::read::enveloped::{has_record, records};
use crate::scanner::read::json::{ReadSeek, RecordError};
use crate::scanner::read::loose::{self, Loose};
use crate::scanner::read::table::{self, Row};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::resource::stable;
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// Prowler.
pub(super) struct Prowler;

impl Format for Prowler {
    fn name(&self) -> &'static str {
        "prowler"
    }

    fn title(&self) -> &'static str {
        "Prowler JSON of version 3, or CSV (`prowler -M csv`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let json = has_record(head, &[], &["CheckID", "Status", "Severity"]);
        let table = head.root == Root::Table
            && head.has_all(&["checkid", "checktitle", "status", "severity"])
            && head.has_any(&["findinguid", "findinguniqueid", "prowlerversion", "statusextended"]);
        if json || table { Certainty::Certain } else { Certainty::No }
    }

    /// A run writes its file at its end, so a file that can be read to its end is complete.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let summary = ScanSummary { tool_name: "Prowler".into(), complete: true, ..ScanSummary::default() };
        if Head::read(file)?.root != Root::Table {
            records(file, output, &[], &mut |raw, findings| {
                let check = Check::of_json(&loose::record(raw)?);
                check.finding(findings)
            })?;
            return Ok(summary);
        }
        let mut number = 0_u64;
        table::rows(file, &mut |row| {
            number += 1;
            output.record(&format!("row {number}"), row.line, |findings| Check::of_row(row).finding(findings))
        })?;
        Ok(summary)
    }
}

/// One check of one resource.
struct Check {
    id: String,
    title: String,
    status: String,
    muted: bool,
    detail: String,
    severity: String,
    resource: String,
    account: String,
    region: String,
    service: String,
    risk: String,
    advice: String,
    url: String,
    tags: Vec<(String, String)>,
}

impl Check {
    fn of_json(record: &Value) -> Self {
        Self {
            id: record.text("CheckID"),
            title: record.text("CheckTitle"),
            status: record.text("Status"),
            muted: record.is_true("Muted"),
            detail: record.first_text(&["StatusExtended", "Description"]),
            severity: record.text("Severity"),
            resource: record.first_text(&["ResourceArn", "ResourceId"]),
            account: record.first_text(&["AccountId", "SubscriptionId", "ProjectId"]),
            region: record.first_text(&["Region", "Location"]),
            service: record.text("ServiceName"),
            risk: record.text("Risk"),
            advice: record.text("Remediation.Recommendation.Text"),
            url: record.first_text(&["Remediation.Recommendation.Url", "RelatedUrl"]),
            tags: record.tags("ResourceTags"),
        }
    }

    fn of_row(row: &Row<'_>) -> Self {
        let cell = |columns: &[&str]| row.first_of(columns).to_owned();
        let tags = row.cell("resource_tags").split('|').filter_map(|tag| tag.split_once('='));
        Self {
            id: cell(&["check_id"]),
            title: cell(&["check_title"]),
            status: cell(&["status"]),
            muted: row.cell("muted").eq_ignore_ascii_case("true"),
            detail: cell(&["status_extended", "description"]),
            severity: cell(&["severity"]),
            resource: cell(&["resource_uid", "resource_arn", "resource_name", "resource_id"]),
            account: cell(&["account_uid", "account_id"]),
            region: cell(&["region"]),
            service: cell(&["service_name"]),
            risk: cell(&["risk"]),
            advice: cell(&["remediation_recommendation_text"]),
            url: cell(&["remediation_recommendation_url", "related_url"]),
            tags: tags.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect(),
        }
    }

    /// A check that passed is no finding; one that a person has to make is.
    fn finding(self, findings: &mut Vec<ScanFinding>) -> Result<(), RecordError> {
        if self.id.is_empty() || self.status.is_empty() {
            return Err(RecordError::Shape("the check or its status is missing".to_owned()));
        }
        let status = self.status.to_ascii_lowercase();
        if matches!(status.as_str(), "pass" | "info") {
            return Ok(());
        }
        let severity = Severity::from_word(&self.severity).unwrap_or(Severity::Unknown);
        let identity = match stable(&self.resource, &self.tags) {
            named if named.starts_with("arn:") => named,
            named => format!("{} {} {named}", self.account, self.region),
        };
        let fingerprint = fingerprint::cloud(&self.id, &identity);
        findings.push(
            ScanFinding {
                title: self.title,
                description: self.detail,
                mitigation: self.advice,
                resource: self.resource,
                suppressed: self.muted,
                status,
                data: loose::details(json!({
                    "account": self.account,
                    "region": self.region,
                    "service": self.service,
                    "risk": self.risk,
                    "url": self.url,
                })),
                ..ScanFinding::of(FindingKind::Misconfiguration, severity, &self.id, fingerprint)
            }
            .sealed(),
        );
        Ok(())
    }
}
