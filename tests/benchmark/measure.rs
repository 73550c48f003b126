//! The built binary at work: its time, its memory, its answers.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use sea_orm::{ConnectionTrait as _, Statement};

/// What one run of the binary took.
pub(crate) struct Figure {
    pub(crate) seconds: f64,
    pub(crate) peak_mib: u64,
}

/// Milliseconds of one request.
pub(crate) struct Latency {
    pub(crate) median: f64,
    pub(crate) worst: f64,
}

/// A database of its own.
pub(crate) struct Subject {
    url: String,
    scratch: String,
    folder: PathBuf,
    server: Option<(String, [String; 2])>,
}

const SECRET_KEY: &str = "a key of the benchmark, which seals nothing";
const REQUESTS: usize = 300;

impl Subject {
    pub(crate) async fn create(server: Option<&str>, folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.to_owned();
        let Some(server) = server else {
            let file = |name: &str| format!("sqlite://{}?mode=rwc", folder.join(name).display());
            for name in ["bench.db", "bench.db-wal", "bench.db-shm", "scratch.db"] {
                // Left over from the run before, or not there at all.
                drop(std::fs::remove_file(folder.join(name)));
            }
            let url = format!("sqlite://{}", folder.join("bench.db").display());
            return Ok(Self { url, scratch: file("scratch.db"), folder, server: None });
        };
        let names = ["main", "scratch"].map(|part| format!("abate_bench_{part}_{}", std::process::id()));
        let db = sea_orm::Database::connect(server).await?;
        for name in &names {
            db.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name}")).await?;
            db.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        }
        db.close().await?;
        let base = server.rsplit_once('/').context("the URL names no database")?.0;
        let [url, scratch] = names.clone().map(|name| format!("{base}/{name}"));
        Ok(Self { url, scratch, folder, server: Some((server.to_owned(), names)) })
    }

    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        if let Some((server, names)) = self.server {
            let db = sea_orm::Database::connect(server).await?;
            for name in names {
                db.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await?;
            }
        }
        Ok(())
    }

    pub(crate) fn scratch_url(&self) -> &str {
        &self.scratch
    }

    fn abate(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_abate"));
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        command
            .env("ABATE_DATABASE_URL", &self.url)
            .env("ABATE_SECRET_KEY", SECRET_KEY)
            .env("ABATE_LOG", "warn");
        command
    }

    fn output(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.abate(arguments).output()?;
        anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Runs `abate import` to its end.
    pub(crate) fn import(&self, report: &Path, run: &str) -> anyhow::Result<Figure> {
        let report = report.to_str().context("a plain path")?;
        let begun = Instant::now();
        let mut child = self
            .abate(&["import", report, "--asset", "garden", "--run", run])
            .stdout(Stdio::null())
            .spawn()?;
        let status = format!("/proc/{}/status", child.id());
        let mut peak_mib = 0;
        let ended = loop {
            if let Some(ended) = child.try_wait()? {
                break ended;
            }
            peak_mib = peak_mib.max(peak(&status).unwrap_or(0));
            std::thread::sleep(Duration::from_millis(10));
        };
        let seconds = begun.elapsed().as_secs_f64();
        anyhow::ensure!(ended.success(), "abate import ended with {ended}");
        Ok(Figure { seconds, peak_mib })
    }

    /// A number that moves with every write to a risk.
    pub(crate) async fn risk_version(&self) -> anyhow::Result<i64> {
        let db = sea_orm::Database::connect(&self.url).await?;
        let sql = "SELECT CAST(SUM(version) AS BIGINT) FROM risk";
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
        let sum = row.context("a sum")?.try_get_by_index(0)?;
        db.close().await?;
        Ok(sum)
    }

    /// Asks a server for the first page of risks, one request after the other.
    pub(crate) async fn list_latency(&self) -> anyhow::Result<Latency> {
        self.output(&[
            "user",
            "create",
            "--email",
            "bench@example.com",
            "--name",
            "Bench",
            "--role",
            "triager",
        ])?;
        let token = self.output(&["token", "create", "--user", "bench@example.com"])?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let mut server = self
            .abate(&["serve", "--listen", &address])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let measured = ask(&address, &token).await;
        server.kill()?;
        server.wait()?;
        measured
    }
}

async fn ask(address: &str, token: &str) -> anyhow::Result<Latency> {
    // Its answer does not matter here: the client below needs a provider, and this process may have one already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::new();
    let url = format!("http://{address}/api/v1/risks?limit=25");
    for _ in 0..200 {
        if client.get(&url).bearer_auth(token).send().await.is_ok_and(|answer| answer.status().is_success()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let begun = Instant::now();
        let answer = client.get(&url).bearer_auth(token).send().await?.error_for_status()?;
        answer.bytes().await?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(Latency { median: times[REQUESTS / 2], worst: times[REQUESTS * 99 / 100] })
}

/// The largest memory that the process has used so far.
fn peak(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
}
