//! `abate asset`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use crate::access::actor::Via;
use crate::asset::import::{self, Action, ImportReport, Table};
use crate::config::Config;

/// `abate asset …`
#[derive(Debug, Subcommand)]
pub(super) enum Asset {
    /// Bring in the register as a table
    Import(Import),
}

/// Arguments of `abate asset import`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  abate asset import register.xlsx --plan\n\nExit codes: 0 done, 1 a row is wrong and nothing was written"
)]
pub(super) struct Import {
    /// A table: CSV or XLSX, with a line of headers
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only say what would change
    #[arg(long)]
    plan: bool,
    /// Print what came of it as JSON
    #[arg(long)]
    json: bool,
}

impl Asset {
    pub(super) async fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        let Self::Import(import) = self;
        let bytes = tokio::fs::read(&import.file)
            .await
            .with_context(|| format!("{} cannot be read", import.file.display()))?;
        let state = super::open(config).await?;
        let table = Table { bytes, plan_only: import.plan };
        let done = import::take(&state, None, Via::Command, table).await;
        state.database.close().await?;
        let report = match done {
            Ok(report) => report,
            Err(problem) => {
                eprintln!("abate: {}: nothing was written.", import.file.display());
                for error in problem.errors() {
                    eprintln!("  {}: {}", error.field, error.detail);
                }
                if problem.errors().is_empty() {
                    return Err(problem.into());
                }
                return Ok(ExitCode::FAILURE);
            }
        };
        if import.json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            print(&report);
        }
        Ok(if report.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn print(report: &ImportReport) {
    for row in report.rows.iter().filter(|row| row.action != Action::Unchanged) {
        let fields =
            if row.changes.is_empty() { String::new() } else { format!(" ({})", row.changes.join(", ")) };
        println!("line {}: {} {}{fields}", row.line, row.action.as_str(), row.key);
    }
    for problem in &report.problems {
        eprintln!("line {}, {}: {}", problem.line, problem.column, problem.detail);
    }
    for note in &report.notes {
        eprintln!("line {}: {}", note.line, note.detail);
    }
    let counts = report.counts;
    let would = if report.applied { "" } else { "Would be: " };
    println!(
        "{would}{} created, {} changed, {} unchanged, {} wrong",
        counts.created, counts.changed, counts.unchanged, counts.wrong
    );
}
