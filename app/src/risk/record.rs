//! The one writer of changes to risks: the row with a version check, the event, the due dates replayed from all
//! events, the audit entry, and a job for each effect.
//!
//! A person's step is the case of one change, an import's absences are the case of many.

use abate_entity::lifecycle::{State, Via};
use abate_entity::{audit_entry, risk, risk_event, risk_rating};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait,
    QueryFilter,
};
use serde_json::{Map, Value};

use super::clock::{Clock, ClockEvent, Happening};
use super::difference::{Difference, merged};
use super::evidence::{self, NewEvidence};
use super::key::RiskKey;
use super::past_clock::earlier_clock_events;
pub use super::past_clock::{clock_events, clock_events_of_all};
use super::rate::{self, NewRating};
use super::standing::Standing;
use super::{affected, dismissal, forensics, nearer_rules, pause};
use crate::acceptance::keep;
use crate::access::actor::Actor;
use crate::audit_log;
use crate::platform::clock::never;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::policy::ruling::{self, Placed, Ruling};
use crate::ticket::rule::store::may_want;
use crate::ticket::wish;

/// Rows that go into one INSERT.
const CHUNK: usize = 500;

/// Who changes something, through what and when.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// The person, none for the system.
    pub actor_id: Option<i64>,
    /// Through what.
    pub via: Via,
    /// When it is written down.
    pub now: DateTime<Utc>,
    /// The policies in force.
    pub policies: &'a Policies,
    /// Whether each change gets its audit entry; an import has one for all, with the digest of its plan.
    pub audit_each: bool,
}

impl<'a> Occasion<'a> {
    /// A person's own step.
    #[must_use]
    pub fn by(actor: &Actor, now: DateTime<Utc>, policies: &'a Policies) -> Self {
        Self::of(Some(actor.id), actor.via, now, policies)
    }

    /// What the system does by itself.
    #[must_use]
    pub fn system(via: Via, now: DateTime<Utc>, policies: &'a Policies) -> Self {
        Self::of(None, via, now, policies)
    }

    /// A step of a person that may be unknown.
    #[must_use]
    pub fn of(actor_id: Option<i64>, via: Via, now: DateTime<Utc>, policies: &'a Policies) -> Self {
        Self { actor_id, via, now, policies, audit_each: true }
    }

    /// What an import does: its one audit entry is the importer's to write.
    #[must_use]
    pub fn of_import(actor_id: Option<i64>, now: DateTime<Utc>, policies: &'a Policies) -> Self {
        Self { audit_each: false, ..Self::of(actor_id, Via::Import, now, policies) }
    }

    /// What the system does because of it, a rule rather than whoever is at work here.
    #[must_use]
    pub fn by_system(self, via: Via) -> Self {
        Self { actor_id: None, via, ..self }
    }
}

/// A change of one risk.
#[derive(Clone, Debug)]
pub struct Change {
    /// The risk as it was seen.
    pub before: risk::Model,
    /// The columns to write.
    pub set: risk::ActiveModel,
    /// What the lifecycle looks at besides columns.
    pub standing: Standing,
    /// What happened.
    pub event: NewEvent,
    /// What it brings to show that something was done.
    pub evidence: Vec<NewEvidence>,
}

impl Change {
    /// A change that writes nothing yet.
    ///
    /// # Errors
    /// When the row was written by something else.
    pub fn of(before: risk::Model, event: NewEvent) -> Result<Self, Problem> {
        let standing = Standing::of(&before)?;
        let set = risk::ActiveModel { id: Set(before.id), ..Default::default() };
        Ok(Self { before, set, standing, event, evidence: Vec::new() })
    }
}

/// What happened to a risk.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// The event of the lifecycle, or created, edited, commented, evidence_added, evidence_withdrawn.
    pub kind: &'static str,
    /// The row of the lifecycle table.
    pub transition: Option<&'static str>,
    /// When it took effect.
    pub effective_at: DateTime<Utc>,
    /// Why, in that person's words.
    pub reason: String,
    /// What it means for the clocks, each with the time from which it counts.
    pub clock: Vec<(DateTime<Utc>, Happening)>,
    /// Fields and inputs that explain it.
    pub data: Map<String, Value>,
    /// Ratings that come with it.
    pub ratings: Vec<NewRating>,
}

impl NewEvent {
    /// An event that does not move a clock.
    #[must_use]
    pub fn plain(kind: &'static str, at: DateTime<Utc>) -> Self {
        Self {
            kind,
            transition: None,
            effective_at: at,
            reason: String::new(),
            clock: Vec::new(),
            data: Map::new(),
            ratings: Vec::new(),
        }
    }
}

/// Writes changes; answers the risks as they are now, in the order of the changes.
///
/// # Errors
/// 412 when a risk was changed meanwhile; nothing is written then.
pub async fn record(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    changes: Vec<Change>,
) -> Result<Vec<risk::Model>, Problem> {
    let mut earlier = earlier_clock_events(tx, &changes).await?;
    let moved = changes.iter().filter(|change| !change.event.clock.is_empty());
    let ruled: Vec<Placed> = moved.map(|change| placed(&change.before, &change.set)).collect();
    let rulings = ruling::of_risks(tx, occasion.policies, &ruled).await?;
    let mut events = Vec::with_capacity(changes.len());
    let mut entries = Vec::new();
    let mut ratings = Vec::new();
    let mut shown = Vec::new();
    let mut dismissed = Vec::new();
    let mut after = Vec::with_capacity(changes.len());
    for mut change in changes {
        let version = change.before.version + 1;
        let acceptances = keep::follow(occasion, &change)?;
        let ruling = rulings.get(&change.before.id);
        let happenings = std::mem::take(&mut change.event.clock);
        let clock = ruling.map(|ruling| ruling.stamp(happenings)).unwrap_or_default();
        if let Some(ruling) = ruling.filter(|_| !clock.is_empty()) {
            let mut all = earlier.remove(&change.before.id).unwrap_or_default();
            all.extend(clock.iter().cloned());
            let before = change.before.due_on;
            let replayed = set_due_dates(&mut change.set, before, &all, occasion, ruling)?;
            change.standing.paused_days = replayed.paused_days();
        }
        change.set.standing = Set(change.standing.to_json()?);
        change.set.version = Set(version);
        change.set.updated_at = Set(occasion.now);
        let updated = risk::Entity::update_many()
            .set(change.set.clone())
            .filter(risk::Column::Id.eq(change.before.id))
            .filter(risk::Column::Version.eq(change.before.version))
            .exec(tx)
            .await?;
        if updated.rows_affected != 1 {
            return Err(stale(change.before.id));
        }
        keep::write(tx, acceptances).await?;
        dismissed.extend(dismissal::is_one(&change).then_some(change.before.id));
        pause::tell(tx, occasion, &change, version).await?;
        let to_state = match &change.set.state {
            Set(state) => *state,
            _ => change.before.state,
        };
        let risk = merged(&change.before, &change.set);
        let difference = Difference::between(&change.before, &risk);
        forensics::follow(tx, occasion, &risk, &clock).await?;
        shown.extend(change.evidence.drain(..).map(|new| new.row(risk.id, occasion)));
        entries.extend(occasion.audit_each.then(|| audit(occasion, &change, &difference, to_state)));
        ratings.extend(rating_rows(occasion, &mut change.event, (risk.id, version)));
        events.push(event(occasion, change, &difference, version, to_state, &clock)?);
        after.push(risk);
    }
    wish::enqueue(tx, &after, occasion.now).await?;
    dismissal::keep(tx, &dismissed).await?;
    insert_events(tx, events).await?;
    rate::insert(tx, ratings).await?;
    evidence::write(tx, shown).await?;
    if !entries.is_empty() {
        audit_entry::Entity::insert_many(entries).exec_without_returning(tx).await?;
    }
    Ok(after)
}

/// Writes a new risk, complete but for the due dates, with its further assets and its first event.
///
/// # Errors
/// When the database refuses.
pub async fn create(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    mut new: risk::ActiveModel,
    further_assets: &[i64],
    mut first: NewEvent,
) -> Result<risk::Model, Problem> {
    let assets: Vec<i64> = [given(&new.asset_id)].into_iter().chain(further_assets.iter().copied()).collect();
    let affected = affected::of_assets(tx, &assets).await?;
    let ruling = occasion.policies.ruling(&affected, given(&new.team_id));
    let clock = ruling.stamp(first.clock.clone());
    set_due_dates(&mut new, None, &clock, occasion, &ruling)?;
    new.version = Set(1);
    new.created_at = Set(occasion.now);
    new.updated_at = Set(occasion.now);
    let risk = new.insert(tx).await?;
    affected::add(tx, risk.id, further_assets).await?;
    rate::insert(tx, rating_rows(occasion, &mut first, (risk.id, 1))).await?;
    let change = Change {
        set: risk::ActiveModel { state: Set(risk.state), ..Default::default() },
        standing: Standing::of(&risk)?,
        before: risk.clone(),
        event: first,
        evidence: Vec::new(),
    };
    let difference = Difference::new_risk(&risk);
    if occasion.audit_each {
        let entry = audit(occasion, &change, &difference, risk.state);
        audit_entry::Entity::insert(entry).exec_without_returning(tx).await?;
    }
    let mut event = event(occasion, change, &difference, 1, risk.state, &clock)?;
    event.from_state = Set(None);
    insert_events(tx, vec![event]).await?;
    // An import can bring thousands, and nearly all of them begin without a ticket.
    if may_want(risk.state, risk.ticket_wanted) {
        wish::enqueue(tx, std::slice::from_ref(&risk), occasion.now).await?;
    }
    Ok(risk)
}

/// The due dates that `events` lead to, written into the columns. What is said now is the last of them.
fn set_due_dates(
    set: &mut risk::ActiveModel,
    before: Option<NaiveDate>,
    events: &[ClockEvent],
    occasion: &Occasion<'_>,
    ruling: &Ruling,
) -> Result<Clock, Problem> {
    let policies = occasion.policies;
    let clock = Clock::replay(events, &policies.versions).map_err(Problem::internal)?;
    set.triage_due_at = Set(running_triage(&clock).unwrap_or_else(never));
    set.due_at = Set(clock.due.map_or_else(never, |due| due.at));
    let due_on = clock.due.map(|due| due.on);
    let judged = events.iter().any(|event| matches!(event.happening, Happening::Judged(_)));
    if let Some(since) = nearer_rules::since(before, due_on, judged, occasion.now) {
        set.due_nearer_at = Set(since);
    }
    set.due_on = Set(due_on);
    let zone = clock.due.map_or_else(|| policies.zone_labelled(&ruling.calendar), |due| due.zone);
    set.due_zone = Set(zone.name().to_owned());
    set.policy_id = Set(ruling.policy_id);
    Ok(clock)
}

/// When triage is due, while it runs.
fn running_triage(clock: &Clock) -> Option<DateTime<Utc>> {
    clock.triage_due_at.filter(|_| clock.triage_left_at.is_none())
}

/// Where a risk is after a change.
fn placed(before: &risk::Model, set: &risk::ActiveModel) -> Placed {
    let after = |value: &ActiveValue<i64>, before| if value.is_set() { given(value) } else { before };
    Placed {
        risk_id: before.id,
        asset_id: after(&set.asset_id, before.asset_id),
        team_id: after(&set.team_id, before.team_id),
    }
}

/// A number that was set.
fn given(value: &ActiveValue<i64>) -> i64 {
    match value {
        Set(number) | ActiveValue::Unchanged(number) => *number,
        ActiveValue::NotSet => 0,
    }
}

fn event(
    occasion: &Occasion<'_>,
    change: Change,
    difference: &Difference,
    version: i32,
    to_state: State,
    clock: &[ClockEvent],
) -> Result<risk_event::ActiveModel, Problem> {
    let mut data = change.event.data;
    difference.write_into(&mut data);
    if !clock.is_empty() {
        data.insert("clock".to_owned(), serde_json::to_value(clock).map_err(Problem::internal)?);
        data.insert("tzdata".to_owned(), chrono_tz::IANA_TZDB_VERSION.into());
    }
    Ok(risk_event::ActiveModel {
        risk_id: Set(change.before.id),
        version: Set(version),
        kind: Set(change.event.kind.to_owned()),
        transition: Set(change.event.transition.map(str::to_owned)),
        from_state: Set(Some(change.before.state)),
        to_state: Set(Some(to_state)),
        effective_at: Set(change.event.effective_at),
        recorded_at: Set(occasion.now),
        actor_id: Set(occasion.actor_id),
        via: Set(occasion.via.as_str().to_owned()),
        reason: Set(change.event.reason),
        data: Set(Value::Object(data)),
        ..Default::default()
    })
}

fn audit(
    occasion: &Occasion<'_>,
    change: &Change,
    difference: &Difference,
    to_state: State,
) -> audit_entry::ActiveModel {
    let data = difference.told((change.before.state, to_state), &change.event.reason, &change.event.data);
    let action = format!("risk.{}", change.event.kind);
    let subject = RiskKey(change.before.id).to_string();
    audit_log::entry(occasion.actor_id, occasion.via, &action, &subject, data, occasion.now)
}

async fn insert_events(
    tx: &DatabaseTransaction,
    events: Vec<risk_event::ActiveModel>,
) -> Result<(), Problem> {
    let mut events = events.into_iter().peekable();
    while events.peek().is_some() {
        let chunk: Vec<_> = events.by_ref().take(CHUNK).collect();
        risk_event::Entity::insert_many(chunk).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// The ratings of an event, to be kept beside it.
fn rating_rows(
    occasion: &Occasion<'_>,
    event: &mut NewEvent,
    of: (i64, i32),
) -> Vec<risk_rating::ActiveModel> {
    let ratings = std::mem::take(&mut event.ratings);
    ratings.into_iter().map(|rating| rate::row(rating, of, occasion, &event.reason)).collect()
}

fn stale(risk_id: i64) -> Problem {
    Problem::new(
        Kind::Stale,
        format!("{} was changed by somebody else meanwhile; read it again and repeat.", RiskKey(risk_id)),
    )
}
