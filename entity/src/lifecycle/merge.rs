//! Rules. What joining a risk to another writes to it. Not a row of the table: whatever its state, it closes as a
//! duplicate of one that goes on, because the problem itself stays open there.

use chrono::{DateTime, NaiveDate, Utc};

use super::change::Change;
use super::facts::{DuplicateTarget, Facts, Given, Request, Requester};
use super::guard::{Guard, Missing};
use super::words::{Event, Resolution, State};

/// The changes to the risk that is joined to another.
///
/// # Errors
/// What is missing: the other one has to be another, open risk, and neither may be closed.
pub fn merge(
    facts: &Facts,
    into: DuplicateTarget,
    requester: &Requester,
    at: DateTime<Utc>,
    today: NaiveDate,
) -> Result<Vec<Change>, Vec<Missing>> {
    let given =
        Given { resolution: Some(Resolution::Duplicate), duplicate_of: Some(into), ..Given::default() };
    let request = Request { given, ..Request::new(Event::Dismiss, at, today) };
    let mut missing = Guard::DuplicateStands.check(facts, &request, requester);
    if facts.state == State::Closed {
        let why = "It is closed already; only a risk that is not can be joined to another".to_owned();
        missing.push(Missing { field: "state", rule: Guard::DuplicateStands, why });
    }
    if into.state == State::Accepted {
        let why = "Name a risk that is not accepted: nobody has accepted this problem with it".to_owned();
        missing.push(Missing { field: "duplicate_of", rule: Guard::DuplicateStands, why });
    }
    if !missing.is_empty() {
        return Err(missing);
    }
    let mut changes = vec![
        Change::State(State::Closed),
        Change::Resolution(Some(Resolution::Duplicate)),
        Change::ClosedAt(Some(at)),
        Change::DuplicateOf(Some(into.id)),
        Change::Blocker(None),
        Change::ReviewOn(None),
        Change::DismissalProposedBy(None),
        Change::AcceptanceAskedBy(None),
        Change::PauseAsked(None),
        Change::ClaimFailed,
    ];
    if facts.accepted_until.is_some() {
        changes.push(Change::Acceptance(None));
        changes.push(Change::RenewalCount(0));
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::Level;
    use crate::lifecycle::words::{Party, Via};

    fn joined(state: State, into: State, is_itself: bool) -> Result<State, usize> {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let facts = Facts::new(state, Level::High);
        let requester = Requester::person(1, [Party::Triager], Via::Api);
        let target = DuplicateTarget { id: 2, state: into, is_itself };
        match merge(&facts, target, &requester, at, at.date_naive()) {
            Ok(changes) => {
                let after = facts.after(&changes);
                assert_eq!((after.resolution, after.duplicate_of), (Some(Resolution::Duplicate), Some(2)));
                Ok(after.state)
            }
            Err(missing) => Err(missing.len()),
        }
    }

    #[test]
    fn any_open_risk_joins_an_open_one_and_nothing_else() {
        for state in State::ALL.iter().copied() {
            for into in State::ALL.iter().copied() {
                let fits = state != State::Closed && !matches!(into, State::Closed | State::Accepted);
                assert_eq!(joined(state, into, false).is_ok(), fits, "{state} into {into}");
            }
            assert!(joined(state, State::Open, true).is_err(), "a risk is no duplicate of itself");
        }
        assert_eq!(joined(State::InProgress, State::New, false), Ok(State::Closed));
    }
}
