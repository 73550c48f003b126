//! `/settings/hooks`: the addresses that other systems call, and a form for more.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::api::{self, HookChange, NewHook};
use super::kind;
use super::view::HookView;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::page::badge::{Badge, Tone};
use crate::page::form::{Choice, Field, Kind};
use crate::page::frame::{Frame, Section};
use crate::page::listing::Empty;
use crate::page::{context, said, shell};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/settings/hooks", web::get().to(list))
        .route("/settings/hooks", web::post().to(create))
        .route("/settings/hooks/{id}", web::post().to(change));
}

#[derive(Template)]
#[template(path = "hook/list.html")]
struct ListPage {
    frame: Frame,
    /// Address and secret of the hook that was made just now.
    made: Option<(String, String)>,
    fields: Vec<Field>,
    rows: Vec<Row>,
    empty: Empty,
}

struct Row {
    id: i64,
    name: String,
    kind: String,
    url: String,
    status: Badge,
    last: String,
    problem: String,
    enabled: bool,
}

async fn list(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    shown(&request, &caller, &state, None).await
}

async fn shown(
    request: &HttpRequest,
    caller: &Require<Configure>,
    state: &AppState,
    made: Option<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let choices = kind::ALL.iter().map(|kind| Choice::new(*kind, *kind, kind::GENERIC)).collect();
    shell::html(&ListPage {
        frame: context::frame(request, caller, "Hooks", Section::Imports),
        made,
        fields: vec![
            Field::new("kind", "Sender", Kind::Choice).required().choices(choices),
            Field::new("name", "Source", Kind::Text).required().hint("The name that its reports come under."),
            Field::new("asset", "Asset", Kind::Text).hint(
                "What its reports are about, unless they name something else; the source's name unless told.",
            ),
            Field::new("topic", "SNS topic", Kind::Text).hint("Its ARN; only for SNS."),
        ],
        rows: api::all(state).await?.into_iter().map(row).collect(),
        empty: Empty {
            title: "Nobody pushes anything yet".to_owned(),
            text: "Make a hook above, and give its address and secret to the sender.".to_owned(),
            links: Vec::new(),
        },
    })
}

fn row(hook: HookView) -> Row {
    let status = match (hook.enabled, hook.failed) {
        (false, _) => Badge::toned(Tone::Plain, "Off", "Nothing is taken"),
        (true, 0) => Badge::toned(Tone::Good, "On", ""),
        (true, failed) => Badge::toned(Tone::Warn, format!("{failed} unreadable"), ""),
    };
    let last = hook.last_delivery_at.map(|time| time.format("%Y-%m-%d %H:%M").to_string());
    Row {
        id: hook.id,
        name: hook.name,
        kind: hook.kind,
        url: hook.url,
        status,
        last: last.unwrap_or_else(|| "never".to_owned()),
        problem: hook.problem.unwrap_or_default(),
        enabled: hook.enabled,
    }
}

/// What the form sends.
#[derive(Debug, Deserialize)]
struct Made {
    kind: String,
    name: String,
    #[serde(default)]
    asset: String,
    #[serde(default)]
    topic: String,
}

async fn create(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
    form: SignedForm<Made>,
) -> Result<HttpResponse, Problem> {
    let Made { kind, name, asset, topic } = form.0;
    let new = NewHook { kind, name, asset: Some(asset), format: None, topic: Some(topic) };
    let made = api::make(&state, &caller, new).await?;
    // The secret is on this answer and nowhere else.
    shown(&request, &caller, &state, made.secret.map(|secret| (made.url, secret))).await
}

/// What a button sends.
#[derive(Debug, Deserialize)]
struct Wish {
    enabled: bool,
}

async fn change(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: SignedForm<Wish>,
) -> Result<HttpResponse, Problem> {
    let change = HookChange { enabled: Some(form.0.enabled), ..HookChange::default() };
    api::apply(&state, &caller, *id, change).await?;
    let text = if form.0.enabled { "The hook takes deliveries." } else { "The hook takes nothing any more." };
    Ok(said::see_other("/settings/hooks", Tone::Good, text))
}
