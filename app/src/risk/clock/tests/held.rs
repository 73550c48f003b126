//! What no rule gives away: the lateness of what rests or has stopped, and the days of the directive.

use super::super::moving;
use super::*;

/// The versions of before, with laxer ones, and with the level's days of 30 and then of 90 under one name.
fn with_laxer() -> Versions {
    let mut versions = versions();
    let giving = |days| SlaPolicy { remediation: [days; 5], ..SlaPolicy::standard() };
    for (name, policy) in [
        ("house@1", giving(Some(30))),
        ("house@2", giving(Some(90))),
        ("lax", giving(Some(400))),
        ("none", giving(None)),
    ] {
        versions.policies.insert(name.to_owned(), policy);
    }
    versions
}

/// The day on which it is due under `house@1` for all events, and with `house@2` from the second of the days on.
fn due_when_laxer_from(events: &[ClockEvent], laxer_from: &str) -> (NaiveDate, NaiveDate) {
    let under = |laxer_from: NaiveDate| {
        let named = |event: &ClockEvent| {
            let name = if event.at.date_naive() < laxer_from { "house@1" } else { "house@2" };
            ClockEvent { policies: vec![name.into()], ..event.clone() }
        };
        let events: Vec<ClockEvent> = events.iter().map(named).collect();
        due(&Clock::replay(&events, &with_laxer()).unwrap()).0
    };
    (under(NaiveDate::MAX), under(day(laxer_from)))
}

/// A regression: a policy that came while a late risk was accepted or closed put it right.
#[test]
fn what_was_late_when_it_was_accepted_or_closed_stays_late_under_a_laxer_policy() {
    let late = started("2026-10-05", Level::High);
    let accepted = [
        late.clone(),
        event("2026-11-14", Accepted { until: day("2027-01-18") }),
        event("2026-12-01", PolicyChanged),
        event("2027-01-19", AcceptanceEnded { because: AcceptanceEnd::Expired }),
    ];
    let stays = (day("2026-11-04"), day("2026-11-04"));
    assert_eq!(due_when_laxer_from(&accepted, "2026-12-01"), stays, "while it was accepted");
    assert_eq!(due_when_laxer_from(&accepted, "2027-01-19"), stays, "on the day on which that ended");
    let closed = [late, event("2026-11-14", Closed), event("2026-12-14", Reopened)];
    assert_eq!(due_when_laxer_from(&closed, "2026-12-14"), stays);
}

/// A high risk whose only strict day is one of the directive.
fn judged() -> Vec<ClockEvent> {
    vec![started("2026-10-05", Level::High), event("2026-10-05", listed(day("2026-10-05"), 14))]
}

fn then(events: &[(&str, Happening)]) -> Vec<ClockEvent> {
    judged().into_iter().chain(events.iter().map(|(on, happening)| event(on, happening.clone()))).collect()
}

/// A regression: after an acceptance or a return the day counted as the policy's, and a person might move it out.
#[test]
fn a_day_of_the_directive_stays_one_after_an_acceptance_and_a_return() {
    let accepted = then(&[
        ("2026-10-09", Accepted { until: day("2027-01-18") }),
        ("2027-01-19", AcceptanceEnded { because: AcceptanceEnd::Expired }),
    ]);
    let clock = replay(accepted.clone());
    assert_eq!((due(&clock).0, clock.directive_day()), (day("2027-01-28"), Some(day("2027-01-28"))));
    let short = then(&[
        ("2026-10-17", Accepted { until: day("2027-01-18") }),
        ("2027-01-19", AcceptanceEnded { because: AcceptanceEnd::Expired }),
    ]);
    let clock = replay(short);
    assert_eq!((due(&clock).0, clock.directive_day()), (day("2027-01-25"), Some(day("2027-01-25"))));
    let back = replay(then(&[("2026-10-09", Closed), ("2026-12-14", Reopened)]));
    assert_eq!((due(&back).0, back.directive_day()), (day("2026-12-24"), Some(day("2026-12-24"))));
    let closed_while_accepted = replay(then(&[
        ("2026-10-09", Accepted { until: day("2027-01-18") }),
        ("2026-11-09", Closed),
        ("2026-12-14", Reopened),
    ]));
    assert_eq!(closed_while_accepted.directive_day(), Some(day("2026-12-24")));
    let farther = replay(vec![
        started("2026-10-05", Level::High),
        event("2026-10-05", listed(day("2026-10-05"), 60)),
        event("2026-10-15", Accepted { until: day("2027-01-18") }),
        event("2027-01-19", AcceptanceEnded { because: AcceptanceEnd::Revoked }),
    ]);
    assert_eq!((due(&farther).0, farther.directive_day()), (day("2027-02-07"), Some(day("2027-03-09"))));
    let late = replay(then(&[
        ("2026-11-09", Accepted { until: day("2027-01-18") }),
        ("2027-01-19", AcceptanceEnded { because: AcceptanceEnd::Expired }),
    ]));
    assert_eq!((due(&late).0, late.directive_day()), (day("2026-10-19"), Some(day("2026-10-19"))));
}

/// A regression: where a policy starts all days again, the directive's were gone.
#[test]
fn starting_again_after_an_acceptance_gives_no_days_of_the_directive() {
    let events = then(&[
        ("2026-10-09", Accepted { until: day("2027-01-18") }),
        ("2027-01-19", AcceptanceEnded { because: AcceptanceEnd::Expired }),
    ]);
    let clock = under("restart", "england", events);
    assert_eq!((due(&clock).0, clock.directive_day()), (day("2027-01-28"), Some(day("2027-01-28"))));
    let said = &clock.lines.last().unwrap().text;
    assert!(
        said.contains("high start again") && said.contains("directive left ends on 2027-01-28"),
        "{said}"
    );
}

/// A regression: after a move by hand or a return, starting again gave every level the days of medium.
#[test]
fn starting_again_after_an_acceptance_counts_the_days_of_the_level() {
    let ended = |before: &[(&str, Happening)]| {
        let acceptance = [
            ("2026-12-16", Accepted { until: day("2027-01-18") }),
            ("2027-01-19", AcceptanceEnded { because: AcceptanceEnd::Expired }),
        ];
        let rest = before.iter().chain(&acceptance).map(|(on, happening)| event(on, happening.clone()));
        let events = [started("2026-12-01", Level::Critical)].into_iter().chain(rest).collect();
        due(&under("restart", "england", events)).0
    };
    assert_eq!(ended(&[]), day("2027-02-02"));
    let moved = Moved { to: day("2026-12-18"), reason: "a day off was missing".into() };
    assert_eq!(ended(&[("2026-12-02", moved)]), day("2027-02-02"));
    assert_eq!(ended(&[("2026-12-02", Closed), ("2026-12-14", Reopened)]), day("2027-02-02"));
}

/// A regression: only the base was asked how far a person may move a due date.
#[test]
fn a_person_may_move_a_due_date_as_far_as_the_strictest_policy() {
    let latest = |policies: &[&str], level| {
        let policies: Vec<String> = policies.iter().map(|name| (*name).to_owned()).collect();
        moving::latest(Some(level), (&policies, "england"), &with_laxer(), day("2026-10-10"))
    };
    assert_eq!(latest(&["standard"], Level::High), Some(day("2026-11-09")));
    assert_eq!(latest(&["standard", "strict"], Level::High), Some(day("2026-10-30")));
    assert_eq!(latest(&["standard", "lax", "none"], Level::High), Some(day("2026-11-09")));
    assert_eq!(latest(&["none", "strict"], Level::High), Some(day("2026-10-30")));
    assert_eq!(latest(&["none", "strict"], Level::Info), Some(day("2027-01-08")), "the longest of all");
    assert_eq!(latest(&["none"], Level::High), None);
}

fn any_later_happening() -> impl Strategy<Value = Happening> {
    let date = || (0_i64..400).prop_map(|days| day("2029-01-01") + TimeDelta::days(days));
    prop_oneof![
        proptest::sample::select(Level::ALL).prop_map(|to| LevelChanged { to }),
        (date(), 3_u32..60).prop_map(|(added, days)| listed(added, days)),
        Just(PauseEnded),
        date().prop_map(|until| Accepted { until }),
        proptest::sample::select(AcceptanceEnd::ALL).prop_map(|because| AcceptanceEnded { because }),
        Just(Claimed),
        Just(ClaimFailed),
        Just(Closed),
        Just(Reopened),
        Just(PolicyChanged),
    ]
}

proptest! {
    /// Whatever policies come and go, and whether it is accepted, closed or back meanwhile: a late risk stays late.
    #[test]
    fn what_is_late_stays_late_through_all_policies_and_states(
        mut history in any_history(),
        later in proptest::collection::vec(
            (
                0_i64..72,
                any_later_happening(),
                proptest::sample::select(vec!["standard", "business", "strict", "keep", "restart", "lax", "none"]),
            ),
            1..20,
        ),
    ) {
        let versions = with_laxer();
        // By then every day is over that was ever set, and no claim from before it can count.
        history.push(ClockEvent { at: noon("2029-01-01"), happening: ClaimFailed, ..history[0].clone() });
        let mut clock = Clock::replay(&history, &versions).unwrap();
        let Some(mut before) = clock.due.filter(|_| clock.is_running()).map(|due| due.on) else { return Ok(()) };
        prop_assert!(before < day("2029-01-01"));
        let mut at = noon("2029-01-01");
        for (hours, happening, policy) in later {
            at += TimeDelta::hours(hours);
            let policies = vec![policy.to_owned()];
            let next = ClockEvent { at, happening, policies, calendar: "england".into() };
            clock = clock.with(&next, &versions).unwrap();
            let after = clock.due.map(|due| due.on);
            prop_assert!(after.is_some_and(|after| after <= before), "{after:?} after {before} by {next:?}");
            before = after.unwrap_or(before);
        }
    }
}
