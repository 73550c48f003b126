//! The timer that calls leaders every hour until somebody acknowledges an incident, and reminds them of duties.

use abate_entity::{incident, incident_duty};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};

use super::duty::OPEN;
use super::leaders::{self, CALL, Call, DUTY};
use super::log::{self, NewEntry};
use super::state_rules::CLOSED;
use super::{duty_rules, ladder_rules};
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;

/// Calls and reminds.
pub const TIMER: Timer<AppState> = Timer { name: "incident.ladder", every: Duration::minutes(1), run };

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        let open = incident::Entity::find()
            .filter(incident::Column::State.ne(CLOSED))
            .order_by_asc(incident::Column::Id)
            .all(state.database.reader())
            .await?;
        for incident in open {
            if incident.acknowledged_at.is_none() {
                state.database.write(async |tx| call(tx, incident.id, now).await).await?;
            }
            let due = incident_duty::Entity::find()
                .filter(incident_duty::Column::IncidentId.eq(incident.id))
                .filter(incident_duty::Column::State.eq(OPEN))
                .order_by_asc(incident_duty::Column::Id)
                .all(state.database.reader())
                .await?;
            for duty in due {
                if duty_rules::stage(incident.aware_at, duty.due_at, now) > duty.told_stage {
                    state.database.write(async |tx| remind(tx, &incident, &duty, now).await).await?;
                }
            }
        }
        Ok(())
    })
}

/// Tells of an incident that nobody has taken on, once in each hour.
async fn call(tx: &DatabaseTransaction, id: i64, now: DateTime<Utc>) -> Result<(), Problem> {
    let Some(incident) = incident::Entity::find_by_id(id).one(tx).await? else {
        return Ok(());
    };
    let Some(rung) = ladder_rules::due(incident.declared_at, incident.told_hour, now) else {
        return Ok(());
    };
    // Whoever is first of two tells; not through `step::write`, as nobody who has a form open has to send it again.
    let claimed = incident::Entity::update_many()
        .set(incident::ActiveModel { told_hour: Set(rung.hour), ..Default::default() })
        .filter(incident::Column::Id.eq(id))
        .filter(incident::Column::ToldHour.eq(incident.told_hour))
        .filter(incident::Column::AcknowledgedAt.is_null())
        .exec(tx)
        .await?;
    if claimed.rows_affected != 1 {
        return Ok(());
    }
    let hours = if rung.hour == 1 { "1 hour".to_owned() } else { format!("{} hours", rung.hour) };
    let text = format!("was declared {hours} ago, and nobody has acknowledged it.");
    let what = format!("h{}", rung.hour);
    if rung.missed > 0 {
        let missed = format!("Nobody was told in {} hours before: Abate was not running.", rung.missed);
        log::add(tx, id, None, NewEntry::of("ladder", rung.at, &missed), now).await?;
    }
    let said = format!("Called again after {hours}.");
    let call = Call { kind: CALL, what: &what, text: &text, said: &said, at: rung.at };
    leaders::tell(tx, &incident, call, now).await
}

/// Reminds of somebody who has to be told, once for each part of the time that has gone.
async fn remind(
    tx: &DatabaseTransaction,
    incident: &incident::Model,
    duty: &incident_duty::Model,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let stage = duty_rules::stage(incident.aware_at, duty.due_at, now);
    let claimed = incident_duty::Entity::update_many()
        .set(incident_duty::ActiveModel { told_stage: Set(stage), ..Default::default() })
        .filter(incident_duty::Column::Id.eq(duty.id))
        .filter(incident_duty::Column::ToldStage.eq(duty.told_stage))
        .filter(incident_duty::Column::State.eq(OPEN))
        .exec(tx)
        .await?;
    if claimed.rows_affected != 1 {
        return Ok(());
    }
    let text = if now < duty.due_at {
        format!("has a duty to notify somebody: {} left.", span(duty.due_at - now))
    } else {
        format!("has a duty to notify somebody that is late by {}.", span(now - duty.due_at))
    };
    // The moment is part of it: a corrected awareness starts the reminders anew.
    let what = format!("duty{}/{}/s{stage}", duty.id, duty.due_at.timestamp());
    let said = format!("Reminder of {}: it {text}", duty.authority);
    leaders::tell(tx, incident, Call { kind: DUTY, what: &what, text: &text, said: &said, at: now }, now)
        .await
}

/// A span of time in words, in hours up to three days.
fn span(length: Duration) -> String {
    let hours = length.num_hours();
    match hours {
        0 => "less than an hour".to_owned(),
        1 => "1 hour".to_owned(),
        2..=72 => format!("{hours} hours"),
        _ => format!("{} days", hours / 24),
    }
}
