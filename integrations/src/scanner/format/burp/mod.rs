//! Burp: the XML of the professional edition, the JUnit XML of Dastardly, and the JSON of the REST and GraphQL APIs.

mod issue;
mod json;

use crate::scanner::finding::{ParseError, ScanSummary};
use crate::scanner::read::json::{JsonReader, ReadSeek};
use crate::scanner::read::xml;
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// Burp.
pub(super) struct Burp;

const ISSUE: &str = "issues/issue";
const FAILURE: &str = "testsuites/testsuite/testcase/failure";

impl Format for Burp {
    fn name(&self) -> &'static str {
        "burp"
    }

    fn title(&self) -> &'static str {
        "Burp (issues as XML, Dastardly's JUnit XML, or JSON of its APIs)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let dastardly = head.text("testsuites@name").to_ascii_lowercase().contains("dastardly");
        match head.root() {
            Root::Xml if head.has("issues@burpVersion") || head.has_all(&["issues/issue/serialNumber"]) => {
                Certainty::Certain
            }
            Root::Xml if dastardly => Certainty::Certain,
            Root::Object
                if head.has("issue_events")
                    && head.has_any(&["scan_metrics", "task_id", "issue_events.issue"]) =>
            {
                Certainty::Certain
            }
            Root::Object if head.has("Issues.issue_type") || head.has_only("Issues") => Certainty::Certain,
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
        let mut summary = ScanSummary {
            tool_name: "Burp".into(),
            tool_version: head.text("issues@burpVersion").to_owned(),
            complete: true,
            ..ScanSummary::default()
        };
        if head.root() != Root::Xml {
            let mut reader = JsonReader::new(file)?;
            json::read(&mut reader, output, &mut summary)?;
            reader.finish()?;
            return Ok(summary);
        }
        let mut number = 0;
        xml::elements(file, &[ISSUE, FAILURE], &mut |found| {
            let path = format!("{}[{number}]", found.path);
            number += 1;
            output.record(&path, found.line, |findings| {
                let issue = match found.path {
                    ISSUE => {
                        found.element.required("name")?;
                        issue::of_xml(&found.element)
                    }
                    _ => issue::of_failure(&found.element, found.around),
                };
                findings.push(issue.finding()?);
                Ok(())
            })
        })?;
        Ok(summary)
    }
}
