//! Finds the people and teams that a workshop names in its own words.

use abate_entity::{app_user, team};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::platform::problem::Problem;

/// Everybody who can be named.
pub(super) struct People {
    users: Vec<(i64, String, String)>,
    teams: Vec<(i64, String, String)>,
    default_team: i64,
}

impl People {
    pub(super) async fn load(db: &impl ConnectionTrait, default_team: i64) -> Result<Self, Problem> {
        let users = app_user::Entity::find().filter(app_user::Column::Active.eq(true)).all(db).await?;
        let teams = team::Entity::find().all(db).await?;
        Ok(Self {
            users: users
                .into_iter()
                .map(|user| (user.id, user.name.to_lowercase(), user.email.to_lowercase()))
                .collect(),
            teams: teams.into_iter().map(|team| (team.id, team.name.to_lowercase(), team.key)).collect(),
            default_team,
        })
    }

    /// The person of this name or address.
    pub(super) fn user(&self, words: &str) -> Option<i64> {
        let words = words.trim().to_lowercase();
        self.users.iter().find(|(_, name, email)| *name == words || *email == words).map(|(id, ..)| *id)
    }

    /// The team of this name or key, else the one that answers for what nobody else does.
    pub(super) fn team(&self, words: &str) -> i64 {
        let words = words.trim().to_lowercase();
        let found = self.teams.iter().find(|(_, name, key)| *name == words || *key == words);
        found.map_or(self.default_team, |(id, ..)| *id)
    }
}
