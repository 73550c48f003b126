//! `GET` and `POST /api/v1/assets`, `GET /api/v1/assets/{key}`

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use serde::Deserialize;

use super::edit::tier;
use super::view::{AssetDetail, AssetView, MatcherView, Names};
use crate::access::require::Require;
use crate::access::right::{KeepRegister, See};
use crate::access::{team, user};
use crate::asset::definition::Definition;
use crate::asset::finder::{self, AssetFilter};
use crate::asset::{edit, matcher, register};
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// The assets that you may see.
#[utoipa::path(tag = "assets", params(AssetFilter, PageQuery), responses((status = 200, body = Page<AssetView>)))]
#[get("/assets")]
pub(super) async fn list(
    caller: Require<See>,
    state: web::Data<AppState>,
    filter: web::Query<AssetFilter>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<AssetView>>, Problem> {
    let db = state.database.reader();
    let page = finder::page(db, &caller.scope(), &filter, &page).await?;
    let names = Names::of(db, &page.items).await?;
    Ok(web::Json(page.map(|asset| AssetView::new(asset, &names))))
}

/// An asset, with its matchers, the judgement that counts, and the worst that is open on it.
#[utoipa::path(tag = "assets", params(("key" = String, Path)), responses((status = 200, body = AssetDetail)))]
#[get("/assets/{key}")]
pub(super) async fn show(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<String>,
) -> Result<web::Json<AssetDetail>, Problem> {
    let db = state.database.reader();
    let scope = caller.scope();
    let asset = finder::one(db, &scope, &key).await?;
    Ok(web::Json(AssetDetail::of(db, &scope, asset).await?))
}

/// An asset to be put into the register. Only the name has to be given.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AssetForm {
    /// Short name; made of the name when left out.
    key: Option<String>,
    name: String,
    description: String,
    /// application, service, data_store, cloud_account, cluster, host, image, repository, pipeline, identity, other,
    /// or another word.
    kind: Option<String>,
    /// other, important, business or mission.
    tier: Option<String>,
    data_classes: Vec<String>,
    internet_facing: bool,
    /// production, staging, testing, development or shared.
    environment: String,
    confidentiality: Option<i16>,
    integrity: Option<i16>,
    availability: Option<i16>,
    /// Key of the team that answers for it; the default team unless told.
    team: Option<String>,
    /// Address of the person who answers for it.
    owner: Option<String>,
    /// us, provider or shared.
    responsible_party: Option<String>,
    tags: Vec<String>,
    lifetime_days: Option<i32>,
    matchers: Vec<MatcherView>,
}

impl AssetForm {
    async fn resolve(&self, db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Definition, Problem> {
        let team = match &self.team {
            Some(key) => team::by_key(db, "team", key).await?,
            None => team::default(db, now).await?,
        };
        let owner_id = match &self.owner {
            Some(email) => Some(user::active_by_email(db, "owner", email).await?.id),
            None => None,
        };
        let blank = Definition::new(team.id);
        Ok(Definition {
            name: self.name.clone(),
            description: self.description.clone(),
            kind: self.kind.clone().unwrap_or(blank.kind),
            tier: self.tier.as_deref().map(tier).transpose()?.unwrap_or(blank.tier),
            data_classes: self.data_classes.clone(),
            internet_facing: self.internet_facing,
            environment: self.environment.clone(),
            ratings: [self.confidentiality, self.integrity, self.availability],
            team_id: team.id,
            owner_id,
            responsible_party: self.responsible_party.clone().unwrap_or(blank.responsible_party),
            tags: self.tags.clone(),
            lifetime_days: self.lifetime_days,
        })
    }
}

/// Puts an asset into the register.
#[utoipa::path(tag = "assets", request_body = AssetForm, responses((status = 201, body = AssetDetail)))]
#[post("/assets")]
pub(super) async fn create(
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
    form: web::Json<AssetForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let matchers = matcher::read(form.matchers.iter().map(|row| (row.kind.as_str(), row.pattern.as_str())))?;
    let key = form.key.clone().unwrap_or_else(|| register::key_from(&form.name));
    let detail = state
        .database
        .write(async |tx| {
            let definition = form.resolve(tx, now).await?;
            let asset = edit::create(tx, &caller, &key, &definition, now).await?;
            matcher::replace(tx, asset.id, &matchers).await?;
            AssetDetail::of(tx, &caller.scope(), asset).await
        })
        .await?;
    Ok(HttpResponse::Created().json(detail))
}
