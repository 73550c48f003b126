//! pip-audit's JSON: the list of dependencies, or an object around it.

use serde::Deserialize;

use crate::scanner::finding::{Package, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint::purl_of;
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, nullable};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// pip-audit.
pub(super) struct PipAudit;

impl Format for PipAudit {
    fn name(&self) -> &'static str {
        "pip_audit"
    }

    fn title(&self) -> &'static str {
        "pip-audit JSON (`pip-audit -f json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        match head.root {
            Root::Object if head.has("dependencies.vulns") || head.has("dependencies.skip_reason") => {
                Certainty::Certain
            }
            Root::Object if head.has_all(&["dependencies", "fixes"]) => Certainty::Likely,
            Root::Object if head.has_only("dependencies") => Certainty::Likely,
            Root::Array if head.has("name") && head.has_any(&["vulns", "skip_reason"]) => Certainty::Certain,
            _ => Certainty::No,
        }
    }

    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut reader = JsonReader::new(file)?;
        if reader.peek()? == b'[' {
            output.records(&mut reader, "", &mut dependency)?;
        } else {
            reader.object(&mut |reader, key| match key {
                "dependencies" => output.records(reader, key, &mut dependency).map(|()| true),
                _ => Ok(false),
            })?;
        }
        reader.finish()?;
        Ok(ScanSummary { tool_name: "pip-audit".into(), complete: true, ..ScanSummary::default() })
    }
}

#[derive(Deserialize)]
struct Dependency<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, default)]
    version: Text<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    vulns: Vec<Vulnerability<'a>>,
}

#[derive(Deserialize)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    aliases: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    fix_versions: Vec<Text<'a>>,
    #[serde(borrow, default)]
    description: Text<'a>,
}

fn dependency(raw: &RawJson<'_>, findings: &mut Vec<ScanFinding>) -> Result<(), RecordError> {
    let record: Dependency<'_> = raw.read()?;
    for vulnerability in &record.vulns {
        let ids = std::iter::once(&vulnerability.id).chain(&vulnerability.aliases);
        let package = Package {
            name: record.name.to_string(),
            version: record.version.to_string(),
            fixed_version: vulnerability
                .fix_versions
                .iter()
                .map(|text| &**text)
                .collect::<Vec<_>>()
                .join(", "),
            purl: purl_of("pip", &record.name),
        };
        // The tool rates nothing; the field's practice is to treat what it lists as medium.
        let finding = ScanFinding::vulnerable_package(
            Severity::Medium,
            ids.map(|id| id.to_string()).collect(),
            package,
            "",
        );
        findings.push(ScanFinding { description: vulnerability.description.to_string(), ..finding }.sealed());
    }
    Ok(())
}
