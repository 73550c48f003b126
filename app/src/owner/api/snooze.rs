//! `POST /api/v1/risks/{key}/snooze`

use actix_web::{post, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::owner::snooze::{self, Until};
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::api::view::RiskDetail;
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::state::AppState;

/// Until when you want to hear nothing of a risk; either a moment or a number of days.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SnoozeForm {
    /// A moment, at most 14 days ahead and not beyond the due date.
    until: Option<DateTime<Utc>>,
    /// 1 to 14 days from now.
    days: Option<u32>,
    /// Why.
    #[serde(default)]
    reason: String,
}

/// Puts off what you are told of a risk, at most three times a due date.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path)),
    request_body = SnoozeForm,
    responses((status = 200, body = RiskDetail))
)]
#[post("/risks/{key}/snooze")]
pub(super) async fn snooze_risk(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: web::Json<SnoozeForm>,
) -> Result<web::Json<RiskDetail>, Problem> {
    let now = state.clock.now();
    let until = match (form.until, form.days) {
        (Some(until), None) => Until::At(until),
        (None, Some(days)) => Until::Days(days),
        _ => return Err(Problem::invalid("until", "Give until or days.")),
    };
    let detail = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), *key).await?;
            let risk = snooze::snooze(tx, &occasion, &caller, risk, until, &form.reason).await?;
            RiskDetail::read(tx, risk, now).await
        })
        .await?;
    Ok(web::Json(detail))
}
