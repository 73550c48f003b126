//! govulncheck's JSON: a stream of messages, or the single document of its first versions.

mod document;

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::details::{details, references};
use crate::scanner::finding::{Package, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint::purl_of;
use crate::scanner::limits::{DESCRIPTION_BYTES, SHORT_BYTES, cut};
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, Texts, nullable, whole};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// govulncheck.
pub(super) struct Govulncheck;

impl Format for Govulncheck {
    fn name(&self) -> &'static str {
        "govulncheck"
    }

    fn title(&self) -> &'static str {
        "govulncheck JSON (`govulncheck -json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        match head.root() {
            Root::Array | Root::Object
                if head.has_any(&["config.protocol_version", "config.scanner_name", "SBOM.go_version"])
                    || head.has_all(&["finding.osv", "finding.trace"]) =>
            {
                Certainty::Certain
            }
            Root::Object if head.has_all(&["Calls", "Imports"]) => Certainty::Certain,
            Root::Object if head.has_any(&["Vulns.OSV", "Vulns.osv"]) => Certainty::Certain,
            _ => Certainty::No,
        }
    }

    /// The stream has no last message, but the tool writes it in one go and fails loudly where it does not get through.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut reader = JsonReader::new(file)?;
        let mut stream = Stream {
            output,
            summary: ScanSummary {
                tool_name: "govulncheck".into(),
                complete: true,
                ..ScanSummary::default()
            },
            advisories: HashMap::new(),
            found: Vec::new(),
            places: HashMap::new(),
        };
        while reader.next_value()? {
            if reader.peek()? == b'[' {
                reader.list(&mut |reader, _| stream.message(reader))?;
            } else {
                stream.message(&mut reader)?;
            }
        }
        stream.give_out()
    }
}

/// Most advisories, and most vulnerable modules, of one report.
const ADVISORIES: usize = 100_000;

struct Stream<'o, 's> {
    output: &'o mut Output<'s>,
    summary: ScanSummary,
    advisories: HashMap<String, Advisory>,
    /// What was found, in the order in which it was seen first.
    found: Vec<Found>,
    places: HashMap<(String, String), usize>,
}

/// What is kept of an advisory.
#[derive(Default)]
struct Advisory {
    aliases: Vec<String>,
    summary: String,
    details: String,
    published: String,
    links: Vec<String>,
}

/// One advisory in one module. The tool tells of it several times, each time closer.
struct Found {
    advisory: String,
    module: String,
    version: String,
    fixed_version: String,
    severity: Severity,
    path: String,
    line: Option<u32>,
    symbol: String,
}

impl Stream<'_, '_> {
    fn message(&mut self, reader: &mut JsonReader<'_>) -> Result<(), ParseError> {
        reader.object(&mut |reader, key| match key {
            "config" => {
                let config: Value = reader.value()?;
                self.summary.tool_version =
                    cut(config["scanner_version"].as_str().unwrap_or_default(), SHORT_BYTES);
                Ok(true)
            }
            "osv" => {
                if self.advisories.len() >= ADVISORIES {
                    return Err(
                        reader.error_here(format!("This report has more than {ADVISORIES} advisories."))
                    );
                }
                let raw = reader.raw()?;
                match raw.read::<Osv<'_>>() {
                    Ok(osv) => drop(self.advisories.insert(osv.id.to_string(), osv.kept())),
                    Err(RecordError::Syntax(error)) => return Err(error),
                    Err(RecordError::Shape(reason)) => {
                        self.output.rejected("osv".to_owned(), raw.line, reason)?;
                    }
                }
                Ok(true)
            }
            "finding" => {
                if self.found.len() >= ADVISORIES {
                    return Err(
                        reader.error_here(format!("This report has more than {ADVISORIES} findings."))
                    );
                }
                let raw = reader.raw()?;
                match finding(&raw) {
                    Ok(found) => self.keep(found),
                    Err(RecordError::Syntax(error)) => return Err(error),
                    Err(RecordError::Shape(reason)) => {
                        self.output.rejected("finding".to_owned(), raw.line, reason)?;
                    }
                }
                Ok(true)
            }
            "Vulns" | "vulns" => document::vulnerabilities(reader, self.output).map(|()| true),
            _ => Ok(false),
        })
    }

    fn keep(&mut self, found: Found) {
        let key = (found.advisory.clone(), found.module.clone());
        match self.places.get(&key) {
            None => {
                self.places.insert(key, self.found.len());
                self.found.push(found);
            }
            Some(place) => {
                if let Some(known) =
                    self.found.get_mut(*place).filter(|known| known.severity < found.severity)
                {
                    *known = found;
                }
            }
        }
    }

    fn give_out(mut self) -> Result<ScanSummary, ParseError> {
        if self.output.wants_records() {
            for found in std::mem::take(&mut self.found) {
                let finding = self.finding(&found);
                self.output.finding(finding)?;
            }
        }
        Ok(self.summary)
    }

    fn finding(&self, found: &Found) -> ScanFinding {
        let nothing = Advisory::default();
        let advisory = self.advisories.get(&found.advisory).unwrap_or(&nothing);
        let ids = std::iter::once(&found.advisory).chain(&advisory.aliases).cloned().collect();
        let package = Package {
            name: found.module.clone(),
            version: found.version.clone(),
            fixed_version: found.fixed_version.clone(),
            purl: purl_of("golang", &found.module),
        };
        let finding = ScanFinding::vulnerable_package(found.severity, ids, package, &advisory.summary);
        ScanFinding {
            description: advisory.details.clone(),
            path: found.path.clone(),
            line: found.line,
            mitigation: match found.fixed_version.as_str() {
                "" => String::new(),
                fixed => format!("Upgrade {} to {fixed}.", found.module),
            },
            status: reach(found.severity).to_owned(),
            data: details([
                ("url", Value::from(format!("https://pkg.go.dev/vuln/{}", found.advisory))),
                ("symbol", Value::from(found.symbol.as_str())),
                ("published", Value::from(advisory.published.as_str())),
                ("references", references(advisory.links.iter().map(String::as_str))),
            ]),
            ..finding
        }
        .sealed()
    }
}

/// How close the code comes to the weak place.
fn reach(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "called",
        Severity::Low => "imported",
        _ => "required",
    }
}

#[derive(Deserialize)]
struct Osv<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(default)]
    aliases: Texts,
    #[serde(borrow, default)]
    summary: Text<'a>,
    #[serde(borrow, default)]
    details: Text<'a>,
    #[serde(borrow, default)]
    published: Text<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    references: Vec<Reference<'a>>,
}

impl Osv<'_> {
    fn kept(&self) -> Advisory {
        Advisory {
            aliases: self.aliases.iter().take(20).map(|id| cut(id, SHORT_BYTES)).collect(),
            summary: cut(&self.summary, SHORT_BYTES),
            details: cut(&self.details, DESCRIPTION_BYTES / 4),
            published: cut(&self.published, SHORT_BYTES),
            links: self.references.iter().take(10).map(|link| cut(&link.url, SHORT_BYTES)).collect(),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reference<'a> {
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Finding<'a> {
    #[serde(borrow)]
    osv: Text<'a>,
    #[serde(borrow)]
    fixed_version: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    trace: Vec<Frame<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Frame<'a> {
    #[serde(borrow)]
    module: Text<'a>,
    #[serde(borrow)]
    version: Text<'a>,
    #[serde(borrow)]
    package: Text<'a>,
    #[serde(borrow)]
    function: Text<'a>,
    #[serde(borrow)]
    receiver: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    position: Position<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Position<'a> {
    #[serde(borrow)]
    filename: Text<'a>,
    #[serde(deserialize_with = "whole")]
    line: Option<u32>,
}

/// The first frame is the weak place, the last one the code that leads to it.
fn finding(raw: &RawJson<'_>) -> Result<Found, RecordError> {
    let record: Finding<'_> = raw.read()?;
    let weak = record.trace.first().filter(|frame| !frame.module.is_empty());
    let (Some(weak), false) = (weak, record.osv.trim().is_empty()) else {
        return Err(RecordError::Shape("a finding needs `osv` and a `trace` with a module".to_owned()));
    };
    let severity = match (weak.function.is_empty(), weak.package.is_empty()) {
        (false, _) => Severity::High,
        (true, false) => Severity::Low,
        (true, true) => Severity::Info,
    };
    let entry = record.trace.iter().rev().find(|frame| !frame.position.filename.is_empty());
    let parts = [&*weak.package, &*weak.receiver, &*weak.function];
    Ok(Found {
        advisory: cut(record.osv.trim(), SHORT_BYTES),
        module: cut(weak.module.trim(), SHORT_BYTES),
        version: cut(&weak.version, SHORT_BYTES),
        fixed_version: cut(&record.fixed_version, SHORT_BYTES),
        severity,
        path: match entry {
            Some(frame) => cut(&frame.position.filename, SHORT_BYTES),
            None => "go.mod".to_owned(),
        },
        line: entry.and_then(|frame| frame.position.line).filter(|line| *line > 0),
        symbol: cut(
            &parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("."),
            SHORT_BYTES,
        ),
    })
}
