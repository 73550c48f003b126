//! A staged row: what is to be written for one finding.

use std::collections::HashMap;

use abate_entity::level::Level;
use abate_entity::tier::Tier;
use abate_integrations::feed::attack;
use abate_integrations::scanner::{FindingKind, ScanFinding, Severity};
use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::plan_rules::UNKNOWN_SEVERITY;
use crate::feed::known::Raise;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::policy::ruling::Ruling;
use crate::risk::clock::{Clock, ClockEvent, Happening};
use crate::risk::rating::{self, Signals};

/// What is to be written for one finding.
#[derive(Clone, Debug)]
pub(super) struct StagedRow {
    pub(super) ordinal: i64,
    pub(super) action: &'static str,
    pub(super) risk_id: Option<i64>,
    pub(super) risk_uuid: Option<Uuid>,
    pub(super) finding_id: Option<i64>,
    pub(super) asset_id: Option<i64>,
    pub(super) intake_rule: String,
    pub(super) confirm: bool,
    pub(super) content: Option<StagedContent>,
}

/// The texts of a staged row; absences have none.
#[derive(Clone, Debug)]
pub(super) struct StagedContent {
    pub(super) scheme: &'static str,
    pub(super) hash: String,
    pub(super) content_hash: String,
    pub(super) kind: &'static str,
    pub(super) severity: Level,
    pub(super) unknown_severity: bool,
    pub(super) rated: Rated,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) mitigation: String,
    pub(super) location: String,
    pub(super) rule: String,
    pub(super) package: String,
    pub(super) package_version: String,
    pub(super) fixed_version: String,
    pub(super) tags: String,
    pub(super) confidential: bool,
    pub(super) data: String,
}

/// How a severity rates on the asset, and when its triage is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rated {
    pub(super) likelihood: i16,
    pub(super) impact: i16,
    pub(super) level: Level,
    pub(super) triage_due_at: DateTime<Utc>,
}

/// What an asset is to a rating.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Footing {
    pub(super) tier: Tier,
    pub(super) internet_facing: bool,
}

/// Ratings of every severity on every footing, as it is and raised by a feed, worked out once an import.
#[derive(Clone, Debug)]
pub(super) struct Ratings(HashMap<(Footing, Level, bool), Rated>);

impl Ratings {
    pub(super) fn new(policies: &Policies, received_at: DateTime<Utc>) -> Result<Self, Problem> {
        let mut ratings = HashMap::new();
        let footings = Tier::ALL
            .iter()
            .flat_map(|tier| [false, true].map(|internet_facing| Footing { tier: *tier, internet_facing }));
        for footing in footings {
            for severity in Level::ALL.iter().copied() {
                for raised in [false, true] {
                    let rated = rated(footing, severity, raised, policies, received_at)?;
                    ratings.insert((footing, severity, raised), rated);
                }
            }
        }
        Ok(Self(ratings))
    }

    pub(super) fn of(&self, footing: Footing, severity: Level, raised: bool) -> Option<Rated> {
        self.0.get(&(footing, severity, raised)).copied()
    }
}

fn rated(
    footing: Footing,
    severity: Level,
    raised: bool,
    policies: &Policies,
    received_at: DateTime<Utc>,
) -> Result<Rated, Problem> {
    let signals = Signals {
        severity,
        tier: footing.tier,
        kev_listed: raised,
        internet_facing: footing.internet_facing,
        epss_percentile: None,
        shown_unreachable: false,
    };
    let rating = rating::rate(&signals, policies.grid()).map_err(Problem::internal)?;
    let ingested = first_clock_event(&policies.ruling_of_all(), rating.level, received_at);
    let clock = Clock::replay([&ingested], &policies.versions).map_err(Problem::internal)?;
    Ok(Rated {
        likelihood: i16::from(rating.likelihood),
        impact: i16::from(rating.impact),
        level: rating.level,
        triage_due_at: clock.triage_due_at.unwrap_or_else(crate::platform::clock::never),
    })
}

/// What the clocks of a risk begin with.
pub(super) fn first_clock_event(ruling: &Ruling, level: Level, received_at: DateTime<Utc>) -> ClockEvent {
    ClockEvent {
        at: received_at,
        happening: Happening::Ingested { level },
        policies: ruling.policies.clone(),
        calendar: ruling.calendar.clone(),
    }
}

/// The level of a tool's severity, and whether the tool gave none.
pub(super) fn severity_level(severity: Severity) -> (Level, bool) {
    match severity {
        Severity::Unknown => (UNKNOWN_SEVERITY, true),
        Severity::Info => (Level::Info, false),
        Severity::Low => (Level::Low, false),
        Severity::Medium => (Level::Medium, false),
        Severity::High => (Level::High, false),
        Severity::Critical => (Level::Critical, false),
    }
}

/// What is kept of a finding for people, beside the columns.
#[derive(Serialize)]
struct Kept<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    ids: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    cwes: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    techniques: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    cvss: &'a [abate_integrations::scanner::CvssRating],
    #[serde(skip_serializing_if = "str::is_empty")]
    purl: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    status: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    suppressed: bool,
}

impl StagedContent {
    /// What is kept of a finding; one without a risk keeps its own description.
    pub(super) fn of(finding: ScanFinding, rated: Rated, raises: &[Raise], without_risk: bool) -> Self {
        let (severity, unknown_severity) = severity_level(finding.severity);
        let data = kept(&finding, without_risk);
        let tags = tags(&finding, raises);
        let package = finding.package.unwrap_or_default();
        let kind = finding.kind.as_str();
        let mitigation = mitigation(kind, &package.name, &package.version, &package.fixed_version);
        let location = match finding.line {
            Some(line) => format!("{}:{line}", finding.path),
            None => finding.path,
        };
        Self {
            scheme: finding.fingerprint.scheme,
            hash: finding.fingerprint.hex(),
            content_hash: hex::encode(finding.content_hash),
            kind,
            severity,
            unknown_severity,
            rated,
            title: clean(finding.title),
            description: clean(finding.description),
            mitigation: clean(mitigation),
            location: clean(location),
            rule: clean(finding.rule),
            package: clean(package.name),
            package_version: clean(package.version),
            fixed_version: clean(package.fixed_version),
            tags,
            confidential: finding.confidential,
            data,
        }
    }
}

fn kept(finding: &ScanFinding, without_risk: bool) -> String {
    let kept = Kept {
        // The risk has the description; a finding without one needs its own.
        description: if without_risk { &finding.description } else { "" },
        ids: &finding.vulnerability_ids,
        cwes: &finding.cwes,
        techniques: &techniques(finding),
        cvss: &finding.cvss,
        purl: finding.package.as_ref().map_or("", |package| &package.purl),
        status: &finding.status,
        suppressed: finding.suppressed,
    };
    // The details are JSON already, so they are put in as they are.
    let mut json = serde_json::to_string(&kept).unwrap_or_else(|_| "{}".to_owned());
    json.pop();
    if json.len() > 1 {
        json.push(',');
    }
    json.push_str("\"details\":");
    json.push_str(if finding.data.is_empty() { "{}" } else { &finding.data });
    json.push('}');
    without_zeros(json)
}

/// The techniques under the ids that they have now; what no version of ATT&CK has is left out.
fn techniques(finding: &ScanFinding) -> Vec<String> {
    finding.techniques.iter().filter_map(|id| attack::current_id(id)).collect()
}

fn tags(finding: &ScanFinding, raises: &[Raise]) -> String {
    let raised: Vec<_> = raises.iter().map(|raise| (raise.tag_kind(), raise.tag_value())).collect();
    let techniques = techniques(finding);
    let mut tags: Vec<(&str, &str)> = raised.iter().map(|(kind, value)| (*kind, value.as_str())).collect();
    tags.extend(finding.vulnerability_ids.iter().map(|id| ("cve", id.as_str())));
    tags.extend(finding.cwes.iter().map(|cwe| ("cwe", cwe.as_str())));
    tags.extend(techniques.iter().map(|technique| ("technique", technique.as_str())));
    if let Some(package) = finding.package.as_ref().filter(|package| !package.name.is_empty()) {
        tags.push(("package", &package.name));
    }
    serde_json::to_string(&tags).map_or_else(|_| "[]".to_owned(), without_zeros)
}

/// What to do about a finding of a kind, with the package that it is about.
pub(super) fn mitigation(kind: &str, package: &str, version: &str, fixed_version: &str) -> String {
    let vulnerable = kind == FindingKind::Vulnerability.as_str() && !package.is_empty();
    if vulnerable && !fixed_version.is_empty() {
        format!("Update {package} from {version} to {fixed_version}.")
    } else if vulnerable {
        format!(
            "No fixed version of {package} is known yet: watch for one, remove the package, or lower its exposure."
        )
    } else if kind == FindingKind::Secret.as_str() {
        "Revoke the credential first, then remove it from the code and its history.".to_owned()
    } else {
        String::new()
    }
}

/// Databases keep no zero characters in text.
fn clean(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

/// PostgreSQL's JSON holds no zero characters either.
fn without_zeros(json: String) -> String {
    if json.contains("\\u0000") { json.replace("\\u0000", "") } else { json }
}
