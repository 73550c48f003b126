//! `/api/v1/imports/{id}/mapping`: what the columns and words of a planned table mean.

use std::collections::BTreeMap;

use abate_entity::import;
use abate_integrations::workshop::table::{FIELDS, MappingGuess, TableMapping};
use actix_web::{get, put, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{import as workshop_import, mapping, plan};
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::{Import, SignedIn};
use crate::audit_log;
use crate::intake::view::ImportView;
use crate::intake::{self, status};
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show).service(change);
}

/// What a table means as its plan reads it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MappingView {
    /// Each column, with the field that it holds and its first text.
    columns: Vec<ColumnView>,
    /// Each word that has to mean something, with what it means; empty where nobody knows.
    values: Vec<ValueView>,
    /// Fields that a column can hold.
    fields: Vec<&'static str>,
    /// What people said before.
    said: MappingForm,
}

/// A column.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ColumnView {
    column: String,
    field: String,
    example: String,
}

/// A word.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ValueView {
    field: String,
    word: String,
    meaning: String,
}

/// What people say about a table.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct MappingForm {
    /// Field by name of a column; `ignore` for a column that means nothing.
    columns: BTreeMap<String, String>,
    /// What words of a field mean: `{"likelihood": {"often": "4"}}`.
    values: BTreeMap<String, BTreeMap<String, String>>,
}

impl MappingView {
    fn new(guess: MappingGuess, said: TableMapping) -> Self {
        let columns = guess.columns.into_iter().map(|guess| ColumnView {
            column: guess.column,
            field: guess.field,
            example: guess.example,
        });
        let values = guess.values.into_iter().map(|guess| ValueView {
            field: guess.field,
            word: guess.word,
            meaning: guess.meaning,
        });
        Self {
            columns: columns.collect(),
            values: values.collect(),
            fields: FIELDS.iter().map(|(field, _, _)| *field).collect(),
            said: MappingForm { columns: said.columns, values: said.values },
        }
    }
}

/// What the columns and words of a planned table are taken for.
#[utoipa::path(tag = "imports", params(("id" = i64, Path)), responses((status = 200, body = MappingView)))]
#[get("/imports/{id}/mapping")]
async fn show(
    caller: Require<SignedIn>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<MappingView>, Problem> {
    let db = state.database.reader();
    let import = intake::api::find(db, &caller, *id).await?;
    let kept = plan::made_of(db, import.id).await?;
    let table = kept.table.as_ref().ok_or_else(|| Problem::not_found("mapping: this import is no table"))?;
    Ok(web::Json(MappingView::new(kept.mapping.applied_to(table), kept.mapping.clone())))
}

/// Says what the columns and words of a planned table mean; the plan is made again, and the next table with these
/// columns from this source is read in the same way.
#[utoipa::path(tag = "imports", params(("id" = i64, Path)), request_body = MappingForm,
    responses((status = 200, body = ImportView), (status = 409, description = "it is no plan any more")))]
#[put("/imports/{id}/mapping")]
async fn change(
    caller: Require<Import>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: web::Json<MappingForm>,
) -> Result<web::Json<ImportView>, Problem> {
    let form = form.into_inner();
    let said = mapping::checked(TableMapping { columns: form.columns, values: form.values })?;
    let import = say(&state, &caller, *id, said).await?;
    Ok(web::Json(ImportView::of(state.database.reader(), import).await?))
}

/// Writes what somebody says about a table, and makes its plan again.
pub(super) async fn say(
    state: &AppState,
    actor: &Actor,
    id: i64,
    said: TableMapping,
) -> Result<import::Model, Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let import = intake::api::find(tx, actor, id).await?;
            actor.require_in::<Import>(intake::api::team_of(tx, &import).await?)?;
            if import.status != status::PLANNED || !workshop_import::is_one(&import) {
                return Err(Problem::new(
                    Kind::Conflict,
                    "Columns are mapped while a table is only planned. Upload it again with mode=plan.",
                ));
            }
            let mut kept = plan::made_of(tx, import.id).await?;
            let Some(table) = &kept.table else {
                return Err(Problem::new(
                    Kind::Conflict,
                    "This import is no table: its fields have one meaning.",
                ));
            };
            let header = table.header_hash();
            mapping::remember(tx, &kept.source, &header, &said, Some(actor.id), now).await?;
            let data = json!({ "source": kept.source, "columns": said.columns, "values": said.values });
            audit_log::add(tx, actor, "table.map", &format!("import-{id}"), data, now).await?;
            kept.mapping = said.clone();
            kept.read_table();
            plan::keep(tx, import, &kept).await
        })
        .await
}
