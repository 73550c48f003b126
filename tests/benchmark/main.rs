//! How long imports take and how much memory they use, beside what the machine could do at best.
//!
//!     cargo bench --bench import -- [--count N] [--postgres URL]
//!
//! Every figure comes from the built binary on a database of its own. The raw limits are measured in the same run: the
//! report parsed and thrown away, and as many rows of twenty columns inserted as there are findings. A PostgreSQL URL
//! names a server on which the benchmark makes and drops databases.

mod generate;
mod limits;
mod measure;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::measure::{Figure, Subject};

struct Options {
    count: u64,
    postgres: Option<String>,
}

impl Options {
    fn read() -> anyhow::Result<Self> {
        let mut options = Self { count: 50_000, postgres: None };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--count" => options.count = arguments.next().context("--count needs a number")?.parse()?,
                "--postgres" => options.postgres = Some(arguments.next().context("--postgres needs a URL")?),
                // Cargo adds this one by itself.
                "--bench" => {}
                other => anyhow::bail!("{other} is not known; see the head of tests/benchmark/main.rs"),
            }
        }
        Ok(options)
    }
}

/// The reports of one format: the first, and one of which a tenth is new and a tenth gone.
struct Reports {
    format: &'static str,
    first: PathBuf,
    changed: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let options = Options::read()?;
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let reports = write_reports(folder.path(), options.count)?;
    let mut databases = vec![("SQLite", None)];
    databases.extend(options.postgres.as_deref().map(|server| ("PostgreSQL", Some(server))));
    for (name, server) in databases {
        for report in &reports {
            let subject = runtime.block_on(Subject::create(server, folder.path()))?;
            println!("\n{name}, {} findings as {}", options.count, report.format);
            run(&runtime, &subject, report, options.count)?;
            runtime.block_on(subject.remove())?;
        }
    }
    Ok(())
}

fn write_reports(folder: &Path, count: u64) -> anyhow::Result<Vec<Reports>> {
    let mut reports = Vec::new();
    for (format, write) in [("trivy", generate::trivy as generate::Write), ("sarif", generate::sarif)] {
        let first = folder.join(format!("{format}-first.json"));
        let changed = folder.join(format!("{format}-changed.json"));
        write(&first, 0, count)?;
        write(&changed, count / 10, count)?;
        reports.push(Reports { format, first, changed });
    }
    Ok(reports)
}

fn run(
    runtime: &tokio::runtime::Runtime,
    subject: &Subject,
    report: &Reports,
    count: u64,
) -> anyhow::Result<()> {
    let parse = limits::parse(&report.first)?;
    let insert = runtime.block_on(limits::insert(subject.scratch_url(), count))?;
    let megabytes = std::fs::metadata(&report.first)?.len() as f64 / 1e6;
    println!(
        "  raw: parse {parse:.2} s ({:.0} MB/s), insert of {count} rows {insert:.2} s",
        megabytes / parse
    );
    println!("  {:<28} {:>8} {:>22} {:>12}", "", "seconds", "times the raw limit", "peak MiB");
    let print = |what: &str, figure: &Figure, limit: f64| {
        println!(
            "  {what:<28} {:>8.2} {:>22.1} {:>12}",
            figure.seconds,
            figure.seconds / limit,
            figure.peak_mib
        );
    };
    let first = subject.import(&report.first, "1")?;
    print("first import", &first, parse + insert);
    let before = runtime.block_on(subject.risk_version())?;
    let again = subject.import(&report.first, "2")?;
    print("identical again", &again, parse);
    anyhow::ensure!(
        runtime.block_on(subject.risk_version())? == before,
        "an identical report wrote to risks"
    );
    let changed = subject.import(&report.changed, "3")?;
    print("a tenth changed", &changed, parse + insert / 10.0);
    let list = runtime.block_on(subject.list_latency())?;
    println!("  list of 25 risks: p50 {:.1} ms, p99 {:.1} ms", list.median, list.worst);
    Ok(())
}
