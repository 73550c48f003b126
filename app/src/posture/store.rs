//! Keeps the cube in memory and counts again when something changed, at most every ten seconds.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use abate_entity::level::Level;
use abate_entity::lifecycle::State;
use abate_entity::risk_event;
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, EntityTrait, FromQueryResult, QueryOrder, QuerySelect, Statement,
};
use tokio::sync::Mutex;

use super::cube::{AGES, Cell, Cube, DayOfTeam};
use crate::platform::clock::Clock;
use crate::platform::database::placeholders;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Longest time between two looks for changes.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How many times as long as a count took it rests: a small register is counted at once, a large one rarely.
const REST: u32 = 200;
/// A count that took longer than this is made in the background, while readers see the one before.
const TOO_LONG_TO_WAIT: Duration = Duration::from_millis(25);
/// A count is made anew after this time in any case.
const OLDEST: Duration = Duration::from_secs(60);
/// Days of the past that are shown.
const PAST_DAYS: i64 = 90;

/// The cube of this process. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Posture(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    held: RwLock<Option<Held>>,
    counting: Mutex<()>,
}

#[derive(Clone, Debug)]
struct Held {
    cube: Arc<Cube>,
    /// The newest event that is in it, and its day: as long as both are the same, so are the counts.
    mark: Mark,
    took: Duration,
    counted: Instant,
    looked: Instant,
}

type Mark = (i64, NaiveDate);

impl Posture {
    /// The counts, as fresh as they can be had without making the reader wait.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn read(&self, state: &AppState) -> Result<Arc<Cube>, Problem> {
        let Some(held) = self.held() else {
            return self.count(state).await;
        };
        if held.looked.elapsed() < LONGEST_PAUSE.min(held.took * REST) {
            return Ok(held.cube);
        }
        if held.took <= TOO_LONG_TO_WAIT {
            return self.count(state).await;
        }
        let (posture, state) = (self.clone(), state.clone());
        actix_web::rt::spawn(async move {
            if let Err(problem) = posture.count(&state).await {
                tracing::warn!(error = %problem, "the posture could not be counted; the one before is shown");
            }
        });
        Ok(held.cube)
    }

    /// Counts again if something changed; one at a time, the others take what is there.
    async fn count(&self, state: &AppState) -> Result<Arc<Cube>, Problem> {
        let counting = match (self.0.counting.try_lock(), self.held()) {
            (Ok(counting), _) => counting,
            (Err(_), Some(held)) => return Ok(held.cube),
            (Err(_), None) => self.0.counting.lock().await,
        };
        let db = state.database.reader();
        let mark = mark(db, state).await?;
        if let Some(held) = self.held()
            && held.mark == mark
            && held.counted.elapsed() < OLDEST
        {
            let cube = Arc::clone(&held.cube);
            self.hold(Held { looked: Instant::now(), ..held });
            return Ok(cube);
        }
        let began = Instant::now();
        let cube = Arc::new(count(db, &state.clock, mark.1, state.config.organisation.zone).await?);
        let now = Instant::now();
        self.hold(Held { cube: Arc::clone(&cube), mark, took: now - began, counted: now, looked: now });
        drop(counting);
        Ok(cube)
    }

    fn held(&self) -> Option<Held> {
        self.0.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, held: Held) {
        *self.0.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
    }
}

async fn mark(db: &DatabaseConnection, state: &AppState) -> Result<Mark, Problem> {
    let newest: Option<i64> = risk_event::Entity::find()
        .select_only()
        .column(risk_event::Column::Id)
        .order_by_desc(risk_event::Column::Id)
        .into_tuple()
        .one(db)
        .await?;
    let today = state.clock.now().with_timezone(&state.config.organisation.zone).date_naive();
    Ok((newest.unwrap_or_default(), today))
}

#[derive(FromQueryResult)]
struct CellRow {
    team_id: i64,
    level: Level,
    state: State,
    due_on: Option<NaiveDate>,
    risks: i64,
    exposure: i64,
    triage_late: i64,
    age_0: i64,
    age_1: i64,
    age_2: i64,
    age_3: i64,
    age_4: i64,
}

#[derive(FromQueryResult)]
struct PastRow {
    day: NaiveDate,
    team_id: i64,
    open: i64,
    exposure: i64,
}

/// One pass over the index that covers it.
const CELLS: &str = "SELECT team_id, level, state, due_on, COUNT(*) AS risks, \
     CAST(SUM(score) AS BIGINT) AS exposure, \
     CAST(SUM(CASE WHEN state IN ('new', 'triage') AND triage_due_at < ? THEN 1 ELSE 0 END) AS BIGINT) AS triage_late, \
     CAST(SUM(CASE WHEN sla_start_at >= ? THEN 1 ELSE 0 END) AS BIGINT) AS age_0, \
     CAST(SUM(CASE WHEN sla_start_at >= ? THEN 1 ELSE 0 END) AS BIGINT) AS age_1, \
     CAST(SUM(CASE WHEN sla_start_at >= ? THEN 1 ELSE 0 END) AS BIGINT) AS age_2, \
     CAST(SUM(CASE WHEN sla_start_at >= ? THEN 1 ELSE 0 END) AS BIGINT) AS age_3, \
     CAST(SUM(CASE WHEN sla_start_at >= ? THEN 1 ELSE 0 END) AS BIGINT) AS age_4 \
     FROM risk WHERE state <> 'closed' GROUP BY team_id, level, state, due_on";

const PAST: &str = "SELECT day, team_id, \
     CAST(SUM(CASE WHEN state <> 'accepted' THEN risks ELSE 0 END) AS BIGINT) AS open, \
     CAST(SUM(exposure) AS BIGINT) AS exposure \
     FROM posture_snapshot WHERE day >= ? AND day < ? GROUP BY day, team_id ORDER BY day, team_id";

/// Counts from the database.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn count(
    db: &impl ConnectionTrait,
    clock: &Clock,
    today: NaiveDate,
    zone: chrono_tz::Tz,
) -> Result<Cube, Problem> {
    let backend = db.get_database_backend();
    let as_of = clock.now();
    // A bucket of up to n days holds what began on the day n days back, or later.
    let begins = AGES.map(|days| start_of(today - TimeDelta::days(days), zone));
    let values = std::iter::once(as_of).chain(begins).map(sea_orm::Value::from);
    let statement = Statement::from_sql_and_values(backend, placeholders(backend, CELLS), values);
    let cells = CellRow::find_by_statement(statement).all(db).await?.into_iter().map(CellRow::cell).collect();
    let days = [today - TimeDelta::days(PAST_DAYS), today].map(sea_orm::Value::from);
    let statement = Statement::from_sql_and_values(backend, placeholders(backend, PAST), days);
    let past = PastRow::find_by_statement(statement).all(db).await?.into_iter().map(PastRow::day).collect();
    Ok(Cube { as_of, today, cells, past })
}

fn start_of(day: NaiveDate, zone: chrono_tz::Tz) -> chrono::DateTime<chrono::Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let local = chrono::TimeZone::from_local_datetime(&zone, &midnight).earliest();
    local.map_or_else(|| midnight.and_utc(), |local| local.with_timezone(&chrono::Utc))
}

impl CellRow {
    fn cell(self) -> Cell {
        let counted = |number: i64| u64::try_from(number).unwrap_or_default();
        let up_to = [self.age_0, self.age_1, self.age_2, self.age_3, self.age_4, self.risks].map(counted);
        let mut ages = up_to;
        for (age, before) in ages.iter_mut().skip(1).zip(up_to) {
            *age = age.saturating_sub(before);
        }
        Cell {
            team_id: self.team_id,
            level: self.level,
            state: self.state,
            due_on: self.due_on,
            risks: counted(self.risks),
            exposure: counted(self.exposure),
            triage_late: counted(self.triage_late),
            ages,
        }
    }
}

impl PastRow {
    fn day(self) -> DayOfTeam {
        let counted = |number: i64| u64::try_from(number).unwrap_or_default();
        DayOfTeam {
            day: self.day,
            team_id: self.team_id,
            open: counted(self.open),
            exposure: counted(self.exposure),
        }
    }
}
