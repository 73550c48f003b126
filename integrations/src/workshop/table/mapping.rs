//! Rules. What the columns and words of a table mean: what people said, else what is guessed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::column::{self, FIELDS};
use super::{Sheet, TableFile};
use crate::workshop::words;

/// Fields whose words mean something of ours.
const VALUED: &[&str] = &["likelihood", "impact", "level", "status", "treatment", "kill_chain_phase"];
/// Different words of one field that are shown.
const WORDS_SHOWN: usize = 50;

/// What people said about a table; where they said nothing, a guess stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableMapping {
    /// Field by name of a column; `ignore` for a column that means nothing.
    pub columns: BTreeMap<String, String>,
    /// What words of a field mean: `{"likelihood": {"often": "4"}}`.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
}

/// What a table means as it is read now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MappingGuess {
    /// Each column.
    pub columns: Vec<ColumnGuess>,
    /// Each word that has to mean something.
    pub values: Vec<ValueGuess>,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnGuess {
    /// Its name.
    pub column: String,
    /// The field, empty for none.
    pub field: String,
    /// The first text in it.
    pub example: String,
}

/// What a word means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueGuess {
    /// The field.
    pub field: String,
    /// The word as it stands in the table.
    pub word: String,
    /// What it means, empty when nobody knows.
    pub meaning: String,
}

impl TableMapping {
    /// Names each thing in it that cannot be.
    #[must_use]
    pub fn mistakes(&self) -> Vec<(String, String)> {
        let mut mistakes = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        for (column, field) in &self.columns {
            let known = FIELDS.iter().any(|(known, _, _)| known == field);
            if !known && !matches!(field.as_str(), "ignore" | "") {
                let fields: Vec<_> = FIELDS.iter().map(|(field, _, _)| *field).collect();
                mistakes.push((
                    format!("columns.{column}"),
                    format!("{field:?} is no field; use ignore or one of {}", fields.join(", ")),
                ));
            } else if known && seen.contains(&field.as_str()) {
                mistakes
                    .push((format!("columns.{column}"), format!("another column is the {field} already")));
            }
            seen.push(field);
        }
        for (field, words) in &self.values {
            if !VALUED.contains(&field.as_str()) {
                mistakes.push((
                    format!("values.{field}"),
                    format!("has no words to map; use one of {}", VALUED.join(", ")),
                ));
                continue;
            }
            for (word, meaning) in words {
                if meaning_of(field, meaning).is_none() {
                    mistakes.push((
                        format!("values.{field}.{word}"),
                        format!("{meaning:?} is not known; {}", wanted(field)),
                    ));
                }
            }
        }
        mistakes
    }

    /// The field of each of these columns.
    pub(crate) fn fields_of(&self, columns: &[String]) -> Vec<Option<&'static str>> {
        let said = |column: &String| self.columns.get(column).map(String::as_str);
        let named: Vec<&str> = columns.iter().filter_map(said).collect();
        column::guess_all(columns)
            .into_iter()
            .zip(columns)
            .map(|(guessed, column)| match said(column) {
                // A guess gives way where people named another column for the same field.
                None | Some("") => guessed.filter(|field| !named.contains(field)),
                Some(field) => {
                    FIELDS.iter().find(|(known, _, _)| *known == field).map(|(known, _, _)| *known)
                }
            })
            .collect()
    }

    /// What a cell of a field means in our words: a number, a level, a status; nothing when nobody knows.
    pub(crate) fn meaning(&self, field: &str, cell: &str) -> Option<String> {
        let said = self.values.get(field).and_then(|words| {
            let cell = words::plain(cell);
            words.iter().find(|(word, _)| words::plain(word) == cell).map(|(_, meaning)| meaning.as_str())
        });
        meaning_of(field, said.unwrap_or(cell))
    }

    /// What this mapping and the guesses make of a table.
    #[must_use]
    pub fn applied_to(&self, table: &TableFile) -> MappingGuess {
        let Some(sheet) = table.risk_sheet(self) else {
            return MappingGuess { columns: Vec::new(), values: Vec::new() };
        };
        let fields = self.fields_of(&sheet.columns);
        let sheets: Vec<&Sheet> =
            table.sheets.iter().filter(|other| other.columns == sheet.columns).collect();
        let cells = |place: usize| {
            let rows = sheets.iter().flat_map(|sheet| &sheet.rows);
            rows.filter_map(move |row| row.cells.get(place))
                .map(|cell| cell.trim())
                .filter(|cell| !cell.is_empty())
        };
        let columns =
            sheet.columns.iter().zip(&fields).enumerate().map(|(place, (column, field))| ColumnGuess {
                column: column.clone(),
                field: field.unwrap_or_default().to_owned(),
                example: cells(place).next().unwrap_or_default().chars().take(80).collect(),
            });
        let mut values: Vec<ValueGuess> = Vec::new();
        for (place, field) in fields.iter().enumerate() {
            let Some(field) = field.filter(|field| VALUED.contains(field)) else { continue };
            let mut shown: Vec<String> = Vec::new();
            for cell in cells(place) {
                let word = words::plain(cell);
                if shown.len() == WORDS_SHOWN || shown.contains(&word) {
                    continue;
                }
                let meaning = self.meaning(field, cell).unwrap_or_default();
                values.push(ValueGuess {
                    field: field.to_owned(),
                    word: cell.chars().take(80).collect(),
                    meaning,
                });
                shown.push(word);
            }
        }
        MappingGuess { columns: columns.collect(), values }
    }
}

fn meaning_of(field: &str, text: &str) -> Option<String> {
    match field {
        "likelihood" | "impact" => words::place_on_scale(text).map(|place| place.to_string()),
        "level" => level_of(text).map(str::to_owned),
        "status" => words::status(text).map(str::to_owned),
        "treatment" => words::treatment(text).map(str::to_owned),
        "kill_chain_phase" => words::kill_chain_phase(text).map(str::to_owned),
        _ => Some(text.to_owned()),
    }
}

/// A level, also beside its score as in `16 (high)`.
fn level_of(text: &str) -> Option<&'static str> {
    let letters = text.trim().trim_matches(|character: char| !character.is_alphabetic());
    words::level(letters)
}

/// What would be right for a field.
pub(crate) fn wanted(field: &str) -> &'static str {
    match field {
        "likelihood" | "impact" => "use 1 to 5",
        "level" => "use info, low, medium, high or critical",
        "status" => {
            "use open, in_discussion, in_progress, mitigated, accepted, transferred, avoided or not_affected"
        }
        "treatment" => "use modify, retain, avoid or share",
        _ => "use one of the seven phases, such as exploitation",
    }
}
