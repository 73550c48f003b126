//! OpenVEX, from its first drafts to 0.2.0.

use serde_json::Value;

use super::{ByPackage, Claim, Names, Received, Said, add, line, list, moment, parsed, text};
use crate::scanner::ParseError;
use crate::vex::model::Justification;

pub(super) fn read(bytes: &[u8]) -> Result<Received, ParseError> {
    let document: Value = parsed(bytes)?;
    let context = text(&document, "@context");
    if !context.contains("openvex.dev/ns") {
        return Err(ParseError::whole(
            "This is not an OpenVEX document: it has to be an object whose @context is https://openvex.dev/ns/v0.2.0.",
        ));
    }
    let mut received = Received {
        author: line(text(&document, "author")),
        id: line(text(&document, "@id")),
        at: newest(&document),
        ..Received::default()
    };
    for (number, statement) in list(&document, "statements").iter().enumerate() {
        let path = format!("statements[{number}]");
        match said(statement, &path) {
            Ok(statements) => received.statements.extend(statements),
            Err(reason) => received.unusable.push((path, reason)),
        }
    }
    let at = received.at;
    received.statements.iter_mut().for_each(|said| said.at = said.at.or(at));
    Ok(received)
}

/// When it was last said.
fn newest(value: &Value) -> Option<chrono::DateTime<chrono::Utc>> {
    ["timestamp", "last_updated"].iter().filter_map(|key| moment(text(value, key))).max()
}

fn said(statement: &Value, path: &str) -> Result<Vec<Said>, String> {
    let ids = ids(statement);
    if ids.is_empty() {
        return Err("It names no vulnerability.".to_owned());
    }
    let claim = match text(statement, "status") {
        "not_affected" => Claim::NotAffected(justification(text(statement, "justification"))),
        "fixed" => Claim::Fixed,
        "affected" => Claim::Affected,
        "under_investigation" => Claim::UnderInvestigation,
        other => return Err(format!("{:?} is no status of OpenVEX.", line(other))),
    };
    let mut packages = ByPackage::new();
    for product in list(statement, "products") {
        let names = names(product);
        let own = list(product, "subcomponents");
        let within = if own.is_empty() { list(statement, "subcomponents") } else { own };
        let mut within: Vec<String> = within.iter().filter_map(names_of_package).collect();
        if within.is_empty() {
            within.push(String::new());
        }
        for package in within {
            let products = packages.entry(package).or_default();
            names.iter().for_each(|name| products.add(name));
        }
    }
    if packages.is_empty() {
        return Err(format!("It names no product for {}.", ids[0]));
    }
    let detail = [text(statement, "impact_statement"), text(statement, "status_notes")];
    let detail = line(detail.into_iter().find(|text| !text.is_empty()).unwrap_or_default());
    let at = newest(statement);
    let one = |(package, products): (String, Names)| Said {
        path: path.to_owned(),
        ids: ids.clone(),
        products: products.list,
        package,
        claim,
        detail: detail.clone(),
        at,
    };
    Ok(packages.into_iter().map(one).collect())
}

fn ids(statement: &Value) -> Vec<String> {
    let mut ids = Vec::new();
    match statement.get("vulnerability") {
        // As the first drafts had it.
        Some(Value::String(name)) => add(&mut ids, name),
        Some(vulnerability) => {
            add(&mut ids, text(vulnerability, "name"));
            list(vulnerability, "aliases").iter().filter_map(Value::as_str).for_each(|id| add(&mut ids, id));
            if ids.is_empty() {
                // The last part of an address such as https://…/CVE-2026-1.
                add(&mut ids, text(vulnerability, "@id").rsplit('/').next().unwrap_or_default());
            }
        }
        None => {}
    }
    ids
}

/// The names of a product: its package URL first.
fn names(product: &Value) -> Vec<String> {
    let mut names = Vec::new();
    if let Value::String(id) = product {
        add(&mut names, id);
    }
    if let Some(identifiers) = product.get("identifiers") {
        add(&mut names, text(identifiers, "purl"));
    }
    add(&mut names, text(product, "@id"));
    names
}

fn names_of_package(part: &Value) -> Option<String> {
    names(part).into_iter().next()
}

/// The word of a justification, which CSAF shares.
pub(super) fn justification(word: &str) -> Option<Justification> {
    Some(match word {
        "component_not_present" => Justification::ComponentNotPresent,
        "vulnerable_code_not_present" => Justification::VulnerableCodeNotPresent,
        "vulnerable_code_not_in_execute_path" => Justification::VulnerableCodeNotInExecutePath,
        "vulnerable_code_cannot_be_controlled_by_adversary" => {
            Justification::VulnerableCodeCannotBeControlledByAdversary
        }
        "inline_mitigations_already_exist" => Justification::InlineMitigationsAlreadyExist,
        _ => return None,
    })
}
