//! `/api/v1/grids`

use abate_entity::rating_grid;
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::preview::{self, GridPreview};
use super::rules::{Grid, Word};
use super::{in_force, store};
use crate::access::require::Require;
use crate::access::right::{KeepPolicies, See};
use crate::platform::paging::Page;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(add).service(try_out).service(put_in_force);
}

/// A word of a grid, and which of our levels it means.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct WordForm {
    word: String,
    /// info, low, medium, high or critical.
    level: String,
}

/// A version of a grid.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct GridView {
    name: String,
    version: i32,
    title: String,
    /// What its cells say, the least first, and which of our levels each means.
    words: Vec<WordForm>,
    /// Rows by likelihood, columns by impact, the least first; each cell is the place of a word, from 0.
    cells: Vec<Vec<usize>>,
    /// Whether ratings are read from it.
    in_force: bool,
    created_at: DateTime<Utc>,
}

impl GridView {
    fn new(row: &rating_grid::Model, in_force: i64) -> Result<Self, Problem> {
        let Grid { title, words, cells } = store::read(row)?;
        let word = |word: Word| WordForm { word: word.word, level: word.level.to_string() };
        Ok(Self {
            name: row.name.clone(),
            version: row.version,
            title,
            words: words.into_iter().map(word).collect(),
            cells,
            in_force: row.id == in_force,
            created_at: row.created_at,
        })
    }
}

/// A grid as it shall be.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct GridForm {
    /// Small letters, digits, - and _; a known name gets a new version.
    name: String,
    /// What people call it.
    title: String,
    /// What its cells say, the least first, and which of our levels each means.
    words: Vec<WordForm>,
    /// Rows by likelihood, columns by impact, 3 to 5 of each; each cell is the place of a word, from 0.
    cells: Vec<Vec<usize>>,
}

impl GridForm {
    fn grid(self) -> Result<Grid, Problem> {
        let word = |form: WordForm| {
            let level = form.level.parse().map_err(|error| Problem::invalid("words", format!("{error}.")))?;
            Ok(Word { word: form.word, level })
        };
        let words = self.words.into_iter().map(word).collect::<Result<_, Problem>>()?;
        Ok(Grid { title: self.title, words, cells: self.cells })
    }
}

/// Every version of every grid.
#[utoipa::path(tag = "grids", responses((status = 200, body = Page<GridView>)))]
#[get("/grids")]
async fn list(
    _caller: Require<See>,
    state: web::Data<AppState>,
) -> Result<web::Json<Page<GridView>>, Problem> {
    let db = state.database.reader();
    let holds = in_force::read(db).await?.id;
    let views =
        store::all(db).await?.iter().map(|row| GridView::new(row, holds)).collect::<Result<_, _>>()?;
    Ok(web::Json(Page { items: views, next_cursor: None }))
}

/// Makes a grid, or a new version of one. Nothing is read from it before it is put into force.
#[utoipa::path(tag = "grids", request_body = GridForm, responses((status = 201, body = GridView)))]
#[post("/grids")]
async fn add(
    caller: Require<KeepPolicies>,
    state: web::Data<AppState>,
    form: web::Json<GridForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let form = form.into_inner();
    let (name, grid) = (form.name.clone(), form.grid()?);
    let row = state.database.write(async |tx| store::add(tx, &caller, &name, &grid, now).await).await?;
    let holds = in_force::read(state.database.reader()).await?.id;
    Ok(HttpResponse::Created().json(GridView::new(&row, holds)?))
}

/// What a grid would change: one that is kept, by its name alone or as standard@1, or one that is not kept yet.
#[utoipa::path(tag = "grids", request_body = GridForm, responses((status = 200, body = GridPreview)))]
#[post("/grids/preview")]
async fn try_out(
    caller: Require<KeepPolicies>,
    state: web::Data<AppState>,
    form: web::Json<GridForm>,
) -> Result<web::Json<GridPreview>, Problem> {
    let db = state.database.reader();
    let form = form.into_inner();
    let grid = if form.cells.is_empty() && form.words.is_empty() {
        store::read(&store::named(db, &form.name).await?)?
    } else {
        let grid = form.grid()?;
        store::check(&grid)?;
        grid
    };
    Ok(web::Json(preview::preview(db, &caller.scope(), &grid).await?))
}

/// The order to put a grid into force.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct UseForm {
    /// The digest of the preview that was looked at.
    digest: String,
    /// Why.
    #[serde(default)]
    reason: String,
}

/// Puts a grid into force: the newest version of a name, or the one that is named as standard@1.
#[utoipa::path(tag = "grids", params(("name" = String, Path)), request_body = UseForm,
    responses((status = 200, body = GridView), (status = 409, description = "The preview says something else by now")))]
#[post("/grids/{name}/use")]
async fn put_in_force(
    caller: Require<KeepPolicies>,
    state: web::Data<AppState>,
    name: web::Path<String>,
    form: web::Json<UseForm>,
) -> Result<web::Json<GridView>, Problem> {
    let now = state.clock.now();
    let row = state
        .database
        .write(async |tx| in_force::put(tx, &caller, &name, &form.digest, &form.reason, now).await)
        .await?;
    Ok(web::Json(GridView::new(&row, row.id)?))
}
