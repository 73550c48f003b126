//! `/api/v1/scopes`: over what sources report, and which branch or image of each counts.

use abate_entity::{asset, source, source_scope};
use actix_web::web::ServiceConfig as PageConfig;
use actix_web::{HttpResponse, get, patch, web};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::branch_rules::short;
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::{DecideFindings, See};
use crate::access::scope::Scope;
use crate::audit_log;
use crate::page::badge::Tone;
use crate::page::said;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Longest branch and digest, in characters.
const LONGEST: usize = 200;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(change);
}

/// Registers the form that names a default branch.
pub fn pages(config: &mut PageConfig) {
    config.route("/scopes/{id}/default-branch", web::post().to(name_branch));
}

/// What a source reports over.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ScopeView {
    /// Its number.
    id: i64,
    /// Name of the source.
    source: String,
    /// What was scanned, without tag or digest.
    key: String,
    /// Key of the asset.
    asset: String,
    /// The branch whose scans open and close risks; none until one was seen.
    default_branch: Option<String>,
    /// The image that runs; where it is known, its scans count and no other image's.
    deployed_digest: Option<String>,
    /// The newest import that was applied.
    head_import: Option<i64>,
}

/// Over what sources report.
#[utoipa::path(tag = "imports", params(PageQuery), responses((status = 200, body = Page<ScopeView>)))]
#[get("/scopes")]
async fn list(
    caller: Require<See>,
    state: web::Data<AppState>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<ScopeView>>, Problem> {
    let db = state.database.reader();
    let limit = page.limit()?;
    let mut query = visible(&caller.scope()).order_by_asc(source_scope::Column::Id).limit(limit + 1);
    if let Some(after) = page.after::<i64>()? {
        query = query.filter(source_scope::Column::Id.gt(after));
    }
    let rows = Page::cut(query.all(db).await?, limit, |row| row.id);
    let mut items = Vec::with_capacity(rows.items.len());
    for row in rows.items {
        items.push(view(db, row).await?);
    }
    Ok(web::Json(Page { items, next_cursor: rows.next_cursor }))
}

/// What to change; what is left out stays, an empty text takes it away.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct ScopeForm {
    /// The branch whose scans open and close risks.
    default_branch: Option<String>,
    /// The image that runs.
    deployed_digest: Option<String>,
}

/// Names the branch or the image whose scans open and close risks.
#[utoipa::path(tag = "imports", params(("id" = i64, Path)), request_body = ScopeForm, responses((status = 200, body = ScopeView)))]
#[patch("/scopes/{id}")]
async fn change(
    caller: Require<DecideFindings>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: web::Json<ScopeForm>,
) -> Result<web::Json<ScopeView>, Problem> {
    let row = change_as(&state, &caller, *id, &form).await?;
    Ok(web::Json(view(state.database.reader(), row).await?))
}

async fn change_as(
    state: &AppState,
    actor: &Actor,
    id: i64,
    form: &ScopeForm,
) -> Result<source_scope::Model, Problem> {
    let now = state.clock.now();
    for (field, value) in
        [("default_branch", &form.default_branch), ("deployed_digest", &form.deployed_digest)]
    {
        let wrong = |text: &String| text.chars().count() > LONGEST || text.contains(char::is_control);
        if value.as_ref().is_some_and(wrong) {
            return Err(Problem::invalid(field, "Use at most 200 plain characters."));
        }
    }
    state
        .database
        .write(async |tx| {
            let missing = || Problem::not_found(format!("scope {id}"));
            let found = visible(&actor.scope()).filter(source_scope::Column::Id.eq(id)).one(tx).await?;
            let found = found.ok_or_else(missing)?;
            let asset = asset::Entity::find_by_id(found.asset_id).one(tx).await?.ok_or_else(missing)?;
            actor.require_in::<DecideFindings>(asset.team_id)?;
            let mut row = source_scope::ActiveModel { id: Set(id), ..Default::default() };
            let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            if let Some(branch) = &form.default_branch {
                let branch = said(short(branch));
                row.branch_settled = Set(branch.is_some());
                row.default_branch = Set(branch);
            }
            if let Some(digest) = &form.deployed_digest {
                row.deployed_digest = Set(said(digest.trim()));
            }
            let row = if form.default_branch.is_some() || form.deployed_digest.is_some() {
                row.update(tx).await?
            } else {
                found
            };
            let data =
                json!({ "default_branch": row.default_branch, "deployed_digest": row.deployed_digest });
            audit_log::add(tx, actor, "scope.change", &format!("scope-{id}"), data, now).await?;
            Ok(row)
        })
        .await
}

/// The form on the page of a compared import.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    branch: String,
    import: i64,
}

async fn name_branch(
    caller: Require<DecideFindings>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: SignedForm<Named>,
) -> Result<HttpResponse, Problem> {
    let Named { branch, import } = form.0;
    let text = format!("Scans of {branch} open and close risks from the next one on.");
    change_as(&state, &caller, *id, &ScopeForm { default_branch: Some(branch), ..ScopeForm::default() })
        .await?;
    Ok(said::see_other(&format!("/imports/{import}"), Tone::Good, &text))
}

fn visible(scope: &Scope) -> Select<source_scope::Entity> {
    let query = source_scope::Entity::find();
    let Some(teams) = scope.teams() else { return query };
    let assets = Query::select()
        .column(asset::Column::Id)
        .from(asset::Entity)
        .and_where(Expr::col(asset::Column::TeamId).is_in(teams.iter().copied()))
        .to_owned();
    query.filter(source_scope::Column::AssetId.in_subquery(assets))
}

async fn view(db: &impl ConnectionTrait, row: source_scope::Model) -> Result<ScopeView, Problem> {
    let source = source::Entity::find_by_id(row.source_id).one(db).await?;
    let asset = asset::Entity::find_by_id(row.asset_id).one(db).await?;
    Ok(ScopeView {
        id: row.id,
        source: source.map(|source| source.name).unwrap_or_default(),
        key: row.key,
        asset: asset.map(|asset| asset.key).unwrap_or_default(),
        default_branch: row.default_branch,
        deployed_digest: row.deployed_digest,
        head_import: row.head_import_id,
    })
}
