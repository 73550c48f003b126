//! One report of the operator.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::scanner::finding::{CvssRating, FindingKind, Package, ScanFinding, Severity};
use crate::scanner::fingerprint::{self, purl_of};
use crate::scanner::format::details::{details, references};
use crate::scanner::format::trivy::check_key;
use crate::scanner::limits::SHORT_BYTES;
use crate::scanner::read::json::{RawJson, RecordError};
use crate::scanner::read::lenient::{Text, Texts, first_of, nullable, number, truth};
use crate::scanner::secret::{self, SecretKey};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Resource<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    metadata: Metadata<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    report: Report<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    status: Status<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    namespace: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    labels: BTreeMap<String, Text<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Report<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    vulnerabilities: Vec<Vulnerability<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    checks: Vec<Check<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    secrets: Vec<Secret<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Status<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    detail_report: Compliance<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Compliance<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    results: Vec<Control<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Control<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    checks: Vec<Check<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Vulnerability<'a> {
    #[serde(rename = "vulnerabilityID", borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    resource: Text<'a>,
    #[serde(borrow)]
    installed_version: Text<'a>,
    #[serde(borrow)]
    fixed_version: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    primary_link: Text<'a>,
    links: Texts,
    #[serde(deserialize_with = "number")]
    score: Option<f64>,
    #[serde(borrow)]
    package_type: Text<'a>,
    #[serde(rename = "packagePURL", borrow)]
    purl: Text<'a>,
    #[serde(borrow)]
    package_path: Text<'a>,
    #[serde(borrow)]
    published_date: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Check<'a> {
    #[serde(rename = "checkID", borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    category: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow)]
    remediation: Text<'a>,
    #[serde(borrow)]
    target: Text<'a>,
    messages: Texts,
    #[serde(deserialize_with = "truth")]
    success: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Secret<'a> {
    #[serde(rename = "ruleID", borrow)]
    rule_id: Text<'a>,
    #[serde(borrow)]
    category: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow)]
    target: Text<'a>,
    #[serde(rename = "match", borrow)]
    matched: Text<'a>,
}

/// What a report is about, for the name of its scope.
pub(super) fn subject(raw: &RawJson<'_>) -> Option<String> {
    let resource: Resource<'_> = raw.read().ok()?;
    Some(workload(&resource.metadata))
}

/// Every finding of a report; lists of components give none.
pub(super) fn read(
    raw: &RawJson<'_>,
    key: &SecretKey,
    findings: &mut Vec<ScanFinding>,
) -> Result<(), RecordError> {
    let resource: Resource<'_> = raw.read()?;
    if resource.kind.to_ascii_lowercase().contains("sbom") {
        return Ok(());
    }
    let workload = workload(&resource.metadata);
    for vulnerability in &resource.report.vulnerabilities {
        findings.push(vulnerable(vulnerability, &workload)?);
    }
    for check in resource.report.checks.iter().filter(|check| check.success != Some(true)) {
        findings.push(failed(check, &workload, None)?);
    }
    for secret in &resource.report.secrets {
        findings.push(exposed(secret, &workload, key));
    }
    for control in &resource.status.detail_report.results {
        for check in control.checks.iter().filter(|check| check.success != Some(true)) {
            findings.push(failed(check, &stable_target(&check.target), Some(control))?);
        }
    }
    Ok(())
}

/// Namespace, kind and name of what was looked at, such as `shop/ReplicaSet/api`.
fn workload(metadata: &Metadata<'_>) -> String {
    let label = |name: &str| {
        let key = format!("trivy-operator.resource.{name}");
        metadata.labels.get(&key).map_or("", |text| &**text)
    };
    let (kind, name) = (label("kind"), label("name"));
    let namespace = first_of(&[label("namespace"), &metadata.namespace]);
    let parts = match name {
        "" => [namespace.to_owned(), String::new(), metadata.name.to_string()],
        name => [namespace.to_owned(), kind.to_owned(), stable_name(kind, name).to_owned()],
    };
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

/// A name without the part that changes with each roll-out or run.
fn stable_name<'n>(kind: &str, name: &'n str) -> &'n str {
    let Some((stable, last)) = name.rsplit_once('-') else { return name };
    // Kubernetes writes its hashes with these letters alone, so that they never make a word.
    let hash = (6..=10).contains(&last.len())
        && last.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz0123456789".contains(&byte));
    let number = last.len() >= 8 && last.bytes().all(|byte| byte.is_ascii_digit());
    match kind.to_ascii_lowercase().as_str() {
        "replicaset" if hash => stable,
        "job" if number => stable,
        _ => name,
    }
}

/// `shop/replicaset-api-6f985bb6bd` as the reports of a workload name it: `shop/ReplicaSet/api`.
fn stable_target(target: &str) -> String {
    let (namespace, rest) = target.rsplit_once('/').unwrap_or(("", target));
    let Some((kind, name)) = rest.split_once('-') else { return target.to_owned() };
    let name = stable_name(kind, name);
    let kind = match kind {
        "replicaset" => "ReplicaSet",
        "daemonset" => "DaemonSet",
        "statefulset" => "StatefulSet",
        "deployment" => "Deployment",
        "pod" => "Pod",
        "job" => "Job",
        "cronjob" => "CronJob",
        "role" => "Role",
        "clusterrole" => "ClusterRole",
        "rolebinding" => "RoleBinding",
        "clusterrolebinding" => "ClusterRoleBinding",
        other => other,
    };
    let parts = [namespace, kind, name];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

fn vulnerable(record: &Vulnerability<'_>, workload: &str) -> Result<ScanFinding, RecordError> {
    for (field, value) in [("vulnerabilityID", &record.id), ("resource", &record.resource)] {
        if value.trim().is_empty() {
            return Err(RecordError::Shape(format!("{field} is missing")));
        }
    }
    let package = Package {
        name: record.resource.to_string(),
        version: record.installed_version.to_string(),
        fixed_version: record.fixed_version.to_string(),
        purl: match record.purl.trim() {
            "" => purl_of(&record.package_type, &record.resource),
            purl => purl.to_owned(),
        },
    };
    let severity = Severity::from_word(&record.severity).unwrap_or(Severity::Unknown);
    let fingerprint = fingerprint::package_vulnerability(&package.purl, record.id.trim(), workload);
    let ids = vec![record.id.trim().to_owned()];
    Ok(ScanFinding {
        fingerprint,
        description: record.description.to_string(),
        path: match record.package_path.trim() {
            "" => workload.to_owned(),
            within => format!("{workload}: {within}"),
        },
        cvss: record
            .score
            .filter(|score| *score > 0.0)
            .map(|score| CvssRating { source: "trivy".to_owned(), vector: String::new(), score: Some(score) })
            .into_iter()
            .collect(),
        data: details([
            ("url", Value::from(&*record.primary_link)),
            ("ecosystem", Value::from(&*record.package_type)),
            ("published", Value::from(&*record.published_date)),
            ("references", references(record.links.iter())),
        ]),
        ..ScanFinding::vulnerable_package(severity, ids, package, &record.title)
    }
    .sealed())
}

fn failed(
    record: &Check<'_>,
    workload: &str,
    control: Option<&Control<'_>>,
) -> Result<ScanFinding, RecordError> {
    let control_id = control.map_or("", |control| &*control.id);
    let check = first_of(&[&record.id, &record.title, control_id]);
    if check.is_empty() {
        return Err(RecordError::Shape("checkID is missing".to_owned()));
    }
    let word = first_of(&[&record.severity, control.map_or("", |control| &control.severity)]);
    let messages: Vec<&str> = record.messages.iter().filter(|text| *text != &*record.description).collect();
    let texts = [&[&*record.description], &messages[..]].concat();
    let texts: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    Ok(ScanFinding {
        title: first_of(&[&record.title, control.map_or("", |control| &control.name), check]).to_owned(),
        description: texts.join("\n\n"),
        path: workload.to_owned(),
        mitigation: record.remediation.to_string(),
        data: details([("category", Value::from(&*record.category)), ("control", Value::from(control_id))]),
        ..ScanFinding::of(
            FindingKind::Misconfiguration,
            Severity::from_word(word).unwrap_or(Severity::Unknown),
            check,
            fingerprint::misconfiguration(&check_key(check), "", workload),
        )
    }
    .sealed())
}

/// The operator masks the value; where it has not, all of the match counts as the value.
fn exposed(record: &Secret<'_>, workload: &str, key: &SecretKey) -> ScanFinding {
    let matched = record.matched.trim();
    let shown = if secret::is_masked(matched) { matched.to_owned() } else { key.mask(matched) };
    let rule = first_of(&[&record.rule_id, &record.category]);
    let path = format!("{workload}: {}", record.target.trim());
    let title = secret::scrub(first_of(&[&record.title, rule]), matched);
    ScanFinding {
        description: format!("{title} found in {path}: {}", crate::scanner::limits::cut(&shown, SHORT_BYTES)),
        title,
        path: path.clone(),
        cwes: vec!["CWE-798".to_owned()],
        data: details([("category", Value::from(&*record.category)), ("match", Value::from(shown))]),
        ..ScanFinding::of(
            FindingKind::Secret,
            Severity::from_word(&record.severity).unwrap_or(Severity::Unknown),
            rule,
            fingerprint::secret(rule, &path, &key.hash(matched)),
        )
    }
    .sealed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roll_out_or_run_changes_no_name() {
        for (kind, name, stable) in [
            ("ReplicaSet", "nginx-deployment-965685897", "nginx-deployment"),
            ("ReplicaSet", "shipping-6f985bb6bd", "shipping"),
            ("ReplicaSet", "shipping-service", "shipping-service"),
            ("Job", "backup-28512345", "backup"),
            ("Pod", "web-965685897", "web-965685897"),
        ] {
            assert_eq!(stable_name(kind, name), stable);
        }
        assert_eq!(stable_target("shop/replicaset-api-6f985bb6bd"), "shop/ReplicaSet/api");
        assert_eq!(stable_target("/clusterrole-admin"), "ClusterRole/admin");
    }
}
