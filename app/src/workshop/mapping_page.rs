//! The form on the page of a planned table: what each column and word means.

use std::collections::HashMap;

use abate_entity::import;
use abate_integrations::workshop::table::{FIELDS, MappingGuess, TableMapping};
use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use sea_orm::ConnectionTrait;

use super::{import as workshop_import, mapping, mapping_api, plan};
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::Import;
use crate::intake::status;
use crate::page::badge::Tone;
use crate::page::form::{Choice, Field, Kind};
use crate::page::said;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the form.
pub fn pages(config: &mut ServiceConfig) {
    config.route("/imports/{id}/mapping", web::post().to(change));
}

/// The fields of the form; none for an import that is no planned table.
///
/// # Errors
/// When the database cannot be asked.
pub async fn fields(db: &impl ConnectionTrait, import: &import::Model) -> Result<Vec<Field>, Problem> {
    if import.status != status::PLANNED || !workshop_import::is_one(import) {
        return Ok(Vec::new());
    }
    let kept = plan::made_of(db, import.id).await?;
    let Some(table) = &kept.table else { return Ok(Vec::new()) };
    let guess = kept.mapping.applied_to(table);
    let columns = guess.columns.iter().enumerate().map(|(number, column)| {
        let chosen = if column.field.is_empty() { "ignore" } else { &column.field };
        let mut choices = vec![Choice::new("ignore", "Nothing", chosen)];
        choices.extend(FIELDS.iter().map(|(field, title, _)| Choice::new(*field, *title, chosen)));
        let field = Field::new(format!("column-{number}"), column.column.clone(), Kind::Choice);
        let field = field.required().choices(choices);
        if column.example.is_empty() { field } else { field.hint(format!("For example: {}", column.example)) }
    });
    let unknown = guess.values.iter().enumerate().filter(|(_, value)| value.meaning.is_empty());
    let words = unknown.map(|(number, value)| {
        let label = format!("{:?} as {}", value.word, value.field.replace('_', " "));
        let mut choices = vec![Choice::new("", "Not known", "")];
        choices
            .extend(meanings(&value.field).iter().map(|word| Choice::new(*word, word.replace('_', " "), "")));
        Field::new(format!("value-{number}"), label, Kind::Choice).choices(choices)
    });
    Ok(columns.chain(words).collect())
}

fn meanings(field: &str) -> &'static [&'static str] {
    use abate_integrations::workshop::{KILL_CHAIN_PHASES, STATUSES, TREATMENTS};
    match field {
        "likelihood" | "impact" => &["1", "2", "3", "4", "5"],
        "level" => &["info", "low", "medium", "high", "critical"],
        "status" => STATUSES,
        "treatment" => TREATMENTS,
        _ => KILL_CHAIN_PHASES,
    }
}

async fn change(
    caller: Require<Import>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: SignedForm<HashMap<String, String>>,
) -> Result<HttpResponse, Problem> {
    let kept = plan::made_of(state.database.reader(), *id).await?;
    let guess = kept.table.as_ref().map(|table| kept.mapping.applied_to(table));
    let said = guess.map(|guess| said_by(&form.0, &guess, &kept.mapping)).unwrap_or_default();
    let import = mapping_api::say(&state, &caller, *id, mapping::checked(said)?).await?;
    let (tone, text) = match import.rejected_count {
        0 => (Tone::Good, "The table is read as you say, and the next one like it will be.".to_owned()),
        count => (Tone::Warn, format!("{count} cells are not understood yet; see below.")),
    };
    Ok(said::see_other(&format!("/imports/{}", import.id), tone, &text))
}

/// What the form says: every column, and the words that were not known, beside those that were mapped before.
fn said_by(form: &HashMap<String, String>, guess: &MappingGuess, before: &TableMapping) -> TableMapping {
    let mut said = TableMapping { columns: before.columns.clone(), values: before.values.clone() };
    for (number, column) in guess.columns.iter().enumerate() {
        if let Some(field) = form.get(&format!("column-{number}")) {
            said.columns.insert(column.column.clone(), field.clone());
        }
    }
    for (number, value) in guess.values.iter().enumerate() {
        if let Some(meaning) = form.get(&format!("value-{number}")) {
            said.values.entry(value.field.clone()).or_default().insert(value.word.clone(), meaning.clone());
        }
    }
    said
}
