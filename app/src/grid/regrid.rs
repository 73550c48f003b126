//! Rates open risks again whose level is not the one that the grid in force makes of their scores. What people have
//! scored stays; a rise ends an acceptance, a fall moves no due date, and closed risks stay as they are.
//!
//! It looks at what is, so it may run twice, or late.

use abate_entity::lifecycle::Via;
use abate_entity::risk;
use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, Statement,
};
use serde_json::json;

use super::preview::{self, Group};
use crate::platform::database::placeholders;
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::policy::Policies;
use crate::risk::clock::Happening;
use crate::risk::rated::Source;
use crate::risk::record::{self, Change, NewEvent, Occasion};
use crate::risk::{rate, worse};
use crate::state::AppState;

/// The name of the job.
const KIND: &str = "rating.regrid";
/// Rates the next risks again, and asks for itself while there are more.
pub const JOB: Job<AppState> = Job { kind: KIND, lease: Duration::seconds(120), run };
/// Looks once an hour, for what was being written while the grid changed.
pub const TIMER: Timer<AppState> = Timer { name: KIND, every: Duration::hours(1), run: look };
/// Risks that are written at a time.
const BATCH: usize = 500;

/// Wants the risks looked at.
///
/// # Errors
/// When the database refuses.
pub async fn want(tx: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<(), Problem> {
    Ok(queue::enqueue(tx, KIND, "grid", now, now).await?)
}

fn run<'a>(state: &'a AppState, _subject: &'a str) -> Work<'a> {
    Box::pin(async move {
        let now = state.clock.now();
        state.database.write(async |tx| part(tx, now).await).await
    })
}

fn look(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        let policies = Policies::load(state.database.reader()).await?;
        let groups = preview::groups(state.database.reader(), policies.grid()).await?;
        if groups.iter().all(|group| group.then == group.level) {
            return Ok(());
        }
        state.database.write(async |tx| want(tx, now).await).await
    })
}

async fn part(tx: &DatabaseTransaction, now: DateTime<Utc>) -> Result<(), Problem> {
    let policies = Policies::load(tx).await?;
    let occasion = Occasion::system(Via::Timer, now, &policies);
    let groups = preview::groups(tx, policies.grid()).await?;
    let differ: Vec<&Group> = groups.iter().filter(|group| group.then != group.level).collect();
    let ids = some_of(tx, &differ).await?;
    let risks = risk::Entity::find()
        .filter(risk::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(risk::Column::Id)
        .all(tx)
        .await?;
    let levels: Vec<_> = risks.iter().map(|risk| risk.level).collect();
    let changes = risks.into_iter().map(|risk| change(&occasion, risk)).collect::<Result<Vec<_>, _>>()?;
    let risks = record::record(tx, &occasion, changes).await?;
    let moved = risks.iter().zip(&levels).any(|(risk, level)| risk.level != *level);
    for (risk, level) in risks.into_iter().zip(levels) {
        worse::end_acceptance(tx, &occasion, risk, level, false).await?;
    }
    if ids.len() == BATCH && moved {
        want(tx, now).await?;
    }
    Ok(())
}

async fn some_of(tx: &DatabaseTransaction, groups: &[&Group]) -> Result<Vec<i64>, Problem> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let backend = tx.get_database_backend();
    let (condition, values) = preview::those_of(groups);
    let sql = format!("SELECT id FROM risk WHERE {condition} ORDER BY id LIMIT {BATCH}");
    let found = Statement::from_sql_and_values(backend, placeholders(backend, &sql), values);
    let rows = tx.query_all_raw(found).await?;
    rows.iter().map(|row| row.try_get_by_index(0).map_err(Problem::from)).collect()
}

fn change(occasion: &Occasion<'_>, risk: risk::Model) -> Result<Change, Problem> {
    let grid = occasion.policies.grid_label();
    let mut change = Change::of(risk, NewEvent::plain("rerated", occasion.now))?;
    change.event.reason = format!("The grid {grid} is in force.");
    let before = change.before.level;
    let level = rate::read_again(&mut change, occasion.policies, Source::Grid)?;
    let said = json!({"from": before, "to": level, "grid": grid});
    change.event.data.insert("regrid".to_owned(), said);
    if level != before {
        change.event.clock = vec![(occasion.now, Happening::LevelChanged { to: level })];
    }
    Ok(change)
}
