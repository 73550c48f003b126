//! Rules. What a decision here means for a signal there.

use abate_entity::lifecycle::{Resolution, State};
use chrono::{DateTime, SecondsFormat, Utc};

/// Somebody works on it.
pub(super) const UNDER_REVIEW: &str = "under_review";
/// It is done with.
pub(super) const ARCHIVED: &str = "archived";

/// A decision as Datadog is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    /// Names this decision: the same is told once, another time is another decision.
    pub(super) name: String,
    /// The triage state.
    pub(super) state: &'static str,
    /// Why it is archived, in Datadog's words; empty when it is not.
    pub(super) reason: &'static str,
}

/// What is told of a risk that stands there; none where Datadog has no word for it, or nothing was decided.
pub(super) fn decision(
    risk: i64,
    state: State,
    resolution: Option<Resolution>,
    closed_at: Option<DateTime<Utc>>,
) -> Option<Decision> {
    let (told, reason) = match (state, resolution) {
        (State::InProgress | State::Blocked | State::Verification, _) => (UNDER_REVIEW, ""),
        (State::Closed, Some(Resolution::FalsePositive)) => (ARCHIVED, "false_positive"),
        (State::Closed, Some(Resolution::NotAffected)) => (ARCHIVED, "other"),
        (State::Closed, Some(Resolution::Remediated | Resolution::MitigatedByControl)) => {
            (ARCHIVED, "remediated")
        }
        _ => return None,
    };
    let since = closed_at.filter(|_| told == ARCHIVED);
    let since = since.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true)).unwrap_or_default();
    Some(Decision { name: format!("{risk}:{told}:{reason}:{since}"), state: told, reason })
}

/// What to do about a signal that a decision is to be told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It stands there already.
    Same,
    /// Tell it.
    Tell,
    /// Somebody moved it there since we looked: their word stands.
    Leave,
}

/// Compares where a signal stands now with where it stood when it was seen or told last.
pub(super) fn step(now: &str, last: &str, wanted: &str) -> Step {
    if now == wanted {
        Step::Same
    } else if now == last {
        Step::Tell
    } else {
        Step::Leave
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(1_772_442_000 + second, 0)
    }

    #[test]
    fn only_what_datadog_has_a_word_for_is_told() {
        let told = |state, resolution| {
            decision(7, state, resolution, at(0)).map(|decision| (decision.state, decision.reason))
        };
        assert_eq!(told(State::InProgress, None), Some(("under_review", "")));
        assert_eq!(told(State::Verification, None), Some(("under_review", "")));
        let closed = |resolution| told(State::Closed, Some(resolution));
        assert_eq!(closed(Resolution::FalsePositive), Some(("archived", "false_positive")));
        assert_eq!(closed(Resolution::NotAffected), Some(("archived", "other")));
        assert_eq!(closed(Resolution::Remediated), Some(("archived", "remediated")));
        for resolution in [Resolution::Vanished, Resolution::Withdrawn, Resolution::Duplicate] {
            assert_eq!(closed(resolution), None);
        }
        for state in [State::New, State::Triage, State::Open, State::Accepted] {
            assert_eq!(told(state, None), None);
        }
    }

    #[test]
    fn closing_again_is_another_decision_and_work_is_one() {
        let closed = |second| decision(7, State::Closed, Some(Resolution::Remediated), at(second));
        assert_eq!(closed(0), closed(0));
        assert_ne!(closed(0), closed(1));
        let works = |state, second| decision(7, state, None, at(second));
        assert_eq!(works(State::InProgress, 0), works(State::Blocked, 1));
        assert_ne!(works(State::InProgress, 0), decision(8, State::InProgress, None, None));
    }

    #[test]
    fn a_persons_word_in_datadog_stands() {
        assert_eq!(step("open", "open", ARCHIVED), Step::Tell);
        assert_eq!(step("under_review", "under_review", ARCHIVED), Step::Tell);
        assert_eq!(step("under_review", "open", ARCHIVED), Step::Leave);
        assert_eq!(step("open", "archived", UNDER_REVIEW), Step::Leave);
        // It arrived, and only the answer was lost.
        assert_eq!(step("archived", "open", ARCHIVED), Step::Same);
    }
}
