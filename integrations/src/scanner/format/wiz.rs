//! Wiz as CSV: its issues, and its vulnerability findings.

use serde_json::json;

use super::details::details;
use crate::scanner::finding::{FindingKind, Package, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint::{self, purl_of};
use crate::scanner::read::json::{ReadSeek, RecordError};
use crate::scanner::read::lenient::is_true;
use crate::scanner::read::table::{self, Row};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::resource::stable;
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output, weakness};

/// Wiz.
pub(super) struct Wiz;

impl Format for Wiz {
    fn name(&self) -> &'static str {
        "wiz"
    }

    fn title(&self) -> &'static str {
        "Wiz CSV (a report of issues or of vulnerability findings)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let issues = head.has_all(&["title", "severity", "controlid", "issueid", "resourceexternalid"]);
        let packages = head.has_all(&["wizurl", "findingstatus", "detailedname", "vendorseverity"]);
        match head.root() {
            Root::Table if issues || packages => Certainty::Certain,
            _ => Certainty::No,
        }
    }

    /// A table has no end mark, so that a file cut between two rows reads as a whole one; a report that shrinks much
    /// waits for a person all the same.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut number = 0_u64;
        table::rows(file, &mut |row| {
            number += 1;
            output.record(&format!("row {number}"), row.line, |findings| {
                let finding = if row.cell("detailed_name").is_empty() { issue(row) } else { package(row) };
                findings.push(finding?);
                Ok(())
            })
        })?;
        Ok(ScanSummary { tool_name: "Wiz".into(), complete: true, ..ScanSummary::default() })
    }
}

/// Statuses in which nobody has to do anything.
const SETTLED: &[&str] = &["resolved", "rejected", "ignored"];

fn settled(status: &str) -> bool {
    SETTLED.iter().any(|settled| status.eq_ignore_ascii_case(settled))
}

/// A control that a resource breaks.
fn issue(row: &Row<'_>) -> Result<ScanFinding, RecordError> {
    let title = row.required("title")?;
    let rule = row.first_of(&["control_id", "title"]);
    let resource = row.first_of(&["resource_external_id", "resource_vertex_id", "resource_name"]);
    let named = match stable(resource, &tags(row.cell("resource_tags"))) {
        named if named.starts_with("arn:") => named,
        named => format!("{} {named}", row.cell("subscription_id")),
    };
    let severity = Severity::from_word(row.cell("severity")).unwrap_or(Severity::Info);
    let status = row.cell("status");
    Ok(ScanFinding {
        title: title.to_owned(),
        description: row.cell("description").to_owned(),
        mitigation: row.cell("remediation_recommendation").to_owned(),
        resource: resource.to_owned(),
        status: status.to_ascii_lowercase(),
        suppressed: settled(status),
        data: details([
            ("url", json!(row.cell("wiz_url"))),
            ("issue", json!(row.cell("issue_id"))),
            ("resource_type", json!(row.cell("resource_type"))),
            ("resource_name", json!(row.cell("resource_name"))),
            ("subscription", json!(row.first_of(&["subscription_name", "subscription_id"]))),
            ("region", json!(row.cell("resource_region"))),
            ("projects", json!(row.cell("project_names"))),
        ]),
        ..ScanFinding::of(FindingKind::Misconfiguration, severity, rule, fingerprint::cloud(rule, &named))
    }
    .sealed())
}

/// A vulnerable package on a machine, image or function.
fn package(row: &Row<'_>) -> Result<ScanFinding, RecordError> {
    let id = row.required("name")?;
    let name = row.required("detailed_name")?;
    let resource = row.first_of(&["provider_unique_id", "asset_id", "asset_name"]);
    let package = Package {
        name: name.to_owned(),
        version: row.cell("version").to_owned(),
        fixed_version: row.cell("fixed_version").to_owned(),
        purl: purl_of(ecosystem(name, row.cell("remediation")), name),
    };
    let ids: Vec<String> =
        std::iter::once(id.to_owned()).chain(weakness::vulnerability_ids(row.cell("link"))).collect();
    let workload = stable(resource, &tags(row.cell("tags")));
    let severity = [row.cell("vendor_severity"), row.cell("cvss_severity")];
    let severity = severity.into_iter().find_map(Severity::from_word).unwrap_or(Severity::Info);
    let status = row.cell("finding_status");
    Ok(ScanFinding {
        mitigation: row.cell("remediation").to_owned(),
        path: row.cell("location_path").to_owned(),
        resource: resource.to_owned(),
        status: status.to_ascii_lowercase(),
        suppressed: settled(status),
        data: details([
            ("url", json!(row.cell("wiz_url"))),
            ("advisory", json!(row.cell("link"))),
            ("asset", json!(row.cell("asset_name"))),
            ("subscription", json!(row.cell("subscription_name"))),
            ("exploit", json!(is_true(row.cell("has_exploit")))),
            ("known_exploited", json!(is_true(row.cell("has_cisa_kev_exploit")))),
        ]),
        ..ScanFinding::vulnerable_package_of(&workload, severity, ids, package, "")
    }
    .sealed())
}

/// The command that mends it tells the ecosystem, which Wiz does not name.
fn ecosystem(name: &str, remediation: &str) -> &'static str {
    const COMMANDS: &[(&str, &str)] = &[
        ("go get", "go"),
        ("npm ", "npm"),
        ("yarn ", "npm"),
        ("pip ", "pip"),
        ("pip3 ", "pip"),
        ("gem ", "gem"),
        ("bundle ", "gem"),
        ("cargo ", "cargo"),
        ("composer ", "composer"),
        ("dotnet ", "nuget"),
    ];
    let remediation = remediation.trim();
    match COMMANDS.iter().find(|(command, _)| remediation.starts_with(command)) {
        Some((_, ecosystem)) => ecosystem,
        // "group:artifact"
        None if name.contains(':') && !name.contains('/') => "maven",
        None => "",
    }
}

/// Tags stand in the cell as a JSON object.
fn tags(cell: &str) -> Vec<(String, String)> {
    let tags: std::collections::BTreeMap<String, String> = serde_json::from_str(cell).unwrap_or_default();
    tags.into_iter().collect()
}
