//! Risks that nobody answers for: a business day later who leads the team is told, or, where the owner has left and
//! nobody took over, the head of security.

use std::collections::{HashMap, HashSet};

use abate_entity::lifecycle::State;
use abate_entity::{app_user, risk, risk_event, risk_ladder};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::ladder::{Climb, note, whom};
use super::ladder_rules::{Person, Reached, Step, reached, unowned};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Risks of one transaction.
const AT_A_TIME: u64 = 500;

/// The states in which somebody has to answer for a risk.
pub(super) const ANSWERED_FOR: [State; 4] =
    [State::Open, State::InProgress, State::Blocked, State::Verification];

/// Whether nobody who is here owns a risk.
#[must_use]
pub fn nobody_owns() -> Condition {
    let left = Query::select()
        .column(app_user::Column::Id)
        .from(app_user::Entity)
        .and_where(Expr::col(app_user::Column::Active).eq(false))
        .to_owned();
    Condition::any().add(risk::Column::OwnerId.is_null()).add(risk::Column::OwnerId.in_subquery(left))
}

/// Whether it was not noted yet, since the risk was last changed and its owner left, that nobody owns it.
fn not_noted() -> Expr {
    let noted = |column: risk_ladder::Column| Expr::col((risk_ladder::Entity, column));
    let risk = |column: risk::Column| Expr::col((risk::Entity, column));
    let left = Query::select()
        .column(app_user::Column::Id)
        .from(app_user::Entity)
        .and_where(
            Expr::col((app_user::Entity, app_user::Column::LeftAt)).lt(noted(risk_ladder::Column::CreatedAt)),
        )
        .to_owned();
    let of_nobody = noted(risk_ladder::Column::Step)
        .eq(Step::Unowned.as_str())
        .and(risk(risk::Column::OwnerId).is_null());
    let of_who_left = noted(risk_ladder::Column::Step)
        .eq(Step::Left.as_str())
        .and(risk(risk::Column::OwnerId).in_subquery(left));
    let rows = Query::select()
        .column((risk_ladder::Entity, risk_ladder::Column::Id))
        .from(risk_ladder::Entity)
        .and_where(noted(risk_ladder::Column::RiskId).equals((risk::Entity, risk::Column::Id)))
        .and_where(noted(risk_ladder::Column::CreatedAt).gt(risk(risk::Column::UpdatedAt)))
        .and_where(of_nobody.or(of_who_left))
        .to_owned();
    Expr::exists(rows).not()
}

/// Notes what was reached since and not noted.
pub(super) async fn look(state: &AppState, climb: &Climb) -> Result<(), Problem> {
    let mut after = 0;
    loop {
        let db = state.database.reader();
        let (found, last) = plan(db, climb, after).await?;
        if !found.is_empty() {
            let written = state.database.write(async |tx| {
                let (found, _) = plan(tx, climb, after).await?;
                note(tx, climb.now, &found).await
            });
            written.await?;
        }
        match last {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}

/// What was reached and not noted, and the last risk that was looked at where there may be more.
async fn plan(
    db: &impl ConnectionTrait,
    climb: &Climb,
    after: i64,
) -> Result<(Vec<(risk::Model, NaiveDate, Reached)>, Option<i64>), Problem> {
    let risks = risk::Entity::find()
        .filter(risk::Column::State.is_in(ANSWERED_FOR))
        .filter(nobody_owns())
        .filter(not_noted())
        .filter(risk::Column::Id.gt(after))
        .order_by_asc(risk::Column::Id)
        .limit(AT_A_TIME)
        .all(db)
        .await?;
    let last = risks.last().map(|risk| risk.id).filter(|_| risks.len() as u64 == AT_A_TIME);
    let ids: Vec<i64> = risks.iter().map(|risk| risk.id).collect();
    let owners: Vec<i64> = risks.iter().filter_map(|risk| risk.owner_id).collect();
    let left = app_user::Entity::find().filter(app_user::Column::Id.is_in(owners)).all(db).await?;
    let left: HashMap<i64, Option<DateTime<Utc>>> =
        left.into_iter().map(|user| (user.id, user.left_at)).collect();
    let confirmed = confirmed(db, &ids).await?;
    let noted = noted(db, &ids).await?;
    let mut found = Vec::new();
    for risk in risks {
        let since = match risk.owner_id {
            Some(owner) => left.get(&owner).copied().flatten(),
            None => confirmed.get(&risk.id).copied(),
        };
        let since = since.unwrap_or(risk.updated_at);
        let step = unowned(since, risk.owner_id.is_some(), climb.zone, &climb.roster.holidays);
        let on = since.with_timezone(&climb.zone).date_naive();
        if noted.contains(&(risk.id, on, step.step.as_str().to_owned())) {
            continue;
        }
        let people = |audience| {
            let person = |id| Person { id, hours: climb.roster.hours(id), snoozed_until: None };
            whom(&climb.roster, &risk, None, audience).into_iter().map(person).collect()
        };
        let none = std::collections::BTreeSet::new();
        let reached = reached(&[step], since, &none, people, risk.level, &climb.roster.holidays, climb.now);
        found.extend(reached.into_iter().map(|reached| (risk.clone(), on, reached)));
    }
    Ok((found, last))
}

/// When each risk came last into the states in which it needs an owner.
async fn confirmed(db: &impl ConnectionTrait, ids: &[i64]) -> Result<HashMap<i64, DateTime<Utc>>, Problem> {
    let rows: Vec<(i64, DateTime<Utc>)> = risk_event::Entity::find()
        .select_only()
        .columns([risk_event::Column::RiskId, risk_event::Column::RecordedAt])
        .filter(risk_event::Column::RiskId.is_in(ids.iter().copied()))
        .filter(risk_event::Column::ToState.is_in(ANSWERED_FOR))
        .filter(
            Condition::any()
                .add(risk_event::Column::FromState.is_null())
                .add(risk_event::Column::FromState.is_not_in(ANSWERED_FOR)),
        )
        .order_by_asc(risk_event::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

async fn noted(db: &impl ConnectionTrait, ids: &[i64]) -> Result<HashSet<(i64, NaiveDate, String)>, Problem> {
    let rows: Vec<(i64, NaiveDate, String)> = risk_ladder::Entity::find()
        .select_only()
        .columns([risk_ladder::Column::RiskId, risk_ladder::Column::DueOn, risk_ladder::Column::Step])
        .filter(risk_ladder::Column::RiskId.is_in(ids.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}
