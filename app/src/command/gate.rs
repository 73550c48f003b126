//! `abate gate`

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;
use url::Url;

use super::Settings;
use super::remote::Remote;
use crate::access::scope::Scope;
use crate::gate::api::{Question, answer};

/// Exit code for an asset that may not go on.
const CLOSED: u8 = 2;

/// Arguments of `abate gate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  abate gate --asset web\n  \
abate gate --asset web --run $CI_RUN_ID --server https://abate.example.com --token $ABATE_TOKEN\n\n\
Exit codes: 0 it may go on, 1 the gate could not be asked, 2 it may not, with one reason a line")]
pub(super) struct Gate {
    /// Key of the asset
    #[arg(long, value_name = "KEY")]
    asset: String,
    /// Judge what the imports of this run brought in; the newest scans unless told
    #[arg(long, value_name = "ID", conflicts_with = "import")]
    run: Option<String>,
    /// Judge what this import brought in
    #[arg(long, value_name = "ID")]
    import: Option<i64>,
    /// Ask this server instead of the database
    #[arg(long, value_name = "URL", env = "ABATE_SERVER", requires = "token")]
    server: Option<Url>,
    /// Token for the server; `abate token create --scope import` makes one
    #[arg(long, env = "ABATE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

impl Gate {
    pub(super) async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let view = match (&self.server, &self.token) {
            (Some(server), Some(token)) => self.ask(&Remote::new(server, token)?).await?,
            _ => self.look(settings).await?,
        };
        let passed = view.get("passed").and_then(Value::as_bool).unwrap_or(false);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&view)?);
        } else {
            print(&self.asset, passed, &view);
        }
        Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(CLOSED) })
    }

    async fn ask(&self, server: &Remote) -> anyhow::Result<Value> {
        let mut address = server.address("/gate")?;
        {
            let mut query = address.query_pairs_mut();
            query.append_pair("asset", &self.asset);
            if let Some(run) = &self.run {
                query.append_pair("run", run);
            }
            if let Some(import) = self.import {
                query.append_pair("import", &import.to_string());
            }
        }
        server.get(&address).await
    }

    async fn look(&self, settings: Settings) -> anyhow::Result<Value> {
        let state = super::open(settings.load()?).await?;
        let question = Question { asset: self.asset.clone(), import: self.import, run: self.run.clone() };
        let view = answer(state.database.reader(), &Scope::All, &question, state.clock.now()).await;
        state.database.close().await?;
        Ok(serde_json::to_value(view?)?)
    }
}

fn print(asset: &str, passed: bool, view: &Value) {
    let lines = |name: &str| view.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: &Value, name: &str| {
        value.pointer(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    println!("{asset}: {}", if passed { "may go on" } else { "may not go on" });
    for reason in lines("reasons") {
        println!("{}: {}", text(&reason, "/check"), text(&reason, "/text"));
    }
    for waived in lines("waived") {
        let (owner, until) = (text(&waived, "/waiver/owner"), text(&waived, "/waiver/until"));
        println!("waived by {owner} until {until}: {}: {}", text(&waived, "/check"), text(&waived, "/text"));
    }
}
