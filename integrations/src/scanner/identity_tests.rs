//! Reports of several tools, or of several shapes, that must agree on what the same problem is.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::*;

fn read(report: &str) -> (ScanSummary, Vec<ScanRecord>) {
    let mut file = Cursor::new(report.as_bytes());
    let format = ScanFormat::recognise(&Head::read(&mut file).unwrap()).unwrap();
    let mut records = Vec::new();
    let summary = format
        .parse(&mut file, &SecretKey::new([3; 32]), &mut |record| {
            records.push(record);
            ControlFlow::Continue(())
        })
        .unwrap();
    (summary, records)
}

fn findings(report: &Value) -> Vec<ScanFinding> {
    let records = read(&report.to_string()).1.into_iter();
    records
        .map(|record| match record {
            ScanRecord::Finding(finding) => *finding,
            ScanRecord::Rejected(rejected) => panic!("{rejected:?}"),
        })
        .collect()
}

fn identities(report: &Value) -> BTreeSet<Fingerprint> {
    findings(report).into_iter().map(|finding| finding.fingerprint).collect()
}

#[test]
fn trivy_and_grype_see_one_problem_in_one_image() {
    let trivy = |class: &str, system: &str, packages: &[(&str, &str, &str)]| {
        let vulnerabilities: Vec<_> = packages
            .iter()
            .map(|(id, name, purl)| {
                json!({"VulnerabilityID": id, "PkgName": name, "PkgIdentifier": {"PURL": purl}, "InstalledVersion": "1", "Severity": "HIGH"})
            })
            .collect();
        json!({"Target": "shop", "Class": class, "Type": system, "Vulnerabilities": vulnerabilities})
    };
    let trivy = json!({"SchemaVersion": 2, "ArtifactName": "shop:1", "Results": [
        trivy("os-pkgs", "debian", &[("CVE-2026-1", "libstdc++6", "pkg:deb/debian/libstdc%2B%2B6@12.2?arch=amd64&distro=debian-12.5")]),
        trivy("os-pkgs", "redhat", &[("CVE-2026-2", "curl", "pkg:rpm/redhat/curl@7?arch=x86_64")]),
        trivy("os-pkgs", "alpine", &[("CVE-2026-3", "musl", "")]),
        trivy("lang-pkgs", "python-pkg", &[("CVE-2026-4", "ruamel.yaml", "pkg:pypi/ruamel.yaml@0.1"), ("CVE-2026-5", "Django", "")]),
        trivy("lang-pkgs", "node-pkg", &[("CVE-2026-6", "@farm/pear", "pkg:npm/%40farm/pear@1.0.0")]),
        trivy("lang-pkgs", "gobinary", &[("CVE-2026-7", "github.com/Farm/pear", "pkg:golang/github.com/farm/pear@v1")]),
        trivy("lang-pkgs", "jar", &[("CVE-2026-8", "org.farm:orchard", "")]),
        trivy("lang-pkgs", "node-pkg", &[("GHSA-aaaa-bbbb-cccc", "plum", "pkg:npm/plum@1")]),
    ]});
    let grype = |id: &str, related: Value, kind: &str, name: &str, purl: &str, namespace: &str| {
        json!({
            "vulnerability": {"id": id, "severity": "High", "namespace": namespace},
            "relatedVulnerabilities": related,
            "artifact": {"name": name, "version": "1", "type": kind, "purl": purl}
        })
    };
    let cve = |id: &str| json!([{"id": id}]);
    let grype = json!({"matches": [
        grype("CVE-2026-1", cve("CVE-2026-1"), "deb", "libstdc++6", "pkg:deb/debian/libstdc++6@12.2?arch=amd64&upstream=gcc-12&distro=debian-12", "debian:distro:debian:12"),
        grype("CVE-2026-2", json!([]), "rpm", "curl", "pkg:rpm/rhel/curl@7?arch=x86_64&distro=rhel-8.7", "redhat:distro:redhat:8"),
        grype("CVE-2026-3", json!(null), "apk", "musl", "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20", "alpine:distro:alpine:3.20"),
        grype("GHSA-1111-1111-1111", cve("CVE-2026-4"), "python", "ruamel-yaml", "pkg:pypi/ruamel-yaml@0.1", "github:language:python"),
        grype("GHSA-2222-2222-2222", cve("CVE-2026-5"), "python", "Django", "pkg:pypi/Django@3", "github:language:python"),
        grype("GHSA-3333-3333-3333", cve("CVE-2026-6"), "npm", "@farm/pear", "pkg:npm/%40farm/pear@1.0.0", "github:language:javascript"),
        grype("GHSA-4444-4444-4444", cve("CVE-2026-7"), "go-module", "github.com/farm/pear", "pkg:golang/github.com/farm/pear@v1", "github:language:go"),
        grype("GHSA-5555-5555-5555", cve("CVE-2026-8"), "java-archive", "orchard", "pkg:maven/org.farm/orchard@1", "github:language:java"),
        grype("GHSA-aaaa-bbbb-cccc", json!([]), "npm", "plum", "", "github:language:javascript"),
    ], "source": {"type": "image", "target": {"userInput": "shop:1"}}, "descriptor": {"name": "grype"}});
    let (trivy, grype) = (identities(&trivy), identities(&grype));
    assert_eq!(trivy.len(), 9);
    assert_eq!(trivy, grype);
}

fn sarif(locations: Value) -> Value {
    json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "lint"}}, "results": [{
        "ruleId": "password", "message": {"text": "found"}, "locations": locations
    }]}]})
}

fn location(path: &str, line: u32, code: &str) -> Value {
    json!({"physicalLocation": {"artifactLocation": {"uri": path}, "region": {"startLine": line, "snippet": {"text": code}}}})
}

#[test]
fn a_result_gives_one_finding_for_each_of_its_places() {
    let one = sarif(json!([location("a.js", 1, "x"), location("a.js", 9, "y"), location("b.js", 3, "x")]));
    let places: Vec<_> =
        findings(&one).into_iter().map(|finding| (finding.path, finding.line.unwrap())).collect();
    assert_eq!(places, [("a.js".to_owned(), 1), ("a.js".to_owned(), 9), ("b.js".to_owned(), 3)]);
    let moved =
        sarif(json!([location("b.js", 4, "x"), location("a.js", 2, "  x"), location("a.js", 10, "y")]));
    assert_eq!(identities(&one).len(), 3);
    assert_eq!(identities(&one), identities(&moved));
    let alone = sarif(json!([location("a.js", 1, "x")]));
    assert!(identities(&alone).is_subset(&identities(&one)));
    assert_eq!(findings(&sarif(json!([])))[0].path, "");
    assert_eq!(findings(&sarif(json!(null))).len(), 1);
}

#[test]
fn a_million_places_of_one_result_are_an_answer() {
    let text = sarif(json!([])).to_string();
    let many = text.replace("\"locations\":[]", &format!("\"locations\":[{}{{}}]", "{},".repeat(1_000_000)));
    let (summary, records) = read(&many);
    assert!(!summary.complete);
    let [ScanRecord::Rejected(rejected)] = &records[..] else { panic!("{} records", records.len()) };
    assert!(rejected.reason.contains("1000001 locations"), "{}", rejected.reason);
}

#[test]
fn repositories_of_one_answer_keep_their_own_alerts() {
    let repository = |name: &str| {
        json!({"nameWithOwner": name, "vulnerabilityAlerts": {"nodes": [{
            "state": "OPEN",
            "securityVulnerability": {
                "severity": "HIGH",
                "package": {"name": "basket", "ecosystem": "NPM"},
                "advisory": {"identifiers": [{"type": "CVE", "value": "CVE-2026-7006"}]},
            },
        }]}})
    };
    let answer = json!({"data": {"search": {"nodes": [repository("shop/web"), repository("shop/till")]}}});
    assert_eq!(identities(&answer).len(), 2);
    assert_eq!(findings(&answer)[1].resource, "shop/till");
    let vulnerability = |repository: &str| {
        json!({
            "advisory": {"ruleId": "ssc-1", "severity": "HIGH", "references": {"cveIds": ["CVE-2026-7006"]}},
            "matchedDependency": {"name": "basket"},
            "repositoryName": repository,
        })
    };
    let answer = json!({"vulns": [vulnerability("shop/web"), vulnerability("shop/till")]});
    assert_eq!(identities(&answer).len(), 2);
}
