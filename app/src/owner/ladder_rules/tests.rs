use proptest::prelude::*;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn due(on: &str, started_at: &str, zone: Tz) -> Due {
    let on: NaiveDate = on.parse().unwrap();
    Due {
        on,
        at: crate::calendar::local_time::end_of_day(zone, on),
        zone,
        started_at: at(started_at),
        known_at: at(started_at),
    }
}

fn hours(zone: Tz) -> Hours {
    let time = |text| super::super::quiet_rules::time(text).unwrap();
    Hours { zone, quiet_from: time("18:00"), quiet_to: time("08:00") }
}

fn person(id: i64, zone: Tz) -> Person {
    Person { id, hours: Some(hours(zone)), snoozed_until: None }
}

/// Ana owns, Ben leads, Eve heads security, Xi is the executive.
fn people(audience: Audience) -> Vec<Person> {
    let ana = person(1, Tz::Europe__Berlin);
    let ben = person(2, Tz::America__New_York);
    match audience {
        Audience::Owner => vec![ana],
        Audience::OwnerAndLead => vec![ana, ben],
        Audience::Lead => vec![ben],
        Audience::HeadOfSecurity => vec![person(3, Tz::Asia__Tokyo)],
        Audience::Executive => vec![person(4, Tz::Europe__Berlin)],
    }
}

#[test]
fn the_ladder_climbs_from_two_weeks_before_to_seven_business_days_after() {
    let holidays: Holidays = ["2026-12-25".parse::<chrono::NaiveDate>().unwrap()].into_iter().collect();
    let steps = steps(&due("2026-12-18", "2026-11-18T10:00:00Z", Tz::Europe__Berlin), &holidays);
    let expected = [
        ("T-14", "2026-12-04T08:00:00Z", Audience::Owner),
        ("T-7", "2026-12-11T08:00:00Z", Audience::Owner),
        ("T-3", "2026-12-15T08:00:00Z", Audience::Owner),
        ("T-1", "2026-12-17T08:00:00Z", Audience::Owner),
        ("T", "2026-12-18T22:59:59Z", Audience::OwnerAndLead),
        ("T+3", "2026-12-23T08:00:00Z", Audience::HeadOfSecurity),
        ("T+7", "2026-12-30T08:00:00Z", Audience::Executive),
    ];
    let expected = expected.map(|(step, moment, audience)| Planned {
        step: step.parse().unwrap(),
        at: at(moment),
        audience,
    });
    assert_eq!(steps, expected);
}

#[test]
fn what_has_three_days_has_hours() {
    let none = Holidays::default();
    let steps = steps(&due("2026-12-04", "2026-12-01T10:00:00Z", Tz::Europe__Berlin), &none);
    let hours: Vec<_> = steps.iter().map(|step| (step.step.as_str(), step.at)).collect();
    let expected = [
        ("H0", at("2026-12-01T10:00:00Z")),
        ("H24", at("2026-12-02T10:00:00Z")),
        ("H48", at("2026-12-03T10:00:00Z")),
        ("H60", at("2026-12-03T22:00:00Z")),
        ("H72", at("2026-12-04T10:00:00Z")),
    ];
    assert_eq!(hours, expected);
}

#[test]
fn after_a_pause_each_is_told_the_latest_and_the_rest_is_noted() {
    let none = Holidays::default();
    let steps = steps(&due("2026-12-18", "2026-11-18T10:00:00Z", Tz::Europe__Berlin), &none);
    let noted = BTreeSet::from([Step::Before14]);
    let now = at("2027-03-01T12:00:00Z");
    let reached = reached(&steps, steps[0].at, &noted, people, Level::High, &none, now);
    let seen: Vec<_> =
        reached.iter().map(|found| (found.step.as_str(), found.user_id, found.tell_at.is_some())).collect();
    let expected = [
        ("T-7", 1, false),
        ("T-3", 1, false),
        ("T-1", 1, false),
        ("T", 1, true),
        ("T", 2, true),
        ("T+3", 3, true),
        ("T+7", 4, true),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn what_comes_in_late_is_told_to_those_who_answer_for_it_and_escalated_to_nobody() {
    let none = Holidays::default();
    let mut late = due("2026-12-18", "2026-11-18T10:00:00Z", Tz::Europe__Berlin);
    late.known_at = at("2027-02-01T10:00:00Z");
    let now = at("2027-02-01T10:01:00Z");
    let reached =
        reached(&steps(&late, &none), late.known_at, &BTreeSet::new(), people, Level::High, &none, now);
    let told: Vec<_> = reached.iter().filter(|found| found.tell_at.is_some()).collect();
    assert_eq!(
        told.iter().map(|found| (found.step, found.user_id)).collect::<Vec<_>>(),
        [(Step::Late, 1), (Step::Late, 2)]
    );
    assert_eq!(reached.len(), 8, "the others are noted");
}

#[test]
fn who_left_a_risk_behind_is_found_out_a_business_day_later() {
    let none = Holidays::default();
    let friday = at("2026-11-20T15:00:00Z");
    let planned = unowned(friday, false, Tz::Europe__Berlin, &none);
    assert_eq!((planned.at, planned.audience), (at("2026-11-23T15:00:00Z"), Audience::Lead));
    assert_eq!(unowned(friday, true, Tz::Europe__Berlin, &none).audience, Audience::HeadOfSecurity);
}

#[test]
fn a_risk_is_put_off_three_times_and_never_beyond_its_due_date() {
    let now = at("2026-11-20T15:00:00Z");
    let due_at = Some(at("2026-12-18T22:59:59Z"));
    assert_eq!(snooze(at("2026-11-23T15:00:00Z"), due_at, 2, now), Ok(()));
    assert_eq!(snooze(at("2026-11-23T15:00:00Z"), due_at, 3, now), Err(NoSnooze::UsedUp));
    assert_eq!(snooze(now, due_at, 0, now), Err(NoSnooze::Past));
    assert_eq!(snooze(at("2026-12-05T15:00:00Z"), due_at, 0, now), Err(NoSnooze::TooLong));
    let soon = Some(at("2026-11-22T22:59:59Z"));
    assert_eq!(snooze(at("2026-11-23T15:00:00Z"), soon, 0, now), Err(NoSnooze::BeyondDue));
    assert_eq!(snooze(at("2026-11-23T15:00:00Z"), Some(now), 0, now), Err(NoSnooze::NothingDue));
    assert_eq!(snooze(at("2026-11-23T15:00:00Z"), None, 0, now), Err(NoSnooze::NothingDue));
}

proptest! {
    /// What has reached a step since the last look is looked at, wherever on earth it is due.
    #[test]
    fn a_due_date_with_a_step_in_between_is_one_of_the_days(
        due_in in 0_i64..400, begun in 0_i64..(400 * 96), quarters in 1_i64..200, zone in 0_usize..4,
    ) {
        let zone = [Tz::Europe__Berlin, Tz::Pacific__Kiritimati, Tz::Etc__GMTPlus12, Tz::Asia__Kolkata][zone];
        let holidays = ["2026-12-25".parse().unwrap(), "2027-01-01".parse().unwrap()].into_iter().collect::<Holidays>();
        let begin = at("2026-09-01T00:00:00Z");
        let after = begin + Duration::minutes(15 * begun);
        let until = after + Duration::minutes(15 * quarters);
        let on = begin.date_naive() + Duration::days(due_in);
        let started_at = at("2026-01-01T00:00:00Z");
        let due = Due {
            on, zone, started_at, known_at: started_at,
            at: crate::calendar::local_time::end_of_day(zone, on),
        };
        let reaches = steps(&due, &holidays).iter().any(|step| step.at > after && step.at <= until);
        let days = due_days(after, until, &holidays);
        prop_assert!(!reaches || days.contains(&on), "{on} of {days:?}");
        prop_assert!(quarters > 1 || days.len() < 40, "{} days for a quarter of an hour", days.len());
    }

    /// However irregular the looks over 400 days: each step once for each person, in order, every step that was reached
    /// noted, and nobody told in quiet hours but of what is critical.
    #[test]
    fn each_step_once_in_order_and_none_at_night(
        starts_in in 0_i64..300, length in 0_i64..60, zone in 0_usize..3, critical: bool,
        looks in proptest::collection::vec(1_i64..(30 * 24 * 60), 1..80),
        snoozed in proptest::option::of(0_i64..400),
    ) {
        let zones = [Tz::Europe__Berlin, Tz::America__New_York, Tz::Asia__Tokyo];
        let zone = zones[zone];
        let level = if critical { Level::Critical } else { Level::High };
        let begin = at("2026-09-01T00:00:00Z");
        let started_at = begin + Duration::days(starts_in) + Duration::minutes(starts_in * 7);
        let on = local_date(zone, started_at) + Duration::days(length);
        let due = Due {
            on, zone, started_at, known_at: started_at,
            at: crate::calendar::local_time::end_of_day(zone, on),
        };
        let holidays = ["2026-12-25".parse().unwrap(), "2027-01-01".parse().unwrap()].into_iter().collect::<Holidays>();
        let planned = steps(&due, &holidays);
        prop_assert!(planned.is_sorted_by_key(|step| step.at));
        let snoozed_until = snoozed.map(|days| begin + Duration::days(days));
        let people = |audience| {
            let mut people = people(audience);
            people.iter_mut().for_each(|person| person.snoozed_until = snoozed_until);
            people
        };
        let (mut now, mut noted, mut found) = (begin, BTreeSet::new(), Vec::new());
        for minutes in looks {
            now += Duration::minutes(minutes);
            let new = if now < started_at { Vec::new() } else {
                reached(&planned, due.known_at, &noted, people, level, &holidays, now)
            };
            for step in &new {
                prop_assert!(step.about_at <= now);
                if let Some(tell_at) = step.tell_at {
                    prop_assert!(tell_at >= now && snoozed_until.is_none_or(|until| tell_at >= until));
                    let zone = people(Audience::OwnerAndLead).into_iter().chain(people(Audience::HeadOfSecurity))
                        .chain(people(Audience::Executive)).find(|person| person.id == step.user_id);
                    let hours = zone.unwrap().hours.unwrap();
                    prop_assert!(critical || !hours.is_quiet(tell_at, &holidays), "{step:?}");
                }
            }
            noted.extend(new.iter().map(|step| step.step));
            found.extend(new);
        }
        let once: BTreeSet<_> = found.iter().map(|step| (step.step, step.user_id)).collect();
        prop_assert_eq!(once.len(), found.len(), "each once");
        prop_assert!(found.is_sorted_by_key(|step| step.about_at), "in order");
        let all: BTreeSet<_> = planned.iter().filter(|step| step.at <= now).map(|step| step.step).collect();
        if now >= started_at {
            prop_assert_eq!(noted, all);
        }
        // Whoever had something noted was told something.
        for step in found.iter().filter(|step| step.about_at > due.known_at) {
            prop_assert!(found.iter().any(|told| told.user_id == step.user_id && told.tell_at.is_some()));
        }
    }
}
