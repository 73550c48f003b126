//! What every format must hold, from upload to effect: nothing comes of the same again, and one difference in a report
//! is one difference in the register.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::Path;

use abate_integrations::scanner::{Head, ScanFormat, ScanRecord, SecretKey, Severity};
use serde_json::Value;

use super::report::{import, risks};
use super::variant;
use crate::harness::app::TestApp;

/// Identity, content and severity of each finding, and whether it was put aside; nothing where the report cannot be
/// read whole.
type Seen = BTreeMap<[u8; 16], ([u8; 16], i32, bool)>;

/// Formats that tell what happened: nothing that one of them leaves out counts as gone.
const EVENTS: &[&str] = &["cloudtrail", "datadog", "guardduty", "waf"];

fn read(format: &str, bytes: &[u8]) -> Option<Seen> {
    let mut file = Cursor::new(bytes);
    let recognised = ScanFormat::recognise(&Head::read(&mut file).ok()?).ok()?;
    if recognised.name() != format {
        return None;
    }
    let mut seen = Seen::new();
    let mut whole = true;
    let summary = recognised.parse(&mut file, &SecretKey::new([7; 32]), &mut |record| {
        match record {
            ScanRecord::Finding(finding) => {
                let what = (finding.content_hash, finding.severity as i32, finding.suppressed);
                seen.entry(finding.fingerprint.hash).or_insert(what);
            }
            ScanRecord::Rejected(_) => whole = false,
        }
        ControlFlow::Continue(())
    });
    (whole && (summary.ok()?.complete || EVENTS.contains(&format))).then_some(seen)
}

/// A report, the same with one finding less, and the same with one finding worse or at least different.
struct Case {
    format: String,
    name: String,
    whole: String,
    less: Option<String>,
    worse: Option<String>,
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/report");
    let mut cases = Vec::new();
    for folder in std::fs::read_dir(root).unwrap().map(Result::unwrap) {
        let format = folder.file_name().into_string().unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            if name.ends_with(".snap") {
                continue;
            }
            let bytes = std::fs::read(file.path()).unwrap();
            let Some(seen) = read(&format, &bytes) else { continue };
            let others_stay = |other: &Seen, one: &[u8; 16]| {
                seen.iter()
                    .filter(|(hash, _)| *hash != one)
                    .all(|(hash, content)| other.get(hash) == Some(content))
            };
            let less = variant::without_one(&bytes).into_iter().find(|bytes| {
                read(&format, bytes).is_some_and(|other| {
                    let gone: Vec<_> = seen.keys().filter(|hash| !other.contains_key(*hash)).collect();
                    let makes_a_risk = |hash| {
                        seen.get(hash)
                            .is_some_and(|(_, severity, aside)| *severity >= Severity::Low as i32 && !aside)
                    };
                    other.len() + 1 == seen.len()
                        && gone.len() == 1
                        && makes_a_risk(gone[0])
                        && others_stay(&other, gone[0])
                })
            });
            let mut different = None;
            let worse = variant::with_one_changed(&bytes).find(|bytes| {
                let Some(other) = read(&format, bytes) else { return false };
                let of: Vec<_> =
                    seen.iter().filter(|(hash, content)| other.get(*hash) != Some(content)).collect();
                let [(hash, (_, severity, aside))] = of[..] else { return false };
                let Some((_, new, _)) =
                    other.get(hash).filter(|(_, _, new)| other.len() == seen.len() && new == aside && !aside)
                else {
                    return false;
                };
                different.get_or_insert_with(|| bytes.clone());
                new > severity
            });
            // Where the format knows one severity alone, another change stands in for a worse one.
            let worse = worse.or(different);
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
            cases.push(Case {
                format: format.clone(),
                name,
                whole: text(bytes),
                less: less.map(text),
                worse: worse.map(text),
            });
        }
    }
    cases.sort_by(|one, other| (&one.format, &one.name).cmp(&(&other.format, &other.name)));
    cases
}

fn counts(import: &Value, names: &[&str]) -> i64 {
    names.iter().map(|name| import["counts"][*name].as_i64().unwrap_or(0)).sum()
}

/// What an import did to anything.
const EFFECTS: &[&str] =
    &["created", "kept", "waiting", "suppressed", "attached", "updated", "reopened", "vanished"];
/// What it found that nobody knew.
const NEW: &[&str] = &["created", "kept", "waiting", "suppressed", "attached"];

#[tokio::test]
async fn the_same_again_is_nothing_and_one_difference_is_one() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let cases = cases();
    for format in ScanFormat::all() {
        let of_format: Vec<_> = cases.iter().filter(|case| case.format == format.name()).collect();
        // One sample that can do both goes through the application; reading alone is tested with all of them.
        let case = of_format.iter().find(|case| case.less.is_some() && case.worse.is_some());
        let Some(case) = case else {
            panic!("{format:?}: no whole sample can both lose and change a finding")
        };
        let label = format!("{} {}", case.format, case.name);
        let asset = format!("{}-{}", case.format, case.name).replace(['.', '_'], "-");
        let fields = |run: &'static str| {
            [("asset", asset.clone()), ("source", label.clone()), ("run", run.to_owned())]
        };
        let send = async |report: &str, run: &'static str| {
            let fields = fields(run);
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            import(&app, &first, report, &fields).await
        };
        let one = send(&case.whole, "1").await;
        let known = counts(&one, NEW);
        let before = risks(&first, &format!("asset={asset}")).await;
        let same_run = send(&case.whole, "1").await;
        assert_eq!(one["id"], same_run["id"], "{label}: the same run is the same import");
        let again = send(&case.whole, "2").await;
        assert_ne!(one["id"], again["id"], "{label}");
        assert_eq!(counts(&again, EFFECTS), 0, "{label}: the same content changes nothing: {again}");
        assert_eq!(before, risks(&first, &format!("asset={asset}")).await, "{label}");
        if let Some(worse) = &case.worse {
            let other = send(worse, "3").await;
            assert_eq!(counts(&other, &["updated", "reopened"]), 1, "{label}: {other}");
            assert_eq!(counts(&other, EFFECTS), 1, "{label}: {other}");
            let back = send(&case.whole, "4").await;
            assert_eq!(counts(&back, EFFECTS), 1, "{label}: {back}");
        }
        if let Some(less) = &case.less {
            let other = send(less, "5").await;
            assert_eq!(counts(&other, EFFECTS), counts(&other, &["vanished"]), "{label}: {other}");
            let gone = i64::from(!EVENTS.contains(&case.format.as_str()));
            assert_eq!(counts(&other, &["vanished"]), gone, "{label}: {other}");
            let elsewhere = format!("{asset}-elsewhere");
            let fields = [("asset", elsewhere.as_str()), ("source", elsewhere.as_str())];
            let fewer = import(&app, &first, less, &fields).await;
            assert_eq!(counts(&fewer, NEW), known - 1, "{label}: {fewer}");
            let added = import(&app, &first, &case.whole, &fields).await;
            assert_eq!((counts(&added, NEW), counts(&added, EFFECTS)), (1, 1), "{label}: {added}");
        }
    }
}
