//! Judges the vulnerabilities of risks by the directive, where a policy that holds for a risk asks for that. It looks at
//! what is, so it may run twice, or late; what it has said already it does not say again.

use std::collections::{BTreeMap, HashMap};

use abate_entity::lifecycle::{State, Via};
use abate_entity::{kev_entry, risk, risk_tag};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::affected;
use super::clock::directive::{self, Answers};
use super::clock::{Clock, Happening, Judgement};
use super::record::{self, Change, NewEvent, Occasion};
use crate::feed::known;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::policy::ruling::{self, Placed, Ruling};
use crate::state::AppState;

/// Risks that are read and written in one transaction.
const BATCH: u64 = 500;
/// States in which remediation has begun.
const BEGUN: [State; 5] =
    [State::Open, State::InProgress, State::Blocked, State::Verification, State::Accepted];

/// What the directive says about the vulnerabilities of risks, by the number of the risk; nothing about those for which
/// no policy asks.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_risks(
    db: &impl ConnectionTrait,
    policies: &Policies,
    risks: &[risk::Model],
) -> Result<HashMap<i64, Vec<Judgement>>, Problem> {
    if !policies.may_judge() {
        return Ok(HashMap::new());
    }
    let placed: Vec<Placed> = risks.iter().map(Placed::from).collect();
    let rulings = ruling::of_risks(db, policies, &placed).await?;
    under(db, policies, risks, &rulings).await
}

/// The same, where it is known what rules the risks.
///
/// # Errors
/// When the database cannot be asked.
pub async fn under(
    db: &impl ConnectionTrait,
    policies: &Policies,
    risks: &[risk::Model],
    rulings: &HashMap<i64, Ruling>,
) -> Result<HashMap<i64, Vec<Judgement>>, Problem> {
    let asks = |name: &String| policies.versions.policies.get(name).is_some_and(|policy| policy.directive);
    let ruled =
        |risk: &&risk::Model| rulings.get(&risk.id).is_some_and(|ruling| ruling.policies.iter().any(asks));
    let risks: Vec<(i64, i64)> = risks.iter().filter(ruled).map(|risk| (risk.id, risk.asset_id)).collect();
    if risks.is_empty() {
        return Ok(HashMap::new());
    }
    let tags = risk_tag::Entity::find()
        .filter(risk_tag::Column::RiskId.is_in(risks.iter().map(|(id, _)| *id)))
        .filter(risk_tag::Column::Kind.eq("cve"))
        .order_by_asc(risk_tag::Column::Value)
        .all(db)
        .await?;
    let affected = affected::of_risks(db, &risks).await?;
    let listed: HashMap<String, NaiveDate> = kev_entry::Entity::find()
        .select_only()
        .columns([kev_entry::Column::Cve, kev_entry::Column::AddedOn])
        .filter(kev_entry::Column::Cve.is_in(tags.iter().map(|tag| tag.value.as_str())))
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let cves = tags.iter().map(|tag| tag.value.clone()).collect();
    let assessed: HashMap<String, Answers> = known::assessed(db, cves)
        .await?
        .into_iter()
        .map(|row| {
            let answers = known::answers(&row);
            (row.cve, answers)
        })
        .collect();
    let mut judged: HashMap<i64, Vec<Judgement>> = HashMap::new();
    for tag in tags {
        let exposed = affected.get(&tag.risk_id).is_some_and(|affected| affected.internet_facing);
        let judgement = directive::judge(
            &tag.value,
            listed.get(&tag.value).copied(),
            exposed,
            assessed.get(&tag.value).copied().unwrap_or_default(),
        );
        judged.entry(tag.risk_id).or_default().push(judgement);
    }
    Ok(judged)
}

/// What the directive says otherwise than a risk's clock knows: while a risk is closed nobody judges it.
///
/// # Errors
/// When the database cannot be asked.
pub async fn since_closed(
    db: &impl ConnectionTrait,
    policies: &Policies,
    risk: &risk::Model,
) -> Result<Vec<Judgement>, Problem> {
    let said = of_risks(db, policies, std::slice::from_ref(risk)).await?.remove(&risk.id).unwrap_or_default();
    if said.is_empty() {
        return Ok(said);
    }
    let events = record::clock_events(db, risk.id).await?;
    let clock = Clock::replay(&events, &policies.versions).map_err(Problem::internal)?;
    Ok(unknown(&clock, said))
}

/// Writes what the directive says anew about these risks; answers how many that were.
///
/// # Errors
/// When the database refuses.
pub async fn settle(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risks: Vec<risk::Model>,
) -> Result<u64, Problem> {
    let mut judged = of_risks(tx, occasion.policies, &risks).await?;
    if judged.is_empty() {
        return Ok(0);
    }
    let ids: Vec<i64> = judged.keys().copied().collect();
    let mut events = record::clock_events_of_all(tx, &ids).await?;
    let mut changes = Vec::new();
    for risk in risks {
        let Some(judgements) = judged.remove(&risk.id) else { continue };
        let events = events.remove(&risk.id).unwrap_or_default();
        let clock = Clock::replay(&events, &occasion.policies.versions).map_err(Problem::internal)?;
        let new = news(&risk, &clock, judgements);
        if new.is_empty() {
            continue;
        }
        changes.push(change(occasion, risk, new)?);
    }
    let judged = record::record(tx, &occasion.by_system(occasion.via), changes).await?;
    Ok(judged.len() as u64)
}

/// What of this a risk's clock does not know yet; nothing while remediation has not begun.
#[must_use]
pub fn news(risk: &risk::Model, clock: &Clock, judgements: Vec<Judgement>) -> Vec<Judgement> {
    if BEGUN.contains(&risk.state) { unknown(clock, judgements) } else { Vec::new() }
}

fn unknown(clock: &Clock, mut judgements: Vec<Judgement>) -> Vec<Judgement> {
    judgements.retain(|judgement| clock.judged(&judgement.cve) != Some(judgement));
    judgements
}

fn change(occasion: &Occasion<'_>, risk: risk::Model, new: Vec<Judgement>) -> Result<Change, Problem> {
    let mut change = Change::of(risk, NewEvent::plain("judged", occasion.now))?;
    change.event.reason = new
        .iter()
        .map(|judgement| format!("{}: {}.", judgement.cve, judgement.row))
        .collect::<Vec<_>>()
        .join(" ");
    let rows: BTreeMap<&str, &str> =
        new.iter().map(|judgement| (judgement.cve.as_str(), judgement.row.as_str())).collect();
    let rows = serde_json::to_value(rows).map_err(Problem::internal)?;
    change.event.data.insert("directive".to_owned(), rows);
    change.event.clock =
        new.into_iter().map(|judgement| (occasion.now, Happening::Judged(judgement))).collect();
    Ok(change)
}

/// Judges every risk of an asset whose remediation has begun; answers how many it said something new about.
///
/// # Errors
/// When the database refuses.
pub async fn of_asset(state: &AppState, via: Via, asset_id: i64) -> Result<u64, Problem> {
    let mut judged = 0;
    let mut after = 0;
    loop {
        let now = state.clock.now();
        let looked = state.database.write(async |tx| page(tx, via, Some(asset_id), after, now).await).await?;
        let Some((last, count)) = looked else { return Ok(judged) };
        after = last;
        judged += count;
        state.database.make_way().await;
    }
}

/// Judges the next risks whose remediation has begun, everywhere or on one asset; answers the last of them and how many
/// it said something new about, none when there are no more.
///
/// # Errors
/// When the database refuses.
pub async fn page(
    tx: &DatabaseTransaction,
    via: Via,
    asset_id: Option<i64>,
    after: i64,
    now: DateTime<Utc>,
) -> Result<Option<(i64, u64)>, Problem> {
    let named = Query::select()
        .column(risk_tag::Column::RiskId)
        .from(risk_tag::Entity)
        .and_where(risk_tag::Column::Kind.eq("cve"))
        .to_owned();
    let mut query = risk::Entity::find()
        .filter(risk::Column::Id.in_subquery(named))
        .filter(risk::Column::State.is_in(BEGUN))
        .filter(risk::Column::Id.gt(after))
        .order_by_asc(risk::Column::Id)
        .limit(BATCH);
    if let Some(asset_id) = asset_id {
        query = query.filter(affected::on(asset_id));
    }
    let risks = query.all(tx).await?;
    let Some(last) = risks.last().map(|risk| risk.id) else { return Ok(None) };
    let policies = Policies::load(tx).await?;
    let occasion = Occasion::system(via, now, &policies);
    Ok(Some((last, settle(tx, &occasion, risks).await?)))
}
