//! `/api/v1/workshops` for a session that is held in Abate: what is told is kept in a draft until it is signed off.

use abate_entity::{risk, scenario, workshop};
use abate_integrations::workshop::Position;
use actix_web::{HttpResponse, patch, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait,
    QueryFilter,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::DRAFT;
use super::api::WorkshopView;
use super::hold::{self, FoundRisk, Session};
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::RecordRisks;
use crate::access::user;
use crate::audit_log;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::create::check_text;
use crate::risk::key::RiskKey;
use crate::risk::technique;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(begin).service(change).service(add_scenario).service(change_scenario).service(add_risk);
}

/// Somebody who takes part.
#[derive(Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AttendeeForm {
    name: String,
    /// In which role, such as engineer.
    #[serde(default)]
    role: String,
}

/// A session; what is left out when it is changed stays.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct SessionForm {
    title: Option<String>,
    /// Today unless told.
    held_on: Option<NaiveDate>,
    /// Of that day; the organisation's unless told.
    zone: Option<String>,
    /// threat, system or asset.
    approach: Option<String>,
    duration_minutes: Option<i32>,
    attendees: Option<Vec<AttendeeForm>>,
    methods: Option<Vec<String>>,
    /// Version of ATT&CK that technique ids come from.
    attack_version: Option<String>,
}

impl SessionForm {
    fn write(&self, row: &mut workshop::ActiveModel) -> Result<(), Problem> {
        if let Some(title) = &self.title {
            row.title = Set(title.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        if let Some(day) = self.held_on {
            row.held_on = Set(day);
        }
        if let Some(minutes) = self.duration_minutes {
            if !(1..=14_400).contains(&minutes) {
                return Err(Problem::invalid("duration_minutes", "Use 1 to 14400."));
            }
            row.duration_minutes = Set(Some(minutes));
        }
        if let Some(attendees) = &self.attendees {
            let said = attendees.iter().map(|who| match who.role.trim() {
                "" => who.name.trim().to_owned(),
                role => format!("{} ({role})", who.name.trim()),
            });
            row.attendees = Set(json!(said.collect::<Vec<_>>()));
        }
        if let Some(methods) = &self.methods {
            row.methods = Set(json!(methods));
        }
        for (text, column) in [
            (&self.zone, &mut row.zone),
            (&self.approach, &mut row.approach),
            (&self.attack_version, &mut row.attack_version),
        ] {
            if let Some(text) = text {
                check_text("session", text, 100)?;
                *column = Set(text.clone());
            }
        }
        let text = |value: &sea_orm::ActiveValue<String>| value.try_as_ref().cloned().unwrap_or_default();
        hold::check(&text(&row.title), &text(&row.approach), &text(&row.zone))
    }
}

/// Begins a workshop as a draft.
#[utoipa::path(tag = "workshops", request_body = SessionForm, responses((status = 201, body = WorkshopView)))]
#[post("/workshops")]
async fn begin(
    caller: Require<RecordRisks>,
    state: web::Data<AppState>,
    form: web::Json<SessionForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let workshop = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let mut row = workshop::ActiveModel {
                title: Set(String::new()),
                held_on: Set(now.with_timezone(&policies.zone).date_naive()),
                zone: Set(policies.zone.name().to_owned()),
                approach: Set(String::new()),
                attendees: Set(json!([])),
                methods: Set(json!([])),
                attack_version: Set(String::new()),
                stated_summary: Set(json!({})),
                counted_summary: Set(json!({})),
                state: Set(DRAFT.to_owned()),
                created_at: Set(now),
                ..Default::default()
            };
            form.write(&mut row)?;
            let workshop = row.insert(tx).await?;
            let subject = format!("workshop-{}", workshop.id);
            audit_log::add(tx, &caller, "workshop.begin", &subject, json!({}), now).await?;
            Ok(workshop)
        })
        .await?;
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/api/v1/workshops/{}", workshop.id)))
        .json(WorkshopView::from(workshop)))
}

/// Changes what a draft says about its session.
#[utoipa::path(tag = "workshops", params(("id" = i64, Path)), request_body = SessionForm,
    responses((status = 200, body = WorkshopView), (status = 409, description = "it is signed off")))]
#[patch("/workshops/{id}")]
async fn change(
    caller: Require<RecordRisks>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: web::Json<SessionForm>,
) -> Result<web::Json<WorkshopView>, Problem> {
    let now = state.clock.now();
    let workshop = state
        .database
        .write(async |tx| {
            let mut row: workshop::ActiveModel = hold::draft(tx, *id).await?.into();
            form.write(&mut row)?;
            let workshop = row.update(tx).await?;
            let data = json!({
                "title": workshop.title, "held_on": workshop.held_on, "zone": workshop.zone,
                "approach": workshop.approach, "attendees": workshop.attendees, "methods": workshop.methods,
            });
            audit_log::add(tx, &caller, "workshop.edit", &format!("workshop-{id}"), data, now).await?;
            Ok(workshop)
        })
        .await?;
    Ok(web::Json(workshop.into()))
}

/// An attack story.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ScenarioForm {
    name: String,
    #[serde(default)]
    story: String,
}

impl ScenarioForm {
    fn check(&self) -> Result<(), Problem> {
        if self.name.trim().is_empty() {
            return Err(Problem::invalid("name", "Give the story a name."));
        }
        check_text("name", &self.name, 300)?;
        check_text("story", &self.story, 50_000)
    }
}

/// A story of a draft.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ToldScenario {
    /// By which risks refer to it.
    key: String,
    name: String,
    story: String,
}

impl From<scenario::Model> for ToldScenario {
    fn from(row: scenario::Model) -> Self {
        Self { key: row.key, name: row.name, story: row.story }
    }
}

/// Adds an attack story to a draft.
#[utoipa::path(tag = "workshops", params(("id" = i64, Path)), request_body = ScenarioForm, responses((status = 201, body = ToldScenario)))]
#[post("/workshops/{id}/scenarios")]
async fn add_scenario(
    caller: Require<RecordRisks>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: web::Json<ScenarioForm>,
) -> Result<HttpResponse, Problem> {
    form.check()?;
    let now = state.clock.now();
    let story = state
        .database
        .write(async |tx| {
            let workshop = hold::draft(tx, *id).await?;
            let known = scenario::Entity::find().filter(scenario::Column::WorkshopId.eq(workshop.id));
            let number = known.count(tx).await? + 1;
            let row = scenario::ActiveModel {
                workshop_id: Set(workshop.id),
                key: Set(format!("S{number}")),
                name: Set(form.name.clone()),
                story: Set(form.story.clone()),
                ..Default::default()
            };
            let story = row.insert(tx).await?;
            note(tx, &caller, "scenario.create", &story, now).await?;
            Ok(story)
        })
        .await?;
    Ok(HttpResponse::Created().json(ToldScenario::from(story)))
}

/// Tells an attack story of a draft otherwise.
#[utoipa::path(tag = "workshops", params(("id" = i64, Path), ("key" = String, Path)), request_body = ScenarioForm,
    responses((status = 200, body = ToldScenario)))]
#[patch("/workshops/{id}/scenarios/{key}")]
async fn change_scenario(
    caller: Require<RecordRisks>,
    state: web::Data<AppState>,
    path: web::Path<(i64, String)>,
    form: web::Json<ScenarioForm>,
) -> Result<web::Json<ToldScenario>, Problem> {
    form.check()?;
    let (id, key) = path.into_inner();
    let now = state.clock.now();
    let story = state
        .database
        .write(async |tx| {
            let workshop = hold::draft(tx, id).await?;
            let session = Session { tx, ids: &state.ids, actor: &caller, now };
            let mut row: scenario::ActiveModel = session.scenario(&workshop, &key).await?.into();
            row.name = Set(form.name.clone());
            row.story = Set(form.story.clone());
            let story = row.update(tx).await?;
            note(tx, &caller, "scenario.edit", &story, now).await?;
            Ok(story)
        })
        .await?;
    Ok(web::Json(story.into()))
}

/// Writes down that a story was told.
async fn note(
    tx: &DatabaseTransaction,
    caller: &Actor,
    action: &str,
    story: &scenario::Model,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let data = json!({ "key": story.key, "name": story.name });
    audit_log::add(tx, caller, action, &format!("workshop-{}", story.workshop_id), data, now).await
}

/// A place on the grid.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PlaceForm {
    /// 1 to 5.
    likelihood: u8,
    /// 1 to 5.
    impact: u8,
}

impl PlaceForm {
    fn position(self, field: &str) -> Result<Position, Problem> {
        if (1..=5).contains(&self.likelihood) && (1..=5).contains(&self.impact) {
            return Ok(Position { likelihood: self.likelihood, impact: self.impact });
        }
        Err(Problem::invalid(field, "Use 1 to 5 for likelihood and impact."))
    }
}

/// A risk that people found.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct FoundForm {
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    mitigation: String,
    /// Key of its story.
    scenario: Option<String>,
    /// Keys of the assets, the primary one first.
    assets: Vec<String>,
    /// Before controls; without it the risk waits for a rating.
    inherent: Option<PlaceForm>,
    /// After the planned treatment.
    target: Option<PlaceForm>,
    #[serde(default)]
    stride: Vec<String>,
    #[serde(default)]
    techniques: Vec<String>,
    kill_chain_phase: Option<String>,
    /// Address of the owner.
    owner: Option<String>,
}

/// A risk of a draft.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct FoundView {
    #[schema(value_type = String)]
    key: RiskKey,
    title: String,
    level: &'static str,
}

impl From<risk::Model> for FoundView {
    fn from(risk: risk::Model) -> Self {
        Self { key: RiskKey(risk.id), title: risk.title, level: risk.level.as_str() }
    }
}

/// Adds a risk to a draft. It is changed like any other risk.
#[utoipa::path(tag = "workshops", params(("id" = i64, Path)), request_body = FoundForm, responses((status = 201, body = FoundView)))]
#[post("/workshops/{id}/risks")]
async fn add_risk(
    caller: Require<RecordRisks>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: web::Json<FoundForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let inherent = form.inherent.map(|place| place.position("inherent")).transpose()?;
    let target = form.target.map(|place| place.position("target")).transpose()?;
    let techniques = technique::resolved("techniques", &form.techniques)?;
    let risk = state
        .database
        .write(async |tx| {
            let workshop = hold::draft(tx, *id).await?;
            let owner_id = match &form.owner {
                Some(email) => Some(user::active_by_email(tx, "owner", email).await?.id),
                None => None,
            };
            let found = FoundRisk {
                title: form.title.clone(),
                description: form.description.clone(),
                mitigation: form.mitigation.clone(),
                scenario: form.scenario.clone(),
                assets: form.assets.clone(),
                inherent,
                target,
                stride: form.stride.clone(),
                techniques: techniques.clone(),
                kill_chain_phase: form.kill_chain_phase.clone(),
                owner_id,
                external_id: None,
            };
            Session { tx, ids: &state.ids, actor: &caller, now }.add(&workshop, found).await
        })
        .await?;
    let risk = risk.ok_or_else(|| Problem::not_found("such risk"))?;
    Ok(HttpResponse::Created().json(FoundView::from(risk)))
}
