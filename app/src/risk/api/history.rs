//! `GET /api/v1/risks/{key}/history`

use abate_entity::risk_event;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use serde_json::Value;

use super::view::Names;
use crate::access::require::Require;
use crate::access::right::See;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// Something that happened to a risk.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct EventView {
    /// The risk's version after it.
    version: i32,
    /// What happened.
    kind: String,
    /// The row of the lifecycle table.
    transition: Option<String>,
    from: Option<&'static str>,
    to: Option<&'static str>,
    effective_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    /// Address of who did it, none for the system.
    actor: Option<String>,
    via: String,
    reason: String,
    #[schema(value_type = Object)]
    data: Value,
}

/// Everything that happened to a risk, oldest first.
#[utoipa::path(tag = "risks", params(("key" = String, Path), PageQuery), responses((status = 200, body = Page<EventView>)))]
#[get("/risks/{key}/history")]
pub(super) async fn history(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<EventView>>, Problem> {
    let db = state.database.reader();
    let risk = finder::one(db, &caller.scope(), *key).await?;
    let limit = page.limit()?;
    let mut query = risk_event::Entity::find()
        .filter(risk_event::Column::RiskId.eq(risk.id))
        .order_by_asc(risk_event::Column::Version)
        .limit(limit + 1);
    if let Some(after) = page.after::<i32>()? {
        query = query.filter(risk_event::Column::Version.gt(after));
    }
    let events = Page::cut(query.all(db).await?, limit, |event| event.version);
    let actors: Vec<i64> = events.items.iter().filter_map(|event| event.actor_id).collect();
    let names = Names::of(db, &[], &actors).await?;
    Ok(web::Json(events.map(|event| EventView {
        version: event.version,
        kind: event.kind,
        transition: event.transition,
        from: event.from_state.map(abate_entity::lifecycle::State::as_str),
        to: event.to_state.map(abate_entity::lifecycle::State::as_str),
        effective_at: event.effective_at,
        recorded_at: event.recorded_at,
        actor: event.actor_id.and_then(|id| names.email(id)),
        via: event.via,
        reason: event.reason,
        data: event.data,
    })))
}
