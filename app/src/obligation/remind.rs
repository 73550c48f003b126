//! The timer of reminders: tells each person once a stage about the runs that they answer for, all in one message.

use std::collections::BTreeMap;

use abate_entity::cadence;
use abate_entity::cadence_run::{self, RunState};
use abate_integrations::slack::Message;
use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::reminder::{Reminded, Stage, stage};
use super::run_state::Window;
use crate::message::ledger::{self, NewMessage};
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;

/// For how long a missed run is still spoken of.
const MISSED_FOR: Duration = Duration::days(14);

/// Reminds people of their runs.
pub const TIMER: Timer<AppState> = Timer { name: "obligation.remind", every: Duration::minutes(1), run };

fn run(state: &AppState) -> Work<'_> {
    Box::pin(remind(state))
}

/// Writes the messages that are due now. A person gets one for all their runs; a run without anybody goes to the
/// channel.
///
/// # Errors
/// When the database cannot be asked.
pub async fn remind(state: &AppState) -> Result<(), Problem> {
    let now = state.clock.now();
    state.database.write(async |tx| remind_in(tx, state, now).await).await
}

async fn remind_in(tx: &DatabaseTransaction, state: &AppState, now: DateTime<Utc>) -> Result<(), Problem> {
    let spoken = spoken_of(tx, now).await?;
    if spoken.is_empty() {
        return Ok(());
    }
    let mut by_owner: BTreeMap<Option<i64>, Vec<String>> = BTreeMap::new();
    for (run, cadence, stage) in &spoken {
        let owner = run.owner_id.or(cadence.owner_id);
        let link = format!("{}runs/{}", state.config.web.base_url, run.id);
        let line = format!("{} of {} {}: {link}", cadence.name, run.due_on, stage.words());
        by_owner.entry(owner).or_default().push(line);
    }
    for (owner, lines) in by_owner {
        write_message(tx, owner, &lines, now).await?;
    }
    let ids = spoken.iter().map(|(run, _, _)| run.id);
    cadence_run::Entity::update_many()
        .set(cadence_run::ActiveModel { reminded_at: Set(Some(now)), ..Default::default() })
        .filter(cadence_run::Column::Id.is_in(ids))
        .exec(tx)
        .await?;
    Ok(())
}

/// The runs to speak of now.
async fn spoken_of(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
) -> Result<Vec<(cadence_run::Model, cadence::Model, Stage)>, Problem> {
    let missed = Condition::all()
        .add(cadence_run::Column::State.eq(RunState::Missed))
        .add(cadence_run::Column::CompletedAt.is_null())
        .add(cadence_run::Column::MissedAt.gt(now - MISSED_FOR));
    let open = cadence_run::Column::State.is_in([RunState::Due, RunState::InProgress]);
    let runs = cadence_run::Entity::find()
        .filter(Condition::any().add(open).add(missed))
        .order_by_asc(cadence_run::Column::Id)
        // Whoever looks at the same time waits here, and then finds nothing left to say.
        .lock_exclusive()
        .all(tx)
        .await?;
    let ids: Vec<i64> = runs.iter().map(|run| run.cadence_id).collect();
    let cadences = cadence::Entity::find().filter(cadence::Column::Id.is_in(ids)).all(tx).await?;
    Ok(runs
        .into_iter()
        .filter_map(|run| {
            let stage = stage(reminded(&run), now)?;
            let cadence = cadences.iter().find(|cadence| cadence.id == run.cadence_id)?.clone();
            Some((run, cadence, stage))
        })
        .collect())
}

fn reminded(run: &cadence_run::Model) -> Reminded {
    Reminded {
        state: run.state,
        window: Window { opens_at: run.opens_at, due_at: run.due_at, ends_at: run.missed_at },
        since: run.reminded_at.unwrap_or(DateTime::<Utc>::MIN_UTC),
        snoozed_until: run.snoozed_until,
    }
}

async fn write_message(
    tx: &DatabaseTransaction,
    owner: Option<i64>,
    lines: &[String],
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let text = format!("Obligations:\n{}", lines.join("\n"));
    let new = NewMessage {
        key: format!("obligation:{}:{}", owner.unwrap_or(0), now.timestamp_micros()),
        kind: "reminder",
        user_id: owner,
        message: Message::plain(text).prepare(),
    };
    ledger::want(tx, new, now).await?;
    Ok(())
}
