//! Makes the risks agree with what the feeds say: they are rated again, what KEV lists on an asset that faces the
//! internet is confirmed where somebody answers for it, and the directive judges what it rules.
//!
//! Every part looks at what is, so it may run twice, or late.

use abate_entity::lifecycle::{Event, Given, Party, Proof, Requester, State, Via};
use abate_entity::{kev_entry, risk};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, Statement,
};

use super::{Catalogue, raise};
use crate::owner::directory;
use crate::platform::database::placeholders;
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::affected::{EXPOSED, ON_ASSET};
use crate::risk::judgement;
use crate::risk::record::{self, Occasion};
use crate::risk::step::{self, Asked};
use crate::state::AppState;

/// The name of the job.
const KIND: &str = "feed.settle";
/// Looks at the risks after an import, or after other answers about vulnerabilities.
pub const JOB: Job<AppState> = Job { kind: KIND, lease: Duration::seconds(120), run };
/// Risks that are read and written in one transaction.
const BATCH: i64 = 200;

/// What is wanted after an import: what KEV says about the risks that are there.
const LISTED: &str = "listed";
/// What is wanted after other answers about vulnerabilities: what the directive says. It is followed by a colon and the
/// number of the risk after which to go on.
const JUDGED: &str = "judged";

/// Wants the risks judged again by the directive.
///
/// # Errors
/// When the database refuses.
pub(super) async fn want_judged(tx: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<(), Problem> {
    want_judged_after(tx, 0, now).await
}

async fn want_judged_after(tx: &impl ConnectionTrait, last: i64, now: DateTime<Utc>) -> Result<(), Problem> {
    Ok(queue::enqueue(tx, KIND, &format!("{JUDGED}:{last}"), now, now).await?)
}

/// Wants the risks looked at after an import; nothing where no catalogue is kept.
///
/// # Errors
/// When the database refuses.
pub async fn want(tx: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<(), Problem> {
    if kev_entry::Entity::find().one(tx).await?.is_none() {
        return Ok(());
    }
    Ok(queue::enqueue(tx, KIND, LISTED, now, now).await?)
}

fn run<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(async move {
        let after = subject.strip_prefix(JUDGED).and_then(|rest| rest.strip_prefix(':'));
        if let Some(after) = after.and_then(|after| after.parse().ok()) {
            return judge(state, after).await;
        }
        raise::run(state, Via::Timer, &[Catalogue::Kev], None).await?;
        confirm(state, Via::Timer, None).await
    })
}

/// Judges a page of risks, and queues the next one with it, so that it goes on where it was after a crash.
async fn judge(state: &AppState, after: i64) -> Result<(), Problem> {
    let now = state.clock.now();
    let judged = state.database.write(async |tx| {
        let Some((last, _)) = judgement::page(tx, Via::Timer, None, after, now).await? else { return Ok(()) };
        want_judged_after(tx, last, now).await
    });
    judged.await?;
    state.database.make_way().await;
    Ok(())
}

/// Settles all risks, but for what the directive says, which a job looks at; answers how many were rated again.
pub(super) async fn all(state: &AppState, via: Via) -> Result<u64, Problem> {
    let raised = raise::run(state, via, Catalogue::ALL, None).await?;
    confirm(state, via, None).await?;
    let now = state.clock.now();
    state.database.write(async |tx| want_judged(tx, now).await).await?;
    Ok(raised)
}

/// Settles the risks of one asset, which may face the internet now.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn asset(state: &AppState, asset_id: i64) -> Result<(), Problem> {
    raise::run(state, Via::Timer, Catalogue::ALL, Some(asset_id)).await?;
    confirm(state, Via::Timer, Some(asset_id)).await?;
    judgement::of_asset(state, Via::Timer, asset_id).await?;
    Ok(())
}

/// Confirms new risks that KEV lists on assets that face the internet, where somebody answers for them.
async fn confirm(state: &AppState, via: Via, asset_id: Option<i64>) -> Result<(), Problem> {
    let mut after = 0;
    loop {
        let ids = candidates(state.database.reader(), asset_id, after).await?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = *last;
        let now = state.clock.now();
        let confirmed = state.database.write(async |tx| {
            let policies = Policies::load(tx).await?;
            confirm_some(tx, &Occasion::system(via, now, &policies), &ids).await
        });
        confirmed.await?;
        state.database.make_way().await;
    }
}

async fn candidates(
    db: &impl ConnectionTrait,
    asset_id: Option<i64>,
    after: i64,
) -> Result<Vec<i64>, Problem> {
    let backend = db.get_database_backend();
    let here = if asset_id.is_some() { ON_ASSET } else { "1 = 1" };
    let sql = placeholders(
        backend,
        &format!(
            "SELECT DISTINCT r.id FROM kev_entry e JOIN risk_tag t ON t.kind = 'cve' AND t.value = e.cve \
             JOIN risk r ON r.id = t.risk_id \
             WHERE r.state = 'new' AND {EXPOSED} AND {here} AND r.id > ? ORDER BY r.id LIMIT ?"
        ),
    );
    let place = asset_id.into_iter().flat_map(|id| [id.into(), id.into()]);
    let values = place.chain([after.into(), BATCH.into()]);
    let rows = db.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, DbErr>>()?)
}

async fn confirm_some(tx: &DatabaseTransaction, occasion: &Occasion<'_>, ids: &[i64]) -> Result<(), Problem> {
    let risks = risk::Entity::find()
        .filter(risk::Column::Id.is_in(ids.iter().copied()))
        .filter(risk::Column::State.eq(State::New))
        .order_by_asc(risk::Column::Id)
        .all(tx)
        .await?;
    let requester = Requester::system(Party::Rule, occasion.via);
    let mut changes = Vec::new();
    for risk in risks {
        // Nobody is found for what has neither an owner nor a team with a lead: it stays new.
        let Some(owner) = directory::answers_for(tx, &risk).await? else { continue };
        let asked = Asked {
            event: Event::AutoConfirm,
            given: Given { owner: Some(owner), ..Given::default() },
            proofs: vec![Proof::KevOnInternetFacing],
            at: None,
        };
        match step::plan(tx, occasion, risk, &requester, asked).await {
            Ok(mut change) => {
                change.event.data.insert("rule".to_owned(), "kev_on_internet_facing".into());
                changes.push(change);
            }
            // What the lifecycle refuses waits for a person.
            Err(problem) if matches!(problem.kind(), Kind::Conflict | Kind::Forbidden | Kind::Invalid) => {}
            Err(problem) => return Err(problem),
        }
    }
    record::record(tx, occasion, changes).await?;
    Ok(())
}
