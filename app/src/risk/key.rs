//! Rules. The key of a risk: `R-` and its number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The key of a risk, as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RiskKey(pub i64);

/// This is not the key of a risk.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not the key of a risk; write R- and a number, as in R-12")]
pub struct NotAKey(String);

impl fmt::Display for RiskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R-{}", self.0)
    }
}

impl FromStr for RiskKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let wrong = || NotAKey(text.chars().take(40).collect());
        let (letter, number) = text.trim().split_once('-').ok_or_else(wrong)?;
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        match number.parse() {
            Ok(number) if digits && letter.eq_ignore_ascii_case("r") => Ok(Self(number)),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for RiskKey {
    type Error = NotAKey;

    fn try_from(text: String) -> Result<Self, NotAKey> {
        text.parse()
    }
}

impl From<RiskKey> for String {
    fn from(key: RiskKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write_and_nothing_else() {
        assert_eq!("R-12".parse::<RiskKey>().unwrap().0, 12);
        assert_eq!(" r-7 ".parse::<RiskKey>().unwrap().to_string(), "R-7");
        for wrong in ["", "R", "R-", "12", "R-1x", "R--1", "R-+1", "S-1", "R-99999999999999999999"] {
            assert!(wrong.parse::<RiskKey>().is_err(), "{wrong}");
        }
    }
}
