//! The `.nessus` XML.

use chrono::{DateTime, Utc};

use super::item::Item;
use crate::scanner::finding::{ParseError, ScanSummary, Severity};
use crate::scanner::read::json::ReadSeek;
use crate::scanner::read::lenient::first_of;
use crate::scanner::read::xml::{self, Element};
use crate::scanner::repeats::Repeats;
use crate::scanner::{Output, address};

const HOST: &str = "NessusClientData_v2/Report/ReportHost/HostProperties";
const ITEM: &str = "NessusClientData_v2/Report/ReportHost/ReportItem";

/// Reads the items of each host.
pub(super) fn read(
    file: &mut dyn ReadSeek,
    output: &mut Output<'_>,
    summary: &mut ScanSummary,
) -> Result<(), ParseError> {
    let mut repeats = Repeats::default();
    let mut number = 0;
    let mut resource = String::new();
    xml::elements(file, &[HOST, ITEM], &mut |found| {
        let attribute = |depth: usize, name: &str| {
            found.around.get(depth).map_or("", |element: &Element| element.attribute(name)).to_owned()
        };
        let host = attribute(2, "name");
        if summary.target.is_empty() {
            summary.target = attribute(1, "name");
        }
        if found.path == HOST {
            resource = address::host(first_of(&[property(&found.element, "host-fqdn"), &host]));
            summary.scanned_at = summary.scanned_at.max(ended(&found.element));
            return Ok(());
        }
        let path = format!("ReportItem[{number}]");
        number += 1;
        output.record(&path, found.line, |findings| {
            // Policy checks list what is in order as well.
            if !found.element.text_of("compliance-result").eq_ignore_ascii_case("passed") {
                findings.extend(item(&found.element, &host, &resource).finding(&mut repeats)?);
            }
            Ok(())
        })
    })
}

fn property<'e>(properties: &'e Element, name: &str) -> &'e str {
    properties.all("tag").find(|tag| tag.attribute("name") == name).map_or("", |tag| &tag.text)
}

fn ended(properties: &Element) -> Option<DateTime<Utc>> {
    let seconds = property(properties, "HOST_END_TIMESTAMP").parse().ok();
    seconds
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .or_else(|| DateTime::parse_from_rfc3339(property(properties, "HOST_END")).ok().map(|at| at.to_utc()))
}

/// The tool's own level, which a score of CVSS 3 corrects.
fn severity_of(item: &Element) -> Severity {
    let score = first_of(&[item.text_of("cvss3_base_score"), item.text_of("cvssv3")]).parse::<f64>().ok();
    match score.filter(|score| *score > 0.0) {
        Some(score) => Severity::from_score(score),
        None => super::item::severity(item.attribute("severity"))
            .or_else(|| super::item::severity(item.text_of("risk_factor")))
            .unwrap_or(Severity::Unknown),
    }
}

fn item<'e>(element: &'e Element, host: &'e str, resource: &'e str) -> Item<'e> {
    let texts = |name: &'static str| element.all(name).map(|element| element.text.as_str());
    let text = |name: &str| element.text_of(name);
    Item {
        plugin: element.attribute("pluginID"),
        name: first_of(&[element.attribute("pluginName"), text("plugin_name")]),
        policy_check: text("compliance-check-name"),
        family: element.attribute("pluginFamily"),
        service: element.attribute("svc_name"),
        severity: severity_of(element),
        state: "",
        host,
        resource,
        port: element.attribute("port"),
        protocol: element.attribute("protocol"),
        synopsis: text("synopsis"),
        description: text("description"),
        solution: text("solution"),
        links: texts("see_also").flat_map(str::split_whitespace).collect(),
        ids: texts("cve").collect(),
        weaknesses: texts("cwe").chain(texts("xref").filter(|text| text.starts_with("CWE"))).collect(),
        ratings: vec![
            (text("cvss4_vector"), text("cvss4_base_score")),
            (text("cvss3_vector"), text("cvss3_base_score")),
            ("", text("cvssv3")),
            (text("cvss_vector"), text("cvss_base_score")),
        ],
    }
}
