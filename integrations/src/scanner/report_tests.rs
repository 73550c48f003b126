//! Whole reports through the public door.

use std::io::Cursor;
use std::ops::ControlFlow;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const TRIVY: &str = include_str!("../../../tests/fixtures/report/trivy/image.json");
const SARIF: &str = include_str!("../../../tests/fixtures/report/sarif/code.json");

#[derive(Debug, Default)]
struct Report {
    summary: ScanSummary,
    findings: Vec<ScanFinding>,
    rejected: Vec<RejectedRecord>,
}

fn read_bytes(bytes: &[u8]) -> Result<Report, ParseError> {
    let mut file = Cursor::new(bytes);
    let format = ScanFormat::recognise(&Head::read(&mut file)?)?;
    let mut report = Report::default();
    report.summary = format.parse(&mut file, &SecretKey::new([3; 32]), &mut |record| {
        match record {
            ScanRecord::Finding(finding) => report.findings.push(*finding),
            ScanRecord::Rejected(rejected) => report.rejected.push(rejected),
        }
        ControlFlow::Continue(())
    })?;
    Ok(report)
}

fn read(text: &str) -> Report {
    read_bytes(text.as_bytes()).unwrap()
}

fn finding<'r>(report: &'r Report, rule: &str) -> &'r ScanFinding {
    report.findings.iter().find(|finding| finding.rule == rule).unwrap()
}

fn fingerprints(report: &Report) -> Vec<Fingerprint> {
    let mut all: Vec<_> = report.findings.iter().map(|finding| finding.fingerprint).collect();
    all.sort();
    all
}

#[test]
fn a_trivy_report_gives_all_kinds_of_finding() {
    let report = read(TRIVY);
    assert_eq!(report.summary.tool_version, "0.68.1");
    assert_eq!(report.summary.target, "registry.example.com/orchard/api:2.1");
    assert_eq!(report.summary.scanned_at.unwrap().to_rfc3339(), "2026-03-01T07:00:00+00:00");
    let kinds: Vec<_> = report.findings.iter().map(|finding| finding.kind.as_str()).collect();
    assert_eq!(kinds, ["vulnerability", "vulnerability", "misconfiguration", "secret", "secret", "licence"]);

    let pear = finding(&report, "CVE-2026-10001");
    assert_eq!(pear.severity, Severity::Critical);
    assert_eq!(pear.title, "CVE-2026-10001: libpear: overflow when peeling");
    assert_eq!(pear.vulnerability_ids, ["CVE-2026-10001", "DSA-1-1"]);
    assert_eq!(pear.path, "registry.example.com/orchard/api (debian 12.5)");
    assert_eq!(pear.package.as_ref().unwrap().fixed_version, "1.2-2");
    let sources: Vec<_> = pear.cvss.iter().map(|rating| (rating.source.as_str(), rating.score)).collect();
    assert_eq!(sources, [("nvd", Some(9.3)), ("nvd", Some(9.8)), ("redhat", Some(8.1))]);
    let plum = finding(&report, "CVE-2026-10002");
    assert_eq!(
        (plum.severity, plum.status.as_str(), plum.suppressed),
        (Severity::Medium, "will_not_fix", false)
    );

    let root = finding(&report, "AVD-DS-0002");
    assert_eq!((root.path.as_str(), root.line), ("Dockerfile", Some(4)));
}

#[test]
fn records_that_cannot_be_read_are_named_and_make_the_report_partial() {
    let report = read(TRIVY);
    let rejected: Vec<_> = report
        .rejected
        .iter()
        .map(|rejected| (rejected.index, rejected.path.as_str(), rejected.line))
        .collect();
    assert_eq!(
        rejected,
        [(2, "Results[0].Vulnerabilities[2]", 25), (3, "Results[0].Vulnerabilities[3]", 26)]
    );
    assert!(report.rejected[1].reason.contains("VulnerabilityID"));
    assert!(!report.summary.complete);
}

#[test]
fn no_secret_leaves_the_parser() {
    for (text, secret) in [(TRIVY, "0123456789abcdef"), (SARIF, "tr0ub4dor")] {
        let report = read(text);
        assert!(!format!("{report:?}").contains(secret));
        assert!(report.findings.iter().any(|finding| finding.confidential));
    }
}

#[test]
fn a_sarif_run_is_read_although_its_rules_come_last() {
    let report = read(SARIF);
    assert_eq!(
        (report.summary.tool_name.as_str(), report.summary.tool_version.as_str()),
        ("OrchardScan", "9.1.0")
    );
    assert_eq!(
        (report.summary.target.as_str(), report.summary.category.as_str()),
        ("https://git.example.com/orchard", "nightly")
    );
    assert_eq!(report.findings.len(), 4);
    let sql = finding(&report, "or/sql");
    assert_eq!((sql.severity, sql.path.as_str(), sql.line), (Severity::High, "src/basket.py", Some(14)));
    assert_eq!(sql.title, "Query built from input");
    assert_eq!(sql.description, "Query built from a basket.\n\nInput reaches a query.");
    assert_eq!(sql.cwes, ["CWE-89"]);
    let path = finding(&report, "or/path/joined");
    assert_eq!((path.severity, path.path.as_str(), path.suppressed), (Severity::High, "src/upload.py", true));
    assert_eq!(path.description, "Path from upload");
    assert_eq!(path.cwes, ["CWE-22"]);
    assert_eq!(finding(&report, "or/password").path, "src/login.py");
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.rule == "or/sql" && finding.path.is_empty() && !finding.suppressed)
    );
    assert_eq!(report.rejected.len(), 1);
    assert_eq!(report.rejected[0].path, "runs[0].results[4]");
}

#[test]
fn empty_reports_say_whether_a_scan_took_place() {
    for (text, complete) in [
        ("null", true),
        (r#"{"SchemaVersion": 2, "ArtifactName": "x"}"#, true),
        (r#"{"version": "2.1.0", "runs": []}"#, false),
        (r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": []}]}"#, true),
        (r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": null}]}"#, false),
        (
            r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "invocations": [{"executionSuccessful": false}], "results": []}]}"#,
            false,
        ),
    ] {
        let report = read(text);
        assert_eq!((report.findings.len(), report.summary.complete), (0, complete), "{text}");
    }
}

#[test]
fn older_lists_and_cluster_reports_are_read() {
    let results = serde_json::from_str::<Value>(TRIVY).unwrap()["Results"].take();
    let list = read(&results.to_string());
    assert_eq!(fingerprints(&list), fingerprints(&read(TRIVY)));
    let workload =
        |name: &str| json!({ "Results": results, "Name": name, "Kind": "Deployment", "Namespace": "shop" });
    let cluster = read(
        &json!({ "ClusterName": "orchard", "Resources": [workload("api"), workload("web")] }).to_string(),
    );
    assert_eq!(cluster.summary.target, "orchard");
    assert_eq!(cluster.findings.len(), 2 * list.findings.len());
    let mut distinct = fingerprints(&cluster);
    distinct.dedup();
    assert_eq!(distinct.len(), cluster.findings.len());
    assert!(cluster.findings[0].path.starts_with("shop/Deployment/api: "));
}

#[test]
fn a_new_build_of_an_image_changes_nothing() {
    let later = TRIVY
        .replace("api:2.1", "api:2.2")
        .replace("sha256:01", "sha256:02")
        .replace("2026-02-02", "2026-03-03");
    assert_eq!(read(&later).findings, read(TRIVY).findings);
}

#[test]
fn a_new_version_or_severity_changes_content_and_not_identity() {
    let before = read(TRIVY);
    let after = read(&TRIVY.replace("\"1.2-2\"", "\"1.2-3\""));
    assert_eq!(fingerprints(&before), fingerprints(&after));
    assert_ne!(
        finding(&before, "CVE-2026-10001").content_hash,
        finding(&after, "CVE-2026-10001").content_hash
    );
    assert_eq!(
        finding(&before, "CVE-2026-10002").content_hash,
        finding(&after, "CVE-2026-10002").content_hash
    );
}

#[test]
fn what_cannot_be_read_is_answered_with_a_place() {
    for (bytes, expected) in [
        (TRIVY.as_bytes()[..TRIVY.len() / 2].to_vec(), "cut short"),
        (SARIF.as_bytes()[..SARIF.len() - 4].to_vec(), "cut short"),
        (
            format!(
                "{{\"SchemaVersion\": 2, \"ArtifactName\": \"x\", \"Results\": {}{}}}",
                "[".repeat(200),
                "]".repeat(200)
            )
            .into_bytes(),
            "expected",
        ),
        (
            format!(
                "{{\"SchemaVersion\": 2, \"ArtifactName\": \"x\", \"Metadata\": {}{}}}",
                "[".repeat(200),
                "]".repeat(200)
            )
            .into_bytes(),
            "nested",
        ),
        (
            format!(
                "{{\"SchemaVersion\": 2, \"ArtifactName\": \"x\", \"Title\": \"{}\"}}",
                "x".repeat(2 << 20)
            )
            .into_bytes(),
            "KiB",
        ),
        (b"{\"SchemaVersion\": 2, \"ArtifactName\": \"\xC3\x28\"}".to_vec(), "UTF-8"),
        (b"{\"SchemaVersion\": 2, \"ArtifactName\": \"x\"} {}".to_vec(), "follows"),
    ] {
        let error = read_bytes(&bytes).unwrap_err();
        assert!(error.reason.contains(expected), "{error}");
        assert!(error.line.is_some() && error.column.is_some());
    }
}

#[test]
fn the_summary_is_the_same_without_the_records() {
    for text in [TRIVY, SARIF] {
        let mut file = Cursor::new(text);
        let format = ScanFormat::recognise(&Head::read(&mut file).unwrap()).unwrap();
        let summary = format.summary(&mut file).unwrap();
        let whole = read(text).summary;
        assert_eq!(summary, ScanSummary { complete: summary.complete, ..whole });
    }
}

#[test]
fn a_sink_can_break_off() {
    let mut count = 0;
    let result = ScanFormat::named("trivy").unwrap().parse(
        &mut Cursor::new(TRIVY),
        &SecretKey::new([0; 32]),
        &mut |_| {
            count += 1;
            if count == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    );
    assert!(result.is_err());
    assert_eq!(count, 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn order_lines_and_messages_never_change_identity(rotation in 0..6_usize, shift in 1..500_i64, word in "[a-z]{1,12}") {
        let mut document: Value = serde_json::from_str(SARIF).unwrap();
        let results = document["runs"][0]["results"].as_array_mut().unwrap();
        results.rotate_left(rotation);
        for result in results {
            if let Some(line) = result.pointer_mut("/locations/0/physicalLocation/region/startLine") {
                *line = (line.as_i64().unwrap() + shift).into();
            }
            if let Some(text) = result.pointer_mut("/message/text") {
                *text = format!("{word} {}", text.as_str().unwrap()).into();
            }
        }
        prop_assert_eq!(fingerprints(&read(&document.to_string())), fingerprints(&read(SARIF)));
    }

    #[test]
    fn key_order_never_matters(seed in any::<u64>()) {
        for text in [TRIVY, SARIF] {
            let shuffled = shuffle(&serde_json::from_str(text).unwrap(), &mut seed.max(1));
            let (one, other) = (read(&shuffled), read(text));
            prop_assert_eq!(fingerprints(&one), fingerprints(&other));
            let contents = |report: &Report| { let mut all: Vec<_> = report.findings.iter().map(|finding| finding.content_hash).collect(); all.sort_unstable(); all };
            prop_assert_eq!(contents(&one), contents(&other));
            prop_assert_eq!(one.summary, other.summary);
        }
    }

    #[test]
    fn damaged_reports_never_panic(at in 0..3000_usize, byte in any::<u8>(), text in prop_oneof![Just(TRIVY), Just(SARIF)]) {
        let mut bytes = text.as_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = read_bytes(&bytes);
        let _ = read_bytes(&bytes[at..]);
    }
}

/// Writes a document with the keys of every object in another order.
fn shuffle(value: &Value, seed: &mut u64) -> String {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().collect();
            for index in (1..entries.len()).rev() {
                *seed ^= *seed << 13;
                *seed ^= *seed >> 7;
                *seed ^= *seed << 17;
                entries.swap(index, (*seed % (index as u64 + 1)) as usize);
            }
            let entries: Vec<_> = entries
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), shuffle(value, seed)))
                .collect();
            format!("{{{}}}", entries.join(","))
        }
        Value::Array(list) => {
            format!("[{}]", list.iter().map(|value| shuffle(value, seed)).collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}
