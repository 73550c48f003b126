//! `/api/v1/risks/{key}/comments` and `/evidence`

use abate_entity::{evidence, risk_comment};
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::view::Names;
use crate::access::require::Require;
use crate::access::right::{MoveRisks, See};
use crate::platform::paging::Page;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::evidence::NewEvidence;
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::risk::{comment, evidence as proofs, finder};
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
}

impl CommentView {
    fn new(row: risk_comment::Model, names: &Names) -> Self {
        let author = row.author_id.and_then(|id| names.email(id));
        Self { id: row.id, author, via: row.via, body: row.body, created_at: row.created_at }
    }
}

/// The remarks on a risk, oldest first.
#[utoipa::path(tag = "risks", params(("key" = String, Path)), responses((status = 200, body = Page<CommentView>)))]
#[get("/risks/{key}/comments")]
pub(super) async fn comments(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
) -> Result<web::Json<Page<CommentView>>, Problem> {
    let db = state.database.reader();
    let risk = finder::one(db, &caller.scope(), *key).await?;
    let rows = comment::of(db, risk.id).await?;
    let authors: Vec<i64> = rows.iter().filter_map(|row| row.author_id).collect();
    let names = Names::of(db, &[], &authors).await?;
    let items = rows.into_iter().map(|row| CommentView::new(row, &names)).collect();
    Ok(web::Json(Page { items, next_cursor: None }))
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
            let row = comment::add(tx, &occasion, risk, &form.body).await?;
            let names = Names::of(tx, &[], &[caller.id]).await?;
            Ok(CommentView::new(row, &names))
        })
        .await?;
    Ok(HttpResponse::Created().json(view))
}

/// What shows that something was done.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct EvidenceView {
    id: i64,
    /// file, link, note, jira, scan or commit.
    kind: String,
    title: String,
    url: Option<String>,
    created_at: DateTime<Utc>,
}

impl From<evidence::Model> for EvidenceView {
    fn from(row: evidence::Model) -> Self {
        Self { id: row.id, kind: row.kind, title: row.title, url: row.url, created_at: row.created_at }
    }
}

/// The evidence of a risk, oldest first.
#[utoipa::path(tag = "risks", params(("key" = String, Path)), responses((status = 200, body = Page<EvidenceView>)))]
#[get("/risks/{key}/evidence")]
pub(super) async fn list_evidence(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
) -> Result<web::Json<Page<EvidenceView>>, Problem> {
    let db = state.database.reader();
    let risk = finder::one(db, &caller.scope(), *key).await?;
    let items = proofs::of(db, risk.id).await?.into_iter().map(EvidenceView::from).collect();
    Ok(web::Json(Page { items, next_cursor: None }))
}

/// Evidence to add: a link, or a note when there is no link.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EvidenceForm {
    /// What it is.
    title: String,
    /// Where it is.
    url: Option<String>,
}

/// Adds evidence.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path)),
    request_body = EvidenceForm,
    responses((status = 201, body = EvidenceView))
)]
#[post("/risks/{key}/evidence")]
pub(super) async fn add_evidence(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: web::Json<EvidenceForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let row = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), *key).await?;
            let new = NewEvidence {
                kind: if form.url.is_some() { "link" } else { "note" },
                title: form.title.clone(),
                url: form.url.clone(),
                import_id: None,
            };
            Ok(proofs::add(tx, &occasion, risk, new).await?.0)
        })
        .await?;
    Ok(HttpResponse::Created().json(EvidenceView::from(row)))
}
