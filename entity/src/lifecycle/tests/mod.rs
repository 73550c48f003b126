//! The table as a whole: what it allows, what it refuses, and what holds on every walk through it.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, TimeDelta, Utc};

use super::*;
use crate::level::Level;

mod cells;
mod two_people;
mod walk;

use walk::invariant_broken;

const OWNER: i64 = 1;
const TRIAGER: i64 = 2;
const VERIFIER: i64 = 3;
const LEAD: i64 = 4;
const HEAD: i64 = 5;
const EXECUTIVE: i64 = 6;
const MANAGER: i64 = 7;
const CLAIM_SCAN: i64 = 100;
const LATER_SCAN: i64 = 101;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn request(event: Event) -> Request {
    Request::new(event, now(), now().date_naive())
}

fn person(user: i64, parties: &[Party]) -> Requester {
    Requester::person(user, parties.iter().copied(), Via::Page)
}

fn owner() -> Requester {
    person(OWNER, &[Party::Owner])
}

fn triager() -> Requester {
    person(TRIAGER, &[Party::Triager])
}

/// A risk that has whatever any step could want of it.
fn ready(state: State, level: Level) -> Facts {
    let mut facts = Facts::new(state, level);
    facts.owner = Some(OWNER);
    facts.likelihood = Some(4);
    facts.impact = Some(4);
    facts.has_plan = true;
    match state {
        State::Closed => {
            facts.resolution = Some(Resolution::Remediated);
            facts.closed_at = Some(now() - TimeDelta::days(3));
        }
        State::Verification => {
            facts.claimed_at = Some(now() - TimeDelta::days(2));
            facts.claimed_by = vec![OWNER];
        }
        State::Accepted => {
            facts.accepted_by = Some(HEAD);
            facts.accepted_until = now().date_naive().checked_add_days(Days::new(10));
        }
        State::Blocked => facts.blocker = Some(BlockerKind::Vendor),
        _ => {}
    }
    facts
}

/// A form with every field filled acceptably.
fn filled(resolution: Option<Resolution>) -> Given {
    Given {
        reason: Some("because".into()),
        evidence: vec!["https://example.org/proof".into()],
        resolution,
        justification: Some("vulnerable_code_not_present".into()),
        duplicate_of: Some(DuplicateTarget { id: 9, state: State::Open, is_itself: false }),
        expires_on: now().date_naive().checked_add_days(Days::new(20)),
        compensating_controls: Some("a firewall".into()),
        blocker_kind: Some(BlockerKind::Vendor),
        review_on: now().date_naive().checked_add_days(Days::new(20)),
        no_more_work: Some(true),
        ..Given::default()
    }
}

fn missing_fields(refusal: Refusal) -> Vec<&'static str> {
    match refusal {
        Refusal::Missing(missing) => missing.into_iter().map(|missing| missing.field).collect(),
        other => panic!("expected something missing, got {other:?}"),
    }
}

#[test]
fn every_pair_outside_the_table_is_refused_and_names_the_steps_there_are() {
    let everybody = person(OWNER, Party::ALL);
    for from in State::ALL.iter().copied() {
        for event in Event::ALL.iter().copied() {
            if Transition::find(from, event).is_some() {
                continue;
            }
            let refusal = step(&ready(from, Level::Low), &request(event), &everybody).unwrap_err();
            let Refusal::NoSuchStep { possible } = refusal else { panic!("{from} {event}: {refusal:?}") };
            assert_eq!(possible, Transition::out_of(from).map(|line| line.event).collect::<Vec<_>>());
        }
    }
}

#[test]
fn the_table_has_one_line_for_a_state_and_an_event_and_its_numbers_in_order() {
    let pairs: BTreeSet<_> = TRANSITIONS.iter().map(|line| (line.from, line.event)).collect();
    assert_eq!(pairs.len(), TRANSITIONS.len());
    let numbers: Vec<_> = TRANSITIONS.iter().map(|line| line.id).collect();
    assert_eq!(numbers, TransitionId::ALL);
    for line in &TRANSITIONS {
        let names_one = matches!(line.to, State::Closed | State::Verification);
        assert_eq!(line.resolutions.is_empty(), !names_one, "{}", line.id);
        assert_eq!(line.asked_by.is_empty(), !line.guards.contains(&Guard::AskedByAnother), "{}", line.id);
    }
}

fn reachable(from: State) -> BTreeSet<State> {
    let mut seen = BTreeSet::from([from]);
    let mut waiting = vec![from];
    while let Some(state) = waiting.pop() {
        waiting.extend(Transition::out_of(state).map(|line| line.to).filter(|state| seen.insert(*state)));
    }
    seen
}

#[test]
fn every_state_is_reachable_and_leads_to_closed() {
    assert_eq!(reachable(State::New).len(), State::ALL.len());
    for state in State::ALL.iter().copied() {
        assert!(reachable(state).contains(&State::Closed), "{state}");
    }
}

#[test]
fn confirm_lists_everything_that_is_missing_at_once() {
    let facts = Facts::new(State::Triage, Level::Low);
    let refusal = step(&facts, &request(Event::Confirm), &triager()).unwrap_err();
    assert_eq!(missing_fields(refusal), ["likelihood", "impact", "owner", "reason"]);
    let mut asked = request(Event::Confirm);
    asked.given = Given {
        likelihood: Some(5),
        impact: Some(2),
        owner: Some(OWNER),
        reason: Some("seen in production".into()),
        ..Given::default()
    };
    let taken = step(&facts, &asked, &triager()).unwrap();
    let after = facts.after(&taken.changes);
    assert_eq!((after.state, after.owner, after.likelihood), (State::Open, Some(OWNER), Some(5)));
    assert_eq!(taken.clock, ClockEffect::RemediationStarts);
}

#[test]
fn a_score_outside_one_to_five_is_missing() {
    let mut asked = request(Event::Confirm);
    asked.given = Given { likelihood: Some(6), impact: Some(0), ..filled(None) };
    let refusal = step(&ready(State::Triage, Level::Low), &asked, &triager()).unwrap_err();
    assert_eq!(missing_fields(refusal), ["likelihood", "impact"]);
}

#[test]
fn a_duplicate_needs_a_living_other_risk_and_not_affected_a_vex_word() {
    let facts = ready(State::Triage, Level::Low);
    let mut asked = request(Event::Dismiss);
    asked.given = filled(Some(Resolution::Duplicate));
    for target in [
        None,
        Some(DuplicateTarget { id: OWNER, state: State::Triage, is_itself: true }),
        Some(DuplicateTarget { id: OWNER, state: State::Closed, is_itself: false }),
    ] {
        asked.given.duplicate_of = target;
        assert_eq!(missing_fields(step(&facts, &asked, &triager()).unwrap_err()), ["duplicate_of"]);
    }
    asked.given = Given { justification: Some("we like it".into()), ..filled(Some(Resolution::NotAffected)) };
    assert_eq!(missing_fields(step(&facts, &asked, &triager()).unwrap_err()), ["justification"]);
    asked.given = filled(Some(Resolution::Vanished));
    assert_eq!(missing_fields(step(&facts, &asked, &triager()).unwrap_err()), ["resolution"]);
    asked.proofs = vec![Proof::Absence { scan: CLAIM_SCAN }];
    assert!(step(&facts, &asked, &triager()).is_ok());
    asked.given = filled(Some(Resolution::Remediated));
    assert_eq!(missing_fields(step(&facts, &asked, &triager()).unwrap_err()), ["resolution"]);
}

#[test]
fn an_unknown_jira_account_makes_owner_and_assignee_claimants_as_of_the_change() {
    let mut facts = ready(State::InProgress, Level::Low);
    facts.assignee = Some(TRIAGER);
    let changed = now() - TimeDelta::hours(5);
    let mut asked = request(Event::ClaimFixed);
    asked.proofs = vec![Proof::JiraChange { at: changed }];
    let taken = step(&facts, &asked, &Requester::system(Party::Jira, Via::Jira)).unwrap();
    let after = facts.after(&taken.changes);
    assert_eq!((after.claimed_at, after.claimed_by), (Some(changed), vec![OWNER, TRIAGER]));
}

#[test]
fn a_scan_verifies_alone_only_up_to_medium_and_only_when_newer_than_its_claim() {
    let scan = Requester::system(Party::Scan, Via::Import);
    let mut facts = ready(State::Verification, Level::Medium);
    facts.claimed_by = Vec::new();
    facts.claimed_by_scan = Some(CLAIM_SCAN);
    let mut asked = request(Event::VerifyPass);
    for (scan_id, at, passes) in [
        (LATER_SCAN, now(), true),
        (CLAIM_SCAN, now(), false),
        (LATER_SCAN, now() - TimeDelta::days(2), false),
    ] {
        asked.proofs = vec![Proof::CleanScan { scan: scan_id, at }];
        assert_eq!(step(&facts, &asked, &scan).is_ok(), passes);
    }
    asked.proofs = vec![Proof::CleanScan { scan: LATER_SCAN, at: now() }];
    assert_eq!(step(&facts, &asked, &scan).unwrap().resolution, Some(Resolution::Vanished));
    facts.level = Level::High;
    assert_eq!(missing_fields(step(&facts, &asked, &scan).unwrap_err()), ["scan"]);
    let verifier = person(VERIFIER, &[Party::Verifier]);
    assert!(step(&facts, &asked, &verifier).is_ok());
}

#[test]
fn a_target_has_to_be_met_to_pass_and_missed_to_accept_what_remains() {
    let mut facts = ready(State::Verification, Level::Medium);
    facts.target = Some((2, 3));
    let verifier = person(VERIFIER, &[Party::Verifier]);
    let mut pass = request(Event::VerifyPass);
    pass.given = filled(None);
    assert_eq!(
        missing_fields(step(&facts, &pass, &verifier).unwrap_err()),
        ["residual_likelihood", "residual_impact"]
    );
    pass.given.residual_likelihood = Some(3);
    pass.given.residual_impact = Some(3);
    assert_eq!(missing_fields(step(&facts, &pass, &verifier).unwrap_err()), ["residual_likelihood"]);
    let accept = Request { event: Event::AcceptResidual, ..pass.clone() };
    assert_eq!(step(&facts, &accept, &owner()).unwrap().outcome, Outcome::Proposed);
    pass.given.residual_likelihood = Some(2);
    assert!(step(&facts, &pass, &verifier).is_ok());
    let accept = Request { event: Event::AcceptResidual, ..pass };
    assert_eq!(missing_fields(step(&facts, &accept, &owner()).unwrap_err()), ["residual_likelihood"]);
}

#[test]
fn what_was_real_is_reopened_and_what_was_dismissed_is_challenged() {
    let scan = Requester::system(Party::Scan, Via::Import);
    for resolution in Resolution::ALL.iter().copied() {
        let mut facts = ready(State::Closed, Level::Low);
        facts.resolution = Some(resolution);
        let mut reopen = request(Event::Reopen);
        reopen.proofs = vec![Proof::Redetected { at: now() }, Proof::MaterialChange];
        let challenge = Request { event: Event::Challenge, ..reopen.clone() };
        assert_eq!(step(&facts, &reopen, &scan).is_ok(), resolution.may_come_back(), "{resolution}");
        assert_eq!(step(&facts, &challenge, &scan).is_ok(), resolution.is_dismissal(), "{resolution}");
        reopen.proofs = vec![Proof::Redetected { at: now() - TimeDelta::days(30) }];
        assert!(step(&facts, &reopen, &scan).is_err(), "{resolution}");
    }
}

#[test]
fn a_rule_closes_up_to_medium_and_a_triager_closes_what_is_gone_at_any_level() {
    let rule = Requester::system(Party::Rule, Via::Import);
    let mut asked = request(Event::AutoClose);
    asked.given.resolution = Some(Resolution::Vanished);
    asked.proofs = vec![Proof::Absence { scan: CLAIM_SCAN }];
    assert!(step(&ready(State::New, Level::Medium), &asked, &rule).is_ok());
    let high = ready(State::New, Level::High);
    assert!(step(&high, &asked, &rule).is_err());
    assert!(step(&high, &asked, &triager()).is_ok());
    asked.proofs = vec![Proof::SuppressionRule];
    asked.given.resolution = Some(Resolution::FalsePositive);
    assert!(step(&ready(State::New, Level::Low), &asked, &triager()).is_err());
    assert!(step(&ready(State::New, Level::Low), &asked, &rule).is_ok());
}

#[test]
fn actions_tell_what_a_form_must_fill_what_is_missing_and_whose_right_it_is() {
    let mut facts = Facts::new(State::Open, Level::High);
    facts.owner = Some(OWNER);
    let found = open_steps(&facts, &request(Event::Start), &owner());
    assert_eq!(found.len(), Transition::out_of(State::Open).count());
    for (line, availability) in found {
        match line.event {
            Event::Start | Event::SendBack | Event::ClaimFixedDirect => {
                assert!(matches!(availability, Availability::Open { outcome: Outcome::Moved, .. }))
            }
            Event::Accept => {
                assert!(matches!(availability, Availability::Open { outcome: Outcome::Proposed, .. }))
            }
            _ => assert!(matches!(availability, Availability::NotYourRight { .. })),
        }
    }
    let mut closed = ready(State::Closed, Level::Low);
    closed.resolution = Some(Resolution::Duplicate);
    let found = open_steps(&closed, &request(Event::Reopen), &person(VERIFIER, &[Party::Verifier]));
    assert!(matches!(&found[0].1, Availability::Missing(_)));
}

#[test]
fn withdrawn_is_left_only_by_being_seen_again() {
    let facts = ready(State::Accepted, Level::Low);
    let withdrawn = facts.clone().after(&withdraw(&facts, now()));
    assert_eq!(withdrawn.resolution, Some(Resolution::Withdrawn));
    assert_eq!(invariant_broken(&withdrawn), None);
    let revived = withdrawn.clone().after(&revive(&withdrawn));
    assert_eq!((revived.state, revived.resolution), (State::New, None));
    assert!(revive(&facts).is_empty());
}

#[test]
fn spoken_events_find_their_line() {
    for (state, line) in [(State::Open, "T11"), (State::InProgress, "T10"), (State::Blocked, "T27")] {
        let event = Event::ClaimFixed.spoken_in(state);
        assert_eq!(Transition::find(state, event).unwrap().id.as_str(), line);
    }
    for (state, line) in [(State::Triage, "T23"), (State::Verification, "T24"), (State::Accepted, "T18")] {
        let event = Event::Accept.spoken_in(state);
        assert_eq!(Transition::find(state, event).unwrap().id.as_str(), line);
    }
}

#[test]
fn the_handbook_page_is_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/lifecycle.md");
    if std::env::var_os("ABATE_WRITE_DOCS").is_some() {
        std::fs::write(path, handbook()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), handbook());
}
