//! Works the dates of open risks out again after the policies, a calendar, an asset or a team changed.
//!
//! The job looks at a page of risks and queues the next page in the same transaction, so that it goes on where it was
//! after a crash; a risk whose date does not move is left as it is, so that it may run twice.

use std::collections::HashMap;

use abate_entity::lifecycle::{State, Via};
use abate_entity::risk;
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::Policies;
use super::recompute_rules::{self, Outcome};
use super::ruling::{self, Placed, Ruling};
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::Problem;
use crate::risk::clock::{Clock, Happening};
use crate::risk::record::{self, Change, NewEvent, Occasion};
use crate::risk::{affected, judgement};
use crate::state::AppState;

/// The name of the job.
const KIND: &str = "policy";
/// Every open risk.
pub const ALL: &str = "all";
/// Risks that are written at a time.
pub(super) const BATCH: u64 = 500;
/// Works a page of risks out again; the subject is the scope and the number after which to go on.
pub const JOB: Job<AppState> = Job { kind: KIND, lease: Duration::seconds(120), run };

/// Wants the open risks of a scope worked out again: `all`, or what [`of_asset`] and [`of_team`] name.
///
/// # Errors
/// When the database refuses.
pub async fn want(tx: &impl ConnectionTrait, scope: &str, now: DateTime<Utc>) -> Result<(), Problem> {
    Ok(queue::enqueue(tx, KIND, &format!("{scope}:0"), now, now).await?)
}

/// The open risks that affect an asset.
#[must_use]
pub fn of_asset(asset_id: i64) -> String {
    format!("asset-{asset_id}")
}

/// The open risks of a team.
#[must_use]
pub fn of_team(team_id: i64) -> String {
    format!("team-{team_id}")
}

fn run<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(async move {
        let Some((scope, after)) = subject.rsplit_once(':') else { return Ok(()) };
        let Ok(after) = after.parse() else { return Ok(()) };
        let now = state.clock.now();
        state.database.write(async |tx| page(tx, scope, after, now).await).await?;
        state.database.make_way().await;
        Ok(())
    })
}

async fn page(
    tx: &sea_orm::DatabaseTransaction,
    scope: &str,
    after: i64,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let policies = Policies::load(tx).await?;
    let looked = look(tx, &policies, scope, after, now).await?;
    let Some(last) = looked.last else { return Ok(()) };
    let occasion = Occasion::system(Via::Timer, now, &policies);
    let (moved, same): (Vec<_>, Vec<_>) =
        looked.found.into_iter().partition(|found| found.outcome.is_ruled_anew());
    let changes = moved.into_iter().map(|found| change(found, now)).collect::<Result<Vec<_>, Problem>>()?;
    // The entry of whoever published is the one of them all, and each event has both dates.
    let of_all = Occasion { audit_each: scope != ALL, ..occasion };
    let mut risks = record::record(tx, &of_all, changes).await?;
    risks.extend(same.into_iter().map(|found| found.risk));
    // A policy may ask for the directive where none did before. What that says has an entry for each risk, as always.
    judgement::settle(tx, &occasion, risks).await?;
    Ok(queue::enqueue(tx, KIND, &format!("{scope}:{last}"), now, now).await?)
}

fn change(found: Found, now: DateTime<Utc>) -> Result<Change, Problem> {
    let Outcome { old, ruled: new, old_policies, .. } = found.outcome;
    let mut event = NewEvent::plain("recomputed", now);
    event.reason = "Other policies for due dates hold.".to_owned();
    event.clock = vec![(now, Happening::PolicyChanged)];
    let due = json!({
        "from": {"due_at": old.map(|date| date.at), "due_on": old.and_then(|date| date.on), "policies": old_policies},
        "to": {
            "due_at": new.map(|date| date.at), "due_on": new.and_then(|date| date.on), "policies": found.ruling.policies,
        },
    });
    event.data.insert("due".to_owned(), due);
    Change::of(found.risk, event)
}

/// A risk that another ruling holds for than before, or of which the directive says something new.
pub(super) struct Found {
    pub(super) risk: risk::Model,
    pub(super) ruling: Ruling,
    pub(super) outcome: Outcome,
}

/// A page of risks that was looked at.
pub(super) struct Looked {
    /// How many there were.
    pub(super) count: u64,
    /// The last of them, none when there were none.
    pub(super) last: Option<i64>,
    /// Those for which something is otherwise.
    pub(super) found: Vec<Found>,
}

/// Looks at the next open risks of a scope, and at what would become of them.
pub(super) async fn look(
    db: &impl ConnectionTrait,
    policies: &Policies,
    scope: &str,
    after: i64,
    now: DateTime<Utc>,
) -> Result<Looked, Problem> {
    let open = State::ALL.iter().copied().filter(|state| state.is_open());
    let mut query = risk::Entity::find()
        .filter(risk::Column::State.is_in(open))
        .filter(risk::Column::Id.gt(after))
        .order_by_asc(risk::Column::Id)
        .limit(BATCH);
    let number = |kind: &str| scope.strip_prefix(kind).and_then(|id| id.parse::<i64>().ok());
    if let Some(asset_id) = number("asset-") {
        query = query.filter(affected::on(asset_id));
    } else if let Some(team_id) = number("team-") {
        query = query.filter(risk::Column::TeamId.eq(team_id));
    }
    let risks = query.all(db).await?;
    let ids: Vec<i64> = risks.iter().map(|risk| risk.id).collect();
    let mut events: HashMap<_, _> = record::clock_events_of_all(db, &ids).await?;
    let placed: Vec<Placed> = risks.iter().map(Placed::from).collect();
    let rulings = ruling::of_risks(db, policies, &placed).await?;
    let mut judged = judgement::under(db, policies, &risks, &rulings).await?;
    let mut looked = Looked { count: risks.len() as u64, last: ids.last().copied(), found: Vec::new() };
    for risk in risks {
        let Some(ruling) = rulings.get(&risk.id) else { continue };
        let events = events.remove(&risk.id).unwrap_or_default();
        let clock = Clock::replay(&events, &policies.versions).map_err(Problem::internal)?;
        let news = judgement::news(&risk, &clock, judged.remove(&risk.id).unwrap_or_default());
        let outcome = recompute_rules::outcome(&clock, ruling, &news, &policies.versions, now);
        if let Some(outcome) = outcome.map_err(Problem::internal)? {
            looked.found.push(Found { risk, ruling: ruling.clone(), outcome });
        }
    }
    Ok(looked)
}
