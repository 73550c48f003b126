//! `/settings/jira/{id}/mapping`: what of a risk goes into which field of its ticket.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::api::{self, MappingView, NewMapping};
use super::fill::LeftOut;
use super::metadata::{self, FieldView};
use super::model::Mapping;
use super::page_form::{self, Row, Sent};
use super::try_out::{self, Trial};
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::page::badge::Tone;
use crate::page::form::{Field, Kind, Problems};
use crate::page::frame::{Frame, Section};
use crate::page::refused::problems;
use crate::page::{context, said, shell};
use crate::platform::problem::{self, Problem};
use crate::risk::key::RiskKey;
use crate::state::AppState;
use crate::ticket::connection::row;

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/settings/jira/{id}/mapping", web::get().to(show))
        .route("/settings/jira/{id}/mapping", web::post().to(change));
}

#[derive(Template)]
#[template(path = "ticket/mapping.html")]
struct MappingPage {
    frame: Frame,
    problems: Option<Problems>,
    id: i64,
    name: String,
    version: i32,
    /// Why JIRA does not say which fields there are.
    unread: String,
    rows: Vec<Row>,
    priorities: Vec<Field>,
    others: Vec<Field>,
    workflow: Vec<Field>,
    note: Field,
    risk: Field,
    trial: Option<TrialView>,
}

struct TrialView {
    risk: String,
    create: String,
    edit: String,
    left_out: Vec<LeftOut>,
    missing: Vec<String>,
}

impl TrialView {
    fn of(trial: Trial) -> Self {
        Self {
            risk: trial.risk,
            create: format!("{:#}", trial.create),
            edit: format!("{:#}", trial.edit),
            left_out: trial.left_out,
            missing: trial.missing,
        }
    }
}

/// What the page shows besides what is in force.
#[derive(Default)]
struct Extra<'a> {
    mapping: Option<Mapping>,
    refused: Option<&'a Problem>,
    risk: String,
    trial: Option<Trial>,
}

async fn show(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    shell::html(&page(&request, &caller, &state, *id, Extra::default()).await?)
}

async fn page(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    id: i64,
    extra: Extra<'_>,
) -> Result<MappingPage, Problem> {
    let connection = row(state.database.reader(), id).await?;
    let MappingView { version, mapping, .. } = api::view(state, id).await?;
    let mapping = extra.mapping.unwrap_or(mapping);
    let (shown, unread) = match shown(state, id).await {
        Ok(shown) => (shown, String::new()),
        Err(problem) => (Vec::new(), problem.detail().to_owned()),
    };
    let choices = |field: &str| -> Vec<String> {
        shown.iter().find(|view| view.field == field).map(|view| view.choices.clone()).unwrap_or_default()
    };
    Ok(MappingPage {
        frame: context::frame(request, caller, "Fields of tickets", Section::Elsewhere),
        problems: extra.refused.map(problems),
        id,
        name: connection.name,
        version,
        unread,
        rows: page_form::rows(&mapping, &shown),
        priorities: page_form::priorities(&mapping, &choices("priority")),
        others: page_form::others(&mapping, &choices("components")),
        workflow: page_form::workflow(&mapping),
        note: Field::new("note", "Why", Kind::Text),
        risk: Field::new("risk", "Risk", Kind::Text)
            .value(extra.risk)
            .hint("Its key, such as R-12. Shows what would be sent; nothing is."),
        trial: extra.trial.map(TrialView::of),
    })
}

async fn shown(state: &AppState, id: i64) -> Result<Vec<FieldView>, Problem> {
    let active = metadata::active(state, id).await?;
    Ok(metadata::fields(&metadata::screen(state, &active).await?))
}

async fn change(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let (SignedForm(sent), id) = (form, *id);
    let mapping = page_form::read(&sent);
    let risk = sent.get("risk").map(|key| key.trim().to_owned()).unwrap_or_default();
    let is_trial = sent.get("wish").is_some_and(|wish| wish == "try");
    let done = if is_trial {
        trial(&state, &caller, id, &risk, &mapping).await.map(Some)
    } else {
        save(&state, &caller, id, &sent, mapping.clone()).await.map(|()| None)
    };
    match done {
        Ok(None) => {
            let page = format!("/settings/jira/{id}/mapping");
            Ok(said::see_other(&page, Tone::Good, "Saved; tickets that waited for it are tried again."))
        }
        Ok(Some(trial)) => {
            let extra = Extra { mapping: Some(mapping), risk, trial: Some(trial), ..Extra::default() };
            shell::html(&page(&request, &caller, &state, id, extra).await?)
        }
        Err(problem)
            if matches!(
                problem.kind(),
                problem::Kind::Invalid
                    | problem::Kind::Stale
                    | problem::Kind::Conflict
                    | problem::Kind::Unavailable
            ) || (is_trial && problem.kind() == problem::Kind::NotFound) =>
        {
            let extra = Extra { mapping: Some(mapping), risk, refused: Some(&problem), trial: None };
            let page = page(&request, &caller, &state, id, extra).await?;
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn trial(
    state: &AppState,
    caller: &Actor,
    id: i64,
    risk: &str,
    mapping: &Mapping,
) -> Result<Trial, Problem> {
    let key: RiskKey =
        risk.parse().map_err(|_| Problem::invalid("risk", "Name a risk by its key, such as R-12."))?;
    try_out::run(state, &caller.scope(), id, key, Some(mapping.clone())).await
}

async fn save(
    state: &AppState,
    caller: &Actor,
    id: i64,
    sent: &Sent,
    mapping: Mapping,
) -> Result<(), Problem> {
    let base = sent.get("version").and_then(|version| version.parse().ok());
    let note = sent.get("note").cloned().unwrap_or_default();
    api::make(state, caller, id, NewMapping { base, mapping, note }).await
}
