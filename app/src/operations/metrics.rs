//! `/metrics`: figures for Prometheus. Counts only, no names and no keys, since it asks nobody to sign in.

use std::sync::OnceLock;
use std::time::Instant;

use abate_entity::{connection, job, ticket};
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use crate::audit_log::seal;
use crate::platform::problem::Problem;
use crate::state::AppState;

const REQUESTS: &str = "abate_http_requests_total";
const REQUEST_SECONDS: &str = "abate_http_request_duration_seconds";
const JOBS: &str = "abate_jobs";
const TICKETS: &str = "abate_tickets";
const UNSEALED: &str = "abate_audit_entries_unsealed";
const PAUSED: &str = "abate_connections_paused";

const JOB_STATES: [&str; 3] = ["queued", "running", "parked"];
const TICKET_STATES: [&str; 7] =
    ["held", "wanted", "creating", "linked", "unknown", "quarantined", "cancelled"];

/// Counts and times a request under its route's template, so that neither keys nor secrets in paths show.
pub async fn observe<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    recorder();
    let method = request.method().to_string();
    let started = Instant::now();
    let response = next.call(request).await?;
    let route = response.request().match_pattern().unwrap_or_else(|| "none".to_owned());
    let status = response.status().as_u16().to_string();
    histogram!(REQUEST_SECONDS, "method" => method.clone(), "route" => route.clone())
        .record(started.elapsed().as_secs_f64());
    counter!(REQUESTS, "method" => method, "route" => route, "status" => status).increment(1);
    Ok(response)
}

/// The figures, in Prometheus's text form.
pub(super) async fn metrics(state: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    let Some(recorder) = recorder() else {
        return Err(Problem::unavailable(1));
    };
    measure(state.database.reader()).await?;
    recorder.run_upkeep();
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(recorder.render()))
}

/// Reads what is a state of the database and not an event of this process.
async fn measure(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    let jobs =
        job::Entity::find().select_only().column(job::Column::State).column_as(job::Column::Id.count(), "n");
    let jobs: Vec<(String, i64)> = jobs.group_by(job::Column::State).into_tuple().all(db).await?;
    report(JOBS, &JOB_STATES, &jobs);
    let tickets = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::State)
        .column_as(ticket::Column::Id.count(), "n");
    let tickets: Vec<(String, i64)> = tickets.group_by(ticket::Column::State).into_tuple().all(db).await?;
    report(TICKETS, &TICKET_STATES, &tickets);
    set(gauge!(UNSEALED), seal::waiting(db).await?);
    let paused = connection::Entity::find()
        .filter(connection::Column::Paused.eq(true))
        .filter(connection::Column::RemovedAt.is_null())
        .count(db)
        .await?;
    set(gauge!(PAUSED), i64::try_from(paused).unwrap_or(i64::MAX));
    Ok(())
}

/// Sets the gauge of every state, so that one that became empty shows zero and not its last figure.
fn report(name: &'static str, states: &[&'static str], found: &[(String, i64)]) {
    for state in states {
        let count = found.iter().find(|(name, _)| name == state).map_or(0, |(_, count)| *count);
        set(gauge!(name, "state" => *state), count);
    }
}

#[allow(clippy::cast_precision_loss, reason = "no table holds 2^52 rows")]
fn set(gauge: metrics::Gauge, value: i64) {
    gauge.set(value as f64);
}

/// The process's one recorder, made at the first request; none when somebody else made one first.
fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let make = || {
        let buckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full(REQUEST_SECONDS.to_owned()), &buckets)
            .ok()?
            .build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).ok()?;
        Some(handle)
    };
    RECORDER.get_or_init(make).as_ref()
}
