//! `abate migrate`

use std::process::ExitCode;

use crate::config::Config;

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let state = super::open_or_make(config).await?;
    state.database.close().await?;
    println!("The database's schema is up to date.");
    Ok(ExitCode::SUCCESS)
}
