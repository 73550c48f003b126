//! Asks for packs, makes them in a job, and finds them again.

use abate_entity::{evidence_pack, job, stored_file};
use chrono::Duration;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::json;

use super::make::{self, Order};
use super::period_rules::Days;
use crate::access::actor::Actor;
use crate::access::actor::Via;
use crate::access::right::ExportEvidence;
use crate::access::scope::Scope;
use crate::audit_log;
use crate::file::read;
use crate::file::store::{self, NewFile};
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// The name of the job.
const KIND: &str = "evidence_pack";

/// Makes a pack; the subject is `p-` and its number.
pub const JOB: Job<AppState> = Job { kind: KIND, lease: Duration::minutes(20), run };

/// Largest pack that is kept, in bytes.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// It is being made.
pub const WANTED: &str = "wanted";
/// It can be had.
pub const MADE: &str = "made";
/// It could not be made.
pub const FAILED: &str = "failed";

/// Asks for a pack.
///
/// # Errors
/// 403 without the right in that team, or in all; 422 for days that are out of order.
pub async fn ask(state: &AppState, actor: &Actor, order: Order) -> Result<evidence_pack::Model, Problem> {
    actor.require_in::<ExportEvidence>(order.team.unwrap_or(0))?;
    let now = state.clock.now();
    let Days { from, to, as_of } = order.days;
    let midnight = |day: chrono::NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
    order
        .days
        .period(midnight, now + Duration::days(1))
        .map_err(|unusable| Problem::invalid(unusable.field, unusable.why))?;
    state
        .database
        .write(async |tx| {
            let row = evidence_pack::ActiveModel {
                from_on: Set(from),
                to_on: Set(to),
                as_of_on: Set(as_of),
                team_id: Set(order.team),
                with_files: Set(order.with_files),
                state: Set(WANTED.to_owned()),
                manifest: Set(json!({})),
                asked_by: Set(actor.id),
                created_at: Set(now),
                ..Default::default()
            };
            let pack = row.insert(tx).await?;
            let data = json!({
                "from": from, "to": to, "as_of": as_of, "team": order.team, "with_files": order.with_files,
            });
            audit_log::add(tx, actor, "evidence_pack.ask", &subject(&pack), data, now).await?;
            queue::enqueue(tx, KIND, &format!("p-{}", pack.id), now, now).await?;
            Ok(pack)
        })
        .await
}

/// What the log calls a pack.
#[must_use]
pub fn subject(pack: &evidence_pack::Model) -> String {
    format!("evidence-pack-{}", pack.id)
}

fn run<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(async move {
        let Some(id) = subject.strip_prefix("p-").and_then(|id| id.parse::<i64>().ok()) else {
            return Ok(());
        };
        let row = evidence_pack::Entity::find_by_id(id).one(state.database.reader()).await?;
        let Some(row) = row.filter(|row| row.state == WANTED) else { return Ok(()) };
        match make_one(state, &row).await {
            // What is asked for cannot be had, and never will.
            Err(problem) if problem.kind() == Kind::Invalid => {
                let detail =
                    problem.errors().first().map_or(problem.detail(), |error| &error.detail).to_owned();
                let set = evidence_pack::ActiveModel {
                    state: Set(FAILED.to_owned()),
                    problem: Set(detail),
                    ..Default::default()
                };
                state.database.write(async |tx| settle(tx, id, set.clone()).await).await
            }
            other => other,
        }
    })
}

async fn make_one(state: &AppState, row: &evidence_pack::Model) -> Result<(), Problem> {
    let days = Days { from: row.from_on, to: row.to_on, as_of: row.as_of_on };
    let order = Order { days, team: row.team_id, with_files: row.with_files };
    let pack = make::make(state, order).await?;
    if pack.size() > MOST_BYTES {
        let text = "The pack is too large to be kept here; make it with abate evidence, or without files.";
        return Err(Problem::invalid("to", text));
    }
    let name = file_name(&days);
    let new = NewFile { name: &name, media_type: "application/zip", created_by: Some(row.asked_by) };
    let kept = store::put(state, new, pack.file().map_err(Problem::internal)?).await?;
    let now = state.clock.now();
    let set = evidence_pack::ActiveModel {
        state: Set(MADE.to_owned()),
        file_id: Set(Some(kept.id)),
        sha256: Set(pack.sha256().to_owned()),
        size: Set(i64::try_from(pack.size()).unwrap_or(i64::MAX)),
        manifest: Set(pack.manifest.clone()),
        made_at: Set(Some(now)),
        ..Default::default()
    };
    state
        .database
        .write(async |tx| {
            settle(tx, row.id, set.clone()).await?;
            store::claim(tx, kept.id, &subject(row)).await?;
            let data = json!({
                "sha256": pack.sha256(), "period": pack.manifest["period"], "filters": pack.manifest["filters"],
                "totals": pack.manifest["totals"],
            });
            // The job makes it, for the person who asked.
            let (actor, via) = (Some(row.asked_by), Via::Timer);
            audit_log::add_as(tx, actor, via, "evidence_pack.make", &subject(row), data, now).await
        })
        .await
}

async fn settle(tx: &impl ConnectionTrait, id: i64, set: evidence_pack::ActiveModel) -> Result<(), Problem> {
    evidence_pack::Entity::update_many()
        .set(set)
        .filter(evidence_pack::Column::Id.eq(id))
        .filter(evidence_pack::Column::State.eq(WANTED))
        .exec(tx)
        .await?;
    Ok(())
}

/// What the file of a pack is called.
#[must_use]
pub fn file_name(days: &Days) -> String {
    format!("abate-evidence-{}-{}.zip", days.from, days.to)
}

/// The packs that may be had in the scope, newest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn list(
    db: &impl ConnectionTrait,
    scope: &Scope,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<evidence_pack::Model>, Problem> {
    let mut query = evidence_pack::Entity::find().filter(within(scope));
    if let Some(before) = before {
        query = query.filter(evidence_pack::Column::Id.lt(before));
    }
    with_trouble(db, query.order_by_desc(evidence_pack::Column::Id).limit(limit).all(db).await?).await
}

/// Says of the packs that are not made what their jobs say: that they will be tried again, or, where a job was given up,
/// that they have failed.
async fn with_trouble(
    db: &impl ConnectionTrait,
    mut packs: Vec<evidence_pack::Model>,
) -> Result<Vec<evidence_pack::Model>, Problem> {
    let wanted: Vec<String> =
        packs.iter().filter(|pack| pack.state == WANTED).map(|pack| format!("p-{}", pack.id)).collect();
    if wanted.is_empty() {
        return Ok(packs);
    }
    let jobs = job::Entity::find()
        .filter(job::Column::Kind.eq(KIND))
        .filter(job::Column::Subject.is_in(wanted))
        .filter(job::Column::Problem.is_not_null())
        .order_by_asc(job::Column::Id)
        .all(db)
        .await?;
    for job in jobs {
        let pack =
            packs.iter_mut().find(|pack| pack.state == WANTED && job.subject == format!("p-{}", pack.id));
        let Some(pack) = pack else { continue };
        let why = job.problem.unwrap_or_default();
        if job.state == queue::PARKED {
            FAILED.clone_into(&mut pack.state);
            pack.problem = format!(
                "It was tried {} times and is not tried any more. See to what was wrong, then ask for it again: {why}",
                job.attempt
            );
        } else {
            pack.problem = format!("It could not be made yet and is tried again: {why}");
        }
    }
    Ok(packs)
}

/// A pack in the scope.
///
/// # Errors
/// 404 when there is none.
pub async fn one(db: &impl ConnectionTrait, scope: &Scope, id: i64) -> Result<evidence_pack::Model, Problem> {
    let found = evidence_pack::Entity::find_by_id(id).filter(within(scope)).one(db).await?;
    let found = with_trouble(db, found.into_iter().collect()).await?.pop();
    found.ok_or_else(|| Problem::not_found(format!("evidence pack {id}")))
}

/// The file of a pack; that it was taken is written down.
///
/// # Errors
/// 409 until it is made.
pub async fn take(
    state: &AppState,
    actor: &Actor,
    pack: &evidence_pack::Model,
) -> Result<stored_file::Model, Problem> {
    let file = match pack.file_id {
        Some(id) => Some(read::by_id(state.database.reader(), id).await?),
        None => None,
    };
    let file = file.ok_or_else(|| {
        let text = match pack.state.as_str() {
            FAILED => format!("Evidence pack {} could not be made: {}", pack.id, pack.problem),
            _ => format!("Evidence pack {} is still being made; ask again in a moment.", pack.id),
        };
        Problem::new(Kind::Conflict, text)
    })?;
    let now = state.clock.now();
    let data = json!({"sha256": pack.sha256});
    let noted = state.database.write(async |tx| {
        audit_log::add(tx, actor, "evidence_pack.download", &subject(pack), data.clone(), now).await
    });
    noted.await?;
    Ok(file)
}

/// Packs of all teams are for those who may see all.
fn within(scope: &Scope) -> Condition {
    match scope.teams() {
        None => Condition::all(),
        Some(teams) => Condition::all().add(evidence_pack::Column::TeamId.is_in(teams.iter().copied())),
    }
}
