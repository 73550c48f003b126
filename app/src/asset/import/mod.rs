//! The register comes in as a table: first a plan, then, when every row can be used, all of it in one transaction. The
//! same table again changes nothing.

mod apply;
mod plan;
mod report;
pub mod upload;

use abate_integrations::register::{self, Register};

pub use plan::Planned;
pub use report::{Action, ImportReport, ReportRow};

use crate::access::actor::{Actor, Via};
use crate::access::team;
use crate::platform::problem::{FieldProblem, Problem};
use crate::state::AppState;

/// Problems that one answer names.
const NAMED: usize = 200;

/// A table, and what is to be done with it.
#[derive(Debug)]
pub struct Table {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Only say what would change.
    pub plan_only: bool,
}

/// Takes a table in; the command line has no actor and may do everything.
///
/// # Errors
/// 422 when the table cannot be read, or, unless only a plan is asked for, naming every wrong row; nothing is written
/// then.
pub async fn take(
    state: &AppState,
    actor: Option<&Actor>,
    via: Via,
    table: Table,
) -> Result<ImportReport, Problem> {
    let now = state.clock.now();
    let read =
        actix_web::web::block(move || register::read(&table.bytes)).await.map_err(Problem::internal)?;
    let register = read.map_err(|error| Problem::invalid("file", &error.reason).with("line", error.line))?;
    if table.plan_only {
        let planned = plan::plan(state.database.reader(), actor, &register).await?;
        return Ok(ImportReport::new(register, planned, false));
    }
    let planned = state
        .database
        .write(async |tx| {
            team::default(tx, now).await?;
            let planned = plan::plan(tx, actor, &register).await?;
            refuse_wrong(&register, &planned)?;
            apply::apply(tx, actor, via, &planned, now).await?;
            Ok(planned)
        })
        .await?;
    Ok(ImportReport::new(register, planned, true))
}

fn refuse_wrong(register: &Register, planned: &Planned) -> Result<(), Problem> {
    let of_cells =
        register.problems.iter().map(|cell| (cell.line, cell.column.as_str(), cell.reason.as_str()));
    let of_rows = planned.problems.iter().map(|row| (row.line, row.column.as_str(), row.reason.as_str()));
    let mut all: Vec<_> = of_cells.chain(of_rows).collect();
    if all.is_empty() {
        return Ok(());
    }
    all.sort_unstable();
    let errors = all
        .into_iter()
        .take(NAMED)
        .map(|(line, column, reason)| FieldProblem::new(format!("line {line}, {column}"), reason));
    Err(Problem::all_invalid(errors.collect()))
}
