//! The queue: a table, so that a job is queued by the transaction that needs it.

use abate_entity::job;
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect, Statement,
};

use crate::platform::database::placeholders;

/// Waits for its time.
pub const QUEUED: &str = "queued";
/// Is being run by the holder of its lease.
pub const RUNNING: &str = "running";
/// Failed too often; waits for a person.
pub const PARKED: &str = "parked";

/// Attempts before a job is parked: with the waits between them about a day.
const MAX_ATTEMPTS: i32 = 16;

/// Queues a job, unless the same one is waiting already.
///
/// # Errors
/// When the database refuses.
pub async fn enqueue(
    db: &impl ConnectionTrait,
    kind: &str,
    subject: &str,
    run_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let backend = db.get_database_backend();
    let sql = placeholders(
        backend,
        "INSERT INTO job (kind, subject, state, attempt, run_at, created_at) VALUES (?, ?, 'queued', 0, ?, ?) \
         ON CONFLICT (kind, subject) WHERE state = 'queued' DO UPDATE SET run_at = \
         CASE WHEN excluded.run_at < job.run_at THEN excluded.run_at ELSE job.run_at END",
    );
    let values = [kind.into(), subject.into(), run_at.into(), now.into()];
    db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(())
}

/// Whether a job could be claimed now.
pub(super) async fn is_due(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, DbErr> {
    Ok(job::Entity::find()
        .select_only()
        .column(job::Column::Id)
        .filter(claimable(now))
        .limit(1)
        .into_tuple::<i64>()
        .one(db)
        .await?
        .is_some())
}

/// Takes the job that waits longest; `lease` says how long each kind may run.
pub(super) async fn claim(
    tx: &DatabaseTransaction,
    holder: &str,
    now: DateTime<Utc>,
    lease: impl Fn(&str) -> Option<Duration>,
) -> Result<Option<job::Model>, DbErr> {
    let mut query = job::Entity::find()
        .filter(claimable(now))
        .order_by_asc(job::Column::RunAt)
        .order_by_asc(job::Column::Id);
    if tx.get_database_backend() == DbBackend::Postgres {
        query = query.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    for mut job in query.limit(8).all(tx).await? {
        let Some(length) = lease(&job.kind) else {
            continue;
        };
        // Two runs of one subject at a time would race each other for nothing.
        let twin = job::Entity::find()
            .filter(job::Column::Kind.eq(&job.kind))
            .filter(job::Column::Subject.eq(&job.subject))
            .filter(job::Column::State.eq(RUNNING))
            .filter(job::Column::Id.ne(job.id))
            .filter(job::Column::LeasedUntil.gt(now))
            .one(tx)
            .await?;
        if twin.is_some() {
            continue;
        }
        job.attempt += 1;
        job.state = RUNNING.to_owned();
        job.holder = Some(holder.to_owned());
        job.leased_until = Some(now + length);
        job::Entity::update_many()
            .set(job::ActiveModel {
                state: Set(job.state.clone()),
                attempt: Set(job.attempt),
                holder: Set(job.holder.clone()),
                leased_until: Set(job.leased_until),
                ..Default::default()
            })
            .filter(job::Column::Id.eq(job.id))
            .exec(tx)
            .await?;
        return Ok(Some(job));
    }
    Ok(None)
}

/// Holds a job until then; answers whether the attempt is still ours.
pub(super) async fn renew(
    db: &impl ConnectionTrait,
    job: &job::Model,
    until: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let renewed = job::Entity::update_many()
        .set(job::ActiveModel { leased_until: Set(Some(until)), ..Default::default() })
        .filter(mine(job))
        .exec(db)
        .await?;
    Ok(renewed.rows_affected == 1)
}

/// Removes a job that was done, if the attempt is still ours.
pub(super) async fn finish(db: &impl ConnectionTrait, job: &job::Model) -> Result<(), DbErr> {
    job::Entity::delete_many().filter(mine(job)).exec(db).await?;
    Ok(())
}

/// Puts a failed job back, later each time, or parks it; if the attempt is still ours.
pub(super) async fn put_back(
    db: &impl ConnectionTrait,
    job: &job::Model,
    problem: &str,
    jitter: f64,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let waiting_twin = job::Entity::find()
        .filter(job::Column::Kind.eq(&job.kind))
        .filter(job::Column::Subject.eq(&job.subject))
        .filter(job::Column::State.eq(QUEUED))
        .one(db)
        .await?;
    let state = if job.attempt >= MAX_ATTEMPTS { PARKED } else { QUEUED };
    if waiting_twin.is_some() {
        return finish(db, job).await;
    }
    job::Entity::update_many()
        .set(job::ActiveModel {
            state: Set(state.to_owned()),
            holder: Set(None),
            leased_until: Set(None),
            problem: Set(Some(problem.to_owned())),
            run_at: Set(now + wait_after(job.attempt, jitter)),
            ..Default::default()
        })
        .filter(mine(job))
        .exec(db)
        .await?;
    Ok(())
}

/// How long to wait after a failed attempt: doubling from two seconds to an hour, spread by up to a half.
fn wait_after(attempt: i32, jitter: f64) -> Duration {
    let seconds = 2_f64.powi(attempt.clamp(1, 12)).min(3600.0);
    #[allow(clippy::cast_possible_truncation, reason = "at most 5,400,000 milliseconds")]
    Duration::milliseconds((seconds * (1.0 + jitter / 2.0) * 1000.0) as i64)
}

fn claimable(now: DateTime<Utc>) -> Expr {
    job::Column::State
        .eq(QUEUED)
        .and(job::Column::RunAt.lte(now))
        .or(job::Column::State.eq(RUNNING).and(job::Column::LeasedUntil.lte(now)))
}

/// Fencing: only the attempt that was claimed may settle the job.
fn mine(job: &job::Model) -> Expr {
    job::Column::Id
        .eq(job.id)
        .and(job::Column::Attempt.eq(job.attempt))
        .and(job::Column::State.eq(RUNNING))
        .and(Expr::col(job::Column::Holder).eq(job.holder.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_an_hour_and_stay_there() {
        assert_eq!(wait_after(1, 0.0), Duration::seconds(2));
        assert_eq!(wait_after(5, 0.0), Duration::seconds(32));
        assert_eq!(wait_after(12, 0.0), Duration::hours(1));
        assert_eq!(wait_after(40, 1.0), Duration::minutes(90));
    }
}
