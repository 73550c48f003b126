//! Misconfigurations, secrets and licences in a Trivy report.

use serde::Deserialize;

use crate::scanner::finding::{FindingKind, Package, ScanFinding, Severity};
use crate::scanner::fingerprint;
use crate::scanner::limits::{DESCRIPTION_BYTES, SHORT_BYTES, cut};
use crate::scanner::read::json::{RawJson, RecordError};
use crate::scanner::read::lenient::{Text, first_of, nullable, whole};
use crate::scanner::secret::{self, SecretKey};
use crate::scanner::without_tag;

/// What the result around a record says.
pub(crate) struct Surroundings<'a> {
    pub(crate) target: &'a str,
    pub(crate) class: &'a str,
    pub(crate) ecosystem: &'a str,
    /// Namespace, kind and name in a cluster report, else empty.
    pub(crate) workload: &'a str,
}

impl Surroundings<'_> {
    pub(crate) fn path(&self, within: &str) -> String {
        // The target of operating system packages names the image with its tag, which changes with every release.
        let path = match (within, self.class) {
            ("", "os-pkgs") => match self.target.split_once(' ') {
                Some((image, system)) => format!("{} {system}", without_tag(image)),
                None => without_tag(self.target).to_owned(),
            },
            ("", _) => self.target.to_owned(),
            _ => within.to_owned(),
        };
        let path = if self.workload.is_empty() { path } else { format!("{}: {path}", self.workload) };
        cut(&path, SHORT_BYTES)
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Misconfiguration<'a> {
    #[serde(rename = "ID", borrow)]
    id: Text<'a>,
    #[serde(rename = "AVDID", borrow)]
    avd_id: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    message: Text<'a>,
    #[serde(borrow)]
    resolution: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(rename = "PrimaryURL", borrow)]
    primary_url: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    cause_metadata: Cause<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Cause<'a> {
    #[serde(borrow)]
    resource: Text<'a>,
    #[serde(borrow)]
    provider: Text<'a>,
    #[serde(borrow)]
    service: Text<'a>,
    #[serde(deserialize_with = "whole")]
    start_line: Option<u32>,
    #[serde(deserialize_with = "whole")]
    end_line: Option<u32>,
}

/// A failed check; a check that passed is none.
pub(crate) fn misconfiguration(
    raw: &RawJson<'_>,
    around: &Surroundings<'_>,
) -> Result<Option<ScanFinding>, RecordError> {
    let record: Misconfiguration<'_> = raw.read()?;
    let status = record.status.to_ascii_lowercase();
    if status == "pass" {
        return Ok(None);
    }
    let id = first_of(&[&record.avd_id, &record.id]);
    require("ID", id)?;
    let cause = &record.cause_metadata;
    let description = match (record.description.trim(), record.message.trim()) {
        (description, "") => description.to_owned(),
        ("", message) => message.to_owned(),
        (description, message) => format!("{description}\n\n{message}"),
    };
    let path = around.path("");
    let data = serde_json::json!({
        "url": &*record.primary_url, "resource": &*cause.resource,
        "provider": &*cause.provider, "service": &*cause.service, "end_line": cause.end_line,
    });
    Ok(Some(finish(ScanFinding {
        kind: FindingKind::Misconfiguration,
        severity: Severity::from_word(&record.severity).unwrap_or(Severity::Unknown),
        title: cut(first_of(&[&record.title, &record.message, id]), SHORT_BYTES),
        description: cut(&description, DESCRIPTION_BYTES),
        rule: cut(id, SHORT_BYTES),
        fingerprint: fingerprint::misconfiguration(&check_key(id), &path, &cause.resource),
        path,
        line: cause.start_line.filter(|line| *line > 0),
        package: None,
        vulnerability_ids: Vec::new(),
        cwes: Vec::new(),
        cvss: Vec::new(),
        suppressed: status == "exception",
        status,
        confidential: false,
        content_hash: [0; 16],
        resource: around.workload.to_owned(),
        techniques: Vec::new(),
        mitigation: cut(&record.resolution, DESCRIPTION_BYTES),
        data: data.to_string(),
    })))
}

/// Checks have been renumbered over the years (`DS002`, `DS-0002`, `AVD-DS-0002`); this stays the same.
pub(crate) fn check_key(id: &str) -> String {
    let id = id.to_ascii_uppercase();
    let id = id.strip_prefix("AVD-").unwrap_or(&id).replace(['-', '_'], "");
    let digits = id.len() - id.bytes().rev().take_while(u8::is_ascii_digit).count();
    format!("{}{}", &id[..digits], id[digits..].trim_start_matches('0'))
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Secret<'a> {
    #[serde(rename = "RuleID", borrow)]
    rule_id: Text<'a>,
    #[serde(borrow)]
    category: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(deserialize_with = "whole")]
    start_line: Option<u32>,
    #[serde(rename = "Match", borrow)]
    matched: Text<'a>,
}

/// A secret. Trivy masks the value itself by default; where it has not, all of the match counts as the value.
pub(crate) fn secret(
    raw: &RawJson<'_>,
    around: &Surroundings<'_>,
    key: &SecretKey,
) -> Result<ScanFinding, RecordError> {
    let record: Secret<'_> = raw.read()?;
    require("RuleID", &record.rule_id)?;
    let matched = record.matched.trim();
    let shown = if secret::is_masked(matched) { cut(matched, SHORT_BYTES) } else { key.mask(matched) };
    let path = around.path("");
    let title = secret::scrub(first_of(&[&record.title, &record.rule_id]), matched);
    Ok(finish(ScanFinding {
        kind: FindingKind::Secret,
        severity: Severity::from_word(&record.severity).unwrap_or(Severity::Unknown),
        title: cut(&title, SHORT_BYTES),
        description: format!("{title} found in {path}: {shown}"),
        rule: cut(&record.rule_id, SHORT_BYTES),
        fingerprint: fingerprint::secret(&record.rule_id, &path, &key.hash(matched)),
        path,
        line: record.start_line.filter(|line| *line > 0),
        package: None,
        vulnerability_ids: Vec::new(),
        cwes: vec!["CWE-798".to_owned()],
        cvss: Vec::new(),
        suppressed: false,
        status: String::new(),
        confidential: true,
        content_hash: [0; 16],
        resource: around.workload.to_owned(),
        techniques: Vec::new(),
        mitigation: String::new(),
        data: serde_json::json!({ "category": &*record.category, "match": shown }).to_string(),
    }))
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Licence<'a> {
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow)]
    category: Text<'a>,
    #[serde(borrow)]
    pkg_name: Text<'a>,
    #[serde(borrow)]
    file_path: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    link: Text<'a>,
}

pub(crate) fn licence(raw: &RawJson<'_>, around: &Surroundings<'_>) -> Result<ScanFinding, RecordError> {
    let record: Licence<'_> = raw.read()?;
    require("Name", &record.name)?;
    let holder = first_of(&[&record.pkg_name, &record.file_path, around.target]);
    Ok(finish(ScanFinding {
        kind: FindingKind::Licence,
        severity: Severity::from_word(&record.severity).unwrap_or(Severity::Unknown),
        title: cut(&format!("Licence {} of {holder}", &*record.name), SHORT_BYTES),
        description: cut(
            &format!(
                "{holder} is under {}, which the policy counts as {}.",
                &*record.name,
                first_of(&[&record.category, "unclassified"])
            ),
            DESCRIPTION_BYTES,
        ),
        rule: cut(&record.name, SHORT_BYTES),
        path: around.path(&record.file_path),
        line: None,
        fingerprint: fingerprint::licence(holder, &record.name, around.workload),
        package: (!record.pkg_name.is_empty())
            .then(|| Package { name: cut(&record.pkg_name, SHORT_BYTES), ..Package::default() }),
        vulnerability_ids: Vec::new(),
        cwes: Vec::new(),
        cvss: Vec::new(),
        status: String::new(),
        suppressed: false,
        confidential: false,
        content_hash: [0; 16],
        resource: around.workload.to_owned(),
        techniques: Vec::new(),
        mitigation: String::new(),
        data: serde_json::json!({ "category": &*record.category, "url": &*record.link }).to_string(),
    }))
}

pub(crate) fn require(field: &str, value: &str) -> Result<(), RecordError> {
    if value.trim().is_empty() { Err(RecordError::Shape(format!("{field} is missing"))) } else { Ok(()) }
}

pub(crate) fn finish(mut finding: ScanFinding) -> ScanFinding {
    finding.content_hash = fingerprint::content(&finding);
    finding
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renumbered_checks_stay_the_same() {
        for id in ["DS002", "DS-0002", "AVD-DS-0002", "ds002"] {
            assert_eq!(check_key(id), "DS2");
        }
        assert_eq!(check_key("AVD-AWS-0086"), "AWS86");
        assert_eq!(check_key("custom-rule"), "CUSTOMRULE");
    }
}
