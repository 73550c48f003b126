//! `/api/v1/gate-rules`

use abate_entity::tier::Tier;
use actix_web::{get, put, web};
use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::rule::{self, RuleEdit};
use super::rules::Check;
use crate::access::require::Require;
use crate::access::right::{KeepGate, See};
use crate::platform::paging::Page;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the endpoints.
pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(change);
}

/// What the gate looks at on assets of one tier.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RuleView {
    /// other, important, business or mission.
    tier: &'static str,
    /// late, kev, introduced, full_scan or reviewed.
    check: String,
    /// The lowest level that counts, or the days that a full scan may be old.
    threshold: Option<String>,
    /// Whether it is looked at.
    active: bool,
    /// Counts its changes.
    version: i32,
    /// When it was changed last.
    updated_at: Option<DateTime<Utc>>,
}

/// The rules of the gate, the most important tier first.
#[utoipa::path(tag = "gate", responses((status = 200, body = Page<RuleView>)))]
#[get("/gate-rules")]
async fn list(
    _caller: Require<See>,
    state: web::Data<AppState>,
) -> Result<web::Json<Page<RuleView>>, Problem> {
    Ok(web::Json(views(state.database.reader()).await?))
}

async fn views(db: &impl ConnectionTrait) -> Result<Page<RuleView>, Problem> {
    let items = rule::all(db)
        .await?
        .into_iter()
        .map(|row| RuleView {
            tier: row.tier.as_str(),
            threshold: row.check_kind.parse().ok().and_then(|check| rule::shown(check, row.threshold)),
            check: row.check_kind,
            active: row.active,
            version: row.version,
            updated_at: row.updated_at,
        })
        .collect();
    Ok(Page { items, next_cursor: None })
}

/// A threshold: a level, or a number of days.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Threshold {
    Word(String),
    Days(i64),
}

/// One rule as it shall be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RuleForm {
    /// other, important, business or mission.
    tier: String,
    /// late, kev, introduced, full_scan or reviewed.
    check: String,
    /// The lowest level that counts, or days; what is left out stays.
    #[schema(value_type = Option<String>)]
    threshold: Option<Threshold>,
    /// Whether it is looked at; what is left out stays.
    active: Option<bool>,
}

/// Rules as they shall be; those that are not named stay.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RulesForm {
    items: Vec<RuleForm>,
}

/// Changes the rules of the gate.
#[utoipa::path(tag = "gate", request_body = RulesForm, responses((status = 200, body = Page<RuleView>)))]
#[put("/gate-rules")]
async fn change(
    caller: Require<KeepGate>,
    state: web::Data<AppState>,
    form: web::Json<RulesForm>,
) -> Result<web::Json<Page<RuleView>>, Problem> {
    let edits = form.into_inner().items.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let now = state.clock.now();
    let views = state
        .database
        .write(async |tx| {
            rule::change(tx, &caller, &edits, now).await?;
            views(tx).await
        })
        .await?;
    Ok(web::Json(views))
}

fn read(form: RuleForm) -> Result<RuleEdit, Problem> {
    let tier: Tier = form.tier.parse().map_err(|error| Problem::invalid("tier", format!("{error}.")))?;
    let check: Check = form.check.parse().map_err(|error| Problem::invalid("check", format!("{error}.")))?;
    let threshold = form.threshold.map(|threshold| match threshold {
        Threshold::Word(word) => word,
        Threshold::Days(days) => days.to_string(),
    });
    Ok(RuleEdit { tier, check, threshold, active: form.active })
}
