//! `GET` and `POST /api/v1/risks`

use abate_entity::{asset, risk};
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde::Deserialize;

use super::view::{Names, RiskDetail, RiskView};
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::{RecordRisks, See};
use crate::access::user;
use crate::platform::ids::Ids;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::create::{self, NewRisk};
use crate::risk::finder::{self, RiskFilter};
use crate::risk::record::Occasion;
use crate::risk::technique;
use crate::state::AppState;

/// The risks that you may see, a page at a time.
#[utoipa::path(tag = "risks", params(RiskFilter, PageQuery), responses((status = 200, body = Page<RiskView>)))]
#[get("/risks")]
pub(super) async fn list(
    caller: Require<See>,
    state: web::Data<AppState>,
    filter: web::Query<RiskFilter>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<RiskView>>, Problem> {
    let db = state.database.reader();
    let now = state.clock.now();
    let risks = finder::page(db, &caller.scope(), caller.id, &filter, &page, now).await?;
    let names = Names::of(db, &risks.items, &[]).await?;
    Ok(web::Json(risks.map(|risk: risk::Model| RiskView::new(&risk, &names, now))))
}

/// A risk to be recorded by hand.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RiskForm {
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) mitigation: String,
    /// Key of the asset.
    pub(crate) asset: String,
    /// Address of the owner.
    pub(crate) owner: Option<String>,
    /// 1 to 5, before controls.
    pub(crate) likelihood: Option<u8>,
    /// 1 to 5, before controls.
    pub(crate) impact: Option<u8>,
    /// STRIDE categories.
    #[serde(default)]
    pub(crate) stride: Vec<String>,
    /// ATT&CK techniques, in the ids of any version.
    #[serde(default)]
    pub(crate) techniques: Vec<String>,
}

/// Records a risk by hand.
#[utoipa::path(tag = "risks", request_body = RiskForm, responses((status = 201, body = RiskDetail)))]
#[post("/risks")]
pub(super) async fn create_risk(
    caller: Require<RecordRisks>,
    state: web::Data<AppState>,
    form: web::Json<RiskForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let detail = state
        .database
        .write(async |tx| {
            let risk = record(tx, &caller, &state.ids, &form, now).await?;
            RiskDetail::read(tx, risk, now).await
        })
        .await?;
    Ok(HttpResponse::Created().json(detail))
}

/// Records what a form says.
///
/// # Errors
/// 422 naming each field that is wrong, 403 on an asset of a team in which this is not the caller's right.
pub(crate) async fn record(
    tx: &DatabaseTransaction,
    caller: &Actor,
    ids: &Ids,
    form: &RiskForm,
    now: DateTime<Utc>,
) -> Result<risk::Model, Problem> {
    let inherent = match (form.likelihood, form.impact) {
        (Some(likelihood), Some(impact)) => Some((likelihood, impact)),
        (None, None) => None,
        (Some(_), None) => return Err(Problem::invalid("impact", "Give likelihood and impact together.")),
        (None, Some(_)) => {
            return Err(Problem::invalid("likelihood", "Give likelihood and impact together."));
        }
    };
    let techniques = technique::resolved("techniques", &form.techniques)?;
    let policies = Policies::load(tx).await?;
    let occasion = Occasion::by(caller, now, &policies);
    let asset = asset::Entity::find()
        .filter(asset::Column::Key.eq(&form.asset))
        .one(tx)
        .await?
        .filter(|asset| caller.scope().covers(asset.team_id))
        .ok_or_else(|| Problem::invalid("asset", format!("There is no asset {:?}.", form.asset)))?;
    caller.require_in::<RecordRisks>(asset.team_id)?;
    let owner_id = match &form.owner {
        Some(email) => Some(user::active_by_email(tx, "owner", email).await?.id),
        None => asset.owner_id,
    };
    let stride = form.stride.iter().map(|word| ("stride", word.to_lowercase().replace(' ', "_")));
    let techniques = techniques.iter().map(|id| ("technique", id.clone()));
    let new = NewRisk {
        origin: "manual",
        title: form.title.clone(),
        description: form.description.clone(),
        mitigation: form.mitigation.clone(),
        owner_id,
        inherent,
        tags: stride.chain(techniques).collect(),
        ..NewRisk::default()
    };
    create::create(tx, ids, &occasion, &asset, new).await
}
