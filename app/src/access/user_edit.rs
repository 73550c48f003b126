//! Changes a person: the name, the roles, when messages may come, and whether they are still here.

use abate_entity::{api_token, app_user, session, user_role};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sea_orm::sea_query::{Expr, ExprTrait, LockType, Query};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend,
    EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::actor::Via;
use super::role::Role;
use super::team;
use crate::audit_log;
use crate::owner::{hand_over, quiet_rules};
use crate::platform::problem::{Kind, Problem};

/// A role and where it is held.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldRole {
    /// The role.
    pub role: Role,
    /// Key of the team it is held in; none for all.
    pub team: Option<String>,
}

/// What to change; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct UserEdit {
    /// Name shown to people.
    pub name: Option<String>,
    /// Whether the person is still here.
    pub active: Option<bool>,
    /// All the roles to hold, in place of those held.
    pub roles: Option<Vec<HeldRole>>,
    /// The zone the person works in; `Some(None)` for the organisation's.
    pub zone: Option<Option<String>>,
    /// From when nothing is sent.
    pub quiet_from: Option<String>,
    /// From when messages are sent again.
    pub quiet_to: Option<String>,
}

/// Who changes it, through what and when.
#[derive(Clone, Copy, Debug)]
pub struct By {
    /// The person, none for a command.
    pub actor_id: Option<i64>,
    /// Through what.
    pub via: Via,
    /// When.
    pub now: DateTime<Utc>,
}

/// Writes the edit; answers the person as they are now. Who has left is signed out everywhere at once.
///
/// # Errors
/// 422 naming each field that is wrong, 409 where nobody would be left to administer Abate.
pub async fn edit(
    tx: &DatabaseTransaction,
    by: By,
    user: app_user::Model,
    edit: UserEdit,
) -> Result<app_user::Model, Problem> {
    let administered = administrators(tx).await?;
    let mut said = Map::new();
    let mut set = app_user::ActiveModel { id: Set(user.id), ..Default::default() };
    if let Some(name) = edit.name.map(|name| name.trim().to_owned()).filter(|name| *name != user.name) {
        if name.is_empty() || name.chars().count() > 200 {
            return Err(Problem::invalid("name", "Give a name of 1 to 200 characters."));
        }
        said.insert("name".to_owned(), json!({"from": user.name, "to": name}));
        set.name = Set(name);
    }
    if let Some(zone) = edit.zone.filter(|zone| *zone != user.zone) {
        if let Some(name) = &zone {
            name.parse::<Tz>().map_err(|_| {
                Problem::invalid("zone", format!("There is no zone {name:?}; use one like Europe/Berlin."))
            })?;
        }
        said.insert("zone".to_owned(), json!({"from": user.zone, "to": zone}));
        set.zone = Set(zone);
    }
    for (field, new, old) in
        [("quiet_from", edit.quiet_from, &user.quiet_from), ("quiet_to", edit.quiet_to, &user.quiet_to)]
    {
        let Some(new) = new.filter(|new| new != old) else { continue };
        if quiet_rules::time(&new).is_none() {
            return Err(Problem::invalid(field, "Give a time of day, as 18:00."));
        }
        said.insert(field.to_owned(), json!({"from": old, "to": new}));
        match field {
            "quiet_from" => set.quiet_from = Set(new),
            _ => set.quiet_to = Set(new),
        }
    }
    if let Some(active) = edit.active.filter(|active| *active != user.active) {
        said.insert("active".to_owned(), Value::Bool(active));
        set.active = Set(active);
        set.left_at = Set((!active).then_some(by.now));
        if !active {
            sign_out(tx, user.id, by.now).await?;
            hand_over::leave(tx, user.id, by.actor_id, by.now).await?;
        } else {
            hand_over::stop(tx, user.id, by.now).await?;
        }
    }
    let fields_changed = !said.is_empty();
    if let Some(roles) = edit.roles {
        change_roles(tx, &user, roles, &mut said).await?;
    }
    if said.is_empty() {
        return Ok(user);
    }
    let user = if fields_changed { set.update(tx).await? } else { user };
    if administered && !administrators(tx).await? {
        return Err(Problem::new(
            Kind::Conflict,
            "Nobody would be left to administer Abate; give somebody else the role admin first.",
        ));
    }
    let subject = format!("user-{}", user.id);
    audit_log::add_as(tx, by.actor_id, by.via, "user.edit", &subject, Value::Object(said), by.now).await?;
    Ok(user)
}

/// The roles that somebody holds, with the teams they are held in.
///
/// # Errors
/// When the database cannot be asked.
pub async fn roles_of(db: &impl ConnectionTrait, user_id: i64) -> Result<Vec<HeldRole>, Problem> {
    let rows = user_role::Entity::find().filter(user_role::Column::UserId.eq(user_id)).all(db).await?;
    let teams = abate_entity::team::Entity::find().all(db).await?;
    let mut held: Vec<HeldRole> = rows
        .into_iter()
        .filter_map(|row| {
            let team = teams.iter().find(|team| team.id == row.team_id).map(|team| team.key.clone());
            Some(HeldRole { role: row.role.parse().ok()?, team })
        })
        .collect();
    held.sort();
    Ok(held)
}

async fn change_roles(
    tx: &DatabaseTransaction,
    user: &app_user::Model,
    mut roles: Vec<HeldRole>,
    said: &mut Map<String, Value>,
) -> Result<(), Problem> {
    roles.sort();
    roles.dedup();
    let before = roles_of(tx, user.id).await?;
    if before == roles {
        return Ok(());
    }
    user_role::Entity::delete_many().filter(user_role::Column::UserId.eq(user.id)).exec(tx).await?;
    for held in &roles {
        let team_id = match &held.team {
            Some(key) => team::by_key(tx, "roles", key).await?.id,
            None => 0,
        };
        team::give_role(tx, user.id, held.role, team_id).await?;
    }
    said.insert("roles".to_owned(), json!({"from": before, "to": roles}));
    Ok(())
}

/// Ends every session and withdraws every token of somebody.
async fn sign_out(tx: &DatabaseTransaction, user_id: i64, now: DateTime<Utc>) -> Result<(), Problem> {
    session::Entity::delete_many().filter(session::Column::UserId.eq(user_id)).exec(tx).await?;
    api_token::Entity::update_many()
        .set(api_token::ActiveModel { revoked_at: Set(Some(now)), ..Default::default() })
        .filter(api_token::Column::UserId.eq(user_id))
        .filter(api_token::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Whether somebody is here who administers all of Abate. Two who take the last ones away from each other wait here.
async fn administrators(tx: &DatabaseTransaction) -> Result<bool, Problem> {
    let held = Query::select()
        .column(user_role::Column::UserId)
        .from(user_role::Entity)
        .and_where(Expr::col(user_role::Column::Role).eq(Role::Admin.as_str()))
        .and_where(Expr::col(user_role::Column::TeamId).eq(0))
        .to_owned();
    let mut query = app_user::Entity::find()
        .filter(app_user::Column::Active.eq(true))
        .filter(app_user::Column::Id.in_subquery(held))
        .order_by_asc(app_user::Column::Id);
    if tx.get_database_backend() == DbBackend::Postgres {
        query = query.lock(LockType::Update);
    }
    Ok(!query.all(tx).await?.is_empty())
}
