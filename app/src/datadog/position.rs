//! Rules. Up to where signals were read, and where to go on.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

/// How far back each look reaches beyond the last one: signals turn up late, and grow.
const OVERLAP: Duration = Duration::minutes(15);
/// How far back the first look reaches.
const FIRST: Duration = Duration::hours(24);

/// Up to where signals were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// All that was made before is read.
    read_until: DateTime<Utc>,
    /// A list that is not read to its end.
    list: Option<List>,
}

/// A list of signals that is being read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct List {
    /// The oldest that it may have.
    pub(super) from: DateTime<Utc>,
    /// Where it ends.
    pub(super) to: DateTime<Utc>,
    /// Names the next page; none for the first.
    pub(super) cursor: Option<String>,
    /// When the last signal that was read of it was made.
    reached: Option<DateTime<Utc>>,
}

impl Position {
    /// Where an account begins.
    pub(super) fn first(now: DateTime<Utc>) -> Self {
        Self { read_until: now - FIRST + OVERLAP, list: None }
    }

    /// What to ask for next.
    pub(super) fn next(&self, now: DateTime<Utc>) -> List {
        let new = || List { from: self.read_until - OVERLAP, to: now, cursor: None, reached: None };
        self.list.clone().unwrap_or_else(new)
    }

    /// After a page of `list`: `last` is when its last signal was made, `next` names the page after it.
    pub(super) fn after(&self, list: &List, last: Option<DateTime<Utc>>, next: Option<String>) -> Self {
        match next {
            // The same name again would never end.
            Some(next) if list.cursor.as_ref() != Some(&next) => {
                let reached = last.max(list.reached);
                let list = List { cursor: Some(next), reached, ..list.clone() };
                Self { read_until: self.read_until, list: Some(list) }
            }
            _ => Self { read_until: self.read_until.max(list.to), list: None },
        }
    }

    /// After Datadog no longer knows the page: begins again where the list had got to.
    pub(super) fn without_list(&self) -> Self {
        let reached = self.list.as_ref().and_then(|list| list.reached);
        Self { read_until: reached.map_or(self.read_until, |at| at.max(self.read_until)), list: None }
    }

    /// Whether a list is not read to its end.
    pub(super) fn is_within_list(&self) -> bool {
        self.list.is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_442_000 + minute * 60, 0).unwrap()
    }

    #[test]
    fn the_first_look_reaches_back_a_day_and_each_later_one_overlaps() {
        let position = Position::first(at(0));
        let list = position.next(at(1));
        assert_eq!((list.from, list.to), (at(-24 * 60), at(1)));
        let list = position.after(&list, None, None).next(at(6));
        assert_eq!((list.from, list.to, list.cursor), (at(-14), at(6), None));
    }

    #[test]
    fn a_long_list_goes_on_where_it_was_and_after_a_lost_page_from_there() {
        let position = Position::first(at(0));
        let list = position.next(at(1));
        let position = position.after(&list, Some(at(-600)), Some("p2".into()));
        assert!(position.is_within_list());
        let second = position.next(at(9));
        assert_eq!((second.to, second.cursor.as_deref()), (at(1), Some("p2")));
        let again = position.without_list();
        assert_eq!(again.next(at(9)).from, at(-615));
        assert!(!again.is_within_list());
        assert!(!position.after(&second, None, Some("p2".into())).is_within_list());
    }

    proptest! {
        /// Whatever pages come, nothing is passed over and the mark never moves back.
        #[test]
        fn nothing_is_passed_over(steps in proptest::collection::vec((0_u8..4, 0_i64..50), 1..40)) {
            let mut position = Position::first(at(0));
            let mut now = 1;
            for (step, minutes) in steps {
                now += minutes;
                let list = position.next(at(now));
                prop_assert!(list.from <= position.read_until && list.from < list.to);
                let before = position.read_until;
                position = match step {
                    0 => position.without_list(),
                    1 => position.after(&list, None, None),
                    _ => position.after(&list, Some(list.from), Some(now.to_string())),
                };
                prop_assert!(position.read_until >= before && position.read_until <= at(now));
            }
        }
    }
}
