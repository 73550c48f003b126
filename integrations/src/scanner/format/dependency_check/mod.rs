//! OWASP Dependency-Check, XML and JSON.

mod json;
mod vulnerability;
mod xml;

use crate::scanner::finding::{ParseError, ScanSummary};
use crate::scanner::read::json::ReadSeek;
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// Dependency-Check.
pub(super) struct DependencyCheck;

impl Format for DependencyCheck {
    fn name(&self) -> &'static str {
        "dependency_check"
    }

    fn title(&self) -> &'static str {
        "Dependency-Check XML or JSON (`dependency-check --format XML`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let marked = match head.root() {
            Root::Object => {
                head.has_all(&["scanInfo", "projectInfo"]) && head.has_any(&["reportSchema", "dependencies"])
            }
            Root::Xml => {
                head.has("analysis")
                    && (head.text("analysis@xmlns").to_ascii_lowercase().contains("dependency-check")
                        || head.has_all(&["analysis/scanInfo", "analysis/projectInfo"]))
            }
            _ => false,
        };
        if marked { Certainty::Certain } else { Certainty::No }
    }

    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut summary =
            ScanSummary { tool_name: "Dependency-Check".into(), complete: true, ..ScanSummary::default() };
        if super::is_xml(file)? {
            xml::read(file, output, &mut summary)?;
        } else {
            json::read(file, output, &mut summary)?;
        }
        Ok(summary)
    }
}
