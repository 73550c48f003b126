//! The timer of the ladder: notes each step that a risk has reached towards its due date and beyond, once, and wants
//! the lines for those it is for. How many they are, the bundle makes one message a person of them.

use std::collections::{BTreeSet, HashMap};

use abate_entity::lifecycle::State;
use abate_entity::{asset, risk, risk_ladder, risk_snooze};
use chrono::{DateTime, Duration, NaiveDate, SecondsFormat, Utc};
use chrono_tz::Tz;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QuerySelect,
};

use super::ladder_rules::{Audience, Due, Person, Reached, Step, due_days, reached, steps};
use super::overtaken::{drop_earlier, drop_overtaken};
use super::roster::Roster;
use super::unowned;
use crate::access::role::Role;
use crate::calendar::business_day::Holidays;
use crate::message::notice as notices;
use crate::message::notice::NewNotice;
use crate::page::due::day;
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::setting;
use crate::platform::timer::Timer;
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// Climbs.
pub const TIMER: Timer<AppState> = Timer { name: "owner.ladder", every: Duration::minutes(1), run };

/// The setting that is set while a climb is under way; what it wants is not told before it is through.
pub const CLIMBING: &str = "ladder_climbing";
/// The kind of the notices.
pub(crate) const KIND: &str = "ladder";
/// The setting that says up to when was looked.
const LOOKED_UNTIL: &str = "ladder_until";
/// A change that was not yet committed when it was looked for is found the next time.
const OVERLAP: Duration = Duration::minutes(5);
/// Steps of a day have a time that is a quarter of an hour in every zone; between those, less is looked at.
const QUARTER: i64 = 15 * 60;
/// How far ahead of a due date the first step lies, and a day.
const AHEAD: Duration = Duration::days(16);
/// How long a short ladder is, and a day.
const SHORT: Duration = Duration::days(4);
/// Risks of one transaction.
const AT_A_TIME: usize = 1000;
/// Rows of one statement.
const CHUNK: usize = 500;

/// What a step is there once for.
const ONCE: [risk_ladder::Column; 4] = [
    risk_ladder::Column::RiskId,
    risk_ladder::Column::DueOn,
    risk_ladder::Column::Step,
    risk_ladder::Column::UserId,
];

/// The states in which the owner is asked to hurry. A claimed fix waits for others.
pub(super) const CLIMBED: [State; 3] = [State::Open, State::InProgress, State::Blocked];

/// What a climb goes by.
pub(super) struct Climb {
    pub(super) roster: Roster,
    pub(super) zone: Tz,
    pub(super) now: DateTime<Utc>,
}

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let db = state.database.reader();
        let now = state.clock.now();
        let last = setting::read(db, LOOKED_UNTIL).await?.and_then(|text| text.parse().ok());
        let whole = last.is_none_or(|last| quarter(last) != quarter(now));
        let policies = Policies::load(db).await?;
        let climb = Climb { roster: Roster::read(db, &policies).await?, zone: policies.zone, now };
        drop_overtaken(state).await?;
        let candidates = candidates(db, last, whole, now, &climb.roster.holidays).await?;
        for ids in candidates.chunks(AT_A_TIME) {
            if !plan(db, &climb, ids).await?.is_empty() {
                state.database.write(async |tx| write(tx, &climb, ids).await).await?;
            }
        }
        if whole {
            unowned::look(state, &climb).await?;
        }
        let until = now.to_rfc3339_opts(SecondsFormat::Micros, true);
        state
            .database
            .write(async |tx| {
                setting::write(tx, LOOKED_UNTIL, &until).await?;
                Ok(setting::write(tx, CLIMBING, "").await?)
            })
            .await
    })
}

fn quarter(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(QUARTER)
}

/// The risks that may have reached a step since the last look.
async fn candidates(
    db: &impl ConnectionTrait,
    last: Option<DateTime<Utc>>,
    whole: bool,
    now: DateTime<Utc>,
    holidays: &Holidays,
) -> Result<Vec<i64>, Problem> {
    let mut conditions = Vec::new();
    match last {
        None => conditions.push(Condition::all()),
        Some(last) => {
            conditions.push(Condition::all().add(risk::Column::UpdatedAt.gte(last - OVERLAP)));
            if whole {
                let days = due_days(last - OVERLAP, now, holidays);
                conditions.push(Condition::all().add(risk::Column::DueOn.is_in(days)));
            }
            let late = Condition::all()
                .add(risk::Column::DueAt.gte(last - OVERLAP))
                .add(risk::Column::DueAt.lte(now));
            conditions.push(late);
            let short = Condition::all()
                .add(risk::Column::DueAt.gte(last - SHORT))
                .add(risk::Column::DueAt.lte(now + SHORT))
                .add(risk::Column::SlaStartAt.gte(last - SHORT));
            conditions.push(short);
            conditions.push(Condition::all().add(risk::Column::DueNearerAt.gte(last - SHORT)));
        }
    }
    let mut found = BTreeSet::new();
    for condition in conditions {
        let ids: Vec<i64> = risk::Entity::find()
            .select_only()
            .column(risk::Column::Id)
            .filter(risk::Column::State.is_in(CLIMBED))
            .filter(risk::Column::DueAt.lte(now + AHEAD))
            .filter(risk::Column::DueOn.is_not_null())
            .filter(condition)
            .into_tuple()
            .all(db)
            .await?;
        found.extend(ids);
    }
    Ok(found.into_iter().collect())
}

/// The steps of these risks that were reached and not noted.
async fn plan(
    db: &impl ConnectionTrait,
    climb: &Climb,
    ids: &[i64],
) -> Result<Vec<(risk::Model, NaiveDate, Reached)>, Problem> {
    let risks = risk::Entity::find()
        .filter(risk::Column::Id.is_in(ids.iter().copied()))
        .filter(risk::Column::State.is_in(CLIMBED))
        .all(db)
        .await?;
    let noted = noted(db, ids).await?;
    let snoozed = snoozed(db, ids).await?;
    let owners = asset_owners(db, &risks).await?;
    let mut found = Vec::new();
    for risk in risks {
        let Some(on) = risk.due_on else { continue };
        let zone = risk.due_zone.parse().unwrap_or(climb.zone);
        // What came nearer has hurried since then only.
        let started_at = risk.due_nearer_at.map_or(risk.sla_start_at, |at| at.max(risk.sla_start_at));
        let due = Due { on, at: risk.due_at, zone, started_at, known_at: risk.created_at };
        let none = BTreeSet::new();
        let noted = noted.get(&(risk.id, on)).unwrap_or(&none);
        let asset_owner = owners.get(&risk.asset_id).copied();
        let people = |audience| {
            let person = |id: i64| Person {
                id,
                hours: climb.roster.hours(id),
                snoozed_until: snoozed.get(&(risk.id, on, id)).copied(),
            };
            whom(&climb.roster, &risk, asset_owner, audience).into_iter().map(person).collect()
        };
        let holidays = &climb.roster.holidays;
        let steps = steps(&due, holidays);
        let reached = reached(&steps, due.known_at, noted, people, risk.level, holidays, climb.now);
        found.extend(reached.into_iter().map(|reached| (risk.clone(), on, reached)));
    }
    Ok(found)
}

async fn write(tx: &DatabaseTransaction, climb: &Climb, ids: &[i64]) -> Result<(), Problem> {
    let reached = plan(tx, climb, ids).await?;
    setting::write(tx, CLIMBING, &climb.now.to_rfc3339_opts(SecondsFormat::Micros, true)).await?;
    note(tx, climb.now, &reached).await
}

/// Notes steps and wants their lines.
pub(super) async fn note(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    reached: &[(risk::Model, NaiveDate, Reached)],
) -> Result<(), Problem> {
    for chunk in reached.chunks(CHUNK) {
        let rows = chunk.iter().map(|(risk, on, reached)| risk_ladder::ActiveModel {
            risk_id: Set(risk.id),
            due_on: Set(*on),
            step: Set(reached.step.as_str().to_owned()),
            user_id: Set(reached.user_id),
            about_at: Set(reached.about_at),
            state: Set(if reached.tell_at.is_some() { "told" } else { "skipped" }.to_owned()),
            created_at: Set(now),
            ..Default::default()
        });
        risk_ladder::Entity::insert_many(rows)
            .on_conflict(OnConflict::columns(ONCE).do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
    }
    drop_earlier(tx, reached).await?;
    for (risk, on, reached) in reached {
        let Some(tell_at) = reached.tell_at else { continue };
        let key = RiskKey(risk.id);
        let new = NewNotice {
            key: format!("{KIND}/{key}/{on}/{}/{}", reached.step, reached.user_id),
            user_id: reached.user_id,
            kind: KIND,
            risk_id: Some(risk.id),
            text: line(risk, *on, reached.step),
            link: format!("/risks/{key}"),
            urgent: risk.level == abate_entity::level::Level::Critical,
            about_at: reached.about_at,
            not_before: tell_at,
        };
        notices::want(tx, now, new).await?;
    }
    Ok(())
}

/// What a step says: key, level and dates only, so that nothing confidential travels.
fn line(risk: &risk::Model, on: NaiveDate, step: Step) -> String {
    let (key, level, on) = (RiskKey(risk.id), risk.level, day(on));
    match step {
        Step::Before14 | Step::Before7 | Step::Before3 | Step::Before1 => {
            format!("{key} ({level}) is due {on}.")
        }
        Step::Late => format!("{key} ({level}) is late: it was due {on}."),
        Step::Late3 => format!("{key} ({level}) is late for three business days: it was due {on}."),
        Step::Late7 => format!("{key} ({level}) is late for seven business days: it was due {on}."),
        Step::Hour0 | Step::Hour24 | Step::Hour48 | Step::Hour60 | Step::Hour72 => {
            format!("{key} ({level}) has to be gone within days: it is due {on}.")
        }
        Step::Unowned => format!("{key} ({level}) has no owner. Name one."),
        Step::Left => format!("{key} ({level}) has no owner any more: they left. Name one."),
    }
}

/// Whom a step is for: who is asked first, else those above, else the channel.
pub(super) fn whom(
    roster: &Roster,
    risk: &risk::Model,
    asset_owner: Option<i64>,
    audience: Audience,
) -> Vec<i64> {
    let team = risk.team_id;
    let heads = || roster.holders(Role::HeadOfSecurity, team);
    let owner = || {
        let here = risk.owner_id.into_iter().chain(asset_owner).find(|id| roster.is_here(*id));
        here.or_else(|| roster.lead(team))
    };
    let mut people: Vec<i64> = match audience {
        Audience::Owner => owner().into_iter().collect(),
        Audience::OwnerAndLead => owner().into_iter().chain(roster.lead(team)).collect(),
        Audience::Lead => roster.lead(team).into_iter().collect(),
        Audience::HeadOfSecurity => heads(),
        Audience::Executive => roster.holders(Role::Executive, team),
    };
    people.sort_unstable();
    people.dedup();
    if people.is_empty() && audience != Audience::Executive {
        people = heads();
    }
    if people.is_empty() {
        people = roster.holders(Role::Executive, team);
    }
    if people.is_empty() {
        people.push(0);
    }
    people
}

async fn noted(
    db: &impl ConnectionTrait,
    ids: &[i64],
) -> Result<HashMap<(i64, NaiveDate), BTreeSet<Step>>, Problem> {
    let rows: Vec<(i64, NaiveDate, String)> = risk_ladder::Entity::find()
        .select_only()
        .columns([risk_ladder::Column::RiskId, risk_ladder::Column::DueOn, risk_ladder::Column::Step])
        .filter(risk_ladder::Column::RiskId.is_in(ids.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    let mut noted: HashMap<(i64, NaiveDate), BTreeSet<Step>> = HashMap::new();
    for (risk_id, on, step) in rows {
        if let Ok(step) = step.parse() {
            noted.entry((risk_id, on)).or_default().insert(step);
        }
    }
    Ok(noted)
}

async fn snoozed(
    db: &impl ConnectionTrait,
    ids: &[i64],
) -> Result<HashMap<(i64, NaiveDate, i64), DateTime<Utc>>, Problem> {
    let rows = risk_snooze::Entity::find()
        .filter(risk_snooze::Column::RiskId.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    let mut snoozed: HashMap<_, DateTime<Utc>> = HashMap::new();
    for row in rows {
        let until = snoozed.entry((row.risk_id, row.due_on, row.user_id)).or_insert(row.until);
        *until = std::cmp::max(row.until, *until);
    }
    Ok(snoozed)
}

/// Who owns the assets of these risks.
pub(super) async fn asset_owners(
    db: &impl ConnectionTrait,
    risks: &[risk::Model],
) -> Result<HashMap<i64, i64>, Problem> {
    let ids: BTreeSet<i64> = risks.iter().map(|risk| risk.asset_id).collect();
    let rows: Vec<(i64, Option<i64>)> = asset::Entity::find()
        .select_only()
        .columns([asset::Column::Id, asset::Column::OwnerId])
        .filter(asset::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(id, owner)| Some((id, owner?))).collect())
}
