//! Rules. The key of an incident: `I-` and its number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The key of an incident, as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IncidentKey(pub i64);

/// This is not the key of an incident.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not the key of an incident; write I- and a number, as in I-12")]
pub struct NotAKey(String);

impl fmt::Display for IncidentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "I-{}", self.0)
    }
}

impl FromStr for IncidentKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let wrong = || NotAKey(text.chars().take(40).collect());
        let (letter, number) = text.trim().split_once('-').ok_or_else(wrong)?;
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        match number.parse() {
            Ok(number) if digits && letter.eq_ignore_ascii_case("i") => Ok(Self(number)),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for IncidentKey {
    type Error = NotAKey;

    fn try_from(text: String) -> Result<Self, NotAKey> {
        text.parse()
    }
}

impl From<IncidentKey> for String {
    fn from(key: IncidentKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write_and_nothing_else() {
        assert_eq!("I-12".parse::<IncidentKey>().unwrap().0, 12);
        assert_eq!(" i-7 ".parse::<IncidentKey>().unwrap().to_string(), "I-7");
        for wrong in ["", "I", "I-", "12", "I-1x", "I--1", "R-1", "I-99999999999999999999"] {
            assert!(wrong.parse::<IncidentKey>().is_err(), "{wrong}");
        }
    }
}
