//! Where a pack ends: all of the log is sealed and signed, and the last seal inside is found. What packs themselves leave
//! in the log at its end is left out, so that a pack that is made a second time is the same to the byte.

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use sea_orm::{ConnectionTrait, Statement, Value};

use super::period_rules::{Days, Period};
use crate::audit_log::export;
use crate::calendar::local_time;
use crate::platform::database::placeholders;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Where a pack ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// The moments.
    pub(super) period: Period,
    /// First and last number of the seals inside; none when nothing was recorded in the period.
    pub(super) seals: Option<(i64, i64)>,
}

/// Finds where a pack of these days ends.
pub(super) async fn find(state: &AppState, days: Days) -> Result<Cut, Problem> {
    export::seal_all(state).await?;
    let db = state.database.reader();
    let zone = state.config.organisation.zone;
    let midnight = |day: NaiveDate| local_time::to_utc(zone, day.and_time(NaiveTime::MIN));
    let (recorded, last) = end(db).await?;
    // A day that is over is whole, also when nothing was recorded since.
    let today = midnight(local_time::local_date(zone, state.clock.now()));
    let end = recorded.max(today);
    let period =
        days.period(midnight, end).map_err(|unusable| Problem::invalid(unusable.field, unusable.why))?;
    let last = if period.goes_on { last } else { i64::MAX };
    let sql = "SELECT MIN(s.seq), MAX(s.seq) FROM audit_seal s JOIN audit_entry e ON e.id = s.entry_id \
               WHERE e.recorded_at >= ? AND e.recorded_at < ? AND s.seq <= ?";
    let seals = two(db, sql, vec![period.since.into(), period.until.into(), last.into()]).await?;
    Ok(Cut { period, seals })
}

/// The moment after the last thing that was recorded, but for packs, and the number of the last seal of such.
async fn end(db: &impl ConnectionTrait) -> Result<(DateTime<Utc>, i64), Problem> {
    let backend = db.get_database_backend();
    let about =
        "FROM audit_seal s JOIN audit_entry e ON e.id = s.entry_id WHERE e.action NOT LIKE 'evidence_pack.%'";
    let sql = format!("SELECT e.recorded_at {about} ORDER BY e.recorded_at DESC, e.id DESC LIMIT 1");
    let row = db.query_one_raw(Statement::from_string(backend, sql)).await?;
    let row = row.ok_or_else(|| Problem::invalid("from", "Nothing was recorded yet."))?;
    let at: DateTime<Utc> = row.try_get_by_index(0)?;
    let sql = format!("SELECT s.seq {about} ORDER BY s.seq DESC LIMIT 1");
    let row = db.query_one_raw(Statement::from_string(backend, sql)).await?;
    let seq = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    // Not each event of a risk has an entry of its own: a policy moves many dates with one.
    let newest = "SELECT MAX(recorded_at) FROM risk_event".to_owned();
    let row = db.query_one_raw(Statement::from_string(backend, newest)).await?;
    let moved: Option<DateTime<Utc>> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
    Ok((moved.map_or(at, |moved| moved.max(at)) + Duration::microseconds(1), seq))
}

async fn two(
    db: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
) -> Result<Option<(i64, i64)>, Problem> {
    let backend = db.get_database_backend();
    let row =
        db.query_one_raw(Statement::from_sql_and_values(backend, placeholders(backend, sql), values)).await?;
    let Some(row) = row else { return Ok(None) };
    let number = |index: usize| row.try_get_by_index::<Option<i64>>(index);
    Ok(number(0)?.zip(number(1)?))
}
