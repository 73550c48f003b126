//! Our own table, for tools without a format of their own; DefectDojo's generic CSV is part of it.

use super::generic::{Entry, finding};
use crate::scanner::finding::{ParseError, ScanSummary};
use crate::scanner::read::json::ReadSeek;
use crate::scanner::read::lenient::is_true;
use crate::scanner::read::table::{self, Row};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::repeats::Repeats;
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// Generic CSV.
pub(super) struct GenericCsv;

/// Columns that only the generic table has beside those that every table has.
const OWN_COLUMNS: &[&str] =
    &["cweid", "falsepositive", "fingerprint", "uniqueidfromtool", "purl", "cve", "cvssv3", "cvssv4"];

impl Format for GenericCsv {
    fn name(&self) -> &'static str {
        "generic_csv"
    }

    fn title(&self) -> &'static str {
        "generic CSV (with the columns title, severity and description)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        if head.root() != Root::Table || !head.has_all(&["title", "severity"]) {
            return Certainty::No;
        }
        match head.has("description") && head.has_any(OWN_COLUMNS) {
            true => Certainty::Certain,
            false => Certainty::Likely,
        }
    }

    /// A table has no end mark, so that a file cut between two rows reads as a whole one; a report that shrinks much
    /// waits for a person all the same.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        key: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut repeats = Repeats::default();
        let mut number = 0;
        table::rows(file, &mut |row| {
            number += 1;
            output.record(&format!("row {number}"), row.line, |findings| {
                let parts = [row.cell("title"), row.cell("severity"), row.cell("description")];
                let place =
                    [row.cell("fingerprint"), row.cell("purl"), row.cell("resource"), row.cell("path")];
                if repeats.is_first(&[&parts[..], &place[..]].concat()) {
                    row.required("title")?;
                    findings.push(finding(&entry(row), key)?);
                }
                Ok(())
            })
        })?;
        Ok(ScanSummary { tool_name: "Generic".into(), complete: true, ..ScanSummary::default() })
    }
}

fn entry<'r>(row: &'r Row<'_>) -> Entry<'r> {
    let lines = |cell: &'r str| {
        cell.split(['\n', ',', ';', ' ']).map(str::trim).filter(|part| !part.is_empty()).collect()
    };
    let put_aside = [
        "false positive",
        "false p",
        "duplicate",
        "out of scope",
        "risk accepted",
        "is mitigated",
        "suppressed",
    ];
    let inactive = ["false", "no", "0"].iter().any(|no| row.cell("active").eq_ignore_ascii_case(no));
    Entry {
        title: row.cell("title"),
        severity: row.cell("severity"),
        description: row.cell("description"),
        kind: row.cell("kind"),
        rule: row.first_of(&["rule", "vuln id from tool"]),
        identity: row.first_of(&["fingerprint", "unique id from tool"]),
        mitigation: row.cell("mitigation"),
        impact: row.cell("impact"),
        references: lines(row.cell("references")),
        path: row.first_of(&["path", "file path"]),
        line: row.cell("line"),
        resource: row.cell("resource"),
        addresses: row.cell("url").split_whitespace().collect(),
        parameter: row.cell("parameter"),
        secret: row.cell("secret"),
        snippet: row.cell("snippet"),
        purl: row.cell("purl"),
        component: row.cell("component name"),
        version: row.cell("component version"),
        fixed_version: row.cell("fix version"),
        ids: lines(row.first_of(&["cve", "vulnerability ids", "vulnerability id"])),
        cwes: lines(row.first_of(&["cwe", "cwe id"])),
        techniques: lines(row.cell("techniques")),
        vectors: [row.cell("cvssv4"), row.cell("cvssv3")],
        status: row.cell("status"),
        suppressed: inactive || put_aside.iter().any(|column| is_true(row.cell(column))),
        strict: false,
    }
}
