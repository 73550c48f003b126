use super::*;
use crate::page::badge::Tone;
use crate::page::frame::Section;
use crate::page::sample::{due, frame};

fn asset(key: &str, name: &str, open: &str, standing: Badge) -> AssetRow {
    AssetRow {
        key: key.into(),
        href: format!("/assets/{key}"),
        name: name.into(),
        kind: "service".into(),
        tier: "Mission critical".into(),
        data: "PII, PHI, financial".into(),
        exposure: "Internet-facing".into(),
        owner: "Solutions Engineering".into(),
        standing,
        open: open.into(),
        open_href: format!("/risks?asset={key}"),
    }
}

#[test]
fn the_register_shows_tier_owner_and_open_risks() {
    let page = AssetListPage {
        frame: frame("Assets", Section::Assets),
        summary: "2 assets, 1 waits for review".into(),
        filters: Vec::new(),
        may_keep: true,
        rows: vec![
            asset("A2", "CloudVista public API", "8 open, 6 late", Badge::toned(Tone::Good, "Reviewed", "")),
            asset(
                "image-api",
                "registry/api",
                "",
                Badge::toned(Tone::Warn, "Unreviewed", "A report named it first"),
            ),
        ],
        pager: Pager::default(),
        empty: Empty::default(),
    };
    insta::assert_snapshot!(page.render().unwrap());
}

#[test]
fn an_asset_shows_its_open_risks() {
    let risk = RiskRow {
        key: "R-6".into(),
        href: "/risks/R-6".into(),
        title: "Changing a record identifier returns another person's data".into(),
        asset: String::new(),
        detail: String::new(),
        level: Badge::level("high"),
        state: Badge::state("open"),
        owner: "Sam Okafor".into(),
        team: String::new(),
        due: due("2026-11-04"),
        ticket: None,
    };
    let page = AssetPage {
        frame: frame("CloudVista public API", Section::Assets),
        asset: asset(
            "A2",
            "CloudVista public API",
            "8 open, 6 late",
            Badge::toned(Tone::Good, "Reviewed", ""),
        ),
        problems: None,
        description: String::new(),
        facts: vec![("Environment".into(), "Production".into())],
        assessment: Some(AssessmentCard {
            level: Badge::level("high"),
            scores: "Likelihood 4, impact 4".into(),
            rationale: "<p>It holds the money.</p>".into(),
            by: "Ana, 2026-10-05".into(),
        }),
        worst: vec![risk.clone()],
        matchers: vec![("Host".into(), "api.cloudvista.example".into())],
        risks: vec![risk],
        more: "All 8".into(),
        keep: None,
    };
    insta::assert_snapshot!(page.render().unwrap());
}
