use super::*;
use crate::page::badge::Tone;
use crate::page::chart::{self, Counts};
use crate::page::form::{Choice, Kind};
use crate::page::frame::Section;
use crate::page::sample::{at, date, demo_frame, due, frame};

fn counts(label: &str, levels: [u64; 5]) -> Counts {
    let links = chart::LEVELS.map(|level| format!("/risks?state={}&level={level}", label.to_lowercase()));
    Counts { label: label.into(), href: format!("/risks?state={}", label.to_lowercase()), levels, links }
}

fn risk(key: &str, title: &str, level: &str, owner: &str, day: &str) -> RiskRow {
    RiskRow {
        key: key.into(),
        href: format!("/risks/{key}"),
        title: title.into(),
        asset: String::new(),
        detail: String::new(),
        level: Badge::level(level),
        state: Badge::state("open"),
        owner: owner.into(),
        team: String::new(),
        due: due(day),
        ticket: None,
    }
}

fn cadence(
    name: &str,
    every: &str,
    owner: &str,
    last: Option<(&str, Tone, &str)>,
    next: &str,
    standing: (Tone, &str),
) -> CadenceRow {
    CadenceRow {
        name: name.into(),
        href: "/cadences/1".into(),
        every: every.into(),
        owner: owner.into(),
        last: last.map(|(when, tone, words)| (at(when), Badge::toned(tone, words, ""))),
        next: due(next),
        standing: Badge::toned(standing.0, standing.1, ""),
    }
}

fn tile(label: &str, value: &str, note: &str, tone: Tone) -> Tile {
    Tile {
        label: label.into(),
        value: value.into(),
        note: note.into(),
        href: "/risks".into(),
        tone: tone.class(),
    }
}

fn exposure() -> Vec<(chrono::NaiveDate, u64)> {
    let first = date("2026-08-23");
    (0..=90u64)
        .map(|day| (first + chrono::Days::new(day), 900 + (day * 37) % 61 + 4 * day - (day / 40) * 160))
        .collect()
}

fn dashboard() -> DashboardPage {
    DashboardPage {
        frame: demo_frame("Dashboard", Section::Dashboard),
        as_of: at("2026-11-21T09:12:07Z"),
        team: Some(
            Field::new("team", "Team", Kind::Choice)
                .choices(vec![Choice::new("", "All teams", ""), Choice::new("wallet", "Wallet", "")]),
        ),
        tiles: vec![
            tile("Open", "1,213", "31 more than a week ago", Tone::Plain),
            tile("Late", "94", "9 critical, 41 high", Tone::Bad),
            tile("Due in 14 days", "57", "4 critical", Tone::Warn),
            tile("Accepted", "23", "3 end within 30 days", Tone::Plain),
            tile("To triage", "118", "12 past their triage time", Tone::Warn),
            tile("Obligations late", "0", "5 done in time this quarter", Tone::Good),
        ],
        cadences: vec![
            cadence(
                "ASVS audit of the public API",
                "3 months",
                "Lena Fischer",
                Some(("2026-08-14T15:00:00Z", Tone::Good, "done")),
                "2026-11-14",
                (Tone::Bad, "Late"),
            ),
            cadence(
                "Patch review",
                "month, after patch Tuesday",
                "Dana Whitfield",
                Some(("2026-11-12T10:00:00Z", Tone::Good, "done")),
                "2026-12-10",
                (Tone::Good, "Done in time"),
            ),
            cadence("Security training", "year", "People team", None, "2026-11-25", (Tone::Warn, "Due")),
            cadence(
                "Incident drill",
                "6 months",
                "Lena Fischer",
                Some(("2026-05-20T10:00:00Z", Tone::Bad, "missed")),
                "2026-11-27",
                (Tone::Bad, "Last one missed"),
            ),
        ],
        cadence_summary: "1 late, 1 missed, 2 on time".into(),
        by_state: chart::bars(
            "Open risks by state and level",
            "State",
            vec![
                counts("New", [2, 31, 64, 12, 0]),
                counts("Triage", [1, 4, 3, 1, 0]),
                counts("Open", [11, 160, 310, 201, 0]),
                counts("In progress", [8, 92, 120, 44, 0]),
                counts("Blocked", [1, 6, 2, 0, 0]),
                counts("Verification", [2, 41, 70, 27, 0]),
                counts("Accepted", [0, 5, 10, 8, 0]),
            ],
        ),
        ageing: chart::bars(
            "Open risks by age and level",
            "Days open",
            vec![
                counts("0 to 7", [3, 40, 90, 30, 0]),
                counts("8 to 30", [10, 120, 140, 60, 0]),
                counts("31 to 60", [8, 80, 110, 70, 0]),
                counts("61 to 90", [2, 50, 99, 40, 0]),
                counts("91 to 180", [1, 31, 90, 50, 0]),
                counts("over 180", [1, 13, 40, 35, 0]),
            ],
        ),
        trend: chart::trend("Exposure", &exposure()),
        late: vec![
            risk(
                "R-6",
                "Changing a record identifier returns another person's data",
                "high",
                "Sam Okafor",
                "2026-11-04",
            ),
            risk(
                "R-7",
                "Payment accepted with an altered amount, currency or fee",
                "critical",
                "",
                "2026-11-20",
            ),
        ],
        late_link: Link::new("All 94 late", "/risks?overdue=true"),
        soon: vec![risk(
            "R-4",
            "Login service starved by automated attempts",
            "medium",
            "Sam Okafor",
            "2026-11-30",
        )],
        soon_link: Link::new("All 57", "/risks?due_before=2026-12-05"),
        acceptances: vec![AcceptanceRow {
            key: "R-12".into(),
            href: "/risks/R-12".into(),
            title: "Insider plants a key or trust to keep access".into(),
            level: Badge::level("high"),
            approver: "Lena Fischer".into(),
            ends: due("2026-12-03"),
        }],
        fresh: false,
    }
}

#[test]
fn the_dashboard_shows_what_is_late_and_who_acts() {
    insta::assert_snapshot!(dashboard().render().unwrap());
}

#[test]
fn a_fresh_dashboard_says_where_to_begin() {
    let none = || chart::bars("Open risks", "State", vec![counts("Open", [0; 5])]);
    let page = DashboardPage {
        frame: frame("Dashboard", Section::Dashboard),
        team: None,
        tiles: Vec::new(),
        cadences: Vec::new(),
        cadence_summary: String::new(),
        by_state: none(),
        ageing: none(),
        trend: None,
        late: Vec::new(),
        soon: Vec::new(),
        acceptances: Vec::new(),
        fresh: true,
        ..dashboard()
    };
    insta::assert_snapshot!(page.render().unwrap());
}
