//! Rules. The level of a risk: five words with an order, stored as a small integer.

use crate::text_enum;

text_enum! {
    /// How bad a risk is; the order of declaration is the order of severity.
    pub enum Level ("level") {
        /// Worth knowing, nothing to do.
        Info = "info",
        /// To be done some day.
        Low = "low",
        /// To be planned.
        Medium = "medium",
        /// To be done soon.
        High = "high",
        /// To be done now.
        Critical = "critical",
    }
}

/// A stored number that is no level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSuchLevel(pub i16);

impl std::fmt::Display for NoSuchLevel {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} is no level: use 0 (info) to 4 (critical)", self.0)
    }
}

impl std::error::Error for NoSuchLevel {}

impl Level {
    /// The stored number, 0 (info) to 4 (critical).
    #[must_use]
    pub const fn as_i16(self) -> i16 {
        self as i16
    }

    /// The number as an index into a table with one column a level.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl From<Level> for i16 {
    fn from(level: Level) -> Self {
        level.as_i16()
    }
}

impl TryFrom<i16> for Level {
    type Error = NoSuchLevel;

    fn try_from(number: i16) -> Result<Self, Self::Error> {
        usize::try_from(number)
            .ok()
            .and_then(|index| Self::ALL.get(index))
            .copied()
            .ok_or(NoSuchLevel(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_word_both_lead_back() {
        for level in Level::ALL.iter().copied() {
            assert_eq!(Level::try_from(level.as_i16()), Ok(level));
            assert_eq!(level.as_str().parse::<Level>(), Ok(level));
        }
        assert_eq!(Level::try_from(5), Err(NoSuchLevel(5)));
        assert_eq!(Level::try_from(-1), Err(NoSuchLevel(-1)));
        assert!(Level::Critical > Level::High);
    }
}
