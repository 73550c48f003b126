//! Checkov's JSON: one object a framework, a list of them, or the bare summary of a run that had nothing to check.

use serde::Deserialize;
use serde_json::json;

use crate::scanner::cvss;
use crate::scanner::finding::{FindingKind, Package, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint::{self, ecosystem_of_file, purl_of};
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, Texts, first_of, line_of, nullable};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::weakness::vulnerability_ids;
use crate::scanner::{Format, Output};

/// Checkov.
pub(super) struct Checkov;

impl Format for Checkov {
    fn name(&self) -> &'static str {
        "checkov"
    }

    fn title(&self) -> &'static str {
        "Checkov JSON (`checkov … -o json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let marked = head.has("checkov_version")
            || head.has("summary.checkov_version")
            || head.has_any(&["results.failed_checks", "results.passed_checks"]);
        match head.root {
            Root::Object | Root::Array if marked => Certainty::Certain,
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
        let mut summary =
            ScanSummary { tool_name: "Checkov".into(), complete: true, ..ScanSummary::default() };
        if reader.peek()? == b'[' {
            reader.list(&mut |reader, number| {
                framework(reader, &format!("[{number}]."), key, output, &mut summary)
            })?;
        } else {
            framework(&mut reader, "", key, output, &mut summary)?;
        }
        reader.finish()?;
        Ok(summary)
    }
}

/// What one framework found; its name may stand before or after the results.
fn framework(
    reader: &mut JsonReader<'_>,
    path: &str,
    key: &SecretKey,
    output: &mut Output<'_>,
    summary: &mut ScanSummary,
) -> Result<(), ParseError> {
    let mut kind = String::new();
    reader.object_in_order(&["check_type"], &["results"], &mut |reader, name| {
        match name {
            "check_type" => kind = reader.text()?,
            "checkov_version" => summary.tool_version = reader.text()?,
            "summary" if reader.peek()? == b'{' => reader.object(&mut |reader, name| {
                if name == "checkov_version" {
                    summary.tool_version = reader.text()?;
                }
                Ok(name == "checkov_version")
            })?,
            "results" => results(reader, path, &kind, key, output, summary)?,
            _ => return Ok(false),
        }
        Ok(true)
    })
}

fn results(
    reader: &mut JsonReader<'_>,
    path: &str,
    kind: &str,
    key: &SecretKey,
    output: &mut Output<'_>,
    summary: &mut ScanSummary,
) -> Result<(), ParseError> {
    reader.object(&mut |reader, name| {
        match name {
            "failed_checks" => {
                output.records(reader, &format!("{path}results.{name}"), &mut |raw, findings| {
                    check(raw, kind, key).map(|finding| findings.push(finding))
                })?
            }
            // Nothing may be concluded about files that could not be read.
            "parsing_errors" => summary.complete &= reader.count()? == 0,
            _ => return Ok(false),
        }
        Ok(true)
    })
}

#[derive(Deserialize)]
struct Check<'a> {
    #[serde(borrow)]
    check_id: Text<'a>,
    #[serde(borrow, default)]
    bc_check_id: Text<'a>,
    #[serde(borrow, default)]
    check_name: Text<'a>,
    #[serde(borrow, default)]
    file_path: Text<'a>,
    #[serde(borrow, default)]
    repo_file_path: Text<'a>,
    #[serde(default)]
    file_line_range: Texts,
    #[serde(borrow, default)]
    resource: Text<'a>,
    #[serde(borrow, default)]
    severity: Text<'a>,
    #[serde(borrow, default)]
    guideline: Text<'a>,
    #[serde(borrow, default)]
    description: Text<'a>,
    #[serde(borrow, default)]
    bc_category: Text<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    vulnerability_details: Details<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Details<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    package_name: Text<'a>,
    #[serde(borrow)]
    package_version: Text<'a>,
    #[serde(borrow)]
    package_type: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    link: Text<'a>,
    #[serde(borrow)]
    vector: Text<'a>,
    #[serde(borrow)]
    lowest_fixed_version: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
}

fn check(raw: &RawJson<'_>, kind: &str, key: &SecretKey) -> Result<ScanFinding, RecordError> {
    let record: Check<'_> = raw.read()?;
    if record.check_id.is_empty() {
        return Err(RecordError::Shape("check_id is empty".into()));
    }
    let details = &record.vulnerability_details;
    let word = first_of(&[&record.severity, &details.severity]);
    let severity = Severity::from_word(word).unwrap_or(Severity::Medium);
    let path = first_of(&[&record.repo_file_path, &record.file_path]);
    let path = path.strip_prefix("./").unwrap_or(path).trim_start_matches('/');
    let title = first_of(&[&record.check_name, &record.check_id]);
    let mut data = json!({
        "url": first_of(&[&record.guideline, &details.link]),
        "resource": &*record.resource,
        "category": &*record.bc_category,
        "platform_check": &*record.bc_check_id,
    });
    let finding = if !details.package_name.is_empty() && !details.id.is_empty() {
        let mut ids = vulnerability_ids(&details.id);
        if ids.is_empty() {
            ids.push(details.id.to_string());
        }
        let package = Package {
            name: details.package_name.to_string(),
            version: details.package_version.to_string(),
            fixed_version: details.lowest_fixed_version.to_string(),
            purl: purl_of(first_of(&[&details.package_type, ecosystem_of_file(path)]), &details.package_name),
        };
        ScanFinding {
            description: details.description.to_string(),
            status: details.status.to_ascii_lowercase(),
            cvss: cvss::rating("checkov", &details.vector).into_iter().collect(),
            ..ScanFinding::vulnerable_package(severity, ids, package, "")
        }
    } else if kind == "secrets" {
        // The tool names a hash of the value as the resource; the code beside it may show parts of the value.
        let value = first_of(&[&record.resource, title]);
        data["resource"] = json!("");
        ScanFinding {
            title: title.to_owned(),
            description: format!("{title} in {path}"),
            cwes: vec!["CWE-798".into()],
            ..ScanFinding::of(
                FindingKind::Secret,
                severity,
                &record.check_id,
                fingerprint::secret(&record.check_id, path, &key.hash(value)),
            )
        }
    } else {
        ScanFinding {
            title: title.to_owned(),
            description: format!("{}\nResource: {}", &*record.description, &*record.resource)
                .trim()
                .to_owned(),
            ..ScanFinding::of(
                FindingKind::Misconfiguration,
                severity,
                &record.check_id,
                fingerprint::misconfiguration(&record.check_id, path, &record.resource),
            )
        }
    };
    let line = record.file_line_range.iter().next().and_then(line_of);
    Ok(ScanFinding { path: path.to_owned(), line, data: data.to_string(), ..finding }.sealed())
}
