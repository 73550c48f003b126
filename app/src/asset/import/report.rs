//! What came of a table, for the API, the page and the command.

use abate_integrations::register::{CellProblem, Register};
use serde::Serialize;

use super::plan::{Planned, PlannedRow};

/// What came of a table.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ImportReport {
    /// Whether it was written; a plan is not.
    pub applied: bool,
    /// The sheet of the workbook; empty for CSV.
    pub sheet: String,
    /// What the columns were taken for.
    pub columns: Vec<ReportColumn>,
    /// How many rows came to what.
    pub counts: Counts,
    /// Row by row, those that can be used.
    pub rows: Vec<ReportRow>,
    /// What is wrong with the others.
    pub problems: Vec<ReportProblem>,
    /// What was understood differently than it may have been meant.
    pub notes: Vec<ReportNote>,
}

/// What a column was taken for.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ReportColumn {
    /// What its header says.
    pub header: String,
    /// The field of the asset; none for a column that says nothing to us.
    pub field: Option<&'static str>,
}

/// How many rows came to what.
#[derive(Clone, Copy, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Counts {
    /// Assets made.
    pub created: usize,
    /// Assets changed.
    pub changed: usize,
    /// Assets that are as the table says.
    pub unchanged: usize,
    /// Rows that cannot be used.
    pub wrong: usize,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The asset is new.
    Create,
    /// Something of it changes.
    Change,
    /// It is as the row says.
    Unchanged,
}

impl Action {
    /// The word that is sent and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Unchanged => "unchanged",
        }
    }
}

/// A row that can be used.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ReportRow {
    /// Its line in the file.
    pub line: u64,
    /// The key of the asset.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub action: Action,
    /// The fields that change.
    pub changes: Vec<&'static str>,
}

/// What is wrong with a row.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ReportProblem {
    /// Its line in the file.
    pub line: u64,
    /// The column.
    pub column: String,
    /// What is wrong and what would be right.
    pub detail: String,
}

/// What was understood differently than it may have been meant.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ReportNote {
    /// Its line in the file.
    pub line: u64,
    /// What was done instead.
    pub detail: String,
}

impl ImportReport {
    pub(super) fn new(register: Register, planned: Planned, applied: bool) -> Self {
        let mut counts = Counts::default();
        let rows: Vec<ReportRow> = planned.rows.iter().map(row).collect();
        for row in &rows {
            match row.action {
                Action::Create => counts.created += 1,
                Action::Change => counts.changed += 1,
                Action::Unchanged => counts.unchanged += 1,
            }
        }
        let mut problems: Vec<ReportProblem> =
            register.problems.into_iter().chain(planned.problems).map(problem).collect();
        problems.sort_by_key(|problem| problem.line);
        let mut wrong: Vec<u64> = problems.iter().map(|problem| problem.line).collect();
        wrong.dedup();
        counts.wrong = wrong.len();
        Self {
            applied,
            sheet: register.sheet,
            columns: register
                .columns
                .into_iter()
                .map(|(header, field)| ReportColumn { header, field })
                .collect(),
            counts,
            rows,
            problems,
            notes: planned.notes.into_iter().map(|(line, detail)| ReportNote { line, detail }).collect(),
        }
    }
}

fn row(row: &PlannedRow) -> ReportRow {
    ReportRow {
        line: row.line,
        key: row.key.clone(),
        name: row.definition.name.clone(),
        action: match &row.known {
            None => Action::Create,
            Some(_) if row.changes.is_empty() => Action::Unchanged,
            Some(_) => Action::Change,
        },
        changes: row.changes.clone(),
    }
}

fn problem(cell: CellProblem) -> ReportProblem {
    ReportProblem { line: cell.line, column: cell.column, detail: cell.reason }
}
