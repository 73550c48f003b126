//! `abate token`

use std::process::ExitCode;
use std::str::FromStr;

use chrono::Duration;
use clap::{Args, Subcommand};

use crate::access::actor::Via;
use crate::access::token::{self, TokenScope};
use crate::access::user;
use crate::audit_log;
use crate::config::Config;

/// `abate token …`
#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make a token and print it, and nothing else
    Create(Create),
}

/// Arguments of `abate token create`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  export ABATE_TOKEN=$(abate token create --user ci@example.com --scope import --expires 90d)"
)]
pub(super) struct Create {
    /// Address of the user it acts as
    #[arg(long)]
    user: String,
    /// What it allows: all, read or import
    #[arg(long, default_value = "all")]
    scope: TokenScope,
    /// How long it is valid, in days, as in 90d; for ever unless told
    #[arg(long, value_name = "DAYS")]
    expires: Option<Days>,
}

/// A number of days, written `90d`.
#[derive(Clone, Copy, Debug)]
struct Days(i64);

impl FromStr for Days {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let days = text.strip_suffix('d').and_then(|number| number.parse().ok());
        days.filter(|days| (1..=3660).contains(days))
            .map(Self)
            .ok_or_else(|| "write a number of days from 1d to 3660d, as in 90d".to_owned())
    }
}

impl Token {
    pub(super) async fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        let Self::Create(create) = self;
        let state = super::open(config).await?;
        let now = state.clock.now();
        let expires_at = create.expires.map(|days| now + Duration::days(days.0));
        let token = state
            .database
            .write(async |tx| {
                let user = user::active_by_email(tx, "--user", &create.user).await?;
                let (token, row) =
                    token::create(tx, &state.ids, user.id, create.scope, expires_at, now).await?;
                let data = serde_json::json!({"user": user.email, "scope": row.scope});
                let subject = format!("token-{}", row.id);
                audit_log::add_as(tx, None, Via::Command, "token.create", &subject, data, now).await?;
                Ok(token)
            })
            .await?;
        state.database.close().await?;
        println!("{token}");
        Ok(ExitCode::SUCCESS)
    }
}
