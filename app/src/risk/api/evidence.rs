//! `/api/v1/risks/{key}/evidence`

use abate_entity::{evidence, stored_file};
use actix_multipart::Multipart;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest as _, HttpRequest, HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::view::Names;
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::{MoveRisks, See};
use crate::audit_log;
use crate::file::{download, read, receive};
use crate::intake;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::evidence::{self as proofs, NewEvidence};
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::state::AppState;

/// What shows that something was done.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct EvidenceView {
    id: i64,
    /// file, link, note, jira, scan or commit.
    kind: String,
    title: String,
    /// Where it is; of a commit, its repository.
    url: Option<String>,
    /// Hash of the commit.
    commit: Option<String>,
    /// The file.
    file: Option<FileView>,
    /// Number of the import.
    import: Option<i64>,
    /// Whether a person can claim a fix with it. A note explains and shows nothing.
    counts: bool,
    /// Address of who added it, none for the system.
    added_by: Option<String>,
    created_at: DateTime<Utc>,
    /// Who took it back, when and why.
    withdrawn: Option<Withdrawn>,
}

/// A file.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct FileView {
    name: String,
    media_type: String,
    /// In bytes.
    size: i64,
    /// Digest of its bytes, in hexadecimal.
    sha256: String,
}

/// That evidence was taken back.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Withdrawn {
    by: Option<String>,
    at: DateTime<Utc>,
    reason: String,
}

impl EvidenceView {
    async fn of(db: &impl ConnectionTrait, rows: Vec<evidence::Model>) -> Result<Vec<Self>, Problem> {
        let people: Vec<i64> =
            rows.iter().flat_map(|row| [row.added_by, row.withdrawn_by]).flatten().collect();
        let names = Names::of(db, &[], &people).await?;
        let ids: Vec<i64> = rows.iter().filter_map(|row| row.file_id).collect();
        let files = if ids.is_empty() {
            Vec::new()
        } else {
            stored_file::Entity::find().filter(stored_file::Column::Id.is_in(ids)).all(db).await?
        };
        Ok(rows.into_iter().map(|row| Self::new(row, &names, &files)).collect())
    }

    fn new(row: evidence::Model, names: &Names, files: &[stored_file::Model]) -> Self {
        let file = files.iter().find(|file| Some(file.id) == row.file_id);
        let email = |id: Option<i64>| id.and_then(|id| names.email(id));
        Self {
            id: row.id,
            kind: row.kind,
            title: row.title,
            url: row.url,
            commit: row.commit_hash,
            file: file.map(|file| FileView {
                name: file.name.clone(),
                media_type: file.media_type.clone(),
                size: file.size,
                sha256: file.sha256.clone(),
            }),
            import: row.import_id,
            counts: row.counts,
            added_by: email(row.added_by),
            created_at: row.created_at,
            withdrawn: row.withdrawn_at.map(|at| Withdrawn {
                by: email(row.withdrawn_by),
                at,
                reason: row.withdrawn_reason,
            }),
        }
    }
}

/// The evidence of a risk, oldest first.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path), PageQuery),
    responses((status = 200, body = Page<EvidenceView>))
)]
#[get("/risks/{key}/evidence")]
pub(super) async fn list_evidence(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    query: web::Query<PageQuery>,
) -> Result<web::Json<Page<EvidenceView>>, Problem> {
    let (limit, after) = (query.limit()?, query.after::<i64>()?);
    let db = state.database.reader();
    let risk = finder::one(db, &caller.scope(), *key).await?;
    let page = Page::cut(proofs::of(db, risk.id, after, limit + 1).await?, limit, |row| row.id);
    let Page { items, next_cursor } = page;
    Ok(web::Json(Page { items: EvidenceView::of(db, items).await?, next_cursor }))
}

/// Evidence to add. Without a kind it is a link, or a note when there is no link.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EvidenceForm {
    /// link, note, commit or scan.
    kind: Option<String>,
    /// What it is.
    title: String,
    /// Where it is, for a link.
    url: Option<String>,
    /// The commit.
    commit: Option<CommitForm>,
    /// Number of the import, for a scan.
    import: Option<i64>,
}

/// A commit.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CommitForm {
    /// Its hash, 7 to 64 hexadecimal digits.
    sha: String,
    /// Address of the repository.
    repository: Option<String>,
}

/// A file as evidence.
#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "read as a multipart form, described for the API's document")]
pub(super) struct EvidenceFile {
    /// The file, at most 25 MiB.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
    /// What it is; its name unless told.
    title: Option<String>,
}

/// Adds evidence: a link, note, commit or scan as JSON, a file as a multipart form. The same file stands once on a risk.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path)),
    request_body(content((EvidenceForm = "application/json"), (EvidenceFile = "multipart/form-data"))),
    responses(
        (status = 201, body = EvidenceView),
        (status = 409, description = "The risk has this file already"),
        (status = 413, description = "The file is too large"),
        (status = 415, description = "Files of this kind are not taken")
    )
)]
#[post("/risks/{key}/evidence")]
pub(super) async fn add_evidence(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, actix_web::Error> {
    let db = state.database.reader();
    let risk = finder::one(db, &caller.scope(), *key).await?;
    caller.require_in::<MoveRisks>(risk.team_id)?;
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let row = if kind.starts_with("multipart/") {
        let payload = Multipart::new(request.headers(), payload);
        let form = receive::multipart(payload, None, &["title"]).await?;
        let title = form.filled("title");
        let file = form.file.ok_or_else(|| {
            Problem::invalid("file", "Add the file as the part `file` of a multipart form.")
        })?;
        proofs::attach(&state, &caller, *key, title, file).await?
    } else {
        let form = web::Json::<EvidenceForm>::from_request(&request, &mut payload.into_inner()).await?;
        add(&state, &caller, *key, &form).await?
    };
    let view = EvidenceView::of(db, vec![row]).await?.pop();
    Ok(HttpResponse::Created().json(view))
}

/// Adds what is no file.
async fn add(
    state: &AppState,
    caller: &Actor,
    key: RiskKey,
    form: &EvidenceForm,
) -> Result<evidence::Model, Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), key).await?;
            let new = read_form(tx, caller, risk.id, form).await?;
            Ok(proofs::add(tx, &occasion, risk, new).await?.0)
        })
        .await
}

async fn read_form(
    db: &impl ConnectionTrait,
    caller: &Actor,
    risk_id: i64,
    form: &EvidenceForm,
) -> Result<NewEvidence, Problem> {
    let kind = form.kind.as_deref().unwrap_or(if form.url.is_some() { "link" } else { "note" });
    let missing = |field: &str, what: &str| Problem::invalid(field, format!("Give {what}."));
    let stray = [
        ("url", kind != "link" && form.url.is_some()),
        ("commit", kind != "commit" && form.commit.is_some()),
        ("import", kind != "scan" && form.import.is_some()),
    ];
    if let Some((field, _)) = stray.into_iter().find(|(_, stray)| *stray) {
        return Err(Problem::invalid(field, format!("This does not belong to evidence of kind {kind}.")));
    }
    match kind {
        "note" => Ok(NewEvidence::note(&form.title)),
        "link" => {
            let url = form.url.as_deref().ok_or_else(|| missing("url", "the address of the page"))?;
            Ok(NewEvidence::link(&form.title, url))
        }
        "commit" => {
            let commit = form.commit.as_ref().ok_or_else(|| missing("commit", "the commit"))?;
            Ok(NewEvidence::commit(&form.title, &commit.sha, commit.repository.clone()))
        }
        "scan" => {
            let id = form.import.ok_or_else(|| missing("import", "the number of the import"))?;
            let import = intake::api::find(db, caller, id).await;
            let import = import
                .map_err(|_| Problem::invalid("import", "There is no such import that you may see."))?;
            proofs::scan(db, risk_id, &import, &form.title).await
        }
        "file" => Err(Problem::invalid("kind", "Send a file as a multipart form.")),
        _ => Err(Problem::invalid("kind", "Use link, note, commit or scan.")),
    }
}

/// A file that was attached, to be saved. Each download is in the audit log.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path), ("id" = i64, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>))
)]
#[get("/risks/{key}/evidence/{id}/file")]
pub(super) async fn download_evidence(
    caller: Require<See>,
    state: web::Data<AppState>,
    path: web::Path<(RiskKey, i64)>,
) -> Result<HttpResponse, Problem> {
    let (key, id) = path.into_inner();
    let db = state.database.reader();
    let risk = finder::one(db, &caller.scope(), key).await?;
    let row = proofs::one(db, risk.id, id).await?;
    let file = row.file_id.ok_or_else(|| Problem::not_found(format!("file of evidence {id}")))?;
    let file = read::by_id(db, file).await?;
    let now = state.clock.now();
    let data = json!({"evidence": row.id, "file": file.sha256, "name": file.name});
    state
        .database
        .write(async |tx| {
            audit_log::add(tx, &caller, "evidence.download", &key.to_string(), data.clone(), now).await
        })
        .await?;
    Ok(download::attachment(&state, file))
}

/// Why evidence is taken back.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WithdrawForm {
    /// Why.
    reason: String,
}

/// Takes evidence back that was wrong. It stays to be seen, and counts no more.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path), ("id" = i64, Path)),
    request_body = WithdrawForm,
    responses((status = 200, body = EvidenceView), (status = 409, description = "It is withdrawn already"))
)]
#[post("/risks/{key}/evidence/{id}/withdraw")]
pub(super) async fn withdraw_evidence(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    path: web::Path<(RiskKey, i64)>,
    form: web::Json<WithdrawForm>,
) -> Result<HttpResponse, Problem> {
    let (key, id) = path.into_inner();
    let row = withdraw(&state, &caller, key, id, &form.reason).await?;
    let view = EvidenceView::of(state.database.reader(), vec![row]).await?.pop();
    Ok(HttpResponse::Ok().json(view))
}

/// Takes evidence back, for the API and the page.
pub(crate) async fn withdraw(
    state: &AppState,
    caller: &Actor,
    key: RiskKey,
    id: i64,
    reason: &str,
) -> Result<evidence::Model, Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), key).await?;
            caller.require_in::<MoveRisks>(risk.team_id)?;
            proofs::withdraw(tx, &occasion, risk, id, reason).await
        })
        .await
}
