use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
}

fn statement(number: i64, status: Status, packages: &[&str]) -> Statement {
    let package = |name: &&str| Package {
        purl: of_package(&format!("pkg:deb/debian/{name}?arch=amd64"), "1.0+b1").unwrap(),
        name: (*name).to_owned(),
        version: "1.0+b1".to_owned(),
    };
    Statement {
        vulnerability: format!("CVE-2026-{number:04}"),
        aliases: if number == 1 { vec!["GHSA-2222-3333-4444".to_owned()] } else { Vec::new() },
        status,
        packages: packages.iter().map(package).collect(),
        at: at(number),
    }
}

fn document() -> Document {
    Document {
        author: "Orchard team".to_owned(),
        product: Product { name: "Web".to_owned(), purls: of_image("registry.example.com/orchard/api:1.0") },
        at: at(4),
        statements: vec![
            statement(4, Status::UnderInvestigation, &["pear"]),
            statement(
                1,
                Status::NotAffected(Justification::VulnerableCodeNotInExecutePath),
                &["fig", "apple"],
            ),
            statement(3, Status::Affected("Update apple from 1.0+b1 to 1.1.".to_owned()), &["apple"]),
            statement(2, Status::Fixed, &["apple"]),
        ],
    }
}

#[test]
fn openvex_says_it() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&openvex(&document())).unwrap());
}

#[test]
fn cyclonedx_says_it() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&cyclonedx(&document())).unwrap());
}

#[test]
fn another_decision_makes_another_id() {
    let mut other = document();
    other.statements[3].status = Status::UnderInvestigation;
    assert_ne!(openvex(&document())["@id"], openvex(&other)["@id"]);
    assert_eq!(openvex(&document())["@id"], cyclonedx(&document())["serialNumber"]);
}

#[test]
fn images_are_named_as_tools_name_them() {
    for (image, repository, leaf) in [
        ("registry.example.com/orchard/api:1.0", "registry.example.com%2Forchard%2Fapi", "api"),
        ("registry.example.com:5000/api", "registry.example.com:5000%2Fapi", "api"),
        ("debian:12", "index.docker.io%2Flibrary%2Fdebian", "debian"),
        ("docker.io/debian", "index.docker.io%2Flibrary%2Fdebian", "debian"),
        ("docker.io/orchard/api", "index.docker.io%2Forchard%2Fapi", "api"),
        ("orchard/api@sha256:ab", "index.docker.io%2Forchard%2Fapi", "api@sha256:ab"),
    ] {
        assert_eq!(of_image(image)[0], format!("pkg:oci/{leaf}?repository_url={repository}"));
    }
    assert_eq!(of_image("orchard/api")[1], "pkg:oci/api?repository_url=index.docker.io%2Forchard");
    assert!(of_image("registry.example.com/*").is_empty(), "a pattern is no product");
}

#[test]
fn repositories_and_packages_have_urls() {
    assert_eq!(of_repository("github.com/orchard/api").unwrap(), "pkg:github/orchard/api");
    assert_eq!(
        of_repository("git.example.com/orchard/api").unwrap(),
        "pkg:generic/api?vcs_url=https:%2F%2Fgit.example.com%2Forchard%2Fapi"
    );
    assert_eq!(of_repository("github.com/*"), None);
    assert_eq!(of_key("web shop"), "pkg:generic/web%20shop");
    for (purl, version, expected) in [
        ("pkg:npm/%40angular/core@1.2.3", "1.2.4", Some("pkg:npm/%40angular/core@1.2.3")),
        ("pkg:npm/@angular/core", "1.2.3", Some("pkg:npm/@angular/core@1.2.3")),
        ("pkg:rpm/rhel/curl@7?arch=x86_64&epoch=1&distro=x", "1:7", Some("pkg:rpm/rhel/curl@7?epoch=1")),
        ("pkg:deb/debian/apt", "", None),
        ("", "1", None),
    ] {
        assert_eq!(of_package(purl, version).as_deref(), expected, "{purl}");
    }
    let fixed = of_package_in("pkg:npm/%40angular/core@1.2.3?x=y", "1.2.4");
    assert_eq!(fixed.as_deref(), Some("pkg:npm/%40angular/core@1.2.4"));
}

proptest! {
    #[test]
    fn the_order_of_what_is_said_changes_nothing(order in Just((0..4).collect::<Vec<usize>>()).prop_shuffle()) {
        let mut shuffled = document();
        shuffled.statements = order.iter().map(|index| document().statements[*index].clone()).collect();
        shuffled.statements.iter_mut().for_each(|statement| statement.packages.reverse());
        prop_assert_eq!(openvex(&shuffled), openvex(&document()));
        prop_assert_eq!(cyclonedx(&shuffled), cyclonedx(&document()));
    }

    #[test]
    fn no_text_breaks_a_url(text in "\\PC{0,20}") {
        let purls = of_image(&text).into_iter().chain(of_repository(&text)).chain(of_package(&text, &text));
        for purl in purls {
            prop_assert!(purl.starts_with("pkg:"));
        }
    }
}
