//! What every format must hold, over the samples in `tests/fixtures/report/<format>/`.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::json;

use super::*;

struct Sample {
    format: String,
    path: PathBuf,
    bytes: Vec<u8>,
}

fn samples() -> Vec<Sample> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/report");
    let mut all = Vec::new();
    for folder in std::fs::read_dir(root).unwrap().map(Result::unwrap) {
        for file in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
            if file.path().extension().is_some_and(|extension| extension != "snap") {
                let format = folder.file_name().into_string().unwrap();
                all.push(Sample { format, bytes: std::fs::read(file.path()).unwrap(), path: file.path() });
            }
        }
    }
    all.sort_by(|one, other| one.path.cmp(&other.path));
    all
}

fn read(format: ScanFormat, bytes: &[u8]) -> Result<(ScanSummary, Vec<ScanRecord>), ParseError> {
    let mut records = Vec::new();
    let summary = format.parse(&mut Cursor::new(bytes), &SecretKey::new([3; 32]), &mut |record| {
        records.push(record);
        ControlFlow::Continue(())
    })?;
    Ok((summary, records))
}

fn shown(summary: &ScanSummary, records: &[ScanRecord]) -> serde_json::Value {
    let records: Vec<_> = records
        .iter()
        .map(|record| match record {
            ScanRecord::Rejected(rejected) => json!({"rejected": rejected}),
            ScanRecord::Finding(finding) => {
                let mut shown = BTreeMap::new();
                let mut put = |name: &'static str, value: serde_json::Value| {
                    if !matches!(&value, serde_json::Value::Null)
                        && value.as_str() != Some("")
                        && value.as_array().is_none_or(|list| !list.is_empty())
                        && value != json!(false)
                    {
                        shown.insert(name, value);
                    }
                };
                put("kind", json!(finding.kind));
                put("severity", json!(finding.severity));
                put("title", json!(finding.title));
                put("description", json!(finding.description));
                put("rule", json!(finding.rule));
                put("path", json!(finding.path));
                put("line", json!(finding.line));
                put("resource", json!(finding.resource));
                put("mitigation", json!(finding.mitigation));
                put("package", json!(finding.package));
                put("ids", json!(finding.vulnerability_ids));
                put("cwes", json!(finding.cwes));
                put("cvss", json!(finding.cvss));
                put("techniques", json!(finding.techniques));
                put("status", json!(finding.status));
                put("suppressed", json!(finding.suppressed));
                put("confidential", json!(finding.confidential));
                put("scheme", json!(finding.fingerprint.scheme));
                put("data", serde_json::from_str(&finding.data).unwrap_or_default());
                json!(shown)
            }
        })
        .collect();
    json!({
        "tool": summary.tool_name, "version": summary.tool_version, "target": summary.target,
        "category": summary.category, "scanned_at": summary.scanned_at, "complete": summary.complete,
        "records": records,
    })
}

#[test]
fn every_format_has_a_sample_and_every_sample_is_recognised_as_its_own() {
    let samples = samples();
    for format in ScanFormat::all() {
        assert!(samples.iter().any(|sample| sample.format == format.name()), "{format:?} has no sample");
    }
    for sample in samples {
        let head = Head::read(&mut Cursor::new(&sample.bytes)).unwrap();
        let format =
            ScanFormat::recognise(&head).unwrap_or_else(|error| panic!("{}: {error}", sample.path.display()));
        assert_eq!(format.name(), sample.format, "{}", sample.path.display());
    }
}

#[test]
fn every_sample_reads_as_it_did() {
    for sample in samples() {
        let format = ScanFormat::named(&sample.format).unwrap();
        let (summary, records) =
            read(format, &sample.bytes).unwrap_or_else(|error| panic!("{}: {error}", sample.path.display()));
        let again = read(format, &sample.bytes).unwrap();
        assert_eq!((&summary, &records), (&again.0, &again.1), "{}", sample.path.display());
        assert_eq!(
            summary,
            ScanSummary {
                complete: summary.complete,
                ..format.summary(&mut Cursor::new(&sample.bytes)).unwrap()
            }
        );
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(sample.path.parent().unwrap());
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let name = sample.path.file_name().unwrap().to_str().unwrap().to_owned();
        settings.bind(|| insta::assert_json_snapshot!(name, shown(&summary, &records)));
    }
}

/// Samples carry the word where their format carries secrets.
const CANARY: &str = "CANARY";

#[test]
fn no_secret_leaves_its_parser() {
    for sample in samples() {
        let (_, records) = read(ScanFormat::named(&sample.format).unwrap(), &sample.bytes).unwrap();
        let out = format!("{records:?}");
        assert!(!out.contains(CANARY), "{} lets a secret through: {out}", sample.path.display());
    }
}

#[test]
fn an_invisible_mark_at_the_start_changes_nothing() {
    for sample in samples().iter().filter(|sample| sample.bytes.first().is_some_and(|byte| *byte != b'P')) {
        let format = ScanFormat::named(&sample.format).unwrap();
        let marked = [b"\xEF\xBB\xBF", &*sample.bytes].concat();
        assert_eq!(
            read(format, &marked).unwrap().1,
            read(format, &sample.bytes).unwrap().1,
            "{}",
            sample.path.display()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn damaged_reports_are_answers(one in any::<prop::sample::Index>(), place in 0.0..1.0_f64, byte in any::<u8>(), cut in 0.0..1.0_f64) {
        let samples = samples();
        let sample = one.get(&samples);
        let format = ScanFormat::named(&sample.format).unwrap();
        let at = |share: f64| (share * sample.bytes.len() as f64) as usize;
        let mut damaged = sample.bytes.clone();
        damaged[at(place)] = byte;
        for bytes in [&damaged[..], &sample.bytes[..at(cut)], &damaged[..at(cut)]] {
            let _ = Head::read(&mut Cursor::new(bytes)).and_then(|head| ScanFormat::recognise(&head));
            let _ = read(format, bytes);
        }
    }
}
