//! The commands: one file each.

mod asset;
mod check_config;
mod demo;
mod doctor;
mod evidence;
mod export_log;
mod feed;
mod gate;
mod healthcheck;
mod import;
mod migrate;
mod openapi;
mod progress;
mod remote;
mod serve;
mod team;
mod token;
mod upload;
mod user;
mod verify_log;
mod vex;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use secrecy::ExposeSecret as _;

use crate::config::{self, Config, ConfigError, Overrides};
use crate::platform::clock::Clock;
use crate::platform::database;
use crate::platform::ids::Ids;
use crate::platform::telemetry;
use crate::startup;
use crate::state::AppState;

/// Exit code for settings and arguments that cannot be used.
const UNUSABLE: u8 = 2;

/// Takes each risk from the workshop or scanner that found it to the proof that it is gone.
#[derive(Debug, Parser)]
#[command(name = "abate", version, after_help = "Example:\n  abate serve --listen 127.0.0.1:8080")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Settings file; abate.toml in this folder unless told
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look around: an invented company, with a JIRA and a Slack of its own, and no credentials
    Demo(demo::DemoCommand),
    /// Answer requests and run jobs and timers
    Serve(serve::Serve),
    /// Run jobs and timers only
    Worker,
    /// Bring the database's schema up to date
    Migrate,
    /// Keep users
    #[command(subcommand)]
    User(user::User),
    /// Keep teams
    #[command(subcommand)]
    Team(team::Team),
    /// Keep tokens for scripts
    #[command(subcommand)]
    Token(token::Token),
    /// Keep the register of assets
    #[command(subcommand)]
    Asset(asset::Asset),
    /// Bring in reports of scanners and workshop files
    Import(Box<import::Import>),
    /// Say whether an asset may go on, for pipelines: exit code 2 and the reasons when it may not
    Gate(gate::Gate),
    /// Write what was decided about the vulnerabilities of an asset as a VEX document, for scanners and customers
    Vex(vex::Vex),
    /// Keep the catalogues of exploited and likely vulnerabilities
    #[command(subcommand)]
    Feed(feed::Feed),
    /// Say whether the audit log is as it was written: exit code 2 and the first bad number when it is not
    VerifyLog(verify_log::VerifyLog),
    /// Write the audit log to a file that anybody can verify
    ExportLog(export_log::ExportLog),
    /// Write what auditors ask for, of a period, into one zip whose totals equal its rows
    Evidence(evidence::Evidence),
    /// Print the description of the API
    Openapi,
    /// Print the settings as they would be used, with secrets masked
    CheckConfig(check_config::Arguments),
    /// Say what is wrong with the database, JIRA and Slack, and how to mend it
    Doctor(doctor::Arguments),
    /// Ask the server of these settings whether it is ready
    Healthcheck(healthcheck::Arguments),
}

/// Runs the command that the process was started with.
pub async fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match dispatch(arguments).await {
        Ok(code) => code,
        Err(error) => {
            let unusable = error.downcast_ref::<ConfigError>().is_some();
            eprintln!("abate: {error:#}");
            if unusable { ExitCode::from(UNUSABLE) } else { ExitCode::FAILURE }
        }
    }
}

async fn dispatch(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let settings = Settings { file: arguments.config, overrides: arguments.overrides };
    match arguments.command {
        Command::Demo(command) => command.run(&settings.overrides).await,
        Command::Serve(command) => command.run(settings.load()?).await,
        Command::Worker => worker::run(settings.load()?).await,
        Command::Migrate => migrate::run(settings.load()?).await,
        Command::User(command) => command.run(settings.load()?).await,
        Command::Team(command) => command.run(settings.load()?).await,
        Command::Token(command) => command.run(settings.load()?).await,
        Command::Asset(command) => command.run(settings.load()?).await,
        Command::Import(command) => command.run(settings).await,
        Command::Gate(command) => command.run(settings).await,
        Command::Vex(command) => command.run(settings).await,
        Command::Feed(command) => command.run(settings.load()?).await,
        Command::VerifyLog(command) => command.run(settings).await,
        Command::ExportLog(command) => command.run(settings.load()?).await,
        Command::Evidence(command) => command.run(settings.load()?).await,
        Command::Openapi => openapi::run(),
        Command::CheckConfig(command) => check_config::run(&command, &settings),
        Command::Doctor(command) => doctor::run(&command, settings.load()?).await,
        Command::Healthcheck(command) => healthcheck::run(&command, settings.load()?).await,
    }
}

/// Where the settings come from.
struct Settings {
    file: Option<PathBuf>,
    overrides: Overrides,
}

impl Settings {
    /// Reads them and starts logging as they say.
    fn load(self) -> Result<Config, ConfigError> {
        let config = config::load(self.file.as_deref(), self.overrides)?;
        telemetry::start(&config.log);
        Ok(config)
    }
}

/// Opens the database for a command that does one thing on what is there.
///
/// # Errors
/// When there is none: made in the folder at hand it would take in what was meant for another, without a word.
async fn open(config: Config) -> anyhow::Result<AppState> {
    there_is_one(&config)?;
    open_or_make(config).await
}

/// Opens the database, and makes it where there is none.
async fn open_or_make(config: Config) -> anyhow::Result<AppState> {
    startup::open(config, Clock::system(), Ids::random()).await
}

/// # Errors
/// When the settings name a database file that does not exist.
fn there_is_one(config: &Config) -> anyhow::Result<()> {
    let Some(file) = database::file(config.database.url.expose_secret())? else { return Ok(()) };
    anyhow::ensure!(
        file.exists(),
        "there is no database at {}; run this in the folder of the server, or with its settings (ABATE_DATABASE_URL); \
         abate migrate makes a new one",
        std::path::absolute(&file).unwrap_or(file).display()
    );
    Ok(())
}
