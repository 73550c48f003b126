use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::vex::{bare, is_package, of_image, of_key, of_repository, resources, version_of};

fn recognised(text: &str) -> Option<VexFormat> {
    let mut file = Cursor::new(text.as_bytes().to_vec());
    let head = Head::read(&mut file).unwrap();
    VexFormat::recognise(&head, &mut file).unwrap()
}

fn read(format: VexFormat, text: &str) -> Received {
    format.read(&mut Cursor::new(text.as_bytes().to_vec())).unwrap()
}

const OPENVEX: &str = r#"{
  "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/vex/1", "author": "Orchard  \n Security",
  "timestamp": "2026-03-01T08:00:00Z", "version": 1,
  "statements": [
    { "vulnerability": { "name": "CVE-2026-1", "aliases": ["GHSA-2222-3333-4444"] },
      "products": [{ "@id": "pkg:oci/api?repository_url=registry.example.com/orchard",
                     "subcomponents": [{ "@id": "pkg:deb/debian/fig@1.0" }, { "@id": "pkg:deb/debian/pear@2.0" }] }],
      "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path",
      "impact_statement": "Never called.", "timestamp": "2026-04-01T08:00:00Z" },
    { "vulnerability": "CVE-2026-2", "products": ["pkg:deb/debian/fig@1.0"], "status": "fixed" },
    { "vulnerability": { "name": "CVE-2026-3" }, "products": [{ "@id": "web" }], "status": "harmless" },
    { "vulnerability": { "name": "CVE-2026-4" }, "status": "affected" },
    { "products": ["web"], "status": "affected" }
  ]
}"#;

#[test]
fn openvex_is_read_statement_by_statement() {
    assert_eq!(recognised(OPENVEX), Some(VexFormat::OpenVex));
    let read = read(VexFormat::OpenVex, OPENVEX);
    assert_eq!((read.author.as_str(), read.id.as_str()), ("Orchard Security", "https://example.org/vex/1"));
    let [fig, pear, fixed] = &read.statements[..] else { panic!("{read:?}") };
    assert_eq!(fig.ids, ["CVE-2026-1", "GHSA-2222-3333-4444"]);
    assert_eq!(fig.products, ["pkg:oci/api?repository_url=registry.example.com/orchard"]);
    assert_eq!(
        (fig.package.as_str(), pear.package.as_str()),
        ("pkg:deb/debian/fig@1.0", "pkg:deb/debian/pear@2.0")
    );
    let reachable = Justification::VulnerableCodeNotInExecutePath;
    assert_eq!((fig.claim, fig.detail.as_str()), (Claim::NotAffected(Some(reachable)), "Never called."));
    assert_eq!(fig.at.unwrap().to_rfc3339(), "2026-04-01T08:00:00+00:00");
    assert_eq!((fixed.claim, fixed.package.as_str()), (Claim::Fixed, ""));
    assert_eq!(fixed.at, read.at, "what has no time of its own was said with the document");
    let unusable: Vec<&str> = read.unusable.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(unusable, ["statements[2]", "statements[3]", "statements[4]"]);
}

const CYCLONEDX: &str = r#"{
  "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
  "metadata": { "timestamp": "2026-03-01T08:00:00Z", "supplier": { "name": "Orchard" },
                "component": { "type": "application", "bom-ref": "web", "name": "Web", "purl": "pkg:github/orchard/web" } },
  "components": [{ "type": "library", "bom-ref": "c1", "name": "fig", "purl": "pkg:npm/fig@1.0" }],
  "vulnerabilities": [
    { "id": "GHSA-2222-3333-4444", "references": [{ "id": "CVE-2026-1" }],
      "analysis": { "state": "false_positive", "lastUpdated": "2026-04-01T08:00:00Z" },
      "affects": [{ "ref": "c1" }, { "ref": "urn:cdx:3e671687/1#pkg%3Anpm%2Fpear%402.0%3Fa%3Db" }] },
    { "id": "CVE-2026-2", "analysis": { "state": "not_affected", "justification": "requires_environment" },
      "affects": [{ "ref": "web" }] },
    { "id": "CVE-2026-3", "analysis": { "state": "unheard_of" } }
  ]
}"#;

#[test]
fn cyclonedx_is_read_where_it_is_a_statement() {
    assert_eq!(recognised(CYCLONEDX), Some(VexFormat::CycloneDx));
    let read = read(VexFormat::CycloneDx, CYCLONEDX);
    assert_eq!(read.author, "Orchard");
    let [fig, pear, web] = &read.statements[..] else { panic!("{read:?}") };
    assert_eq!((fig.package.as_str(), pear.package.as_str()), ("pkg:npm/fig@1.0", "pkg:npm/pear@2.0?a=b"));
    assert_eq!(fig.products, ["pkg:github/orchard/web", "web", "Web"]);
    assert_eq!((fig.claim, web.package.as_str()), (Claim::FalsePositive, ""));
    let adversary = Justification::VulnerableCodeCannotBeControlledByAdversary;
    assert_eq!(web.claim, Claim::NotAffected(Some(adversary)));
    assert_eq!(read.unusable.len(), 1);
    let part = CYCLONEDX.replacen("\"analysis\"", "\"other\"", 1);
    assert_eq!(recognised(&part), None, "one without an analysis makes it a report");
    let bill = CYCLONEDX.replace("\"bom-ref\": \"c1\"", "\"bom-ref\": \"c2\"");
    assert_eq!(recognised(&bill), None, "what is listed and not pointed at makes it a bill");
    let rated =
        CYCLONEDX.replace("\"id\": \"CVE-2026-3\"", "\"id\": \"CVE-2026-3\", \"ratings\": [{\"score\": 5}]");
    assert_eq!(recognised(&rated), None, "a rating makes it a report");
}

const CSAF: &str = r#"{
  "document": { "category": "csaf_vex", "csaf_version": "2.0", "publisher": { "name": "Orchard" },
                "tracking": { "id": "ORCHARD-7", "current_release_date": "2026-03-01T08:00:00.000Z" } },
  "product_tree": {
    "branches": [{ "category": "vendor", "branches": [
      { "category": "product_version", "product": { "product_id": "P1", "name": "Web 4.2",
        "product_identification_helper": { "purl": "pkg:github/orchard/web@4.2" } } },
      { "category": "product_version", "product": { "product_id": "P2", "name": "fig 1.0",
        "product_identification_helper": { "purl": "pkg:npm/fig@1.0" } } }] }],
    "full_product_names": [{ "product_id": "P4", "name": "Shop" }],
    "relationships": [{ "category": "default_component_of", "product_reference": "P2",
      "relates_to_product_reference": "P1", "full_product_name": { "product_id": "P3", "name": "fig in Web" } }]
  },
  "vulnerabilities": [
    { "cve": "CVE-2026-1", "ids": [{ "system_name": "x", "text": "ORC-1" }],
      "product_status": { "known_not_affected": ["P3", "P4"], "fixed": ["P1"], "under_investigation": ["P2"] },
      "flags": [{ "label": "component_not_present", "product_ids": ["P3"] }],
      "threats": [{ "category": "impact", "details": "Class was removed." }] },
    { "cve": "CVE-2026-2", "product_status": { "fixed": ["P9"] } },
    { "cve": "CVE-2026-3" }
  ]
}"#;

#[test]
fn csaf_says_it_of_its_product_tree() {
    assert_eq!(recognised(CSAF), Some(VexFormat::Csaf));
    let read = read(VexFormat::Csaf, CSAF);
    assert_eq!((read.author.as_str(), read.id.as_str()), ("Orchard", "ORCHARD-7"));
    let of = |claim: Claim| read.statements.iter().find(|said| said.claim == claim).unwrap();
    let fig = of(Claim::NotAffected(Some(Justification::ComponentNotPresent)));
    assert_eq!((fig.package.as_str(), fig.ids.len()), ("pkg:npm/fig@1.0", 2));
    assert_eq!(fig.products, ["pkg:github/orchard/web@4.2", "Web 4.2"]);
    assert_eq!(fig.at.unwrap().to_rfc3339(), "2026-03-01T08:00:00+00:00");
    let shop = of(Claim::NotAffected(None));
    assert_eq!(
        (&shop.products[0][..], &shop.package[..], &shop.detail[..]),
        ("Shop", "", "Class was removed.")
    );
    assert_eq!(of(Claim::Fixed).products, fig.products);
    assert_eq!(of(Claim::UnderInvestigation).products, ["pkg:npm/fig@1.0", "fig 1.0"]);
    assert_eq!((read.statements.len(), read.unusable.len()), (4, 2));
    let old = CSAF.replace("\"csaf_version\": \"2.0\"", "\"csaf_version\": \"1.2\"");
    let error = VexFormat::Csaf.read(&mut Cursor::new(old.into_bytes())).unwrap_err();
    assert!(error.reason.contains("1.2"), "{error:?}");
}

#[test]
fn what_is_no_document_says_so() {
    for text in ["[\"not\", \"a\", \"document\"]", "{\"@context\": \"https://schema.org\"}", "null", "{}"] {
        assert_eq!(recognised(text), None);
        for format in VexFormat::ALL {
            let error = format.read(&mut Cursor::new(text.as_bytes().to_vec())).unwrap_err();
            assert!(error.reason.starts_with("This is not a"), "{error:?}");
        }
    }
    let cut = &OPENVEX[..OPENVEX.len() / 2];
    let error = VexFormat::OpenVex.read(&mut Cursor::new(cut.as_bytes().to_vec())).unwrap_err();
    assert!(error.line.is_some_and(|line| line > 1), "{error:?}");
}

#[test]
fn products_are_found_under_the_names_of_a_register() {
    for image in
        ["registry.example.com/orchard/api:1.0", "debian", "orchard/api", "registry.example.com:5000/api"]
    {
        let name = image.split(":1").next().unwrap();
        for purl in of_image(image) {
            assert!(resources(&purl).iter().any(|known| known == name), "{purl}: {:?}", resources(&purl));
        }
    }
    let repository = of_repository("git.example.com/orchard/api").unwrap();
    assert!(resources(&repository).contains(&"https://git.example.com/orchard/api".to_owned()));
    assert!(resources("pkg:github/orchard/api@v1").contains(&"github.com/orchard/api".to_owned()));
    assert!(resources(&of_key("web shop")).contains(&"web shop".to_owned()));
    assert_eq!(resources("web"), ["web"]);
    assert!(is_package("pkg:npm/fig@1") && !is_package("pkg:oci/api") && !is_package("web"));
    assert_eq!(bare("pkg:npm/%40angular/core@1.2?x=y"), bare("pkg:npm/@angular/core"));
    assert_eq!(version_of("pkg:deb/debian/fig@1.0%2Bb1?arch=x"), "1.0+b1");
    assert_eq!(version_of("web"), "");
}

proptest! {
    #[test]
    fn no_damage_is_a_panic(at in 0..OPENVEX.len(), byte in any::<u8>(), which in 0..3_usize) {
        let mut text = [OPENVEX, CYCLONEDX, CSAF][which].as_bytes().to_vec();
        let at = at % text.len();
        text[at] = byte;
        for format in VexFormat::ALL {
            let _ = format.read(&mut Cursor::new(text.clone()));
        }
    }

    #[test]
    fn any_name_has_resources(name in "\\PC{0,30}") {
        prop_assert_eq!(&resources(&name)[0], name.trim());
        let _ = (version_of(&name), bare(&name));
    }
}
