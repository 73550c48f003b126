//! What several policies, and a change of them, mean for a clock.

use super::*;

#[test]
fn the_strictest_of_several_policies_counts_and_the_line_says_so() {
    let both = |policies: &[&str], level| {
        let policies = policies.iter().map(|name| (*name).to_owned()).collect();
        let started = ClockEvent { policies, ..started("2026-10-05", level) };
        Clock::replay(&[started], &versions()).unwrap()
    };
    let clock = both(&["standard", "strict"], Level::High);
    assert_eq!(due(&clock).0, day("2026-10-25"));
    let said = &clock.lines.last().unwrap().text;
    assert!(said.contains("would give 2026-11-04") && said.contains("the strictest counts"), "{said}");
    assert_eq!(
        due(&both(&["strict", "standard"], Level::High)).0,
        day("2026-10-25"),
        "whichever is the base"
    );
}

#[test]
fn what_is_late_stays_late_when_a_policy_gets_laxer() {
    let laxer = |on: &str| ClockEvent { policies: vec!["standard".into()], ..event(on, PolicyChanged) };
    let strict = |on: &str| vec![ClockEvent { policies: vec!["strict".into()], ..started(on, Level::High) }];
    let history = |on: &str| strict("2026-10-05").into_iter().chain([laxer(on)]).collect::<Vec<_>>();
    // Another name has taken the place of the stricter one, and the date that it set stays.
    let replaced = replay(history("2026-10-20"));
    assert_eq!((due(&replaced).0, replaced.stays_late), (day("2026-10-25"), false));
    let mut versions = versions();
    for (label, days) in [("strict@1", 20), ("strict@2", 60)] {
        let policy = SlaPolicy { remediation: [Some(days); 5], ..SlaPolicy::standard() };
        versions.policies.insert(label.into(), policy);
    }
    let newer = |on: &str| {
        let mut history = history(on);
        history[0].policies = vec!["strict@1".into()];
        history[1].policies = vec!["strict@2".into()];
        Clock::replay(&history, &versions).unwrap()
    };
    let in_time = newer("2026-10-25");
    assert_eq!((due(&in_time).0, in_time.stays_late), (day("2026-12-04"), false));
    let late = newer("2026-10-26");
    assert_eq!((due(&late).0, late.stays_late), (day("2026-10-25"), true));
    assert!(late.lines.iter().any(|line| line.text.contains("still is")), "{:?}", late.lines);
}

#[test]
fn a_policy_of_months_counts_from_the_release_of_the_patch() {
    let mut versions = versions();
    versions.policies.insert("pci".into(), SlaPolicy::pci_dss_4_0_1());
    let under = |released: Option<&str>, level| {
        let happening = Started { level, sla_start: day("2027-02-10"), patch_released: released.map(day) };
        let policies = vec!["standard".into(), "pci".into()];
        let started = ClockEvent { policies, ..event("2027-02-10", happening) };
        due(&Clock::replay(&[started], &versions).unwrap()).0
    };
    assert_eq!(under(Some("2027-01-31"), Level::Critical), day("2027-02-25"), "15 days are stricter here");
    assert_eq!(under(Some("2027-01-20"), Level::Critical), day("2027-02-20"));
    assert_eq!(under(None, Level::Critical), day("2027-02-25"));
    assert_eq!(
        under(Some("2027-01-20"), Level::High),
        day("2027-03-12"),
        "the standard sets only critical ones"
    );
    let month = |from: &str| SlaPolicy::pci_dss_4_0_1().end_of_term(day(from), 1, &Holidays::default());
    assert_eq!((month("2027-01-31"), month("2028-01-31")), (day("2027-02-28"), day("2028-02-29")));
}

#[test]
fn an_acceptance_rests_with_what_other_policies_leave() {
    let mut events = accepted("2026-10-20", AcceptanceEnd::Expired);
    events[2].policies.push("strict".into());
    assert_eq!(due(&replay(events)).0, day("2027-01-25"), "5 days of 20 are left, and the floor");
}

#[test]
fn another_policy_moves_open_due_dates_and_leaves_closed_ones() {
    let change = |on: &str| ClockEvent { policies: vec!["strict".into()], ..event(on, PolicyChanged) };
    let open = replay(vec![started("2026-10-05", Level::High), change("2026-10-10")]);
    assert_eq!(due(&open).0, day("2026-10-25"));
    let texts: Vec<_> = open.lines.iter().map(|line| (line.due_on.unwrap(), line.text.as_str())).collect();
    assert_eq!(texts[0].0, day("2026-11-04"));
    assert!(texts[1].1.contains("strict"), "{texts:?}");
    let closed = replay(vec![
        started("2026-10-05", Level::High),
        event("2026-10-08", Claimed),
        event("2026-10-09", Closed),
        change("2026-10-10"),
    ]);
    assert_eq!(due(&closed).0, day("2026-11-04"));
}

proptest! {
    /// Another policy beside those that rule never gives a risk more time.
    #[test]
    fn adding_a_policy_never_moves_a_date_out(
        level in proptest::sample::select(Level::ALL),
        added in proptest::sample::select(vec!["business", "strict", "keep", "restart", "pci", "bod"]),
        raised in proptest::option::of((0_i64..60, proptest::sample::select(Level::ALL))),
    ) {
        let mut history = vec![event("2026-10-01", Ingested { level }), started("2026-10-01", level)];
        history.extend(raised.map(|(days, to)| ClockEvent {
            at: noon("2026-10-01") + TimeDelta::days(days),
            ..event("2026-10-01", LevelChanged { to })
        }));
        let mut versions = versions();
        versions.policies.insert("pci".into(), SlaPolicy::pci_dss_4_0_1());
        versions.policies.insert("bod".into(), SlaPolicy::bod_26_04());
        let alone = Clock::replay(&history, &versions).unwrap();
        for event in &mut history {
            event.policies.push(added.to_owned());
        }
        let both = Clock::replay(&history, &versions).unwrap();
        prop_assert!(alone.due.is_none_or(|alone| both.due.is_some_and(|both| both.at <= alone.at)));
        prop_assert!(alone.triage_due_at.is_none_or(|alone| both.triage_due_at.is_some_and(|both| both <= alone)));
    }
}
