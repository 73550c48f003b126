//! ZAP's traditional report, as XML and as JSON: one finding an alert and site; its places are listed with it.

use chrono::DateTime;
use serde::Deserialize;
use serde_json::json;

use super::details::references;
use crate::scanner::address;
use crate::scanner::finding::{FindingKind, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint;
use crate::scanner::markup::plain;
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, first_of, nullable};
use crate::scanner::read::xml::{self, Element};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::weakness::cwes;
use crate::scanner::{Format, Output};

/// ZAP.
pub(super) struct Zap;

/// How many places of an alert are kept.
const PLACES: usize = 50;

impl Format for Zap {
    fn name(&self) -> &'static str {
        "zap"
    }

    fn title(&self) -> &'static str {
        "ZAP report (traditional XML or JSON)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        // GitLab's DAST report carries a whole ZAP report beside its own lists.
        let of_gitlab = head.has_any(&["vulnerabilities", "scan.type", "scan.scanner"]);
        let of_zap = head.text("@programName").eq_ignore_ascii_case("zap")
            || head.has_any(&["site.alerts", "site.@name"])
            || head.has_all(&["@version", "@generated", "site"]);
        match head.root() {
            Root::Xml if head.has("OWASPZAPReport") => Certainty::Certain,
            Root::Object if of_zap && !of_gitlab => Certainty::Certain,
            _ => Certainty::No,
        }
    }

    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let head = Head::read(file)?;
        let of = |attribute: &str| match head.root() {
            Root::Xml => head.text(&format!("OWASPZAPReport@{attribute}")).to_owned(),
            _ => head.text(&format!("@{attribute}")).to_owned(),
        };
        let site = first_of(&[head.text("OWASPZAPReport/site@name"), head.text("site.@name")]);
        let summary = ScanSummary {
            tool_name: "ZAP".into(),
            tool_version: of("version"),
            target: address::host(site),
            scanned_at: DateTime::parse_from_rfc3339(&of("created")).ok().map(|at| at.to_utc()),
            complete: true,
            ..ScanSummary::default()
        };
        if head.root() == Root::Xml {
            from_xml(file, output)?;
        } else {
            from_json(file, output)?;
        }
        Ok(summary)
    }
}

fn from_xml(file: &mut dyn ReadSeek, output: &mut Output<'_>) -> Result<(), ParseError> {
    let wanted = ["OWASPZAPReport/site/alerts/alertitem"];
    let mut number = 0;
    xml::elements(file, &wanted, &mut |found| {
        let site = found
            .around
            .get(1)
            .map_or("", |site| first_of(&[site.attribute("name"), site.attribute("host")]));
        let path = format!("{}[{number}]", found.path);
        number += 1;
        output.record(&path, found.line, |findings| {
            findings.push(finding(&alert_of(&found.element), site)?);
            Ok(())
        })
    })
}

fn alert_of(element: &Element) -> Alert<'_> {
    let text = |name: &str| Text::from(element.text_of(name));
    let places = element.child("instances").map(|list| list.all("instance")).into_iter().flatten();
    Alert {
        plugin_id: text("pluginid"),
        name: text("name"),
        alert: text("alert"),
        riskcode: text("riskcode"),
        riskdesc: text("riskdesc"),
        confidence: text("confidence"),
        desc: text("desc"),
        solution: text("solution"),
        reference: text("reference"),
        cweid: text("cweid"),
        instances: places
            .map(|place| Instance {
                uri: Text::from(place.text_of("uri")),
                method: Text::from(place.text_of("method")),
                param: Text::from(place.text_of("param")),
            })
            .collect(),
    }
}

fn from_json(file: &mut dyn ReadSeek, output: &mut Output<'_>) -> Result<(), ParseError> {
    let mut reader = JsonReader::new(file)?;
    reader.object(&mut |reader, name| {
        if name != "site" {
            return Ok(false);
        }
        if reader.peek()? == b'{' {
            site(reader, "site", output)?;
        } else {
            reader.list(&mut |reader, number| site(reader, &format!("site[{number}]"), output))?;
        }
        Ok(true)
    })?;
    reader.finish()
}

fn site(reader: &mut JsonReader<'_>, path: &str, output: &mut Output<'_>) -> Result<(), ParseError> {
    let mut site = String::new();
    reader.object_in_order(&["@name"], &["alerts"], &mut |reader, name| {
        match name {
            "@name" => site = reader.text()?,
            "alerts" => {
                output.records(reader, &format!("{path}.{name}"), &mut |raw: &RawJson<'_>, findings| {
                    findings.push(finding(&raw.read()?, &site)?);
                    Ok(())
                })?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Alert<'a> {
    #[serde(rename = "pluginid", borrow)]
    plugin_id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    alert: Text<'a>,
    #[serde(borrow)]
    riskcode: Text<'a>,
    #[serde(borrow)]
    riskdesc: Text<'a>,
    #[serde(borrow)]
    confidence: Text<'a>,
    #[serde(borrow)]
    desc: Text<'a>,
    #[serde(borrow)]
    solution: Text<'a>,
    #[serde(borrow)]
    reference: Text<'a>,
    #[serde(borrow)]
    cweid: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    instances: Vec<Instance<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Instance<'a> {
    #[serde(borrow)]
    uri: Text<'a>,
    #[serde(borrow)]
    method: Text<'a>,
    #[serde(borrow)]
    param: Text<'a>,
}

/// An alert. Evidence, attacks, requests and responses are left out: they hold tokens, and change with each scan.
fn finding(alert: &Alert<'_>, site: &str) -> Result<ScanFinding, RecordError> {
    let title = first_of(&[&alert.name, &alert.alert]);
    let check = first_of(&[&alert.plugin_id, title]);
    if check.is_empty() {
        return Err(RecordError::Shape("it has neither pluginid nor name".into()));
    }
    let severity = match &*alert.riskcode {
        "3" => Severity::High,
        "2" => Severity::Medium,
        "1" => Severity::Low,
        "0" => Severity::Info,
        _ => Severity::from_word(alert.riskdesc.split(' ').next().unwrap_or_default())
            .unwrap_or(Severity::Unknown),
    };
    let mut places: Vec<String> = alert
        .instances
        .iter()
        .map(|place| {
            let parameter =
                if place.param.is_empty() { String::new() } else { format!(" [{}]", &*place.param) };
            format!("{} {}{parameter}", &*place.method, address::shown(&place.uri)).trim().to_owned()
        })
        .collect();
    places.sort();
    places.dedup();
    let host = match alert.instances.first() {
        Some(place) if site.is_empty() => address::host(&place.uri),
        _ => address::host(site),
    };
    // One check has several alerts, such as one for each part of a policy that is missing.
    let identity = fingerprint::dynamic(&format!("{check}|{title}"), &host, "");
    let first = alert.instances.iter().map(|place| address::path(&place.uri)).min().unwrap_or_default();
    let links = plain(&alert.reference);
    let data = json!({
        "places": places.iter().take(PLACES).collect::<Vec<_>>(), "place_count": places.len(),
        "confidence": &*alert.confidence, "references": references(links.split_whitespace()),
    });
    Ok(ScanFinding {
        title: title.to_owned(),
        description: plain(&alert.desc),
        path: first.to_owned(),
        resource: host,
        mitigation: plain(&alert.solution),
        cwes: cwes([&*alert.cweid]),
        // The tool's word for "false positive".
        suppressed: &*alert.confidence == "0" || &*alert.riskcode == "-1",
        data: data.to_string(),
        ..ScanFinding::of(FindingKind::Dynamic, severity, check, identity)
    }
    .sealed())
}
