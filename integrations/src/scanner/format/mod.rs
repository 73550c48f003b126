//! One file a format, one line a format in the list.

mod asff;
mod bandit;
mod burp;
mod cargo_audit;
mod checkov;
mod cloudtrail;
mod cyclonedx;
pub(crate) mod datadog;
mod dependabot;
mod dependency_check;
mod details;
mod generic;
mod generic_csv;
mod generic_json;
mod github;
mod github_code_scanning;
mod github_secret_scanning;
mod gitlab;
mod gitleaks;
mod gosec;
mod govulncheck;
mod grype;
mod guardduty;
mod hadolint;
mod inspector;
mod kube_bench;
mod kubescape;
mod nessus;
mod npm_audit;
mod nuclei;
mod numbered;
mod ocsf;
mod osv_scanner;
mod pip_audit;
mod prowler;
mod sarif;
mod semgrep;
mod semgrep_supply_chain;
mod snyk;
mod snyk_issues;
mod sonarqube;
mod trivy;
mod trivy_operator;
mod trufflehog;
mod trufflehog_lists;
mod waf;
mod wiz;
mod yarn_audit;
mod zap;

use std::io::{Read, SeekFrom};

use super::Format;
use super::finding::{ParseError, ScanFinding};
use super::limits;
use super::read::json::{RawJson, ReadSeek, RecordError};

/// Reads one record into any number of findings.
pub(super) type ReadRecord<'r> =
    &'r mut dyn FnMut(&RawJson<'_>, &mut Vec<ScanFinding>) -> Result<(), RecordError>;

/// Every format that is read, in the order in which they are named to people.
pub(super) const FORMATS: &[&dyn Format] = &[
    &trivy::Trivy,
    &sarif::Sarif,
    &asff::Asff,
    &bandit::Bandit,
    &burp::Burp,
    &cargo_audit::CargoAudit,
    &checkov::Checkov,
    &cloudtrail::CloudTrail,
    &cyclonedx::CycloneDx,
    &datadog::Datadog,
    &dependabot::Dependabot,
    &dependency_check::DependencyCheck,
    &generic_csv::GenericCsv,
    &generic_json::GenericJson,
    &github_code_scanning::GithubCodeScanning,
    &github_secret_scanning::GithubSecretScanning,
    &gitlab::Gitlab,
    &gitleaks::Gitleaks,
    &gosec::Gosec,
    &govulncheck::Govulncheck,
    &grype::Grype,
    &guardduty::GuardDuty,
    &hadolint::Hadolint,
    &inspector::Inspector,
    &kube_bench::KubeBench,
    &kubescape::Kubescape,
    &nessus::Nessus,
    &npm_audit::NpmAudit,
    &nuclei::Nuclei,
    &ocsf::Ocsf,
    &osv_scanner::OsvScanner,
    &pip_audit::PipAudit,
    &prowler::Prowler,
    &semgrep::Semgrep,
    &snyk::Snyk,
    &snyk_issues::SnykIssues,
    &sonarqube::SonarQube,
    &trivy_operator::TrivyOperator,
    &trufflehog::Trufflehog,
    &waf::Waf,
    &wiz::Wiz,
    &yarn_audit::YarnAudit,
    &zap::Zap,
];

/// Whether a file of a format that is written both ways is XML; the file stands at its start afterwards.
fn is_xml(file: &mut dyn ReadSeek) -> Result<bool, ParseError> {
    let unreadable =
        |error: std::io::Error| ParseError::whole(format!("The file could not be read: {error}."));
    let mut start = Vec::with_capacity(256);
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    file.take(256).read_to_end(&mut start).map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let start = &start[limits::byte_order_mark(&start)..];
    Ok(start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<'))
}
