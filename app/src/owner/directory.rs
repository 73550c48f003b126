//! Who answers for a risk, who leads a team, who holds a role: only people who are still here.

use std::collections::BTreeSet;

use abate_entity::level::Level;
use abate_entity::lifecycle::Party;
use abate_entity::{app_user, asset, risk, team, user_role};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::access::role::Role;
use crate::platform::problem::Problem;

/// People of one list that goes into one question.
const CHUNK: usize = 500;

/// The person who answers for the risk: its owner, else who owns its asset, else who leads its team; none when nobody
/// is left who could.
///
/// # Errors
/// When the database cannot be asked.
pub async fn answers_for(db: &impl ConnectionTrait, risk: &risk::Model) -> Result<Option<i64>, Problem> {
    if let Some(owner) = risk.owner_id
        && is_here(db, owner).await?
    {
        return Ok(Some(owner));
    }
    stands_in(db, risk.asset_id, risk.team_id).await
}

/// Who takes over from an owner: who owns the asset, else who leads the team.
///
/// # Errors
/// When the database cannot be asked.
pub async fn stands_in(
    db: &impl ConnectionTrait,
    asset_id: i64,
    team_id: i64,
) -> Result<Option<i64>, Problem> {
    let asset = asset::Entity::find_by_id(asset_id).one(db).await?;
    if let Some(owner) = asset.and_then(|asset| asset.owner_id)
        && is_here(db, owner).await?
    {
        return Ok(Some(owner));
    }
    lead(db, team_id).await
}

/// Who leads the team: who was named its lead, else the first who holds that role in it.
///
/// # Errors
/// When the database cannot be asked.
pub async fn lead(db: &impl ConnectionTrait, team_id: i64) -> Result<Option<i64>, Problem> {
    let named = team::Entity::find_by_id(team_id).one(db).await?.and_then(|team| team.lead_id);
    if let Some(named) = named
        && is_here(db, named).await?
    {
        return Ok(Some(named));
    }
    Ok(holders_where(db, Role::TeamLead, &[team_id]).await?.into_iter().next())
}

/// The people who hold the role in the team or in all, in the order of their numbers.
///
/// # Errors
/// When the database cannot be asked.
pub async fn holders(db: &impl ConnectionTrait, role: Role, team_id: i64) -> Result<Vec<i64>, Problem> {
    holders_where(db, role, &[0, team_id]).await
}

/// The people who can agree to an acceptance of this level: those of the rank that it asks for, or of a higher one
/// where nobody is left who holds it. Who asked is none of them.
///
/// # Errors
/// When the database cannot be asked.
pub async fn approvers(
    db: &impl ConnectionTrait,
    level: Level,
    team_id: i64,
    renewal: bool,
    asked_by: i64,
) -> Result<Vec<i64>, Problem> {
    let wanted = Party::approver_of(level, renewal).approval_rank();
    let ranks = [
        (Party::TeamLead, Role::TeamLead),
        (Party::HeadOfSecurity, Role::HeadOfSecurity),
        (Party::Executive, Role::Executive),
    ];
    for (_, role) in ranks.into_iter().filter(|(party, _)| party.approval_rank() >= wanted) {
        let mut people = holders(db, role, team_id).await?;
        people.retain(|id| *id != asked_by);
        if !people.is_empty() {
            return Ok(people);
        }
    }
    Ok(Vec::new())
}

/// Those of `people` who are still here.
///
/// # Errors
/// When the database cannot be asked.
pub async fn here(db: &impl ConnectionTrait, people: &[i64]) -> Result<BTreeSet<i64>, Problem> {
    let mut here = BTreeSet::new();
    for chunk in people.chunks(CHUNK) {
        let users = app_user::Entity::find()
            .filter(app_user::Column::Id.is_in(chunk.iter().copied()))
            .filter(app_user::Column::Active.eq(true))
            .all(db)
            .await?;
        here.extend(users.into_iter().map(|user| user.id));
    }
    Ok(here)
}

async fn is_here(db: &impl ConnectionTrait, id: i64) -> Result<bool, Problem> {
    Ok(here(db, &[id]).await?.contains(&id))
}

async fn holders_where(db: &impl ConnectionTrait, role: Role, teams: &[i64]) -> Result<Vec<i64>, Problem> {
    let held = Query::select()
        .column(user_role::Column::UserId)
        .from(user_role::Entity)
        .and_where(user_role::Column::Role.eq(role.as_str()))
        .and_where(user_role::Column::TeamId.is_in(teams.iter().copied()))
        .to_owned();
    let users = app_user::Entity::find()
        .filter(app_user::Column::Active.eq(true))
        .filter(app_user::Column::Id.in_subquery(held))
        .order_by_asc(app_user::Column::Id)
        .all(db)
        .await?;
    Ok(users.into_iter().map(|user| user.id).collect())
}
