//! Rules. How bad a risk is by what a scanner reports: likelihood and impact, and the level that a grid makes of them.

use abate_entity::level::Level;
use abate_entity::tier::Tier;
use serde::Serialize;

use crate::grid::rules::{Grid, RatingProblem};

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
    because.push(format!("{level}: likelihood {likelihood} and impact {impact} on {}", grid.title));
    Ok(Rating { likelihood, impact, level, because })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
