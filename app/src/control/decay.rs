//! Looks whether what shows that controls work is young enough. One that is not is degraded, its owner is told, and each
//! risk that relies on it is marked; no rating moves by itself.

use abate_entity::control;
use abate_entity::lifecycle::Via;
use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseTransaction, EntityTrait, Statement,
};
use serde_json::json;

use super::decay_rules::{self, ControlState};
use super::{evidence, gather, store};
use crate::audit_log;
use crate::message::notice::{self, NewNotice};
use crate::platform::database::placeholders;
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;

/// The mark of risks that rely on a degraded control.
pub const MARK: &str = "control_degraded";
/// Gathers proof and looks at all controls once an hour.
pub const TIMER: Timer<AppState> = Timer { name: "control.decay", every: Duration::hours(1), run };

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        state.database.write(async |tx| gather::all(tx, now).await).await?;
        for control in store::all(state.database.reader()).await? {
            state
                .database
                .write(async |tx| {
                    // Read again: somebody may have changed it meanwhile.
                    let Some(control) = control::Entity::find_by_id(control.id).one(tx).await? else {
                        return Ok(());
                    };
                    look_at(tx, control, now).await
                })
                .await?;
        }
        // Imports name controls too, and a person may have said where one stands.
        state.database.write(async |tx| mark(tx).await).await
    })
}

/// Makes a control stand where its proof puts it, and the marks of its risks agree.
///
/// # Errors
/// When the database refuses.
pub(super) async fn look_at(
    tx: &DatabaseTransaction,
    control: control::Model,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let newest = evidence::newest(tx, control.id).await?;
    let before: ControlState = control.state.parse().map_err(Problem::internal)?;
    let after = decay_rules::state(before, decay_rules::proof(newest, control.cadence_days, now));
    if newest == control.evidence_at && after == before {
        return Ok(());
    }
    let set = control::ActiveModel {
        id: Set(control.id),
        evidence_at: Set(newest),
        state: Set(after.as_str().to_owned()),
        version: Set(control.version + 1),
        updated_at: Set(now),
        ..Default::default()
    };
    set.update(tx).await?;
    if after == before {
        return Ok(());
    }
    let data = json!({ "from": before, "to": after, "evidence_at": newest });
    audit_log::add_as(tx, None, Via::Timer, "control.state", &control.key, data, now).await?;
    mark(tx).await?;
    if after == ControlState::Degraded
        && let Some(owner) = control.owner_id
    {
        let days = control.cadence_days.unwrap_or_default();
        let stamp = newest.map(|at| at.timestamp()).unwrap_or_default();
        let new = NewNotice {
            key: format!("control/{}/{stamp}/{owner}", control.key),
            user_id: owner,
            kind: "control",
            risk_id: None,
            text: format!(
                "Nothing has shown for more than {days} days that {} ({}) works.",
                control.name, control.key
            ),
            link: format!("/controls/{}", control.key),
            urgent: false,
            about_at: now,
            not_before: now,
        };
        notice::want(tx, now, new).await?;
    }
    Ok(())
}

/// Marks the risks that rely on a degraded control, and no others.
///
/// # Errors
/// When the database refuses.
pub(super) async fn mark(tx: &DatabaseTransaction) -> Result<(), Problem> {
    let backend = tx.get_database_backend();
    let relying = "SELECT c.risk_id FROM risk_control c JOIN control k ON k.id = c.control_id WHERE k.state = 'degraded'";
    let sql = format!(
        "INSERT INTO risk_tag (risk_id, kind, value) SELECT DISTINCT r.risk_id, 'mark', ? FROM ({relying}) r \
         WHERE 1 = 1 ON CONFLICT DO NOTHING"
    );
    tx.execute_raw(Statement::from_sql_and_values(backend, placeholders(backend, &sql), [MARK.into()]))
        .await?;
    let sql =
        format!("DELETE FROM risk_tag WHERE kind = 'mark' AND value = ? AND risk_id NOT IN ({relying})");
    tx.execute_raw(Statement::from_sql_and_values(backend, placeholders(backend, &sql), [MARK.into()]))
        .await?;
    Ok(())
}
