//! `abate team`

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::access::actor::Via;
use crate::access::team;
use crate::audit_log;
use crate::config::Config;

/// `abate team …`
#[derive(Debug, Subcommand)]
pub(super) enum Team {
    /// Make a team
    Create(Create),
}

/// Arguments of `abate team create`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  abate team create --key wallet --name \"Wallet\"")]
pub(super) struct Create {
    /// Short name: lower-case letters, digits, - and _
    #[arg(long)]
    key: String,
    /// Name shown to people
    #[arg(long)]
    name: String,
}

impl Team {
    pub(super) async fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        let Self::Create(create) = self;
        let state = super::open(config).await?;
        let now = state.clock.now();
        let team = state
            .database
            .write(async |tx| {
                let team = team::create(tx, &create.key, &create.name, now).await?;
                let data = serde_json::json!({"key": team.key, "name": team.name});
                let subject = format!("team-{}", team.id);
                audit_log::add_as(tx, None, Via::Command, "team.create", &subject, data, now).await?;
                Ok(team)
            })
            .await?;
        state.database.close().await?;
        println!("Made team {}.", team.key);
        Ok(ExitCode::SUCCESS)
    }
}
