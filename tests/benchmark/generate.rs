//! Reports of any size, the same bytes for the same numbers: finding `n` looks the same in every report that has it.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

/// Writes `count` findings from the number `from` on.
pub(crate) type Write = fn(&Path, u64, u64) -> anyhow::Result<()>;

const PLANTS: [&str; 16] = [
    "acorn", "birch", "cedar", "dahlia", "elder", "fennel", "ginkgo", "heather", "iris", "juniper", "kale",
    "laurel", "maple", "nettle", "olive", "poplar",
];
const FLAWS: [(&str, u32); 6] = [
    ("writes past the end of a buffer", 787),
    ("follows a path out of its folder", 22),
    ("builds a query from what it is sent", 89),
    ("trusts a certificate of anybody", 295),
    ("never gives memory back", 401),
    ("lets a script into a page", 79),
];
const SEVERITIES: [(&str, u64); 4] = [("CRITICAL", 4), ("HIGH", 21), ("MEDIUM", 45), ("LOW", 30)];

/// Numbers that look like chance and depend on nothing but the seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn of(finding: u64) -> Self {
        Self(finding.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn word(&mut self) -> &'static str {
        PLANTS[self.below(16) as usize]
    }

    fn words(&mut self, count: usize) -> String {
        (0..count).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    fn severity(&mut self) -> &'static str {
        let mut place = self.below(100);
        for (word, share) in SEVERITIES {
            if place < share {
                return word;
            }
            place -= share;
        }
        "LOW"
    }
}

/// A Trivy report of an image.
pub(crate) fn trivy(path: &Path, from: u64, count: u64) -> anyhow::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    write!(
        out,
        "{{\"SchemaVersion\":2,\"ArtifactName\":\"registry.example.com/garden/shed:1\",\"ArtifactType\":\"container_image\",\
         \"Results\":[{{\"Target\":\"garden/shed (debian 12.5)\",\"Class\":\"os-pkgs\",\"Type\":\"debian\",\"Vulnerabilities\":["
    )?;
    for finding in from..from + count {
        let mut numbers = Numbers::of(finding);
        let severity = numbers.severity();
        let (flaw, cwe) = FLAWS[numbers.below(6) as usize];
        let package = format!("{}-{}-{finding}", numbers.word(), numbers.word());
        let version = format!("{}.{}.{}", numbers.below(9), numbers.below(30), numbers.below(90));
        let id = format!("CVE-{}-{}", 2016 + finding % 11, 10_000 + finding / 11);
        let value = serde_json::json!({
            "VulnerabilityID": id, "PkgID": format!("{package}@{version}"), "PkgName": package,
            "PkgIdentifier": { "PURL": format!("pkg:deb/debian/{package}@{version}?arch=amd64&distro=debian-12.5"),
                "UID": format!("{:016x}", numbers.next()) },
            "InstalledVersion": version, "FixedVersion": format!("{version}+deb12u1"), "Status": "fixed",
            "Layer": { "Digest": format!("sha256:{:064x}", numbers.next()), "DiffID": format!("sha256:{:064x}", numbers.next()) },
            "SeveritySource": "nvd", "PrimaryURL": format!("https://advisories.example.com/{id}"),
            "DataSource": { "ID": "debian", "Name": "Debian tracker", "URL": "https://tracker.example.com" },
            "Title": format!("{package}: {flaw}"),
            "Description": format!("In {package} before {version}+deb12u1 the part for {} {flaw}. {}. {}.",
                numbers.words(3), numbers.words(45), numbers.words(40)),
            "Severity": severity, "CweIDs": [format!("CWE-{cwe}")],
            "CVSS": {
                "nvd": { "V3Vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "V3Score": 7.5 },
                "redhat": { "V3Vector": "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:H", "V3Score": 5.9 } },
            "References": (0..2 + numbers.below(6)).map(|_| format!("https://example.com/{}/{:010x}", numbers.word(), numbers.next() >> 24))
                .collect::<Vec<_>>(),
            "PublishedDate": "2025-04-01T10:15:00Z", "LastModifiedDate": "2026-02-11T19:50:00Z",
        });
        separate(&mut out, finding == from)?;
        serde_json::to_writer(&mut out, &value)?;
    }
    out.write_all(b"]}]}\n")?;
    Ok(out.flush()?)
}

/// A SARIF log of a code scanner.
pub(crate) fn sarif(path: &Path, from: u64, count: u64) -> anyhow::Result<()> {
    const RULES: u64 = 150;
    let mut out = BufWriter::new(File::create(path)?);
    let rules: Vec<_> = (0..RULES)
        .map(|rule| {
            let mut numbers = Numbers::of(u64::MAX - rule);
            let (flaw, cwe) = FLAWS[numbers.below(6) as usize];
            serde_json::json!({
                "id": format!("gs/{}/{rule}", numbers.word()), "shortDescription": { "text": format!("It {flaw}") },
                "fullDescription": { "text": format!("Code that {flaw}: {}.", numbers.words(20)) },
                "properties": { "security-severity": format!("{}.{}", 1 + numbers.below(9), numbers.below(10)),
                    "tags": ["security", format!("external/cwe/cwe-{cwe:03}")] },
            })
        })
        .collect();
    let tool =
        serde_json::json!({ "driver": { "name": "GardenScan", "semanticVersion": "4.2.0", "rules": rules } });
    write!(
        out,
        "{{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{tool},\
         \"versionControlProvenance\":[{{\"repositoryUri\":\"https://git.example.com/garden\"}}],\"results\":["
    )?;
    for finding in from..from + count {
        let mut numbers = Numbers::of(finding);
        let rule = numbers.below(RULES);
        let line = 1 + numbers.below(900);
        let value = serde_json::json!({
            "ruleId": rules[rule as usize]["id"], "ruleIndex": rule, "level": "warning",
            "message": { "text": format!("The {} of {} reaches {}.", numbers.word(), numbers.word(), numbers.words(4)) },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": format!("src/{}/{}_{finding}.py", numbers.word(), numbers.word()), "uriBaseId": "%SRCROOT%" },
                "region": { "startLine": line, "startColumn": 5, "endColumn": 60, "snippet": { "text": format!("    {}", numbers.words(8)) } },
                "contextRegion": { "startLine": line.saturating_sub(2), "endLine": line + 2, "snippet": { "text": numbers.words(30) } } } }],
            "partialFingerprints": { "primaryLocationLineHash": format!("{:016x}:1", numbers.next()) },
        });
        separate(&mut out, finding == from)?;
        serde_json::to_writer(&mut out, &value)?;
    }
    out.write_all(b"]}]}\n")?;
    Ok(out.flush()?)
}

fn separate(out: &mut BufWriter<File>, first: bool) -> anyhow::Result<()> {
    Ok(out.write_all(if first { b"\n" } else { b",\n" })?)
}
