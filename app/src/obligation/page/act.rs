//! `POST /runs/{id}/{action}`

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{NaiveDate, NaiveTime};
use sea_orm::DatabaseTransaction;
use serde::Deserialize;

use super::run::page;
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::DoRuns;
use crate::calendar::local_time::to_utc;
use crate::obligation::finder;
use crate::obligation::run::{self, Held, Proof};
use crate::page::badge::Tone;
use crate::page::{said, shell};
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::state::AppState;

/// When reminders that were put off come again.
const MORNING: (u32, u32) = (8, 0);

/// What the forms of a run send; each sends some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    version: i32,
    evidence: String,
    evidence_url: String,
    reason: String,
    until: String,
}

/// Does what a form asks. What is wrong with it is said on the run's page.
pub(super) async fn act(
    request: HttpRequest,
    caller: Require<DoRuns>,
    state: web::Data<AppState>,
    path: web::Path<(i64, String)>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let (id, action) = path.into_inner();
    let done = state.database.write(async |tx| take(tx, &state, &caller, id, &action, &form.0).await).await;
    match done {
        Ok(text) => Ok(said::see_other(&format!("/runs/{id}"), Tone::Good, text)),
        Err(problem)
            if matches!(problem.kind(), Kind::Invalid | Kind::Conflict | Kind::Stale | Kind::Forbidden) =>
        {
            let held = finder::run(state.database.reader(), &caller.scope(), id).await?;
            let page = page(&request, &caller, &state, held, Some(&problem)).await?;
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn take(
    tx: &DatabaseTransaction,
    state: &AppState,
    caller: &Actor,
    id: i64,
    action: &str,
    sent: &Sent,
) -> Result<&'static str, Problem> {
    let now = state.clock.now();
    let held = finder::run(tx, &caller.scope(), id).await?;
    check_version(&held, sent.version)?;
    let policies = Policies::load(tx).await?;
    Ok(match action {
        "start" => {
            run::start(tx, caller, held, now).await?;
            "You are at it."
        }
        "complete" => {
            let proof = Proof { text: sent.evidence.clone(), url: Some(sent.evidence_url.clone()) };
            run::complete(tx, caller, &policies, held, proof, now).await?;
            "Done, with evidence."
        }
        "skip" => {
            let asked = held.run.skip_asked_by.is_none();
            run::skip(tx, caller, held, Some(&sent.reason), now).await?;
            if asked { "Somebody else has to agree now." } else { "The run is skipped." }
        }
        "snooze" => {
            let until = morning(&sent.until, &held, policies.zone)?;
            run::snooze(tx, caller, &policies, held, until, now).await?;
            "Reminders are put off; the run stays where it is."
        }
        "explain" => {
            run::explain(tx, caller, held, &sent.reason, now).await?;
            "The reason is written down."
        }
        _ => return Err(Problem::not_found("such page")),
    })
}

fn check_version(held: &Held, seen: i32) -> Result<(), Problem> {
    if held.run.version == seen {
        return Ok(());
    }
    let detail =
        "Somebody changed this run while you had the form open. Look at what is new, then send it again.";
    Err(Problem::new(Kind::Stale, detail))
}

fn morning(
    text: &str,
    held: &Held,
    fallback: chrono_tz::Tz,
) -> Result<chrono::DateTime<chrono::Utc>, Problem> {
    let day: NaiveDate = text.parse().map_err(|_| Problem::invalid("until", "Choose a day."))?;
    let time = NaiveTime::from_hms_opt(MORNING.0, MORNING.1, 0).unwrap_or(NaiveTime::MIN);
    Ok(to_utc(held.cadence.zone.parse().unwrap_or(fallback), day.and_time(time)))
}
