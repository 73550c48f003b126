//! The tickets that a team gets in a day: what is over the cap is held, and let go on the days after, the worst first.

use std::collections::HashMap;

use abate_entity::{risk, team, ticket, ticket_group, ticket_group_member};
use chrono::{DateTime, Days, Duration, NaiveTime, Utc};
use chrono_tz::Tz;
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait,
    JoinType, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::store;
use crate::calendar::local_time::to_utc;
use crate::jobs;
use crate::platform::job::{Work, queue};
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;
use crate::ticket::group::model::GroupKind;
use crate::ticket::reconcile;
use crate::ticket::ticket_rules::TicketState;

/// Lets tickets go whose day has come.
pub const TIMER: Timer<AppState> = Timer { name: "ticket_cap", every: Duration::minutes(1), run: tick };
/// How many are looked at in one run.
const BATCH: u64 = 1_000;

fn tick(state: &AppState) -> Work<'_> {
    Box::pin(run(state))
}

/// The day that a cap counts for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Day {
    /// When it began.
    pub(crate) began: DateTime<Utc>,
    /// When the next one begins.
    pub(crate) ends: DateTime<Utc>,
}

impl Day {
    /// The day of `now` in the organisation's zone.
    pub(crate) fn of(now: DateTime<Utc>, zone: Tz) -> Self {
        let today = now.with_timezone(&zone).date_naive();
        let next = today.checked_add_days(Days::new(1)).unwrap_or(today);
        let start = |day: chrono::NaiveDate| to_utc(zone, day.and_time(NaiveTime::MIN));
        Self { began: start(today), ends: start(next) }
    }
}

/// How many more tickets a team gets on a day, where those that somebody asked for do not count; others who ask for the same
/// team wait until this transaction ends.
pub(crate) async fn room(
    tx: &DatabaseTransaction,
    cap: Option<i32>,
    team_id: i64,
    day: Day,
) -> Result<u64, Problem> {
    let Some(cap) = cap else { return Ok(u64::MAX) };
    if tx.get_database_backend() == DbBackend::Postgres {
        team::Entity::find_by_id(team_id).lock_exclusive().one(tx).await?;
    }
    let of_team = Query::select()
        .column(risk::Column::Id)
        .from(risk::Entity)
        .and_where(risk::Column::TeamId.eq(team_id))
        .and_where(risk::Column::TicketWanted.eq(false))
        .to_owned();
    let asked_for = Query::select()
        .column(risk::Column::Id)
        .from(risk::Entity)
        .and_where(risk::Column::TeamId.eq(team_id))
        .and_where(risk::Column::TicketWanted.eq(true))
        .to_owned();
    let groups_asked_for = Query::select()
        .column(ticket_group_member::Column::GroupId)
        .from(ticket_group_member::Entity)
        .and_where(ticket_group_member::Column::LeftAt.is_null())
        .and_where(ticket_group_member::Column::RiskId.in_subquery(asked_for))
        .to_owned();
    let groups = Query::select()
        .column(ticket_group::Column::Id)
        .from(ticket_group::Entity)
        .and_where(ticket_group::Column::TeamId.eq(team_id))
        .and_where(ticket_group::Column::Kind.ne(GroupKind::Hand.as_str()))
        .and_where(ticket_group::Column::Id.not_in_subquery(groups_asked_for))
        .to_owned();
    let either = Condition::any()
        .add(ticket::Column::RiskId.in_subquery(of_team))
        .add(ticket::Column::GroupId.in_subquery(groups));
    let made = ticket::Entity::find()
        .filter(ticket::Column::ReleasedAt.gte(day.began))
        .filter(either)
        .count(tx)
        .await?;
    Ok(u64::try_from(cap).unwrap_or_default().saturating_sub(made))
}

/// What people are told at a ticket that is held.
pub(crate) fn held_text(cap: Option<i32>) -> String {
    format!(
        "The team has had its {} tickets of today, so this one is made on another day. Ask for it to have it now.",
        cap.unwrap_or_default()
    )
}

async fn run(state: &AppState) -> Result<(), Problem> {
    let now = state.clock.now();
    let of_risk =
        ticket::Entity::belongs_to(risk::Entity).from(ticket::Column::RiskId).to(risk::Column::Id).into();
    let held = ticket::Entity::find()
        .filter(ticket::Column::State.eq(TicketState::Held.as_str()))
        .filter(ticket::Column::NextTryAt.lte(now))
        .join(JoinType::InnerJoin, of_risk)
        .order_by_desc(risk::Column::Level)
        .order_by_asc(ticket::Column::Id)
        .limit(BATCH)
        .all(state.database.reader())
        .await?;
    let groups: Vec<String> = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Subject)
        .filter(ticket::Column::State.eq(TicketState::Held.as_str()))
        .filter(ticket::Column::NextTryAt.lte(now))
        .filter(ticket::Column::GroupId.is_not_null())
        .limit(BATCH)
        .into_tuple()
        .all(state.database.reader())
        .await?;
    if held.is_empty() && groups.is_empty() {
        return Ok(());
    }
    let day = Day::of(now, state.config.organisation.zone);
    state
        .database
        .write(async |tx| {
            let_go(tx, &held, day, now).await?;
            for subject in &groups {
                queue::enqueue(tx, jobs::TICKET, subject, now, now).await?;
            }
            Ok(())
        })
        .await
}

async fn let_go(
    tx: &DatabaseTransaction,
    held: &[ticket::Model],
    day: Day,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let rules = store::in_force(tx).await?;
    let ids: Vec<i64> = held.iter().filter_map(|ticket| ticket.risk_id).collect();
    let risks = risk::Entity::find().filter(risk::Column::Id.is_in(ids)).all(tx).await?;
    let risks: HashMap<i64, risk::Model> = risks.into_iter().map(|risk| (risk.id, risk)).collect();
    let mut waiting: Vec<(&ticket::Model, &risk::Model)> =
        held.iter().filter_map(|ticket| Some((ticket, risks.get(&ticket.risk_id?)?))).collect();
    waiting.sort_by_key(|(ticket, risk)| (risk.team_id, std::cmp::Reverse(risk.level), ticket.id));
    let mut rooms: HashMap<i64, u64> = HashMap::new();
    for (ticket, risk) in waiting {
        let room = match rooms.get(&risk.team_id) {
            Some(room) => *room,
            None => room(tx, rules.daily_cap, risk.team_id, day).await?,
        };
        let wanted = rules.wants(&store::facts(risk));
        let free = wanted && (room > 0 || risk.ticket_wanted);
        let counts = free && !risk.ticket_wanted;
        rooms.insert(risk.team_id, room.saturating_sub(u64::from(counts)));
        let set = match (wanted, free) {
            (false, _) => ticket::ActiveModel {
                state: Set(TicketState::Cancelled.as_str().to_owned()),
                problem: Set(None),
                ..Default::default()
            },
            (true, true) => released(now, now),
            (true, false) => ticket::ActiveModel { next_try_at: Set(day.ends), ..Default::default() },
        };
        ticket::Entity::update_many()
            .set(set)
            .filter(ticket::Column::Id.eq(ticket.id))
            .filter(ticket::Column::State.eq(TicketState::Held.as_str()))
            .exec(tx)
            .await?;
        if free {
            reconcile::enqueue(tx, ticket.connection_id, now, now).await?;
        }
    }
    Ok(())
}

/// The columns of a ticket that may be created from `at` on.
pub(crate) fn released(at: DateTime<Utc>, now: DateTime<Utc>) -> ticket::ActiveModel {
    ticket::ActiveModel {
        state: Set(TicketState::Wanted.as_str().to_owned()),
        next_try_at: Set(at),
        released_at: Set(Some(now)),
        problem: Set(None),
        ..Default::default()
    }
}
