//! People.

use abate_entity::{app_user, user_role};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait,
    QueryFilter,
};

use super::role::Role;
use crate::platform::problem::{Kind, Problem};

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Address; kept in lower case.
    pub email: String,
    /// Name shown to people.
    pub name: String,
    /// Roles to hold; the first user of a database gets all but verifier besides.
    pub roles: Vec<Role>,
    /// The team the roles are held in, all teams when none.
    pub team_id: Option<i64>,
    /// argon2id hash, none for somebody who cannot sign in with a password.
    pub password_hash: Option<String>,
}

/// Makes a user.
///
/// # Errors
/// 422 for a bad address or name, 409 when the address is taken.
pub async fn create(
    tx: &impl ConnectionTrait,
    new: &NewUser,
    now: DateTime<Utc>,
) -> Result<app_user::Model, Problem> {
    let email = normal(&new.email);
    if email.len() > 254 || !email.split_once('@').is_some_and(|(a, b)| !a.is_empty() && b.contains('.')) {
        return Err(Problem::invalid("email", "Give an e-mail address, like ana@example.com."));
    }
    if new.name.trim().is_empty() || new.name.chars().count() > 200 {
        return Err(Problem::invalid("name", "Give a name of 1 to 200 characters."));
    }
    if by_email(tx, &email).await?.is_some() {
        return Err(Problem::new(
            Kind::Conflict,
            format!("There is a user with the address {email} already."),
        ));
    }
    let first = app_user::Entity::find().count(tx).await? == 0;
    let user = app_user::ActiveModel {
        email: Set(email),
        name: Set(new.name.trim().to_owned()),
        password_hash: Set(new.password_hash.clone()),
        active: Set(true),
        created_at: Set(now),
        ..Default::default()
    }
    .insert(tx)
    .await?;
    let mut held: Vec<(Role, i64)> = new.roles.iter().map(|role| (*role, new.team_id.unwrap_or(0))).collect();
    if first {
        held.extend(Role::FIRST_USER.iter().map(|role| (*role, 0)));
    }
    held.sort_unstable();
    held.dedup();
    for (role, team_id) in held {
        user_role::ActiveModel {
            user_id: Set(user.id),
            role: Set(role.to_string()),
            team_id: Set(team_id),
            ..Default::default()
        }
        .insert(tx)
        .await?;
    }
    Ok(user)
}

/// Finds a user by address, whatever its case.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_email(db: &impl ConnectionTrait, email: &str) -> Result<Option<app_user::Model>, Problem> {
    Ok(app_user::Entity::find().filter(app_user::Column::Email.eq(normal(email))).one(db).await?)
}

/// Finds a user by address, active or not.
///
/// # Errors
/// 404 when there is none.
pub async fn known(db: &impl ConnectionTrait, email: &str) -> Result<app_user::Model, Problem> {
    by_email(db, email).await?.ok_or_else(|| Problem::not_found(format!("user {email}")))
}

/// Finds an active user by address.
///
/// # Errors
/// 422 naming `field` when there is none.
pub async fn active_by_email(
    db: &impl ConnectionTrait,
    field: &str,
    email: &str,
) -> Result<app_user::Model, Problem> {
    by_email(db, email)
        .await?
        .filter(|user| user.active)
        .ok_or_else(|| Problem::invalid(field, format!("There is no active user with the address {email}.")))
}

fn normal(email: &str) -> String {
    email.trim().to_lowercase()
}
