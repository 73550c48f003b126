//! Bearer tokens for scripts: shown once, kept as a digest.

use std::fmt;
use std::str::FromStr;

use abate_entity::api_token;
use actix_web::http::Method;
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::platform::ids::Ids;

/// What a token allows, of what its user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// Everything.
    All,
    /// Reading.
    Read,
    /// Imports, reading them, and asking the gate: what a pipeline does.
    Import,
}

impl TokenScope {
    /// Whether a request is within the scope.
    #[must_use]
    pub fn allows(self, method: &Method, path: &str) -> bool {
        let reading = matches!(*method, Method::GET | Method::HEAD);
        match self {
            Self::All => true,
            Self::Read => reading,
            Self::Import => {
                path == "/api/v1/imports"
                    || path.starts_with("/api/v1/imports/")
                    || (reading && path == "/api/v1/gate")
            }
        }
    }
}

impl fmt::Display for TokenScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all",
            Self::Read => "read",
            Self::Import => "import",
        })
    }
}

/// There is no scope of this name.
#[derive(Debug, thiserror::Error)]
#[error("there is no scope {0:?}; the scopes are all, read and import")]
pub struct UnknownScope(String);

impl FromStr for TokenScope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        match text {
            "all" => Ok(Self::All),
            "read" => Ok(Self::Read),
            "import" => Ok(Self::Import),
            other => Err(UnknownScope(other.to_owned())),
        }
    }
}

/// Makes a token; answers it, for the only time, and its row.
///
/// # Errors
/// When the database refuses.
pub async fn create(
    tx: &impl ConnectionTrait,
    ids: &Ids,
    user_id: i64,
    scope: TokenScope,
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(String, api_token::Model), DbErr> {
    let token = format!("abt_{}", ids.secret::<32>());
    let row = api_token::ActiveModel {
        user_id: Set(user_id),
        hash: Set(digest(&token)),
        hint: Set(token.chars().take(10).collect()),
        scope: Set(scope.to_string()),
        created_at: Set(now),
        expires_at: Set(expires_at),
        ..Default::default()
    };
    let row = row.insert(tx).await?;
    Ok((token, row))
}

/// A token that is valid.
#[derive(Clone, Copy, Debug)]
pub struct Valid {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub user_id: i64,
    /// What it allows.
    pub scope: TokenScope,
}

/// Whose token it is and what it allows, while it is valid.
///
/// # Errors
/// When the database cannot be asked.
pub async fn find(
    db: &impl ConnectionTrait,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<Valid>, DbErr> {
    let row = api_token::Entity::find()
        .filter(api_token::Column::Hash.eq(digest(token)))
        .filter(api_token::Column::RevokedAt.is_null())
        .one(db)
        .await?;
    Ok(row
        .filter(|row| row.expires_at.is_none_or(|end| end > now))
        .and_then(|row| Some(Valid { id: row.id, user_id: row.user_id, scope: row.scope.parse().ok()? })))
}

fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// Withdraws a token of a user; answers whether there was one.
///
/// # Errors
/// When the database refuses.
pub async fn revoke(
    tx: &impl ConnectionTrait,
    user_id: i64,
    id: i64,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let result = api_token::Entity::update_many()
        .set(api_token::ActiveModel { revoked_at: Set(Some(now)), ..Default::default() })
        .filter(api_token::Column::Id.eq(id))
        .filter(api_token::Column::UserId.eq(user_id))
        .filter(api_token::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(result.rows_affected == 1)
}
