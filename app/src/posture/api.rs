//! `GET /api/v1/metrics/posture`, `/ageing` and `/exposure`

use abate_entity::level::Level;
use abate_entity::lifecycle::State;
use actix_web::{get, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::cube::AGE_NAMES;
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::See;
use crate::access::team;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(posture).service(ageing).service(exposure);
}

/// Whose risks to count.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct Of {
    /// Key of a team; all that you may see when left out.
    team: Option<String>,
}

impl Of {
    async fn team(&self, state: &AppState, caller: &Actor) -> Result<Option<i64>, Problem> {
        let Some(key) = &self.team else {
            return Ok(None);
        };
        let team = team::by_key(state.database.reader(), "team", key).await?;
        if caller.scope().covers(team.id) {
            Ok(Some(team.id))
        } else {
            Err(Problem::not_found(format!("team {key}")))
        }
    }
}

/// What is open, late and due.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PostureView {
    /// When it was counted.
    as_of: DateTime<Utc>,
    /// Risks that are neither accepted nor closed.
    open: u64,
    /// Open risks past their due day.
    late: u64,
    /// Open risks due within 14 days.
    due_soon: u64,
    /// Risks that are new or in triage.
    to_triage: u64,
    /// Risks that should have left triage.
    triage_late: u64,
    /// Risks in verification.
    to_verify: u64,
    /// Accepted risks.
    accepted: u64,
    /// Sum of the current scores of open and accepted risks.
    exposure: u64,
    /// Counts by state and level; those that are nought are left out.
    counts: Vec<CountView>,
}

/// How many risks of one state and level.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CountView {
    state: &'static str,
    level: &'static str,
    risks: u64,
}

/// What is open, late and due now.
#[utoipa::path(tag = "metrics", params(Of), responses((status = 200, body = PostureView)))]
#[get("/metrics/posture")]
async fn posture(
    caller: Require<See>,
    state: web::Data<AppState>,
    of: web::Query<Of>,
) -> Result<web::Json<PostureView>, Problem> {
    let team = of.team(&state, &caller).await?;
    let scope = caller.scope();
    let cube = state.posture.read(&state).await?;
    let totals = cube.totals(&scope, team);
    let mut counts = Vec::new();
    for each in State::ALL {
        let by_level = cube.of_state(&scope, team, *each);
        for level in Level::ALL.iter().filter(|level| by_level[level.index()] > 0) {
            counts.push(CountView {
                state: each.as_str(),
                level: level.as_str(),
                risks: by_level[level.index()],
            });
        }
    }
    Ok(web::Json(PostureView {
        as_of: cube.as_of,
        open: totals.open,
        late: totals.late,
        due_soon: totals.soon,
        to_triage: totals.to_triage,
        triage_late: totals.triage_late,
        to_verify: totals.to_verify,
        accepted: totals.accepted,
        exposure: totals.exposure,
        counts,
    }))
}

/// Open risks by age.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AgeingView {
    /// When it was counted.
    as_of: DateTime<Utc>,
    /// The buckets, youngest first; they sum to the open risks.
    buckets: Vec<BucketView>,
}

/// Open risks of one age.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BucketView {
    /// Whole days since the clock began.
    age: &'static str,
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
    info: u64,
    all: u64,
}

/// Open risks by whole days since their clock began.
#[utoipa::path(tag = "metrics", params(Of), responses((status = 200, body = AgeingView)))]
#[get("/metrics/ageing")]
async fn ageing(
    caller: Require<See>,
    state: web::Data<AppState>,
    of: web::Query<Of>,
) -> Result<web::Json<AgeingView>, Problem> {
    let team = of.team(&state, &caller).await?;
    let cube = state.posture.read(&state).await?;
    let buckets = AGE_NAMES
        .into_iter()
        .enumerate()
        .map(|(bucket, age)| {
            let [info, low, medium, high, critical] = cube.of_age(&caller.scope(), team, bucket);
            BucketView { age, critical, high, medium, low, info, all: critical + high + medium + low + info }
        })
        .collect();
    Ok(web::Json(AgeingView { as_of: cube.as_of, buckets }))
}

/// Exposure over time.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ExposureView {
    /// When today's was counted.
    as_of: DateTime<Utc>,
    /// At most 91 days, oldest first; today as it stands now.
    days: Vec<DayView>,
}

/// Exposure at the end of a day.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DayView {
    day: NaiveDate,
    exposure: u64,
}

/// Sum of the current scores of open and accepted risks, at the end of each day.
#[utoipa::path(tag = "metrics", params(Of), responses((status = 200, body = ExposureView)))]
#[get("/metrics/exposure")]
async fn exposure(
    caller: Require<See>,
    state: web::Data<AppState>,
    of: web::Query<Of>,
) -> Result<web::Json<ExposureView>, Problem> {
    let team = of.team(&state, &caller).await?;
    let cube = state.posture.read(&state).await?;
    let days = cube.exposure(&caller.scope(), team);
    let days = days.into_iter().map(|(day, exposure)| DayView { day, exposure }).collect();
    Ok(web::Json(ExposureView { as_of: cube.as_of, days }))
}
