//! One vulnerability of a GitLab report.

use serde::Deserialize;
use serde_json::json;

use crate::scanner::address;
use crate::scanner::finding::{FindingKind, Package, ScanFinding, Severity};
use crate::scanner::fingerprint::{self, ecosystem_of_file, normal_snippet, purl_of};
use crate::scanner::read::json::{RawJson, RecordError};
use crate::scanner::read::lenient::{Text, first_of, line_of, nullable};
use crate::scanner::secret::{self, SecretKey};
use crate::scanner::weakness::cwe;
use crate::scanner::without_tag;

#[derive(Deserialize)]
struct Vulnerability<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    category: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    message: Text<'a>,
    #[serde(borrow, default)]
    description: Text<'a>,
    #[serde(borrow, default)]
    cve: Text<'a>,
    #[serde(borrow, default)]
    severity: Text<'a>,
    #[serde(borrow, default)]
    solution: Text<'a>,
    #[serde(borrow, default)]
    raw_source_code_extract: Text<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    location: Location<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    identifiers: Vec<Identifier<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    links: Vec<Link<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    tracking: Tracking<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Location<'a> {
    #[serde(borrow)]
    file: Text<'a>,
    #[serde(borrow)]
    start_line: Text<'a>,
    #[serde(borrow)]
    class: Text<'a>,
    #[serde(borrow)]
    method: Text<'a>,
    #[serde(borrow)]
    image: Text<'a>,
    #[serde(borrow)]
    operating_system: Text<'a>,
    #[serde(borrow)]
    hostname: Text<'a>,
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow)]
    param: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    dependency: Dependency<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    commit: Commit<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Dependency<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    package: Named<'a>,
    #[serde(borrow)]
    version: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Commit<'a> {
    #[serde(borrow)]
    sha: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Identifier<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    value: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Link<'a> {
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tracking<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    items: Vec<TrackedItem<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TrackedItem<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    signatures: Vec<Signature<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Signature<'a> {
    #[serde(borrow)]
    algorithm: Text<'a>,
    #[serde(borrow)]
    value: Text<'a>,
}

impl Vulnerability<'_> {
    /// The tool's own name of the rule: the first identifier that is neither a weakness nor a class of an attack list.
    fn rule(&self) -> &str {
        let of_lists = |kind: &str| {
            let kind = kind.to_ascii_lowercase();
            kind == "cwe" || kind.starts_with("owasp") || kind == "wasc"
        };
        let own = self.identifiers.iter().find(|identifier| !of_lists(&identifier.kind));
        let own = own
            .or(self.identifiers.first())
            .map_or("", |identifier| first_of(&[&identifier.value, &identifier.name]));
        first_of(&[own, &self.name, &self.message])
    }

    fn cwes(&self) -> Vec<String> {
        self.identifiers
            .iter()
            .filter(|identifier| identifier.kind.eq_ignore_ascii_case("cwe"))
            .filter_map(|identifier| cwe(&identifier.value))
            .collect()
    }

    /// CVE and GHSA first; the database's own id where there is none.
    fn ids(&self) -> Vec<String> {
        let of = |kinds: &'static [&'static str]| {
            self.identifiers
                .iter()
                .filter(|identifier| kinds.iter().any(|kind| identifier.kind.eq_ignore_ascii_case(kind)))
                .map(|identifier| identifier.value.to_string())
        };
        let ids: Vec<_> = of(&["cve"]).chain(of(&["ghsa"])).collect();
        if ids.is_empty() { vec![self.rule().to_owned()] } else { ids }
    }

    /// What tells apart two results of one rule in one file: the tool's signature that follows the code, else the
    /// code, else its hash in the old key of comparison, else the method. Never a place by line.
    fn context(&self) -> String {
        let signatures = || self.tracking.items.iter().flat_map(|item| &item.signatures);
        for algorithm in ["scope_offset_compressed", "scope_offset", "hash"] {
            if let Some(found) = signatures().find(|signature| &*signature.algorithm == algorithm) {
                return format!("{algorithm}:{}", &*found.value);
            }
        }
        if !self.raw_source_code_extract.is_empty() {
            return format!("code:{}", normal_snippet(&self.raw_source_code_extract));
        }
        if let Some(hash) = self.old_hash() {
            return format!("hash:{hash}");
        }
        format!("scope:{}.{}", &*self.location.class, &*self.location.method)
    }

    /// The hash of the code in `file:hash:rule`.
    fn old_hash(&self) -> Option<&str> {
        self.cve.split(':').find(|part| part.len() >= 32 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    }

    /// What was scanned, as the report as a whole or this entry says.
    fn category<'c>(&'c self, scan: &'c str) -> &'c str {
        let found_by =
            |tool: &str| self.identifiers.iter().any(|identifier| identifier.kind.starts_with(tool));
        match first_of(&[scan, &self.category]) {
            // Old reports put what Gitleaks and TruffleHog found among the weaknesses of the code.
            "sast" | "" if found_by("gitleaks") || found_by("trufflehog") => "secret_detection",
            "" if !self.location.image.is_empty() => "container_scanning",
            "" if !self.location.dependency.package.name.is_empty() => "dependency_scanning",
            "" if !self.location.hostname.is_empty() => "dast",
            "" if !self.raw_source_code_extract.is_empty() && self.location.file.is_empty() => "dast",
            "" => "sast",
            known => known,
        }
    }
}

/// What one entry says.
pub(super) struct Found {
    pub(super) finding: ScanFinding,
    /// The image that it is about, if it is about one.
    pub(super) image: String,
    /// What the tool tells results in code apart by; empty for other kinds.
    pub(super) key: String,
}

/// Reads one entry.
pub(super) fn vulnerability(raw: &RawJson<'_>, scan: &str, key: &SecretKey) -> Result<Found, RecordError> {
    let record: Vulnerability<'_> = raw.read()?;
    let location = &record.location;
    let rule = record.rule();
    if rule.is_empty() {
        return Err(RecordError::Shape("it has no identifiers and no name".into()));
    }
    let severity = Severity::from_word(&record.severity).unwrap_or(Severity::Unknown);
    let title = first_of(&[&record.name, &record.message]);
    let file = location.file.strip_prefix("./").unwrap_or(&location.file);
    let references: Vec<&str> = record.links.iter().map(|link| &*link.url).take(10).collect();
    let url = record.identifiers.iter().map(|identifier| &*identifier.url).find(|url| !url.is_empty());
    let mut data = json!({ "url": url, "references": references });
    let package = |ecosystem: &str| Package {
        name: location.dependency.package.name.to_string(),
        version: location.dependency.version.to_string(),
        fixed_version: String::new(),
        purl: purl_of(ecosystem, &location.dependency.package.name),
    };
    let finding = match record.category(scan) {
        "dependency_scanning" if !location.dependency.package.name.is_empty() => ScanFinding {
            description: record.description.to_string(),
            path: file.to_owned(),
            ..ScanFinding::vulnerable_package(
                severity,
                record.ids(),
                package(ecosystem_of_file(file)),
                &record.name,
            )
        },
        "container_scanning" | "cluster_image_scanning" if !location.dependency.package.name.is_empty() => {
            let system = location.operating_system.split([':', ' ']).next().unwrap_or_default();
            let system = if system.eq_ignore_ascii_case("unknown") { "" } else { system };
            ScanFinding {
                description: record.description.to_string(),
                path: without_tag(&location.image).to_owned(),
                ..ScanFinding::vulnerable_package(severity, record.ids(), package(system), "")
            }
        }
        "secret_detection" => {
            let value = record.raw_source_code_extract.trim();
            let title = secret::scrub(first_of(&[title, rule]), value);
            let identity = match (value, record.old_hash()) {
                ("", Some(hash)) => key.hash(hash),
                ("", None) => key.hash(&location.commit.sha),
                (value, _) => key.hash(value),
            };
            data["match"] = json!(if value.is_empty() { String::new() } else { key.mask(value) });
            data["commit"] = json!(&*location.commit.sha);
            ScanFinding {
                description: secret::scrub(&record.description, value),
                path: file.to_owned(),
                title: format!("{title} in {file}"),
                ..ScanFinding::of(
                    FindingKind::Secret,
                    severity,
                    rule,
                    fingerprint::secret(rule, file, &identity),
                )
            }
        }
        "dast" | "api_fuzzing" => {
            let place = format!("{}{}", address::host(&location.hostname), address::path(&location.path));
            ScanFinding {
                title: title.to_owned(),
                description: record.description.to_string(),
                path: address::path(&location.path).to_owned(),
                resource: address::host(&location.hostname),
                ..ScanFinding::of(
                    FindingKind::Dynamic,
                    severity,
                    rule,
                    fingerprint::dynamic(rule, &place, &location.param),
                )
            }
        }
        _ => {
            data["class"] = json!(&*location.class);
            data["method"] = json!(&*location.method);
            ScanFinding {
                title: title.to_owned(),
                description: record.description.to_string(),
                path: file.to_owned(),
                ..ScanFinding::of(
                    FindingKind::Code,
                    severity,
                    rule,
                    fingerprint::code(rule, file, &record.context()),
                )
            }
        }
    };
    let title = if finding.title.is_empty() && !record.identifiers.is_empty() {
        first_of(&[&record.identifiers[0].name, rule]).to_owned()
    } else {
        finding.title.clone()
    };
    let finding = ScanFinding {
        title,
        cwes: if finding.kind == FindingKind::Secret { finding.cwes.clone() } else { record.cwes() },
        line: line_of(&location.start_line),
        mitigation: record.solution.to_string(),
        data: data.to_string(),
        ..finding
    };
    let of_code = matches!(finding.kind, FindingKind::Code | FindingKind::Secret);
    Ok(Found {
        finding: finding.sealed(),
        image: location.image.to_string(),
        key: if of_code { first_of(&[&record.id, &record.cve]).to_owned() } else { String::new() },
    })
}
