//! Rates the risks again that the feeds have made likelier: those that are not closed, once for each vulnerability that
//! KEV lists, and once for EPSS. It looks at what is, so it may run twice, or late.

use std::collections::{BTreeMap, HashMap};

use abate_entity::level::Level;
use abate_entity::lifecycle::{State, Via};
use abate_entity::{finding, risk, risk_tag};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement,
};
use serde_json::{Map, json};

use super::Catalogue;
use super::known::Attacked;
use super::raise_rules::{self, Raise, Rated};
use crate::platform::database::placeholders;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::affected::{self, Affected, EXPOSED, ON_ASSET};
use crate::risk::clock::Happening;
use crate::risk::rate::{self, Why};
use crate::risk::rated::{self, Source};
use crate::risk::record::{self, Change, NewEvent, Occasion};
use crate::risk::{judgement, tag, worse};
use crate::state::AppState;

/// Risks that are read and written in one transaction.
const BATCH: i64 = 500;

/// Raises what there is to raise, everywhere or on one asset; answers how many risks that were.
pub(super) async fn run(
    state: &AppState,
    via: Via,
    catalogues: &[Catalogue],
    asset_id: Option<i64>,
) -> Result<u64, Problem> {
    let mut raised = 0;
    for catalogue in catalogues.iter().copied() {
        let mut after = 0;
        loop {
            let ids = candidates(state.database.reader(), catalogue, asset_id, after).await?;
            let Some(last) = ids.last() else { break };
            after = *last;
            let now = state.clock.now();
            raised += state
                .database
                .write(async |tx| {
                    let policies = Policies::load(tx).await?;
                    let occasion = Occasion::system(via, now, &policies);
                    raise(tx, &occasion, &ids).await
                })
                .await?;
        }
    }
    Ok(raised)
}

/// Risks with a vulnerability that KEV lists and that no tag says yet, or with the first that EPSS ranks high.
async fn candidates(
    db: &impl ConnectionTrait,
    catalogue: Catalogue,
    asset_id: Option<i64>,
    after: i64,
) -> Result<Vec<i64>, Problem> {
    let backend = db.get_database_backend();
    let found = match catalogue {
        Catalogue::Kev => "kev_entry e JOIN risk_tag t ON t.kind = 'cve' AND t.value = e.cve \
             JOIN risk r ON r.id = t.risk_id WHERE 1 = 1"
            .to_owned(),
        Catalogue::Epss => format!(
            "epss_score e JOIN risk_tag t ON t.kind = 'cve' AND t.value = e.cve \
             JOIN risk r ON r.id = t.risk_id WHERE e.percentile >= 0.95 AND {EXPOSED}"
        ),
    };
    let known = match catalogue {
        Catalogue::Kev => " AND s.value = e.cve",
        Catalogue::Epss => "",
    };
    let here = if asset_id.is_some() { ON_ASSET } else { "1 = 1" };
    let sql = placeholders(
        backend,
        &format!(
            "SELECT DISTINCT r.id FROM {found} AND {here} AND r.state <> 'closed' AND r.id > ? AND NOT EXISTS \
             (SELECT 1 FROM risk_tag s WHERE s.risk_id = r.id AND s.kind = ?{known}) ORDER BY r.id LIMIT ?"
        ),
    );
    let rest = [after.into(), catalogue.as_str().into(), BATCH.into()];
    let values = asset_id.into_iter().flat_map(|id| [id.into(), id.into()]).chain(rest);
    let rows = db.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, DbErr>>()?)
}

async fn raise(tx: &DatabaseTransaction, occasion: &Occasion<'_>, ids: &[i64]) -> Result<u64, Problem> {
    let risks = risk::Entity::find()
        .filter(risk::Column::Id.is_in(ids.iter().copied()))
        .filter(risk::Column::State.ne(State::Closed))
        .order_by_asc(risk::Column::Id)
        .all(tx)
        .await?;
    let about = About::read(tx, &risks).await?;
    let mut changes = Vec::new();
    let mut tags = Vec::new();
    let mut was = Vec::new();
    for risk in risks {
        let raises = about.raises(&risk);
        let Some(affected) = about.affected.get(&risk.id) else { continue };
        if raises.is_empty() {
            continue;
        }
        tags.extend(raises.iter().map(|raise| (risk.id, raise.tag_kind(), raise.tag_value())));
        let kev = raises.iter().any(|raise| matches!(raise, Raise::Kev { .. }));
        was.push((risk.level, kev));
        changes.push(change(occasion, risk, &raises, affected, &about)?);
    }
    if changes.is_empty() {
        return Ok(0);
    }
    tag::add(tx, tags).await?;
    let risks = record::record(tx, occasion, changes).await?;
    let mut raised = Vec::with_capacity(risks.len());
    for (risk, (level, kev)) in risks.into_iter().zip(was) {
        raised.push(worse::end_acceptance(tx, occasion, risk, level, kev).await?);
    }
    let count = raised.len() as u64;
    judgement::settle(tx, occasion, raised).await?;
    Ok(count)
}

fn change(
    occasion: &Occasion<'_>,
    risk: risk::Model,
    raises: &[Raise],
    affected: &Affected,
    about: &About,
) -> Result<Change, Problem> {
    let score = |number: Option<i16>| number.and_then(|number| u8::try_from(number).ok());
    let rated = Rated {
        severity: about.severities.get(&risk.id).copied(),
        tier: affected.tier(),
        raised_before: about.is_raised(risk.id),
        stands: score(risk.inherent_likelihood).zip(score(risk.inherent_impact)),
    };
    let rating = raise_rules::raised(rated, occasion.policies.grid()).map_err(Problem::internal)?;
    let mut change = Change::of(risk, NewEvent::plain("raised", occasion.now))?;
    change.event.reason = raises.iter().map(Raise::sentence).collect::<Vec<_>>().join(" ");
    for catalogue in Catalogue::ALL.iter().map(|catalogue| catalogue.as_str()) {
        let words: Vec<String> =
            raises.iter().filter(|raise| raise.tag_kind() == catalogue).map(Raise::tag_value).collect();
        if !words.is_empty() {
            change.event.data.insert(catalogue.to_owned(), words.into());
        }
    }
    if let Some(rating) = rating {
        let before = change.before.level;
        let (likelihood, impact) = (rating.likelihood, rating.impact);
        let inputs = raises.iter().map(Raise::input).collect::<Map<_, _>>();
        let why = Why { source: Source::Feed, because: rating.because, inputs: inputs.into() };
        let level =
            rate::set(&mut change, occasion.policies, rated::Rated::inherent((likelihood, impact)), &why)?;
        change.event.data.insert(
            "rating".to_owned(),
            json!({"likelihood": likelihood, "impact": impact, "from": before, "to": level}),
        );
        if level != before {
            change.event.clock = vec![(occasion.now, Happening::LevelChanged { to: level })];
        }
    }
    Ok(change)
}

/// What is known about some risks.
struct About {
    tags: BTreeMap<i64, Vec<(String, String)>>,
    affected: HashMap<i64, Affected>,
    severities: BTreeMap<i64, Level>,
    attacked: Attacked,
}

impl About {
    async fn read(db: &impl ConnectionTrait, risks: &[risk::Model]) -> Result<Self, Problem> {
        let ids: Vec<i64> = risks.iter().map(|risk| risk.id).collect();
        let mut tags: BTreeMap<i64, Vec<(String, String)>> = BTreeMap::new();
        let rows = risk_tag::Entity::find()
            .filter(risk_tag::Column::RiskId.is_in(ids.iter().copied()))
            .filter(risk_tag::Column::Kind.is_in(["cve", "kev", "epss"]))
            .all(db)
            .await?;
        for row in rows {
            tags.entry(row.risk_id).or_default().push((row.kind, row.value));
        }
        let places: Vec<(i64, i64)> = risks.iter().map(|risk| (risk.id, risk.asset_id)).collect();
        let affected = affected::of_risks(db, &places).await?;
        let severities: Vec<(Option<i64>, Level)> = finding::Entity::find()
            .select_only()
            .column(finding::Column::RiskId)
            .column_as(finding::Column::Severity.max(), "severity")
            .filter(finding::Column::RiskId.is_in(ids.iter().copied().map(Some)))
            .filter(finding::Column::LostImportId.is_null())
            .group_by(finding::Column::RiskId)
            .into_tuple()
            .all(db)
            .await?;
        let cves = tags.values().flatten().filter(|(kind, _)| kind == "cve").map(|(_, value)| value.clone());
        let attacked = Attacked::about(db, cves.collect()).await?;
        Ok(Self {
            tags,
            affected,
            severities: severities.into_iter().filter_map(|(id, severity)| Some((id?, severity))).collect(),
            attacked,
        })
    }

    fn words<'a>(&'a self, risk_id: i64, kind: &'a str) -> impl Iterator<Item = &'a str> {
        let tags = self.tags.get(&risk_id).into_iter().flatten();
        tags.filter(move |(known, _)| known == kind).map(|(_, value)| value.as_str())
    }

    fn is_raised(&self, risk_id: i64) -> bool {
        ["kev", "epss"].into_iter().any(|kind| self.words(risk_id, kind).next().is_some())
    }

    /// What raises the risk and has not done so before.
    fn raises(&self, risk: &risk::Model) -> Vec<Raise> {
        let facing = self.affected.get(&risk.id).is_some_and(|affected| affected.internet_facing);
        let mut raises = self.attacked.raises(self.words(risk.id, "cve"), facing);
        raises.retain(|raise| {
            let mut said = self.words(risk.id, raise.tag_kind());
            match raise {
                Raise::Kev { cve, .. } => said.all(|known| known != cve),
                Raise::Epss { .. } => said.next().is_none(),
            }
        });
        raises
    }
}
