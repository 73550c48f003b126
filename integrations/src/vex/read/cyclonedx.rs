//! CycloneDX, where it is a statement: each of its vulnerabilities carries an analysis.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::{Claim, Received, Said, add, line, list, moment, parsed, text};
use crate::scanner::{ParseError, percent_decoded};
use crate::vex::model::Justification;

/// Whether a document is a statement and no bill of materials: all its vulnerabilities carry an analysis, and it lists
/// components only to point at them. What a scanner rated is a report, whatever was said about it since.
pub(super) fn is_statement(bytes: &[u8]) -> bool {
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else { return false };
    let vulnerabilities = list(&document, "vulnerabilities");
    let analysed =
        |vulnerability: &Value| vulnerability.pointer("/analysis/state").is_some_and(Value::is_string);
    if vulnerabilities.is_empty() || !vulnerabilities.iter().all(analysed) {
        return false;
    }
    let components = list(&document, "components");
    if components.is_empty() {
        return true;
    }
    let rated = |vulnerability: &Value| !list(vulnerability, "ratings").is_empty();
    let pointed_at: BTreeSet<&str> =
        vulnerabilities.iter().flat_map(|one| list(one, "affects")).map(|one| text(one, "ref")).collect();
    let is_pointed_at = |component: &Value| pointed_at.contains(text(component, "bom-ref"));
    !vulnerabilities.iter().any(rated) && components.iter().all(is_pointed_at)
}

pub(super) fn read(bytes: &[u8]) -> Result<Received, ParseError> {
    let document: Value = parsed(bytes)?;
    if !text(&document, "bomFormat").eq_ignore_ascii_case("cyclonedx") {
        return Err(ParseError::whole("This is not a CycloneDX document: bomFormat has to be CycloneDX."));
    }
    let nothing = Value::Null;
    let metadata = document.get("metadata").unwrap_or(&nothing);
    let product = metadata.get("component").unwrap_or(&nothing);
    let names = Names::of(&document, product);
    let mut received = Received {
        author: author(metadata),
        id: line(text(&document, "serialNumber")),
        at: moment(text(metadata, "timestamp")),
        ..Received::default()
    };
    for (number, vulnerability) in list(&document, "vulnerabilities").iter().enumerate() {
        let path = format!("vulnerabilities[{number}]");
        match said(vulnerability, &path, &names) {
            Ok(statements) => received.statements.extend(statements),
            Err(reason) => received.unusable.push((path, reason)),
        }
    }
    let at = received.at;
    received.statements.iter_mut().for_each(|said| said.at = said.at.or(at));
    Ok(received)
}

/// Who says it: a person, or the organisation that made or supplied it.
fn author(metadata: &Value) -> String {
    let person = list(metadata, "authors").iter().map(|author| text(author, "name"));
    let organisations = ["manufacturer", "supplier", "manufacture"]
        .map(|key| metadata.get(key).map_or("", |one| text(one, "name")));
    let named = person.chain(organisations).find(|name| !name.is_empty());
    line(named.unwrap_or_default())
}

/// What references stand for.
struct Names<'d> {
    product: Vec<String>,
    product_reference: &'d str,
    components: HashMap<&'d str, &'d Value>,
}

impl<'d> Names<'d> {
    fn of(document: &'d Value, product: &'d Value) -> Self {
        let components = list(document, "components");
        let mut names = Vec::new();
        for key in ["purl", "bom-ref", "name"] {
            add(&mut names, text(product, key));
        }
        Self {
            product: names,
            product_reference: text(product, "bom-ref"),
            components: components.iter().map(|one| (text(one, "bom-ref"), one)).collect(),
        }
    }

    /// The package that a reference means; empty for the product itself.
    fn package(&self, reference: &str) -> String {
        // A link into another bill: urn:cdx:serial/version#reference.
        let linked = reference.strip_prefix("urn:cdx:").and_then(|rest| rest.split_once('#'));
        let own = linked.map_or_else(|| reference.to_owned(), |(_, within)| percent_decoded(within));
        if !own.is_empty() && own == self.product_reference {
            return String::new();
        }
        let purl = self.components.get(own.as_str()).map_or("", |component| text(component, "purl"));
        line(if purl.is_empty() { &own } else { purl })
    }
}

fn said(vulnerability: &Value, path: &str, names: &Names<'_>) -> Result<Vec<Said>, String> {
    let mut ids = Vec::new();
    add(&mut ids, text(vulnerability, "id"));
    list(vulnerability, "references").iter().for_each(|other| add(&mut ids, text(other, "id")));
    if ids.is_empty() {
        return Err("It has no id.".to_owned());
    }
    let Some(analysis) = vulnerability.get("analysis") else {
        return Err(format!("Nothing is said of {}: it has no analysis.", ids[0]));
    };
    let claim = match text(analysis, "state") {
        "not_affected" => Claim::NotAffected(justification(text(analysis, "justification"))),
        "false_positive" => Claim::FalsePositive,
        "resolved" | "resolved_with_pedigree" => Claim::Fixed,
        "exploitable" => Claim::Affected,
        "in_triage" => Claim::UnderInvestigation,
        other => return Err(format!("{:?} is no state of an analysis.", line(other))),
    };
    let references = list(vulnerability, "affects").iter().map(|one| names.package(text(one, "ref")));
    let mut packages: BTreeSet<String> = references.collect();
    if packages.is_empty() {
        packages.insert(String::new());
    }
    let at = ["lastUpdated", "firstIssued"].iter().find_map(|key| moment(text(analysis, key)));
    let detail = line(text(analysis, "detail"));
    let one = |package| Said {
        path: path.to_owned(),
        ids: ids.clone(),
        products: names.product.clone(),
        package,
        claim,
        detail: detail.clone(),
        at,
    };
    Ok(packages.into_iter().map(one).collect())
}

fn justification(word: &str) -> Option<Justification> {
    Some(match word {
        "code_not_present" => Justification::VulnerableCodeNotPresent,
        "code_not_reachable" => Justification::VulnerableCodeNotInExecutePath,
        "requires_dependency" => Justification::ComponentNotPresent,
        "requires_configuration" | "requires_environment" => {
            Justification::VulnerableCodeCannotBeControlledByAdversary
        }
        "protected_by_compiler"
        | "protected_at_runtime"
        | "protected_at_perimeter"
        | "protected_by_mitigating_control" => Justification::InlineMitigationsAlreadyExist,
        _ => return None,
    })
}
