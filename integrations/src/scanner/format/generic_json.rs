//! Our own JSON, for tools without a format of their own; the shape that DefectDojo calls generic is part of it.

use serde::Deserialize;

use super::generic::{Entry, finding};
use crate::scanner::finding::{ParseError, ScanFinding, ScanSummary};
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, Texts, first_of, is_true, nullable};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// Generic JSON.
pub(super) struct GenericJson;

impl Format for GenericJson {
    fn name(&self) -> &'static str {
        "generic_json"
    }

    fn title(&self) -> &'static str {
        "generic JSON (`{\"findings\": [{\"title\": …, \"severity\": …}]}`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        match head.root() {
            Root::Object
                if head.has_all(&["findings.title", "findings.severity", "findings.description"])
                    // Amazon Inspector's own list has these fields too.
                    && !head.has("findings.findingArn") =>
            {
                Certainty::Certain
            }
            Root::Object if head.has("findings") => Certainty::Likely,
            Root::Array if head.has_all(&["title", "severity", "description"]) => Certainty::Likely,
            // An empty list says no more than that nothing was found.
            Root::Array if head.is_empty() => Certainty::Likely,
            _ => Certainty::No,
        }
    }

    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        key: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut reader = JsonReader::new(file)?;
        let mut summary = ScanSummary { complete: true, ..ScanSummary::default() };
        let (mut name, mut tool) = (String::new(), String::new());
        if reader.peek()? == b'[' {
            output.records(&mut reader, "", &mut |raw, findings| record(raw, key, findings))?;
        } else {
            reader.object(&mut |reader, field| {
                match field {
                    "name" => name = reader.text()?,
                    "type" | "tool" => tool = reader.text()?,
                    "version" | "tool_version" => summary.tool_version = reader.text()?,
                    "target" => summary.target = reader.text()?,
                    "category" => summary.category = reader.text()?,
                    "complete" => summary.complete = reader.value::<Option<bool>>()?.unwrap_or(true),
                    "scanned_at" => {
                        let at = reader.text()?;
                        summary.scanned_at =
                            chrono::DateTime::parse_from_rfc3339(&at).ok().map(|at| at.to_utc());
                    }
                    "findings" => {
                        output.records(reader, field, &mut |raw, findings| record(raw, key, findings))?;
                    }
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        reader.finish()?;
        summary.tool_name = first_of(&[&tool, &name, "Generic"]).to_owned();
        Ok(summary)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Record<'a> {
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    rule: Text<'a>,
    #[serde(borrow)]
    vuln_id_from_tool: Text<'a>,
    #[serde(borrow)]
    fingerprint: Text<'a>,
    #[serde(borrow)]
    unique_id_from_tool: Text<'a>,
    #[serde(borrow)]
    mitigation: Text<'a>,
    #[serde(borrow)]
    impact: Text<'a>,
    references: Texts,
    #[serde(borrow)]
    file_path: Text<'a>,
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow)]
    line: Text<'a>,
    #[serde(borrow)]
    resource: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    parameter: Text<'a>,
    #[serde(borrow)]
    param: Text<'a>,
    #[serde(borrow)]
    secret: Text<'a>,
    #[serde(borrow)]
    snippet: Text<'a>,
    #[serde(borrow)]
    purl: Text<'a>,
    #[serde(borrow)]
    component_name: Text<'a>,
    #[serde(borrow)]
    component_version: Text<'a>,
    #[serde(borrow)]
    fix_version: Text<'a>,
    cve: Texts,
    vulnerability_ids: Texts,
    cwe: Texts,
    cwes: Texts,
    techniques: Texts,
    #[serde(borrow)]
    cvssv3: Text<'a>,
    #[serde(borrow)]
    cvssv4: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    active: Text<'a>,
    #[serde(borrow)]
    false_p: Text<'a>,
    #[serde(borrow)]
    out_of_scope: Text<'a>,
    #[serde(borrow)]
    risk_accepted: Text<'a>,
    #[serde(borrow)]
    is_mitigated: Text<'a>,
    #[serde(borrow)]
    duplicate: Text<'a>,
    #[serde(borrow)]
    suppressed: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    endpoints: Vec<Endpoint<'a>>,
}

/// An address, or its parts.
#[derive(Deserialize)]
#[serde(untagged)]
enum Endpoint<'a> {
    Parts {
        #[serde(borrow, default)]
        protocol: Text<'a>,
        #[serde(borrow, default)]
        host: Text<'a>,
        #[serde(borrow, default)]
        port: Text<'a>,
        #[serde(borrow, default)]
        path: Text<'a>,
    },
    Address(#[serde(borrow)] Text<'a>),
}

impl Endpoint<'_> {
    fn address(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Parts { protocol, host, port, path } => {
                let scheme = if protocol.is_empty() { String::new() } else { format!("{}://", &**protocol) };
                let port = if port.is_empty() { String::new() } else { format!(":{}", &**port) };
                format!("{scheme}{}{port}/{}", &**host, path.trim_start_matches('/'))
            }
        }
    }
}

fn record(raw: &RawJson<'_>, key: &SecretKey, findings: &mut Vec<ScanFinding>) -> Result<(), RecordError> {
    let record: Record<'_> = raw.read()?;
    let addresses: Vec<String> = record.endpoints.iter().map(Endpoint::address).collect();
    let addresses: Vec<&str> = std::iter::once(&*record.url)
        .chain(addresses.iter().map(String::as_str))
        .filter(|address| !address.trim().is_empty())
        .collect();
    let put_aside = [
        &record.false_p,
        &record.out_of_scope,
        &record.risk_accepted,
        &record.is_mitigated,
        &record.duplicate,
        &record.suppressed,
    ];
    let suppressed = put_aside.iter().any(|flag| is_true(flag)) || &*record.active == "false";
    let entry = Entry {
        title: &record.title,
        severity: &record.severity,
        description: &record.description,
        kind: &record.kind,
        rule: first_of(&[&record.rule, &record.vuln_id_from_tool]),
        identity: first_of(&[&record.fingerprint, &record.unique_id_from_tool]),
        mitigation: &record.mitigation,
        impact: &record.impact,
        references: record.references.iter().collect(),
        path: first_of(&[&record.path, &record.file_path]),
        line: &record.line,
        resource: &record.resource,
        addresses,
        parameter: first_of(&[&record.parameter, &record.param]),
        secret: &record.secret,
        snippet: &record.snippet,
        purl: &record.purl,
        component: &record.component_name,
        version: &record.component_version,
        fixed_version: &record.fix_version,
        ids: record.cve.iter().chain(record.vulnerability_ids.iter()).collect(),
        cwes: record.cwe.iter().chain(record.cwes.iter()).collect(),
        techniques: record.techniques.iter().collect(),
        vectors: [&*record.cvssv4, &*record.cvssv3],
        status: &record.status,
        suppressed,
        strict: true,
    };
    findings.push(finding(&entry, key)?);
    Ok(())
}
