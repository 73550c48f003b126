//! `/workshops`: the sessions, and the page of one with its sign-off.

use abate_entity::{risk, scenario, workshop};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;
use serde_json::Value;

use super::{DRAFT, api, known, sign_off, summary_rules};
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::{See, SignOffWorkshops};
use crate::access::scope::Scope;
use crate::page::badge::{Badge, Tone, capitalised, counted};
use crate::page::form::{Field, Kind};
use crate::page::frame::{Frame, Section};
use crate::page::listing::{Empty, Pager, address};
use crate::page::{context, said, shell};
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/workshops", web::get().to(list))
        .route("/workshops/{id}", web::get().to(show))
        .route("/workshops/{id}/sign-off", web::post().to(sign));
}

#[derive(Template)]
#[template(path = "workshop/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    pager: Pager,
    empty: Empty,
}

struct Row {
    href: String,
    title: String,
    held_on: String,
    state: Badge,
    counted: String,
}

#[derive(Template)]
#[template(path = "workshop/show.html")]
struct ShowPage {
    frame: Frame,
    id: i64,
    title: String,
    state: Badge,
    difference: String,
    mismatch_reason: String,
    may_sign_off: bool,
    fields: Vec<Field>,
    risks: Vec<RiskRow>,
    scenarios: Vec<(String, String, String)>,
    facts: Vec<(&'static str, String)>,
}

struct RiskRow {
    key: String,
    title: String,
    level: Badge,
    state: Badge,
    note: String,
}

/// Where the list goes on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    cursor: String,
}

async fn list(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let paging = PageQuery { limit: None, cursor: Some(asked.cursor.clone()) };
    let limit = paging.limit()?;
    let mut query = workshop::Entity::find().order_by_desc(workshop::Column::Id).limit(limit + 1);
    if let Some(after) = paging.after::<i64>()? {
        query = query.filter(workshop::Column::Id.lt(after));
    }
    let page = Page::cut(query.all(state.database.reader()).await?, limit, |workshop| workshop.id);
    let first = if asked.cursor.is_empty() { "" } else { "/workshops" }.to_owned();
    let next = page
        .next_cursor
        .as_deref()
        .map(|cursor| address("/workshops", &[("cursor", cursor)]))
        .unwrap_or_default();
    let summary =
        if first.is_empty() && next.is_empty() { "" } else { "More than fits on one page" }.to_owned();
    let rows = page.items.into_iter().map(|workshop| Row {
        href: format!("/workshops/{}", workshop.id),
        held_on: workshop.held_on.to_string(),
        state: badge(&workshop.state),
        counted: in_words(&workshop.counted_summary),
        title: workshop.title,
    });
    shell::html(&ListPage {
        frame: context::frame(&request, &caller, "Workshops", Section::Workshops),
        rows: rows.collect(),
        pager: Pager { summary, first, next },
        empty: Empty {
            title: "No workshop has come in yet".to_owned(),
            text: "Import a workshop file: it brings the critical assets, the attack stories and the risks with it.".to_owned(),
            links: vec![("Import a workshop file".to_owned(), "/imports".to_owned())],
        },
    })
}

fn badge(state: &str) -> Badge {
    let tone = if state == DRAFT { Tone::Warn } else { Tone::Good };
    Badge::toned(tone, capitalised(state), "")
}

/// `9 high, 4 medium`
fn in_words(summary: &Value) -> String {
    let counts = summary.as_object().into_iter().flatten();
    counts.map(|(level, count)| format!("{count} {level}")).collect::<Vec<_>>().join(", ")
}

async fn show(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let workshop = api::find(db, *id).await?;
    let scenarios = scenario::Entity::find()
        .filter(scenario::Column::WorkshopId.eq(workshop.id))
        .order_by_asc(scenario::Column::Id)
        .all(db)
        .await?;
    let mut risks =
        risk::Entity::find().filter(risk::Column::WorkshopId.eq(workshop.id)).order_by_asc(risk::Column::Id);
    if let Scope::Teams(teams) = caller.scope() {
        risks = risks.filter(risk::Column::TeamId.is_in(teams));
    }
    let risks = risks.all(db).await?;
    let mut threats = known::said_about(db, &risks).await?;
    let read = |summary: &Value| serde_json::from_value(summary.clone()).map_err(Problem::internal);
    let difference =
        summary_rules::difference(&read(&workshop.stated_summary)?, &read(&workshop.counted_summary)?)
            .unwrap_or_default();
    let mut reason = Field::new("mismatch_reason", "Why the stated numbers may differ", Kind::Lines);
    if !difference.is_empty() {
        reason = reason.required();
    }
    shell::html(&ShowPage {
        frame: context::frame(&request, &caller, workshop.title.clone(), Section::Workshops),
        id: workshop.id,
        state: badge(&workshop.state),
        may_sign_off: workshop.state == DRAFT && caller.holds::<SignOffWorkshops>(),
        fields: if difference.is_empty() { Vec::new() } else { vec![reason] },
        difference,
        mismatch_reason: workshop.mismatch_reason.clone().unwrap_or_default(),
        facts: facts(&workshop),
        risks: risks
            .into_iter()
            .map(|risk| RiskRow {
                key: RiskKey(risk.id).to_string(),
                title: risk.title,
                level: Badge::level(risk.level.as_str()),
                state: Badge::state(risk.state.as_str()),
                note: threats.remove(&risk.id).map(note).unwrap_or_default(),
            })
            .collect(),
        scenarios: scenarios.into_iter().map(|story| (story.key, story.name, story.story)).collect(),
        title: workshop.title,
    })
}

/// What its model says about a risk that a person has to decide on.
fn note(threat: known::Said) -> String {
    let mut parts = Vec::new();
    if threat.needs_rating {
        parts.push("needs a rating".to_owned());
    }
    if !matches!(threat.said.status.as_str(), "" | "open") {
        parts.push(format!("{} according to the model", threat.said.status.replace('_', " ")));
    }
    if threat.gone {
        parts.push("no longer in the model".to_owned());
    }
    parts.join(", ")
}

fn facts(workshop: &workshop::Model) -> Vec<(&'static str, String)> {
    let list = |value: &Value| {
        let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        texts.collect::<Vec<_>>().join(", ")
    };
    let minutes = workshop
        .duration_minutes
        .map(|minutes| counted(u64::from(minutes.unsigned_abs()), "minute", "minutes"));
    let all = vec![
        ("Held on", format!("{} ({})", workshop.held_on, workshop.zone)),
        ("Took", minutes.unwrap_or_default()),
        ("Approach", workshop.approach.clone()),
        ("Took part", list(&workshop.attendees)),
        ("Methods", list(&workshop.methods)),
        ("ATT&CK", workshop.attack_version.clone()),
        ("Stated", in_words(&workshop.stated_summary)),
        ("Counted", in_words(&workshop.counted_summary)),
        (
            "Signed off",
            workshop.signed_off_at.map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default(),
        ),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// What signing off sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SignOffForm {
    mismatch_reason: Option<String>,
}

async fn sign(
    caller: Require<SignOffWorkshops>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: SignedForm<SignOffForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let reason = form.0.mismatch_reason;
    let done = state
        .database
        .write(async |tx| {
            let workshop = api::find(tx, *id).await?;
            sign_off::sign_off(tx, &caller, workshop, reason.clone(), now).await
        })
        .await?;
    let confirmed = counted(done.confirmed.len() as u64, "risk is", "risks are");
    let waiting = counted(done.waiting.len() as u64, "waits", "wait");
    let text = match done.waiting.is_empty() {
        true => format!("Signed off: {confirmed} confirmed."),
        false => {
            format!("Signed off: {confirmed} confirmed, {waiting} for a person because something is missing.")
        }
    };
    Ok(said::see_other(&format!("/workshops/{}", done.workshop.id), Tone::Good, &text))
}
