//! `/api/v1/tokens`

use abate_entity::api_token;
use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use crate::access::require::Require;
use crate::access::right::SignedIn;
use crate::access::token::{self, TokenScope};
use crate::audit_log;
use crate::platform::paging::Page;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// A token, without its secret part.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TokenView {
    id: i64,
    /// Its first characters.
    hint: String,
    scope: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    /// The token itself; only in the answer that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl TokenView {
    fn new(row: api_token::Model, token: Option<String>) -> Self {
        Self {
            id: row.id,
            hint: row.hint,
            scope: row.scope,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            token,
        }
    }
}

/// Your own tokens, newest first.
#[utoipa::path(tag = "access", responses((status = 200, body = Page<TokenView>)))]
#[get("/tokens")]
pub(super) async fn list_tokens(
    caller: Require<SignedIn>,
    state: web::Data<AppState>,
) -> Result<web::Json<Page<TokenView>>, Problem> {
    let rows = api_token::Entity::find()
        .filter(api_token::Column::UserId.eq(caller.id))
        .order_by_desc(api_token::Column::Id)
        .limit(200)
        .all(state.database.reader())
        .await?;
    let items = rows.into_iter().map(|row| TokenView::new(row, None)).collect();
    Ok(web::Json(Page { items, next_cursor: None }))
}

/// A token to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewToken {
    /// What it allows; everything you may do unless told.
    #[serde(default = "everything")]
    scope: TokenScope,
    /// After how many days it ends, 1 to 366; never when left out.
    expires_in_days: Option<i64>,
}

fn everything() -> TokenScope {
    TokenScope::All
}

/// Makes a token that acts as you.
#[utoipa::path(tag = "access", request_body = NewToken, responses((status = 201, body = TokenView)))]
#[post("/tokens")]
pub(super) async fn create_token(
    caller: Require<SignedIn>,
    state: web::Data<AppState>,
    new: web::Json<NewToken>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let expires_at = match new.expires_in_days {
        None => None,
        Some(days @ 1..=366) => Some(now + Duration::days(days)),
        Some(_) => return Err(Problem::invalid("expires_in_days", "Use 1 to 366 days.")),
    };
    let (token, row) = state
        .database
        .write(async |tx| {
            let made = token::create(tx, &state.ids, caller.id, new.scope, expires_at, now).await?;
            let entry = serde_json::json!({"scope": made.1.scope, "expires_at": expires_at});
            audit_log::add(tx, &caller, "token.create", &format!("token-{}", made.1.id), entry, now).await?;
            Ok(made)
        })
        .await?;
    Ok(HttpResponse::Created().json(TokenView::new(row, Some(token))))
}

/// Withdraws one of your tokens.
#[utoipa::path(tag = "access", responses((status = 204)))]
#[delete("/tokens/{id}")]
pub(super) async fn revoke_token(
    caller: Require<SignedIn>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            if !token::revoke(tx, caller.id, *id, now).await? {
                return Err(Problem::not_found("such token"));
            }
            let subject = format!("token-{}", *id);
            audit_log::add(tx, &caller, "token.revoke", &subject, serde_json::json!({}), now).await
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
