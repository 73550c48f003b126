//! Amazon Inspector: `list-findings` and EventBridge events.

use serde_json::{Value, json};

use crate::scanner::cvss;
use crate::scanner::finding::{
    CvssRating, FindingKind, Package, ParseError, ScanFinding, ScanSummary, Severity,
};
use crate::scanner::fingerprint::{self, purl_of};
use crate::scanner::read::enveloped::{has_record, records};
use crate::scanner::read::json::{RawJson, ReadSeek, RecordError};
use crate::scanner::read::loose::{self, Loose};
use crate::scanner::recognise::{Certainty, Head};
use crate::scanner::resource::{self, stable};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// Inspector.
pub(super) struct Inspector;

const LISTS: &[&str] = &["findings"];

impl Format for Inspector {
    fn name(&self) -> &'static str {
        "inspector"
    }

    fn title(&self) -> &'static str {
        "Amazon Inspector findings (`aws inspector2 list-findings`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let marked = has_record(head, LISTS, &["findingArn", "severity"])
            || has_record(head, LISTS, &["findingArn", "awsAccountId"]);
        if marked { Certainty::Certain } else { Certainty::No }
    }

    /// Complete as a document; a page with a token for the next one is not.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let whole = records(file, output, LISTS, &mut finding)?;
        Ok(ScanSummary { tool_name: "Inspector".into(), complete: whole, ..ScanSummary::default() })
    }
}

fn finding(raw: &RawJson<'_>, findings: &mut Vec<ScanFinding>) -> Result<(), RecordError> {
    let record = loose::record(raw)?;
    record.required(&["findingArn", "title", "type"])?;
    let severity = Severity::from_word(&record.text("severity")).unwrap_or(Severity::Unknown);
    let place = record.at("resources");
    let arn = record.text("resources.id");
    let mut tags = record.tags("resources.tags");
    let instance = place.at("details.awsEc2Instance");
    for (name, value) in [
        (resource::INSTANCE_PROFILE, instance.text("iamInstanceProfileArn")),
        (resource::NETWORK, instance.text("vpcId")),
    ] {
        tags.push((name.to_owned(), value));
    }
    let identity = stable(&arn, &tags);
    let status = record.text("status").to_ascii_lowercase();
    let base = match record.text("type").as_str() {
        "CODE_VULNERABILITY" => code(&record, severity, &identity),
        "NETWORK_REACHABILITY" => reachable(&record, severity, &identity),
        _ => vulnerable(&record, severity, &identity),
    };
    let advice = record.text("remediation.recommendation.text");
    let advice = if advice == "None Provided" { String::new() } else { advice };
    findings.push(
        ScanFinding {
            title: record.text("title"),
            description: record.text("description"),
            resource: arn,
            mitigation: if base.mitigation.is_empty() { advice } else { base.mitigation.clone() },
            suppressed: !matches!(status.as_str(), "" | "active"),
            status,
            data: loose::details(json!({
                "arn": record.text("findingArn"),
                "account": record.text("awsAccountId"),
                "exploit_available": record.text("exploitAvailable"),
                "fix_available": record.text("fixAvailable"),
                "first_seen": record.text("firstObservedAt"),
                "url": record.text("packageVulnerabilityDetails.sourceUrl"),
            })),
            ..base
        }
        .sealed(),
    );
    Ok(())
}

fn vulnerable(record: &Value, severity: Severity, identity: &str) -> ScanFinding {
    let details = record.at("packageVulnerabilityDetails");
    let platform = record.first_text(&[
        "resources.details.awsEcrContainerImage.platform",
        "resources.details.awsEc2Instance.platform",
    ]);
    let mut ids = vec![details.first_text(&["vulnerabilityId"])];
    if ids[0].is_empty() {
        ids = vec![vulnerability_in(&record.text("title"))];
    }
    ids.extend(details.texts("relatedVulnerabilities"));
    let packages: Vec<CloudPackage> =
        details.list("vulnerablePackages").iter().map(CloudPackage::of).collect();
    let finding = package_finding(severity, ids, &packages, &platform, identity);
    ScanFinding { cvss: ratings(details.list("cvss")), ..finding }
}

fn code(record: &Value, severity: Severity, identity: &str) -> ScanFinding {
    let details = record.at("codeVulnerabilityDetails");
    let rule = details.first_text(&["ruleId", "detectorId", "detectorName"]);
    let path = details.text("filePath.filePath");
    let fingerprint = fingerprint::code(&rule, &path, identity);
    ScanFinding {
        path,
        line: details.number("filePath.startLine").filter(|line| *line >= 1.0).map(|line| line as u32),
        cwes: details.texts("cwes"),
        ..ScanFinding::of(FindingKind::Code, severity, &rule, fingerprint)
    }
}

fn reachable(record: &Value, severity: Severity, identity: &str) -> ScanFinding {
    let details = record.at("networkReachabilityDetails");
    let ports = format!(
        "{} {}-{}",
        details.text("protocol"),
        details.text("openPortRange.begin"),
        details.text("openPortRange.end")
    );
    let fingerprint = fingerprint::cloud("network-reachability", &format!("{identity} {ports}"));
    ScanFinding::of(FindingKind::Misconfiguration, severity, "network-reachability", fingerprint)
}

fn ratings(list: &[Value]) -> Vec<CvssRating> {
    let rating = |entry: &Value| {
        let vector = entry.text("scoringVector");
        let source = entry.text("source").to_ascii_lowercase();
        cvss::rating(&source, &vector).or_else(|| {
            entry.number("baseScore").map(|score| CvssRating { source, vector, score: Some(score) })
        })
    };
    list.iter().filter_map(rating).collect()
}

/// A package as the services of AWS describe it.
pub(super) struct CloudPackage {
    pub(super) manager: String,
    pub(super) purl: String,
    pub(super) path: String,
    pub(super) package: Package,
    pub(super) remediation: String,
}

impl CloudPackage {
    /// Reads a package, whichever way its fields are spelled.
    pub(super) fn of(entry: &Value) -> Self {
        let given = |text: String| {
            let nothing = ["NotAvailable", "None Provided", "0:NotAvailable"].contains(&text.as_str());
            if nothing { String::new() } else { text }
        };
        let release = entry.text("release");
        let version = match (entry.text("version"), release.as_str()) {
            (version, "") => version,
            (version, release) => format!("{version}-{release}"),
        };
        let fixed_version = given(entry.first_text(&["fixedInVersion", "fixed_in_version"]));
        let fixed_version = fixed_version.strip_prefix("0:").unwrap_or(&fixed_version).to_owned();
        Self {
            manager: entry.first_text(&["packageManager", "package_manager"]),
            purl: entry.text("purl"),
            path: entry.first_text(&["filePath", "path"]),
            package: Package { name: entry.text("name"), version, fixed_version, purl: String::new() },
            remediation: given(entry.first_text(&["remediation.desc", "remediation"])),
        }
    }

    fn purl(&self, platform: &str) -> String {
        if !self.purl.is_empty() {
            return self.purl.clone();
        }
        let platform = platform.split(['_', ' ']).next().unwrap_or_default().to_ascii_lowercase();
        let ecosystem = match self.manager.to_ascii_uppercase().as_str() {
            "OS" | "" if platform.is_empty() => "generic".to_owned(),
            "OS" | "" => platform,
            "PYTHONPKG" | "PIP" | "PIPENV" | "POETRY" => "pip".to_owned(),
            "NODEPKG" => "npm".to_owned(),
            "COMPOSER" => "composer".to_owned(),
            manager => manager.to_ascii_lowercase(),
        };
        purl_of(&ecosystem, &self.package.name)
    }
}

/// A vulnerability of one or several packages of a resource. The first package in the order of names stands for the
/// others, as the service reports them as one.
pub(super) fn package_finding(
    severity: Severity,
    ids: Vec<String>,
    packages: &[CloudPackage],
    platform: &str,
    identity: &str,
) -> ScanFinding {
    let first = packages.iter().min_by(|one, other| one.package.name.cmp(&other.package.name));
    let package = first.map_or_else(Package::default, |first| Package {
        purl: first.purl(platform),
        ..first.package.clone()
    });
    let advice = first.map(|first| first.remediation.clone()).unwrap_or_default();
    let path = first.map(|first| first.path.clone()).unwrap_or_default();
    let finding = ScanFinding::vulnerable_package_of(identity, severity, ids, package, "");
    ScanFinding { mitigation: advice, path, ..finding }
}

/// The vulnerability that a title such as `CVE-2023-1255 - openssl` names; the title itself where it names none.
pub(super) fn vulnerability_in(title: &str) -> String {
    let mut words = title.split(|character: char| character.is_whitespace() || character == ',');
    words
        .find(|word| ["CVE-", "GHSA-", "ALAS"].iter().any(|start| word.starts_with(start)))
        .unwrap_or(title)
        .to_owned()
}
