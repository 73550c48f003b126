//! The single document that govulncheck wrote before version 1. It rates nothing, so that a person has to.

use serde::Deserialize;
use serde_json::Value;

use super::reach;
use crate::scanner::Output;
use crate::scanner::finding::{Package, ParseError, ScanFinding, Severity};
use crate::scanner::fingerprint::purl_of;
use crate::scanner::format::details::{details, references};
use crate::scanner::read::json::{JsonReader, RawJson, RecordError};
use crate::scanner::read::lenient::{Text, Texts, first_of, nullable, whole};
use crate::scanner::repeats::Repeats;

/// Reads the list of vulnerabilities.
pub(super) fn vulnerabilities(
    reader: &mut JsonReader<'_>,
    output: &mut Output<'_>,
) -> Result<(), ParseError> {
    let mut repeats = Repeats::default();
    output.records(reader, "Vulns", &mut |raw, findings| vulnerability(raw, &mut repeats, findings))
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Record<'a> {
    #[serde(rename = "OSV", borrow, deserialize_with = "nullable")]
    osv: Osv<'a>,
    #[serde(borrow)]
    symbol: Text<'a>,
    #[serde(borrow)]
    pkg_path: Text<'a>,
    #[serde(borrow)]
    mod_path: Text<'a>,
    #[serde(deserialize_with = "whole")]
    call_sink: Option<u64>,
    #[serde(deserialize_with = "whole")]
    import_sink: Option<u64>,
    #[serde(borrow, deserialize_with = "nullable")]
    modules: Vec<Module<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Osv<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    aliases: Texts,
    #[serde(borrow)]
    summary: Text<'a>,
    #[serde(borrow)]
    details: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    references: Vec<Reference<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reference<'a> {
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Module<'a> {
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow)]
    found_version: Text<'a>,
    #[serde(borrow)]
    fixed_version: Text<'a>,
    #[serde(deserialize_with = "nullable")]
    packages: Vec<CalledPackage>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct CalledPackage {
    #[serde(deserialize_with = "nullable")]
    call_stacks: Vec<Value>,
}

/// An advisory is listed once for each of its symbols; the first stands for all.
fn vulnerability(
    raw: &RawJson<'_>,
    repeats: &mut Repeats,
    findings: &mut Vec<ScanFinding>,
) -> Result<(), RecordError> {
    let record: Record<'_> = raw.read()?;
    if record.osv.id.trim().is_empty() {
        return Err(RecordError::Shape("OSV.id is missing".to_owned()));
    }
    if record.modules.is_empty() && repeats.is_first(&[&record.osv.id, &record.mod_path]) {
        let severity = match (record.call_sink.unwrap_or(0), record.import_sink.unwrap_or(0)) {
            (0, 0) => Severity::Info,
            (0, _) => Severity::Low,
            _ => Severity::High,
        };
        let module = Module { path: record.mod_path.clone(), ..Module::default() };
        findings.push(finding(&record, &module, severity)?);
    }
    for module in &record.modules {
        let severity = match module.packages.iter().any(|package| !package.call_stacks.is_empty()) {
            true => Severity::High,
            false if module.packages.is_empty() => Severity::Info,
            false => Severity::Low,
        };
        findings.push(finding(&record, module, severity)?);
    }
    Ok(())
}

fn finding(
    record: &Record<'_>,
    module: &Module<'_>,
    closeness: Severity,
) -> Result<ScanFinding, RecordError> {
    let name = first_of(&[&module.path, &record.pkg_path]);
    if name.is_empty() {
        return Err(RecordError::Shape("the path of the module is missing".to_owned()));
    }
    let osv = &record.osv;
    let ids = std::iter::once(&*osv.id).chain(osv.aliases.iter()).map(str::to_owned).collect();
    let package = Package {
        name: name.to_owned(),
        version: module.found_version.to_string(),
        fixed_version: module.fixed_version.to_string(),
        purl: purl_of("golang", name),
    };
    Ok(ScanFinding {
        description: osv.details.to_string(),
        path: "go.mod".to_owned(),
        status: reach(closeness).to_owned(),
        data: details([
            ("url", Value::from(format!("https://pkg.go.dev/vuln/{}", osv.id.trim()))),
            ("symbol", Value::from(&*record.symbol)),
            ("references", references(osv.references.iter().map(|reference| &*reference.url))),
        ]),
        ..ScanFinding::vulnerable_package(Severity::Unknown, ids, package, &osv.summary)
    }
    .sealed())
}
