//! `abate verify-log`

use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use secrecy::ExposeSecret as _;

use super::Settings;
use crate::audit_log::verify::{self, Question, Report};
use crate::audit_log::{checkpoint, offline};
use crate::config::Config;
use crate::platform::database::Database;
use crate::platform::ids::Ids;
use crate::platform::secret::SecretKey;
use crate::platform::setting;

/// Exit code for a log that was tampered with.
const TAMPERED: u8 = 2;

/// Arguments of `abate verify-log`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  abate verify-log\n  abate verify-log --checkpoint /var/log/abate/checkpoints.jsonl\n  \
abate verify-log --file audit-2026.jsonl --public-key 8f3c…"
)]
pub(super) struct VerifyLog {
    /// Number of the seal to begin with
    #[arg(long, value_name = "SEQ", default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..))]
    from: i64,
    /// Checkpoints that were kept elsewhere, one a line
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Verify this exported log, without database and key
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from", "checkpoint"])]
    file: Option<PathBuf>,
    /// What the checkpoints of that file are checked with, in hexadecimal; the file's own unless told
    #[arg(long, value_name = "HEX", requires = "file")]
    public_key: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl VerifyLog {
    /// Ends with 0 when the log is sound, with 2 when it was tampered with, and with 1 when it cannot be read.
    pub(super) async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let report = match &self.file {
            Some(file) => {
                let name = || file.display().to_string();
                let opened = std::fs::File::open(file).with_context(|| format!("cannot read {}", name()))?;
                offline::verify(BufReader::new(opened), self.public_key.as_deref()).with_context(name)?
            }
            None => self.look(settings.load()?).await?,
        };
        if self.json {
            println!("{:#}", serde_json::to_value(&report)?);
        } else {
            say(&report);
        }
        Ok(if report.sound { ExitCode::SUCCESS } else { ExitCode::from(TAMPERED) })
    }

    async fn look(&self, config: Config) -> anyhow::Result<Report> {
        let outside = match &self.checkpoint {
            Some(file) => {
                let text = std::fs::read_to_string(file)
                    .with_context(|| format!("cannot read {}", file.display()))?;
                checkpoint::of_lines(&text).with_context(|| file.display().to_string())?
            }
            None => Vec::new(),
        };
        super::there_is_one(&config)?;
        let database = Database::open(config.database.url.expose_secret())
            .await
            .context("cannot open the database; check ABATE_DATABASE_URL")?;
        anyhow::ensure!(
            !database.is_behind().await?,
            "the database's schema is older than this program; run abate migrate"
        );
        let key = SecretKey::open(&config, &database, &Ids::random()).await?;
        let question = Question {
            instance: setting::read(database.reader(), setting::INSTANCE).await?.unwrap_or_default(),
            public_key: checkpoint::public_key(&key)?,
            from: self.from,
            outside,
        };
        let report = verify::verify(&database, &question).await?;
        database.close().await?;
        Ok(report)
    }
}

fn say(report: &Report) {
    let Report { checked, last_seq, checkpoints, unsealed, .. } = report;
    for finding in &report.findings {
        let entry = finding.entry_id.map(|id| format!(" (entry {id})")).unwrap_or_default();
        println!("{} {}{entry}: {}", finding.seq, finding.kind, finding.detail);
    }
    if report.more_findings > 0 {
        println!("and {} more", report.more_findings);
    }
    match report.first_bad {
        Some(seq) => println!("TAMPERED from number {seq} on: {checked} seals looked at, up to {last_seq}"),
        None => println!("sound: {checked} seals up to {last_seq}, {checkpoints} signed checkpoints"),
    }
    if *unsealed > 0 {
        println!("{unsealed} entries have no seal yet; a running server or worker seals them within seconds");
    }
}
