//! `abate worker`

use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::platform::clock::Clock;
use crate::platform::ids::Ids;
use crate::startup::{Application, Parts};

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let parts = Parts { web: false, worker: true };
    let application = Application::build(config, Clock::system(), Ids::random(), parts).await?;
    tracing::info!("ready");
    application.run(stop_on_signal()).await?;
    Ok(ExitCode::SUCCESS)
}

/// A token that is cancelled when the process is asked to end.
pub(super) fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let cancel = stop.clone();
    actix_web::rt::spawn(async move {
        if let Err(error) = end_was_asked_for().await {
            tracing::error!(%error, "signals cannot be received; end the process by killing it");
            return;
        }
        cancel.cancel();
    });
    stop
}

#[cfg(unix)]
async fn end_was_asked_for() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}

#[cfg(not(unix))]
async fn end_was_asked_for() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
