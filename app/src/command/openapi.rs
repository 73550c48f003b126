//! `abate openapi`

use std::process::ExitCode;

use crate::routes;

pub(super) fn run() -> anyhow::Result<ExitCode> {
    println!("{}", serde_json::to_string_pretty(&routes::description())?);
    Ok(ExitCode::SUCCESS)
}
