//! Random walks through the table: whatever is tried in whatever order, the risk stays in a state that makes
//! sense.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

pub(super) fn invariant_broken(facts: &Facts) -> Option<&'static str> {
    let claimed = facts.claimed_at.is_some();
    // A risk that a rule closed before anybody owned it comes back open and unowned; escalation finds those.
    let unowned = facts.state == State::Open && facts.owner.is_none() && facts.reopen_count == 0;
    [
        ((facts.state == State::Closed) != facts.resolution.is_some(), "closed without resolution"),
        ((facts.state == State::Closed) != facts.closed_at.is_some(), "closed without a time"),
        (facts.state == State::Accepted && facts.accepted_until.is_none(), "accepted without end"),
        (facts.accepted_until.is_some() != facts.accepted_by.is_some(), "acceptance without approver"),
        ((facts.state == State::Blocked) != facts.blocker.is_some(), "blocked without blocker"),
        (facts.state == State::Verification && !claimed, "verification without claim"),
        (!matches!(facts.state, State::Verification | State::Closed) && claimed, "claim left over"),
        (unowned, "open without owner"),
        (facts.state == State::Closed && facts.acceptance_asked_by.is_some(), "request left over"),
        (facts.acceptance_asked_by.is_some() != facts.asked.is_some(), "request without its form"),
        (facts.dismissal_proposed_by.is_some() != facts.dismissal.is_some(), "proposal without its form"),
        (facts.state != State::Closed && facts.duplicate_of.is_some(), "duplicate of something while open"),
        (facts.renewal_count > 2, "renewed too often"),
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
        Proof::ConfirmRule,
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
    #![proptest_config(ProptestConfig::with_cases(250))]

    /// Whatever is tried in whatever order, in 100,000 steps the risk stays in a state that makes sense.
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
            // A form that rates is refused by most steps, so that most of them come without.
            let rates = line.fields.contains(&Field::Likelihood) || choice % 7 == 0;
            let given = if rates { given } else { Given { likelihood: None, impact: None, ..given } };
            let waits = match line.event {
                Event::Dismiss => facts.dismissal.clone(),
                _ if !line.asked_by.is_empty() => facts.asked.clone(),
                _ => None,
            };
            // Every second one agrees to what was asked, the others to something of their own.
            let given = waits.filter(|_| choice % 2 == 0).unwrap_or(given);
            let asked = Request { given, proofs, ..Request::new(line.event, at, at.date_naive()) };
            let before = facts.clone();
            let judged = step(&facts, &asked, &requester);
            let context = Request { event: Event::Start, ..asked.clone() };
            let announced = open_steps(&facts, &context, &requester)
                .into_iter().find(|(open, _)| open.id == line.id).map(|(_, availability)| availability);
            match judged {
                Ok(taken) => {
                    let is_open = matches!(announced, Some(Availability::Open { asks, .. }) if asks.is_empty());
                    prop_assert!(is_open);
                    if taken.outcome == Outcome::Moved {
                        prop_assert_eq!(taken.state, line.to);
                        if line.event == Event::VerifyPass {
                            prop_assert!(requester.user.is_none_or(|user| !before.claimed_by.contains(&user)));
                        }
                        if !line.asked_by.is_empty() {
                            prop_assert_ne!(requester.user, before.acceptance_asked_by);
                            prop_assert!(requester.user.is_some());
                            prop_assert!(asked.given.expires_on > Some(asked.today));
                            let first = before.asked.as_ref();
                            prop_assert!(first.is_some_and(|first| asked.given.expires_on <= first.expires_on));
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
