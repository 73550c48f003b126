//! `POST /api/v1/incidents`, `/risks/{key}/declare` and `/findings/{id}/declare`

use abate_entity::{incident, risk};
use actix_web::{HttpResponse, post, web};
use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;
use serde::{Deserialize, Serialize};

use super::view::IncidentDetail;
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::DeclareIncidents;
use crate::access::scope::Scope;
use crate::access::team;
use crate::incident::declare::{self, NewData, NewIncident};
use crate::intake::finding;
use crate::obligation;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::finder as risks;
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::state::AppState;

/// An incident to be declared.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct IncidentForm {
    /// breach or drill.
    pub(crate) kind: String,
    /// One line.
    pub(crate) title: String,
    /// What is known.
    pub(crate) description: String,
    /// When somebody became aware of it, now unless told; legal clocks run from then.
    pub(crate) aware_at: Option<DateTime<Utc>>,
    /// Key of the team, that of the risk, finding or cadence unless told; without those your own.
    pub(crate) team: Option<String>,
    /// Key of the risk it is about.
    pub(crate) risk: Option<String>,
    /// Number of the finding it is about.
    pub(crate) finding: Option<i64>,
    /// Number of the run of a cadence that drills it.
    pub(crate) run: Option<i64>,
    /// What data of whom is concerned, as far as is known.
    pub(crate) data: Vec<DataForm>,
}

/// Data that is concerned.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DataForm {
    /// A class of data, as in `/data-classes`.
    pub(crate) data_class: String,
    /// customers, employees, patients or others.
    pub(crate) subjects: String,
    /// How many, where that is known.
    pub(crate) people: Option<i64>,
    /// What else is known.
    pub(crate) note: String,
}

impl From<DataForm> for NewData {
    fn from(form: DataForm) -> Self {
        Self { data_class: form.data_class, subjects: form.subjects, people: form.people, note: form.note }
    }
}

/// Declares a data breach, or a drill of one. Those who lead security are told at once, then every hour.
#[utoipa::path(
    tag = "incidents",
    request_body = IncidentForm,
    responses((status = 201, body = IncidentDetail), (status = 422, description = "Names each field that is wrong"))
)]
#[post("/incidents")]
pub(super) async fn create(
    caller: Require<DeclareIncidents>,
    state: web::Data<AppState>,
    form: web::Json<IncidentForm>,
) -> Result<HttpResponse, Problem> {
    made(&state, &caller, &form).await
}

/// Declares a risk to be a data breach.
#[utoipa::path(
    tag = "incidents",
    params(("key" = String, Path)),
    request_body = IncidentForm,
    responses((status = 201, body = IncidentDetail))
)]
#[post("/risks/{key}/declare")]
pub(super) async fn of_risk(
    caller: Require<DeclareIncidents>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: web::Json<IncidentForm>,
) -> Result<HttpResponse, Problem> {
    risks::one(state.database.reader(), &caller.scope(), *key).await?;
    let form = IncidentForm { risk: Some(key.to_string()), finding: None, run: None, ..form.into_inner() };
    made(&state, &caller, &form).await
}

/// Declares what a finding shows to be a data breach.
#[utoipa::path(
    tag = "incidents",
    params(("id" = i64, Path)),
    request_body = IncidentForm,
    responses((status = 201, body = IncidentDetail))
)]
#[post("/findings/{id}/declare")]
pub(super) async fn of_finding(
    caller: Require<DeclareIncidents>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: web::Json<IncidentForm>,
) -> Result<HttpResponse, Problem> {
    finding::one(state.database.reader(), &caller.scope(), *id).await?;
    let form = IncidentForm { finding: Some(*id), risk: None, run: None, ..form.into_inner() };
    made(&state, &caller, &form).await
}

async fn made(state: &AppState, caller: &Actor, form: &IncidentForm) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let incident = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            resolve(tx, &Occasion::by(caller, now, &policies), caller, form).await
        })
        .await?;
    let detail = IncidentDetail::of(state.database.reader(), incident).await?;
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/api/v1/incidents/{}", detail.incident.key)))
        .json(detail))
}

/// Looks up what a form names, and declares the incident; for the API, the page and Slack.
///
/// # Errors
/// 403 where the caller has no part in the team, 422 naming the field that names nothing.
pub(crate) async fn resolve(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    caller: &Actor,
    form: &IncidentForm,
) -> Result<incident::Model, Problem> {
    let scope = caller.scope();
    let about = [form.risk.is_some(), form.finding.is_some(), form.run.is_some()];
    if about.into_iter().filter(|named| *named).count() > 1 {
        return Err(Problem::invalid("risk", "Name one of risk, finding and run."));
    }
    let mut risk: Option<risk::Model> = None;
    let mut team_id = None;
    if let Some(key) = &form.risk {
        let nothing = || Problem::invalid("risk", format!("There is no risk {key:?} that you may see."));
        let found = risks::one(tx, &scope, key.parse().map_err(|_| nothing())?).await;
        let found = found.map_err(|_| nothing())?;
        team_id = Some(found.team_id);
        risk = Some(found);
    } else if let Some(id) = form.finding {
        let found = finding::one(tx, &scope, id).await;
        let (_, asset) =
            found.map_err(|_| Problem::invalid("finding", "There is no such finding that you may see."))?;
        team_id = Some(asset.team_id);
    } else if let Some(id) = form.run {
        let held = obligation::finder::run(tx, &scope, id).await;
        let held = held.map_err(|_| Problem::invalid("run", "There is no such run that you may see."))?;
        team_id = Some(held.cadence.team_id);
    }
    if let Some(key) = form.team.as_deref().map(str::trim).filter(|key| !key.is_empty()) {
        team_id = Some(team::by_key(tx, "team", key).await?.id);
    }
    let team_id = match team_id {
        Some(id) => id,
        None => own_team(tx, caller, occasion.now).await?,
    };
    caller.require_in::<DeclareIncidents>(team_id)?;
    let new = NewIncident {
        kind: form.kind.clone(),
        title: form.title.clone(),
        description: form.description.clone(),
        aware_at: form.aware_at,
        team_id,
        finding_id: form.finding,
        run_id: form.run,
        data: form.data.iter().cloned().map(NewData::from).collect(),
    };
    declare::declare(tx, occasion, caller, risk, new).await
}

/// The team of somebody who named none: the default one, else the only one that they may declare for.
async fn own_team(tx: &DatabaseTransaction, caller: &Actor, now: DateTime<Utc>) -> Result<i64, Problem> {
    let default = team::default(tx, now).await?.id;
    match caller.scope_of::<DeclareIncidents>() {
        Scope::Teams(teams) if !teams.contains(&default) => match teams.as_slice() {
            [one] => Ok(*one),
            _ => Err(Problem::invalid("team", "Name the team that it is about: you work for several.")),
        },
        _ => Ok(default),
    }
}
