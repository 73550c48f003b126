//! Rules. The three ratings of a risk and their order: what the treatment aims at is not above what holds today, and
//! that is not above what it was before controls. Whoever says otherwise says why.

use abate_entity::level::Level;
use abate_entity::text_enum;

use crate::grid::rules::{Grid, RatingProblem};

/// The name of the rule in problems.
pub const RULE: &str = "rating_order";

/// Likelihood and impact.
pub type Scores = (u8, u8);

text_enum! {
    /// Which of the three ratings.
    pub enum Kind ("rating") {
        /// Before controls.
        Inherent = "inherent",
        /// With the controls that work today.
        Current = "current",
        /// After the planned treatment.
        Target = "target",
    }
}

text_enum! {
    /// Who or what has rated.
    pub enum Source ("source of a rating") {
        /// Somebody, in their own words.
        Person = "person",
        /// A scanner's severity.
        Scanner = "scanner",
        /// A catalogue of what is attacked.
        Feed = "feed",
        /// A workshop.
        Workshop = "workshop",
        /// What is known of the asset.
        Asset = "asset",
        /// A rule of Abate's own, such as that a silent source is a risk.
        Rule = "rule",
        /// Another grid that was put into use.
        Grid = "grid",
    }
}

/// The three ratings of a risk, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rated {
    /// Before controls.
    pub inherent: Option<Scores>,
    /// With the controls that work today.
    pub current: Option<Scores>,
    /// After the planned treatment.
    pub target: Option<Scores>,
}

/// A rating that stands above the one that it should not exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disorder {
    /// The rating that is too high.
    pub kind: Kind,
    /// The rating that it exceeds.
    pub above: Kind,
}

impl Rated {
    /// A rating before controls alone.
    #[must_use]
    pub const fn inherent(scores: Scores) -> Self {
        Self { inherent: Some(scores), current: None, target: None }
    }

    /// The rating of a kind.
    #[must_use]
    pub const fn of(&self, kind: Kind) -> Option<Scores> {
        match kind {
            Kind::Inherent => self.inherent,
            Kind::Current => self.current,
            Kind::Target => self.target,
        }
    }

    /// The ratings after `said`. The current one follows the inherent one until somebody says what controls make of it.
    #[must_use]
    pub fn with(self, said: Self) -> Self {
        let inherent = said.inherent.or(self.inherent);
        let follows = self.current.is_none() || self.current == self.inherent;
        let current = said.current.or(if follows { inherent } else { self.current });
        Self { inherent, current, target: said.target.or(self.target) }
    }

    /// The rating that clocks and rights follow.
    #[must_use]
    pub fn counts(&self) -> Option<Scores> {
        self.current.or(self.inherent)
    }

    /// The level that clocks and rights follow; none while nothing is rated.
    ///
    /// # Errors
    /// A score beyond the grid's scale.
    pub fn level(&self, grid: &Grid) -> Result<Option<Level>, RatingProblem> {
        self.counts().map(|(likelihood, impact)| grid.level(likelihood, impact)).transpose()
    }

    /// The ratings that are out of order: in likelihood, in impact, or in the level that both make.
    ///
    /// # Errors
    /// A score beyond the grid's scale.
    pub fn disorder(&self, grid: &Grid) -> Result<Vec<Disorder>, RatingProblem> {
        let bounds = if self.current.is_some() { Kind::Current } else { Kind::Inherent };
        let mut found = Vec::new();
        for (kind, above) in [(Kind::Target, bounds), (Kind::Current, Kind::Inherent)] {
            let (Some(low), Some(high)) = (self.of(kind), self.of(above)) else { continue };
            let levels = (grid.level(low.0, low.1)?, grid.level(high.0, high.1)?);
            if low.0 > high.0 || low.1 > high.1 || levels.0 > levels.1 {
                found.push(Disorder { kind, above });
            }
        }
        Ok(found)
    }
}

impl Disorder {
    /// What is wrong, and what would be right.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!(
            "The {} rating is above the {} one: lower it, or give the reason why it is so.",
            self.kind, self.above
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_current_rating_follows_until_somebody_rates_it() {
        let first = Rated::default().with(Rated::inherent((4, 5)));
        assert_eq!((first.current, first.target), (Some((4, 5)), None));
        let raised = first.with(Rated::inherent((5, 5)));
        assert_eq!(raised.current, Some((5, 5)));
        let controlled = raised.with(Rated { current: Some((2, 5)), ..Rated::default() });
        assert_eq!((controlled.inherent, controlled.counts()), (Some((5, 5)), Some((2, 5))));
        assert_eq!(controlled.with(Rated::inherent((4, 4))).current, Some((2, 5)));
    }

    fn scores() -> impl Strategy<Value = Option<Scores>> {
        proptest::option::of((1_u8..=5, 1_u8..=5))
    }

    proptest! {
        /// In order is exactly: no score and no level rises from inherent over current to target.
        #[test]
        fn disorder_is_what_rises(inherent in scores(), current in scores(), target in scores()) {
            let grid = Grid::standard();
            let rated = Rated { inherent, current, target };
            let found = rated.disorder(&grid).unwrap();
            let rises = |low: Option<Scores>, high: Option<Scores>| {
                low.zip(high).is_some_and(|(low, high)| low.0 > high.0 || low.1 > high.1)
            };
            let expected = [
                (Kind::Target, rises(target, current.or(inherent))),
                (Kind::Current, rises(current, inherent)),
            ];
            for (kind, wrong) in expected {
                prop_assert_eq!(found.iter().any(|disorder| disorder.kind == kind), wrong);
            }
        }
    }
}
