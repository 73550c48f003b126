//! The tables: of Nessus, of Tenable.sc, and of Tenable.io, each with columns of its own.

use super::item::{Item, severity};
use crate::scanner::Output;
use crate::scanner::finding::{ParseError, Severity};
use crate::scanner::read::json::ReadSeek;
use crate::scanner::read::table::{self, Row};
use crate::scanner::repeats::Repeats;

/// Columns that tell each of the tables.
pub(super) const LAYOUTS: &[&[&str]] = &[
    &["pluginid", "risk", "host", "name"],
    &["plugin", "pluginname", "severity", "ipaddress"],
    &["definition.id", "definition.name", "asset.name", "severity"],
];

/// Reads each row. A table has no end mark, so that one cut between two rows reads as a whole one; a report that shrinks
/// much waits for a person all the same.
pub(super) fn read(file: &mut dyn ReadSeek, output: &mut Output<'_>) -> Result<(), ParseError> {
    let mut repeats = Repeats::default();
    let mut number = 0;
    table::rows(file, &mut |row| {
        number += 1;
        output.record(&format!("row {number}"), row.line, |findings| {
            findings.extend(item(row).finding(&mut repeats)?);
            Ok(())
        })
    })
}

fn item<'r>(row: &'r Row<'_>) -> Item<'r> {
    let split = |cell: &'r str| cell.split([',', ';', ' ', '\n']).map(str::trim).collect::<Vec<_>>();
    let level = row.first_of(&["severity", "risk", "definition.severity", "risk factor"]);
    let references = row.first_of(&["xref", "cross references", "definition.references"]);
    let mut weaknesses = split(row.cell("definition.cwe"));
    weaknesses.extend(split(references).into_iter().filter(|text| text.starts_with("CWE")));
    Item {
        plugin: row.first_of(&["plugin id", "plugin", "definition.id"]),
        name: row.first_of(&["name", "plugin name", "definition.name"]),
        policy_check: "",
        family: row.first_of(&["family", "definition.family"]),
        service: "",
        severity: severity(level).unwrap_or(Severity::Unknown),
        state: row.cell("state"),
        host: row.first_of(&[
            "host",
            "ip address",
            "asset.name",
            "asset.display_fqdn",
            "asset.display_ipv4_address",
        ]),
        resource: row.first_of(&["fqdn", "dns name", "asset.display_fqdn"]),
        port: row.cell("port"),
        protocol: row.cell("protocol"),
        synopsis: row.first_of(&["synopsis", "definition.synopsis"]),
        description: row.first_of(&["description", "definition.description"]),
        solution: row.first_of(&["solution", "steps to remediate", "definition.solution"]),
        links: split(row.first_of(&["see also", "definition.see_also"])),
        ids: vec![row.first_of(&["cve", "definition.cve"])],
        weaknesses,
        ratings: vec![
            ("", row.cell("cvss v4.0 base score")),
            (
                row.first_of(&["cvss v3 vector", "definition.cvss3.base_vector"]),
                row.first_of(&[
                    "cvss v3.0 base score",
                    "cvss v3 base score",
                    "cvssv3",
                    "definition.cvss3.base_score",
                ]),
            ),
            (
                row.first_of(&["cvss v2 vector", "definition.cvss2.base_vector"]),
                row.first_of(&[
                    "cvss v2.0 base score",
                    "cvss v2 base score",
                    "cvss",
                    "definition.cvss2.base_score",
                ]),
            ),
        ],
    }
}
