//! Dependency-Check as XML.

use super::vulnerability::{Dependency, ThirdCvss, Vulnerability, day};
use crate::scanner::Output;
use crate::scanner::finding::{ParseError, ScanSummary};
use crate::scanner::read::json::ReadSeek;
use crate::scanner::read::lenient::first_of;
use crate::scanner::read::xml::{self, Element};

const NAME: &str = "analysis/projectInfo/name";
const DATE: &str = "analysis/projectInfo/reportDate";
const VERSION: &str = "analysis/scanInfo/engineVersion";
const DEPENDENCY: &str = "analysis/dependencies/dependency";

pub(super) fn read(
    file: &mut dyn ReadSeek,
    output: &mut Output<'_>,
    summary: &mut ScanSummary,
) -> Result<(), ParseError> {
    let mut number = 0_usize;
    xml::elements(file, &[NAME, DATE, VERSION, DEPENDENCY], &mut |found| {
        let element = &found.element;
        match found.path {
            NAME => element.text.clone_into(&mut summary.target),
            DATE => summary.scanned_at = day(&element.text),
            VERSION => element.text.clone_into(&mut summary.tool_version),
            _ => {
                number += 1;
                return dependency(element, number, found.line, output);
            }
        }
        Ok(())
    })
}

fn dependency(
    element: &Element,
    number: usize,
    line: u64,
    output: &mut Output<'_>,
) -> Result<(), ParseError> {
    let known = Dependency {
        file_name: element.text_of("fileName").to_owned(),
        file_path: element.text_of("filePath").to_owned(),
        ids: ids(element),
    };
    let listed = element.all("vulnerabilities").flat_map(|list| &list.children);
    for (place, listed) in listed.enumerate() {
        let path = format!("dependency {number}, vulnerability {}", place + 1);
        output.record(&path, line, |findings| {
            findings.push(vulnerability(listed).finding(&known)?);
            Ok(())
        })?;
    }
    Ok(())
}

/// Package URLs, else the coordinates of older reports. Some reports nest the list in one of the same name.
fn ids(element: &Element) -> Vec<String> {
    let mut ids = Vec::new();
    for list in element.all("identifiers") {
        for list in std::iter::once(list).chain(list.all("identifiers")) {
            ids.extend(list.all("package").map(|package| package.text_of("id").to_owned()));
            let coordinates = list.all("identifier").filter(|one| one.attribute("type") == "maven");
            ids.extend(coordinates.map(|one| one.text_of("name").trim_matches(['(', ')']).to_owned()));
        }
    }
    ids
}

fn vulnerability(element: &Element) -> Vulnerability {
    let cwes = element.all("cwes").flat_map(|list| list.all("cwe")).chain(element.all("cwe"));
    let links = element.all("references").flat_map(|list| list.all("reference"));
    Vulnerability {
        name: element.text_of("name").to_owned(),
        source: element.attribute("source").to_owned(),
        severity: element.text_of("severity").to_owned(),
        third: element.child("cvssV3").map(third),
        second_severity: element.text_of("cvssV2/severity").to_owned(),
        second_score: first_of(&[element.text_of("cvssV2/score"), element.text_of("cvssScore")]).parse().ok(),
        cwes: cwes.map(|cwe| cwe.text.clone()).collect(),
        description: element.text_of("description").to_owned(),
        notes: element.text_of("notes").to_owned(),
        links: links.map(|link| link.text_of("url").to_owned()).collect(),
        suppressed: element.name == "suppressedVulnerability",
    }
}

fn third(element: &Element) -> ThirdCvss {
    let words = [
        "attackVector",
        "attackComplexity",
        "privilegesRequired",
        "userInteraction",
        "scope",
        "confidentialityImpact",
        "integrityImpact",
        "availabilityImpact",
    ];
    ThirdCvss {
        version: element.text_of("version").to_owned(),
        words: words.map(|word| element.text_of(word).to_owned()),
    }
}
