//! Steps that take two people, and the limits of what they may agree on.

use chrono::Days;

use super::*;

#[test]
fn an_acceptance_is_asked_by_the_owner_and_approved_by_the_rank_of_the_level() {
    for (level, approver, too_low) in [
        (Level::Medium, Party::TeamLead, Party::Triager),
        (Level::High, Party::HeadOfSecurity, Party::TeamLead),
        (Level::Critical, Party::Executive, Party::HeadOfSecurity),
    ] {
        let facts = ready(State::Open, level);
        let mut asked = request(Event::Accept);
        asked.given = filled(None);
        assert!(matches!(
            step(&facts, &asked, &person(LEAD, &[approver])),
            Err(Refusal::NotYourRight { .. })
        ));
        let proposed = step(&facts, &asked, &owner()).unwrap();
        let waiting = facts.after(&proposed.changes);
        assert_eq!((proposed.outcome, waiting.acceptance_asked_by), (Outcome::Proposed, Some(OWNER)));
        let asker = person(OWNER, &[Party::Owner, approver]);
        assert!(matches!(step(&waiting, &asked, &asker), Err(Refusal::NotYourRight { .. })));
        assert!(step(&waiting, &asked, &person(LEAD, &[too_low])).is_err());
        let accepted =
            waiting.clone().after(&step(&waiting, &asked, &person(LEAD, &[approver])).unwrap().changes);
        assert_eq!((accepted.state, accepted.accepted_until), (State::Accepted, asked.given.expires_on));
    }
}

#[test]
fn an_acceptance_ends_within_the_maximum_of_its_level() {
    for (level, most) in [(Level::Low, 365), (Level::Medium, 180), (Level::High, 90), (Level::Critical, 30)] {
        let facts = ready(State::Open, level);
        for (days, fits) in [(0, false), (1, true), (most, true), (most + 1, false)] {
            let mut asked = request(Event::Accept);
            asked.given = filled(None);
            asked.given.expires_on = asked.today.checked_add_days(Days::new(days));
            assert_eq!(step(&facts, &asked, &owner()).is_ok(), fits, "{level} {days}");
        }
    }
}

#[test]
fn a_renewal_takes_a_higher_approver_and_happens_twice_at_most() {
    let mut facts = ready(State::Accepted, Level::Medium);
    facts.acceptance_asked_by = Some(OWNER);
    let mut asked = request(Event::Renew);
    asked.given = filled(None);
    assert!(step(&facts, &asked, &person(LEAD, &[Party::TeamLead])).is_err());
    let taken = step(&facts, &asked, &person(HEAD, &[Party::HeadOfSecurity])).unwrap();
    assert_eq!(facts.clone().after(&taken.changes).renewal_count, 1);
    facts.renewal_count = 2;
    let refusal = step(&facts, &asked, &person(HEAD, &[Party::HeadOfSecurity])).unwrap_err();
    assert_eq!(missing_fields(refusal), ["renewals"]);
    let mut critical = ready(State::Accepted, Level::Critical);
    critical.acceptance_asked_by = Some(OWNER);
    critical.accepted_by = Some(EXECUTIVE);
    assert!(step(&critical, &asked, &person(EXECUTIVE, &[Party::Executive])).is_err());
    assert!(step(&critical, &asked, &person(HEAD, &[Party::Executive])).is_ok());
}

#[test]
fn the_clock_pauses_only_for_an_allowed_wait_within_limits_that_another_person_approves() {
    let facts = ready(State::InProgress, Level::High);
    let mut asked = request(Event::Block);
    asked.given = Given { pause_days: Some(45), ..filled(None) };
    assert_eq!(missing_fields(step(&facts, &asked, &owner()).unwrap_err()), ["pause_days"]);
    asked.given.pause_days = Some(10);
    asked.given.blocker_kind = Some(BlockerKind::Dependency);
    assert_eq!(missing_fields(step(&facts, &asked, &owner()).unwrap_err()), ["pause_days"]);
    asked.given.blocker_kind = Some(BlockerKind::ChangeFreeze);
    let blocked = facts.clone().after(&step(&facts, &asked, &owner()).unwrap().changes);
    let limits = Limits::default();
    let asker = person(OWNER, &[Party::Owner, Party::RiskManager]);
    assert!(approve_pause(&blocked, &asker, &limits).is_err());
    let manager = person(MANAGER, &[Party::RiskManager]);
    assert_eq!(approve_pause(&blocked, &manager, &limits), Ok(10));
    assert!(approve_pause(&facts, &manager, &limits).is_err());
    let mut worn = facts;
    worn.paused_days = 85;
    assert_eq!(missing_fields(step(&worn, &asked, &owner()).unwrap_err()), ["pause_days"]);
}

#[test]
fn an_acceptance_ends_by_itself_only_after_its_last_day_or_when_things_get_worse() {
    let timer = Requester::system(Party::Timer, Via::Timer);
    let mut facts = ready(State::Accepted, Level::Low);
    let asked = request(Event::ExpireOrRevoke);
    assert!(step(&facts, &asked, &timer).is_err());
    facts.accepted_until = Some(asked.today);
    assert!(step(&facts, &asked, &timer).is_err());
    facts.accepted_until = asked.today.pred_opt();
    assert_eq!(facts.clone().after(&step(&facts, &asked, &timer).unwrap().changes).accepted_until, None);
    let rating = Requester::system(Party::Rating, Via::Timer);
    assert!(step(&facts, &asked, &rating).is_err());
    let worse = Request { proofs: vec![Proof::KevAdded], ..asked.clone() };
    assert!(step(&facts, &worse, &rating).is_ok());
    assert!(step(&facts, &asked, &person(LEAD, &[Party::TeamLead])).is_ok());
}

#[test]
fn dismissing_a_high_risk_takes_two_people() {
    let facts = ready(State::Triage, Level::High);
    let mut asked = request(Event::Dismiss);
    asked.given = filled(Some(Resolution::FalsePositive));
    let proposed = step(&facts, &asked, &triager()).unwrap();
    assert_eq!((proposed.outcome, proposed.state), (Outcome::Proposed, State::Triage));
    let waiting = facts.after(&proposed.changes);
    assert_eq!(waiting.dismissal_proposed_by, Some(TRIAGER));
    assert!(matches!(step(&waiting, &asked, &triager()), Err(Refusal::NotYourRight { .. })));
    let other = person(LEAD, &[Party::Triager]);
    let closed = waiting.clone().after(&step(&waiting, &asked, &other).unwrap().changes);
    assert_eq!((closed.state, closed.dismissal_proposed_by), (State::Closed, None));
    let low = step(&ready(State::Triage, Level::Medium), &asked, &triager()).unwrap();
    assert_eq!(low.outcome, Outcome::Moved);
}

#[test]
fn whoever_claimed_a_fix_cannot_verify_it() {
    let facts = ready(State::Verification, Level::Low);
    let mut asked = request(Event::VerifyPass);
    asked.given = filled(None);
    let claimant = person(OWNER, &[Party::Owner, Party::Verifier]);
    assert!(matches!(step(&facts, &asked, &claimant), Err(Refusal::NotYourRight { .. })));
    let taken = step(&facts, &asked, &person(VERIFIER, &[Party::Verifier])).unwrap();
    assert_eq!(taken.resolution, Some(Resolution::Remediated));
}

#[test]
fn after_two_returns_the_lead_decides() {
    let mut facts = ready(State::Open, Level::Low);
    let mut asked = request(Event::SendBack);
    asked.given = filled(None);
    facts.send_back_count = 1;
    assert!(step(&facts, &asked, &owner()).is_ok());
    facts.send_back_count = 2;
    assert!(matches!(step(&facts, &asked, &owner()), Err(Refusal::NotYourRight { .. })));
    assert!(step(&facts, &asked, &person(LEAD, &[Party::TeamLead])).is_ok());
}
