//! CycloneDX as XML: since 1.4 with a list of vulnerabilities, before that with an extension inside of each component.

use chrono::DateTime;

use super::vulnerability::{Affected, Component, Components, Rating, Vulnerability, package_of};
use crate::scanner::Output;
use crate::scanner::finding::{ParseError, ScanFinding, ScanSummary};
use crate::scanner::read::json::{ReadSeek, RecordError};
use crate::scanner::read::lenient::first_of;
use crate::scanner::read::xml::{self, Element};

const MAIN: &str = "bom/metadata/component";
const TIMESTAMP: &str = "bom/metadata/timestamp";
const TOOLS: &str = "bom/metadata/tools";
const COMPONENT: &str = "bom/components/component";
const VULNERABILITY: &str = "bom/vulnerabilities/vulnerability";

pub(super) fn read(
    file: &mut dyn ReadSeek,
    output: &mut Output<'_>,
    summary: &mut ScanSummary,
) -> Result<(), ParseError> {
    let mut components = Components::default();
    let mut main = Component::default();
    let mut number = 0_usize;
    xml::elements(file, &[MAIN, TIMESTAMP, TOOLS, COMPONENT, VULNERABILITY], &mut |found| {
        let element = &found.element;
        match found.path {
            MAIN => {
                main = component(element);
                keep(element, &mut components)
            }
            TIMESTAMP => {
                summary.scanned_at = DateTime::parse_from_rfc3339(&element.text).ok().map(|at| at.to_utc());
                Ok(())
            }
            TOOLS => {
                tool(element, summary);
                Ok(())
            }
            _ if !output.wants_records() => Ok(()),
            COMPONENT => {
                keep(element, &mut components)?;
                embedded(element, found.line, output)
            }
            _ => {
                number += 1;
                output.record(&format!("vulnerability {number}"), found.line, |findings| {
                    vulnerability(element).findings(&components, &main, findings)
                })
            }
        }
    })?;
    summary.target = main.name;
    Ok(())
}

fn tool(tools: &Element, summary: &mut ScanSummary) {
    let listed = tools.child("tool").or_else(|| tools.child("components")?.child("component"));
    if let Some(tool) = listed.filter(|tool| !tool.text_of("name").is_empty()) {
        tool.text_of("name").clone_into(&mut summary.tool_name);
        tool.text_of("version").clone_into(&mut summary.tool_version);
    }
}

fn component(element: &Element) -> Component {
    Component {
        reference: element.attribute("bom-ref").to_owned(),
        group: element.text_of("group").to_owned(),
        name: element.text_of("name").to_owned(),
        version: element.text_of("version").to_owned(),
        purl: element.text_of("purl").to_owned(),
    }
}

/// Keeps a component and those within it.
fn keep(element: &Element, components: &mut Components) -> Result<(), ParseError> {
    components.keep(component(element))?;
    within(element).try_for_each(|inner| keep(inner, components))
}

fn within(element: &Element) -> impl Iterator<Item = &Element> {
    element.all("components").flat_map(|inner| inner.all("component"))
}

/// The vulnerabilities that stand inside of a component.
fn embedded(element: &Element, line: u64, output: &mut Output<'_>) -> Result<(), ParseError> {
    let own = component(element);
    for (number, listed) in
        element.all("vulnerabilities").flat_map(|list| list.all("vulnerability")).enumerate()
    {
        let path = format!("component {}, vulnerability {}", own.name, number + 1);
        output.record(&path, line, |findings| one_embedded(listed, &own, findings))?;
    }
    within(element).try_for_each(|inner| embedded(inner, line, output))
}

fn one_embedded(
    element: &Element,
    own: &Component,
    findings: &mut Vec<ScanFinding>,
) -> Result<(), RecordError> {
    let vulnerability = vulnerability(element);
    vulnerability.check()?;
    findings.push(vulnerability.finding(package_of(own, "")));
    Ok(())
}

fn vulnerability(element: &Element) -> Vulnerability {
    let listed = |list: &str, entry: &str| -> Vec<&Element> {
        let lists = element.children.iter().filter(|child| child.name == list);
        lists.flat_map(|list| list.children.iter().filter(|child| child.name == entry)).collect()
    };
    let ids = std::iter::once(element.text_of("id"))
        .chain(listed("references", "reference").into_iter().map(|reference| reference.text_of("id")));
    let recommendations = listed("recommendations", "recommendation");
    Vulnerability {
        ids: ids.map(str::to_owned).collect(),
        url: element.text_of("source/url").to_owned(),
        ratings: listed("ratings", "rating").into_iter().map(rating).collect(),
        cwes: listed("cwes", "cwe").into_iter().map(|cwe| cwe.text.clone()).collect(),
        description: element.text_of("description").to_owned(),
        detail: element.text_of("detail").to_owned(),
        recommendation: first_of(&[
            element.text_of("recommendation"),
            recommendations.first().map_or("", |first| &first.text),
        ])
        .to_owned(),
        links: listed("advisories", "advisory")
            .into_iter()
            .map(|advisory| first_of(&[advisory.text_of("url"), &advisory.text]).to_owned())
            .collect(),
        state: element.text_of("analysis/state").to_owned(),
        justification: element.text_of("analysis/justification").to_owned(),
        published: element.text_of("published").to_owned(),
        affects: listed("affects", "target").into_iter().map(affected).collect(),
    }
}

fn rating(element: &Element) -> Rating {
    Rating {
        source: element.text_of("source/name").to_owned(),
        severity: element.text_of("severity").to_owned(),
        method: element.text_of("method").to_owned(),
        score: first_of(&[element.text_of("score/base"), element.text_of("score")]).parse().ok(),
        vector: element.text_of("vector").to_owned(),
    }
}

fn affected(element: &Element) -> Affected {
    let versions = element.child("versions");
    let version = versions.into_iter().flat_map(|versions| versions.all("version")).find(|version| {
        matches!(version.text_of("status"), "" | "affected") && !version.text_of("version").is_empty()
    });
    Affected {
        reference: element.text_of("ref").to_owned(),
        version: version.map_or_else(String::new, |version| version.text_of("version").to_owned()),
    }
}
