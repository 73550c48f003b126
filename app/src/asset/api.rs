//! `/api/v1/assets`

use abate_entity::asset;
use abate_entity::tier::Tier;
use actix_web::{HttpResponse, get, post, web};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::register::{self, NewAsset};
use crate::access::require::Require;
use crate::access::right::{KeepRegister, See};
use crate::access::{team, user};
use crate::audit_log;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(show);
}

/// What is at risk.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AssetView {
    key: String,
    name: String,
    kind: String,
    /// other, important, business or mission.
    tier: &'static str,
    data_classes: Vec<String>,
    internet_facing: bool,
    /// unreviewed until a person has looked at it, then reviewed.
    review_state: String,
}

impl From<asset::Model> for AssetView {
    fn from(row: asset::Model) -> Self {
        Self {
            data_classes: row.data_classes.split_whitespace().map(str::to_owned).collect(),
            key: row.key,
            name: row.name,
            kind: row.kind,
            tier: row.tier.as_str(),
            internet_facing: row.internet_facing,
            review_state: row.review_state,
        }
    }
}

/// The assets that you may see.
#[utoipa::path(tag = "assets", params(PageQuery), responses((status = 200, body = Page<AssetView>)))]
#[get("/assets")]
async fn list(
    caller: Require<See>,
    state: web::Data<AppState>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<AssetView>>, Problem> {
    let limit = page.limit()?;
    let mut query = asset::Entity::find().order_by_asc(asset::Column::Id).limit(limit + 1);
    if let Some(teams) = caller.scope().teams() {
        query = query.filter(asset::Column::TeamId.is_in(teams.iter().copied()));
    }
    if let Some(after) = page.after::<i64>()? {
        query = query.filter(asset::Column::Id.gt(after));
    }
    let page = Page::cut(query.all(state.database.reader()).await?, limit, |asset| asset.id);
    Ok(web::Json(page.map(AssetView::from)))
}

/// An asset.
#[utoipa::path(tag = "assets", params(("key" = String, Path)), responses((status = 200, body = AssetView)))]
#[get("/assets/{key}")]
async fn show(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<String>,
) -> Result<web::Json<AssetView>, Problem> {
    let found = register::by_key(state.database.reader(), &key).await?;
    let asset = found
        .filter(|asset| caller.scope().covers(asset.team_id))
        .ok_or_else(|| Problem::not_found(format!("asset {key}")))?;
    Ok(web::Json(asset.into()))
}

/// An asset to be put into the register.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AssetForm {
    key: String,
    name: String,
    #[serde(default = "other")]
    kind: String,
    /// other, important, business or mission.
    #[serde(default = "other")]
    tier: String,
    #[serde(default)]
    data_classes: Vec<String>,
    #[serde(default)]
    internet_facing: bool,
    /// Key of the team that answers for it; the default team unless told.
    team: Option<String>,
    /// Address of the person who answers for it.
    owner: Option<String>,
}

fn other() -> String {
    "other".to_owned()
}

/// Puts an asset into the register.
#[utoipa::path(tag = "assets", request_body = AssetForm, responses((status = 201, body = AssetView)))]
#[post("/assets")]
async fn create(
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
    form: web::Json<AssetForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let tier: Tier = form.tier.parse().map_err(|error| Problem::invalid("tier", format!("{error}.")))?;
    let asset = state
        .database
        .write(async |tx| {
            let team = match &form.team {
                Some(key) => team::by_key(tx, "team", key).await?,
                None => team::default(tx, now).await?,
            };
            caller.require_in::<KeepRegister>(team.id)?;
            let owner_id = match &form.owner {
                Some(email) => Some(user::active_by_email(tx, "owner", email).await?.id),
                None => None,
            };
            let new = NewAsset {
                key: form.key.clone(),
                name: form.name.clone(),
                kind: form.kind.clone(),
                tier,
                data_classes: form.data_classes.clone(),
                internet_facing: form.internet_facing,
                ratings: [None; 3],
                team_id: team.id,
                owner_id,
                reviewed: true,
            };
            let asset = register::add(tx, new, now).await?;
            let data = serde_json::json!({"key": asset.key, "tier": asset.tier, "team": team.key});
            audit_log::add(tx, &caller, "asset.create", &format!("asset-{}", asset.id), data, now).await?;
            Ok(asset)
        })
        .await?;
    Ok(HttpResponse::Created().json(AssetView::from(asset)))
}
