//! Teams.

use abate_entity::{app_user, team, user_role};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter,
};
use serde_json::{Map, Value, json};

use super::role::Role;
use super::user;
use super::user_edit::{self, By};
use crate::audit_log;
use crate::platform::problem::Problem;

/// The team that answers for what nobody else does yet.
pub const DEFAULT_KEY: &str = "security";

/// Makes a team.
///
/// # Errors
/// 422 for a bad key, 409 when the key is taken.
pub async fn create(
    tx: &impl ConnectionTrait,
    key: &str,
    name: &str,
    now: DateTime<Utc>,
) -> Result<team::Model, Problem> {
    let fits = !key.is_empty()
        && key.len() <= 40
        && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
    if !fits {
        return Err(Problem::invalid("key", "Use 1 to 40 lower-case letters, digits, - and _."));
    }
    if name.trim().is_empty() {
        return Err(Problem::invalid("name", "Give the team a name."));
    }
    let row = team::ActiveModel {
        key: Set(key.to_owned()),
        name: Set(name.trim().to_owned()),
        created_at: Set(now),
        ..Default::default()
    };
    Ok(row.insert(tx).await?)
}

/// What to change of a team; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct TeamEdit {
    /// Name shown to people.
    pub name: Option<String>,
    /// Address of who leads it; `Some(None)` for nobody.
    pub lead: Option<Option<String>>,
}

/// Writes the edit; answers the team as it is now. Who leads a team holds the role of a lead in it; who led it before
/// keeps that role until it is taken away.
///
/// # Errors
/// 422 naming the field that is wrong.
pub async fn edit(
    tx: &DatabaseTransaction,
    by: By,
    team: team::Model,
    edit: TeamEdit,
) -> Result<team::Model, Problem> {
    let mut said = Map::new();
    let mut set = team::ActiveModel { id: Set(team.id), ..Default::default() };
    if let Some(name) = edit.name.map(|name| name.trim().to_owned()).filter(|name| *name != team.name) {
        if name.is_empty() || name.chars().count() > 200 {
            return Err(Problem::invalid("name", "Give a name of 1 to 200 characters."));
        }
        said.insert("name".to_owned(), json!({"from": team.name, "to": name}));
        set.name = Set(name);
    }
    if let Some(lead) = edit.lead {
        let lead_id = match &lead {
            Some(email) => Some(user::active_by_email(tx, "lead", email).await?.id),
            None => None,
        };
        if lead_id != team.lead_id {
            let before = match team.lead_id {
                Some(id) => app_user::Entity::find_by_id(id).one(tx).await?.map(|user| user.email),
                None => None,
            };
            said.insert("lead".to_owned(), json!({"from": before, "to": lead}));
            set.lead_id = Set(lead_id);
            if let Some(lead_id) = lead_id {
                let roles = user_edit::roles_of(tx, lead_id).await?;
                give_role(tx, lead_id, Role::TeamLead, team.id).await?;
                let held = user_edit::roles_of(tx, lead_id).await?;
                if held != roles {
                    let entry = json!({"roles": {"from": roles, "to": held}});
                    let subject = format!("user-{lead_id}");
                    audit_log::add_as(tx, by.actor_id, by.via, "user.edit", &subject, entry, by.now).await?;
                }
            }
        }
    }
    if said.is_empty() {
        return Ok(team);
    }
    let team = set.update(tx).await?;
    let subject = format!("team-{}", team.id);
    audit_log::add_as(tx, by.actor_id, by.via, "team.edit", &subject, Value::Object(said), by.now).await?;
    Ok(team)
}

/// Gives somebody a role in a team, or in all, unless they hold it.
///
/// # Errors
/// When the database refuses.
pub async fn give_role(
    tx: &DatabaseTransaction,
    user_id: i64,
    role: Role,
    team_id: i64,
) -> Result<(), Problem> {
    let row = user_role::ActiveModel {
        user_id: Set(user_id),
        role: Set(role.to_string()),
        team_id: Set(team_id),
        ..Default::default()
    };
    let columns = [user_role::Column::UserId, user_role::Column::Role, user_role::Column::TeamId];
    user_role::Entity::insert(row)
        .on_conflict(OnConflict::columns(columns).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Finds a team by its key.
///
/// # Errors
/// 404 when there is none.
pub async fn known(db: &impl ConnectionTrait, key: &str) -> Result<team::Model, Problem> {
    let found = team::Entity::find().filter(team::Column::Key.eq(key)).one(db).await?;
    found.ok_or_else(|| Problem::not_found(format!("team {key}")))
}

/// Finds a team that a form names by its key.
///
/// # Errors
/// 422 naming `field` when there is none.
pub async fn by_key(db: &impl ConnectionTrait, field: &str, key: &str) -> Result<team::Model, Problem> {
    team::Entity::find().filter(team::Column::Key.eq(key)).one(db).await?.ok_or_else(|| {
        Problem::invalid(field, format!("There is no team {key:?}; `abate team create` makes one."))
    })
}

/// The team that answers for what nobody else does yet; made with the database.
///
/// # Errors
/// When the database refuses.
pub async fn default(tx: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<team::Model, Problem> {
    if let Some(team) = team::Entity::find().filter(team::Column::Key.eq(DEFAULT_KEY)).one(tx).await? {
        return Ok(team);
    }
    create(tx, DEFAULT_KEY, "Security", now).await
}
