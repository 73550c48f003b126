//! `/api/v1/risks/{key}/tickets` and `/api/v1/connections`

use abate_entity::{connection, ticket};
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::check::{self, Finding};
use super::finder;
use super::reconcile;
use super::strangers::{self, StrangerView};
use super::ticket_rules::TicketState;
use super::view::TicketView;
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::{Configure, MoveRisks, See};
use crate::audit_log;
use crate::jobs;
use crate::platform::job::queue;
use crate::platform::paging::Page;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::edit::{self, Edit};
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::risk::{finder as risks, parties};
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(ask).service(connections).service(test);
}

/// The tickets of a risk.
#[utoipa::path(tag = "tickets", params(("key" = String, Path)), responses((status = 200, body = Page<TicketView>)))]
#[get("/risks/{key}/tickets")]
async fn list(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
) -> Result<web::Json<Page<TicketView>>, Problem> {
    let db = state.database.reader();
    let risk = risks::one(db, &caller.scope(), *key).await?;
    let items = TicketView::of_risk(db, &state, risk.id).await?;
    Ok(web::Json(Page { items, next_cursor: None }))
}

/// A wish for a ticket.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct TicketForm {
    /// Says that you have looked in JIRA, and a quarantined ticket may be looked for and created again.
    again: bool,
}

/// Asks for a ticket, whatever the rule says; it is created in the background.
#[utoipa::path(
    tag = "tickets",
    params(("key" = String, Path)),
    request_body = TicketForm,
    responses((status = 202, body = Page<TicketView>), (status = 409, description = "Quarantined, or no JIRA"))
)]
#[post("/risks/{key}/tickets")]
async fn ask(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: Option<web::Json<TicketForm>>,
) -> Result<HttpResponse, Problem> {
    if state.config.jira.is_none() {
        return Err(Problem::new(
            Kind::Conflict,
            "No JIRA site is set up; set ABATE_JIRA__URL and its companions.",
        ));
    }
    let again = form.is_some_and(|form| form.again);
    let now = state.clock.now();
    let risk_id = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let risk = risks::one(tx, &caller.scope(), *key).await?;
            parties::may_edit(&caller, &risk)?;
            let occasion = Occasion::by(&caller, now, &policies);
            if let Some(ticket) = finder::of_risk(tx, risk.id).await? {
                search_again(tx, &caller, &ticket, again, now).await?;
            }
            let wish = Edit { ticket_wanted: Some(true), ..Edit::default() };
            let risk = edit::edit(tx, &occasion, risk, wish).await?;
            queue::enqueue(tx, jobs::TICKET, &finder::subject(risk.id), now, now).await?;
            Ok(risk.id)
        })
        .await?;
    let items = TicketView::of_risk(state.database.reader(), &state, risk_id).await?;
    Ok(HttpResponse::Accepted().json(Page { items, next_cursor: None }))
}

/// Takes a ticket out of quarantine, once somebody has looked.
async fn search_again(
    tx: &DatabaseTransaction,
    actor: &Actor,
    ticket: &ticket::Model,
    again: bool,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    if ticket.state != TicketState::Quarantined.as_str() {
        return Ok(());
    }
    if !again {
        let said =
            "The ticket is quarantined: it may exist in JIRA. Look there, then ask again with `again: true`.";
        return Err(Problem::new(Kind::Conflict, said));
    }
    let set = ticket::ActiveModel {
        attempt: Set(1),
        next_try_at: Set(now),
        ..reconcile::unknown("somebody asked to look again", now)
    };
    ticket::Entity::update_many().set(set).filter(ticket::Column::Id.eq(ticket.id)).exec(tx).await?;
    let subject = RiskKey(ticket.risk_id).to_string();
    audit_log::add(tx, actor, "ticket.search_again", &subject, json!({"ticket": ticket.id}), now).await?;
    reconcile::enqueue(tx, ticket.connection_id, now, now).await
}

/// A JIRA site and project that tickets are kept in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ConnectionView {
    id: i64,
    name: String,
    kind: String,
    url: String,
    project: String,
    issue_type: String,
    /// Nothing is sent or read while set.
    paused: bool,
    /// What is wrong with it.
    problem: Option<String>,
    /// Nothing is sent before this moment.
    retry_at: Option<DateTime<Utc>>,
    /// Changes up to here have been read.
    polled_until: Option<DateTime<Utc>>,
    /// When all tickets were last read.
    full_pass_at: Option<DateTime<Utc>>,
    /// How many issues carry our label and are no ticket.
    stranger_count: u64,
    /// The first hundred of them.
    strangers: Vec<StrangerView>,
    /// Where JIRA is to send its webhooks.
    webhook_url: String,
}

impl ConnectionView {
    async fn load(row: connection::Model, state: &AppState) -> Result<Self, Problem> {
        let db = state.database.reader();
        let (strangers, stranger_count) = strangers::of_connection(db, row.id, &row.browse_url).await?;
        Ok(Self {
            strangers,
            stranger_count,
            full_pass_at: row.full_pass_at,
            webhook_url: format!("{}hooks/jira/{}", state.config.web.base_url, row.id),
            id: row.id,
            name: row.name,
            kind: row.kind,
            url: row.browse_url,
            project: row.project,
            issue_type: row.issue_type,
            paused: row.paused,
            problem: row.problem,
            retry_at: row.retry_at,
            polled_until: row.polled_until,
        })
    }
}

/// The connections to JIRA.
#[utoipa::path(tag = "tickets", responses((status = 200, body = Page<ConnectionView>)))]
#[get("/connections")]
async fn connections(
    _caller: Require<Configure>,
    state: web::Data<AppState>,
) -> Result<web::Json<Page<ConnectionView>>, Problem> {
    let rows =
        connection::Entity::find().order_by_asc(connection::Column::Id).all(state.database.reader()).await?;
    let mut items = Vec::new();
    for row in rows {
        items.push(ConnectionView::load(row, &state).await?);
    }
    Ok(web::Json(Page { items, next_cursor: None }))
}

/// What a test of a connection found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TestAnswer {
    /// Whether everything is as it has to be.
    ok: bool,
    /// What was looked at.
    findings: Vec<Finding>,
}

/// Looks whether a connection works: account, project, permissions, create screen, webhook.
#[utoipa::path(tag = "tickets", params(("id" = i64, Path)), responses((status = 200, body = TestAnswer)))]
#[post("/connections/{id}/test")]
async fn test(
    _caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<TestAnswer>, Problem> {
    let configured = super::connection::configured(&state).await?;
    if configured.is_none_or(|active| active.row.id != *id) {
        return Err(Problem::not_found("connection in use with this number"));
    }
    let findings = check::run(&state).await?;
    Ok(web::Json(TestAnswer { ok: findings.iter().all(|finding| finding.ok), findings }))
}
