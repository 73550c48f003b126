//! Every cell: state, event, who asks, and each rule of the row, filled and broken one at a time. What is expected is read
//! from the row alone.

use super::*;

/// Facts, form and proofs for which every rule of the row holds.
struct Cell {
    facts: Facts,
    request: Request,
}

fn fitting(line: &Transition, level: Level) -> Cell {
    let mut facts = ready(line.from, level);
    if matches!(line.event, Event::VerifyPass | Event::AcceptResidual) {
        facts.target = Some((3, 3));
    }
    if line.event == Event::Challenge {
        facts.resolution = Some(Resolution::FalsePositive);
    }
    if line.event == Event::Reopen {
        facts.resolution = Some(Resolution::Transferred);
        facts.review_on = now().date_naive().pred_opt();
    }
    let mut given = filled(line.resolutions.first().copied());
    let residual = if line.event == Event::AcceptResidual { 4 } else { 3 };
    given.residual_likelihood = Some(residual);
    given.residual_impact = Some(residual);
    let proofs = vec![
        Proof::SignedOffWorkshop,
        Proof::Absence { scan: LATER_SCAN },
        Proof::CleanScan { scan: LATER_SCAN, at: now() },
        Proof::Redetected { at: now() },
        Proof::MaterialChange,
        Proof::LevelRose,
    ];
    if line.event == Event::ExpireOrRevoke {
        facts.accepted_until = now().date_naive().pred_opt();
    }
    let mut request = request(line.event);
    request.given = given;
    request.proofs = proofs;
    Cell { facts, request }
}

/// Puts the one rule out of joint; answers the fields that are missing then, none where the rule is about people.
fn breaks(guard: Guard, cell: &mut Cell, by_system: bool) -> Option<&'static [&'static str]> {
    let Cell { facts, request } = cell;
    let given = &mut request.given;
    let only = |request: &mut Request, keep: fn(&Proof) -> bool| request.proofs.retain(keep);
    let fields: &[&str] = match guard {
        Guard::SecondPerson
        | Guard::SendBacksLeft
        | Guard::NotClaimant
        | Guard::AskedByAnother
        | Guard::PauseByAnother => return None,
        Guard::Described => {
            facts.described = false;
            &["title"]
        }
        Guard::Rated => {
            facts.likelihood = None;
            facts.impact = None;
            &["likelihood", "impact"]
        }
        Guard::Owned => {
            facts.owner = None;
            &["owner"]
        }
        Guard::OwnedOrEscalated => {
            facts.owner = None;
            if by_system { &[] } else { &["owner"] }
        }
        Guard::Reasoned => {
            given.reason = Some("  ".into());
            &["reason"]
        }
        Guard::Evidenced => {
            given.evidence.clear();
            &["evidence"]
        }
        Guard::ConfirmGround => {
            only(request, |proof| *proof != Proof::SignedOffWorkshop);
            &["ground"]
        }
        Guard::CloseGround => {
            request.proofs.clear();
            // Nothing shows that it vanished either.
            &["ground", "resolution"]
        }
        Guard::ResolutionNamed => {
            given.resolution = None;
            &["resolution"]
        }
        Guard::SameAsProposed => {
            let mut first = given.clone();
            first.compensating_controls = Some("a guard at the door".into());
            first.expires_on = given.expires_on.and_then(|day| day.pred_opt());
            let dismisses = request.event == Event::Dismiss;
            facts.asked = Some(first.clone()).filter(|_| !dismisses);
            facts.dismissal = Some(first).filter(|_| dismisses);
            let waits = if dismisses {
                facts.dismissal_proposed_by.is_some() && facts.level >= Level::High
            } else {
                facts.acceptance_asked_by.is_some()
            };
            if waits { &["compensating_controls", "expires_on"] } else { &[] }
        }
        Guard::VexJustified => {
            given.resolution = Some(Resolution::NotAffected);
            given.justification = Some("we like it".into());
            &["justification"]
        }
        Guard::DuplicateStands => {
            given.resolution = Some(Resolution::Duplicate);
            given.duplicate_of = Some(DuplicateTarget { id: 9, state: State::Closed, is_itself: false });
            &["duplicate_of"]
        }
        Guard::VanishedShown => {
            given.resolution = Some(Resolution::Vanished);
            only(request, |proof| !matches!(proof, Proof::Absence { .. } | Proof::CleanScan { .. }));
            match (request.event, by_system) {
                (Event::AutoClose, _) => &["ground", "resolution"],
                (Event::VerifyPass, true) => &["scan", "resolution"],
                _ => &["resolution"],
            }
        }
        Guard::Treated => {
            given.treatment = Some(Treatment::Retain);
            &["treatment"]
        }
        Guard::PlanOrTicket => {
            facts.has_plan = false;
            &["plan"]
        }
        Guard::BlockerNamed => {
            given.blocker_kind = None;
            &["blocker_kind"]
        }
        Guard::ReviewSoon => {
            given.review_on = request.today.checked_add_days(Days::new(31));
            &["review_on"]
        }
        Guard::PauseWithinLimits => {
            given.pause_days = Some(45);
            &["pause_days"]
        }
        Guard::FixShown => {
            given.evidence.clear();
            request.proofs.clear();
            &["evidence"]
        }
        Guard::Retested => {
            given.evidence.clear();
            only(request, |proof| !matches!(proof, Proof::CleanScan { .. }));
            if by_system { &["scan"] } else { &["evidence"] }
        }
        Guard::ResidualReached => {
            given.residual_impact = Some(4);
            &["residual_impact"]
        }
        Guard::FailureShown => {
            given.reason = None;
            request.proofs.clear();
            &["reason"]
        }
        Guard::Justified => {
            given.justification = None;
            &["justification"]
        }
        Guard::Compensated => {
            given.compensating_controls = None;
            &["compensating_controls"]
        }
        Guard::EndsInTime => {
            given.expires_on = Some(request.today);
            &["expires_on"]
        }
        Guard::EndGround => {
            facts.accepted_until = Some(request.today);
            request.proofs.clear();
            if by_system { &["expires_on"] } else { &[] }
        }
        Guard::RenewalsLeft => {
            facts.renewal_count = 2;
            &["renewals"]
        }
        Guard::ResidualAboveTarget => {
            given.residual_likelihood = Some(3);
            given.residual_impact = Some(3);
            &["residual_likelihood"]
        }
        Guard::WorkEnded => {
            given.no_more_work = None;
            &["no_more_work"]
        }
        Guard::TransferReviewed => {
            given.resolution = Some(Resolution::Transferred);
            given.review_on = Some(request.today);
            &["review_on"]
        }
        Guard::MayComeBack => {
            facts.resolution = Some(Resolution::Duplicate);
            &["resolution"]
        }
        Guard::ReturnShown => {
            facts.review_on = Some(request.today);
            given.reason = None;
            request.proofs.clear();
            &["reason"]
        }
        Guard::WasDismissed => {
            facts.resolution = Some(Resolution::Remediated);
            &["resolution"]
        }
        Guard::ChangeShown => {
            given.reason = None;
            request.proofs.clear();
            &["reason"]
        }
    };
    Some(fields)
}

/// Everybody who can ask, each in one capacity.
fn requesters() -> Vec<(Party, Requester)> {
    let is_system = |party: Party| {
        matches!(party, Party::Rule | Party::Scan | Party::Jira | Party::Timer | Party::Rating)
    };
    let all = Party::ALL.iter().copied().filter(|party| *party != Party::Approver);
    all.map(|party| {
        let requester =
            if is_system(party) { Requester::system(party, Via::Timer) } else { person(50, &[party]) };
        (party, requester)
    })
    .collect()
}

/// Whether the row says that this party may, when nobody has asked yet or somebody else has.
fn may(line: &Transition, party: Party, level: Level, asked: bool) -> bool {
    let renewal = line.id == TransitionId::T18;
    let ranks_enough = party.approval_rank() > 0
        && party.approval_rank() >= Party::approver_of(level, renewal).approval_rank();
    if !line.asked_by.is_empty() {
        return if asked { ranks_enough } else { line.asked_by.contains(&party) };
    }
    line.by.contains(&party) || (line.by.contains(&Party::Approver) && ranks_enough)
}

#[test]
fn every_cell_is_as_its_row_says() {
    let (mut judged, mut broken) = (0, 0);
    for line in &TRANSITIONS {
        for level in Level::ALL.iter().copied() {
            for (party, requester) in requesters() {
                for asked in [false, true] {
                    let cell = || {
                        let mut cell = fitting(line, level);
                        if asked {
                            let first = Some(cell.request.given.clone());
                            cell.facts.acceptance_asked_by = Some(OWNER);
                            cell.facts.asked = first.clone();
                            cell.facts.dismissal_proposed_by = Some(TRIAGER);
                            cell.facts.dismissal = first;
                        }
                        cell
                    };
                    judged += 1;
                    let name = format!("{} {level} by {party}, asked before: {asked}", line.id);
                    let Cell { facts, request } = cell();
                    let answer = step(&facts, &request, &requester);
                    if !may(line, party, level, asked) {
                        assert!(matches!(answer, Err(Refusal::NotYourRight { .. })), "{name}: {answer:?}");
                        continue;
                    }
                    // What the machine alone may do, it may do up to medium.
                    let too_high = requester.is_system()
                        && level > Level::Medium
                        && matches!(line.id, TransitionId::T03 | TransitionId::T12);
                    match &answer {
                        Ok(step) => {
                            assert!(!too_high, "{name}");
                            let waits = if line.asked_by.is_empty() {
                                line.guards.contains(&Guard::SecondPerson) && level >= Level::High && !asked
                            } else {
                                !asked
                            };
                            let expected = if waits { Outcome::Proposed } else { Outcome::Moved };
                            assert_eq!(step.outcome, expected, "{name}");
                            assert_eq!(step.state, if waits { line.from } else { line.to }, "{name}");
                            assert_eq!(walk::invariant_broken(&facts.after(&step.changes)), None, "{name}");
                        }
                        Err(refusal) => assert!(too_high, "{name}: {refusal:?}"),
                    }
                    if too_high {
                        continue;
                    }
                    for guard in line.guards.iter().copied() {
                        let mut cell = cell();
                        let Some(fields) = breaks(guard, &mut cell, requester.is_system()) else { continue };
                        broken += 1;
                        if asked && guard != Guard::SameAsProposed {
                            // The first person wrote the same.
                            let first = Some(cell.request.given.clone());
                            cell.facts.asked = first.clone();
                            cell.facts.dismissal = first;
                        }
                        let answer = step(&cell.facts, &cell.request, &requester);
                        let missing = match answer {
                            Ok(_) => Vec::new(),
                            Err(refusal) => missing_fields(refusal),
                        };
                        assert_eq!(missing, fields, "{name}, without {guard}");
                    }
                }
            }
        }
    }
    // A new row, party or rule changes these: look at what its cells do before writing the new numbers down.
    assert_eq!((TRANSITIONS.len(), Guard::ALL.len()), (27, 39));
    assert_eq!(judged, 27 * 5 * 13 * 2);
    assert!(broken > 1_000, "{broken} cells with one rule broken");
}
