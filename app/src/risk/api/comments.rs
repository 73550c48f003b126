//! `/api/v1/risks/{key}/comments`

use abate_entity::risk_comment;
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use super::view::Names;
use crate::access::require::Require;
use crate::access::right::{MoveRisks, See};
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::risk::{comment, finder, mention};
use crate::state::AppState;

/// A remark.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct CommentView {
    id: i64,
    /// Address of who wrote it, none for the system.
    author: Option<String>,
    via: String,
    /// Markdown.
    body: String,
    created_at: DateTime<Utc>,
    /// Addresses of those it speaks to.
    mentions: Vec<String>,
}

impl CommentView {
    async fn of(db: &impl ConnectionTrait, rows: Vec<risk_comment::Model>) -> Result<Vec<Self>, Problem> {
        let mentions = mention::of(db, &rows).await?;
        let people: Vec<i64> = rows
            .iter()
            .filter_map(|row| row.author_id)
            .chain(mentions.values().flatten().map(|(_, user)| *user))
            .collect();
        let names = Names::of(db, &[], &people).await?;
        let view = |row: risk_comment::Model| {
            let meant = mentions.get(&row.id).into_iter().flatten();
            let mut mentions: Vec<String> = meant.filter_map(|(_, user)| names.email(*user)).collect();
            mentions.sort();
            mentions.dedup();
            Self {
                id: row.id,
                author: row.author_id.and_then(|id| names.email(id)),
                via: row.via,
                body: row.body,
                created_at: row.created_at,
                mentions,
            }
        };
        Ok(rows.into_iter().map(view).collect())
    }
}

/// The remarks on a risk, oldest first.
#[utoipa::path(tag = "risks", params(("key" = String, Path), PageQuery), responses((status = 200, body = Page<CommentView>)))]
#[get("/risks/{key}/comments")]
pub(super) async fn comments(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    query: web::Query<PageQuery>,
) -> Result<web::Json<Page<CommentView>>, Problem> {
    let (limit, after) = (query.limit()?, query.after::<i64>()?);
    let db = state.database.reader();
    let risk = finder::one(db, &caller.scope(), *key).await?;
    let rows = comment::of(db, risk.id, after, limit + 1).await?;
    let Page { items, next_cursor } = Page::cut(rows, limit, |row| row.id);
    Ok(web::Json(Page { items: CommentView::of(db, items).await?, next_cursor }))
}

/// A remark to add.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CommentForm {
    /// Markdown.
    body: String,
}

/// Adds a remark.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path)),
    request_body = CommentForm,
    responses((status = 201, body = CommentView))
)]
#[post("/risks/{key}/comments")]
pub(super) async fn add_comment(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: web::Json<CommentForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let view = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), *key).await?;
            caller.require_in::<MoveRisks>(risk.team_id)?;
            let row = comment::add(tx, &occasion, risk, &form.body).await?;
            Ok(CommentView::of(tx, vec![row]).await?.pop())
        })
        .await?;
    Ok(HttpResponse::Created().json(view))
}
