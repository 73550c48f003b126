//! Semgrep's JSON: the results of a run, and the findings of its platform's API.

use serde::Deserialize;
use serde_json::json;

use super::semgrep_supply_chain;
use crate::scanner::finding::{FindingKind, Package, ParseError, ScanFinding, ScanSummary, Severity};
use crate::scanner::fingerprint::{self, normal_snippet, purl_of};
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::read::lenient::{Text, Texts, first_of, is_true, line_of, nullable};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::repeats::Repeats;
use crate::scanner::secret::{self, SecretKey};
use crate::scanner::weakness::{cwes, vulnerability_ids};
use crate::scanner::{Format, Output};

/// Semgrep.
pub(super) struct Semgrep;

impl Format for Semgrep {
    fn name(&self) -> &'static str {
        "semgrep"
    }

    fn title(&self) -> &'static str {
        "Semgrep JSON (`semgrep scan --json`, or the findings API)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        if head.root != Root::Object {
            return Certainty::No;
        }
        let run = head.has_all(&["results.check_id", "results.path"])
            || (head.has("results")
                && head.has_any(&["interfile_languages_used", "paths.scanned", "skipped_rules"]));
        let platform = head.has_any(&["findings.syntactic_id", "findings.match_based_id"])
            || head.has_all(&["vulns.advisory", "vulns.matchedDependency"]);
        // A run that found nothing, in an older or a shortened report.
        let nothing = head.has_all(&["results", "errors"])
            && !head.has("generated_at")
            && head.text("results").is_empty();
        match (run || platform, nothing) {
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
        let mut summary =
            ScanSummary { tool_name: "Semgrep".into(), complete: true, ..ScanSummary::default() };
        let mut repeats = Repeats::default();
        reader.object(&mut |reader, name| {
            match name {
                "version" => summary.tool_version = reader.text()?,
                "results" => {
                    output.records(reader, name, &mut |raw, findings| {
                        result(raw, key, &mut repeats, findings)
                    })?;
                }
                "findings" => output.records(reader, name, &mut |raw, findings| platform(raw, findings))?,
                "vulns" => output.records(reader, name, &mut |raw, findings| {
                    findings.push(semgrep_supply_chain::vulnerability(raw)?);
                    Ok(())
                })?,
                // The platform answers in pages.
                "hasMore" => summary.complete &= !reader.value::<Option<bool>>()?.unwrap_or_default(),
                // Files that could not be parsed were not looked at; other entries are warnings.
                "errors" => reader.list(&mut |reader, _| {
                    let problem: Problem = reader.raw()?.read().unwrap_or_default();
                    summary.complete &= problem.level != "error";
                    Ok(())
                })?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        reader.finish()?;
        Ok(summary)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Problem {
    #[serde(deserialize_with = "nullable")]
    level: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Place<'a> {
    #[serde(borrow)]
    line: Text<'a>,
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    check_id: Text<'a>,
    #[serde(borrow, default)]
    path: Text<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    start: Place<'a>,
    #[serde(borrow)]
    extra: Extra<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Extra<'a> {
    #[serde(borrow)]
    message: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow)]
    lines: Text<'a>,
    #[serde(borrow)]
    fix: Text<'a>,
    #[serde(borrow)]
    is_ignored: Text<'a>,
    #[serde(borrow)]
    validation_state: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    metadata: Metadata<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    sca_info: ScaInfo<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata<'a> {
    cwe: Texts,
    references: Texts,
    #[serde(borrow)]
    source: Text<'a>,
    #[serde(borrow)]
    confidence: Text<'a>,
    #[serde(borrow)]
    secret_type: Text<'a>,
    #[serde(rename = "sca-vuln-database-identifier", borrow)]
    vulnerability: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ScaInfo<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    dependency_match: DependencyMatch<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct DependencyMatch<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    found_dependency: FoundDependency<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct FoundDependency<'a> {
    #[serde(borrow)]
    package: Text<'a>,
    #[serde(borrow)]
    version: Text<'a>,
    #[serde(borrow)]
    ecosystem: Text<'a>,
}

/// A run without login masks code and fingerprint by this.
const LOGIN: &str = "requires login";

/// The tool's own scale, in which "info" is the lowest level of a weakness.
fn severity_of(word: &str) -> Result<Severity, RecordError> {
    match word.trim().to_ascii_uppercase().as_str() {
        "CRITICAL" => Ok(Severity::Critical),
        "ERROR" | "HIGH" => Ok(Severity::High),
        "WARNING" | "MEDIUM" => Ok(Severity::Medium),
        "INFO" | "LOW" | "INVENTORY" | "EXPERIMENT" => Ok(Severity::Low),
        "" => Ok(Severity::Unknown),
        _ => Err(RecordError::Shape("its severity is none that Semgrep uses".into())),
    }
}

fn result(
    raw: &RawJson<'_>,
    key: &SecretKey,
    repeats: &mut Repeats,
    findings: &mut Vec<ScanFinding>,
) -> Result<(), RecordError> {
    let record: Record<'_> = raw.read()?;
    let extra = &record.extra;
    if record.check_id.is_empty() {
        return Err(RecordError::Shape("check_id is empty".into()));
    }
    let severity = severity_of(&extra.severity)?;
    if !repeats.is_first(&[&record.check_id, &record.path, &record.start.line]) {
        return Ok(());
    }
    let path = record.path.strip_prefix("./").unwrap_or(&record.path);
    let lines = if extra.lines.trim() == LOGIN { "" } else { extra.lines.trim() };
    let weaknesses = cwes(extra.metadata.cwe.iter());
    let is_secret = names_secrets(&record.check_id)
        || !extra.metadata.secret_type.is_empty()
        || weaknesses.iter().any(|cwe| ["CWE-259", "CWE-321", "CWE-798"].contains(&cwe.as_str()));
    let dependency = &extra.sca_info.dependency_match.found_dependency;
    let references: Vec<_> = extra.metadata.references.iter().take(10).collect();
    let mut data = json!({
        "url": &*extra.metadata.source, "references": references, "confidence": &*extra.metadata.confidence,
    });
    let mut finding = if !dependency.package.is_empty() {
        let mut ids = vulnerability_ids(&extra.metadata.vulnerability);
        if ids.is_empty() {
            ids.push(record.check_id.to_string());
        }
        let package = Package {
            name: dependency.package.to_string(),
            version: dependency.version.to_string(),
            fixed_version: String::new(),
            purl: purl_of(&dependency.ecosystem, &dependency.package),
        };
        ScanFinding::vulnerable_package(severity, ids, package, "")
    } else if is_secret {
        // All of the code counts as the value: the tool does not say which part of it is.
        let value = first_of(&[lines, path]);
        let identity = fingerprint::secret(&record.check_id, path, &key.hash(&normal_snippet(value)));
        data["match"] = json!(key.mask(lines));
        ScanFinding::of(FindingKind::Secret, severity, &record.check_id, identity)
    } else {
        data["snippet"] = json!(lines.chars().take(2_000).collect::<String>());
        data["fix"] = json!(&*extra.fix);
        let identity = fingerprint::code(&record.check_id, path, &normal_snippet(lines));
        ScanFinding::of(FindingKind::Code, severity, &record.check_id, identity)
    };
    let message = match is_secret {
        true => secret::scrub(&extra.message, lines),
        false => extra.message.to_string(),
    };
    if finding.title.is_empty() {
        finding.title = title_of(&record.check_id).to_owned();
    }
    findings.push(
        ScanFinding {
            description: message,
            path: path.to_owned(),
            line: line_of(&record.start.line),
            cwes: weaknesses,
            suppressed: is_true(&extra.is_ignored),
            status: extra.validation_state.to_ascii_lowercase(),
            data: data.to_string(),
            ..finding
        }
        .sealed(),
    );
    Ok(())
}

/// Whether a rule looks for credentials, so that the code that it shows holds one.
fn names_secrets(check: &str) -> bool {
    let check = check.to_ascii_lowercase();
    check
        .split(['.', '-', '_', '/'])
        .any(|word| ["secret", "secrets", "hardcoded", "hardcode"].contains(&word))
}

/// Rules repeat their own name as a folder; the last part says what it is.
fn title_of(check: &str) -> &str {
    check.rsplit('.').next().unwrap_or(check)
}

#[derive(Deserialize)]
struct Issue<'a> {
    #[serde(borrow, default)]
    match_based_id: Text<'a>,
    #[serde(borrow, default)]
    syntactic_id: Text<'a>,
    #[serde(borrow, default)]
    line_of_code_url: Text<'a>,
    #[serde(borrow, default)]
    triage_state: Text<'a>,
    #[serde(borrow, default)]
    state: Text<'a>,
    #[serde(borrow, default)]
    status: Text<'a>,
    #[serde(borrow, default)]
    severity: Text<'a>,
    #[serde(borrow, default)]
    rule_name: Text<'a>,
    #[serde(borrow, default)]
    rule_message: Text<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    repository: Repository<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    location: Location<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    rule: Rule<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Repository<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Location<'a> {
    #[serde(borrow)]
    file_path: Text<'a>,
    #[serde(borrow)]
    line: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Rule<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    message: Text<'a>,
    cwe_names: Texts,
}

/// A finding of the platform's API. Code is not part of it, so its own id, which follows the code, tells it apart.
fn platform(raw: &RawJson<'_>, findings: &mut Vec<ScanFinding>) -> Result<(), RecordError> {
    let record: Issue<'_> = raw.read()?;
    let rule = first_of(&[&record.rule_name, &record.rule.name]);
    if rule.is_empty() {
        return Err(RecordError::Shape("rule_name is missing".into()));
    }
    let id = first_of(&[&record.match_based_id, &record.syntactic_id]);
    let path = &record.location.file_path;
    let put_aside = ["ignored", "fixed", "removed", "resolved", "muted", "false_positive"];
    let said = |word: &str| put_aside.iter().any(|known| word.eq_ignore_ascii_case(known));
    let identity = fingerprint::code(rule, path, id);
    findings.push(
        ScanFinding {
            title: title_of(rule).to_owned(),
            description: first_of(&[&record.rule_message, &record.rule.message]).to_owned(),
            path: path.to_string(),
            line: line_of(&record.location.line),
            resource: record.repository.name.to_string(),
            cwes: cwes(record.rule.cwe_names.iter()),
            status: first_of(&[&record.status, &record.state]).to_ascii_lowercase(),
            suppressed: [&record.triage_state, &record.state, &record.status].iter().any(|word| said(word)),
            data: json!({ "url": &*record.line_of_code_url }).to_string(),
            ..ScanFinding::of(FindingKind::Code, severity_of(&record.severity)?, rule, identity)
        }
        .sealed(),
    );
    Ok(())
}
