//! What is done with an incident: `PATCH /api/v1/incidents/{key}` and the addresses under it.

use actix_web::{HttpRequest, HttpResponse, patch, post, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::declare::DataForm;
use super::view::IncidentDetail;
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::{DeclareIncidents, LeadIncidents, Right};
use crate::incident::action::{self, NewAction};
use crate::incident::duty::Settlement;
use crate::incident::finder;
use crate::incident::key::IncidentKey;
use crate::incident::step::{self, Edit, Entry, Step};
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::api::if_match;
use crate::risk::record::Occasion;
use crate::state::AppState;

/// Takes a step, for those who hold the right for the incident's team.
///
/// # Errors
/// As the step says; 412 when `seen` is not the version any more.
pub(crate) async fn take<R: Right>(
    state: &AppState,
    caller: &Actor,
    key: IncidentKey,
    seen: Option<i32>,
    step: Step,
) -> Result<IncidentDetail, Problem> {
    let now = state.clock.now();
    let incident = state
        .database
        .write(async |tx| {
            let incident = finder::one(tx, &finder::scope(caller), key).await?;
            caller.require_in::<R>(incident.team_id)?;
            if seen.is_some_and(|seen| seen != incident.version) {
                let detail = format!("{key} is at version {} by now; read it again.", incident.version);
                return Err(Problem::new(Kind::Stale, detail).with("version", incident.version));
            }
            step::take(tx, caller, incident, step.clone(), now).await
        })
        .await?;
    IncidentDetail::of(state.database.reader(), incident).await
}

/// A correction; what is left out stays.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EditForm {
    /// One line.
    title: Option<String>,
    /// What is known.
    description: Option<String>,
    /// When somebody became aware of it; open duties move with it.
    aware_at: Option<DateTime<Utc>>,
    /// What happened and what was learned.
    summary: Option<String>,
    /// Why the moment of awareness changes.
    reason: String,
}

/// Corrects what an incident says. What it said before stays in its log.
#[utoipa::path(
    tag = "incidents",
    params(("key" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = EditForm,
    responses((status = 200, body = IncidentDetail), (status = 412, description = "It was changed meanwhile"))
)]
#[patch("/incidents/{key}")]
pub(super) async fn edit(
    caller: Require<DeclareIncidents>,
    state: web::Data<AppState>,
    key: web::Path<IncidentKey>,
    request: HttpRequest,
    form: web::Json<EditForm>,
) -> Result<web::Json<IncidentDetail>, Problem> {
    let EditForm { title, description, aware_at, summary, reason } = form.into_inner();
    let step = Step::Edit(Edit { title, description, aware_at, summary, reason });
    let seen = if_match(&request)?;
    Ok(web::Json(take::<DeclareIncidents>(&state, &caller, *key, seen, step).await?))
}

/// Takes an incident on; nobody is called any more.
#[utoipa::path(tag = "incidents", params(("key" = String, Path)), responses((status = 200, body = IncidentDetail)))]
#[post("/incidents/{key}/acknowledge")]
pub(super) async fn acknowledge(
    caller: Require<LeadIncidents>,
    state: web::Data<AppState>,
    key: web::Path<IncidentKey>,
) -> Result<web::Json<IncidentDetail>, Problem> {
    Ok(web::Json(take::<LeadIncidents>(&state, &caller, *key, None, Step::Acknowledge).await?))
}

/// Says that an incident can do no more harm.
#[utoipa::path(tag = "incidents", params(("key" = String, Path)), responses((status = 200, body = IncidentDetail)))]
#[post("/incidents/{key}/contain")]
pub(super) async fn contain(
    caller: Require<DeclareIncidents>,
    state: web::Data<AppState>,
    key: web::Path<IncidentKey>,
) -> Result<web::Json<IncidentDetail>, Problem> {
    Ok(web::Json(take::<DeclareIncidents>(&state, &caller, *key, None, Step::Contain).await?))
}

/// How an incident ended.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CloseForm {
    /// What happened and what was learned; what was written before unless told.
    summary: Option<String>,
    /// Why nothing follows, where nothing does.
    no_action_reason: Option<String>,
}

/// Closes an incident.
#[utoipa::path(
    tag = "incidents",
    params(("key" = String, Path)),
    request_body = CloseForm,
    responses((status = 200, body = IncidentDetail), (status = 422, description = "Lists all that is missing"))
)]
#[post("/incidents/{key}/close")]
pub(super) async fn close(
    caller: Require<LeadIncidents>,
    state: web::Data<AppState>,
    key: web::Path<IncidentKey>,
    form: web::Json<CloseForm>,
) -> Result<web::Json<IncidentDetail>, Problem> {
    let CloseForm { summary, no_action_reason } = form.into_inner();
    let step = Step::Close { summary, no_action_reason };
    Ok(web::Json(take::<LeadIncidents>(&state, &caller, *key, None, step).await?))
}

/// Says what data of whom is concerned, or more of what was said. Duties follow from it.
#[utoipa::path(
    tag = "incidents",
    params(("key" = String, Path)),
    request_body = DataForm,
    responses((status = 200, body = IncidentDetail))
)]
#[post("/incidents/{key}/data")]
pub(super) async fn data(
    caller: Require<DeclareIncidents>,
    state: web::Data<AppState>,
    key: web::Path<IncidentKey>,
    form: web::Json<DataForm>,
) -> Result<web::Json<IncidentDetail>, Problem> {
    let step = Step::Data(form.into_inner().into());
    Ok(web::Json(take::<DeclareIncidents>(&state, &caller, *key, None, step).await?))
}

/// A line for the log.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EntryForm {
    /// When it happened, now unless told.
    at: Option<DateTime<Utc>>,
    /// Who was told; left out for a note.
    who: String,
    /// How they were told.
    how: String,
    /// What.
    text: String,
}

/// Adds a line to the log: who was told when and how, or a note. Lines are never changed.
#[utoipa::path(
    tag = "incidents",
    params(("key" = String, Path)),
    request_body = EntryForm,
    responses((status = 201, body = IncidentDetail))
)]
#[post("/incidents/{key}/entries")]
pub(super) async fn entries(
    caller: Require<DeclareIncidents>,
    state: web::Data<AppState>,
    key: web::Path<IncidentKey>,
    form: web::Json<EntryForm>,
) -> Result<HttpResponse, Problem> {
    let EntryForm { at, who, how, text } = form.into_inner();
    let step = Step::Entry(Entry { at, who, how, text });
    let detail = take::<DeclareIncidents>(&state, &caller, *key, None, step).await?;
    Ok(HttpResponse::Created().json(detail))
}

/// How a duty was settled.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DutyForm {
    /// told or `not_needed`.
    state: String,
    /// When they were told, now unless told.
    told_at: Option<DateTime<Utc>>,
    /// How, with what proves it.
    how: String,
    /// Why it was not needed.
    reason: String,
}

/// Says when and how somebody was told who had to be, or why they need not be.
#[utoipa::path(
    tag = "incidents",
    params(("key" = String, Path), ("id" = i64, Path)),
    request_body = DutyForm,
    responses((status = 200, body = IncidentDetail), (status = 409, description = "It is settled already"))
)]
#[post("/incidents/{key}/duties/{id}")]
pub(super) async fn duties(
    caller: Require<DeclareIncidents>,
    state: web::Data<AppState>,
    path: web::Path<(IncidentKey, i64)>,
    form: web::Json<DutyForm>,
) -> Result<web::Json<IncidentDetail>, Problem> {
    let (key, id) = path.into_inner();
    let DutyForm { state: settled, told_at, how, reason } = form.into_inner();
    let step = Step::Duty(id, Settlement { state: settled, told_at, how, reason });
    Ok(web::Json(take::<DeclareIncidents>(&state, &caller, key, None, step).await?))
}

/// What follows from an incident.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ActionForm {
    /// One line.
    title: String,
    /// What is wrong.
    description: String,
    /// Key of the asset.
    asset: String,
    /// Address of who answers for it, the asset's owner unless told.
    owner: Option<String>,
    /// 1 to 5, before controls.
    likelihood: Option<u8>,
    /// 1 to 5, before controls.
    impact: Option<u8>,
}

/// Records a risk that follows from an incident.
#[utoipa::path(
    tag = "incidents",
    params(("key" = String, Path)),
    request_body = ActionForm,
    responses((status = 201, body = IncidentDetail))
)]
#[post("/incidents/{key}/actions")]
pub(super) async fn actions(
    caller: Require<DeclareIncidents>,
    state: web::Data<AppState>,
    key: web::Path<IncidentKey>,
    form: web::Json<ActionForm>,
) -> Result<HttpResponse, Problem> {
    if form.likelihood.is_some() != form.impact.is_some() {
        return Err(Problem::invalid("likelihood", "Give likelihood and impact together."));
    }
    let ActionForm { title, description, asset, owner, likelihood, impact } = form.into_inner();
    let new = NewAction { title, description, asset, owner, inherent: likelihood.zip(impact) };
    Ok(HttpResponse::Created().json(act(&state, &caller, *key, new).await?))
}

/// Records a risk that follows, for the API and the page.
pub(crate) async fn act(
    state: &AppState,
    caller: &Actor,
    key: IncidentKey,
    new: NewAction,
) -> Result<IncidentDetail, Problem> {
    let now = state.clock.now();
    let incident = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let incident = finder::one(tx, &finder::scope(caller), key).await?;
            caller.require_in::<DeclareIncidents>(incident.team_id)?;
            let occasion = Occasion::by(caller, now, &policies);
            action::add(tx, &state.ids, &occasion, caller, &incident, new.clone()).await?;
            Ok(incident)
        })
        .await?;
    IncidentDetail::of(state.database.reader(), incident).await
}
