//! `GET /api/v1/risks/{key}/sla`

use abate_entity::risk;
use actix_web::{get, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::access::require::Require;
use crate::access::right::See;
use crate::calendar::local_time;
use crate::platform::clock::never;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::clock::{Clock, Line};
use crate::risk::key::RiskKey;
use crate::risk::{finder, record};
use crate::state::AppState;

/// When a risk is due, and why.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SlaView {
    /// When triage is due.
    triage_due_at: Option<DateTime<Utc>>,
    /// When triage ended.
    triage_left_at: Option<DateTime<Utc>>,
    /// The local day on which remediation is due.
    due_on: Option<NaiveDate>,
    /// The zone of that day.
    zone: Option<&'static str>,
    /// The last second of that day.
    due_at: Option<DateTime<Utc>>,
    /// The versions of the policies that hold, such as `standard@1`; the first is the base, and the strictest counts.
    policies: Vec<String>,
    /// The version of the calendar that holds.
    calendar: Option<String>,
    /// The release of the database of zones with which it was worked out just now.
    tzdata: &'static str,
    /// What the clock does today.
    state: StateView,
    /// The days that it was paused in the risk's life; a pause that stands counts in full.
    paused_days: u32,
    /// Whether the register has the dates that the events lead to.
    stored_equals_replay: bool,
    /// The derivation, one sentence a step.
    because: Vec<LineView>,
}

/// What the clock does.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct StateView {
    /// `not_started`, running, paused, accepted or stopped.
    is: &'static str,
    /// Since when, where it does not simply run.
    since: Option<NaiveDate>,
    /// Until when at most.
    until: Option<NaiveDate>,
}

/// One step of the derivation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct LineView {
    at: DateTime<Utc>,
    text: String,
    /// The day on which remediation was due from then on.
    due_on: Option<NaiveDate>,
    /// The versions of the policies that held.
    policies: Vec<String>,
    /// The version of the calendar that held.
    calendar: String,
}

impl From<Line> for LineView {
    fn from(line: Line) -> Self {
        let Line { at, text, due_on, policies, calendar } = line;
        Self { at, text, due_on, policies, calendar }
    }
}

/// Whether a risk's row has the dates that its events lead to.
fn agrees(risk: &risk::Model, clock: &Clock) -> bool {
    let triage_due_at = clock.triage_due_at.filter(|_| clock.triage_left_at.is_none());
    risk.due_on == clock.due.map(|due| due.on)
        && risk.due_at == clock.due.map_or_else(never, |due| due.at)
        && risk.triage_due_at == triage_due_at.unwrap_or_else(never)
}

/// The due dates of a risk, derived from its events step by step.
#[utoipa::path(tag = "risks", params(("key" = String, Path)), responses((status = 200, body = SlaView)))]
#[get("/risks/{key}/sla")]
pub(super) async fn sla(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
) -> Result<web::Json<SlaView>, Problem> {
    let db = state.database.reader();
    let risk = finder::one(db, &caller.scope(), *key).await?;
    let policies = Policies::load(db).await?;
    let events = record::clock_events(db, risk.id).await?;
    let clock = Clock::replay(&events, &policies.versions).map_err(Problem::internal)?;
    let zone = clock.due.map_or_else(|| policies.zone_of(risk.team_id), |due| due.zone);
    let now = clock.state(local_time::local_date(zone, state.clock.now()));
    let (named, calendar) = clock.ruling().unzip();
    Ok(web::Json(SlaView {
        triage_due_at: clock.triage_due_at,
        triage_left_at: clock.triage_left_at,
        due_on: clock.due.map(|due| due.on),
        zone: clock.due.map(|due| due.zone.name()),
        due_at: clock.due.map(|due| due.at),
        policies: named.map(<[String]>::to_vec).unwrap_or_default(),
        calendar: calendar.map(str::to_owned),
        tzdata: chrono_tz::IANA_TZDB_VERSION,
        state: StateView { is: now.word.as_str(), since: now.since, until: now.until },
        paused_days: clock.paused_days(),
        stored_equals_replay: agrees(&risk, &clock),
        because: clock.lines.into_iter().map(LineView::from).collect(),
    }))
}
