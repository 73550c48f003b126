//! GitLab's security reports: SAST, DAST, dependencies, containers and secrets share one shape.

mod record;

use chrono::NaiveDateTime;
use serde::Deserialize;

use crate::scanner::finding::{ParseError, ScanSummary};
use crate::scanner::read::json::{JsonReader, ReadSeek};
use crate::scanner::read::lenient::{first_of, nullable};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::repeats::Repeats;
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// GitLab.
pub(super) struct Gitlab;

/// The values of `scan.type`.
const TYPES: &[&str] = &[
    "sast",
    "dast",
    "dependency_scanning",
    "container_scanning",
    "cluster_image_scanning",
    "secret_detection",
    "api_fuzzing",
    "coverage_fuzzing",
];

impl Format for Gitlab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn title(&self) -> &'static str {
        "GitLab security report (`gl-…-report.json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        if head.root != Root::Object {
            return Certainty::No;
        }
        let typed = TYPES.contains(&head.text("scan.type"))
            && head.has_any(&["scan.scanner", "scan.analyzer", "vulnerabilities", "scan.status"]);
        let listed = head.has_all(&["vulnerabilities.identifiers", "vulnerabilities.location"]);
        let bare = head.has_all(&["version", "vulnerabilities", "remediations"])
            || head.has("vulnerabilities.identifiers");
        match (typed || listed, bare) {
            (true, _) => Certainty::Certain,
            (false, true) => Certainty::Likely,
            (false, false) => Certainty::No,
        }
    }

    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        key: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut reader = JsonReader::new(file)?;
        let mut scan = Scan::default();
        let mut image = String::new();
        let mut repeats = Repeats::default();
        // What kind of scan it was decides how the entries are read.
        reader.object_in_order(&["scan"], &["vulnerabilities"], &mut |reader, name| {
            match name {
                "scan" => scan = reader.raw()?.read::<Scan>().unwrap_or_default(),
                "vulnerabilities" => reader.list(&mut |reader, number| {
                    let raw = reader.raw()?;
                    output.record(&format!("{name}[{number}]"), raw.line, |findings| {
                        let found = record::vulnerability(&raw, &scan.kind, key)?;
                        if image.is_empty() {
                            image = found.image;
                        }
                        // The old key of comparison says which results of a rule are the same for the tool.
                        if found.key.is_empty() || repeats.is_first(&[&found.key]) {
                            findings.push(found.finding);
                        }
                        Ok(())
                    })
                })?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        reader.finish()?;
        let name = first_of(&[&scan.scanner.name, &scan.analyzer.name]);
        Ok(ScanSummary {
            tool_name: match name {
                "" => "GitLab".to_owned(),
                name => format!("GitLab {name}"),
            },
            tool_version: scan.scanner.version.clone(),
            target: image,
            category: scan.kind.clone(),
            scanned_at: NaiveDateTime::parse_from_str(
                scan.end_time.trim_end_matches('Z'),
                "%Y-%m-%dT%H:%M:%S%.f",
            )
            .ok()
            .map(|at| at.and_utc()),
            complete: !scan.status.eq_ignore_ascii_case("failure"),
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Scan {
    #[serde(rename = "type", deserialize_with = "nullable")]
    kind: String,
    #[serde(deserialize_with = "nullable")]
    status: String,
    #[serde(deserialize_with = "nullable")]
    end_time: String,
    #[serde(deserialize_with = "nullable")]
    scanner: Tool,
    #[serde(deserialize_with = "nullable")]
    analyzer: Tool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tool {
    #[serde(deserialize_with = "nullable")]
    name: String,
    #[serde(deserialize_with = "nullable")]
    version: String,
}
