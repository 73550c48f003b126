//! CSAF 2: what its vulnerabilities say of products, in its VEX profile and in advisories.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::openvex::justification;
use super::{Claim, Names, Received, Said, add, line, list, moment, parsed, text};
use crate::scanner::ParseError;

/// How deep a tree of products may be.
const DEPTH: usize = 30;

pub(super) fn read(bytes: &[u8]) -> Result<Received, ParseError> {
    let document: Value = parsed(bytes)?;
    let nothing = Value::Null;
    let about = document.get("document").unwrap_or(&nothing);
    let version = text(about, "csaf_version");
    if !version.starts_with("2.") {
        return Err(ParseError::whole(match version {
            "" => "This is not a CSAF document: document.csaf_version is missing.".to_owned(),
            other => format!("This is not a document of CSAF 2: csaf_version is {}.", line(other)),
        }));
    }
    let part = |name: &str| about.get(name).unwrap_or(&nothing);
    let mut received = Received {
        author: line(text(part("publisher"), "name")),
        id: line(text(part("tracking"), "id")),
        at: moment(text(part("tracking"), "current_release_date")),
        ..Received::default()
    };
    let products = Products::of(document.get("product_tree").unwrap_or(&nothing));
    for (number, vulnerability) in list(&document, "vulnerabilities").iter().enumerate() {
        let path = format!("vulnerabilities[{number}]");
        match said(vulnerability, &path, &products) {
            Ok(statements) => received.statements.extend(statements),
            Err(reason) => received.unusable.push((path, reason)),
        }
    }
    let at = received.at;
    received.statements.iter_mut().for_each(|said| said.at = at);
    Ok(received)
}

/// What a number of a product stands for.
#[derive(Clone, Debug, Default)]
struct Product {
    /// Its names: a package URL first.
    names: Vec<String>,
    /// The package within it; empty for all of it.
    package: String,
}

struct Products(HashMap<String, Product>);

impl Products {
    fn of(tree: &Value) -> Self {
        let mut products = Self(HashMap::new());
        list(tree, "full_product_names").iter().for_each(|product| products.keep(product));
        products.branches(tree, DEPTH);
        // What is part of what comes last, since it points at the others.
        for relation in list(tree, "relationships") {
            let names = |key: &str| products.0.get(text(relation, key)).map(|product| product.names.clone());
            let package = names("product_reference").and_then(|names| names.into_iter().next());
            let whole = names("relates_to_product_reference");
            if let (Some(package), Some(names), Some(product)) =
                (package, whole, relation.get("full_product_name"))
            {
                products.0.insert(text(product, "product_id").to_owned(), Product { names, package });
            }
        }
        products
    }

    fn branches(&mut self, tree: &Value, depth: usize) {
        for branch in list(tree, "branches").iter().filter(|_| depth > 0) {
            branch.get("product").into_iter().for_each(|product| self.keep(product));
            self.branches(branch, depth - 1);
        }
    }

    fn keep(&mut self, product: &Value) {
        let mut names = Vec::new();
        if let Some(helper) = product.get("product_identification_helper") {
            add(&mut names, text(helper, "purl"));
            list(helper, "purls").iter().filter_map(Value::as_str).for_each(|purl| add(&mut names, purl));
        }
        add(&mut names, text(product, "name"));
        self.0.insert(text(product, "product_id").to_owned(), Product { names, package: String::new() });
    }
}

fn said(vulnerability: &Value, path: &str, products: &Products) -> Result<Vec<Said>, String> {
    let mut ids = Vec::new();
    add(&mut ids, text(vulnerability, "cve"));
    list(vulnerability, "ids").iter().for_each(|id| add(&mut ids, text(id, "text")));
    if ids.is_empty() {
        return Err("It has no id.".to_owned());
    }
    let Some(statuses) = vulnerability.get("product_status") else {
        return Err(format!("Nothing is said of products for {}.", ids[0]));
    };
    // What is said once of a package, of which products.
    let mut said: BTreeMap<(Claim, String, String), Names> = BTreeMap::new();
    let remarks = Remarks::of(vulnerability);
    for (status, claim) in [
        ("known_affected", Claim::Affected),
        ("first_affected", Claim::Affected),
        ("last_affected", Claim::Affected),
        ("under_investigation", Claim::UnderInvestigation),
        ("fixed", Claim::Fixed),
        ("first_fixed", Claim::Fixed),
        ("known_not_affected", Claim::NotAffected(None)),
    ] {
        for number in list(statuses, status).iter().filter_map(Value::as_str) {
            let Some(product) = products.0.get(number) else {
                return Err(format!("Product {} is not in the product tree.", line(number)));
            };
            let (claim, detail) = match claim {
                Claim::NotAffected(_) => {
                    (Claim::NotAffected(justification(remarks.label(number))), line(remarks.impact(number)))
                }
                claim => (claim, String::new()),
            };
            let names = said.entry((claim, product.package.clone(), detail)).or_default();
            product.names.iter().for_each(|name| names.add(name));
        }
    }
    if said.is_empty() {
        return Err(format!("Nothing is said of products for {}.", ids[0]));
    }
    let one = |((claim, package, detail), products): ((Claim, String, String), Names)| Said {
        path: path.to_owned(),
        ids: ids.clone(),
        products: products.list,
        package,
        claim,
        detail,
        at: None,
    };
    Ok(said.into_iter().map(one).collect())
}

/// What is remarked about products; what names none is about all.
struct Remarks<'v> {
    labels: HashMap<&'v str, &'v str>,
    impacts: HashMap<&'v str, &'v str>,
}

impl<'v> Remarks<'v> {
    fn of(vulnerability: &'v Value) -> Self {
        let flags = list(vulnerability, "flags").iter();
        let impacts =
            list(vulnerability, "threats").iter().filter(|threat| text(threat, "category") == "impact");
        Self { labels: by_product(flags, "label"), impacts: by_product(impacts, "details") }
    }

    fn label(&self, number: &str) -> &'v str {
        self.labels.get(number).or_else(|| self.labels.get("")).copied().unwrap_or_default()
    }

    fn impact(&self, number: &str) -> &'v str {
        self.impacts.get(number).or_else(|| self.impacts.get("")).copied().unwrap_or_default()
    }
}

fn by_product<'v>(remarks: impl Iterator<Item = &'v Value>, key: &str) -> HashMap<&'v str, &'v str> {
    let mut said = HashMap::new();
    for remark in remarks {
        let products = list(remark, "product_ids");
        let numbers = products.iter().filter_map(Value::as_str);
        numbers.chain(products.is_empty().then_some("")).for_each(|number| {
            said.entry(number).or_insert_with(|| text(remark, key));
        });
    }
    said
}
