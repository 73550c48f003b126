//! `abate feed`

use std::path::PathBuf;
use std::process::ExitCode;

use abate_entity::lifecycle::Via;
use abate_integrations::feed::ssvc as ssvc_file;
use clap::{Args, Subcommand};

use crate::config::Config;
use crate::feed::refresh::{self, Order, Refreshed};
use crate::feed::view::FeedView;
use crate::feed::{Catalogue, ssvc};

/// `abate feed …`
#[derive(Debug, Subcommand)]
pub(super) enum Feed {
    /// Get the newest copies, and rate again what they raise
    Refresh(Refresh),
    /// Read answers to the questions of SSVC from files
    Load(Load),
    /// Say how old each copy is
    List(List),
}

/// Arguments of `abate feed refresh`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  abate feed refresh\n  abate feed refresh kev --file known_exploited_vulnerabilities.json"
)]
pub(super) struct Refresh {
    /// kev or epss; every enabled one unless told
    feed: Option<Catalogue>,
    /// Read this file in place of the configured address
    #[arg(long, value_name = "PATH", requires = "feed")]
    file: Option<PathBuf>,
    /// Take a copy that is older or much smaller than the one in use
    #[arg(long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What can be loaded.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Loadable {
    /// Records of vulnerabilities that CISA has enriched, a file each
    Ssvc,
}

/// Arguments of `abate feed load`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  abate feed load ssvc vulnrichment/2024/3xxx/CVE-2024-3094.json")]
pub(super) struct Load {
    /// What the files hold
    #[arg(value_enum)]
    what: Loadable,
    /// The files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Load {
    /// Ends with 1 when a file cannot be used; nothing of any file is taken then.
    async fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        let Loadable::Ssvc = self.what;
        let mut records = Vec::new();
        let mut without = 0_usize;
        for path in &self.files {
            let file = std::fs::File::open(path)
                .map_err(|error| anyhow::anyhow!("{} could not be read: {error}", path.display()))?;
            match ssvc_file::read(file).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))? {
                Some(record) => records.push(record),
                None => without += 1,
            }
        }
        let state = super::open(config).await?;
        let loaded = ssvc::load(&state, &records).await;
        state.database.close().await?;
        let loaded = loaded?;
        println!(
            "ssvc: {} vulnerabilities assessed, {} kept as people have answered, {without} files without answers",
            loaded.written, loaded.kept
        );
        Ok(ExitCode::SUCCESS)
    }
}

/// Arguments of `abate feed list`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  abate feed list")]
pub(super) struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Feed {
    pub(super) async fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        match self {
            Self::Refresh(refresh) => refresh.run(config).await,
            Self::Load(load) => load.run(config).await,
            Self::List(list) => list.run(config).await,
        }
    }
}

impl Refresh {
    /// Ends with 0 when every feed is fresh, else with 1.
    async fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        let feeds: Vec<Catalogue> = match self.feed {
            Some(feed) => vec![feed],
            None => {
                let enabled = Catalogue::ALL.iter().copied();
                enabled.filter(|feed| feed.address(&config.feeds).is_some()).collect()
            }
        };
        anyhow::ensure!(
            !feeds.is_empty(),
            "no feed is enabled; set ABATE_FEEDS__KEV__URL and ABATE_FEEDS__EPSS__URL to official, an address or a file"
        );
        let state = super::open(config).await?;
        let order = Order { file: self.file, force: self.force };
        let mut done = Vec::new();
        for feed in feeds {
            done.push(refresh::refresh(&state, feed, &order, Via::Command).await?);
        }
        state.database.close().await?;
        if self.json {
            println!("{:#}", serde_json::to_value(&done)?);
        } else {
            done.iter().for_each(say);
        }
        let all_well = done.iter().all(|refreshed| refreshed.problem.is_none());
        Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn say(refreshed: &Refreshed) {
    let Refreshed { feed, rows, changed, raised, problem } = refreshed;
    match problem {
        Some(problem) => println!("{feed}: failed: {problem}"),
        None => {
            let news = if *changed { "a new copy" } else { "nothing new" };
            println!("{feed}: {news}, {rows} entries, {raised} risks raised");
        }
    }
}

impl List {
    async fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        let state = super::open(config).await?;
        let now = state.clock.now();
        let feeds = FeedView::all(state.database.reader(), &state.config.feeds, now).await?;
        state.database.close().await?;
        if self.json {
            println!("{:#}", serde_json::to_value(&feeds)?);
            return Ok(ExitCode::SUCCESS);
        }
        for feed in feeds {
            let age = feed.age_hours.map_or_else(|| "no copy".to_owned(), |hours| format!("{hours} h old"));
            let error = feed.error.map(|error| format!(" (last attempt: {error})")).unwrap_or_default();
            println!("{:5} {age}, {} entries{error}", feed.name, feed.rows);
        }
        Ok(ExitCode::SUCCESS)
    }
}
