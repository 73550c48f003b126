//! `/imports`: what came in, a form for more, and the page of one import with its plan.

mod list;
mod show;

use actix_multipart::Multipart;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use serde::Deserialize;

use crate::access::actor::Via;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::{ApproveImports, Import};
use crate::access::session::CurrentSession;
use crate::intake::stage::{self, Sender};
use crate::intake::view::ImportView;
use crate::intake::{api, receive, status};
use crate::page::badge::{Badge, Tone, capitalised};
use crate::page::listing::{Pager, address};
use crate::page::said;
use crate::platform::paging::PageQuery;
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/imports", web::get().to(list::list))
        .route("/imports", web::post().to(upload))
        .route("/imports/{id}", web::get().to(show::show))
        .route("/imports/{id}/apply", web::post().to(approve))
        .route("/imports/{id}/undo", web::post().to(take_back));
}

/// Where a list goes on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    cursor: String,
}

impl Asked {
    fn page(&self) -> PageQuery {
        PageQuery { limit: None, cursor: Some(self.cursor.clone()) }
    }

    fn pager(&self, path: &str, next: Option<&str>) -> Pager {
        let first = if self.cursor.is_empty() { String::new() } else { path.to_owned() };
        let next = next.map(|cursor| address(path, &[("cursor", cursor)])).unwrap_or_default();
        let summary = if first.is_empty() && next.is_empty() { "" } else { "More than fits on one page" };
        Pager { summary: summary.to_owned(), first, next }
    }
}

fn name(import: &ImportView) -> String {
    if import.file_name.is_empty() { format!("Import {}", import.id) } else { import.file_name.clone() }
}

fn badge(status: &str) -> Badge {
    let tone = match status {
        status::APPLIED => Tone::Good,
        status::FAILED => Tone::Bad,
        status::NEEDS_APPROVAL | status::PLANNED => Tone::Warn,
        _ => Tone::Plain,
    };
    Badge::toned(tone, capitalised(status), "")
}

async fn upload(
    request: HttpRequest,
    caller: Require<Import>,
    state: web::Data<AppState>,
    payload: Multipart,
) -> Result<HttpResponse, Problem> {
    let own = request
        .extensions()
        .get::<CurrentSession>()
        .map(|session| session.0.csrf_token.clone())
        .unwrap_or_default();
    let sender = Sender { actor: Some(caller.into_actor()), via: Via::Page, idempotency_key: None };
    let staged = match receive::multipart(payload, Some(&own)).await {
        Ok(upload) => stage::stage(&state, &sender, upload).await,
        Err(problem) => Err(problem),
    };
    let import = match staged {
        Ok(import) => import,
        Err(problem) if is_of_the_file(&problem) => return Ok(said::refused("/imports", &problem)),
        Err(problem) => return Err(problem),
    };
    let (tone, text) = match import.status.as_str() {
        status::APPLIED => (Tone::Good, "Imported."),
        status::PLANNED => (Tone::Plain, "This is what the file would change; nothing is written yet."),
        status::NEEDS_APPROVAL => (Tone::Warn, "This import waits for a yes."),
        status::COMPARED => (Tone::Plain, "This is what another branch would change; nothing is written."),
        _ => (Tone::Plain, "The import is being applied; reload in a moment."),
    };
    Ok(said::see_other(&format!("/imports/{}", import.id), tone, text))
}

/// Whether another file, or another asset, mends it.
fn is_of_the_file(problem: &Problem) -> bool {
    let mendable = [Kind::Invalid, Kind::Malformed, Kind::TooLarge, Kind::UnsupportedMedia, Kind::Conflict];
    mendable.contains(&problem.kind())
}

/// Forms that only carry the token.
#[derive(Debug, Deserialize)]
struct Nothing {}

/// The buttons under a plan.
#[derive(Debug, Deserialize)]
struct Agreed {
    backlog: Option<bool>,
}

async fn approve(
    caller: Require<Import>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: SignedForm<Agreed>,
) -> Result<HttpResponse, Problem> {
    let import = api::approve_as(&state, &caller, *id, form.0.backlog).await?;
    let (tone, text) = match import.status.as_str() {
        status::NEEDS_APPROVAL => (Tone::Warn, "There is a question to answer first."),
        _ => (Tone::Good, "The import is being applied; reload in a moment."),
    };
    Ok(said::see_other(&format!("/imports/{}", import.id), tone, text))
}

async fn take_back(
    caller: Require<ApproveImports>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    _form: SignedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    let import = api::undo_as(&state, &caller, *id).await?;
    let text = "The import was undone: its risks are withdrawn, and what it closed is open again.";
    Ok(said::see_other(&format!("/imports/{}", import.id), Tone::Good, text))
}
