//! Carries out runs: starts, completes with evidence, skips with two people, puts reminders off, explains a miss.

use abate_entity::cadence;
use abate_entity::cadence_run::{self, RunState};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use url::Url;

use super::cadence::{Definition, holidays};
use super::plan::Plan;
use super::recurrence::Occurrence;
use super::run_state::{Run, RunRefusal, Skip, Window};
use crate::access::actor::Actor;
use crate::access::right::{DoRuns, KeepCadences};
use crate::audit_log;
use crate::calendar::local_time;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;

/// Longest text of evidence or of a reason, in characters.
const MAX_TEXT: usize = 10_000;
/// Longest address, in bytes.
const MAX_LINK: usize = 2000;

/// A run with its cadence, as a use case needs them.
#[derive(Clone, Debug)]
pub struct Held {
    /// The run.
    pub run: cadence_run::Model,
    /// Its cadence.
    pub cadence: cadence::Model,
}

/// What shows that a run was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// In words.
    pub text: String,
    /// Where it is.
    pub url: Option<String>,
}

/// The run as its rules see it.
#[must_use]
pub fn run_of(row: &cadence_run::Model) -> Run {
    Run {
        state: row.state,
        done_at: row.completed_at,
        skip_asked_by: row.skip_asked_by,
        snoozes: u32::try_from(row.snoozes).unwrap_or(0),
        window: Window { opens_at: row.opens_at, due_at: row.due_at, ends_at: row.missed_at },
    }
}

/// Says that somebody has begun.
///
/// # Errors
/// 403 without the right, 409 when the run is over or not open yet.
pub async fn start(
    tx: &DatabaseTransaction,
    actor: &Actor,
    held: Held,
    now: DateTime<Utc>,
) -> Result<cadence_run::Model, Problem> {
    actor.require_in::<DoRuns>(held.cadence.team_id)?;
    let state = run_of(&held.run).start(now).map_err(refused)?;
    let owner = held.run.owner_id.or(Some(actor.id));
    let set = cadence_run::ActiveModel { state: Set(state), owner_id: Set(owner), ..Default::default() };
    write(tx, actor, &held.run, set, "run.start", json!({}), now).await
}

/// Completes a run. One that was missed stays missed, with the day on which it was done.
///
/// # Errors
/// 403 without the right, 409 when the run is over or not open yet, 422 without evidence.
pub async fn complete(
    tx: &DatabaseTransaction,
    actor: &Actor,
    policies: &Policies,
    held: Held,
    proof: Proof,
    now: DateTime<Utc>,
) -> Result<cadence_run::Model, Problem> {
    actor.require_in::<DoRuns>(held.cadence.team_id)?;
    let text = checked("evidence", &proof.text)?;
    let url = proof.url.map(|url| url.trim().to_owned()).filter(|url| !url.is_empty());
    if let Some(url) = &url {
        check_link(url)?;
    }
    let has_evidence = !text.is_empty() || url.is_some();
    let state = run_of(&held.run).complete(has_evidence, now).map_err(refused)?;
    let entry = json!({"state": state, "evidence": text, "evidence_url": url});
    let set = cadence_run::ActiveModel {
        state: Set(state),
        completed_at: Set(Some(now)),
        completed_by: Set(Some(actor.id)),
        evidence: Set(text),
        evidence_url: Set(url),
        ..Default::default()
    };
    let run = write(tx, actor, &held.run, set, "run.complete", entry, now).await?;
    let zone: Tz = held.cadence.zone.parse().unwrap_or(policies.zone);
    let done_on = local_time::local_date(zone, now);
    pull_planned_runs(tx, policies, held.cadence, done_on, now).await?;
    Ok(run)
}

/// Asks to skip a run, or agrees to what another person asked.
///
/// # Errors
/// 403 without the right or from the person who asked, 409 when the run is over, 422 without a reason.
pub async fn skip(
    tx: &DatabaseTransaction,
    actor: &Actor,
    held: Held,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<cadence_run::Model, Problem> {
    let reason = reason.map(|reason| checked("reason", reason)).transpose()?.filter(|text| !text.is_empty());
    match held.run.skip_asked_by {
        None => actor.require_in::<DoRuns>(held.cadence.team_id)?,
        Some(_) => actor.require_in::<KeepCadences>(held.cadence.team_id)?,
    }
    let skip = run_of(&held.run).skip(actor.id, reason.as_deref(), now).map_err(refused)?;
    let reason = reason.unwrap_or_else(|| held.run.reason.clone());
    let entry = json!({"reason": reason, "asked_by": held.run.skip_asked_by});
    let (set, action) = match skip {
        Skip::Asked => {
            let set = cadence_run::ActiveModel {
                skip_asked_by: Set(Some(actor.id)),
                reason: Set(reason),
                ..Default::default()
            };
            (set, "run.ask_to_skip")
        }
        Skip::Skipped => {
            let set = cadence_run::ActiveModel {
                state: Set(RunState::Skipped),
                decided_by: Set(Some(actor.id)),
                reason: Set(reason),
                ..Default::default()
            };
            (set, "run.skip")
        }
    };
    write(tx, actor, &held.run, set, action, entry, now).await
}

/// Puts the reminders of a run off. The run itself never moves.
///
/// # Errors
/// 403 without the right, 409 when the run is over or was put off twice, 422 for a time that is too far.
pub async fn snooze(
    tx: &DatabaseTransaction,
    actor: &Actor,
    policies: &Policies,
    held: Held,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<cadence_run::Model, Problem> {
    actor.require_in::<DoRuns>(held.cadence.team_id)?;
    let plan = Definition::of(&held.cadence)?.plan(holidays(policies))?;
    let next_at = plan.recurrence.next_after(held.run.scheduled_at).map(|next| next.at);
    let snoozes = run_of(&held.run).snooze(until, next_at, held.run.scheduled_at, now).map_err(refused)?;
    let set = cadence_run::ActiveModel {
        snoozes: Set(i32::try_from(snoozes).unwrap_or(i32::MAX)),
        snoozed_until: Set(Some(until)),
        ..Default::default()
    };
    write(tx, actor, &held.run, set, "run.snooze", json!({"until": until}), now).await
}

/// Says why a run was missed.
///
/// # Errors
/// 403 without the right, 409 unless it was missed, 422 without a reason.
pub async fn explain(
    tx: &DatabaseTransaction,
    actor: &Actor,
    held: Held,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<cadence_run::Model, Problem> {
    actor.require_in::<DoRuns>(held.cadence.team_id)?;
    if run_of(&held.run).state_at(now) != RunState::Missed {
        return Err(Problem::new(
            Kind::Conflict,
            "Only a missed run needs a reason; this one was not missed.",
        ));
    }
    let reason = checked("reason", reason)?;
    if reason.is_empty() {
        return Err(Problem::invalid("reason", "Say why the run was missed."));
    }
    let entry = json!({"reason": reason});
    let set =
        cadence_run::ActiveModel { state: Set(RunState::Missed), reason: Set(reason), ..Default::default() };
    write(tx, actor, &held.run, set, "run.explain", entry, now).await
}

/// Writes a run with a version check and an audit entry.
async fn write(
    tx: &DatabaseTransaction,
    actor: &Actor,
    before: &cadence_run::Model,
    set: cadence_run::ActiveModel,
    action: &str,
    entry: Value,
    now: DateTime<Utc>,
) -> Result<cadence_run::Model, Problem> {
    let set = cadence_run::ActiveModel { version: Set(before.version + 1), updated_at: Set(now), ..set };
    let updated = cadence_run::Entity::update_many()
        .set(set)
        .filter(cadence_run::Column::Id.eq(before.id))
        .filter(cadence_run::Column::Version.eq(before.version))
        .exec(tx)
        .await?;
    if updated.rows_affected != 1 {
        return Err(Problem::new(Kind::Stale, "The run was changed meanwhile; read it again and repeat."));
    }
    audit_log::add(tx, actor, action, &format!("run-{}", before.id), entry, now).await?;
    cadence_run::Entity::find_by_id(before.id).one(tx).await?.ok_or_else(|| Problem::not_found("such run"))
}

/// Notes when the cadence was last done, and works out anew by when its planned runs are due.
async fn pull_planned_runs(
    tx: &DatabaseTransaction,
    policies: &Policies,
    cadence: cadence::Model,
    done_on: NaiveDate,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let last_done_on = cadence.last_done_on.max(Some(done_on));
    let mut plan = Definition::of(&cadence)?.plan(holidays(policies))?;
    if cadence.active && cadence.look_again_at <= now {
        // The timer has not looked yet; the run to be pulled has to be there first.
        super::tick::make_runs(tx, cadence.clone(), &plan, now).await?;
    }
    cadence::Entity::update_many()
        .set(cadence::ActiveModel { last_done_on: Set(last_done_on), ..Default::default() })
        .filter(cadence::Column::Id.eq(cadence.id))
        .exec(tx)
        .await?;
    if cadence.ceiling_months.is_none() {
        return Ok(());
    }
    plan.last_done_on = last_done_on;
    let open = cadence_run::Entity::find()
        .filter(cadence_run::Column::CadenceId.eq(cadence.id))
        .filter(cadence_run::Column::State.is_in([RunState::Planned, RunState::Due, RunState::InProgress]))
        .order_by_asc(cadence_run::Column::ScheduledAt)
        .all(tx)
        .await?;
    let mut held_on = last_done_on;
    for run in open {
        let mut due_on = run.due_on;
        if run.state == RunState::Planned {
            due_on = pull(tx, &plan, &run, held_on, now).await?;
        }
        held_on = held_on.max(Some(due_on));
    }
    Ok(())
}

async fn pull(
    tx: &DatabaseTransaction,
    plan: &Plan,
    run: &cadence_run::Model,
    held_on: Option<NaiveDate>,
    now: DateTime<Utc>,
) -> Result<NaiveDate, Problem> {
    let occurrence = Occurrence { scheduled_on: run.scheduled_on, at: run.scheduled_at };
    let pulled = plan.run(occurrence, held_on);
    if pulled.due_on != run.due_on {
        cadence_run::Entity::update_many()
            .set(cadence_run::ActiveModel {
                opens_at: Set(pulled.window.opens_at),
                due_on: Set(pulled.due_on),
                due_at: Set(pulled.window.due_at),
                missed_at: Set(pulled.window.ends_at),
                version: Set(run.version + 1),
                updated_at: Set(now),
                ..Default::default()
            })
            .filter(cadence_run::Column::Id.eq(run.id))
            .exec(tx)
            .await?;
    }
    Ok(pulled.due_on)
}

fn checked(field: &str, text: &str) -> Result<String, Problem> {
    if text.chars().count() > MAX_TEXT {
        return Err(Problem::invalid(field, format!("Use at most {MAX_TEXT} characters.")));
    }
    Ok(text.trim().to_owned())
}

fn check_link(text: &str) -> Result<(), Problem> {
    let is_page = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if is_page && text.len() <= MAX_LINK {
        Ok(())
    } else {
        Err(Problem::invalid("evidence_url", "Give the address of a page, beginning with https://."))
    }
}

fn refused(refusal: RunRefusal) -> Problem {
    let text = format!("{refusal}.");
    match refusal {
        RunRefusal::NoEvidence => Problem::invalid("evidence", text),
        RunRefusal::NoReason => Problem::invalid("reason", text),
        RunRefusal::SnoozedTooFar { .. } => Problem::invalid("until", text),
        RunRefusal::NeedsAnotherPerson => Problem::new(Kind::Forbidden, text),
        RunRefusal::Over { .. } | RunRefusal::TooEarly { .. } | RunRefusal::SnoozedOut => {
            Problem::new(Kind::Conflict, text)
        }
    }
}
