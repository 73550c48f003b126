//! What every format must hold, over the samples in `tests/fixtures/workshop/<format>/`.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;

use super::*;

struct Sample {
    format: String,
    path: PathBuf,
    bytes: Vec<u8>,
}

fn samples() -> Vec<Sample> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/workshop");
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

fn read(format: &str, bytes: &[u8]) -> Result<Workshop, WorkshopError> {
    WorkshopFormat::named(format).unwrap().parse(&mut Cursor::new(bytes))
}

fn recognised(bytes: &[u8]) -> Option<(WorkshopFormat, Certainty)> {
    let mut file = Cursor::new(bytes);
    let head = Head::read(&mut file).ok()?;
    WorkshopFormat::recognise(&head, &mut file).ok()?
}

/// Only what is there, so that a snapshot shows what a sample holds.
fn without_nothing(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, value)| (key, without_nothing(value)))
                .filter(|(_, value)| {
                    !(value.is_null()
                        || value == &Value::Bool(false)
                        || value.as_str() == Some("")
                        || value.as_array().is_some_and(Vec::is_empty)
                        || value.as_object().is_some_and(serde_json::Map::is_empty))
                })
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.into_iter().map(without_nothing).collect()),
        other => other,
    }
}

#[test]
fn every_format_has_a_sample_and_every_sample_is_recognised_as_its_own() {
    let samples = samples();
    for format in WorkshopFormat::all() {
        assert!(samples.iter().any(|sample| sample.format == format.name()), "{format:?} has no sample");
    }
    for sample in samples {
        let (format, _) = recognised(&sample.bytes).unwrap_or_else(|| panic!("{}", sample.path.display()));
        assert_eq!(format.name(), sample.format, "{}", sample.path.display());
    }
}

#[test]
fn every_sample_reads_as_it_did() {
    for sample in samples() {
        let workshop = read(&sample.format, &sample.bytes)
            .unwrap_or_else(|error| panic!("{}: {error:?}", sample.path.display()));
        let kept: Workshop = serde_json::from_value(serde_json::to_value(&workshop).unwrap()).unwrap();
        assert_eq!(kept, workshop, "what is kept of a plan is all of it");
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(sample.path.parent().unwrap());
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let name = sample.path.file_name().unwrap().to_str().unwrap().to_owned();
        let shown = without_nothing(serde_json::to_value(&workshop).unwrap());
        settings.bind(|| insta::assert_json_snapshot!(name, shown));
    }
}

#[test]
fn what_a_risk_refers_to_is_there() {
    for sample in samples() {
        let workshop = read(&sample.format, &sample.bytes).unwrap();
        for risk in &workshop.risks {
            let place = format!("{} {}", sample.path.display(), risk.id);
            assert!(!risk.title.is_empty() && !risk.assets.is_empty(), "{place}");
            for asset in &risk.assets {
                assert!(workshop.assets.iter().any(|known| known.id == *asset), "{place}: {asset}");
            }
            for control in &risk.controls {
                assert!(workshop.controls.iter().any(|known| known.id == *control), "{place}: {control}");
            }
            assert!(risk.stride.iter().all(|word| STRIDE_CATEGORIES.contains(&word.as_str())), "{place}");
            assert!(risk.status.is_empty() || STATUSES.contains(&risk.status.as_str()), "{place}");
            let ids = workshop.risks.iter().filter(|other| other.id == risk.id).count();
            assert_eq!(ids, 1, "{place}");
        }
    }
}

#[test]
fn scanner_tables_are_left_to_the_scanner_formats() {
    let findings =
        b"Date,Title,CweId,Url,Severity,Description,Mitigation,Impact,References,Active,Verified\n";
    assert_ne!(recognised(findings).map(|(_, certainty)| certainty), Some(Certainty::Certain));
    assert!(recognised(b"{\"SchemaVersion\": 2, \"ArtifactName\": \".\"}").is_none());
    assert!(recognised(b"hello").is_none());
}

#[test]
fn every_wrong_field_is_named() {
    let wrong =
        br#"[{"synthetic_id": "", "severity": "dire", "risk_status": "??", "exploitation_impact": "odd"}]"#;
    let Err(WorkshopError::Fields(errors)) = read("threagile", wrong) else { panic!("accepted") };
    let paths: Vec<_> = errors.iter().map(|error| error.path.as_str()).collect();
    for path in ["synthetic_id", "severity", "risk_status", "exploitation_impact"] {
        assert!(paths.contains(&format!("risks[0].{path}").as_str()), "{path} not in {paths:?}");
    }
    let wrong = b"Risk,Likelihood,Impact,Due\nA,often,3,soon\n,1,1,\n";
    let Err(WorkshopError::Fields(errors)) = read("risk_csv", wrong) else { panic!("accepted") };
    let paths: Vec<_> = errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(paths, ["row 2, Likelihood", "row 2, Due", "row 3, Risk"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_models_are_answers(place in 0.0..1.0_f64, byte in any::<u8>(), cut in 0.0..1.0_f64) {
        for sample in samples() {
            let at = |share: f64| (share * sample.bytes.len() as f64) as usize;
            let mut damaged = sample.bytes.clone();
            damaged[at(place)] = byte;
            for bytes in [&damaged[..], &sample.bytes[..at(cut)], &damaged[..at(cut)]] {
                let _ = recognised(bytes);
                let _ = read(&sample.format, bytes);
            }
        }
    }

    #[test]
    fn any_cell_in_any_column_is_an_answer(cells in proptest::collection::vec("[ -~;,|\n]{0,12}", 11)) {
        let quoted: Vec<String> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        let text = format!("Ref,Risk,Asset,STRIDE,MITRE,Likelihood,Impact,Rating,Owner,Due,Status\n{}\n", quoted.join(","));
        let _ = read("risk_csv", text.as_bytes());
    }
}
