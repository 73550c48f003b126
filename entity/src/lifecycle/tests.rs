//! The table as a whole: what it allows, what it refuses, and what holds on every walk through it.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, TimeDelta, Utc};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::level::Level;

const OWNER: Uuid = Uuid::from_u128(1);
const TRIAGER: Uuid = Uuid::from_u128(2);
const VERIFIER: Uuid = Uuid::from_u128(3);
const LEAD: Uuid = Uuid::from_u128(4);
const HEAD: Uuid = Uuid::from_u128(5);
const EXECUTIVE: Uuid = Uuid::from_u128(6);
const MANAGER: Uuid = Uuid::from_u128(7);
const CLAIM_SCAN: Uuid = Uuid::from_u128(100);
const LATER_SCAN: Uuid = Uuid::from_u128(101);

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn request(event: Event) -> Request {
    Request::new(event, now(), now().date_naive())
}

fn person(user: Uuid, parties: &[Party]) -> Requester {
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
        duplicate_of: Some(DuplicateTarget { id: Uuid::from_u128(9), state: State::Open, is_itself: false }),
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
        assert_eq!(line.resolutions.is_empty(), line.to != State::Closed, "{}", line.id);
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

fn invariant_broken(facts: &Facts) -> Option<&'static str> {
    let claimed = facts.claimed_at.is_some();
    [
        ((facts.state == State::Closed) != facts.resolution.is_some(), "closed without resolution"),
        ((facts.state == State::Closed) != facts.closed_at.is_some(), "closed without a time"),
        (facts.state == State::Accepted && facts.accepted_until.is_none(), "accepted without end"),
        (facts.accepted_until.is_some() != facts.accepted_by.is_some(), "acceptance without approver"),
        ((facts.state == State::Blocked) != facts.blocker.is_some(), "blocked without blocker"),
        (facts.state == State::Verification && !claimed, "verification without claim"),
        (!matches!(facts.state, State::Verification | State::Closed) && claimed, "claim left over"),
        (facts.state == State::Open && facts.owner.is_none(), "open without owner"),
        (facts.state == State::Closed && facts.acceptance_asked_by.is_some(), "request left over"),
    ]
    .into_iter()
    .find_map(|(broken, name)| broken.then_some(name))
}

fn any_given() -> impl Strategy<Value = Given> {
    let resolution = proptest::option::of(proptest::sample::select(Resolution::ALL));
    (resolution, any::<bool>(), 0_u8..7, 1_u8..6, -3_i64..400, any::<bool>()).prop_map(
        |(resolution, full, likelihood, impact, days, paused)| {
            let day = now().date_naive() + TimeDelta::days(days);
            let form = Given {
                expires_on: Some(day),
                review_on: Some(day),
                owner: Some(OWNER),
                likelihood: Some(likelihood),
                impact: Some(impact),
                residual_likelihood: Some(likelihood),
                residual_impact: Some(impact),
                pause_days: paused.then_some(7),
                ..filled(resolution)
            };
            if full { form } else { Given { resolution, ..Given::default() } }
        },
    )
}

fn any_requester() -> impl Strategy<Value = Requester> {
    let people = vec![
        (OWNER, vec![Party::Owner, Party::Verifier, Party::TeamLead]),
        (TRIAGER, vec![Party::Triager]),
        (LEAD, vec![Party::TeamLead, Party::Triager]),
        (VERIFIER, vec![Party::Verifier]),
        (HEAD, vec![Party::HeadOfSecurity, Party::RiskManager]),
        (EXECUTIVE, vec![Party::Executive, Party::Assignee]),
    ];
    let systems = vec![Party::Rule, Party::Scan, Party::Jira, Party::Timer, Party::Rating];
    prop_oneof![
        3 => proptest::sample::select(people).prop_map(|(user, parties)| person(user, &parties)),
        1 => proptest::sample::select(systems).prop_map(|party| Requester::system(party, Via::Import)),
    ]
}

fn any_proofs() -> impl Strategy<Value = Vec<Proof>> {
    let proofs = vec![
        Proof::SignedOffWorkshop,
        Proof::SuppressionRule,
        Proof::ExactDuplicate,
        Proof::Absence { scan: CLAIM_SCAN },
        Proof::CleanScan { scan: LATER_SCAN, at: now() + TimeDelta::days(900) },
        Proof::Redetected { at: now() + TimeDelta::days(900) },
        Proof::MaterialChange,
        Proof::JiraChange { at: now() },
        Proof::LevelRose,
    ];
    proptest::sample::subsequence(proofs, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is tried in whatever order, the risk stays in a state that makes sense.
    #[test]
    fn random_walks_keep_the_invariants(
        level in proptest::sample::select(Level::ALL),
        target in proptest::option::of((1_u8..6, 1_u8..6)),
        tries in proptest::collection::vec((any::<u16>(), any_given(), any_requester(), any_proofs()), 400),
    ) {
        let mut facts = Facts::new(State::New, level);
        facts.target = target;
        for (hour, (choice, given, requester, proofs)) in tries.into_iter().enumerate() {
            let lines: Vec<_> = Transition::out_of(facts.state).collect();
            let line = lines[usize::from(choice) % lines.len()];
            let at = now() + TimeDelta::hours(i64::try_from(hour).unwrap());
            let asked = Request { given, proofs, ..Request::new(line.event, at, at.date_naive()) };
            let before = facts.clone();
            let judged = step(&facts, &asked, &requester);
            let context = Request { event: Event::Start, ..asked.clone() };
            let announced = open_steps(&facts, &context, &requester)
                .into_iter().find(|(open, _)| open.id == line.id).map(|(_, availability)| availability);
            match judged {
                Ok(taken) => {
                    prop_assert!(matches!(announced, Some(Availability::Open { asks, .. }) if asks.is_empty()));
                    if taken.outcome == Outcome::Moved {
                        prop_assert_eq!(taken.state, line.to);
                        if line.event == Event::VerifyPass {
                            prop_assert!(requester.user.is_none_or(|user| !before.claimed_by.contains(&user)));
                        }
                        if !line.asked_by.is_empty() {
                            prop_assert_ne!(requester.user, before.acceptance_asked_by);
                            prop_assert!(requester.user.is_some());
                            prop_assert!(asked.given.expires_on > Some(asked.today));
                        }
                    } else {
                        prop_assert_eq!(taken.state, before.state);
                    }
                    facts = facts.after(&taken.changes);
                }
                Err(Refusal::NotYourRight { .. }) => {
                    let closed = matches!(announced, Some(Availability::NotYourRight { .. }));
                    prop_assert!(closed);
                }
                Err(Refusal::Missing(missing)) => prop_assert!(!missing.is_empty()),
                Err(Refusal::NoSuchStep { .. }) => prop_assert!(false, "the event was taken from the table"),
            }
            prop_assert_eq!(invariant_broken(&facts), None);
        }
    }
}
