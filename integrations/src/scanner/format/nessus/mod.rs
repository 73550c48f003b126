//! Nessus and Tenable Web App Scanning: the `.nessus` XML, and the tables of Nessus, Tenable.sc and Tenable.io.

mod item;
mod report;
mod table;

use crate::scanner::finding::{ParseError, ScanSummary};
use crate::scanner::read::json::ReadSeek;
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// Nessus.
pub(super) struct Nessus;

impl Format for Nessus {
    fn name(&self) -> &'static str {
        "nessus"
    }

    fn title(&self) -> &'static str {
        "Nessus (a scan exported as `.nessus` or CSV)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        match head.root() {
            Root::Xml if head.has("NessusClientData_v2") => Certainty::Certain,
            Root::Table if table::LAYOUTS.iter().any(|layout| head.has_all(layout)) => Certainty::Certain,
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
        if super::is_xml(file)? {
            report::read(file, output, &mut summary)?;
        } else {
            table::read(file, output)?;
        }
        Ok(summary)
    }
}
