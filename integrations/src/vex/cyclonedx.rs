//! CycloneDX 1.6, as a document of vulnerabilities with their analysis.

use std::collections::BTreeSet;

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::model::{Document, Justification, Package, Product, Statement, Status};

/// The document in CycloneDX.
#[must_use]
pub fn cyclonedx(document: &Document) -> Value {
    let statements = document.sorted();
    let packages: BTreeSet<&Package> = statements.iter().flat_map(|statement| &statement.packages).collect();
    // One package may go by two spellings of its name, but a reference stands for one component.
    let mut referred = BTreeSet::new();
    let components: Vec<Value> = packages
        .into_iter()
        .filter(|package| referred.insert(package.purl.as_str()))
        .map(component)
        .collect();
    // A reader that looks at ids alone hears the first: the one that lets the least pass.
    let mut strictest_first: Vec<&Statement> = statements.iter().collect();
    strictest_first.sort_by(|a, b| {
        a.vulnerability.cmp(&b.vulnerability).then_with(|| b.status.cmp(&a.status)).then_with(|| a.cmp(b))
    });
    let vulnerabilities: Vec<Value> = strictest_first.into_iter().map(vulnerability).collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": document.id(),
        "version": 1,
        "metadata": {
            "timestamp": document.at.to_rfc3339_opts(SecondsFormat::Secs, true),
            "authors": [{ "name": document.author }],
            "component": product(&document.product),
        },
        "components": components,
        "vulnerabilities": vulnerabilities,
    })
}

fn product(product: &Product) -> Value {
    let mut component = json!({ "type": "application", "bom-ref": "product", "name": product.name });
    if let Some(purl) = product.purls.first() {
        component["purl"] = json!(purl);
    }
    component
}

fn component(package: &Package) -> Value {
    let mut component = json!({
        "type": "library", "bom-ref": package.purl, "name": package.name, "purl": package.purl,
    });
    if !package.version.is_empty() {
        component["version"] = json!(package.version);
    }
    component
}

fn vulnerability(statement: &Statement) -> Value {
    let affects: BTreeSet<&str> = statement.packages.iter().map(|package| package.purl.as_str()).collect();
    let affects: Vec<Value> = affects.into_iter().map(|purl| json!({ "ref": purl })).collect();
    let mut said = json!({
        "id": statement.vulnerability,
        "source": { "name": source(&statement.vulnerability) },
        "analysis": analysis(statement),
        "affects": affects,
    });
    if !statement.aliases.is_empty() {
        let others = statement.aliases.iter().map(|id| json!({ "id": id, "source": { "name": source(id) } }));
        said["references"] = others.collect();
    }
    said
}

fn analysis(statement: &Statement) -> Value {
    let at = statement.at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut analysis = json!({ "state": state(&statement.status), "lastUpdated": at });
    match &statement.status {
        Status::NotAffected(why) => analysis["justification"] = json!(justification(*why)),
        Status::Affected(action) => analysis["detail"] = json!(action),
        Status::Fixed | Status::UnderInvestigation => {}
    }
    analysis
}

const fn state(status: &Status) -> &'static str {
    match status {
        Status::NotAffected(_) => "not_affected",
        Status::Fixed => "resolved",
        Status::UnderInvestigation => "in_triage",
        Status::Affected(_) => "exploitable",
    }
}

const fn justification(why: Justification) -> &'static str {
    match why {
        Justification::ComponentNotPresent | Justification::VulnerableCodeNotPresent => "code_not_present",
        Justification::VulnerableCodeNotInExecutePath => "code_not_reachable",
        Justification::VulnerableCodeCannotBeControlledByAdversary => "requires_environment",
        Justification::InlineMitigationsAlreadyExist => "protected_by_mitigating_control",
    }
}

/// Who gives out ids of this form.
fn source(id: &str) -> &'static str {
    if id.starts_with("CVE-") {
        "NVD"
    } else if id.starts_with("GHSA-") {
        "GitHub"
    } else {
        "OSV"
    }
}
