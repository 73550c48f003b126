//! One file a format, one line a format in the list.

mod checkov;
mod details;
mod generic;
mod generic_csv;
mod generic_json;
mod github_code_scanning;
mod github_secret_scanning;
mod gitlab;
mod gitleaks;
mod grype;
mod npm_audit;
mod osv_scanner;
mod pip_audit;
mod sarif;
mod semgrep;
mod snyk;
mod snyk_issues;
mod trivy;
mod trufflehog;

use super::Format;
use super::finding::ScanFinding;
use super::read::json::{RawJson, RecordError};

/// Reads one record into any number of findings.
type ReadRecord<'r> = &'r mut dyn FnMut(&RawJson<'_>, &mut Vec<ScanFinding>) -> Result<(), RecordError>;

/// Every format that is read, in the order in which they are named to people.
pub(super) const FORMATS: &[&dyn Format] = &[
    &trivy::Trivy,
    &sarif::Sarif,
    &checkov::Checkov,
    &generic_csv::GenericCsv,
    &generic_json::GenericJson,
    &github_code_scanning::GithubCodeScanning,
    &github_secret_scanning::GithubSecretScanning,
    &gitlab::Gitlab,
    &gitleaks::Gitleaks,
    &grype::Grype,
    &npm_audit::NpmAudit,
    &osv_scanner::OsvScanner,
    &pip_audit::PipAudit,
    &semgrep::Semgrep,
    &snyk::Snyk,
    &snyk_issues::SnykIssues,
    &trufflehog::Trufflehog,
];
