//! What the feeds say about the vulnerabilities of a report, read once for all of its findings.

use std::collections::{BTreeSet, HashMap};

use abate_entity::{epss_score, kev_entry, ssvc_assessment};
use abate_integrations::feed::cve_id;
use chrono::NaiveDate;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

pub use super::raise_rules::Raise;
use crate::platform::problem::Problem;
use crate::risk::clock::directive::Answers;
use crate::risk::rating::LIKELY_PERCENTILE;

/// The vulnerabilities that are exploited, and those that are likely to be.
#[derive(Clone, Debug, Default)]
pub struct Attacked {
    listed: HashMap<String, NaiveDate>,
    likely: HashMap<String, f64>,
}

/// An assessment as the directive asks for it.
#[must_use]
pub fn answers(row: &ssvc_assessment::Model) -> Answers {
    Answers { automatable: Some(row.automatable), total_impact: Some(row.total_impact) }
}

/// What is answered about these vulnerabilities.
///
/// # Errors
/// When the database cannot be asked.
pub async fn assessed(
    db: &impl ConnectionTrait,
    cves: Vec<String>,
) -> Result<Vec<ssvc_assessment::Model>, Problem> {
    Ok(ssvc_assessment::Entity::find()
        .filter(ssvc_assessment::Column::Cve.is_in(cves))
        .order_by_asc(ssvc_assessment::Column::Cve)
        .all(db)
        .await?)
}

impl Attacked {
    /// Reads them.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn load(db: &impl ConnectionTrait) -> Result<Self, Problem> {
        let listed = kev_entry::Entity::find()
            .select_only()
            .columns([kev_entry::Column::Cve, kev_entry::Column::AddedOn])
            .into_tuple()
            .all(db)
            .await?;
        let likely = epss_score::Entity::find()
            .select_only()
            .columns([epss_score::Column::Cve, epss_score::Column::Percentile])
            .filter(epss_score::Column::Percentile.gte(LIKELY_PERCENTILE))
            .into_tuple()
            .all(db)
            .await?;
        Ok(Self { listed: listed.into_iter().collect(), likely: likely.into_iter().collect() })
    }

    /// Reads what the feeds say about these vulnerabilities.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub(crate) async fn about(db: &impl ConnectionTrait, cves: Vec<String>) -> Result<Self, Problem> {
        let listed = kev_entry::Entity::find()
            .filter(kev_entry::Column::Cve.is_in(cves.iter().map(String::as_str)))
            .all(db)
            .await?;
        let likely = epss_score::Entity::find()
            .filter(epss_score::Column::Cve.is_in(cves))
            .filter(epss_score::Column::Percentile.gte(LIKELY_PERCENTILE))
            .all(db)
            .await?;
        Ok(Self {
            listed: listed.into_iter().map(|entry| (entry.cve, entry.added_on)).collect(),
            likely: likely.into_iter().map(|score| (score.cve, score.percentile)).collect(),
        })
    }

    /// What raises a finding that names these vulnerabilities. How likely an attack is counts where strangers can reach
    /// the asset.
    pub fn raises<'a>(&self, ids: impl IntoIterator<Item = &'a str>, internet_facing: bool) -> Vec<Raise> {
        if self.listed.is_empty() && self.likely.is_empty() {
            return Vec::new();
        }
        let ids: Vec<String> = ids.into_iter().filter_map(cve_id).collect();
        let listed: BTreeSet<(NaiveDate, &String)> =
            ids.iter().filter_map(|id| Some((*self.listed.get(id)?, id))).collect();
        let likely = ids
            .iter()
            .filter(|_| internet_facing)
            .filter_map(|id| Some((*self.likely.get(id)?, id)))
            .max_by(|(one, _), (other, _)| one.total_cmp(other));
        let listed = listed.into_iter().map(|(added_on, cve)| Raise::Kev { cve: cve.clone(), added_on });
        let likely = likely.map(|(percentile, cve)| Raise::Epss { cve: cve.clone(), percentile });
        listed.chain(likely).collect()
    }
}
