//! What the generic JSON and the generic table have in common: one entry, and the finding that it gives.

use serde_json::json;

use crate::scanner::address;
use crate::scanner::cvss;
use crate::scanner::finding::{FindingKind, Package, ScanFinding, Severity};
use crate::scanner::fingerprint::{self, normal_snippet, purl_of};
use crate::scanner::read::json::RecordError;
use crate::scanner::read::lenient::{first_of, line_of};
use crate::scanner::secret::{self, SecretKey};
use crate::scanner::weakness::{cwes, vulnerability_ids};

/// What one entry says; empty where it says nothing.
pub(super) struct Entry<'e> {
    pub(super) title: &'e str,
    pub(super) severity: &'e str,
    pub(super) description: &'e str,
    pub(super) kind: &'e str,
    pub(super) rule: &'e str,
    pub(super) identity: &'e str,
    pub(super) mitigation: &'e str,
    pub(super) impact: &'e str,
    pub(super) references: Vec<&'e str>,
    pub(super) path: &'e str,
    pub(super) line: &'e str,
    pub(super) resource: &'e str,
    pub(super) addresses: Vec<&'e str>,
    pub(super) parameter: &'e str,
    pub(super) secret: &'e str,
    pub(super) snippet: &'e str,
    pub(super) purl: &'e str,
    pub(super) component: &'e str,
    pub(super) version: &'e str,
    pub(super) fixed_version: &'e str,
    pub(super) ids: Vec<&'e str>,
    pub(super) cwes: Vec<&'e str>,
    pub(super) techniques: Vec<&'e str>,
    pub(super) vectors: [&'e str; 2],
    pub(super) status: &'e str,
    pub(super) suppressed: bool,
    /// An unknown severity is a mistake; otherwise it is one that the tool does not give.
    pub(super) strict: bool,
}

/// The kinds by name, with both spellings.
const KINDS: &[(&str, FindingKind)] = &[
    ("vulnerability", FindingKind::Vulnerability),
    ("misconfiguration", FindingKind::Misconfiguration),
    ("secret", FindingKind::Secret),
    ("licence", FindingKind::Licence),
    ("license", FindingKind::Licence),
    ("code", FindingKind::Code),
    ("dynamic", FindingKind::Dynamic),
    ("detection", FindingKind::Detection),
];

/// The finding of an entry.
pub(super) fn finding(entry: &Entry<'_>, key: &SecretKey) -> Result<ScanFinding, RecordError> {
    let shape = |reason: &str| Err(RecordError::Shape(reason.to_owned()));
    let title = entry.title.trim();
    if title.is_empty() {
        return shape("title is missing");
    }
    let severity = match (Severity::from_word(entry.severity), entry.severity.trim()) {
        (Some(severity), _) => severity,
        (None, "") if entry.strict => return shape("severity is missing"),
        (None, _) if entry.strict => {
            return shape("severity is none of critical, high, medium, low, info, unknown");
        }
        (None, _) => Severity::Unknown,
    };
    let kind = match entry.kind.trim() {
        "" => guessed_kind(entry),
        word => match KINDS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known)) {
            Some((_, kind)) => *kind,
            None => {
                return shape(
                    "kind is none of vulnerability, misconfiguration, secret, licence, code, dynamic, detection",
                );
            }
        },
    };
    let ids = ids_of(entry);
    let path = entry.path.trim().trim_start_matches("./");
    let rule = first_of(&[entry.rule, ids.first().map_or("", String::as_str), title]);
    let first_address = entry.addresses.iter().min().copied().unwrap_or_default();
    let component = first_of(&[entry.component, component_of(entry.purl)]);
    let package = (!component.is_empty() || !entry.purl.is_empty()).then(|| Package {
        name: component.to_owned(),
        version: entry.version.trim().to_owned(),
        fixed_version: entry.fixed_version.trim().to_owned(),
        purl: match entry.purl.trim() {
            "" => purl_of("", component),
            purl => purl.to_owned(),
        },
    });
    let resource = match entry.resource.trim() {
        "" => address::host(first_address),
        resource => resource.to_owned(),
    };
    let value = entry.secret.trim();
    let identity = match (entry.identity.trim(), kind, &package) {
        ("", FindingKind::Vulnerability, Some(package)) => {
            let ids = ids.iter().map(String::as_str).chain([rule]);
            fingerprint::package_vulnerability(&package.purl, &fingerprint::canonical_vulnerability(ids), "")
        }
        ("", FindingKind::Secret, _) => {
            fingerprint::secret(rule, path, &key.hash(first_of(&[value, entry.snippet])))
        }
        ("", FindingKind::Misconfiguration, _) => fingerprint::misconfiguration(rule, path, &resource),
        ("", FindingKind::Licence, package) => {
            let holder = package.as_ref().map_or(path, |package| &package.name);
            fingerprint::licence(holder, rule, "")
        }
        ("", FindingKind::Dynamic, _) => {
            let place = match first_address {
                "" => resource.clone(),
                address => address::place(address),
            };
            fingerprint::dynamic(rule, &place, entry.parameter)
        }
        ("", FindingKind::Detection, _) => fingerprint::cloud(rule, &resource),
        ("", _, _) => {
            let context = first_of(&[entry.snippet, component]);
            fingerprint::code(rule, path, &format!("{}|{resource}", normal_snippet(context)))
        }
        (identity, _, _) => fingerprint::own("generic", identity),
    };
    let clean = |text: &str| match kind {
        FindingKind::Secret => secret::scrub(text, value),
        _ => text.trim().to_owned(),
    };
    let addresses: Vec<String> =
        entry.addresses.iter().take(20).map(|address| clean(&address::shown(address))).collect();
    let references: Vec<_> =
        entry.references.iter().flat_map(|text| text.split_whitespace()).take(10).map(clean).collect();
    let mut data = json!({
        "impact": clean(entry.impact), "references": references, "addresses": addresses,
        "parameter": entry.parameter,
    });
    if kind == FindingKind::Secret {
        data["match"] = json!(if value.is_empty() { String::new() } else { key.mask(value) });
    } else {
        data["snippet"] = json!(entry.snippet.chars().take(2_000).collect::<String>());
    }
    let of = |name: &str, vector: &str| cvss::rating(name, vector);
    Ok(ScanFinding {
        title: clean(title),
        description: clean(entry.description),
        path: match path {
            "" => address::path(first_address).to_owned(),
            path => path.to_owned(),
        },
        line: line_of(entry.line),
        resource,
        mitigation: clean(entry.mitigation),
        package,
        cwes: cwes(entry.cwes.iter().copied()),
        cvss: entry.vectors.iter().filter_map(|vector| of("report", vector)).collect(),
        techniques: entry.techniques.iter().map(|id| id.trim().to_owned()).collect(),
        status: entry.status.to_ascii_lowercase(),
        suppressed: entry.suppressed,
        vulnerability_ids: ids.clone(),
        data: data.to_string(),
        ..ScanFinding::of(kind, severity, &clean(rule), identity)
    }
    .sealed())
}

/// The kind that the filled fields speak of.
fn guessed_kind(entry: &Entry<'_>) -> FindingKind {
    let package = !entry.purl.is_empty() || !entry.component.is_empty();
    match entry {
        _ if !entry.secret.is_empty() => FindingKind::Secret,
        _ if package => FindingKind::Vulnerability,
        _ if !entry.path.is_empty() => FindingKind::Code,
        _ if !entry.addresses.is_empty() => FindingKind::Dynamic,
        _ if !entry.resource.is_empty() => FindingKind::Misconfiguration,
        _ if !entry.ids.iter().all(|id| id.trim().is_empty()) => FindingKind::Vulnerability,
        _ => FindingKind::Code,
    }
}

/// Known ids in the order in which they are given; where none is known, whatever stands there.
fn ids_of(entry: &Entry<'_>) -> Vec<String> {
    let known: Vec<_> = entry.ids.iter().flat_map(|text| vulnerability_ids(text)).collect();
    if !known.is_empty() {
        return known;
    }
    entry.ids.iter().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect()
}

/// The name that a package URL ends in.
fn component_of(purl: &str) -> &str {
    let end = purl.find(['?', '#']).unwrap_or(purl.len());
    let name = purl[..end].rsplit('/').next().unwrap_or_default();
    name.split('@').next().unwrap_or_default()
}
