//! `POST /hooks/jira/{id}`: verify, store, answer. What a webhook says is a hint; a job reads the issue.

use abate_entity::{connection, ticket, webhook_delivery};
use abate_integrations::jira::{
    WebhookError, WebhookEvent, WebhookKind, parse_webhook, verify_signature, verify_webhook_token,
};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use chrono::Duration;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};

use super::connection as connections;
use super::reconcile;
use super::told::Told;
use crate::jobs;
use crate::platform::job::queue;
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// Largest body: an issue with a description and its history twice over.
const BODY_LIMIT: usize = 4 * 1024 * 1024;
/// How long a webhook may be on its way: JIRA tries again for about an hour. The signature knows no time, so without an
/// end somebody could send what was recorded once for ever.
const LONGEST_WAY: Duration = Duration::days(1);
/// Longest name of a webhook that is kept as it is.
const LONGEST_NAME: usize = 200;

/// Registers the hook.
pub fn routes(config: &mut ServiceConfig) {
    config.service(
        web::resource("/hooks/jira/{id}")
            .app_data(web::PayloadConfig::new(BODY_LIMIT))
            .route(web::post().to(receive)),
    );
}

async fn receive(
    state: web::Data<AppState>,
    id: web::Path<String>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let row = named(&state, &id).await?.ok_or_else(|| Problem::not_found("such connection"))?;
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let proofs = connections::webhook_proofs(&state, &row)?;
    let token = header("Authorization");
    let proven = match &proofs.client_secret {
        Some(secret) if token.is_some() => {
            verify_webhook_token(secret.expose_secret().as_bytes(), token, state.clock.now())
        }
        _ => {
            let secret = proofs.secret.unwrap_or_default();
            verify_signature(secret.expose_secret().as_bytes(), &body, header("X-Hub-Signature"))
        }
    };
    proven.map_err(|error| refused(&error, row.id))?;
    let event = parse_webhook(&body).map_err(|error| refused(&error, row.id))?;
    let oldest = state.clock.now() - LONGEST_WAY;
    if let Some(at) = event.at.filter(|at| *at < oldest) {
        tracing::warn!(connection = row.id, %at, "a webhook was refused for its age");
        return Err(Problem::new(Kind::Malformed, "The webhook is older than a day, so it was not taken."));
    }
    let identifier = match header("X-Atlassian-Webhook-Identifier") {
        Some(name) if !name.is_empty() && name.len() <= LONGEST_NAME => name.to_owned(),
        _ => hex::encode(Sha256::digest(&body)),
    };
    state.database.write(async |tx| store(tx, &state, &row, &event, &identifier).await).await?;
    Ok(HttpResponse::Ok().finish())
}

/// The connection with this number; `jira` is the one of the settings, whose number nobody knows before the first start.
async fn named(state: &AppState, id: &str) -> Result<Option<connection::Model>, Problem> {
    if id == "jira" {
        return connections::of_settings(state).await;
    }
    let Ok(id) = id.parse::<i64>() else { return Ok(None) };
    let kept = connection::Column::RemovedAt.is_null();
    Ok(connection::Entity::find_by_id(id).filter(kept).one(state.database.reader()).await?)
}

fn refused(error: &WebhookError, connection_id: i64) -> Problem {
    tracing::warn!(connection = connection_id, %error, "a webhook was refused");
    match error {
        WebhookError::Malformed(_) => Problem::new(Kind::Malformed, format!("{error}.")),
        WebhookError::NoSecret => Problem::new(
            Kind::Unauthenticated,
            "Set the same webhook secret at the connection, or as ABATE_JIRA__WEBHOOK_SECRET, and in JIRA.",
        ),
        WebhookError::NoToken | WebhookError::WrongToken => Problem::new(
            Kind::Unauthenticated,
            "The token is not right; enter the client secret of the app at the connection.",
        ),
        _ => Problem::new(
            Kind::Unauthenticated,
            "The signature is not right; set the same secret on both sides.",
        ),
    }
}

/// Whether it tells of a write of ours. A move that we did not make is a person's, who has lent us the account.
fn is_echo(
    event: &WebhookEvent,
    row: &connection::Model,
    ticket: Option<&ticket::Model>,
) -> Result<bool, Problem> {
    if event.kind != WebhookKind::Changed || event.by.is_none() || event.by != row.account {
        return Ok(false);
    }
    let moved = event.changes.iter().rfind(|change| change.field == "status");
    let (Some(ticket), Some(moved)) = (ticket, moved) else { return Ok(true) };
    Ok(Told::of(ticket)?.moved_to == moved.to)
}

/// Keeps the name of the delivery and queues what it hints at; the same delivery twice is one.
async fn store(
    tx: &DatabaseTransaction,
    state: &AppState,
    row: &connection::Model,
    event: &WebhookEvent,
    identifier: &str,
) -> Result<(), Problem> {
    let now = state.clock.now();
    let delivery = webhook_delivery::ActiveModel {
        connection_id: Set(row.id),
        identifier: Set(identifier.to_owned()),
        issue_id: Set(event.issue_id.clone()),
        state: Set("handled".to_owned()),
        received_at: Set(now),
        ..Default::default()
    };
    let columns = [webhook_delivery::Column::ConnectionId, webhook_delivery::Column::Identifier];
    let new = webhook_delivery::Entity::insert(delivery)
        .on_conflict(OnConflict::columns(columns).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    if new == 0 || matches!(event.kind, WebhookKind::Other(_)) {
        return Ok(());
    }
    let known = ticket::Entity::find()
        .filter(ticket::Column::ConnectionId.eq(row.id))
        .filter(ticket::Column::IssueId.eq(&event.issue_id))
        .one(tx)
        .await?;
    if is_echo(event, row, known.as_ref())? {
        return Ok(());
    }
    match known {
        Some(ticket) => Ok(queue::enqueue(tx, jobs::TICKET, &ticket.subject, now, now).await?),
        // Perhaps the one whose creation is uncertain.
        None => reconcile::enqueue(tx, row.id, now, now).await,
    }
}
