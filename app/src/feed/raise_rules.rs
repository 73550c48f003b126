//! Rules. What a feed's word means for a risk: why it is likelier to be attacked, and how it is rated then. What a feed
//! has raised, only a person lowers, so that a score that goes up and down does not move due dates every day.

use abate_entity::level::Level;
use abate_entity::tier::Tier;
use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::grid::rules::{Grid, RatingProblem};
use crate::risk::rating::{Rating, Signals, rate};

/// Why a risk is likelier to be attacked than its scanner says.
#[derive(Debug, Clone, PartialEq)]
pub enum Raise {
    /// KEV lists one of its vulnerabilities.
    Kev {
        /// Which.
        cve: String,
        /// Since when.
        added_on: NaiveDate,
    },
    /// EPSS ranks one of its vulnerabilities high, and strangers can reach the asset.
    Epss {
        /// Which.
        cve: String,
        /// How high, 0 to 1.
        percentile: f64,
    },
}

impl Raise {
    /// The kind of the tag that keeps it.
    #[must_use]
    pub const fn tag_kind(&self) -> &'static str {
        match self {
            Self::Kev { .. } => "kev",
            Self::Epss { .. } => "epss",
        }
    }

    /// What the tag says: the vulnerability that KEV lists, or how high EPSS ranks one.
    #[must_use]
    pub fn tag_value(&self) -> String {
        match self {
            Self::Kev { cve, .. } => cve.clone(),
            Self::Epss { percentile, .. } => format!("{percentile:.4}"),
        }
    }

    /// What a rating keeps of it.
    pub(super) fn input(&self) -> (String, Value) {
        let said = match self {
            Self::Kev { cve, added_on } => json!({ "cve": cve, "added_on": added_on }),
            Self::Epss { cve, percentile } => json!({ "cve": cve, "percentile": percentile }),
        };
        (self.tag_kind().to_owned(), said)
    }

    /// The reason in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Kev { cve, added_on } => format!("{cve} entered KEV on {added_on}."),
            Self::Epss { cve, percentile } => format!(
                "EPSS ranks {cve} above {:.1} % of all vulnerabilities, and the asset faces the internet.",
                (percentile * 1000.0).floor() / 10.0
            ),
        }
    }
}

/// A risk as far as raising it cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rated {
    /// The worst severity among the findings that support it; none when no scanner does.
    pub(super) severity: Option<Level>,
    /// The tier of its asset.
    pub(super) tier: Tier,
    /// Whether a feed raised it before.
    pub(super) raised_before: bool,
    /// Likelihood and impact as they stand.
    pub(super) stands: Option<(u8, u8)>,
}

/// The rating that a raised risk gets; none when it keeps its own: because a person has rated it otherwise, no scanner
/// supports it, or it could not be likelier.
pub(super) fn raised(risk: Rated, grid: &Grid) -> Result<Option<Rating>, RatingProblem> {
    let Some(severity) = risk.severity else { return Ok(None) };
    let signals = Signals {
        severity,
        tier: risk.tier,
        kev_listed: risk.raised_before,
        internet_facing: false,
        epss_percentile: None,
        shown_unreachable: false,
    };
    let before = rate(&signals, grid)?;
    if risk.stands != Some((before.likelihood, before.impact)) {
        return Ok(None);
    }
    let after = rate(&Signals { kev_listed: true, ..signals }, grid)?;
    Ok((after.likelihood != before.likelihood).then_some(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RISK: Rated = Rated {
        severity: Some(Level::Medium),
        tier: Tier::Business,
        raised_before: false,
        stands: Some((3, 4)),
    };

    #[test]
    fn a_feed_raises_by_one_and_once() {
        let grid = Grid::standard();
        let rating = raised(RISK, &grid).unwrap().unwrap();
        assert_eq!((rating.likelihood, rating.impact), (4, 4));
        let again = Rated { raised_before: true, stands: Some((4, 4)), ..RISK };
        assert_eq!(raised(again, &grid), Ok(None));
        let most = Rated { severity: Some(Level::Critical), stands: Some((5, 4)), ..RISK };
        assert_eq!(raised(most, &grid), Ok(None));
    }

    #[test]
    fn what_a_person_has_rated_stays() {
        let grid = Grid::standard();
        for stands in [None, Some((2, 4)), Some((3, 5)), Some((4, 4))] {
            assert_eq!(raised(Rated { stands, ..RISK }, &grid), Ok(None), "{stands:?}");
        }
        assert_eq!(raised(Rated { severity: None, ..RISK }, &grid), Ok(None));
    }

    #[test]
    fn the_reason_names_the_vulnerability() {
        let added_on = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        let listed = Raise::Kev { cve: "CVE-2026-1000".to_owned(), added_on };
        assert_eq!(listed.sentence(), "CVE-2026-1000 entered KEV on 2026-03-01.");
        assert_eq!((listed.tag_kind(), listed.tag_value().as_str()), ("kev", "CVE-2026-1000"));
        let likely = Raise::Epss { cve: "CVE-2026-1000".to_owned(), percentile: 0.97319 };
        assert!(likely.sentence().contains("above 97.3 %"));
        assert_eq!((likely.tag_kind(), likely.tag_value().as_str()), ("epss", "0.9732"));
    }
}
