//! `/evidence-packs`: make one, and have those that were made.

use abate_entity::{evidence_pack, team};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::NaiveDate;
use chrono_tz::Tz;
use sea_orm::{EntityTrait, QueryOrder};
use serde::Deserialize;
use serde_json::Value;

use super::ask::{self, FAILED, MADE};
use super::make::Order;
use super::period_rules::Days;
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::ExportEvidence;
use crate::access::scope::Scope;
use crate::page::badge::{Badge, Tone, counted};
use crate::page::due::{Moment, day};
use crate::page::form::{Choice, Field, Kind, Problems};
use crate::page::frame::{Frame, Section};
use crate::page::listing::{Pager, address};
use crate::page::refused::problems;
use crate::page::{context, said, shell};
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::{self, Problem};
use crate::risk::step::today;
use crate::state::AppState;

/// Where the page is.
const PATH: &str = "/evidence-packs";

/// Registers the page.
pub fn pages(config: &mut ServiceConfig) {
    config.route("/evidence-packs", web::get().to(show)).route("/evidence-packs", web::post().to(make));
}

#[derive(Template)]
#[template(path = "evidence_pack/list.html")]
struct PacksPage {
    frame: Frame,
    problems: Option<Problems>,
    fields: Vec<Field>,
    rows: Vec<Row>,
    /// Whether the page is to be asked for again until they are made.
    waits: bool,
    pager: Pager,
}

struct Row {
    period: String,
    about: String,
    standing: Badge,
    note: String,
    asked_at: Moment,
    /// Empty until it is made.
    href: String,
    sha256: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    cursor: String,
}

async fn show(
    request: HttpRequest,
    caller: Require<ExportEvidence>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    shell::html(&page(&request, &caller, &state, &asked, &PackForm::default(), None).await?)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PackForm {
    from: String,
    to: String,
    as_of: String,
    team: String,
    with_files: Option<bool>,
}

impl PackForm {
    async fn order(&self, state: &AppState) -> Result<Order, Problem> {
        let date = |field: &str, text: &str| {
            text.parse::<NaiveDate>().map_err(|_| Problem::invalid(field, "Give a day, like 2026-03-31."))
        };
        let days = Days {
            from: date("from", &self.from)?,
            to: date("to", &self.to)?,
            as_of: if self.as_of.is_empty() { None } else { Some(date("as_of", &self.as_of)?) },
        };
        let team = match self.team.as_str() {
            "" => None,
            key => Some(crate::access::team::by_key(state.database.reader(), "team", key).await?.id),
        };
        Ok(Order { days, team, with_files: self.with_files == Some(true) })
    }
}

async fn make(
    request: HttpRequest,
    caller: Require<ExportEvidence>,
    state: web::Data<AppState>,
    form: SignedForm<PackForm>,
) -> Result<HttpResponse, Problem> {
    let SignedForm(form) = form;
    let asked = async { ask::ask(&state, &caller, form.order(&state).await?).await };
    match asked.await {
        Ok(_) => Ok(said::see_other(PATH, Tone::Good, "The pack is being made.")),
        Err(problem) if problem.kind() == problem::Kind::Invalid => {
            let page = page(&request, &caller, &state, &Asked::default(), &form, Some(&problem)).await?;
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn page(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    asked: &Asked,
    form: &PackForm,
    refused: Option<&Problem>,
) -> Result<PacksPage, Problem> {
    let db = state.database.reader();
    let zone = state.config.organisation.zone;
    let scope = caller.scope_of::<ExportEvidence>();
    let paging = PageQuery { limit: None, cursor: Some(asked.cursor.clone()) };
    let limit = paging.limit()?;
    let rows = ask::list(db, &scope, paging.after::<i64>()?, limit + 1).await?;
    let found = Page::cut(rows, limit, |pack| pack.id);
    let teams = team::Entity::find().order_by_asc(team::Column::Key).all(db).await?;
    let first = if asked.cursor.is_empty() { String::new() } else { PATH.to_owned() };
    let next = found.next_cursor.as_deref().map(|cursor| address(PATH, &[("cursor", cursor)]));
    let next = next.unwrap_or_default();
    Ok(PacksPage {
        frame: context::frame(request, caller, "Evidence packs", Section::Elsewhere),
        problems: refused.map(problems),
        fields: fields(form, &scope, &teams, today(state.clock.now(), zone)),
        waits: found.items.iter().any(|pack| pack.state != MADE && pack.state != FAILED),
        rows: found.items.into_iter().map(|pack| row(pack, &teams, zone)).collect(),
        pager: Pager {
            summary: if first.is_empty() && next.is_empty() { "" } else { "More than fits on one page" }
                .to_owned(),
            first,
            next,
        },
    })
}

fn fields(form: &PackForm, scope: &Scope, teams: &[team::Model], today: NaiveDate) -> Vec<Field> {
    let mut choices: Vec<Choice> = Vec::new();
    if *scope == Scope::All {
        choices.push(Choice::new("", "All, with the audit log", &form.team));
    }
    let within = teams.iter().filter(|team| scope.covers(team.id));
    choices.extend(within.map(|team| Choice::new(team.key.as_str(), team.name.as_str(), &form.team)));
    let last = today.to_string();
    vec![
        Field::new("from", "From", Kind::Date).required().value(&form.from).between("", last.as_str()),
        Field::new("to", "To", Kind::Date)
            .required()
            .value(if form.to.is_empty() { last.as_str() } else { form.to.as_str() })
            .hint("A period that is over gives the same file whenever you ask."),
        Field::new("as_of", "Register as of", Kind::Date)
            .value(&form.as_of)
            .hint("The end of that day; of the last day when left out."),
        Field::new("team", "Team", Kind::Choice).choices(choices),
        Field::new("with_files", "With the files of evidence", Kind::Check)
            .value(if form.with_files == Some(true) { "true" } else { "" }),
    ]
}

fn row(pack: evidence_pack::Model, teams: &[team::Model], zone: Tz) -> Row {
    let team = pack.team_id.map(|id| {
        let name = teams.iter().find(|team| team.id == id).map(|team| team.name.clone());
        name.unwrap_or_else(|| format!("Team {id}"))
    });
    let files = if pack.with_files { ", with files" } else { "" };
    let register = pack.as_of_on.map(|on| format!(", register as of {}", day(on))).unwrap_or_default();
    let totals = pack.manifest.get("totals").and_then(Value::as_object);
    let rows = totals.into_iter().flatten().filter_map(|(_, rows)| rows.as_u64()).sum();
    let (standing, note) = match pack.state.as_str() {
        MADE => (Badge::toned(Tone::Good, "Made", ""), counted(rows, "row", "rows")),
        FAILED => (Badge::toned(Tone::Bad, "Failed", ""), pack.problem),
        _ => (Badge::toned(Tone::Plain, "Being made", ""), pack.problem),
    };
    Row {
        period: format!("{} to {}", day(pack.from_on), day(pack.to_on)),
        about: format!("{}{files}{register}", team.unwrap_or_else(|| "All teams".to_owned())),
        standing,
        note,
        asked_at: Moment::new(pack.created_at, zone),
        href: if pack.file_id.is_some() { format!("/api/v1{PATH}/{}/file", pack.id) } else { String::new() },
        sha256: pack.sha256,
    }
}
