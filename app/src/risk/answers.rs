//! Who answers for a risk: its owner, else who owns its asset, else who leads its team; only people who are still here.

use abate_entity::{app_user, asset, risk, team, user_role};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::access::role::Role;
use crate::platform::problem::Problem;

/// The person who answers for the risk, none when nobody is left who could.
///
/// # Errors
/// When the database cannot be asked.
pub async fn for_risk(db: &impl ConnectionTrait, risk: &risk::Model) -> Result<Option<i64>, Problem> {
    let asset = asset::Entity::find_by_id(risk.asset_id).one(db).await?;
    let team = team::Entity::find_by_id(risk.team_id).one(db).await?;
    let leads = user_role::Entity::find()
        .filter(user_role::Column::TeamId.eq(risk.team_id))
        .filter(user_role::Column::Role.eq(Role::TeamLead.as_str()))
        .order_by_asc(user_role::Column::UserId)
        .all(db)
        .await?;
    let candidates: Vec<i64> = risk
        .owner_id
        .into_iter()
        .chain(asset.and_then(|asset| asset.owner_id))
        .chain(team.and_then(|team| team.lead_id))
        .chain(leads.into_iter().map(|lead| lead.user_id))
        .collect();
    let here = app_user::Entity::find()
        .filter(app_user::Column::Id.is_in(candidates.iter().copied()))
        .filter(app_user::Column::Active.eq(true))
        .all(db)
        .await?;
    Ok(candidates.into_iter().find(|id| here.iter().any(|user| user.id == *id)))
}
