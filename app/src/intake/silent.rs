//! The timer that notices sources which have fallen silent: each silent scope is one risk on its asset, which a new
//! full scan claims to be fixed.

use abate_entity::lifecycle::{Event, Given, Party, Proof, Requester, Resolution, State, Via};
use abate_entity::{asset, import, risk, risk_identity, source, source_scope};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, FromQueryResult,
    QueryFilter, QueryOrder, QuerySelect,
};
use sha2::{Digest as _, Sha256};

use super::{consequence, silent_rules, status};
use crate::platform::job::Work;
use crate::platform::problem::{Kind, Problem};
use crate::platform::timer::Timer;
use crate::policy::Policies;
use crate::risk::create::{self, NewRisk};
use crate::risk::record::{self, Occasion};
use crate::risk::step::{self, Asked};
use crate::state::AppState;

/// Looks for silent sources.
pub const TIMER: Timer<AppState> = Timer { name: "intake.silent", every: Duration::minutes(30), run };

/// The scheme of the identities of these risks.
const SCHEME: &str = "silent/1";
/// Likelihood and impact: what is not scanned may hide anything, and the machine may see for itself when it is over.
const RATING: (u8, u8) = (3, 3);

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let scopes = scanned_scopes(state.database.reader()).await?;
        let sources = source::Entity::find().all(state.database.reader()).await?;
        let now = state.clock.now();
        for scope in scopes {
            let Some(source) = sources.iter().find(|source| source.id == scope.source_id) else { continue };
            let silent = silent_rules::is_silent(scope.full_scans, scope.last, source.silent_after_days, now);
            let standing = standing(state.database.reader(), &scope).await?;
            let to_do = match (&standing, silent) {
                (None, silent) => silent,
                (Some(risk), true) => risk.state == State::Closed,
                (Some(risk), false) => risk.state != State::Closed,
            };
            if to_do {
                state.database.write(async |tx| settle(state, tx, source, &scope, silent, now).await).await?;
            }
        }
        Ok(())
    })
}

/// A scope with what is known of its full scans.
#[derive(Clone, Debug, FromQueryResult)]
struct Scanned {
    id: i64,
    source_id: i64,
    asset_id: i64,
    key: String,
    full_scans: i64,
    last: DateTime<Utc>,
}

/// The scopes that full scans were applied to, on assets that are in service.
async fn scanned_scopes(db: &impl ConnectionTrait) -> Result<Vec<Scanned>, Problem> {
    let of_scope = source_scope::Entity::belongs_to(import::Entity)
        .from(source_scope::Column::Id)
        .to(import::Column::ScopeId)
        .into();
    let on_asset = source_scope::Entity::belongs_to(asset::Entity)
        .from(source_scope::Column::AssetId)
        .to(asset::Column::Id)
        .into();
    Ok(source_scope::Entity::find()
        .select_only()
        .columns([
            source_scope::Column::Id,
            source_scope::Column::SourceId,
            source_scope::Column::AssetId,
            source_scope::Column::Key,
        ])
        .column_as(import::Column::Id.count(), "full_scans")
        .column_as(import::Column::ScannedAt.max(), "last")
        .join(sea_orm::JoinType::InnerJoin, of_scope)
        .join(sea_orm::JoinType::InnerJoin, on_asset)
        .filter(import::Column::Status.eq(status::APPLIED))
        .filter(import::Column::Complete.eq(true))
        .filter(asset::Column::RetiredAt.is_null())
        .group_by(source_scope::Column::Id)
        .group_by(source_scope::Column::SourceId)
        .group_by(source_scope::Column::AssetId)
        .group_by(source_scope::Column::Key)
        .order_by_asc(source_scope::Column::Id)
        .into_model()
        .all(db)
        .await?)
}

/// What stands for a scope in the identities: its number never changes, whatever its source is called.
fn hash(scope: &Scanned) -> String {
    hex::encode(&Sha256::digest(format!("{SCHEME}/{}", scope.id))[..16])
}

/// The risk that says that a scope is silent, open or closed.
async fn standing(db: &impl ConnectionTrait, scope: &Scanned) -> Result<Option<risk::Model>, Problem> {
    let identity = risk_identity::Entity::find()
        .filter(risk_identity::Column::Scheme.eq(SCHEME))
        .filter(risk_identity::Column::Hash.eq(hash(scope)))
        .one(db)
        .await?;
    match identity {
        Some(identity) => Ok(risk::Entity::find_by_id(identity.risk_id).one(db).await?),
        None => Ok(None),
    }
}

async fn settle(
    state: &AppState,
    tx: &DatabaseTransaction,
    source: &source::Model,
    scope: &Scanned,
    silent: bool,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let policies = Policies::load(tx).await?;
    let occasion = Occasion::system(Via::Timer, now, &policies);
    match (standing(tx, scope).await?, silent) {
        (None, true) => raise(state, tx, &occasion, source, scope).await,
        (Some(risk), true) if risk.state == State::Closed => reopen(tx, &occasion, risk).await,
        (Some(risk), false) if risk.state != State::Closed => claim_over(tx, &occasion, scope, risk).await,
        _ => Ok(()),
    }
}

async fn raise(
    state: &AppState,
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    source: &source::Model,
    scope: &Scanned,
) -> Result<(), Problem> {
    let Some(asset) = asset::Entity::find_by_id(scope.asset_id).one(tx).await? else { return Ok(()) };
    let since = scope.last.with_timezone(&occasion.policies.zone).date_naive();
    let days = silent_rules::days(source.silent_after_days);
    let new = NewRisk {
        origin: "source_silent",
        title: format!("Source {} has been silent since {since}", source.name),
        description: format!(
            "No full scan of {} has come from {} since {since}, for more than {days} days. What has appeared there \
             meanwhile is not known; nothing was closed because of it.",
            scope.key, source.name
        ),
        mitigation: "Find out why the scan does not run or does not report, and mend it. If it is not meant to run any \
                     more, say so here and close this with a person's yes."
            .to_owned(),
        owner_id: asset.owner_id,
        inherent: Some(RATING),
        ..NewRisk::default()
    };
    let risk = create::create(tx, &state.ids, occasion, &asset, new).await?;
    let identity = risk_identity::ActiveModel {
        asset_id: Set(asset.id),
        scheme: Set(SCHEME.to_owned()),
        hash: Set(hash(scope)),
        risk_id: Set(risk.id),
        because: Set(format!("no full scan for {days} days")),
        made_by: Set(None),
        created_at: Set(occasion.now),
        ..Default::default()
    };
    risk_identity::Entity::insert(identity).exec_without_returning(tx).await?;
    Ok(())
}

/// Silent once more. What was dismissed by a person stays dismissed.
async fn reopen(tx: &DatabaseTransaction, occasion: &Occasion<'_>, risk: risk::Model) -> Result<(), Problem> {
    if !risk.resolution.is_some_and(Resolution::may_come_back) {
        return Ok(());
    }
    let given = Given { reason: Some("The source is silent again.".to_owned()), ..Given::default() };
    let asked =
        Asked { event: Event::Reopen, given, proofs: vec![Proof::Redetected { at: occasion.now }], at: None };
    let requester = Requester::system(Party::Scan, Via::Timer);
    match step::take(tx, occasion, risk, &requester, asked).await {
        Ok(_) => Ok(()),
        Err(problem) if matches!(problem.kind(), Kind::Conflict | Kind::Forbidden | Kind::Invalid) => Ok(()),
        Err(problem) => Err(problem),
    }
}

/// The source reports again: its newest full scan is the proof that the silence is over.
async fn claim_over(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    scope: &Scanned,
    risk: risk::Model,
) -> Result<(), Problem> {
    let newest = import::Entity::find()
        .filter(import::Column::ScopeId.eq(scope.id))
        .filter(import::Column::Status.eq(status::APPLIED))
        .filter(import::Column::Complete.eq(true))
        .order_by_desc(import::Column::ScannedAt)
        .order_by_desc(import::Column::Id)
        .one(tx)
        .await?;
    let Some(newest) = newest else { return Ok(()) };
    if let Some(mut change) = consequence::is_gone(tx, occasion, &newest, risk).await? {
        change.event.data.insert("import".to_owned(), newest.id.into());
        record::record(tx, occasion, vec![change]).await?;
    }
    Ok(())
}
