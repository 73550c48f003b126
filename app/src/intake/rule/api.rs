//! `/api/v1/intake-rules`

use std::collections::HashMap;

use abate_entity::app_user;
use actix_web::{HttpResponse, get, post, web};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use utoipa_actix_web::service_config::ServiceConfig;

use super::draft::{Draft, RuleSetView};
use super::preview::{self, Preview};
use super::store;
use crate::access::require::Require;
use crate::access::right::{KeepIntakeRules, See};
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::step::today;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show).service(versions).service(add).service(try_out);
}

/// The rules in force.
#[utoipa::path(tag = "intake rules", responses((status = 200, body = RuleSetView)))]
#[get("/intake-rules")]
async fn show(_caller: Require<See>, state: web::Data<AppState>) -> Result<web::Json<RuleSetView>, Problem> {
    let db = state.database.reader();
    let newest = store::newest(db).await?;
    let mut views = views(db, vec![newest], &state).await?;
    let view = views.pop().ok_or_else(|| Problem::not_found("version of the intake rules"))?;
    Ok(web::Json(view))
}

/// Every version, the latest first.
#[utoipa::path(tag = "intake rules", params(PageQuery), responses((status = 200, body = Page<RuleSetView>)))]
#[get("/intake-rules/versions")]
async fn versions(
    _caller: Require<See>,
    state: web::Data<AppState>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<RuleSetView>>, Problem> {
    let db = state.database.reader();
    let limit = page.limit()?;
    let rows = Page::cut(store::versions(db, page.after()?, limit + 1).await?, limit, |row| row.version);
    let items = views(db, rows.items, &state).await?;
    Ok(web::Json(Page { items, next_cursor: rows.next_cursor }))
}

/// Makes a new version. It holds from the next import on, and closes nothing by itself.
#[utoipa::path(tag = "intake rules", request_body = Draft, responses((status = 201, body = RuleSetView),
    (status = 412, description = "somebody else made a version meanwhile")))]
#[post("/intake-rules")]
async fn add(
    caller: Require<KeepIntakeRules>,
    state: web::Data<AppState>,
    draft: web::Json<Draft>,
) -> Result<HttpResponse, Problem> {
    // The rules hold for every team.
    caller.require_in::<KeepIntakeRules>(0)?;
    let now = state.clock.now();
    let base = store::newest(state.database.reader()).await?.version;
    let new = draft.into_inner().read(base)?;
    let row = state.database.write(async |tx| store::add(tx, &caller, new.clone(), now).await).await?;
    let mut views = views(state.database.reader(), vec![row], &state).await?;
    Ok(HttpResponse::Created().json(views.pop()))
}

/// What would have become of the findings that came in so far, had these rules been in force.
#[utoipa::path(tag = "intake rules", request_body = Draft, responses((status = 200, body = Preview)))]
#[post("/intake-rules/preview")]
async fn try_out(
    caller: Require<KeepIntakeRules>,
    state: web::Data<AppState>,
    draft: web::Json<Draft>,
) -> Result<web::Json<Preview>, Problem> {
    let db = state.database.reader();
    let before = store::in_force(db).await?;
    let new = draft.into_inner().read(before.version)?;
    let rails = new.guard_rails.as_deref().unwrap_or(&before.guard_rails);
    store::check(db, &before, &new.rules, rails, state.clock.now()).await?;
    let day = today(state.clock.now(), Policies::load(db).await?.zone);
    Ok(web::Json(preview::preview(db, &caller.scope(), &new.rules, day).await?))
}

async fn views(
    db: &impl ConnectionTrait,
    rows: Vec<abate_entity::intake_rule_set::Model>,
    state: &AppState,
) -> Result<Vec<RuleSetView>, Problem> {
    let day = today(state.clock.now(), Policies::load(db).await?.zone);
    let people = rows.iter().filter_map(|row| row.made_by);
    let people: HashMap<i64, String> = app_user::Entity::find()
        .filter(app_user::Column::Id.is_in(people))
        .all(db)
        .await?
        .into_iter()
        .map(|user| (user.id, user.email))
        .collect();
    rows.into_iter()
        .map(|row| {
            let made_by = row.made_by.and_then(|id| people.get(&id).cloned());
            RuleSetView::new(row, made_by, day)
        })
        .collect()
}
