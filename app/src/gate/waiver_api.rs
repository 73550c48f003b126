//! `/api/v1/gate-waivers`

use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::waiver::{self, Named, NewWaiver, Wanted};
use crate::access::require::Require;
use crate::access::right::{See, WaiveGate};
use crate::asset::register;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// Registers the endpoints.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(withdraw);
}

/// A waiver.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct WaiverView {
    id: i64,
    /// Key of the asset.
    asset: String,
    /// late, kev or introduced; none for all that look at the risk.
    check: Option<String>,
    /// Key of the risk; none for all of the check.
    risk: Option<String>,
    reason: String,
    /// Address of who answers for it.
    owner: String,
    /// Its last day.
    until: NaiveDate,
    /// Whether it holds now.
    in_force: bool,
    /// Address of who made it.
    created_by: String,
    created_at: DateTime<Utc>,
    /// When it was ended early.
    withdrawn_at: Option<DateTime<Utc>>,
}

impl WaiverView {
    fn new(named: Named, now: DateTime<Utc>) -> Self {
        Self {
            in_force: named.in_force(now),
            id: named.row.id,
            asset: named.asset,
            check: named.row.check_kind,
            risk: named.row.risk_id.map(|id| RiskKey(id).to_string()),
            reason: named.row.reason,
            owner: named.owner,
            until: named.row.ends_on,
            created_by: named.created_by,
            created_at: named.row.created_at,
            withdrawn_at: named.row.withdrawn_at,
        }
    }
}

/// Which waivers to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
struct Of {
    /// Key of an asset.
    asset: Option<String>,
    /// Only those that hold now.
    in_force: Option<bool>,
}

/// The waivers on assets that you may see, newest first.
#[utoipa::path(tag = "gate", params(Of, PageQuery), responses((status = 200, body = Page<WaiverView>)))]
#[get("/gate-waivers")]
async fn list(
    caller: Require<See>,
    state: web::Data<AppState>,
    of: web::Query<Of>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<WaiverView>>, Problem> {
    let (db, now) = (state.database.reader(), state.clock.now());
    let asset_id = match &of.asset {
        None => None,
        Some(key) => {
            let found = register::by_key(db, key).await?;
            let asset = found.filter(|asset| caller.scope().covers(asset.team_id));
            Some(asset.ok_or_else(|| Problem::not_found(format!("asset {key}")))?.id)
        }
    };
    let limit = page.limit()?;
    let in_force_at = of.in_force.unwrap_or_default().then_some(now);
    let wanted = Wanted { id: None, asset_id, in_force_at, before: page.after::<i64>()? };
    let rows = waiver::list(db, &caller.scope(), &wanted, limit + 1).await?;
    let rows = Page::cut(rows, limit, |named| named.row.id);
    Ok(web::Json(rows.map(|named| WaiverView::new(named, now))))
}

/// A waiver to be made: for a check, for a risk, or for a risk in one check.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct WaiverForm {
    /// Key of the asset.
    asset: String,
    /// late, kev or introduced.
    check: Option<String>,
    /// Key of a risk on the asset.
    risk: Option<String>,
    reason: String,
    /// Address of who answers for it; you unless told.
    owner: Option<String>,
    /// Its last day, at most 90 days ahead.
    until: NaiveDate,
}

/// Makes a waiver.
#[utoipa::path(tag = "gate", request_body = WaiverForm, responses((status = 201, body = WaiverView)))]
#[post("/gate-waivers")]
async fn create(
    caller: Require<WaiveGate>,
    state: web::Data<AppState>,
    form: web::Json<WaiverForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let zone = state.config.organisation.zone;
    let form = form.into_inner();
    let new = NewWaiver {
        asset: form.asset,
        check: form.check,
        risk: form.risk,
        reason: form.reason,
        owner: form.owner,
        until: Some(form.until),
    };
    let made = state.database.write(async |tx| waiver::create(tx, &caller, &new, zone, now).await).await?;
    Ok(HttpResponse::Created().json(WaiverView::new(made, now)))
}

/// Ends a waiver early.
#[utoipa::path(tag = "gate", params(("id" = i64, Path)), responses((status = 200, body = WaiverView)))]
#[delete("/gate-waivers/{id}")]
async fn withdraw(
    caller: Require<WaiveGate>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<WaiverView>, Problem> {
    let now = state.clock.now();
    let ended = state.database.write(async |tx| waiver::withdraw(tx, &caller, *id, now).await).await?;
    Ok(web::Json(WaiverView::new(ended, now)))
}
