//! Signed-in browsers: a random value in a cookie, its digest in a table.

use abate_entity::session;
use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::{HttpRequest, web};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
};
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::platform::ids::Ids;
use crate::state::AppState;

/// The cookie's name where people come by https. The prefix makes browsers refuse it from anyone but this host over a
/// safe connection.
const SAFE_COOKIE: &str = "__Host-abate";
/// The cookie's name where people come by http, as on a laptop or in a closed network: browsers would not send back
/// the other one.
const PLAIN_COOKIE: &str = "abate";
/// How long a session lasts.
const LENGTH: Duration = Duration::hours(12);

/// The session of the request at hand, kept with the request once it was found.
#[derive(Clone, Debug)]
pub struct CurrentSession(pub session::Model);

/// Begins a session; answers the cookie to set and the row.
///
/// # Errors
/// When the database refuses.
pub async fn begin(
    tx: &impl ConnectionTrait,
    config: &Config,
    ids: &Ids,
    user_id: i64,
    now: DateTime<Utc>,
) -> Result<(Cookie<'static>, session::Model), DbErr> {
    let value = ids.secret::<32>();
    session::Entity::delete_many().filter(session::Column::ExpiresAt.lte(now)).exec(tx).await?;
    let row = session::ActiveModel {
        id: Set(digest(&value)),
        user_id: Set(user_id),
        csrf_token: Set(ids.secret::<24>()),
        created_at: Set(now),
        expires_at: Set(now + LENGTH),
    };
    let row = row.insert(tx).await?;
    Ok((cookie(config, value, time::Duration::seconds(LENGTH.num_seconds())), row))
}

/// The live session of a request.
///
/// # Errors
/// When the database cannot be asked.
pub async fn find(
    db: &impl ConnectionTrait,
    request: &HttpRequest,
    now: DateTime<Utc>,
) -> Result<Option<session::Model>, DbErr> {
    let Some(cookie) = carried(request) else {
        return Ok(None);
    };
    session::Entity::find_by_id(digest(cookie.value()))
        .filter(session::Column::ExpiresAt.gt(now))
        .one(db)
        .await
}

/// The cookie of a session, live or not, that a request carries.
#[must_use]
pub fn carried(request: &HttpRequest) -> Option<Cookie<'static>> {
    let state = request.app_data::<web::Data<AppState>>()?;
    request.cookie(cookie_name(&state.config))
}

/// Ends a session; answers the cookie that removes it from the browser.
///
/// # Errors
/// When the database refuses.
pub async fn end(tx: &impl ConnectionTrait, config: &Config, id: &str) -> Result<Cookie<'static>, DbErr> {
    session::Entity::delete_by_id(id.to_owned()).exec(tx).await?;
    Ok(cookie(config, String::new(), time::Duration::ZERO))
}

fn cookie_name(config: &Config) -> &'static str {
    if is_safe(config) { SAFE_COOKIE } else { PLAIN_COOKIE }
}

/// Whether people come by https.
fn is_safe(config: &Config) -> bool {
    config.web.base_url.scheme() == "https"
}

fn cookie(config: &Config, value: String, max_age: time::Duration) -> Cookie<'static> {
    Cookie::build(cookie_name(config), value)
        .path("/")
        .secure(is_safe(config))
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(max_age)
        .finish()
}

fn digest(value: &str) -> String {
    hex::encode(Sha256::digest(value.as_bytes()))
}
