//! `/settings/grids`: see the grids and what one would change, put it into force.

use abate_entity::level::Level;
use abate_entity::rating_grid;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::preview::{self, GridPreview};
use super::rules::Grid;
use super::view::{GridRow, GridsPage, PreviewView};
use super::{in_force, store};
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::{KeepPolicies, See};
use crate::page::badge::{Badge, Tone, counted};
use crate::page::form::{Field, Kind, Problems};
use crate::page::frame::Section;
use crate::page::listing::address;
use crate::page::{context, said, shell};
use crate::platform::problem::{self, Problem};
use crate::state::AppState;

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/settings/grids", web::get().to(show))
        .route("/settings/grids/use", web::post().to(put_in_force));
}

/// What the page is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// The grid whose effect is shown.
    preview: String,
}

async fn show(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    shell::html(&page(&request, &caller, &state, &asked.preview, None).await?)
}

/// The order to put a grid into force.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct UseForm {
    name: String,
    digest: String,
    reason: String,
}

async fn put_in_force(
    request: HttpRequest,
    caller: Require<KeepPolicies>,
    state: web::Data<AppState>,
    form: SignedForm<UseForm>,
) -> Result<HttpResponse, Problem> {
    let SignedForm(UseForm { name, digest, reason }) = form;
    let now = state.clock.now();
    let put = state.database.write(async |tx| in_force::put(tx, &caller, &name, &digest, &reason, now).await);
    match put.await {
        Ok(row) => {
            let text = format!("{} is in force; open risks are rated again.", store::label(&row));
            Ok(said::see_other("/settings/grids", Tone::Good, &text))
        }
        Err(problem) if matches!(problem.kind(), problem::Kind::Invalid | problem::Kind::Conflict) => {
            let page = page(&request, &caller, &state, &name, Some(&problem)).await?;
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn page(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    wanted: &str,
    refused: Option<&Problem>,
) -> Result<GridsPage, Problem> {
    let db = state.database.reader();
    let holds = in_force::read(db).await?;
    let mut rows = store::all(db).await?;
    // The newest of each name, and the one in force.
    let mut last = String::new();
    rows.retain(|row| {
        let newest = row.name != last;
        row.name.clone_into(&mut last);
        newest || row.id == holds.id
    });
    let preview = if wanted.is_empty() {
        None
    } else {
        let row = store::named(db, wanted).await?;
        let seen = preview::preview(db, &caller.scope(), &store::read(&row)?).await?;
        let may = row.id != holds.id && caller.holds_in::<KeepPolicies>(0);
        Some(preview_view(&row, seen, may))
    };
    Ok(GridsPage {
        frame: context::frame(request, caller, "Grids", Section::Elsewhere),
        problems: refused.map(|problem| Problems { title: problem.detail().to_owned(), items: Vec::new() }),
        grids: rows
            .iter()
            .map(|row| Ok(grid_row(row, &store::read(row)?, row.id == holds.id)))
            .collect::<Result<_, Problem>>()?,
        preview,
    })
}

fn grid_row(row: &rating_grid::Model, grid: &Grid, in_force: bool) -> GridRow {
    let size = grid.cells.len();
    let badge = |place: &usize| match grid.words.get(*place) {
        Some(word) => Badge { label: word.word.clone(), ..Badge::level(word.level.as_str()) },
        None => Badge::toned(Tone::Plain, "–", ""),
    };
    let likelihood = |place: usize| format!("{} of {size}", place + 1);
    GridRow {
        label: store::label(row),
        title: grid.title.clone(),
        standing: if in_force {
            Badge::toned(Tone::Good, "In force", "")
        } else {
            Badge::toned(Tone::Plain, "Not in force", "")
        },
        in_force,
        preview_href: format!("{}#preview", address("/settings/grids", &[("preview", &store::label(row))])),
        rows: grid
            .cells
            .iter()
            .enumerate()
            .rev()
            .map(|(place, cells)| (likelihood(place), cells.iter().map(badge).collect()))
            .collect(),
        columns: (0..size).map(likelihood).collect(),
    }
}

fn preview_view(row: &rating_grid::Model, seen: GridPreview, may: bool) -> PreviewView {
    let risks = |count: u64| counted(count, "risk", "risks");
    let sentence = format!(
        "Of {}, {} would get another level: {} a higher one, {} a lower one. {} would end.",
        counted(seen.risks, "open risk", "open risks"),
        seen.changed,
        seen.rises,
        seen.falls,
        counted(seen.ended_acceptances, "acceptance", "acceptances"),
    );
    let count = |of: &std::collections::BTreeMap<&str, u64>, level: &Level| {
        of.get(level.as_str()).copied().unwrap_or_default()
    };
    let order = if may {
        vec![
            Field::new("reason", "Why", Kind::Lines)
                .required()
                .hint(format!("It is kept in the audit log. {} rated again.", risks(seen.changed))),
        ]
    } else {
        Vec::new()
    };
    PreviewView {
        label: store::label(row),
        sentence,
        counts: Level::ALL
            .iter()
            .rev()
            .map(|level| {
                (Badge::level(level.as_str()), count(&seen.before, level), count(&seen.after, level))
            })
            .collect(),
        items: seen
            .items
            .into_iter()
            .map(|item| (item.key, item.title, Badge::level(item.before), Badge::level(item.after)))
            .collect(),
        digest: seen.digest,
        order,
    }
}
