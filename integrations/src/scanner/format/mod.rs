//! One file a format, one line a format in the list.

mod details;
mod grype;
mod npm_audit;
mod osv_scanner;
mod pip_audit;
mod sarif;
mod snyk;
mod snyk_issues;
mod trivy;

use super::Format;
use super::finding::ScanFinding;
use super::read::json::{RawJson, RecordError};

/// Reads one record into any number of findings.
type ReadRecord<'r> = &'r mut dyn FnMut(&RawJson<'_>, &mut Vec<ScanFinding>) -> Result<(), RecordError>;

/// Every format that is read, in the order in which they are named to people.
pub(super) const FORMATS: &[&dyn Format] = &[
    &trivy::Trivy,
    &sarif::Sarif,
    &grype::Grype,
    &npm_audit::NpmAudit,
    &osv_scanner::OsvScanner,
    &pip_audit::PipAudit,
    &snyk::Snyk,
    &snyk_issues::SnykIssues,
];
