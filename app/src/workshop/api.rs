//! `/api/v1/workshops`

use abate_entity::{risk, scenario, workshop};
use actix_web::{get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{known, sign_off};
use crate::access::require::Require;
use crate::access::right::{See, SignOffWorkshops};
use crate::access::scope::Scope;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(show).service(sign);
}

/// A workshop.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct WorkshopView {
    id: i64,
    title: String,
    held_on: NaiveDate,
    zone: String,
    duration_minutes: Option<i32>,
    #[schema(value_type = Vec<String>)]
    attendees: Value,
    #[schema(value_type = Vec<String>)]
    methods: Value,
    attack_version: String,
    /// threat, system or asset: what the model looks at first; empty when it does not say.
    approach: String,
    /// draft or signed_off.
    state: String,
    /// Risks by level as the workshop states them.
    #[schema(value_type = Object)]
    stated_summary: Value,
    /// Risks by level as they were counted.
    #[schema(value_type = Object)]
    counted_summary: Value,
    /// Why the two may differ.
    mismatch_reason: Option<String>,
    signed_off_at: Option<DateTime<Utc>>,
    import_id: Option<i64>,
}

impl From<workshop::Model> for WorkshopView {
    fn from(row: workshop::Model) -> Self {
        Self {
            id: row.id,
            title: row.title,
            held_on: row.held_on,
            zone: row.zone,
            duration_minutes: row.duration_minutes,
            attendees: row.attendees,
            methods: row.methods,
            attack_version: row.attack_version,
            approach: row.approach,
            state: row.state,
            stated_summary: row.stated_summary,
            counted_summary: row.counted_summary,
            mismatch_reason: row.mismatch_reason,
            signed_off_at: row.signed_off_at,
            import_id: row.import_id,
        }
    }
}

/// A workshop with its stories and risks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct WorkshopDetail {
    #[serde(flatten)]
    workshop: WorkshopView,
    scenarios: Vec<ScenarioView>,
    risks: Vec<WorkshopRiskView>,
}

/// An attack story.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ScenarioView {
    key: String,
    name: String,
    story: String,
}

/// A risk of a workshop.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct WorkshopRiskView {
    #[schema(value_type = String)]
    key: RiskKey,
    title: String,
    level: &'static str,
    state: &'static str,
    /// The model's own id.
    external_id: String,
    /// Whether the model gives only a level, so that a person has to rate it.
    needs_rating: bool,
    /// How the model says that it stands; a person decides what follows.
    model_status: String,
    /// The same in the model's own words.
    model_note: String,
    /// Whether the latest file of the model no longer has it.
    gone: bool,
}

/// The workshops, newest first.
#[utoipa::path(tag = "workshops", params(PageQuery), responses((status = 200, body = Page<WorkshopView>)))]
#[get("/workshops")]
async fn list(
    _caller: Require<See>,
    state: web::Data<AppState>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<WorkshopView>>, Problem> {
    let limit = page.limit()?;
    let mut query = workshop::Entity::find().order_by_desc(workshop::Column::Id).limit(limit + 1);
    if let Some(after) = page.after::<i64>()? {
        query = query.filter(workshop::Column::Id.lt(after));
    }
    let page = Page::cut(query.all(state.database.reader()).await?, limit, |workshop| workshop.id);
    Ok(web::Json(page.map(WorkshopView::from)))
}

pub(super) async fn find(db: &impl ConnectionTrait, id: i64) -> Result<workshop::Model, Problem> {
    let found = workshop::Entity::find_by_id(id).one(db).await?;
    found.ok_or_else(|| Problem::not_found(format!("workshop {id}")))
}

/// A workshop with its stories and those of its risks that you may see.
#[utoipa::path(tag = "workshops", params(("id" = i64, Path)), responses((status = 200, body = WorkshopDetail)))]
#[get("/workshops/{id}")]
async fn show(
    caller: Require<See>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<WorkshopDetail>, Problem> {
    let db = state.database.reader();
    let workshop = find(db, *id).await?;
    let scenarios = scenario::Entity::find()
        .filter(scenario::Column::WorkshopId.eq(workshop.id))
        .order_by_asc(scenario::Column::Id)
        .all(db)
        .await?;
    let mut risks =
        risk::Entity::find().filter(risk::Column::WorkshopId.eq(workshop.id)).order_by_asc(risk::Column::Id);
    if let Scope::Teams(teams) = caller.scope() {
        risks = risks.filter(risk::Column::TeamId.is_in(teams));
    }
    let risks = risks.all(db).await?;
    let mut threats = known::said_about(db, &risks).await?;
    Ok(web::Json(WorkshopDetail {
        workshop: workshop.into(),
        scenarios: scenarios
            .into_iter()
            .map(|story| ScenarioView { key: story.key, name: story.name, story: story.story })
            .collect(),
        risks: risks
            .into_iter()
            .map(|risk| {
                let threat = threats.remove(&risk.id).unwrap_or_default();
                WorkshopRiskView {
                    key: RiskKey(risk.id),
                    title: risk.title,
                    level: risk.level.as_str(),
                    state: risk.state.as_str(),
                    external_id: threat.said.id,
                    needs_rating: threat.needs_rating,
                    model_status: threat.said.status,
                    model_note: threat.said.status_note,
                    gone: threat.gone,
                }
            })
            .collect(),
    }))
}

/// What to say when signing off.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct SignOffForm {
    /// Why the stated summary may differ from the counted one.
    mismatch_reason: Option<String>,
}

/// What signing off came to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SignedOffView {
    #[serde(flatten)]
    workshop: WorkshopView,
    /// Risks that were confirmed.
    #[schema(value_type = Vec<String>)]
    confirmed: Vec<RiskKey>,
    /// Risks that still need a person.
    waiting: Vec<WaitingView>,
}

/// A risk that still needs a person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct WaitingView {
    #[schema(value_type = String)]
    key: RiskKey,
    /// What is missing.
    why: String,
}

/// Says that a workshop's result stands: its risks are confirmed.
#[utoipa::path(tag = "workshops", params(("id" = i64, Path)), request_body = SignOffForm,
    responses((status = 200, body = SignedOffView)))]
#[post("/workshops/{id}/sign-off")]
async fn sign(
    caller: Require<SignOffWorkshops>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: Option<web::Json<SignOffForm>>,
) -> Result<web::Json<SignedOffView>, Problem> {
    let now = state.clock.now();
    let reason = form.and_then(|form| form.into_inner().mismatch_reason);
    let done = state
        .database
        .write(async |tx| {
            let workshop = find(tx, *id).await?;
            sign_off::sign_off(tx, &caller, workshop, reason.clone(), now).await
        })
        .await?;
    Ok(web::Json(SignedOffView {
        workshop: done.workshop.into(),
        confirmed: done.confirmed,
        waiting: done.waiting.into_iter().map(|(key, why)| WaitingView { key, why }).collect(),
    }))
}
