//! `/api/v1/messages`: what was told to people, and what nobody knows whether it was.

use abate_entity::message;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::ledger::{self, FAILED, FOLDED, UNKNOWN, WANTED};
use super::send::MESSAGE;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::audit_log;
use crate::platform::job::queue;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(resend);
}

/// A message to a person or the channel.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MessageView {
    id: i64,
    /// digest, late or reminder.
    kind: String,
    /// What it is: kind, receiver and day.
    key: String,
    text: String,
    /// wanted, sending, sent, unknown or failed.
    state: String,
    problem: Option<String>,
    created_at: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
}

impl From<message::Model> for MessageView {
    fn from(row: message::Model) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            key: row.key,
            text: row.text,
            state: row.state,
            problem: row.problem,
            created_at: row.created_at,
            sent_at: row.sent_at,
        }
    }
}

/// Which messages to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct MessageFilter {
    /// wanted, sending, sent, unknown or failed.
    state: Option<String>,
}

/// The messages, newest first.
#[utoipa::path(tag = "messages", params(MessageFilter, PageQuery), responses((status = 200, body = Page<MessageView>)))]
#[get("/messages")]
async fn list(
    _caller: Require<Configure>,
    state: web::Data<AppState>,
    filter: web::Query<MessageFilter>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<MessageView>>, Problem> {
    let limit = page.limit()?;
    let mut query = message::Entity::find().filter(message::Column::State.ne(FOLDED));
    if let Some(state) = &filter.state {
        query = query.filter(message::Column::State.eq(state));
    }
    if let Some(after) = page.after::<i64>()? {
        query = query.filter(message::Column::Id.lt(after));
    }
    let rows = query.order_by_desc(message::Column::Id).limit(limit + 1).all(state.database.reader()).await?;
    Ok(web::Json(Page::cut(rows, limit, |row| row.id).map(MessageView::from)))
}

/// Sends a message again that failed, or of which nobody knows whether it arrived: you take it on you that it may
/// arrive twice.
#[utoipa::path(
    tag = "messages",
    params(("id" = i64, Path)),
    responses((status = 200, body = MessageView), (status = 409, description = "It was sent, or is about to be"))
)]
#[post("/messages/{id}/resend")]
async fn resend(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<MessageView>, Problem> {
    let now = state.clock.now();
    let row = state
        .database
        .write(async |tx| {
            let row = message::Entity::find_by_id(*id).one(tx).await?;
            let row = row.ok_or_else(|| Problem::not_found(format!("message {id}")))?;
            if row.state != UNKNOWN && row.state != FAILED {
                return Err(Problem::new(
                    Kind::Conflict,
                    format!("This message is {}; only unknown and failed ones can be sent again.", row.state),
                ));
            }
            let change = message::ActiveModel {
                state: Set(WANTED.to_owned()),
                next_try_at: Set(now),
                ..Default::default()
            };
            ledger::settle(tx, &row, change).await?;
            queue::enqueue(tx, MESSAGE, &row.key, now, now).await?;
            audit_log::add(tx, &caller, "message.resend", &row.key, json!({"was": row.state}), now).await?;
            Ok(message::Model { state: WANTED.to_owned(), ..row })
        })
        .await?;
    Ok(web::Json(MessageView::from(row)))
}
