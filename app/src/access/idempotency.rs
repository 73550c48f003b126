//! Writes that carry an `Idempotency-Key` happen once: a repeated one gets the first answer again.
//!
//! The key is reserved before the handler runs and settled after it. When the process dies in between, nobody knows
//! whether the write happened; a repeated request is then told so instead of being run a second time.

use abate_entity::idempotent_answer;
use actix_web::body::{self, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{self, BytesMut};
use actix_web::{Error, HttpMessage as _, HttpResponse, ResponseError as _};
use chrono::Duration;
use futures_util::StreamExt as _;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};

use super::require::user_of;
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

const HEADER: &str = "Idempotency-Key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const LONGEST_KEY: usize = 200;
/// Largest body that is read to be compared; the API takes no larger JSON.
const BODY_LIMIT: usize = 1024 * 1024;
/// How long an answer is kept.
const KEPT: Duration = Duration::hours(24);
/// The status of a row whose request has not been answered.
const UNANSWERED: i16 = 0;

/// A write under a key.
struct Keyed {
    user_id: i64,
    key: String,
    digest: String,
}

/// Where a key has no effect here: an import keeps it itself, and the answer that shows a new token is not to be kept.
const NOT_HERE: [&str; 2] = ["/api/v1/imports", "/api/v1/tokens"];

/// Runs a write that carries a key once. Comes after `require::identify`.
pub async fn once<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(key) = request.headers().get(HEADER).cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let is_write = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH | Method::DELETE);
    if !is_write || !request.path().starts_with("/api/") || NOT_HERE.contains(&request.path()) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    // For somebody unknown the handler has the right answer.
    let Some(user_id) = user_of(&request) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let reserved = match keyed(&mut request, user_id, &key).await {
        Ok(keyed) => reserve(&request, &keyed).await.map(|earlier| (keyed, earlier)),
        Err(problem) => Err(problem),
    };
    match reserved {
        Err(problem) => Ok(request.into_response(problem.error_response())),
        Ok((_, Some(earlier))) => Ok(request.into_response(again(&earlier))),
        Ok((keyed, None)) => {
            let state = state(request.request())?.clone();
            let response = next.call(request).await?.map_into_boxed_body();
            Ok(settle(&state, &keyed, response).await?)
        }
    }
}

fn state(request: &actix_web::HttpRequest) -> Result<&web::Data<AppState>, Problem> {
    request
        .app_data::<web::Data<AppState>>()
        .ok_or_else(|| Problem::internal(anyhow::anyhow!("no application state")))
}

/// Who writes what, under which key. The body is read and put back.
async fn keyed(request: &mut ServiceRequest, user_id: i64, key: &HeaderValue) -> Result<Keyed, Problem> {
    let key = key
        .to_str()
        .ok()
        .filter(|key| (1..=LONGEST_KEY).contains(&key.len()))
        .ok_or_else(|| Problem::invalid(HEADER, format!("Use 1 to {LONGEST_KEY} visible characters.")))?
        .to_owned();
    let mut digest = Sha256::new();
    digest.update(format!("{} {}\n", request.method(), request.uri()));
    if !is_multipart(request) {
        let body = read(request.take_payload()).await?;
        digest.update(&body);
        request.set_payload(Payload::from(body));
    }
    Ok(Keyed { user_id, key, digest: hex::encode(digest.finalize()) })
}

/// A repeated upload separates its parts differently, so that its bytes say nothing.
fn is_multipart(request: &ServiceRequest) -> bool {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.starts_with("multipart/")
}

async fn read(mut payload: Payload) -> Result<web::Bytes, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk
            .map_err(|error| Problem::new(Kind::Malformed, format!("The body ends too early: {error}")))?;
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(Problem::new(Kind::TooLarge, "The body is larger than 1 MiB."));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Takes the key for this request, or finds the answer that an earlier one got.
async fn reserve(
    request: &ServiceRequest,
    keyed: &Keyed,
) -> Result<Option<idempotent_answer::Model>, Problem> {
    let state = state(request.request())?;
    let now = state.clock.now();
    let earlier = state
        .database
        .write(async |tx| {
            let of_user = idempotent_answer::Entity::delete_many()
                .filter(idempotent_answer::Column::UserId.eq(keyed.user_id))
                .filter(idempotent_answer::Column::CreatedAt.lt(now - KEPT));
            of_user.exec(tx).await?;
            let earlier = idempotent_answer::Entity::find()
                .filter(idempotent_answer::Column::UserId.eq(keyed.user_id))
                .filter(idempotent_answer::Column::Key.eq(&keyed.key))
                .one(tx)
                .await?;
            if earlier.is_none() {
                let row = idempotent_answer::ActiveModel {
                    user_id: Set(keyed.user_id),
                    key: Set(keyed.key.clone()),
                    request: Set(keyed.digest.clone()),
                    status: Set(UNANSWERED),
                    body: Set(String::new()),
                    created_at: Set(now),
                    ..Default::default()
                };
                idempotent_answer::Entity::insert(row)
                    .exec_without_returning(tx)
                    .await
                    .map_err(taken_meanwhile)?;
            }
            Ok(earlier)
        })
        .await?;
    match earlier {
        Some(earlier) if earlier.request != keyed.digest => {
            Err(Problem::invalid(HEADER, "This key was used for another request; take a new one."))
        }
        Some(earlier) if earlier.status == UNANSWERED => Err(unanswered()),
        earlier => Ok(earlier),
    }
}

fn taken_meanwhile(error: sea_orm::DbErr) -> Problem {
    match error.sql_err() {
        Some(sea_orm::SqlErr::UniqueConstraintViolation(_)) => unanswered(),
        _ => error.into(),
    }
}

fn unanswered() -> Problem {
    Problem::new(
        Kind::Conflict,
        "A request with this key is running, or was cut off before it was answered. Try again in a moment; if it \
         stays so, look whether the change is there before you send it under a new key.",
    )
    .retry_after(1)
}

fn again(earlier: &idempotent_answer::Model) -> HttpResponse {
    let status = u16::try_from(earlier.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = HttpResponse::build(status.unwrap_or(StatusCode::OK));
    response.insert_header((REPLAYED, "true"));
    if earlier.body.is_empty() {
        return response.finish();
    }
    response.content_type("application/json").body(earlier.body.clone())
}

/// Keeps the answer of a write that succeeded; gives the key back when nothing was written.
async fn settle(
    state: &AppState,
    keyed: &Keyed,
    response: ServiceResponse<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Problem> {
    let (request, response) = response.into_parts();
    let (response, body) = response.into_parts();
    let body =
        body::to_bytes(body).await.map_err(|error| Problem::internal(anyhow::anyhow!(error.to_string())))?;
    let status = response.status();
    let kept = state
        .database
        .write(async |tx| {
            let mine = Condition::all()
                .add(idempotent_answer::Column::UserId.eq(keyed.user_id))
                .add(idempotent_answer::Column::Key.eq(&keyed.key));
            if status.is_success() {
                let answer = idempotent_answer::ActiveModel {
                    status: Set(i16::try_from(status.as_u16()).unwrap_or(200)),
                    body: Set(String::from_utf8_lossy(&body).into_owned()),
                    ..Default::default()
                };
                idempotent_answer::Entity::update_many().set(answer).filter(mine).exec(tx).await?;
            } else {
                idempotent_answer::Entity::delete_many().filter(mine).exec(tx).await?;
            }
            Ok(())
        })
        .await;
    if let Err(problem) = kept {
        // The write itself stands, and so does its answer; a repeated request will be told that nobody knows.
        tracing::error!(error = %problem, user = keyed.user_id, "an answer could not be kept under its key");
    }
    Ok(ServiceResponse::new(request, response.set_body(BoxBody::new(body))))
}
