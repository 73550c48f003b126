//! Rules. How much the organisation depends on an asset: four words with an order, stored as a small integer.

use crate::text_enum;

text_enum! {
    /// How much depends on an asset; the order of declaration is the order of weight.
    pub enum Tier ("tier") {
        /// Nothing that anybody outside would notice.
        Other = "other",
        /// Work that can wait for a while.
        Important = "important",
        /// Work that earns the money.
        Business = "business",
        /// What the organisation is there for.
        Mission = "mission",
    }
}

/// A stored number that is no tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSuchTier(pub i16);

impl std::fmt::Display for NoSuchTier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} is no tier: use 0 (other) to 3 (mission)", self.0)
    }
}

impl std::error::Error for NoSuchTier {}

impl Tier {
    /// The stored number, 0 (other) to 3 (mission).
    #[must_use]
    pub const fn as_i16(self) -> i16 {
        self as i16
    }

    /// How bad it would be to lose it, 2 to 5 on the impact scale.
    #[must_use]
    pub const fn impact(self) -> u8 {
        match self {
            Self::Other => 2,
            Self::Important => 3,
            Self::Business => 4,
            Self::Mission => 5,
        }
    }
}

impl From<Tier> for i16 {
    fn from(tier: Tier) -> Self {
        tier.as_i16()
    }
}

impl TryFrom<i16> for Tier {
    type Error = NoSuchTier;

    fn try_from(number: i16) -> Result<Self, Self::Error> {
        usize::try_from(number).ok().and_then(|index| Self::ALL.get(index)).copied().ok_or(NoSuchTier(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_word_both_lead_back() {
        for tier in Tier::ALL.iter().copied() {
            assert_eq!(Tier::try_from(tier.as_i16()), Ok(tier));
            assert_eq!(tier.as_str().parse::<Tier>(), Ok(tier));
        }
        assert_eq!(Tier::try_from(4), Err(NoSuchTier(4)));
    }
}
