//! Worked cases of both clocks, and what holds for every history.

use abate_entity::level::Level;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::event::AcceptanceEnd;
use super::event::Happening::{self, *};
use super::*;
use crate::calendar::business_day::Holidays;

mod held;
mod moved;
mod policies;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn noon(text: &str) -> DateTime<Utc> {
    format!("{text}T12:00:00Z").parse().unwrap()
}

fn england() -> SlaCalendar {
    let days = ["2026-12-25", "2026-12-26", "2026-12-28", "2027-01-01"];
    SlaCalendar { zone: Tz::Europe__London, holidays: days.into_iter().map(day).collect() }
}

fn versions() -> Versions {
    let standard = SlaPolicy::standard();
    let business = SlaPolicy {
        basis: Basis::BusinessDays,
        remediation: [None, Some(60), Some(20), Some(10), Some(5)],
        ..standard.clone()
    };
    let strict = SlaPolicy { remediation: [None, Some(90), Some(45), Some(20), Some(7)], ..standard.clone() };
    let keep = SlaPolicy { on_expiry: OnExpiry::Keep, ..standard.clone() };
    let restart = SlaPolicy { on_expiry: OnExpiry::Restart, ..standard.clone() };
    let new_york = SlaCalendar { zone: Tz::America__New_York, holidays: Holidays::default() };
    let named = |name: &str, policy| (name.to_owned(), policy);
    Versions {
        policies: [
            named("standard", standard),
            named("business", business),
            named("strict", strict),
            named("keep", keep),
            named("restart", restart),
        ]
        .into(),
        calendars: [("england".to_owned(), england()), ("new york".to_owned(), new_york)].into(),
    }
}

fn event(on: &str, happening: Happening) -> ClockEvent {
    ClockEvent { at: noon(on), happening, policies: vec!["standard".into()], calendar: "england".into() }
}

fn listed(added: NaiveDate, days: u32) -> Happening {
    Judged(Judgement {
        cve: "CVE-2026-1".into(),
        kev_added: Some(added),
        days: Some(days),
        forensics: false,
        row: "in KEV".into(),
    })
}

fn started(on: &str, level: Level) -> ClockEvent {
    event(on, Started { level, sla_start: day(on), patch_released: None })
}

fn under(policy: &str, calendar: &str, events: Vec<ClockEvent>) -> Clock {
    let named = |event| ClockEvent { policies: vec![policy.into()], calendar: calendar.into(), ..event };
    let events: Vec<_> = events.into_iter().map(named).collect();
    Clock::replay(&events, &versions()).unwrap()
}

fn replay(events: Vec<ClockEvent>) -> Clock {
    Clock::replay(&events, &versions()).unwrap()
}

fn due(clock: &Clock) -> (NaiveDate, DateTime<Utc>) {
    let due = clock.due.unwrap();
    assert_eq!(clock.lines.last().unwrap().due_on, Some(due.on), "the explanation ends at the due date");
    (due.on, due.at)
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn a_due_date_is_the_end_of_a_local_day_on_both_sides_of_a_clock_change() {
    let high = replay(vec![started("2026-10-05", Level::High)]);
    assert_eq!(due(&high), (day("2026-11-04"), at("2026-11-04T23:59:59Z")));
    let critical = vec![started("2026-10-20", Level::Critical)];
    assert_eq!(due(&replay(critical.clone())), (day("2026-11-04"), at("2026-11-04T23:59:59Z")));
    let new_york = under("standard", "new york", critical);
    assert_eq!(due(&new_york), (day("2026-11-04"), at("2026-11-05T04:59:59Z")));
}

#[test]
fn calendar_days_are_added_whatever_the_month() {
    for (days, expected) in [
        (3, "2026-11-23"),
        (7, "2026-11-27"),
        (14, "2026-12-04"),
        (15, "2026-12-05"),
        (30, "2026-12-20"),
        (60, "2027-01-19"),
        (90, "2027-02-18"),
        (180, "2027-05-19"),
    ] {
        let mut versions = versions();
        let policy = SlaPolicy { remediation: [Some(days); 5], ..SlaPolicy::standard() };
        versions.policies.insert("standard".into(), policy);
        let clock = Clock::replay(&[started("2026-11-20", Level::Low)], &versions).unwrap();
        assert_eq!(due(&clock).0, day(expected));
    }
}

#[test]
fn business_days_leave_out_weekends_and_holidays() {
    let clock = under("business", "england", vec![started("2026-12-24", Level::Critical)]);
    assert_eq!(due(&clock), (day("2027-01-05"), at("2027-01-05T23:59:59Z")));
}

#[test]
fn an_approved_pause_moves_the_due_date_by_the_days_it_took() {
    let paused = |end: &str| {
        replay(vec![
            started("2026-10-05", Level::High),
            event("2026-10-12", PauseApproved { from: day("2026-10-12"), days: 30 }),
            event(end, PauseEnded),
        ])
    };
    assert_eq!(due(&paused("2026-10-22")).0, day("2026-11-14"));
    assert_eq!(due(&paused("2027-01-22")).0, day("2026-12-04"), "no more than was approved");
    let unapproved = replay(vec![started("2026-10-05", Level::High), event("2026-10-22", PauseEnded)]);
    assert_eq!(due(&unapproved).0, day("2026-11-04"));
    let claimed = replay(vec![
        started("2026-10-05", Level::High),
        event("2026-10-12", PauseApproved { from: day("2026-10-12"), days: 30 }),
        event("2026-10-15", Claimed),
    ]);
    assert_eq!(due(&claimed).0, day("2026-11-07"), "a claim ends the pause");
}

#[test]
fn a_rise_gives_the_new_days_from_its_day_but_never_a_later_date() {
    let raised = |level| {
        replay(vec![started("2026-10-05", level), event("2026-10-25", LevelChanged { to: Level::Critical })])
    };
    assert_eq!(due(&raised(Level::High)).0, day("2026-11-04"));
    assert_eq!(due(&raised(Level::Low)).0, day("2026-11-09"));
    let fallen = replay(vec![
        started("2026-10-05", Level::High),
        event("2026-10-10", LevelChanged { to: Level::Low }),
    ]);
    assert_eq!(due(&fallen).0, day("2026-11-04"), "a fall moves nothing");
    let moved = replay(vec![
        started("2026-10-05", Level::High),
        event("2026-10-10", LevelChanged { to: Level::Low }),
        event("2026-10-11", Moved { to: day("2027-01-31"), reason: "the level fell".into() }),
    ]);
    assert_eq!(due(&moved).0, day("2027-01-31"), "a person may");
}

#[test]
fn kev_days_count_from_the_later_of_listing_and_start() {
    let exposed =
        replay(vec![started("2026-10-05", Level::High), event("2026-10-10", listed(day("2026-10-10"), 3))]);
    assert_eq!(due(&exposed), (day("2026-10-13"), at("2026-10-13T22:59:59Z")));
    let listed = event("2026-11-20", listed(day("2025-08-25"), 14));
    let old = replay(vec![started("2026-11-20", Level::Medium), listed.clone()]);
    assert_eq!(due(&old).0, day("2026-12-04"));
    let before_start = replay(vec![listed, started("2026-11-20", Level::Medium)]);
    assert_eq!(due(&before_start).0, day("2026-12-04"), "also when known before confirmation");
}

fn accepted(on: &str, because: AcceptanceEnd) -> Vec<ClockEvent> {
    let later = match because {
        AcceptanceEnd::Expired => "2027-01-19",
        _ => "2026-12-01",
    };
    vec![
        started("2026-10-05", Level::High),
        event(on, Accepted { until: day("2027-01-18") }),
        event(later, AcceptanceEnded { because }),
    ]
}

#[test]
fn after_an_acceptance_the_days_that_were_left_go_on_with_a_floor() {
    let expired = |on| replay(accepted(on, AcceptanceEnd::Expired));
    assert_eq!(due(&expired("2026-10-20")).0, day("2027-02-02"), "15 days were left");
    assert_eq!(due(&expired("2026-11-03")).0, day("2027-01-25"), "1 day was left, 5 business days are given");
    assert_eq!(due(&expired("2026-11-14")).0, day("2026-11-04"), "late before, late after");
    let mut late_timer = accepted("2026-10-20", AcceptanceEnd::Expired);
    late_timer[2].at = noon("2027-01-30");
    assert_eq!(due(&replay(late_timer)).0, day("2027-02-02"), "downtime is no present");
    let revoked = replay(accepted("2026-11-03", AcceptanceEnd::Revoked));
    assert_eq!(due(&revoked).0, day("2026-12-08"), "the floor counts from the day of revocation");
}

#[test]
fn the_policy_may_keep_the_date_or_start_again_after_an_acceptance() {
    let expired = accepted("2026-10-20", AcceptanceEnd::Expired);
    assert_eq!(due(&under("keep", "england", expired.clone())).0, day("2026-11-04"));
    assert_eq!(due(&under("restart", "england", expired)).0, day("2027-02-17"));
}

#[test]
fn what_got_worse_while_accepted_has_no_floor_in_either_order_of_events() {
    let mut events = accepted("2026-11-03", AcceptanceEnd::LevelRose);
    events.push(event("2026-12-01", LevelChanged { to: Level::Critical }));
    assert_eq!(due(&replay(events.clone())).0, day("2026-12-02"), "1 day was left");
    events.swap(2, 3);
    assert_eq!(due(&replay(events)).0, day("2026-12-02"));
    let mut early = accepted("2026-10-06", AcceptanceEnd::KevListed);
    early.insert(2, event("2026-12-01", listed(day("2026-12-01"), 3)));
    assert_eq!(due(&replay(early)).0, day("2026-12-04"));
}

#[test]
fn a_renewal_keeps_what_was_left() {
    let mut events = accepted("2026-10-20", AcceptanceEnd::Expired);
    events.insert(2, event("2027-01-10", Accepted { until: day("2027-02-18") }));
    events[3].at = noon("2027-02-19");
    assert_eq!(due(&replay(events)).0, day("2027-03-05"));
}

fn closed_and_back(claimed: &str, closed: &str, back: &str) -> Clock {
    replay(vec![
        started("2026-10-05", Level::High),
        event(claimed, Claimed),
        event(closed, Closed),
        event(back, Reopened),
    ])
}

#[test]
fn a_return_within_ninety_days_takes_up_the_old_clock() {
    assert_eq!(due(&closed_and_back("2026-10-15", "2026-10-15", "2026-12-14")).0, day("2027-01-03"));
    assert_eq!(due(&closed_and_back("2026-10-15", "2026-10-15", "2027-01-23")).0, day("2027-02-22"));
    assert_eq!(
        due(&closed_and_back("2026-10-15", "2026-10-25", "2026-12-14")).0,
        day("2027-01-03"),
        "the time of verification is not used up"
    );
    assert_eq!(due(&closed_and_back("2026-11-10", "2026-11-10", "2026-12-14")).0, day("2026-11-04"));
}

#[test]
fn a_failed_claim_changes_nothing_and_ends_an_acceptance() {
    let failed = replay(vec![
        started("2026-10-05", Level::High),
        event("2026-10-15", Claimed),
        event("2026-10-20", ClaimFailed),
    ]);
    assert_eq!((due(&failed).0, failed.claimed_at), (day("2026-11-04"), None));
    let accepted = replay(vec![
        started("2026-10-05", Level::High),
        event("2026-10-20", Accepted { until: day("2027-01-18") }),
        event("2026-11-20", Claimed),
        event("2026-12-01", ClaimFailed),
    ]);
    assert_eq!(due(&accepted).0, day("2026-12-16"));
}

#[test]
fn triage_has_hours_and_a_rise_shortens_them() {
    let ingested = event("2026-10-05", Ingested { level: Level::Low });
    let rise = event("2026-10-06", LevelChanged { to: Level::Critical });
    assert_eq!(replay(vec![ingested.clone()]).triage_due_at, Some(noon("2026-10-19")));
    let raised = replay(vec![ingested.clone(), rise, event("2026-10-07", TriageLeft)]);
    assert_eq!(raised.triage_due_at, Some(noon("2026-10-07")));
    assert_eq!(raised.triage_left_at, Some(noon("2026-10-07")));
    assert_eq!(replay(vec![event("2026-10-05", Ingested { level: Level::Info })]).triage_due_at, None);
    let rise = event("2026-10-15", LevelChanged { to: Level::Critical });
    let renamed = ClockEvent { policies: vec!["keep".into()], ..event("2026-10-15", PolicyChanged) };
    let under_another = replay(vec![ingested.clone(), rise.clone(), renamed]);
    assert_eq!(under_another.triage_due_at, Some(noon("2026-10-16")), "hours of a rise count from the rise");
}

#[test]
fn an_unknown_version_is_named() {
    let lost = ClockEvent { policies: vec!["lost".into()], ..started("2026-10-05", Level::High) };
    let problem = Clock::replay(&[lost], &versions()).unwrap_err();
    assert_eq!((problem.kind, problem.name.as_str()), ("policy", "lost"));
}

fn any_happening() -> impl Strategy<Value = Happening> {
    let level = || proptest::sample::select(Level::ALL);
    let date = || (0_i64..400).prop_map(|days| day("2026-10-01") + TimeDelta::days(days));
    prop_oneof![
        level().prop_map(|level| Ingested { level }),
        Just(TriageLeft),
        (level(), date()).prop_map(|(level, sla_start)| Started { level, sla_start, patch_released: None }),
        level().prop_map(|to| LevelChanged { to }),
        (date(), 3_u32..60).prop_map(|(added, days)| listed(added, days)),
        (date(), 1_u32..31).prop_map(|(from, days)| PauseApproved { from, days }),
        Just(PauseEnded),
        date().prop_map(|until| Accepted { until }),
        proptest::sample::select(AcceptanceEnd::ALL).prop_map(|because| AcceptanceEnded { because }),
        Just(Claimed),
        Just(ClaimFailed),
        Just(Closed),
        Just(Reopened),
        date().prop_map(|to| Moved { to, reason: "so".into() }),
        Just(PolicyChanged),
    ]
}

fn any_history() -> impl Strategy<Value = Vec<ClockEvent>> {
    let policies = vec!["standard", "business", "strict", "keep", "restart"];
    let entry = (0_i64..200, any_happening(), proptest::sample::select(policies));
    proptest::collection::vec(entry, 1..20).prop_map(|entries| {
        let mut hours = 0;
        let mut history = vec![started("2026-10-01", Level::Medium)];
        for (gap, happening, policy) in entries {
            hours += gap;
            let at = noon("2026-10-01") + TimeDelta::hours(hours);
            history.push(ClockEvent {
                at,
                happening,
                policies: vec![policy.into()],
                calendar: "england".into(),
            });
        }
        history
    })
}

proptest! {
    /// Where a history is cut makes no difference: the same events give the same clocks and explanation.
    #[test]
    fn a_history_replays_alike_however_it_is_split(history in any_history(), cut in any::<prop::sample::Index>()) {
        let versions = versions();
        let whole = Clock::replay(&history, &versions).unwrap();
        let (before, after) = history.split_at(cut.index(history.len() + 1));
        let half = Clock::replay(before, &versions).unwrap();
        let rest = after.iter().try_fold(half, |clock, event| clock.with(event, &versions)).unwrap();
        prop_assert_eq!(&rest, &whole);
        let stored: Vec<ClockEvent> = serde_json::from_value(serde_json::to_value(&history).unwrap()).unwrap();
        prop_assert_eq!(Clock::replay(&stored, &versions).unwrap(), whole);
    }

    /// While the clock runs under one policy, nothing that happens to a rating moves a due date out.
    #[test]
    fn ratings_never_move_a_due_date_out(
        changes in proptest::collection::vec((0_i64..30, proptest::sample::select(Level::ALL), any::<bool>()), 1..12),
    ) {
        let versions = versions();
        let mut clock = Clock::replay(&[started("2026-10-01", Level::Low)], &versions).unwrap();
        let mut at = noon("2026-10-01");
        for (days, to, in_kev) in changes {
            at += TimeDelta::days(days);
            let happening = if in_kev { listed(at.date_naive(), 14) } else { LevelChanged { to } };
            let before = due(&clock).0;
            let next = ClockEvent { at, ..event("2026-10-01", happening) };
            clock = clock.with(&next, &versions).unwrap();
            prop_assert!(due(&clock).0 <= before);
        }
    }
}
