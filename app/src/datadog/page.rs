//! `/settings/datadog`: the accounts of Datadog whose signals are read, and a form for more.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

use super::api::{self, DatadogChange, NewDatadog};
use super::connection;
use super::view::DatadogView;
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

const PAGE: &str = "/settings/datadog";

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/settings/datadog", web::get().to(list))
        .route("/settings/datadog", web::post().to(create))
        .route("/settings/datadog/{id}", web::post().to(change));
}

#[derive(Template)]
#[template(path = "datadog/list.html")]
struct ListPage {
    frame: Frame,
    fields: Vec<Field>,
    rows: Vec<Row>,
    empty: Empty,
}

struct Row {
    id: i64,
    name: String,
    site: String,
    status: Badge,
    problem: String,
    last: String,
    counts: String,
    enabled: bool,
}

async fn list(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let sites = connection::sites(&state);
    let choices = sites.iter().map(|site| Choice::new(site, site, "datadoghq.com")).collect();
    shell::html(&ListPage {
        frame: context::frame(&request, &caller, "Datadog", Section::Imports),
        fields: vec![
            Field::new("name", "Source", Kind::Text).required().hint("The name that its signals come under."),
            Field::new("site", "Site", Kind::Choice).required().choices(choices),
            Field::new("api_key", "API key", Kind::Password).required().hint("Sealed, and never shown."),
            Field::new("application_key", "Application key", Kind::Password)
                .required()
                .hint("With security_monitoring_signals_read, and _write to tell Datadog what was decided."),
            Field::new("asset", "Asset", Kind::Text).hint(
                "What signals are about, unless they name something else; the source's name unless told.",
            ),
            Field::new("query", "Which signals", Kind::Text)
                .hint("In Datadog's search language; all unless told."),
        ],
        rows: api::all(&state).await?.into_iter().map(row).collect(),
        empty: Empty {
            title: "No account is read yet".to_owned(),
            text: "Add one above; the signals of the last day come in first.".to_owned(),
            links: Vec::new(),
        },
    })
}

fn row(connection: DatadogView) -> Row {
    let status = match (connection.enabled, &connection.problem) {
        (false, _) => Badge::toned(Tone::Plain, "Off", "Nothing is read or told"),
        (true, None) => Badge::toned(Tone::Good, "On", ""),
        (true, Some(_)) => Badge::toned(Tone::Warn, "Waits", ""),
    };
    let last = connection.pulled_at.map(|time| time.format("%Y-%m-%d %H:%M").to_string());
    let DatadogView { signals, told, left, .. } = connection;
    Row {
        id: connection.id,
        name: connection.name,
        site: connection.site,
        status,
        problem: connection.problem.unwrap_or_default(),
        last: last.unwrap_or_else(|| "never".to_owned()),
        counts: format!("{signals} read, {told} told, {left} left to people there"),
        enabled: connection.enabled,
    }
}

/// What the form sends.
#[derive(Debug, Deserialize)]
struct Made {
    name: String,
    site: String,
    api_key: SecretString,
    application_key: SecretString,
    #[serde(default)]
    asset: String,
    #[serde(default)]
    query: String,
}

async fn create(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    form: SignedForm<Made>,
) -> Result<HttpResponse, Problem> {
    let Made { name, site, api_key, application_key, asset, query } = form.0;
    let new = NewDatadog {
        name,
        site,
        api_key,
        application_key,
        asset: Some(asset),
        query: Some(query),
        interval_minutes: None,
        write_back: None,
    };
    api::make(&state, &caller, new).await?;
    Ok(said::see_other(PAGE, Tone::Good, "The account is read from now on."))
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
    let change = DatadogChange { enabled: Some(form.0.enabled), ..DatadogChange::default() };
    api::apply(&state, &caller, *id, change).await?;
    let text = if form.0.enabled { "The account is read." } else { "The account is not read any more." };
    Ok(said::see_other(PAGE, Tone::Good, text))
}
