//! Pauses of what is late, and due dates that people move.

use super::super::moving::{self, Ground, Moment, Wish};
use super::*;

#[test]
fn a_pause_counts_the_days_that_it_took_for_the_whole_life() {
    let paused = |end: Happening| {
        let pause = event("2026-10-12", PauseApproved { from: day("2026-10-12"), days: 30 });
        replay(vec![started("2026-10-05", Level::High), pause, event("2026-10-22", end)]).paused_days()
    };
    assert_eq!((paused(PauseEnded), paused(Claimed), paused(Closed)), (10, 10, 10));
    assert_eq!(paused(LevelChanged { to: Level::Low }), 30, "in full while it stands");
    assert_eq!(paused(Moved { to: day("2026-10-30"), reason: "so".into() }), 10);
}

#[test]
fn a_pause_saves_nothing_that_was_late_when_the_wait_began() {
    let late = replay(vec![
        started("2026-10-05", Level::High),
        event("2026-11-20", PauseApproved { from: day("2026-11-10"), days: 20 }),
    ]);
    assert_eq!(due(&late).0, day("2026-11-04"));
    assert_eq!(late.state(day("2026-11-20")).word, ClockWord::Paused);
    assert_eq!(
        late.state(day("2026-11-30")).word,
        ClockWord::Running,
        "the days that were approved are over"
    );
}

#[test]
fn a_due_date_moves_out_for_a_fallen_level_or_a_calendar_error_only() {
    let fallen =
        || vec![started("2026-10-05", Level::High), event("2026-10-10", LevelChanged { to: Level::Low })];
    let (low, high) = (replay(fallen()), replay(vec![started("2026-10-05", Level::High)]));
    let check = |clock: &Clock, to: &str, ground| {
        let (now, today) = (noon("2026-10-20"), day("2026-10-20"));
        let moment = Moment { now, today, latest: Some(day("2027-04-18")) };
        let refused = moving::check(clock, Wish { to: day(to), ground }, moment);
        refused.into_iter().map(|(_, rule, _)| rule).collect::<Vec<_>>()
    };
    let nothing: [&str; 0] = [];
    assert_eq!(check(&high, "2026-10-30", None), nothing, "sooner");
    assert_eq!(check(&high, "2026-11-30", None), ["ground_to_move_out"]);
    assert_eq!(check(&high, "2026-11-30", Some(Ground::LevelFell)), ["ground_to_move_out"]);
    assert_eq!(check(&high, "2026-11-05", Some(Ground::CalendarError)), nothing);
    assert_eq!(check(&low, "2027-04-18", None), nothing);
    assert_eq!(check(&low, "2027-04-19", None), ["within_policy"]);
    assert_eq!(check(&low, "2026-10-19", None), ["due_date_ahead"]);
    assert_eq!(check(&low, "2026-11-04", None), ["due_date_changes"]);
    let mut moved = fallen();
    moved.push(event("2026-10-20", Moved { to: day("2026-12-24"), reason: "the level fell".into() }));
    assert_eq!(check(&replay(moved), "2027-01-05", None), ["ground_to_move_out"], "once for each fall");
    let mut judged = fallen();
    judged.push(event("2026-10-12", listed(day("2026-10-12"), 14)));
    assert_eq!(due(&replay(judged.clone())).0, day("2026-10-26"));
    assert_eq!(check(&replay(judged.clone()), "2026-12-24", None), ["within_directive"]);
    judged.push(event("2026-10-20", Moved { to: day("2026-12-24"), reason: "so".into() }));
    assert_eq!(due(&replay(judged)).0, day("2026-10-26"), "and the replay holds to it");
    let late = moving::check(
        &low,
        Wish { to: day("2026-12-24"), ground: Some(Ground::CalendarError) },
        Moment { now: noon("2026-11-20"), today: day("2026-11-20"), latest: None },
    );
    assert_eq!(late[0].1, "late_stays_late");
}
