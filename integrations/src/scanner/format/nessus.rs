//! Nessus and Tenable Web App Scanning: the `.nessus` XML. One finding a plugin, host and port.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::details::references;
use crate::scanner::finding::{CvssRating, FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::read::json::{ReadSeek, RecordError};
use crate::scanner::read::lenient::first_of;
use crate::scanner::read::xml::{self, Element};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::repeats::Repeats;
use crate::scanner::secret::SecretKey;
use crate::scanner::weakness::cwes;
use crate::scanner::{Format, Output, address, cvss, fingerprint};

/// Nessus.
pub(super) struct Nessus;

const HOST: &str = "NessusClientData_v2/Report/ReportHost/HostProperties";
const ITEM: &str = "NessusClientData_v2/Report/ReportHost/ReportItem";

impl Format for Nessus {
    fn name(&self) -> &'static str {
        "nessus"
    }

    fn title(&self) -> &'static str {
        "Nessus XML (a scan exported as `.nessus`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        match head.root() {
            Root::Xml if head.has("NessusClientData_v2") => Certainty::Certain,
            _ => Certainty::No,
        }
    }

    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut summary =
            ScanSummary { tool_name: "Nessus".into(), complete: true, ..ScanSummary::default() };
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
                item(&found.element, &host, &resource, &mut repeats, findings)
            })
        })?;
        Ok(summary)
    }
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
    match (score.filter(|score| *score > 0.0), item.attribute("severity")) {
        (Some(score), _) => Severity::from_score(score),
        (None, "4") => Severity::Critical,
        (None, "3") => Severity::High,
        (None, "2") => Severity::Medium,
        (None, "1") => Severity::Low,
        (None, "0") => Severity::Info,
        (None, _) => Severity::from_word(item.text_of("risk_factor")).unwrap_or(Severity::Unknown),
    }
}

/// What a plugin found on a port. Its output is left out: it changes with each scan.
fn item(
    item: &Element,
    host: &str,
    resource: &str,
    repeats: &mut Repeats,
    findings: &mut Vec<ScanFinding>,
) -> Result<(), RecordError> {
    let plugin = item.attribute("pluginID");
    let name = first_of(&[item.attribute("pluginName"), item.text_of("plugin_name")]);
    if plugin.is_empty() || name.is_empty() {
        return Err(RecordError::Shape("it has no pluginID or no pluginName".into()));
    }
    // Checks of a policy share a plugin, and list what is in order as well.
    let policy_check = item.text_of("compliance-check-name");
    if item.text_of("compliance-result").eq_ignore_ascii_case("passed") {
        return Ok(());
    }
    let severity = severity_of(item);
    let port = format!("{}/{}", item.attribute("port"), item.attribute("protocol").to_ascii_lowercase());
    let place = address::place(host);
    if !repeats.is_first(&[plugin, policy_check, &place, &port, severity.as_str()]) {
        return Ok(());
    }
    let (kind, identity) = match policy_check {
        "" => (FindingKind::Dynamic, fingerprint::dynamic(plugin, &place, &port)),
        check => (FindingKind::Misconfiguration, fingerprint::misconfiguration(check, "", &place)),
    };
    let mut ratings = Vec::new();
    for (vector, score) in [
        ("cvss4_vector", "cvss4_base_score"),
        ("cvss3_vector", "cvss3_base_score"),
        ("cvss_vector", "cvss_base_score"),
        ("", "cvssv3"),
    ] {
        let score = item.text_of(score).parse().ok();
        match cvss::rating("nessus", item.text_of(vector)) {
            Some(rating) => ratings.push(rating),
            None if score.is_some() => {
                ratings.push(CvssRating { source: "nessus".into(), vector: String::new(), score });
            }
            None => {}
        }
    }
    let texts = |name: &'static str| item.all(name).map(|element| element.text.as_str());
    let weaknesses = texts("cwe").chain(texts("xref").filter(|text| text.starts_with("CWE")));
    let links = texts("see_also").flat_map(str::split_whitespace);
    let data = json!({
        "port": port, "service": item.attribute("svc_name"), "family": item.attribute("pluginFamily"),
        "host": place, "references": references(links),
    });
    let synopsis = item.text_of("synopsis");
    let description = [synopsis, item.text_of("description")].join("\n\n");
    let solution = item.text_of("solution");
    findings.push(
        ScanFinding {
            title: first_of(&[policy_check, name]).to_owned(),
            description: description.trim().to_owned(),
            path: address::path(host).trim_end_matches('/').to_owned(),
            resource: first_of(&[resource, &address::host(host)]).to_owned(),
            mitigation: if solution.eq_ignore_ascii_case("n/a") {
                String::new()
            } else {
                solution.to_owned()
            },
            vulnerability_ids: texts("cve").map(str::to_owned).collect(),
            cwes: cwes(weaknesses),
            cvss: ratings,
            data: data.to_string(),
            ..ScanFinding::of(kind, severity, plugin, identity)
        }
        .sealed(),
    );
    Ok(())
}
