//! What the rating of a risk can be read from: the scanners' severities and CVSS vectors, KEV, EPSS and the asset.

use std::collections::HashMap;

use abate_entity::{
    asset, epss_score, feed, finding, kev_entry, risk, risk_rating, risk_tag, source, source_scope,
};
use chrono::NaiveDate;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use super::clock::directive;
use crate::feed::ssvc::SsvcView;
use crate::feed::{Catalogue, known};
use crate::platform::problem::Problem;

/// Ratings of one risk that are read at most.
const MOST_RATINGS: u64 = 1000;
/// Findings of one risk that are looked at.
const MOST_FINDINGS: u64 = 200;

/// What scanners, feeds and people say of a risk today.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Inputs {
    /// How much depends on its asset.
    tier: Option<&'static str>,
    /// Whether strangers can reach the asset.
    internet_facing: bool,
    /// What each finding says, in its scanner's word.
    severities: Vec<SeverityInput>,
    /// The CVSS vectors that came with the findings, the one to go by first.
    cvss: Vec<CvssInput>,
    /// Its vulnerabilities that KEV lists.
    kev: Vec<KevInput>,
    /// What is answered to the questions of SSVC about its vulnerabilities.
    ssvc: Vec<SsvcView>,
    /// The fewest days that the directive BOD 26-04 would give one of its vulnerabilities, from these answers; none until
    /// the next upgrade.
    directive_days: Option<u32>,
    /// How likely EPSS says its vulnerabilities are to be exploited.
    epss: Vec<EpssInput>,
}

/// The severity of a finding.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct SeverityInput {
    finding: i64,
    source: String,
    /// None where the tool gives none.
    severity: Option<&'static str>,
}

/// A CVSS vector and who gives it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
struct CvssInput {
    source: String,
    /// As 3.1 or 4.0.
    version: &'static str,
    vector: String,
    score: Option<f64>,
}

/// An entry of KEV.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct KevInput {
    cve: String,
    added_on: NaiveDate,
    /// The catalogue's version.
    feed_version: String,
}

/// A score of EPSS.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct EpssInput {
    cve: String,
    score: f64,
    percentile: f64,
    /// The model's version.
    feed_version: String,
}

/// Every rating that a risk was given, oldest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn ratings(db: &impl ConnectionTrait, risk_id: i64) -> Result<Vec<risk_rating::Model>, Problem> {
    Ok(risk_rating::Entity::find()
        .filter(risk_rating::Column::RiskId.eq(risk_id))
        .order_by_asc(risk_rating::Column::Id)
        .limit(MOST_RATINGS)
        .all(db)
        .await?)
}

impl Inputs {
    /// Reads them.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn of(db: &impl ConnectionTrait, risk: &risk::Model) -> Result<Self, Problem> {
        let asset = asset::Entity::find_by_id(risk.asset_id).one(db).await?;
        let findings = finding::Entity::find()
            .filter(finding::Column::RiskId.eq(risk.id))
            .order_by_desc(finding::Column::Id)
            .limit(MOST_FINDINGS)
            .all(db)
            .await?;
        let sources = sources(db, &findings).await?;
        let cves: Vec<String> = risk_tag::Entity::find()
            .filter(risk_tag::Column::RiskId.eq(risk.id))
            .filter(risk_tag::Column::Kind.eq("cve"))
            .all(db)
            .await?
            .into_iter()
            .map(|tag| tag.value)
            .collect();
        let versions: HashMap<String, String> =
            feed::Entity::find().all(db).await?.into_iter().map(|feed| (feed.name, feed.version)).collect();
        let version = |feed: Catalogue| versions.get(feed.as_str()).cloned().unwrap_or_default();
        let listed = kev_entry::Entity::find().filter(kev_entry::Column::Cve.is_in(cves.clone()));
        let assessed = known::assessed(db, cves.clone()).await?;
        let scored = epss_score::Entity::find().filter(epss_score::Column::Cve.is_in(cves.clone()));
        let listed = listed.order_by_asc(kev_entry::Column::Cve).all(db).await?;
        let exposed = asset.as_ref().is_some_and(|asset| asset.internet_facing);
        let added = |cve: &str| listed.iter().find(|entry| entry.cve == cve).map(|entry| entry.added_on);
        let answers = |cve: &str| assessed.iter().find(|row| row.cve == cve).map(known::answers);
        // Each vulnerability for itself, as the due date is judged.
        let judged = cves
            .iter()
            .map(|cve| directive::judge(cve, added(cve), exposed, answers(cve).unwrap_or_default()));
        let directive_days = judged.filter_map(|judgement| judgement.days).min();
        Ok(Self {
            directive_days,
            ssvc: assessed.into_iter().map(SsvcView::from).collect(),
            tier: asset.as_ref().map(|asset| asset.tier.as_str()),
            internet_facing: exposed,
            cvss: in_order(findings.iter().flat_map(cvss).collect()),
            severities: findings
                .iter()
                .map(|found| SeverityInput {
                    finding: found.id,
                    source: sources.get(&found.scope_id).cloned().unwrap_or_default(),
                    severity: (!found.unknown_severity).then(|| found.severity.as_str()),
                })
                .collect(),
            kev: listed
                .into_iter()
                .map(|entry| KevInput {
                    cve: entry.cve,
                    added_on: entry.added_on,
                    feed_version: version(Catalogue::Kev),
                })
                .collect(),
            epss: scored
                .order_by_asc(epss_score::Column::Cve)
                .all(db)
                .await?
                .into_iter()
                .map(|score| EpssInput {
                    cve: score.cve,
                    score: score.score,
                    percentile: score.percentile,
                    feed_version: version(Catalogue::Epss),
                })
                .collect(),
        })
    }
}

/// What the sources of findings are called, by the findings' scopes.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn sources(
    db: &impl ConnectionTrait,
    findings: &[finding::Model],
) -> Result<HashMap<i64, String>, Problem> {
    if findings.is_empty() {
        return Ok(HashMap::new());
    }
    let scopes = source_scope::Entity::find()
        .filter(source_scope::Column::Id.is_in(findings.iter().map(|finding| finding.scope_id)))
        .all(db)
        .await?;
    let sources = source::Entity::find()
        .filter(source::Column::Id.is_in(scopes.iter().map(|scope| scope.source_id)))
        .all(db)
        .await?;
    let name = |id: i64| sources.iter().find(|source| source.id == id).map(|source| source.name.as_str());
    Ok(scopes
        .iter()
        .map(|scope| (scope.id, format!("{}, {}", name(scope.source_id).unwrap_or_default(), scope.key)))
        .collect())
}

/// The vectors of a finding, as its import kept them.
fn cvss(found: &finding::Model) -> Vec<CvssInput> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Kept {
        source: String,
        vector: String,
        score: Option<f64>,
    }
    let kept = found.data.get("cvss").cloned().unwrap_or_default();
    let kept: Vec<Kept> = serde_json::from_value(kept).unwrap_or_default();
    let input = |kept: Kept| CvssInput {
        version: version(&kept.vector),
        source: kept.source,
        vector: kept.vector,
        score: kept.score,
    };
    kept.into_iter().map(input).collect()
}

/// The version that a vector is written in; the oldest one has no prefix.
fn version(vector: &str) -> &'static str {
    let known = [("CVSS:4.0/", "4.0"), ("CVSS:3.1/", "3.1"), ("CVSS:3.0/", "3.0")];
    known.into_iter().find(|(prefix, _)| vector.starts_with(prefix)).map_or("2.0", |(_, version)| version)
}

/// Each vector of a source once: the newest version of CVSS first, and the higher score first within one.
fn in_order(mut inputs: Vec<CvssInput>) -> Vec<CvssInput> {
    inputs.sort_by(|one, other| {
        let score = |input: &CvssInput| input.score.unwrap_or_default();
        other
            .version
            .cmp(one.version)
            .then(score(other).total_cmp(&score(one)))
            .then_with(|| (&one.source, &one.vector).cmp(&(&other.source, &other.vector)))
    });
    inputs.dedup();
    inputs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_of_cvss_comes_first_and_each_vector_once() {
        let input = |source: &str, vector: &str, score: f64| CvssInput {
            source: source.to_owned(),
            version: version(vector),
            vector: vector.to_owned(),
            score: Some(score),
        };
        let old = input("nvd", "AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5);
        let nvd = input("nvd", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8);
        let vendor = input("redhat", "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H", 8.1);
        let new = input("ghsa", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3);
        let given = vec![old.clone(), vendor.clone(), nvd.clone(), nvd.clone(), new.clone()];
        assert_eq!(in_order(given), [new, nvd, vendor, old]);
    }
}
