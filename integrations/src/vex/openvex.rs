//! OpenVEX 0.2.0.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::model::{Document, Justification, Statement, Status};

/// The document in OpenVEX.
#[must_use]
pub fn openvex(document: &Document) -> Value {
    let statements: Vec<Value> = document.sorted().iter().map(|one| statement(document, one)).collect();
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": document.id(),
        "author": document.author,
        "version": 1,
        "timestamp": moment(document.at),
        "statements": statements,
    })
}

fn statement(document: &Document, statement: &Statement) -> Value {
    let packages: Vec<Value> = statement.packages.iter().map(|package| component(&package.purl)).collect();
    let products: Vec<Value> = document
        .product
        .purls
        .iter()
        .map(|purl| {
            let mut product = component(purl);
            product["subcomponents"] = json!(packages);
            product
        })
        .collect();
    let mut vulnerability = json!({ "name": statement.vulnerability });
    if !statement.aliases.is_empty() {
        vulnerability["aliases"] = json!(statement.aliases);
    }
    let mut said = json!({
        "vulnerability": vulnerability,
        "products": products,
        "status": status(&statement.status),
        "timestamp": moment(statement.at),
    });
    match &statement.status {
        Status::NotAffected(why) => said["justification"] = json!(justification(*why)),
        Status::Affected(action) => said["action_statement"] = json!(action),
        Status::Fixed | Status::UnderInvestigation => {}
    }
    said
}

fn component(purl: &str) -> Value {
    json!({ "@id": purl, "identifiers": { "purl": purl } })
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

const fn status(status: &Status) -> &'static str {
    match status {
        Status::NotAffected(_) => "not_affected",
        Status::Fixed => "fixed",
        Status::UnderInvestigation => "under_investigation",
        Status::Affected(_) => "affected",
    }
}

const fn justification(why: Justification) -> &'static str {
    match why {
        Justification::ComponentNotPresent => "component_not_present",
        Justification::VulnerableCodeNotPresent => "vulnerable_code_not_present",
        Justification::VulnerableCodeNotInExecutePath => "vulnerable_code_not_in_execute_path",
        Justification::VulnerableCodeCannotBeControlledByAdversary => {
            "vulnerable_code_cannot_be_controlled_by_adversary"
        }
        Justification::InlineMitigationsAlreadyExist => "inline_mitigations_already_exist",
    }
}
