//! `abate vex`

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;
use url::Url;

use super::Settings;
use super::remote::Remote;
use crate::access::scope::Scope;
use crate::vex::api::{VexFormat, VexQuestion, document};

/// Arguments of `abate vex`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  abate vex --asset web > web.vex.json\n  \
trivy image --vex web.vex.json registry.example.com/orchard/web:1.0")]
pub(super) struct Vex {
    /// Key of the asset
    #[arg(long, value_name = "KEY")]
    asset: String,
    /// What to write
    #[arg(long, value_enum, default_value_t)]
    format: VexFormat,
    /// Ask this server instead of the database
    #[arg(long, value_name = "URL", env = "ABATE_SERVER", requires = "token")]
    server: Option<Url>,
    /// Token for the server, of somebody who may see the asset
    #[arg(long, env = "ABATE_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

impl Vex {
    pub(super) async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let document = match (&self.server, &self.token) {
            (Some(server), Some(token)) => self.ask(&Remote::new(server, token)?).await?,
            _ => self.look(settings).await?,
        };
        println!("{}", serde_json::to_string_pretty(&document)?);
        Ok(ExitCode::SUCCESS)
    }

    async fn ask(&self, server: &Remote) -> anyhow::Result<Value> {
        let mut address = server.address("/vex")?;
        address
            .query_pairs_mut()
            .append_pair("asset", &self.asset)
            .append_pair("format", self.format.as_str());
        server.get(&address).await
    }

    async fn look(self, settings: Settings) -> anyhow::Result<Value> {
        let state = super::open(settings.load()?).await?;
        let question = VexQuestion { asset: self.asset, format: self.format };
        let document = document(state.database.reader(), &Scope::All, &question).await;
        state.database.close().await?;
        Ok(document?)
    }
}
