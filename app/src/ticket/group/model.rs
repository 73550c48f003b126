//! Rules. What a group of risks amounts to: where it stands, who has to leave it, and whom a comment is for.

use std::fmt;
use std::str::FromStr;

use abate_entity::lifecycle::{Resolution, State};
use abate_entity::text_enum;
use serde::{Deserialize, Serialize};

text_enum! {
    /// What the risks of a group have in common.
    pub(crate) enum GroupKind ("kind of group") {
        /// A library in an asset.
        Library = "library",
        /// A rule of a tool, in an asset.
        Rule = "rule",
        /// What a person says.
        Hand = "hand",
    }
}

text_enum! {
    /// Whether a group takes risks.
    pub(crate) enum GroupState ("state of a group") {
        /// It does.
        Open = "open",
        /// It has none any more.
        Closed = "closed",
    }
}

/// The key of a group, as people write it: `G-3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct GroupKey(pub(crate) i64);

/// This is not the key of a group.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not the key of a group; write G- and a number, as in G-3")]
pub(crate) struct NotAGroup(String);

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "G-{}", self.0)
    }
}

impl FromStr for GroupKey {
    type Err = NotAGroup;

    fn from_str(text: &str) -> Result<Self, NotAGroup> {
        let wrong = || NotAGroup(text.chars().take(40).collect());
        let number = text.strip_prefix(['G', 'g']).unwrap_or(text);
        let number =
            if number.len() < text.len() { number.strip_prefix('-').ok_or_else(wrong)? } else { text };
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse().ok().filter(|_| is_number).map(Self).ok_or_else(wrong)
    }
}

impl TryFrom<String> for GroupKey {
    type Error = NotAGroup;

    fn try_from(text: String) -> Result<Self, NotAGroup> {
        text.parse()
    }
}

impl From<GroupKey> for String {
    fn from(key: GroupKey) -> Self {
        key.to_string()
    }
}

/// Where a group stands: where the least advanced of its risks does, and in work as soon as one is. Without any risk it
/// is closed.
#[must_use]
pub(crate) fn stands(risks: &[(State, Option<Resolution>)]) -> (State, Option<Resolution>) {
    let any = |wanted: &[State]| risks.iter().any(|(state, _)| wanted.contains(state));
    if any(&[State::InProgress, State::Blocked]) {
        return (State::InProgress, None);
    }
    for state in [State::Open, State::Triage, State::New, State::Verification, State::Accepted] {
        if any(&[state]) {
            return (state, None);
        }
    }
    let first = risks.first().and_then(|(_, resolution)| *resolution);
    let is_same = risks.iter().all(|(_, resolution)| *resolution == first);
    (State::Closed, if is_same { first } else { Some(Resolution::Remediated) })
}

/// Why a risk cannot stay in a group of `team`, if it cannot.
#[must_use]
pub(crate) fn leaves(
    team: i64,
    of: i64,
    state: State,
    resolution: Option<Resolution>,
) -> Option<&'static str> {
    match (state, resolution) {
        (State::Closed, Some(Resolution::Duplicate)) => Some("it is a duplicate of another risk"),
        (State::Closed, Some(Resolution::Withdrawn)) => Some("it was withdrawn"),
        _ if of != team => Some("it belongs to another team"),
        _ => None,
    }
}

/// What a risk has to have to join a group of this kind by itself.
#[must_use]
pub(crate) fn match_key(team: i64, asset: i64, name: &str) -> String {
    format!("{team}/{asset}/{name}")
}

/// The numbers of the risks that a text names by key.
#[must_use]
pub(crate) fn named(text: &str) -> Vec<i64> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '-');
    let number = |word: &str| {
        let number = word.strip_prefix(['R', 'r'])?.strip_prefix('-')?;
        number.parse::<i64>().ok().filter(|_| number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    words.filter_map(|word| number(word.trim_end_matches('-'))).collect()
}

/// The largest number of rows up to `count` that fit, where fewer fit if more do.
pub(crate) fn most(count: usize, fits: impl Fn(usize) -> bool) -> usize {
    if fits(count) {
        return count;
    }
    let (mut fit, mut too_many) = (0, count);
    while too_many - fit > 1 {
        let middle = usize::midpoint(fit, too_many);
        if fits(middle) {
            fit = middle;
        } else {
            too_many = middle;
        }
    }
    fit
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        assert_eq!("G-3".parse::<GroupKey>().unwrap().to_string(), "G-3");
        assert_eq!("g-3".parse::<GroupKey>().unwrap(), "3".parse().unwrap());
        for wrong in ["", "G", "G-", "R-3", "G3", "G--3", "-3", "3x"] {
            assert!(wrong.parse::<GroupKey>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn it_stands_where_the_least_advanced_does() {
        let of = |states: &[State]| stands(&states.iter().map(|state| (*state, None)).collect::<Vec<_>>()).0;
        assert_eq!(of(&[State::Verification, State::Open]), State::Open);
        assert_eq!(of(&[State::Open, State::Blocked]), State::InProgress);
        assert_eq!(of(&[State::Closed, State::Verification]), State::Verification);
        assert_eq!(of(&[State::Closed, State::Accepted]), State::Accepted);
        assert_eq!(of(&[State::Closed]), State::Closed);
        assert_eq!(stands(&[]), (State::Closed, None));
        let mixed = [Some(Resolution::FalsePositive), Some(Resolution::Remediated)];
        let closed = mixed.map(|resolution| (State::Closed, resolution));
        assert_eq!(stands(&closed), (State::Closed, Some(Resolution::Remediated)));
        assert_eq!(stands(&closed[..1]), closed[0]);
    }

    #[test]
    fn what_is_no_risk_of_the_team_leaves() {
        assert!(leaves(1, 1, State::Open, None).is_none());
        assert!(leaves(1, 1, State::Closed, Some(Resolution::Remediated)).is_none());
        assert!(leaves(1, 2, State::Open, None).is_some());
        assert!(leaves(1, 1, State::Closed, Some(Resolution::Duplicate)).is_some());
        assert!(leaves(1, 1, State::Closed, Some(Resolution::Withdrawn)).is_some());
    }

    #[test]
    fn a_comment_names_risks_by_key() {
        assert_eq!(named("See R-3, r-12: and (R-4)."), [3, 12, 4]);
        assert_eq!(named("XR-3 R-3x R- SR-1 R-99999999999999999999"), Vec::<i64>::new());
    }

    proptest! {
        #[test]
        fn a_closed_group_has_closed_risks_only(states in prop::collection::vec(0..State::ALL.len(), 0..6)) {
            let states: Vec<(State, Option<Resolution>)> =
                states.into_iter().map(|index| (State::ALL[index], None)).collect();
            let all_closed = states.iter().all(|(state, _)| *state == State::Closed);
            prop_assert_eq!(stands(&states).0 == State::Closed, all_closed);
        }

        #[test]
        fn the_most_is_found(count in 0..500_usize, limit in 0..600_usize) {
            prop_assert_eq!(most(count, |rows| rows <= limit), count.min(limit));
        }
    }
}
