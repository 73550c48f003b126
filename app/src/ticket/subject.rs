//! Rules. What a ticket is about, in one word: `r-` and the number of a risk, or `g-` and that of a group.

use std::fmt;
use std::str::FromStr;

/// What a ticket is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// A risk.
    Risk(i64),
    /// A group of risks that one change mends.
    Group(i64),
}

/// This names neither a risk nor a group.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} names neither a risk nor a group")]
pub(crate) struct NotASubject(String);

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Risk(id) => write!(f, "r-{id}"),
            Self::Group(id) => write!(f, "g-{id}"),
        }
    }
}

impl FromStr for Subject {
    type Err = NotASubject;

    fn from_str(text: &str) -> Result<Self, NotASubject> {
        let wrong = || NotASubject(text.chars().take(40).collect());
        let (letter, number) = text.split_once('-').ok_or_else(wrong)?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let number: i64 = number.parse().map_err(|_| wrong())?;
        match letter {
            "r" | "R" if is_number => Ok(Self::Risk(number)),
            "g" | "G" if is_number => Ok(Self::Group(number)),
            _ => Err(wrong()),
        }
    }
}

/// What people call it: `R-12` or `G-3`.
#[must_use]
pub(crate) fn key(subject: &str) -> String {
    subject.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written() {
        for subject in [Subject::Risk(12), Subject::Group(3)] {
            assert_eq!(subject.to_string().parse::<Subject>().unwrap(), subject);
            assert_eq!(key(&subject.to_string()).parse::<Subject>().unwrap(), subject);
        }
        for wrong in ["", "r", "r-", "x-1", "g--1", "g-+1", "r-99999999999999999999"] {
            assert!(wrong.parse::<Subject>().is_err(), "{wrong}");
        }
    }
}
