//! Makes the risks of an asset agree with the register: those of a merged one move to where it went, all belong to the
//! asset's team and are rated by its tier, and those of a retired one wait for somebody to confirm that they went with it.
//!
//! The job looks at what is, so it may run twice, or late; each part is a transaction of its own.

use abate_entity::lifecycle::{
    DuplicateTarget, Event, Given, Party, Proof, Requester, Resolution, State, Via,
};
use abate_entity::{asset, finding, import, risk, risk_identity};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::json;

use super::rerate;
use crate::feed;
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::{Kind, Problem};
use crate::policy::{Policies, recompute};
use crate::risk::record::{self, Change, NewEvent, Occasion};
use crate::risk::step::{self, Asked};
use crate::state::AppState;

/// The name of the job.
const KIND: &str = "asset";
/// Settles an asset; the subject is `a-` and its number.
pub const JOB: Job<AppState> = Job { kind: KIND, lease: Duration::seconds(120), run };
/// Risks that are written at a time.
const BATCH: u64 = 200;

/// Wants the risks of an asset looked at.
///
/// # Errors
/// When the database refuses.
pub async fn want(tx: &impl ConnectionTrait, asset_id: i64, now: DateTime<Utc>) -> Result<(), Problem> {
    Ok(queue::enqueue(tx, KIND, &format!("a-{asset_id}"), now, now).await?)
}

fn run<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(async move {
        let Some(id) = subject.strip_prefix("a-").and_then(|id| id.parse().ok()) else {
            return Ok(());
        };
        let now = state.clock.now();
        let base = state.config.web.base_url.as_str().trim_end_matches('/');
        let mut after = 0;
        loop {
            let last = state.database.write(async |tx| part(tx, id, base, after, now).await).await?;
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
        // The tier is not all that counts: what is likely to be attacked counts where strangers can reach it.
        let asset = asset::Entity::find_by_id(id).one(state.database.reader()).await?;
        let Some(asset) = asset else { return Ok(()) };
        let stands = asset.merged_into_id.unwrap_or(asset.id);
        state.database.write(async |tx| recompute::want(tx, &recompute::of_asset(stands), now).await).await?;
        feed::settle::asset(state, stands).await
    })
}

/// Settles the next risks; answers the last of them, none when there are no more.
async fn part(
    tx: &DatabaseTransaction,
    asset_id: i64,
    base: &str,
    after: i64,
    now: DateTime<Utc>,
) -> Result<Option<i64>, Problem> {
    let Some(asset) = asset::Entity::find_by_id(asset_id).one(tx).await? else { return Ok(None) };
    let policies = Policies::load(tx).await?;
    let via = if asset.retired_by_id.is_some() { Via::Page } else { Via::Timer };
    let occasion = Occasion::of(asset.retired_by_id, via, now, &policies);
    let found = risk::Entity::find()
        .filter(risk::Column::AssetId.eq(asset.id))
        .filter(risk::Column::Id.gt(after))
        .filter(concerned(&asset))
        .order_by_asc(risk::Column::Id)
        .limit(BATCH)
        .all(tx)
        .await?;
    let Some(last) = found.last().map(|risk| risk.id) else { return Ok(None) };
    let target = match asset.merged_into_id {
        Some(into) => asset::Entity::find_by_id(into).one(tx).await?,
        None => None,
    };
    if let Some(target) = target {
        let occasion = occasion.by_system(Via::Timer);
        put_together(tx, &occasion, &asset, &target, &found).await?;
        // Read again: putting two together may have closed one.
        let ids: Vec<i64> = found.iter().map(|risk| risk.id).collect();
        let found = risk::Entity::find().filter(risk::Column::Id.is_in(ids)).order_by_asc(risk::Column::Id);
        let changes = found.all(tx).await?.into_iter().map(|risk| moved(&occasion, risk, &target));
        let here = record::record(tx, &occasion, changes.collect::<Result<_, _>>()?).await?;
        let open = here.into_iter().filter(|risk| risk.state != State::Closed).collect();
        rerate::rate(tx, &occasion, &target, open).await?;
    } else if asset.retired_at.is_some() {
        claim_gone(tx, &occasion, &asset, base, found).await?;
    } else {
        let occasion = occasion.by_system(Via::Timer);
        let (elsewhere, mut here): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|risk| risk.team_id != asset.team_id);
        let changes = elsewhere.into_iter().map(|risk| moved(&occasion, risk, &asset));
        here.extend(record::record(tx, &occasion, changes.collect::<Result<_, _>>()?).await?);
        rerate::rate(tx, &occasion, &asset, here).await?;
    }
    Ok(Some(last))
}

/// The risks of the asset that do not agree with it.
fn concerned(asset: &asset::Model) -> Condition {
    let all = Condition::all();
    if asset.merged_into_id.is_some() {
        all
    } else if asset.retired_at.is_some() {
        all.add(risk::Column::State.is_in([State::Open, State::InProgress, State::Blocked, State::Accepted]))
    } else {
        let impact = i16::from(asset.tier.impact());
        let rated_otherwise = Condition::all()
            .add(risk::Column::Origin.eq("scanner"))
            .add(risk::Column::InherentImpact.ne(impact));
        let differs = Condition::any().add(risk::Column::TeamId.ne(asset.team_id)).add(rated_otherwise);
        all.add(risk::Column::State.ne(State::Closed)).add(differs)
    }
}

/// The change that puts a risk on the asset, and into the hands of its team.
fn moved(occasion: &Occasion<'_>, risk: risk::Model, asset: &asset::Model) -> Result<Change, Problem> {
    let mut change = Change::of(risk, NewEvent::plain("moved", occasion.now))?;
    let before = &change.before;
    change.event.data.insert("asset".to_owned(), json!({"from": before.asset_id, "to": asset.id}));
    change.event.data.insert("team".to_owned(), json!({"from": before.team_id, "to": asset.team_id}));
    change.event.reason = format!("The register says so: it is {}.", asset.name);
    if before.owner_id.is_none() {
        change.set.owner_id = Set(asset.owner_id);
    }
    change.set.asset_id = Set(asset.id);
    change.set.team_id = Set(asset.team_id);
    Ok(change)
}

/// Where both assets have a risk of the same problem, that of the remaining one gets the other's findings.
async fn put_together(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    from: &asset::Model,
    into: &asset::Model,
    risks: &[risk::Model],
) -> Result<(), Problem> {
    for risk in risks {
        let known = risk_identity::Entity::find()
            .filter(risk_identity::Column::AssetId.eq(from.id))
            .filter(risk_identity::Column::RiskId.eq(risk.id))
            .all(tx)
            .await?;
        let mut other = None;
        for identity in known {
            let twin = risk_identity::Entity::find()
                .filter(risk_identity::Column::AssetId.eq(into.id))
                .filter(risk_identity::Column::Scheme.eq(&identity.scheme))
                .filter(risk_identity::Column::Hash.eq(&identity.hash))
                .one(tx)
                .await?;
            let Some(twin) = twin else { continue };
            finding::Entity::update_many()
                .col_expr(finding::Column::RiskId, Expr::value(twin.risk_id))
                .filter(finding::Column::RiskId.eq(risk.id))
                .filter(finding::Column::Scheme.eq(&identity.scheme))
                .filter(finding::Column::Hash.eq(&identity.hash))
                .exec(tx)
                .await?;
            risk_identity::Entity::delete_by_id(identity.id).exec(tx).await?;
            other = Some(twin.risk_id);
        }
        if let Some(other) = other {
            close_as_duplicate(tx, occasion, risk.clone(), other).await?;
        }
    }
    Ok(())
}

/// Closes what nobody has begun with; anything else waits for a person, who finds it without findings.
async fn close_as_duplicate(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    other: i64,
) -> Result<(), Problem> {
    let Some(other) = risk::Entity::find_by_id(other).one(tx).await? else { return Ok(()) };
    let given = Given {
        resolution: Some(Resolution::Duplicate),
        duplicate_of: Some(DuplicateTarget {
            id: other.id,
            state: other.state,
            is_itself: other.id == risk.id,
        }),
        reason: Some("Both assets are one, and both had this problem.".to_owned()),
        ..Given::default()
    };
    let requester = Requester::system(Party::Rule, Via::Timer);
    let asked = Asked { event: Event::AutoClose, given, proofs: vec![Proof::ExactDuplicate], at: None };
    take(tx, occasion, risk, &requester, asked).await
}

/// Claims that the risks went with the asset: for whoever retired it, else because no report sees it any more.
async fn claim_gone(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    asset: &asset::Model,
    base: &str,
    risks: Vec<risk::Model>,
) -> Result<(), Problem> {
    let last_scan = import::Entity::find()
        .filter(import::Column::AssetId.eq(asset.id))
        .order_by_desc(import::Column::Id)
        .one(tx)
        .await?;
    for risk in risks {
        let given = Given {
            reason: Some(format!("{} was taken out of service.", asset.name)),
            evidence: vec![format!("{base}/assets/{}", asset.key)],
            resolution: Some(Resolution::Avoided),
            ..Given::default()
        };
        let (requester, proofs) = match (asset.retired_by_id, &last_scan) {
            (Some(person), _) => (Requester::person(person, [Party::Owner], occasion.via), Vec::new()),
            (None, Some(scan)) => {
                (Requester::system(Party::Scan, occasion.via), vec![Proof::Absence { scan: scan.id }])
            }
            (None, None) => continue,
        };
        let asked = Asked { event: Event::ClaimFixed, given, proofs, at: None };
        take(tx, occasion, risk, &requester, asked).await?;
    }
    Ok(())
}

/// A refusal is an answer: the risk stays as it is.
async fn take(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    requester: &Requester,
    asked: Asked,
) -> Result<(), Problem> {
    match step::take(tx, occasion, risk, requester, asked).await {
        Err(problem) if matches!(problem.kind(), Kind::Conflict | Kind::Forbidden | Kind::Invalid) => Ok(()),
        taken => taken.map(|_| ()),
    }
}
