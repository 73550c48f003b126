//! A list as an example.

use super::super::*;
use crate::page::form::{Choice, Kind};
use crate::page::frame::Section;
use crate::page::listing::{Column, Empty, Link, Pager};
use crate::page::sample::{date, due, frame};

pub(super) fn row(key: &str, title: &str, level: &str, state: &str, owner: &str, due: Due) -> RiskRow {
    RiskRow {
        key: key.into(),
        href: format!("/risks/{key}"),
        title: title.into(),
        asset: "CloudVista public API".into(),
        detail: String::new(),
        level: Badge::level(level),
        state: Badge::state(state),
        owner: owner.into(),
        team: "Solutions Engineering".into(),
        due,
        ticket: Some(Link::new("PAY-14", "https://jira.example/browse/PAY-14")),
    }
}

pub(super) fn filters() -> Vec<Field> {
    let choice = |name: &str, label: &str, values: &[&str]| {
        let mut choices = vec![Choice::new("", "Any", "")];
        choices.extend(
            values.iter().map(|value| Choice::new(*value, crate::page::badge::capitalised(value), "")),
        );
        Field::new(name, label, Kind::Choice).choices(choices)
    };
    vec![
        choice(
            "state",
            "State",
            &["new", "triage", "open", "in_progress", "blocked", "verification", "accepted", "closed"],
        ),
        choice("level", "Level", &["critical", "high", "medium", "low"]),
        choice("owner", "Owner", &["me", "nobody"]),
        choice("team", "Team", &["wallet", "platform"]),
        choice("asset", "Asset", &["A1", "A2"]),
        choice("source", "Source", &["trivy", "workshop"]),
        Field::new("overdue", "Late only", Kind::Check).value("true"),
        Field::new("q", "Words", Kind::Text),
    ]
}

pub(super) fn list() -> RiskListPage {
    let tab = |label: &str, count: &str, href: &str, current| Tab {
        label: label.into(),
        count: count.into(),
        href: href.into(),
        current,
    };
    RiskListPage {
        frame: frame("Risks", Section::Risks),
        summary: "13 risks in scope, 9 late".into(),
        problems: None,
        may_record: true,
        ticked: vec!["R-7".into()],
        here: "/risks?overdue=true".into(),
        tabs: vec![
            tab("All open", "13", "/risks", true),
            tab("Mine", "4", "/risks?owner=me", false),
            tab("To triage", "2", "/risks?state=triage", false),
            tab("Late", "9", "/risks?overdue=true", false),
            tab("Accepted", "1", "/risks?state=accepted", false),
            tab("Closed", "28", "/risks?state=closed", false),
        ],
        filters: filters(),
        filtered: true,
        sort: "due_at".into(),
        bulk: Vec::new(),
        columns: vec![
            Column::plain("Key"),
            Column::plain("Risk"),
            Column { label: "Level".into(), href: "/risks?sort=-level".into(), direction: "" },
            Column::plain("State"),
            Column::plain("Owner"),
            Column { label: "Due".into(), href: "/risks?sort=-due_at".into(), direction: "ascending" },
            Column::plain("Ticket"),
        ],
        rows: vec![
            row(
                "R-6",
                "Changing a record identifier returns another person's data",
                "high",
                "in_progress",
                "Sam Okafor",
                due("2026-11-04"),
            ),
            row(
                "R-7",
                "Payment accepted with an altered amount, currency or fee",
                "critical",
                "blocked",
                "",
                due("2026-11-20"),
            ),
            RiskRow {
                ticket: None,
                detail: "CVE-2024-3094 · xz-utils 5.6.0".into(),
                ..row(
                    "R-10",
                    "CVE-2024-3094 in xz-utils 5.6.0",
                    "critical",
                    "new",
                    "Sam Okafor",
                    Due::none("set when confirmed"),
                )
            },
            row(
                "R-4",
                "Login service starved by automated attempts",
                "medium",
                "open",
                "Sam Okafor",
                due("2026-11-30"),
            ),
            row(
                "R-9",
                "Bulk scraping through calls without limits",
                "medium",
                "verification",
                "Sam Okafor",
                due("2027-01-03"),
            ),
            row(
                "R-12",
                "Insider plants a key or trust to keep access",
                "high",
                "accepted",
                "Dana Whitfield",
                Due::resting(date("2027-01-03"), "suspended while accepted"),
            ),
            row(
                "R-5",
                "Answers reveal which e-mails have <accounts>",
                "low",
                "closed",
                "Dana Whitfield",
                Due::stopped(date("2026-11-04"), date("2026-11-02")),
            ),
        ],
        pager: Pager {
            summary: "25 a page, soonest due first".into(),
            first: "/risks".into(),
            next: "/risks?cursor=abc".into(),
        },
        empty: Empty {
            title: "No risk matches".into(),
            text: "Take a filter away, or look at closed risks too.".into(),
            links: vec![("Clear the filters".into(), "/risks".into())],
        },
    }
}
