//! `GET /api/v1/gate`

use actix_web::{get, web};
use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::facts::{self, Run};
use super::rules::{self, Reason, Waived};
use super::{rule, rule_api, waiver, waiver_api};
use crate::access::require::Require;
use crate::access::right::AskGate;
use crate::access::scope::Scope;
use crate::asset::register;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Waivers of one asset that are looked at.
const MOST_WAIVERS: u64 = 500;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(ask).configure(rule_api::routes).configure(waiver_api::routes);
}

/// What the gate is asked.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Key of the asset.
    pub asset: String,
    /// Judge what this import brought in; the newest scans of the asset when neither is told.
    pub import: Option<i64>,
    /// Judge what the imports of this run brought in.
    pub run: Option<String>,
}

/// What the gate says.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct GateView {
    /// Key of the asset.
    pub asset: String,
    /// Its tier, whose rules were used; none for an asset that nobody knows.
    pub tier: Option<&'static str>,
    /// Whether it may go on.
    pub passed: bool,
    /// Why not.
    pub reasons: Vec<Reason>,
    /// What would have stopped it.
    pub waived: Vec<Waived>,
    /// The imports that were looked at.
    pub imports: Vec<i64>,
    /// When the newest full scan ran.
    pub last_full_scan: Option<DateTime<Utc>>,
    /// When it was judged.
    pub as_of: DateTime<Utc>,
}

/// Whether an asset may go on: for pipelines. An asset that nobody knows, or that was not scanned lately, may not.
#[utoipa::path(tag = "gate", params(Question), responses((status = 200, body = GateView)))]
#[get("/gate")]
async fn ask(
    caller: Require<AskGate>,
    state: web::Data<AppState>,
    question: web::Query<Question>,
) -> Result<web::Json<GateView>, Problem> {
    let scope = caller.scope_of::<AskGate>();
    let now = state.clock.now();
    Ok(web::Json(answer(state.database.reader(), &scope, &question, now).await?))
}

/// Asks the gate.
///
/// # Errors
/// When the database cannot be asked.
pub async fn answer(
    db: &impl ConnectionTrait,
    scope: &Scope,
    question: &Question,
    now: DateTime<Utc>,
) -> Result<GateView, Problem> {
    let key = question.asset.trim();
    let asset = register::by_key(db, key).await?.filter(|asset| scope.covers(asset.team_id));
    let Some(asset) = asset else {
        let verdict = rules::judge(key, &rules::Facts::default(), &[], &[], now);
        return Ok(GateView::new(key, None, verdict, now));
    };
    let of_tier = rule::of_tier(db, asset.tier).await?;
    let run = Run { import: question.import, run: question.run.clone() };
    let gathered = facts::gather(db, &asset, &run, &of_tier, now).await?;
    let wanted =
        waiver::Wanted { asset_id: Some(asset.id), in_force_at: Some(now), ..waiver::Wanted::default() };
    let waivers: Vec<rules::Waiver> = waiver::list(db, scope, &wanted, MOST_WAIVERS)
        .await?
        .iter()
        .map(waiver::Named::for_the_rules)
        .collect();
    let verdict = rules::judge(&asset.key, &gathered.facts, &of_tier, &waivers, now);
    Ok(GateView {
        imports: gathered.imports,
        last_full_scan: gathered.facts.last_full_scan,
        ..GateView::new(&asset.key, Some(asset.tier.as_str()), verdict, now)
    })
}

impl GateView {
    fn new(asset: &str, tier: Option<&'static str>, verdict: rules::Verdict, now: DateTime<Utc>) -> Self {
        Self {
            asset: asset.to_owned(),
            tier,
            passed: verdict.passed(),
            reasons: verdict.reasons,
            waived: verdict.waived,
            imports: Vec::new(),
            last_full_scan: None,
            as_of: now,
        }
    }
}
