//! `abate serve`

use std::process::ExitCode;

use clap::Args;

use crate::config::Config;
use crate::platform::clock::Clock;
use crate::platform::ids::Ids;
use crate::startup::{Application, Parts};

/// Arguments of `abate serve`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ABATE_DATABASE_URL=postgres://abate@db/abate abate serve --no-worker")]
pub(super) struct Serve {
    /// Leave jobs and timers to `abate worker`
    #[arg(long)]
    no_worker: bool,
}

impl Serve {
    pub(super) async fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        let parts = Parts { web: true, worker: !self.no_worker };
        let application = Application::build(config, Clock::system(), Ids::random(), parts).await?;
        if let Some(address) = application.address() {
            tracing::info!(%address, "ready");
        }
        application.run(super::worker::stop_on_signal()).await?;
        Ok(ExitCode::SUCCESS)
    }
}
