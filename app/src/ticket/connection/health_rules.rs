//! Rules. How long JIRA, or one ticket, is left alone after a call that failed.
//!
//! One call that fails says little about the next one, so it moves only what it was made for. Several in a row
//! without a success between them say that JIRA is down, and then nothing is sent for a while.

use abate_entity::text_enum;
use chrono::Duration;

text_enum! {
    /// What lets a connection rest.
    pub enum ProblemKind ("kind of problem") {
        /// The credentials do not hold.
        Credentials = "credentials",
        /// JIRA limits us.
        Limit = "limit",
        /// JIRA does not answer.
        Down = "down",
        /// Something has to be mended in the project or in the settings.
        Project = "project",
    }
}

impl ProblemKind {
    /// How long it may last before people are told: what passes by itself gets more time.
    #[must_use]
    pub fn patience(self) -> Duration {
        match self {
            Self::Credentials | Self::Project => Duration::minutes(2),
            Self::Limit | Self::Down => Duration::minutes(15),
        }
    }
}

/// The days before the last day of a token on which people are told.
const EXPIRY_NOTICES: [i64; 4] = [0, 1, 7, 30];

/// Which of the notices of the end of a token is due with so many days left; the same until the next one.
#[must_use]
pub fn expiry_notice(days_left: i64) -> Option<i64> {
    EXPIRY_NOTICES.into_iter().find(|notice| days_left <= *notice)
}

/// How many failures in a row let the whole connection rest.
const STREAK: i32 = 5;
/// The longest wait that is believed, whatever JIRA asks for.
const LONGEST: Duration = Duration::hours(1);

/// What a call that failed says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The credentials do not hold: no other call will do better.
    Credentials,
    /// JIRA limits us as a whole, and may say for how long.
    Limit(Option<Duration>),
    /// JIRA limits the writes to one issue.
    IssueLimit,
    /// This call failed or its answer is lost.
    Failed,
    /// JIRA understood and said no: it is well.
    Refused,
}

impl Trouble {
    /// Whether it counts towards the failures in a row.
    #[must_use]
    pub fn counts(self) -> bool {
        self.problem().is_some()
    }

    /// What it is to the connection; none where it says nothing about it.
    #[must_use]
    pub fn problem(self) -> Option<ProblemKind> {
        match self {
            Self::Credentials => Some(ProblemKind::Credentials),
            Self::Limit(_) => Some(ProblemKind::Limit),
            Self::Failed => Some(ProblemKind::Down),
            Self::IssueLimit | Self::Refused => None,
        }
    }
}

/// How long the whole connection rests after the `failures`th failure in a row; `None` where only what was called
/// for waits. `jitter` is between 0 and 1.
#[must_use]
pub fn rest(trouble: Trouble, failures: i32, jitter: f64) -> Option<Duration> {
    let wait = match trouble {
        Trouble::Credentials => Duration::seconds(60),
        Trouble::Limit(Some(asked)) => asked.clamp(Duration::seconds(1), LONGEST),
        Trouble::Limit(None) => doubled(30, failures - 1, 300),
        Trouble::Failed if failures >= STREAK => doubled(10, failures - STREAK, 300),
        Trouble::Failed | Trouble::IssueLimit | Trouble::Refused => return None,
    };
    Some(later(wait, jitter / 10.0))
}

/// How long one ticket waits after `failures` failed calls of its own in a row, at least as long as JIRA `asked`.
#[must_use]
pub fn backoff(failures: i32, asked: Option<Duration>, jitter: f64) -> Duration {
    later(doubled(2, failures - 1, 600).max(asked.unwrap_or_default().min(LONGEST)), jitter / 2.0)
}

/// How long a ticket waits before it is created again, once it was created `creates` times and looked for in vain
/// after each of them.
#[must_use]
pub fn before_next_create(creates: i32) -> Duration {
    if creates <= 1 { Duration::zero() } else { doubled(30, creates - 2, 600) }
}

fn doubled(seconds: i64, times: i32, most: i64) -> Duration {
    let factor = 1_i64 << times.clamp(0, 20);
    Duration::seconds((seconds * factor).min(most))
}

#[allow(clippy::cast_possible_truncation, reason = "at most two hours in milliseconds")]
fn later(wait: Duration, by: f64) -> Duration {
    wait + Duration::milliseconds((wait.num_milliseconds() as f64 * by) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_failure_rests_nothing_and_several_in_a_row_ever_longer() {
        for failures in 1..STREAK {
            assert_eq!(rest(Trouble::Failed, failures, 0.0), None);
        }
        assert_eq!(rest(Trouble::Failed, 5, 0.0), Some(Duration::seconds(10)));
        assert_eq!(rest(Trouble::Failed, 6, 0.0), Some(Duration::seconds(20)));
        assert_eq!(rest(Trouble::Failed, 90, 0.0), Some(Duration::minutes(5)));
        assert_eq!(rest(Trouble::Refused, 90, 0.0), None);
        assert_eq!(rest(Trouble::IssueLimit, 90, 0.0), None);
    }

    #[test]
    fn the_end_of_a_token_is_told_four_times() {
        let told: Vec<_> = [60, 31, 30, 12, 7, 2, 1, 0, -5].into_iter().map(expiry_notice).collect();
        let at = Some;
        assert_eq!(told, [None, None, at(30), at(30), at(7), at(7), at(1), at(0), at(0)]);
    }

    #[test]
    fn limits_and_credentials_rest_at_once() {
        assert_eq!(rest(Trouble::Credentials, 1, 0.0), Some(Duration::seconds(60)));
        assert_eq!(rest(Trouble::Limit(Some(Duration::seconds(40))), 1, 0.0), Some(Duration::seconds(40)));
        assert_eq!(rest(Trouble::Limit(None), 1, 0.0), Some(Duration::seconds(30)));
        assert_eq!(rest(Trouble::Limit(Some(Duration::days(9))), 1, 0.0), Some(Duration::hours(1)));
    }

    #[test]
    fn creating_again_waits_longer_each_time_and_never_ends() {
        let waits: Vec<i64> = (1..9).map(|creates| before_next_create(creates).num_seconds()).collect();
        assert_eq!(waits, [0, 30, 60, 120, 240, 480, 600, 600]);
    }

    proptest! {
        /// A wait is never shorter than JIRA asked for, nor endless.
        #[test]
        fn waits_are_long_enough_and_end(failures in 0_i32..2000, asked in 0_i64..100_000, jitter in 0.0..1.0) {
            let wait = backoff(failures, Some(Duration::seconds(asked)), jitter);
            prop_assert!(wait >= Duration::seconds(asked).min(LONGEST));
            prop_assert!(wait <= LONGEST * 2);
            let whole = rest(Trouble::Limit(Some(Duration::seconds(asked))), failures, jitter).expect("a rest");
            prop_assert!(whole >= Duration::seconds(asked).min(LONGEST) && whole <= LONGEST * 2);
        }
    }
}
