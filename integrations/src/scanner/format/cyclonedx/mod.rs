//! CycloneDX, JSON and XML: the vulnerabilities that a bill of materials lists for its components.

mod json;
mod vulnerability;
mod xml;

use crate::scanner::finding::{ParseError, ScanSummary};
use crate::scanner::read::json::ReadSeek;
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// CycloneDX.
pub(super) struct CycloneDx;

impl Format for CycloneDx {
    fn name(&self) -> &'static str {
        "cyclonedx"
    }

    fn title(&self) -> &'static str {
        "CycloneDX with vulnerabilities, JSON or XML"
    }

    /// Never certain: threat models and exploitability statements are CycloneDX too, with marks of their own.
    fn recognise(&self, head: &Head) -> Certainty {
        let named = match head.root() {
            Root::Object => {
                head.text("bomFormat").eq_ignore_ascii_case("cyclonedx")
                    || head.text("$schema").contains("cyclonedx.org/schema/bom")
            }
            Root::Xml => {
                head.has("bom")
                    && (head.text("bom@xmlns").contains("cyclonedx") || head.has("bom/components"))
            }
            _ => false,
        };
        if named { Certainty::Likely } else { Certainty::No }
    }

    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        _: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut summary =
            ScanSummary { tool_name: "CycloneDX".into(), complete: true, ..ScanSummary::default() };
        if super::is_xml(file)? {
            xml::read(file, output, &mut summary)?;
        } else {
            json::read(file, output, &mut summary)?;
        }
        Ok(summary)
    }
}
