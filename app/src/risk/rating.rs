//! Rules. How bad a risk is: likelihood and impact through a grid, and both from what a scanner reports.

use abate_entity::level::Level;
use abate_entity::tier::Tier;
use serde::{Deserialize, Serialize};

/// Which level a likelihood and an impact make. Grids are data with a version: each rating names the one that
/// it was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// What people call it.
    pub name: String,
    /// Its version; a changed grid is a new version.
    pub version: u32,
    /// Rows by likelihood, columns by impact, each from 1 to 5.
    pub rows: [[Level; 5]; 5],
}

/// Why a grid or a score cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RatingProblem {
    /// A score beyond the scale.
    #[error("{score} is no score: likelihood and impact go from 1 to 5")]
    ScoreOutOfScale {
        /// The score as given.
        score: u8,
    },
    /// A grid in which more likely or worse means a lower level.
    #[error(
        "the level falls at likelihood {likelihood}, impact {impact}: let it stay or rise along each row and \
         column"
    )]
    GridFalls {
        /// The row.
        likelihood: usize,
        /// The column.
        impact: usize,
    },
}

impl Grid {
    /// The grid that a new organisation starts with: the product of both scores in four bands, up to 4 low, up
    /// to 9 medium, up to 16 high, above that critical.
    #[must_use]
    pub fn standard() -> Self {
        use Level::{Critical as C, High as H, Low as L, Medium as M};
        Self {
            name: "5x5 product".to_owned(),
            version: 1,
            rows: [
                [L, L, L, L, M], //
                [L, L, M, M, H],
                [L, M, M, H, H],
                [L, M, H, H, C],
                [M, H, H, C, C],
            ],
        }
    }

    /// The level of two scores.
    ///
    /// # Errors
    ///
    /// A score beyond the scale.
    pub fn level(&self, likelihood: u8, impact: u8) -> Result<Level, RatingProblem> {
        let index = |score: u8| match score {
            1..=5 => Ok(usize::from(score) - 1),
            _ => Err(RatingProblem::ScoreOutOfScale { score }),
        };
        Ok(self.rows[index(likelihood)?][index(impact)?])
    }

    /// Whether more likely and worse never mean a lower level.
    ///
    /// # Errors
    ///
    /// Names the first cell where the level falls.
    pub fn check(&self) -> Result<(), RatingProblem> {
        for (row, levels) in self.rows.iter().enumerate() {
            for (column, level) in levels.iter().enumerate() {
                let left = column.checked_sub(1).map(|left| levels[left]);
                let above = row.checked_sub(1).map(|above| self.rows[above][column]);
                if left.max(above).is_some_and(|before| before > *level) {
                    return Err(RatingProblem::GridFalls { likelihood: row + 1, impact: column + 1 });
                }
            }
        }
        Ok(())
    }
}

/// The EPSS percentile from which an internet-facing weakness counts as likelier.
pub const LIKELY_PERCENTILE: f64 = 0.95;

/// What is known about a scanner's finding and its asset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signals {
    /// What the scanner says.
    pub severity: Level,
    /// How much depends on the asset.
    pub tier: Tier,
    /// Whether KEV lists it.
    pub kev_listed: bool,
    /// Whether the asset faces the internet.
    pub internet_facing: bool,
    /// Where EPSS ranks it, 0 to 1.
    pub epss_percentile: Option<f64>,
    /// Whether a tool has shown that the weak code is not reached.
    pub shown_unreachable: bool,
}

/// A rating with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rating {
    /// How likely it is, 1 to 5.
    pub likelihood: u8,
    /// How bad it would be, 1 to 5.
    pub impact: u8,
    /// What both make on the grid.
    pub level: Level,
    /// One sentence for each thing that counted.
    pub because: Vec<String>,
}

/// Rates a scanner's finding: the asset gives the impact, the severity the likelihood, and what is known about
/// attacks moves it by one.
///
/// # Errors
///
/// Never for the signals above; the grid's lookup is checked all the same.
pub fn rate(signals: &Signals, grid: &Grid) -> Result<Rating, RatingProblem> {
    let impact = signals.tier.impact();
    let base = 1 + u8::try_from(signals.severity.index()).unwrap_or(0);
    let mut because = vec![
        format!("impact {impact}: the asset's tier is {}", signals.tier),
        format!("likelihood {base}: the scanner says {}", signals.severity),
    ];
    let mut likelihood = base;
    let ranked_high = signals.epss_percentile.is_some_and(|rank| rank >= LIKELY_PERCENTILE);
    if signals.kev_listed {
        likelihood += 1;
        because.push("likelihood + 1: KEV lists it as exploited".to_owned());
    } else if signals.internet_facing && ranked_high {
        likelihood += 1;
        because.push("likelihood + 1: it faces the internet and EPSS ranks it in the top 5 %".to_owned());
    }
    if signals.shown_unreachable {
        likelihood -= 1;
        because.push("likelihood - 1: a tool has shown that the weak code is not reached".to_owned());
    }
    let likelihood = likelihood.clamp(1, 5);
    let level = grid.level(likelihood, impact)?;
    because.push(format!("{level}: likelihood {likelihood} and impact {impact} on {}", grid.name));
    Ok(Rating { likelihood, impact, level, because })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_standard_grid_is_the_product_in_four_bands() {
        let grid = Grid::standard();
        assert_eq!(grid.check(), Ok(()));
        for likelihood in 1..=5_u8 {
            for impact in 1..=5_u8 {
                let expected = match likelihood * impact {
                    0..=4 => Level::Low,
                    5..=9 => Level::Medium,
                    10..=16 => Level::High,
                    _ => Level::Critical,
                };
                assert_eq!(grid.level(likelihood, impact), Ok(expected));
            }
        }
        assert_eq!(grid.level(0, 3), Err(RatingProblem::ScoreOutOfScale { score: 0 }));
        assert_eq!(grid.level(3, 6), Err(RatingProblem::ScoreOutOfScale { score: 6 }));
    }

    #[test]
    fn a_grid_that_falls_is_refused_with_the_cell() {
        let mut grid = Grid::standard();
        grid.rows[2][3] = Level::Low;
        assert_eq!(grid.check(), Err(RatingProblem::GridFalls { likelihood: 3, impact: 4 }));
    }

    #[test]
    fn known_exploitation_raises_and_unreachable_code_lowers() {
        let quiet = Signals {
            severity: Level::High,
            tier: Tier::Business,
            kev_listed: false,
            internet_facing: false,
            epss_percentile: Some(0.99),
            shown_unreachable: false,
        };
        let rated = |signals: Signals| rate(&signals, &Grid::standard()).unwrap();
        assert_eq!((rated(quiet).likelihood, rated(quiet).level), (4, Level::High));
        let facing = Signals { internet_facing: true, ..quiet };
        assert_eq!((rated(facing).likelihood, rated(facing).level), (5, Level::Critical));
        let both = Signals { kev_listed: true, ..facing };
        assert_eq!(rated(both).likelihood, 5);
        assert_eq!(rated(Signals { shown_unreachable: true, ..both }).likelihood, 4);
    }

    proptest! {
        /// A worse severity, a heavier asset or a KEV entry never lowers the level, and scores stay on the scale.
        #[test]
        fn worse_signals_never_lower_the_level(
            severity in 0_i16..4, tier in 0_i16..3, kev_listed: bool, internet_facing: bool,
            epss in proptest::option::of(0.0_f64..1.0), shown_unreachable: bool,
        ) {
            let signals = Signals {
                severity: Level::try_from(severity).unwrap(), tier: Tier::try_from(tier).unwrap(),
                kev_listed, internet_facing, epss_percentile: epss, shown_unreachable,
            };
            let grid = Grid::standard();
            let level = rate(&signals, &grid).unwrap().level;
            let worse = [
                Signals { severity: Level::try_from(severity + 1).unwrap(), ..signals },
                Signals { tier: Tier::try_from(tier + 1).unwrap(), ..signals },
                Signals { kev_listed: true, ..signals },
                Signals { shown_unreachable: false, ..signals },
            ];
            for worse in worse {
                let rated = rate(&worse, &grid).unwrap();
                prop_assert!(rated.level >= level);
                prop_assert!((1..=5).contains(&rated.likelihood) && (2..=5).contains(&rated.impact));
            }
        }
    }
}
