//! The register of assets as a table: CSV or XLSX, with the columns guessed by the words of their header.

mod column;
mod sheet;
mod words;
mod workbook;

use column::Column;
use sheet::Sheet;

/// Largest file, in bytes.
pub const FILE_BYTES: usize = 10 * 1024 * 1024;
/// Most rows of a table.
pub const MOST_ROWS: usize = 10_000;

/// Why a file cannot be used at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct RegisterError {
    /// What is wrong and what to do.
    pub reason: String,
    /// Line in the file, from 1.
    pub line: Option<u64>,
}

impl RegisterError {
    fn whole(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), line: None }
    }
}

/// A register as its file says it.
#[derive(Debug, Clone, PartialEq)]
pub struct Register {
    /// The sheet of the workbook; empty for CSV.
    pub sheet: String,
    /// The columns: what their header says, and what they were taken for.
    pub columns: Vec<(String, Option<&'static str>)>,
    /// The rows that can be used.
    pub assets: Vec<RegisterAsset>,
    /// The cells that cannot; a row with one is not among the assets.
    pub problems: Vec<CellProblem>,
}

/// What is wrong with a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellProblem {
    /// Line in the file, from 1.
    pub line: u64,
    /// The column, as its header says.
    pub column: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

/// One row. What the table does not say is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegisterAsset {
    /// Line in the file, from 1.
    pub line: u64,
    /// Short name.
    pub key: Option<String>,
    /// Name shown to people.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// application, service, data_store, …
    pub kind: Option<String>,
    /// mission, business, important or other.
    pub tier: Option<&'static str>,
    /// Classes of data it holds.
    pub data_classes: Option<Vec<String>>,
    /// Whether strangers can reach it.
    pub internet_facing: Option<bool>,
    /// production, staging, testing, development or shared.
    pub environment: Option<&'static str>,
    /// Confidentiality, integrity and availability, 1 to 5.
    pub ratings: [Option<i16>; 3],
    /// Who answers for it: a name or an address.
    pub owner: Option<String>,
    /// The team that answers for it: a name or a key.
    pub team: Option<String>,
    /// us, provider or shared.
    pub responsible_party: Option<&'static str>,
    /// Words to find it by.
    pub tags: Option<Vec<String>>,
    /// How long it is expected to live without being seen.
    pub lifetime_days: Option<i32>,
    /// What finds it in reports: kind and pattern.
    pub matchers: Vec<(&'static str, String)>,
}

/// Reads a table.
///
/// # Errors
/// When it is neither CSV nor XLSX, is too large, or no column names the assets.
pub fn read(bytes: &[u8]) -> Result<Register, RegisterError> {
    if bytes.len() > FILE_BYTES {
        let mib = FILE_BYTES / 1024 / 1024;
        return Err(RegisterError::whole(format!("The file is larger than {mib} MiB.")));
    }
    let sheets = if bytes.starts_with(b"PK") { workbook::sheets(bytes)? } else { sheet::of_text(bytes)? };
    let best = sheets.into_iter().filter_map(|sheet| Some((header(&sheet)?, sheet)));
    // The first of those that say most.
    let best = best.reduce(|best, next| if next.0.score > best.0.score { next } else { best });
    let Some((header, sheet)) = best else {
        return Err(RegisterError::whole(
            "No table of assets was found. Give it a line of headers with a column Name or Asset, and at least one \
             other such as Type, Tier, Team, Data or Internet facing.",
        ));
    };
    Ok(rows(&sheet, header))
}

/// Lines that may stand above the header.
const LINES_ABOVE: usize = 10;

struct Header {
    place: usize,
    columns: Vec<Option<Column>>,
    score: usize,
}

/// The line of headers: the one in which most words are known.
fn header(sheet: &Sheet) -> Option<Header> {
    let mut best: Option<Header> = None;
    for (place, (_, cells)) in sheet.rows.iter().take(LINES_ABOVE).enumerate() {
        let columns = column::guess(cells);
        let tells = columns.iter().flatten().any(|column| column.is_of_assets());
        let score = columns.iter().flatten().filter(|column| **column != Column::Reference).count();
        let names_assets = columns.contains(&Some(Column::Name));
        if names_assets && tells && best.as_ref().is_none_or(|best| score > best.score) {
            best = Some(Header { place, columns, score });
        }
    }
    best
}

fn rows(sheet: &Sheet, header: Header) -> Register {
    let titles = &sheet.rows[header.place].1;
    let mut register = Register {
        sheet: sheet.name.clone(),
        columns: titles
            .iter()
            .zip(&header.columns)
            .filter(|(title, _)| !title.trim().is_empty())
            .map(|(title, column)| (title.trim().to_owned(), column.map(Column::field)))
            .collect(),
        assets: Vec::new(),
        problems: Vec::new(),
    };
    for (line, cells) in &sheet.rows[header.place + 1..] {
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let mut asset = RegisterAsset { line: *line, ..RegisterAsset::default() };
        let mut wrong = Vec::new();
        for ((cell, column), title) in cells.iter().zip(&header.columns).zip(titles) {
            let (cell, Some(column)) = (cell.trim(), column) else { continue };
            if cell.is_empty() {
                continue;
            }
            if let Err(reason) = column.take(cell, &mut asset) {
                wrong.push(CellProblem { line: *line, column: title.trim().to_owned(), reason });
            }
        }
        if asset.name.is_empty() {
            let column = "Name".to_owned();
            wrong.push(CellProblem { line: *line, column, reason: "Give the asset a name.".to_owned() });
        }
        if wrong.is_empty() {
            register.assets.push(asset);
        } else {
            register.problems.extend(wrong);
        }
    }
    register
}

#[cfg(test)]
mod tests;
