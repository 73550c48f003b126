//! `abate doctor`: says what is wrong with the database, JIRA and Slack, and how to mend it; lets connections that
//! a restore or a copy has paused go on.

use std::process::ExitCode;
use std::time::Duration;

use crate::access::actor::Via;
use crate::audit_log::{self, guard};
use crate::config::Config;
use crate::platform::problem::Problem;
use crate::platform::reference;
use crate::slack::Slack;
use crate::state::AppState;
use crate::ticket::connection::check::{self, Finding};
use crate::ticket::resume;

/// How long Slack may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// What `abate doctor` takes beside the settings.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example, after a restore:\n  abate doctor --resume")]
pub(super) struct Arguments {
    /// Let connections go on that a restore or a copy has paused; what may have been created meanwhile is looked for
    #[arg(long)]
    resume: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Ends with 0 when all is well, else with 1.
pub(super) async fn run(arguments: &Arguments, config: Config) -> anyhow::Result<ExitCode> {
    let state = super::open(config).await?;
    if arguments.resume {
        let now = state.clock.now();
        let resumed = state.database.write(async |tx| {
            let resumed = resume::run(tx, now).await?;
            let data = serde_json::json!({ "resumed": resumed });
            audit_log::add_as(tx, None, Via::Command, "connection.resume", "connections", data, now).await?;
            Ok(resumed)
        });
        let resumed = resumed.await?;
        tracing::info!(resumed, "connections resumed");
    }
    let findings = look(&state).await?;
    let all_well = findings.iter().all(|finding| finding.ok);
    if arguments.json {
        println!("{:#}", serde_json::json!({ "ok": all_well, "findings": findings }));
    } else {
        for finding in &findings {
            println!("{:4} {:18} {}", if finding.ok { "ok" } else { "BAD" }, finding.check, finding.detail);
        }
    }
    state.database.close().await?;
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn look(state: &AppState) -> Result<Vec<Finding>, Problem> {
    // Opening it has brought its schema up to date, or said why not.
    let kind = format!("{:?}, reachable and up to date", state.database.backend());
    let mut findings =
        vec![Finding::new("database", true, kind), references(state).await?, log(state).await?];
    match check::of_all(state).await? {
        found if found.is_empty() => findings.push(Finding::new("jira", true, "not set up")),
        found => findings.extend(found),
    }
    findings.push(slack(state).await);
    Ok(findings)
}

async fn references(state: &AppState) -> Result<Finding, Problem> {
    const CHECK: &str = "references";
    let dangling = reference::dangling(state.database.reader()).await?;
    if dangling.is_empty() {
        return Ok(Finding::new(CHECK, true, "each row leads where it should"));
    }
    let said: Vec<_> = dangling.iter().map(|(column, rows)| format!("{column}: {rows} rows")).collect();
    let detail = format!(
        "{} lead nowhere. Something else has changed the database; restore the last good backup",
        said.join(", ")
    );
    Ok(Finding::new(CHECK, false, detail))
}

async fn log(state: &AppState) -> Result<Finding, Problem> {
    const CHECK: &str = "audit log";
    let guard = guard::look(state.database.reader()).await?;
    if !guard.open.is_empty() {
        let detail = format!(
            "the triggers that keep {} as they are were dropped; check the log with abate verify-log, and find out who did",
            guard.open.join(" and ")
        );
        return Ok(Finding::new(CHECK, false, detail));
    }
    let detail = match guard.may_drop {
        Some(true) => {
            "insert-only; this database role owns its tables and could lift that, so let another one serve (docs/audit-log.md)"
        }
        Some(false) => "insert-only, and this database role cannot lift that",
        None => "insert-only, for all but those who can write to the database's file",
    };
    Ok(Finding::new(CHECK, true, detail))
}

async fn slack(state: &AppState) -> Finding {
    const CHECK: &str = "slack account";
    let Some(config) = &state.config.slack else { return Finding::new("slack", true, "not set up") };
    let slack = match Slack::new(config) {
        Ok(slack) => slack,
        Err(error) => return Finding::new(CHECK, false, format!("{error:#}")),
    };
    match tokio::time::timeout(PATIENCE, slack.client.auth_test()).await {
        Ok(Ok(who)) => Finding::new(CHECK, true, format!("a bot of the workspace {}", who.team)),
        Ok(Err(error)) => Finding::new(
            CHECK,
            false,
            format!("{error}. Install the app again and set ABATE_SLACK__BOT_TOKEN to its new token"),
        ),
        Err(_) => Finding::new(CHECK, false, "Slack does not answer; check the network"),
    }
}
