//! `abate team`

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::access::actor::Via;
use crate::access::team::{self, TeamEdit};
use crate::access::user_edit::By;
use crate::audit_log;
use crate::config::Config;

/// `abate team …`
#[derive(Debug, Subcommand)]
pub(super) enum Team {
    /// Make a team
    Create(Create),
    /// Say who leads a team
    Lead(Lead),
}

/// Arguments of `abate team lead`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  abate team lead --key wallet --email ana@example.com")]
pub(super) struct Lead {
    /// Short name of the team
    #[arg(long)]
    key: String,
    /// Address of who leads it; nobody when left out
    #[arg(long)]
    email: Option<String>,
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
        match self {
            Self::Create(create) => create.run(config).await,
            Self::Lead(lead) => lead.run(config).await,
        }
    }
}

impl Lead {
    async fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        let state = super::open(config).await?;
        let by = By { actor_id: None, via: Via::Command, now: state.clock.now() };
        let edited = state.database.write(async |tx| {
            let team = team::known(tx, &self.key).await?;
            let edit = TeamEdit { lead: Some(self.email.clone()), ..TeamEdit::default() };
            team::edit(tx, by, team, edit).await
        });
        let team = edited.await?;
        state.database.close().await?;
        println!("Team {} is led by {}.", team.key, self.email.as_deref().unwrap_or("nobody"));
        Ok(ExitCode::SUCCESS)
    }
}

impl Create {
    async fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        let create = self;
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
