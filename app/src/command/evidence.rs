//! `abate evidence`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use chrono::NaiveDate;
use clap::Args;
use serde_json::json;

use crate::access::actor::Via;
use crate::access::team;
use crate::audit_log;
use crate::config::Config;
use crate::evidence_pack::ask;
use crate::evidence_pack::make::{self, Order, Pack};
use crate::evidence_pack::period_rules::Days;
use crate::state::AppState;

/// Arguments of `abate evidence`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  abate evidence --from 2026-01-01 --to 2026-06-30\n  \
abate evidence --from 2026-01-01 --to 2026-06-30 --as-of 2026-09-30 --team payments --with-files --out pack.zip")]
pub(super) struct Evidence {
    /// The first day, in the organisation's zone
    #[arg(long, value_name = "DAY")]
    from: NaiveDate,
    /// The last day
    #[arg(long, value_name = "DAY")]
    to: NaiveDate,
    /// The day at whose end the register is shown; the last day unless told
    #[arg(long, value_name = "DAY")]
    as_of: Option<NaiveDate>,
    /// Key of the team that it is about; all teams, with the audit log, unless told
    #[arg(long, value_name = "KEY")]
    team: Option<String>,
    /// The file to write, which must not be there yet; abate-evidence-FROM-TO.zip unless told
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Put the files of evidence inside
    #[arg(long)]
    with_files: bool,
    /// Print the manifest as JSON
    #[arg(long)]
    json: bool,
}

impl Evidence {
    pub(super) async fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        let days = Days { from: self.from, to: self.to, as_of: self.as_of };
        let out = self.out.clone().unwrap_or_else(|| ask::file_name(&days).into());
        let name = out.display().to_string();
        anyhow::ensure!(!out.exists(), "{name} is there already; choose another file with --out");
        let state = super::open(config).await?;
        let pack = self.make(&state, days).await?;
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&out)
            .with_context(|| format!("cannot make the file {name}"))?;
        let written = pack
            .file()
            .and_then(|mut pack| std::io::copy(&mut pack, &mut file))
            .and_then(|_| file.sync_all());
        written.with_context(|| format!("cannot write {name}"))?;
        note(&state, &self, &pack).await?;
        state.database.close().await?;
        if self.json {
            let told = json!({
                "file": name, "sha256": pack.sha256(), "size": pack.size(), "manifest": pack.manifest,
            });
            println!("{told:#}");
        } else {
            println!("{name}: {} rows, sha256 {}", pack.rows(), pack.sha256());
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn make(&self, state: &AppState, days: Days) -> anyhow::Result<Pack> {
        let team = match &self.team {
            Some(key) => Some(team::by_key(state.database.reader(), "team", key).await?.id),
            None => None,
        };
        Ok(make::make(state, Order { days, team, with_files: self.with_files }).await?)
    }
}

async fn note(state: &AppState, asked: &Evidence, pack: &Pack) -> anyhow::Result<()> {
    let now = state.clock.now();
    let data = json!({
        "sha256": pack.sha256(), "period": pack.manifest["period"], "filters": pack.manifest["filters"],
        "totals": pack.manifest["totals"],
    });
    let subject = format!("evidence-{}-{}", asked.from, asked.to);
    let noted = state.database.write(async |tx| {
        audit_log::add_as(tx, None, Via::Command, "evidence_pack.make", &subject, data.clone(), now).await
    });
    Ok(noted.await?)
}
