//! `abate export-log`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use chrono::NaiveDate;
use clap::Args;
use tokio::io::AsyncWriteExt as _;

use crate::audit_log::export::Export;
use crate::config::Config;

/// Arguments of `abate export-log`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  abate export-log audit-2026.jsonl --from 2026-01-01 --to 2026-12-31")]
pub(super) struct ExportLog {
    /// The file to write, which must not be there yet
    file: PathBuf,
    /// The first day, in the organisation's zone
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    /// The last day, in the organisation's zone
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
}

impl ExportLog {
    pub(super) async fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        let name = self.file.display().to_string();
        let mut file = tokio::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&self.file)
            .await
            .with_context(|| format!("cannot make the file {name}"))?;
        let state = super::open(config).await?;
        let mut export = Export::begin(&state, None, self.from, self.to).await?;
        while let Some(lines) = export.next().await? {
            file.write_all(&lines).await.with_context(|| format!("cannot write {name}"))?;
        }
        file.sync_all().await.with_context(|| format!("cannot write {name}"))?;
        println!("{name}: {} entries", export.seals());
        state.database.close().await?;
        Ok(ExitCode::SUCCESS)
    }
}
