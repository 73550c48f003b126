//! `/controls`: the list, a control, and how far they cover risks.

use std::collections::HashMap;

use abate_entity::app_user;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::Deserialize;

use super::coverage::{self, ControlCoverage, CoverageCell};
use super::evidence::{self, NewProof};
use super::view::{ControlPage, ControlRow, ControlsPage, CoveragePage, CoverageTable, ItemRow};
use super::{catalogue, store};
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::{DoRuns, See};
use crate::page::badge::{Badge, Tone, capitalised, counted};
use crate::page::due::{Moment, day};
use crate::page::form::{Field, Kind, Problems};
use crate::page::frame::Section;
use crate::page::{context, said, shell};
use crate::platform::problem::{self, Problem};
use crate::risk::view::Tab;
use crate::state::AppState;

/// The categories of STRIDE, as tags have them.
const STRIDE: [&str; 6] = [
    "spoofing",
    "tampering",
    "repudiation",
    "information_disclosure",
    "denial_of_service",
    "elevation_of_privilege",
];
/// The phases of the kill chain, as risks have them.
const PHASES: [&str; 7] = [
    "reconnaissance",
    "weaponization",
    "delivery",
    "exploitation",
    "installation",
    "command_and_control",
    "actions_on_objectives",
];

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/controls", web::get().to(list))
        // Before the page of one control, whose key it would be taken for.
        .route("/controls/coverage", web::get().to(cover))
        .route("/controls/{key}", web::get().to(show))
        .route("/controls/{key}/evidence", web::post().to(add_evidence));
}

fn tabs(current: usize) -> Vec<Tab> {
    [("Controls", "/controls"), ("Coverage", "/controls/coverage")]
        .into_iter()
        .enumerate()
        .map(|(place, (label, href))| Tab {
            label: label.to_owned(),
            count: String::new(),
            href: href.to_owned(),
            current: place == current,
        })
        .collect()
}

async fn list(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    shell::html(&ControlsPage {
        frame: context::frame(&request, &caller, "Controls", Section::Elsewhere),
        tabs: tabs(0),
        rows: rows(&state, &caller).await?,
    })
}

/// A line for each control.
async fn rows(state: &AppState, caller: &Actor) -> Result<Vec<ControlRow>, Problem> {
    let (db, zone) = (state.database.reader(), state.config.organisation.zone);
    let controls = store::all(db).await?;
    let people = people(db, controls.iter().filter_map(|control| control.owner_id)).await?;
    let covered = coverage::by_control(db, &caller.scope(), state.clock.now()).await?;
    let row = |control: abate_entity::control::Model| {
        let covered = covered.iter().find(|covered| covered.control == control.key);
        ControlRow {
            state: state_badge(&control.state),
            proof: proof_badge(covered.map_or("none", |covered| covered.proof)),
            evidence: local(control.evidence_at, zone),
            owner: control.owner_id.and_then(|id| people.get(&id).cloned()).unwrap_or_default(),
            risks: covered.map_or(0, |covered| covered.risks),
            key: control.key,
            name: control.name,
            measure: control.measure,
        }
    };
    Ok(controls.into_iter().map(row).collect())
}

async fn people(
    db: &impl ConnectionTrait,
    ids: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, String>, Problem> {
    let rows = app_user::Entity::find().filter(app_user::Column::Id.is_in(ids)).all(db).await?;
    Ok(rows.into_iter().map(|user| (user.id, user.name)).collect())
}

fn local(at: Option<DateTime<Utc>>, zone: Tz) -> String {
    at.map(|at| day(at.with_timezone(&zone).date_naive())).unwrap_or_default()
}

fn state_badge(state: &str) -> Badge {
    let tone = match state {
        "active" => Tone::Good,
        "degraded" => Tone::Bad,
        _ => Tone::Plain,
    };
    Badge::toned(tone, capitalised(state), "")
}

fn proof_badge(proof: &str) -> Badge {
    match proof {
        "fresh" => Badge::toned(Tone::Good, "Shown to work", "Its newest proof is young enough"),
        "stale" => Badge::toned(Tone::Bad, "Not shown for long", "Its newest proof is older than agreed"),
        _ => Badge::toned(Tone::Warn, "Never shown", "There is no proof that it works"),
    }
}

async fn show(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    shell::html(&page(&request, &caller, &state, &key, None).await?)
}

async fn page(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    key: &str,
    refused: Option<&Problem>,
) -> Result<ControlPage, Problem> {
    let (db, zone) = (state.database.reader(), state.config.organisation.zone);
    let control = store::by_key(db, key).await?;
    let row = rows(state, caller).await?.into_iter().find(|row| row.key == control.key);
    let row = row.ok_or_else(|| Problem::not_found(format!("control {key}")))?;
    let proofs = evidence::of(db, control.id).await?;
    let people = people(db, proofs.iter().filter_map(|row| row.added_by)).await?;
    let mut mappings: Vec<(String, String)> = Vec::new();
    for mapping in store::mappings(db).await?.into_iter().filter(|row| row.control_id == control.id) {
        let title = catalogue::title(&mapping.framework);
        match mappings.iter_mut().find(|(known, _)| known == title) {
            Some((_, items)) => items.push_str(&format!(", {}", mapping.item)),
            None => mappings.push((title.to_owned(), mapping.item)),
        }
    }
    let form = if caller.holds_in::<DoRuns>(0) {
        vec![
            Field::new("title", "What shows that it works", Kind::Text).required(),
            Field::new("url", "Where it is", Kind::Address),
            Field::new("value", "What was measured", Kind::Number).hint("A number, where there is one."),
        ]
    } else {
        Vec::new()
    };
    Ok(ControlPage {
        frame: context::frame(request, caller, format!("{key} {}", control.name), Section::Elsewhere),
        row,
        description: control.description,
        cadence: control.cadence_days.map_or_else(
            || "No proof is needed from time to time.".to_owned(),
            |days| {
                let days = counted(u64::from(days.unsigned_abs()), "day", "days");
                format!("Its newest proof may be {days} old.")
            },
        ),
        mappings,
        evidence: proofs
            .into_iter()
            .map(|row| {
                let who = row.added_by.and_then(|id| people.get(&id).cloned());
                let kind = match row.value {
                    Some(value) => format!("{}: {value}", capitalised(&row.kind)),
                    None => capitalised(&row.kind),
                };
                let who = who.unwrap_or_else(|| "Abate".to_owned());
                (row.title, row.url.unwrap_or_default(), kind, who, Moment::new(row.at, zone))
            })
            .collect(),
        problems: refused.map(|problem| Problems {
            title: problem.title().to_owned(),
            items: problem.errors().iter().map(|e| (capitalised(&e.field), e.detail.clone())).collect(),
        }),
        proof_form: form,
    })
}

/// What the form for proof sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProofForm {
    title: String,
    url: Option<String>,
    value: Option<f64>,
}

async fn add_evidence(
    request: HttpRequest,
    caller: Require<DoRuns>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<ProofForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let SignedForm(ProofForm { title, url, value }) = form;
    let new = NewProof { title, url, value, at: None };
    let added = state.database.write(async |tx| {
        let control = store::by_key(tx, &key).await?;
        evidence::add(tx, &caller, control, &new, now).await
    });
    match added.await {
        Ok(_) => Ok(said::see_other(&format!("/controls/{key}"), Tone::Good, "It is noted.")),
        Err(problem) if problem.kind() == problem::Kind::Invalid => {
            let page = page(&request, &caller, &state, &key, Some(&problem)).await?;
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn cover(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let (db, scope, now) = (state.database.reader(), caller.scope(), state.clock.now());
    let zone = state.config.organisation.zone;
    let controls = coverage::by_control(db, &scope, now).await?;
    let mut frameworks: Vec<(String, Vec<ItemRow>)> = Vec::new();
    for item in coverage::by_item(db, &scope, now).await? {
        let row = ItemRow {
            item: item.item,
            controls: item.controls,
            risks: item.risks,
            evidence: local(item.evidence_at, zone),
            proof: proof_badge(item.proof),
        };
        match frameworks.iter_mut().find(|(title, _)| *title == item.title) {
            Some((_, rows)) => rows.push(row),
            None => frameworks.push((item.title, vec![row])),
        }
    }
    shell::html(&CoveragePage {
        frame: context::frame(&request, &caller, "Coverage of controls", Section::Elsewhere),
        tabs: tabs(1),
        phases: PHASES.iter().map(|phase| capitalised(phase)).chain(["Not said".to_owned()]).collect(),
        controls: controls.into_iter().map(table).collect(),
        frameworks,
    })
}

fn table(covered: ControlCoverage) -> CoverageTable {
    let count = |stride: &str, phase: &str| {
        let phase_of = |cell: &CoverageCell| cell.phase.to_lowercase().replace(['-', ' '], "_");
        let known = |phase: &str| PHASES.contains(&phase);
        let inside = |cell: &&CoverageCell| {
            let of = phase_of(cell);
            cell.stride == stride && if phase.is_empty() { !known(&of) } else { of == phase }
        };
        let risks: u64 = covered.cells.iter().filter(inside).map(|cell| cell.risks).sum();
        if risks > 0 { risks.to_string() } else { String::new() }
    };
    let row = |label: String, stride: &str| {
        (label, PHASES.iter().copied().chain([""]).map(|phase| count(stride, phase)).collect::<Vec<_>>())
    };
    let mut rows: Vec<_> = STRIDE.iter().map(|stride| row(capitalised(stride), stride)).collect();
    rows.push(row("Not said".to_owned(), ""));
    CoverageTable {
        sentence: format!(
            "{} on it, {} with proof that is young enough.",
            counted(covered.risks, "open risk relies", "open risks rely"),
            covered.covered
        ),
        proof: proof_badge(covered.proof),
        key: covered.control,
        name: covered.name,
        rows,
    }
}
