//! Reads every report of a folder of samples and compares what comes out with what the folder expects: which format it
//! is, how many findings it holds, and of which levels.
//!
//! The folder holds `scanners/<tool>/…` and `expected/<tool>/….json`. Where our answer is another one on purpose, a line
//! of `tests/conformance/accepted/<tool>.csv` says what it is and why; `docs/conformance.md` shows those lines.
//!
//! `CONFORMANCE_SAMPLES` names another folder, `CONFORMANCE_ONLY` one tool, and `CONFORMANCE_REASONS` shows why files
//! were refused.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use abate_integrations::scanner::{Certainty, Head, ScanFormat, ScanRecord, SecretKey};
use abate_integrations::vex::VexFormat;
use abate_integrations::workshop::WorkshopFormat;

/// Which formats the reports of a folder may be recognised as.
const FORMATS_OF: &str = include_str!("formats.csv");

fn main() -> ExitCode {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance");
    let page_is_true = page_is_true(&here);
    let setting = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let samples = setting("CONFORMANCE_SAMPLES").unwrap_or_else(|| "../../shared/samples".to_owned());
    let samples = PathBuf::from(samples);
    let only = setting("CONFORMANCE_ONLY");
    if !samples.is_dir() {
        println!("conformance: skipped, since {} is not there", samples.display());
        return if page_is_true { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let mut tally = Tally::default();
    for line in FORMATS_OF.lines().skip(1).filter(|line| !line.is_empty()) {
        let (tool, formats) = line.split_once(',').unwrap_or((line, ""));
        if only.as_ref().is_some_and(|only| only != tool) {
            continue;
        }
        let accepted = accepted(&here.join("accepted").join(format!("{tool}.csv")));
        let expected = samples.join("expected").join(tool);
        let mut files = Vec::new();
        collect(&expected, &mut files);
        files.sort();
        for file in files {
            let name = file.strip_prefix(&expected).unwrap_or(&file).to_string_lossy().into_owned();
            let name = name.strip_suffix(".json").unwrap_or(&name).to_owned();
            let report = samples.join("scanners").join(tool).join(&name);
            tally.check(tool, &name, &report, &file, formats, &accepted);
        }
        for name in accepted.keys().filter(|name| !tally.used.contains(&format!("{tool}/{name}"))) {
            tally.wrong.push(format!("{tool}/{name}: accepted, but equal or not there; remove the line"));
        }
    }
    for wrong in &tally.wrong {
        println!("{wrong}");
    }
    println!(
        "conformance: {} reports, {} equal, {} different for a written reason, {} wrong",
        tally.equal + tally.different + tally.wrong.len(),
        tally.equal,
        tally.different,
        tally.wrong.len()
    );
    if tally.wrong.is_empty() && page_is_true { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether the page for people shows what is accepted; written anew with `CONFORMANCE_WRITE=1`.
fn page_is_true(here: &Path) -> bool {
    let mut page = include_str!("page.md").to_owned();
    let mut files = Vec::new();
    collect(&here.join("accepted"), &mut files);
    files.sort();
    for file in files {
        let tool = file.file_stem().unwrap_or_default().to_string_lossy();
        let Ok(mut reader) = csv::Reader::from_path(&file) else { continue };
        for record in reader.records().flatten() {
            let cell = |number: usize| record.get(number).unwrap_or_default().replace('|', "\\|");
            page.push_str(&format!("| {tool}/{} | {} | {} |\n", cell(0), cell(1), cell(2)));
        }
    }
    let path = here.join("../../docs/conformance.md");
    if std::env::var_os("CONFORMANCE_WRITE").is_some() && std::fs::write(&path, &page).is_ok() {
        return true;
    }
    let shown = std::fs::read_to_string(&path).unwrap_or_default() == page;
    if !shown {
        println!("docs/conformance.md does not show what is accepted: run it again with CONFORMANCE_WRITE=1");
    }
    shown
}

/// Lines of `file,ours,reason`.
fn accepted(path: &Path) -> BTreeMap<String, String> {
    let mut lines = BTreeMap::new();
    if let Ok(mut reader) = csv::Reader::from_path(path) {
        for record in reader.records().flatten() {
            lines.insert(record[0].to_owned(), record[1].to_owned());
        }
    }
    lines
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

#[derive(Default)]
struct Tally {
    equal: usize,
    different: usize,
    wrong: Vec<String>,
    used: std::collections::BTreeSet<String>,
}

impl Tally {
    fn check(
        &mut self,
        tool: &str,
        name: &str,
        report: &Path,
        expected: &Path,
        formats: &str,
        accepted: &BTreeMap<String, String>,
    ) {
        let theirs = expectation(expected);
        let ours = answer(report, formats);
        if ours == theirs {
            self.equal += 1;
            return;
        }
        match accepted.get(name) {
            Some(known) if *known == ours => {
                self.different += 1;
                self.used.insert(format!("{tool}/{name}"));
            }
            known => {
                let known = known.map(|known| format!(", accepted {known}")).unwrap_or_default();
                if !known.is_empty() {
                    self.used.insert(format!("{tool}/{name}"));
                }
                self.wrong.push(format!("{tool}/{name}: expected {theirs}, ours {ours}{known}"));
            }
        }
    }
}

/// `findings critical high medium low info`, or `refused`.
fn expectation(path: &Path) -> String {
    let Ok(text) = std::fs::read(path) else { return "no expectation".to_owned() };
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(&text) else {
        return "no expectation".to_owned();
    };
    if !value["error"].is_null() {
        return "refused".to_owned();
    }
    let level = |word: &str| value["by_severity"][word].as_u64().unwrap_or(0);
    format!(
        "{} {}/{}/{}/{}/{}",
        value["findings_count"].as_u64().unwrap_or(0),
        level("critical"),
        level("high"),
        level("medium"),
        level("low"),
        level("info")
    )
}

/// The same of our own reading; severities that a tool does not give count as info, as the expectations have it.
fn answer(path: &Path, formats: &str) -> String {
    let read = || -> Result<String, String> {
        let mut file = File::open(path).map_err(|error| error.to_string())?;
        let head = Head::read(&mut file).map_err(|error| error.to_string())?;
        let model = WorkshopFormat::recognise(&head, &mut file).map_err(|error| error.to_string())?;
        if let Some((format, certainty)) = model
            && (certainty == Certainty::Certain || named(formats, format.name()))
        {
            return model_answer(format, &mut file, formats);
        }
        if let Some(format) = VexFormat::recognise(&head, &mut file).map_err(|error| error.to_string())? {
            return statement_answer(format, &mut file, formats);
        }
        let format = ScanFormat::recognise(&head).map_err(|error| error.to_string())?;
        if !named(formats, format.name()) {
            return Ok(format!("recognised as {}", format.name()));
        }
        let mut levels: BTreeMap<&str, usize> = BTreeMap::new();
        let mut findings = 0;
        let mut rejected = 0;
        let parsed = format.parse(&mut file, &SecretKey::new([1; 32]), &mut |record| {
            match record {
                ScanRecord::Finding(finding) => {
                    findings += 1;
                    let word = match finding.severity.as_str() {
                        "unknown" => "info",
                        word => word,
                    };
                    *levels.entry(word).or_default() += 1;
                }
                ScanRecord::Rejected(_) => rejected += 1,
            }
            ControlFlow::Continue(())
        });
        parsed.map_err(|error| error.to_string())?;
        let rejected = if rejected > 0 { format!(" and {rejected} rejected") } else { String::new() };
        Ok(format!("{}{rejected}", counted(findings, &levels)))
    };
    match read() {
        Ok(answer) => answer,
        Err(reason) if std::env::var_os("CONFORMANCE_REASONS").is_some() => format!("refused ({reason})"),
        Err(_) => "refused".to_owned(),
    }
}

fn named(formats: &str, format: &str) -> bool {
    formats.split(' ').any(|name| name == format)
}

/// The same of a VEX document: its statements, which have no level.
fn statement_answer(format: VexFormat, file: &mut File, formats: &str) -> Result<String, String> {
    if !named(formats, format.name()) {
        return Ok(format!("recognised as {}", format.name()));
    }
    let received = format.read(file).map_err(|error| error.to_string())?;
    let said = received.statements.len();
    Ok(counted(said, &BTreeMap::from([("info", said)])))
}

/// The same of a threat model: its risks by the level that it gives itself, before any grid of ours.
fn model_answer(format: WorkshopFormat, file: &mut File, formats: &str) -> Result<String, String> {
    if !named(formats, format.name()) {
        return Ok(format!("recognised as {}", format.name()));
    }
    let workshop = format.parse(file).map_err(|error| error.to_string())?;
    let mut levels: BTreeMap<&str, usize> = BTreeMap::new();
    for risk in &workshop.risks {
        *levels.entry(if risk.severity.is_empty() { "info" } else { &risk.severity }).or_default() += 1;
    }
    Ok(counted(workshop.risks.len(), &levels))
}

fn counted(findings: usize, levels: &BTreeMap<&str, usize>) -> String {
    let level = |word: &str| levels.get(word).copied().unwrap_or(0);
    let [critical, high, medium, low, info] = ["critical", "high", "medium", "low", "info"].map(level);
    format!("{findings} {critical}/{high}/{medium}/{low}/{info}")
}
