//! Rules. What makes two findings the same problem. Never a line number, never a message, never a version.

use sha2::{Digest, Sha256};

use super::finding::{Fingerprint, ScanFinding};

/// A vulnerable package: the package without its version, the vulnerability, and the workload where there are several.
pub(crate) fn package_vulnerability(purl: &str, vulnerability: &str, workload: &str) -> Fingerprint {
    make("sca/1", &[&purl_without_version(purl), &vulnerability.to_ascii_uppercase(), workload])
}

/// A result of a code scanner.
pub(crate) fn code(rule: &str, path: &str, context: &str) -> Fingerprint {
    make("sast/1", &[rule, path, context])
}

/// A secret, by the keyed hash of its value.
pub(crate) fn secret(rule: &str, path: &str, value_hash: &[u8; 16]) -> Fingerprint {
    make("secret/1", &[rule, path, &hex::encode(value_hash)])
}

/// A failed configuration check.
pub(crate) fn misconfiguration(check: &str, target: &str, resource: &str) -> Fingerprint {
    make("config/1", &[check, target, resource])
}

/// A licence of a package or file.
pub(crate) fn licence(package: &str, licence: &str, workload: &str) -> Fingerprint {
    make("licence/1", &[package, licence, workload])
}

/// A weakness seen from outside: the check, the host or path without query, and the parameter.
pub(crate) fn dynamic(check: &str, place: &str, parameter: &str) -> Fingerprint {
    make("dynamic/1", &[check, &place.to_ascii_lowercase(), parameter])
}

/// A check or detection of a cloud: the rule, and the resource as [`super::resource::stable`] names it.
pub(crate) fn cloud(rule: &str, resource: &str) -> Fingerprint {
    make("cloud/1", &[rule, resource])
}

/// An entry of a list that has identities of its own.
pub(crate) fn own(tool: &str, id: &str) -> Fingerprint {
    make("own/1", &[tool, id])
}

/// The id that stands for a vulnerability with aliases, so that sources which name it differently agree: the first
/// CVE in order, else the first GHSA, else the first id.
pub(crate) fn canonical_vulnerability<'i>(ids: impl IntoIterator<Item = &'i str>) -> String {
    let ids: Vec<String> =
        ids.into_iter().map(|id| id.trim().to_ascii_uppercase()).filter(|id| !id.is_empty()).collect();
    for kind in ["CVE-", "GHSA-"] {
        if let Some(id) = ids.iter().filter(|id| id.starts_with(kind)).min() {
            return id.clone();
        }
    }
    ids.into_iter().next().unwrap_or_default()
}

fn make(scheme: &'static str, parts: &[&str]) -> Fingerprint {
    let mut digest = Sha256::new();
    digest.update(scheme);
    for part in parts {
        add(&mut digest, part);
    }
    Fingerprint { scheme, hash: first_half(digest) }
}

/// Hash over everything that is kept of a finding but its identity.
pub(crate) fn content(finding: &ScanFinding) -> [u8; 16] {
    let mut digest = Sha256::new();
    digest.update("content/1");
    for part in [
        finding.kind.as_str(),
        finding.severity.as_str(),
        &finding.title,
        &finding.description,
        &finding.rule,
        &finding.path,
        &finding.resource,
        &finding.mitigation,
        &finding.status,
        &finding.data,
    ] {
        add(&mut digest, part);
    }
    digest.update(finding.line.unwrap_or_default().to_le_bytes());
    digest.update([u8::from(finding.suppressed), u8::from(finding.confidential)]);
    if let Some(package) = &finding.package {
        for part in [&package.name, &package.version, &package.fixed_version, &package.purl] {
            add(&mut digest, part);
        }
    }
    for list in [&finding.vulnerability_ids, &finding.cwes, &finding.techniques] {
        digest.update((list.len() as u64).to_le_bytes());
        for part in list {
            add(&mut digest, part);
        }
    }
    for rating in &finding.cvss {
        add(&mut digest, &rating.source);
        add(&mut digest, &rating.vector);
        digest.update(rating.score.unwrap_or(-1.0).to_bits().to_le_bytes());
    }
    first_half(digest)
}

/// Each part with its length before it, so that no two lists of parts run together to the same bytes.
fn add(digest: &mut Sha256, part: &str) {
    digest.update((part.len() as u64).to_le_bytes());
    digest.update(part);
}

fn first_half(digest: Sha256) -> [u8; 16] {
    let mut hash = [0; 16];
    hash.copy_from_slice(&digest.finalize()[..16]);
    hash
}

/// The package URL without version, qualifiers and subpath, in lower case and in one spelling, so that tools which
/// write it differently agree.
pub(crate) fn purl_without_version(purl: &str) -> String {
    let purl = purl.trim();
    let end = purl.find(['?', '#']).unwrap_or(purl.len());
    let bare = purl[..end].trim_end_matches('/');
    let name_start = bare.rfind('/').map_or(0, |slash| slash + 1);
    let bare = match bare[name_start..].rfind('@') {
        // An "@" that opens the last segment belongs to an unencoded npm scope, not to a version.
        Some(at) if at > 0 => &bare[..name_start + at],
        _ => bare,
    };
    let bare = percent_decoded(bare).to_ascii_lowercase();
    let Some((kind, rest)) = bare.strip_prefix("pkg:").and_then(|rest| rest.split_once('/')) else {
        return bare;
    };
    match kind {
        // What Dependency-Check calls the packages that it knows from their files.
        "javascript" => format!("pkg:npm/{rest}"),
        "pypi" => format!("pkg:pypi/{}", rest.replace(['_', '.'], "-")),
        "deb" | "rpm" | "apk" => match rest.rsplit_once('/') {
            Some((system, name)) => format!("pkg:{kind}/{}/{name}", system_name(system)),
            None => bare,
        },
        _ => bare,
    }
}

/// Bytes written as `%2B`; what is no such thing stays.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits =
            after.get(..2).filter(|_| first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Systems that go by several names.
fn system_name(system: &str) -> &str {
    match system {
        "rhel" | "red-hat" => "redhat",
        "amzn" | "amazonlinux" => "amazon",
        "ol" | "oraclelinux" => "oracle",
        "almalinux" => "alma",
        "rockylinux" => "rocky",
        "sles" | "suse linux enterprise server" => "suse",
        other if other.starts_with("opensuse") => "opensuse",
        other => other,
    }
}

/// A package URL without version, from the words that a tool uses for its ecosystems.
pub(crate) fn purl_of(ecosystem: &str, name: &str) -> String {
    let ecosystem = ecosystem.trim().to_ascii_lowercase();
    // "Debian:12", "Alpine:v3.20", "debian:11"
    let ecosystem = ecosystem.split_once(':').map_or(ecosystem.as_str(), |(system, _)| system);
    let kind = match ecosystem {
        "debian" | "ubuntu" => format!("deb/{ecosystem}"),
        "alpine" | "wolfi" | "chainguard" => format!("apk/{ecosystem}"),
        "redhat" | "red hat" | "rhel" | "centos" | "rocky" | "rocky linux" | "alma" | "almalinux"
        | "amazon" | "amzn" | "fedora" | "oracle" | "photon" | "opensuse" | "suse" | "mariner"
        | "azurelinux" => {
            format!(
                "rpm/{}",
                system_name(&ecosystem.replace("red hat", "redhat").replace("rocky linux", "rocky"))
            )
        }
        "npm" | "yarn" | "pnpm" | "node-pkg" | "nodejs" | "bun" | "js" | "javascript" => "npm".to_owned(),
        "pip" | "pipenv" | "poetry" | "uv" | "python-pkg" | "python" | "pypi" => "pypi".to_owned(),
        "jar" | "pom" | "gradle" | "sbt" | "java-archive" | "java" | "maven" => "maven".to_owned(),
        "gomod" | "gobinary" | "go" | "go-module" | "gomodules" | "golang" | "golangdep" | "govendor" => {
            "golang".to_owned()
        }
        "bundler" | "gemspec" | "rubygems" | "ruby" | "gem" => "gem".to_owned(),
        "cargo" | "rustbinary" | "rust" | "rust-crate" | "crates.io" => "cargo".to_owned(),
        "dotnet-core" | "packages-props" | "nuget" | "dotnet" | "paket" => "nuget".to_owned(),
        "composer" | "php" | "php-composer" | "packagist" => "composer".to_owned(),
        "actions" | "github actions" | "github-action" => "githubactions".to_owned(),
        "" => "generic".to_owned(),
        other => other.to_owned(),
    };
    let name = if kind == "maven" { name.trim().replace(':', "/") } else { name.trim().to_owned() };
    purl_without_version(&format!("pkg:{kind}/{}", name.replace(['?', '#'], "_")))
}

/// The ecosystem whose packages a lock file or manifest lists, in words that [`purl_of`] knows; nothing where the name
/// of the file does not tell.
pub(crate) fn ecosystem_of_file(path: &str) -> &'static str {
    const FILES: &[(&str, &[&str])] = &[
        (
            "npm",
            &[
                "package.json",
                "package-lock.json",
                "npm-shrinkwrap.json",
                "yarn.lock",
                "pnpm-lock.yaml",
                "bun.lock",
            ],
        ),
        (
            "pip",
            &[
                "requirements.txt",
                "pipfile",
                "pipfile.lock",
                "poetry.lock",
                "uv.lock",
                "setup.py",
                "pyproject.toml",
                "requirements.pip",
            ],
        ),
        ("gomod", &["go.mod", "go.sum"]),
        (
            "pom",
            &[
                "pom.xml",
                "build.gradle",
                "build.gradle.kts",
                "gradle.lockfile",
                "build.sbt",
                "maven-dependencies.json",
            ],
        ),
        ("gem", &["gemfile", "gemfile.lock", "gems.locked"]),
        ("cargo", &["cargo.toml", "cargo.lock"]),
        ("composer", &["composer.json", "composer.lock"]),
        ("nuget", &["packages.lock.json", "packages.config", "project.assets.json"]),
        ("conan", &["conan.lock", "conanfile.txt"]),
    ];
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    let known =
        FILES.iter().find(|(_, files)| files.contains(&name.as_str())).map(|(ecosystem, _)| *ecosystem);
    match known {
        Some(ecosystem) => ecosystem,
        None if name.ends_with(".csproj") => "nuget",
        None if name.starts_with("requirements") && name.ends_with(".txt") => "pip",
        None => "",
    }
}

/// Code with its white space evened out, so that indenting a block does not make a new problem.
pub(crate) fn normal_snippet(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_and_qualifiers_are_no_part_of_a_package() {
        for (full, bare) in [
            ("pkg:deb/debian/openssl@1.1.1n-0?arch=amd64&distro=debian-11", "pkg:deb/debian/openssl"),
            ("pkg:npm/%40angular/core@1.2.3", "pkg:npm/@angular/core"),
            ("pkg:npm/@angular/core@1.2.3", "pkg:npm/@angular/core"),
            ("pkg:npm/@lonely", "pkg:npm/@lonely"),
            ("pkg:golang/github.com/x/Y@v1.0.0#sub", "pkg:golang/github.com/x/y"),
            ("pkg:pypi/urllib3", "pkg:pypi/urllib3"),
            ("pkg:pypi/Ruamel_yaml.Clib@1", "pkg:pypi/ruamel-yaml-clib"),
            ("pkg:deb/ubuntu/libstdc%2B%2B6@12", "pkg:deb/ubuntu/libstdc++6"),
            ("pkg:rpm/rhel/avahi-libs@0.7-20.el8?arch=x86_64", "pkg:rpm/redhat/avahi-libs"),
            ("pkg:rpm/amzn/curl@8", "pkg:rpm/amazon/curl"),
            ("pkg:npm/100%", "pkg:npm/100%"),
            ("pkg:javascript/jquery@3.1.1.min", "pkg:npm/jquery"),
        ] {
            assert_eq!(purl_without_version(full), bare);
        }
    }

    #[test]
    fn a_report_without_package_urls_gives_the_same_identity() {
        assert_eq!(
            purl_of("jar", "org.example:Thing"),
            purl_without_version("pkg:maven/org.example/thing@1")
        );
        assert_eq!(purl_of("debian", "apt"), purl_without_version("pkg:deb/debian/apt@2?distro=x"));
        assert_eq!(purl_of("Debian:12", "apt"), purl_of("debian", "apt"));
        assert_eq!(purl_of("npm", "@angular/core"), purl_without_version("pkg:npm/%40angular/core@1.2.3"));
        assert_eq!(purl_of("Red Hat:enterprise_linux:8", "curl"), purl_of("rhel", "curl"));
        assert_eq!(purl_of("crates.io", "Time"), "pkg:cargo/time");
    }

    proptest! {
        #[test]
        fn parts_never_run_together(one in "[a-c/]{0,6}", two in "[a-c/]{0,6}", three in "[a-c/]{0,6}", four in "[a-c/]{0,6}") {
            let equal = (&one, &two) == (&three, &four);
            prop_assert_eq!(code("r", &one, &two) == code("r", &three, &four), equal);
        }

        #[test]
        fn a_version_never_matters(name in "[a-z]{1,8}", one in "[0-9.]{1,6}", two in "[0-9.]{1,6}") {
            let before = package_vulnerability(&format!("pkg:npm/{name}@{one}"), "CVE-2026-1", "");
            let after = package_vulnerability(&format!("pkg:npm/{name}@{two}"), "cve-2026-1", "");
            prop_assert_eq!(before, after);
        }
    }
}
