//! Rules. What a scanner report says, as plain values: the same shape for every tool.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::fingerprint;
use super::limits::{DATA_BYTES, DESCRIPTION_BYTES, SHORT_BYTES, cut};

/// How bad the tool says it is; ordered, `Unknown` lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The tool does not say.
    Unknown,
    /// Worth knowing, no harm by itself.
    Info,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

impl Severity {
    /// Reads a tool's word, in any case; `None` when it is not one that tools use.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        const WORDS: &[(&str, Severity)] = &[
            ("critical", Severity::Critical),
            ("high", Severity::High),
            ("error", Severity::High),
            ("medium", Severity::Medium),
            ("moderate", Severity::Medium),
            ("warning", Severity::Medium),
            ("low", Severity::Low),
            ("info", Severity::Info),
            ("informational", Severity::Info),
            ("negligible", Severity::Info),
            ("note", Severity::Info),
            ("none", Severity::Info),
            ("unknown", Severity::Unknown),
        ];
        let word = word.trim();
        WORDS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known)).map(|(_, severity)| *severity)
    }

    /// The CVSS word of a score between 0 and 10.
    #[must_use]
    pub fn from_score(score: f64) -> Self {
        match score {
            score if score >= 9.0 => Self::Critical,
            score if score >= 7.0 => Self::High,
            score if score >= 4.0 => Self::Medium,
            score if score > 0.0 => Self::Low,
            _ => Self::Info,
        }
    }

    /// The word that is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What sort of problem it is; decides how the finding is identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingKind {
    /// A known vulnerability in a package.
    Vulnerability,
    /// A setting that weakens the system.
    Misconfiguration,
    /// A credential lying where it should not.
    Secret,
    /// A licence that the policy does not want.
    Licence,
    /// A weakness in our own code.
    Code,
    /// A weakness seen from outside, in a running application or on a host.
    Dynamic,
    /// Something that happened, as a monitoring service saw it.
    Detection,
}

impl FindingKind {
    /// The word that is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vulnerability => "vulnerability",
            Self::Misconfiguration => "misconfiguration",
            Self::Secret => "secret",
            Self::Licence => "licence",
            Self::Code => "code",
            Self::Dynamic => "dynamic",
            Self::Detection => "detection",
        }
    }
}

/// The package that a finding is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Package {
    /// Name as the tool gives it.
    pub name: String,
    /// Installed version, empty when unknown.
    pub version: String,
    /// First version without the problem, empty when there is none yet.
    pub fixed_version: String,
    /// Package URL with version, empty when the tool gives none.
    pub purl: String,
}

/// One CVSS rating, with who made it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CvssRating {
    /// Who rated it (`nvd`, `ghsa`, a vendor).
    pub source: String,
    /// The vector, empty when only a score is known.
    pub vector: String,
    /// The score that the tool gives with it.
    pub score: Option<f64>,
}

/// What stays equal when the same problem is reported again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint {
    /// How it was made, with a version, such as `sca/1`; see `fingerprint` for all of them.
    pub scheme: &'static str,
    /// The hash.
    pub hash: [u8; 16],
}

impl Fingerprint {
    /// The hash as 32 hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(self.hash)
    }
}

/// One observation of a tool. Secret values are masked before it leaves the parser.
#[derive(Clone, Debug, PartialEq)]
pub struct ScanFinding {
    /// What sort of problem.
    pub kind: FindingKind,
    /// How bad, in the tool's opinion.
    pub severity: Severity,
    /// One line for a list.
    pub title: String,
    /// What the tool says about it.
    pub description: String,
    /// The tool's rule or check, or the vulnerability's id.
    pub rule: String,
    /// File, image layer or resource in which it was found.
    pub path: String,
    /// Line in that file.
    pub line: Option<u32>,
    /// What it is on where that is not the scanned target: an ARN, a host, an image; finds its asset.
    pub resource: String,
    /// What to do about it, where the tool says so.
    pub mitigation: String,
    /// The package, for vulnerabilities and licences.
    pub package: Option<Package>,
    /// Vulnerability ids, the primary one first, aliases after it.
    pub vulnerability_ids: Vec<String>,
    /// Weaknesses, as `CWE-79`.
    pub cwes: Vec<String>,
    /// CVSS ratings, the preferred one first.
    pub cvss: Vec<CvssRating>,
    /// ATT&CK techniques, as `T1078.004`.
    pub techniques: Vec<String>,
    /// The tool's own status word (`fixed`, `will_not_fix`, …), lower case.
    pub status: String,
    /// The tool or the people who run it have put it aside.
    pub suppressed: bool,
    /// Only people with a right to secrets may see the details.
    pub confidential: bool,
    /// What identifies it.
    pub fingerprint: Fingerprint,
    /// Changes when anything that we keep of it changes.
    pub content_hash: [u8; 16],
    /// Further details for people, as a small JSON object.
    pub data: String,
}

impl ScanFinding {
    /// A finding of which only the kind, severity, rule and identity are known; the rest is empty.
    #[must_use]
    pub(crate) fn of(kind: FindingKind, severity: Severity, rule: &str, fingerprint: Fingerprint) -> Self {
        Self {
            kind,
            severity,
            title: String::new(),
            description: String::new(),
            rule: rule.to_owned(),
            path: String::new(),
            line: None,
            resource: String::new(),
            mitigation: String::new(),
            package: None,
            vulnerability_ids: Vec::new(),
            cwes: Vec::new(),
            cvss: Vec::new(),
            techniques: Vec::new(),
            status: String::new(),
            suppressed: false,
            confidential: kind == FindingKind::Secret,
            fingerprint,
            content_hash: [0; 16],
            data: String::new(),
        }
    }

    /// A known vulnerability in a package, identified by the package without its version and the vulnerability, so
    /// that every source that sees it agrees. The ids are the tool's own first, aliases after it.
    #[must_use]
    pub(crate) fn vulnerable_package(
        severity: Severity,
        ids: Vec<String>,
        package: Package,
        title: &str,
    ) -> Self {
        let canonical = fingerprint::canonical_vulnerability(ids.iter().map(String::as_str));
        let fingerprint = fingerprint::package_vulnerability(&package.purl, &canonical, "");
        let title = match title.trim() {
            "" => format!("{canonical} in {}", package.name),
            title => format!("{canonical}: {title}"),
        };
        Self {
            title,
            vulnerability_ids: ids,
            package: Some(package),
            ..Self::of(FindingKind::Vulnerability, severity, &canonical, fingerprint)
        }
    }

    /// The same of one of several workloads or repositories that a report is about: each has its own problem.
    #[must_use]
    pub(crate) fn vulnerable_package_of(
        workload: &str,
        severity: Severity,
        ids: Vec<String>,
        package: Package,
        title: &str,
    ) -> Self {
        let canonical = fingerprint::canonical_vulnerability(ids.iter().map(String::as_str));
        let fingerprint = fingerprint::package_vulnerability(&package.purl, &canonical, workload);
        Self { fingerprint, ..Self::vulnerable_package(severity, ids, package, title) }
    }

    /// The finding as it leaves its parser: every text within its limit, lists short and without repetition, and the
    /// digest of all of it.
    #[must_use]
    pub(crate) fn sealed(mut self) -> Self {
        if self.title.trim().is_empty() {
            self.title.clone_from(&self.rule);
        }
        for text in [&mut self.title, &mut self.rule, &mut self.path, &mut self.resource, &mut self.status] {
            shorten(text, SHORT_BYTES);
        }
        for text in [&mut self.description, &mut self.mitigation] {
            shorten(text, DESCRIPTION_BYTES);
        }
        if let Some(package) = &mut self.package {
            for text in
                [&mut package.name, &mut package.version, &mut package.fixed_version, &mut package.purl]
            {
                shorten(text, SHORT_BYTES);
            }
        }
        for list in [&mut self.vulnerability_ids, &mut self.cwes, &mut self.techniques] {
            let mut seen = HashSet::new();
            list.retain(|entry| {
                !entry.is_empty() && entry.len() <= SHORT_BYTES && seen.insert(entry.clone())
            });
            list.truncate(20);
        }
        self.cvss.truncate(6);
        if self.data.len() > DATA_BYTES {
            self.data = String::new();
        }
        self.content_hash = fingerprint::content(&self);
        self
    }
}

/// Trims and cuts in place.
fn shorten(text: &mut String, bytes: usize) {
    if text.len() > bytes || text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        *text = cut(text.trim(), bytes);
    }
}

/// What came out of the report for one record.
#[derive(Clone, Debug, PartialEq)]
pub enum ScanRecord {
    /// A finding.
    Finding(Box<ScanFinding>),
    /// A record that could not be read; the import becomes partial.
    Rejected(RejectedRecord),
}

/// A record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RejectedRecord {
    /// Its number in the report, from 0, counted over all records.
    pub index: u64,
    /// Where it stands, as `Results[0].Vulnerabilities[3]`.
    pub path: String,
    /// Line on which it starts.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// What the report says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanSummary {
    /// Name of the tool.
    pub tool_name: String,
    /// Version of the tool, empty when unknown.
    pub tool_version: String,
    /// What was scanned: image, repository, directory, cluster.
    pub target: String,
    /// The part of the target that this run covers, where the tool names one.
    pub category: String,
    /// When the scan ended.
    pub scanned_at: Option<DateTime<Utc>>,
    /// The tool says that it got through: only then may absence mean anything.
    pub complete: bool,
}

/// Why a report as a whole cannot be read, in words that say what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{reason}", self.position())]
pub struct ParseError {
    /// What is wrong and what to do.
    pub reason: String,
    /// Line, from 1.
    pub line: Option<u64>,
    /// Column in bytes, from 1.
    pub column: Option<u64>,
}

impl ParseError {
    /// An error that concerns the file as a whole.
    #[must_use]
    pub fn whole(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), line: None, column: None }
    }

    fn position(&self) -> String {
        match (self.line, self.column) {
            (Some(line), Some(column)) => format!("line {line}, column {column}: "),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_ordered_as_people_expect() {
        assert!(Severity::Critical > Severity::High);
        assert!(Severity::Info > Severity::Unknown);
        assert_eq!(Severity::from_word(" Moderate "), Some(Severity::Medium));
        assert_eq!(Severity::from_word("banana"), None);
    }

    #[test]
    fn scores_fall_into_the_cvss_words() {
        let words: Vec<_> = [0.0, 0.1, 3.9, 4.0, 6.9, 7.0, 8.9, 9.0]
            .map(|score| Severity::from_score(score).as_str())
            .to_vec();
        assert_eq!(words, ["info", "low", "low", "medium", "medium", "high", "high", "critical"]);
    }

    #[test]
    fn an_error_names_its_place() {
        let error = ParseError { reason: "a comma is missing".into(), line: Some(3), column: Some(9) };
        assert_eq!(error.to_string(), "line 3, column 9: a comma is missing");
    }
}
