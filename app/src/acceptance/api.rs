//! `/api/v1/acceptances`: what is accepted by whom until when, and the answers to what is asked for.

use abate_entity::{acceptance, risk};
use actix_web::{get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::decide::{self, Answer};
use super::finder::{self, AcceptanceFilter, Found};
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::{MoveRisks, See};
use crate::platform::paging::Page;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::api::view::Names;
use crate::risk::create::check_text;
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::risk::step::today;
use crate::state::AppState;

/// Longest reason, in characters.
const MAX_REASON: usize = 10_000;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_acceptances)
        .service(show_acceptance)
        .service(approve_acceptance)
        .service(reject_acceptance)
        .service(revoke_acceptance);
}

/// A decision to live with a risk, or the request for one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AcceptanceView {
    /// Its number.
    id: i64,
    /// Where it stands.
    state: String,
    /// Key of the risk.
    risk: String,
    /// What the risk is called.
    title: String,
    /// Where the risk stands.
    risk_state: &'static str,
    /// Key of the team that the risk belongs to.
    team: String,
    /// How bad the risk was when this was asked for, then when it was approved.
    level: &'static str,
    /// How bad it is now.
    level_now: &'static str,
    /// Why it can be lived with.
    justification: String,
    /// What keeps it in bounds meanwhile.
    compensating_controls: String,
    /// Its last day.
    ends_on: NaiveDate,
    /// The last second of that day.
    ends_at: DateTime<Utc>,
    /// Days until its last day, while it waits or holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    days_left: Option<i64>,
    /// How often it was renewed; 2 is the most.
    renewals: i16,
    /// Who asked.
    asked_by: Option<String>,
    /// When.
    asked_at: DateTime<Utc>,
    /// Who approved or rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<DateTime<Utc>>,
    /// Why, in their words.
    #[serde(skip_serializing_if = "String::is_empty")]
    decided_reason: String,
    /// Who took it back or ended it; none for a date or a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_by: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    end_reason: String,
}

impl AcceptanceView {
    fn new(row: acceptance::Model, risk: &risk::Model, names: &Names, today: NaiveDate) -> Self {
        let runs = matches!(row.state.as_str(), super::state::REQUESTED | super::state::IN_FORCE);
        let person = |id: Option<i64>| id.and_then(|id| names.email(id));
        Self {
            id: row.id,
            risk: RiskKey(risk.id).to_string(),
            title: risk.title.clone(),
            risk_state: risk.state.as_str(),
            team: names.team(risk.team_id).map(|team| team.key.clone()).unwrap_or_default(),
            level: row.level.as_str(),
            level_now: risk.level.as_str(),
            days_left: runs.then(|| (row.ends_on - today).num_days()),
            asked_by: person(Some(row.asked_by)),
            decided_by: person(row.decided_by),
            ended_by: person(row.ended_by),
            state: row.state,
            justification: row.justification,
            compensating_controls: row.compensating_controls,
            ends_on: row.ends_on,
            ends_at: row.ends_at,
            renewals: row.renewals,
            asked_at: row.asked_at,
            decided_at: row.decided_at,
            decided_reason: row.decided_reason,
            ended_at: row.ended_at,
            end_reason: row.end_reason,
        }
    }
}

/// The views of acceptances.
///
/// # Errors
/// When the database cannot be asked.
async fn views(
    db: &impl ConnectionTrait,
    found: Vec<Found>,
    today: NaiveDate,
) -> Result<Vec<AcceptanceView>, Problem> {
    let people: Vec<i64> = found
        .iter()
        .flat_map(|(row, _)| [Some(row.asked_by), row.decided_by, row.ended_by])
        .flatten()
        .collect();
    let names = Names::of(db, &[], &people).await?;
    Ok(found.into_iter().map(|(row, risk)| AcceptanceView::new(row, &risk, &names, today)).collect())
}

/// What is accepted, asked for or was accepted; those that end first before the others.
#[utoipa::path(tag = "acceptances", params(AcceptanceFilter), responses((status = 200, body = Page<AcceptanceView>)))]
#[get("/acceptances")]
async fn list_acceptances(
    caller: Require<See>,
    state: web::Data<AppState>,
    filter: web::Query<AcceptanceFilter>,
) -> Result<web::Json<Page<AcceptanceView>>, Problem> {
    let db = state.database.reader();
    let zone = Policies::load(db).await?.zone;
    let page = finder::page(db, &caller.scope(), &filter).await?;
    let items = views(db, page.items, today(state.clock.now(), zone)).await?;
    Ok(web::Json(Page { items, next_cursor: page.next_cursor }))
}

/// One acceptance.
#[utoipa::path(tag = "acceptances", params(("id" = i64, Path)), responses((status = 200, body = AcceptanceView)))]
#[get("/acceptances/{id}")]
async fn show_acceptance(
    caller: Require<See>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<AcceptanceView>, Problem> {
    let db = state.database.reader();
    let zone = Policies::load(db).await?.zone;
    let found = finder::one(db, &caller.scope(), *id).await?;
    one(views(db, vec![found], today(state.clock.now(), zone)).await?)
}

/// An answer to a request.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct AnswerForm {
    /// Why; a no needs one.
    reason: String,
    /// For an approval, a last day before the one that was asked for.
    expires_on: Option<NaiveDate>,
}

/// Agrees to a request. Nothing but an earlier last day can be said otherwise than it was asked.
#[utoipa::path(
    tag = "acceptances", params(("id" = i64, Path)), request_body = AnswerForm,
    responses(
        (status = 200, body = AcceptanceView),
        (status = 403, description = "Somebody else approves at this level"),
        (status = 409, description = "It waits for no answer"),
    )
)]
#[post("/acceptances/{id}/approve")]
async fn approve_acceptance(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: web::Json<AnswerForm>,
) -> Result<web::Json<AcceptanceView>, Problem> {
    let answer = Answer::Approve { expires_on: form.expires_on };
    answered(&caller, &state, *id, answer, &form.reason).await
}

/// Says no to a request; whoever asked takes it back by this.
#[utoipa::path(
    tag = "acceptances", params(("id" = i64, Path)), request_body = AnswerForm,
    responses((status = 200, body = AcceptanceView), (status = 409, description = "It waits for no answer"))
)]
#[post("/acceptances/{id}/reject")]
async fn reject_acceptance(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: web::Json<AnswerForm>,
) -> Result<web::Json<AcceptanceView>, Problem> {
    answered(&caller, &state, *id, Answer::Reject, &form.reason).await
}

/// Ends an acceptance that holds: the risk is open again.
#[utoipa::path(
    tag = "acceptances", params(("id" = i64, Path)), request_body = AnswerForm,
    responses((status = 200, body = AcceptanceView), (status = 409, description = "It does not hold"))
)]
#[post("/acceptances/{id}/revoke")]
async fn revoke_acceptance(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: web::Json<AnswerForm>,
) -> Result<web::Json<AcceptanceView>, Problem> {
    answered(&caller, &state, *id, Answer::Revoke, &form.reason).await
}

async fn answered(
    caller: &Actor,
    state: &AppState,
    id: i64,
    answer: Answer,
    reason: &str,
) -> Result<web::Json<AcceptanceView>, Problem> {
    check_text("reason", reason, MAX_REASON)?;
    let now = state.clock.now();
    let views = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(caller, now, &policies);
            decide::decide(tx, &occasion, caller, id, answer, reason).await?;
            let found = finder::one(tx, &caller.scope(), id).await?;
            views(tx, vec![found], today(now, policies.zone)).await
        })
        .await?;
    one(views)
}

fn one(mut views: Vec<AcceptanceView>) -> Result<web::Json<AcceptanceView>, Problem> {
    views.pop().map(web::Json).ok_or_else(|| Problem::not_found("such acceptance"))
}
