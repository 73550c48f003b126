//! Who acts, through what, and with which roles.

pub use abate_entity::lifecycle::Via;
use abate_entity::{app_user, user_role};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::right::{Right, See};
use super::role::Role;
use super::scope::Scope;
use crate::platform::problem::{Kind, Problem};

/// A known user with the roles held.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The user's number.
    pub id: i64,
    /// Name shown to people.
    pub name: String,
    /// Address.
    pub email: String,
    /// Through what the user acts.
    pub via: Via,
    roles: Vec<(Role, i64)>,
}

impl Actor {
    /// Reads an active user's roles.
    ///
    /// # Errors
    /// 401 when the user has left or never was; when the database cannot be asked.
    pub async fn load(db: &impl ConnectionTrait, user_id: i64, via: Via) -> Result<Self, Problem> {
        let user = app_user::Entity::find_by_id(user_id)
            .filter(app_user::Column::Active.eq(true))
            .one(db)
            .await?
            .ok_or_else(|| Problem::new(Kind::Unauthenticated, "This account is not active any more."))?;
        let roles = roles_of(db, user.id).await?;
        Ok(Self { id: user.id, name: user.name, email: user.email, via, roles })
    }

    /// Whether the role is held in `team`, by itself or in all teams.
    #[must_use]
    pub fn has(&self, role: Role, team: i64) -> bool {
        self.roles.iter().any(|(held, of)| *held == role && (*of == 0 || *of == team))
    }

    /// Whether the right is held in any team.
    #[must_use]
    pub fn holds<R: Right>(&self) -> bool {
        self.roles.iter().any(|(role, _)| R::ROLES.contains(role))
    }

    /// Whether the right is held in `team`.
    #[must_use]
    pub fn holds_in<R: Right>(&self, team: i64) -> bool {
        R::ROLES.iter().any(|role| self.has(*role, team))
    }

    /// Refuses unless the right is held in `team`.
    ///
    /// # Errors
    /// 403 that says which roles would do.
    pub fn require_in<R: Right>(&self, team: i64) -> Result<(), Problem> {
        if self.holds_in::<R>(team) { Ok(()) } else { Err(lacking::<R>()) }
    }

    /// What this user may see.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.scope_of::<See>()
    }

    /// The teams in which this user holds a right.
    #[must_use]
    pub fn scope_of<R: Right>(&self) -> Scope {
        let mut teams = Vec::new();
        for (role, team) in &self.roles {
            if R::ROLES.contains(role) {
                if *team == 0 {
                    return Scope::All;
                }
                teams.push(*team);
            }
        }
        teams.sort_unstable();
        teams.dedup();
        Scope::Teams(teams)
    }

    /// The distinct roles held, whatever the team.
    #[must_use]
    pub fn roles(&self) -> Vec<Role> {
        let mut roles: Vec<Role> = self.roles.iter().map(|(role, _)| *role).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }
}

/// 403 for a right that is not held.
#[must_use]
pub fn lacking<R: Right>() -> Problem {
    let roles: Vec<&str> = R::ROLES.iter().map(|role| role.as_str()).collect();
    Problem::new(
        Kind::Forbidden,
        format!("You may not {}; that takes one of the roles {}.", R::MEANING, roles.join(", ")),
    )
}

async fn roles_of(db: &impl ConnectionTrait, user_id: i64) -> Result<Vec<(Role, i64)>, DbErr> {
    let rows = user_role::Entity::find().filter(user_role::Column::UserId.eq(user_id)).all(db).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.role.parse().ok()?, row.team_id))).collect())
}
