//! npm audit's JSON: of npm 6 (which pnpm and yarn 1 write as well) and of npm 7 and later.

pub(super) mod advisory;
mod report;

use serde_json::Value;

use crate::scanner::finding::{ParseError, ScanSummary};
use crate::scanner::read::json::{JsonReader, ReadSeek};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// npm audit.
pub(super) struct NpmAudit;

impl Format for NpmAudit {
    fn name(&self) -> &'static str {
        "npm_audit"
    }

    fn title(&self) -> &'static str {
        "npm and pnpm audit JSON (`npm audit --json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        match head.root() {
            Root::Object if head.has_all(&["auditReportVersion", "vulnerabilities"]) => Certainty::Certain,
            Root::Object
                if head.has("advisories")
                    && head.has_any(&["actions", "muted", "metadata.vulnerabilities"]) =>
            {
                Certainty::Certain
            }
            // An audit that failed; it is told why.
            Root::Object if head.has_all(&["error.code", "error.summary"]) => Certainty::Likely,
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
        reader.object(&mut |reader, key| match key {
            "advisories" => records(reader, key, output, &mut advisory::advisory).map(|()| true),
            "vulnerabilities" => records(reader, key, output, &mut report::package).map(|()| true),
            "error" => Err(failed(&reader.value()?)),
            _ => Ok(false),
        })?;
        reader.finish()?;
        Ok(ScanSummary { tool_name: "npm audit".into(), complete: true, ..ScanSummary::default() })
    }
}

/// Reads each value of an object as one record.
fn records(
    reader: &mut JsonReader<'_>,
    list: &str,
    output: &mut Output<'_>,
    read: super::ReadRecord<'_>,
) -> Result<(), ParseError> {
    let wanted = output.wants_records();
    reader.object(&mut |reader, key| {
        let raw = reader.raw()?;
        if wanted {
            output.record(&format!("{list}.{key}"), raw.line, |findings| read(&raw, findings))?;
        }
        Ok(true)
    })
}

fn failed(error: &Value) -> ParseError {
    let text = error["summary"].as_str().or_else(|| error["code"].as_str()).unwrap_or("no reason was given");
    ParseError::whole(format!(
        "npm audit failed: {}. Mend that and run it again; nothing was scanned.",
        text.trim_end_matches('.')
    ))
}
