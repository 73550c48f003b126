//! `GET /api/v1/risks/{key}/ratings`

use std::collections::HashMap;

use abate_entity::{rating_grid, risk_rating};
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde_json::Value;

use super::view::Names;
use crate::access::require::Require;
use crate::access::right::See;
use crate::platform::problem::Problem;
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::risk::provenance::{self, Inputs};
use crate::state::AppState;

/// How a risk was rated, and what its rating can be read from.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RatingsView {
    /// Every rating it was given, oldest first.
    ratings: Vec<RatingView>,
    /// What scanners, feeds and people say of it today.
    inputs: Inputs,
}

/// A rating as it was given once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RatingView {
    /// inherent, current or target.
    kind: String,
    /// The risk's version that it came with.
    version: i32,
    likelihood: i16,
    impact: i16,
    /// What both make on the grid.
    level: &'static str,
    /// Name and version of the grid.
    grid: String,
    /// The reasons, one sentence each.
    #[schema(value_type = Vec<String>)]
    because: Value,
    /// What it was read from.
    #[schema(value_type = Object)]
    inputs: Value,
    /// person, scanner, feed, workshop, asset, rule or grid.
    source: String,
    /// Address of who gave it, none for the system.
    actor: Option<String>,
    reason: String,
    made_at: DateTime<Utc>,
    /// Whether it is the newest of its kind.
    holds: bool,
}

/// Every rating of a risk with where it came from.
#[utoipa::path(tag = "risks", params(("key" = String, Path)), responses((status = 200, body = RatingsView)))]
#[get("/risks/{key}/ratings")]
pub(super) async fn ratings(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
) -> Result<web::Json<RatingsView>, Problem> {
    let db = state.database.reader();
    let risk = finder::one(db, &caller.scope(), *key).await?;
    let rows = provenance::ratings(db, risk.id).await?;
    let actors: Vec<i64> = rows.iter().filter_map(|row| row.actor_id).collect();
    let names = Names::of(db, &[], &actors).await?;
    let grids: HashMap<i64, String> = rating_grid::Entity::find()
        .filter(rating_grid::Column::Id.is_in(rows.iter().map(|row| row.grid_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|grid| (grid.id, format!("{}@{}", grid.name, grid.version)))
        .collect();
    let newest: HashMap<String, i64> = rows.iter().map(|row| (row.kind.clone(), row.id)).collect();
    let view = |row: risk_rating::Model| RatingView {
        holds: newest.get(&row.kind) == Some(&row.id),
        kind: row.kind,
        version: row.version,
        likelihood: row.likelihood,
        impact: row.impact,
        level: row.level.as_str(),
        grid: grids.get(&row.grid_id).cloned().unwrap_or_default(),
        because: row.because,
        inputs: row.inputs,
        source: row.source,
        actor: row.actor_id.and_then(|id| names.email(id)),
        reason: row.reason,
        made_at: row.made_at,
    };
    Ok(web::Json(RatingsView {
        inputs: Inputs::of(db, &risk).await?,
        ratings: rows.into_iter().map(view).collect(),
    }))
}
