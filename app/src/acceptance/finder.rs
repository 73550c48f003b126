//! Finds acceptances of the risks that a caller may see.

use std::collections::HashMap;

use abate_entity::level::Level;
use abate_entity::{acceptance, risk, team};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef,
    Select,
};
use serde::{Deserialize, Serialize};

use crate::access::scope::Scope;
use crate::access::user;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;

/// Which acceptances to list.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AcceptanceFilter {
    /// One or more of requested, in_force, withdrawn, rejected, superseded, expired, revoked, voided, closed and resumed,
    /// with commas between.
    pub state: Option<String>,
    /// Key of the team that the risk belongs to.
    pub team: Option<String>,
    /// Key of the risk.
    pub risk: Option<String>,
    /// How bad the risk was then, with commas between.
    pub level: Option<String>,
    /// Address of who approved or rejected.
    pub approver: Option<String>,
    /// Those whose last day lies before this one.
    pub ends_before: Option<NaiveDate>,
    /// Rows on the page, 1 to 200; 25 unless told.
    pub limit: Option<u64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Where a page ends.
#[derive(Deserialize, Serialize)]
struct Place(DateTime<Utc>, i64);

/// An acceptance and its risk.
pub(super) type Found = (acceptance::Model, risk::Model);

/// A page of acceptances, those that end first before the others.
///
/// # Errors
/// 422 for a filter that means nothing.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &AcceptanceFilter,
) -> Result<Page<Found>, Problem> {
    let paging = PageQuery { limit: filter.limit, cursor: filter.cursor.clone() };
    let limit = paging.limit()?;
    let mut query = narrowed(db, visible(scope), filter).await?;
    if let Some(Place(ends_at, id)) = paging.after::<Place>()? {
        let column = |column| Expr::col((acceptance::Entity, column));
        let key = Expr::tuple([column(acceptance::Column::EndsAt), column(acceptance::Column::Id)]);
        query = query.filter(key.gt(Expr::tuple([Expr::val(ends_at), Expr::val(id)])));
    }
    let rows = query
        .order_by_asc(acceptance::Column::EndsAt)
        .order_by_asc(acceptance::Column::Id)
        .limit(limit + 1)
        .all(db)
        .await?;
    let page = Page::cut(rows, limit, |row| Place(row.ends_at, row.id));
    let ids = page.items.iter().map(|row| row.risk_id);
    let risks = risk::Entity::find().filter(risk::Column::Id.is_in(ids)).all(db).await?;
    let risks: HashMap<i64, risk::Model> = risks.into_iter().map(|risk| (risk.id, risk)).collect();
    let next_cursor = page.next_cursor;
    let items = page.items.into_iter().filter_map(|row| {
        let risk = risks.get(&row.risk_id)?.clone();
        Some((row, risk))
    });
    Ok(Page { items: items.collect(), next_cursor })
}

/// One acceptance.
///
/// # Errors
/// 404 when there is none that may be seen.
pub(super) async fn one(db: &impl ConnectionTrait, scope: &Scope, id: i64) -> Result<Found, Problem> {
    let missing = || Problem::not_found(format!("acceptance {id}"));
    let row = acceptance::Entity::find_by_id(id).one(db).await?.ok_or_else(missing)?;
    let risk = risk::Entity::find_by_id(row.risk_id).one(db).await?;
    let risk = risk.filter(|risk| scope.covers(risk.team_id)).ok_or_else(missing)?;
    Ok((row, risk))
}

fn visible(scope: &Scope) -> Select<acceptance::Entity> {
    let of_risk: RelationDef = acceptance::Entity::belongs_to(risk::Entity)
        .from(acceptance::Column::RiskId)
        .to(risk::Column::Id)
        .into();
    let query = acceptance::Entity::find().join(JoinType::InnerJoin, of_risk);
    match scope.teams() {
        None => query,
        Some(teams) => query.filter(risk::Column::TeamId.is_in(teams.iter().copied())),
    }
}

async fn narrowed(
    db: &impl ConnectionTrait,
    mut query: Select<acceptance::Entity>,
    filter: &AcceptanceFilter,
) -> Result<Select<acceptance::Entity>, Problem> {
    if let Some(states) = &filter.state {
        let states: Vec<&str> = states.split(',').map(str::trim).collect();
        if let Some(unknown) = states.iter().find(|state| !super::state::ALL.contains(state)) {
            let known = super::state::ALL.join(", ");
            return Err(Problem::invalid("state", format!("{unknown:?} is no state: use {known}.")));
        }
        query = query.filter(acceptance::Column::State.is_in(states));
    }
    if let Some(levels) = &filter.level {
        let levels: Result<Vec<Level>, _> = levels.split(',').map(|level| level.trim().parse()).collect();
        let levels = levels.map_err(|unknown| Problem::invalid("level", format!("{unknown}.")))?;
        query = query.filter(acceptance::Column::Level.is_in(levels));
    }
    if let Some(key) = &filter.team {
        let team = team::Entity::find().filter(team::Column::Key.eq(key)).one(db).await?;
        let team = team.ok_or_else(|| Problem::invalid("team", format!("There is no team {key:?}.")))?;
        query = query.filter(risk::Column::TeamId.eq(team.id));
    }
    if let Some(key) = &filter.risk {
        let key: RiskKey = key.parse().map_err(|error| Problem::invalid("risk", format!("{error}.")))?;
        query = query.filter(acceptance::Column::RiskId.eq(key.0));
    }
    if let Some(email) = &filter.approver {
        let approver = user::by_email(db, email).await?;
        let wrong = || Problem::invalid("approver", format!("There is nobody with the address {email}."));
        query = query.filter(acceptance::Column::DecidedBy.eq(approver.ok_or_else(wrong)?.id));
    }
    if let Some(day) = filter.ends_before {
        query = query.filter(acceptance::Column::EndsOn.lt(day));
    }
    Ok(query)
}
