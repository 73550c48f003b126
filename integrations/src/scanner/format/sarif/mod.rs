//! SARIF 2.1.0: the runs of a log, their rules first, their results as a stream.

mod record;
mod result;
mod rule;

use std::ops::ControlFlow;

use chrono::DateTime;
use serde::Deserialize;

use crate::scanner::finding::{ParseError, ScanSummary};
use crate::scanner::read::json::{Bookmark, JsonReader, ReadSeek, RecordError};
use crate::scanner::read::lenient::{first_of, nullable, truth};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};
use result::{Reading, Run};
use rule::Component;

/// SARIF.
pub(crate) struct Sarif;

impl Format for Sarif {
    fn name(&self) -> &'static str {
        "sarif"
    }

    fn title(&self) -> &'static str {
        "SARIF 2.1.0 (CodeQL, Semgrep, and most code scanners)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let named = head.text("$schema").to_ascii_lowercase().contains("sarif");
        match head.root {
            Root::Object if head.has_all(&["runs"]) && (named || head.has_all(&["version"])) => {
                Certainty::Certain
            }
            Root::Object if named || head.has_all(&["runs"]) => Certainty::Likely,
            _ => Certainty::No,
        }
    }

    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        key: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError> {
        let mut reader = JsonReader::new(file)?;
        let mut walk = Walk {
            reader: &mut reader,
            key,
            output,
            summary: ScanSummary { complete: true, ..ScanSummary::default() },
            runs: 0,
        };
        walk.log()?;
        walk.reader.finish()?;
        // A log without runs is no scan, so nothing may be concluded from what it does not list.
        walk.summary.complete &= walk.runs > 0;
        Ok(walk.summary)
    }
}

struct Walk<'w, 'r, 's> {
    reader: &'w mut JsonReader<'r>,
    key: &'w SecretKey,
    output: &'w mut Output<'s>,
    summary: ScanSummary,
    runs: usize,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Invocation {
    #[serde(deserialize_with = "truth")]
    execution_successful: Option<bool>,
    #[serde(deserialize_with = "nullable")]
    start_time_utc: String,
    #[serde(deserialize_with = "nullable")]
    end_time_utc: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Provenance {
    #[serde(deserialize_with = "nullable")]
    repository_uri: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Automation {
    #[serde(deserialize_with = "nullable")]
    id: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Artifact {
    location: Address,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Address {
    #[serde(deserialize_with = "nullable")]
    uri: String,
}

/// Results that wait for the rest of their run: all of them, or those from a number on.
struct Waiting {
    place: Bookmark,
    number: Option<usize>,
}

impl Walk<'_, '_, '_> {
    fn log(&mut self) -> Result<(), ParseError> {
        let mut runs_seen = false;
        self.reader.enter_object()?;
        while let Some(key) = self.reader.next_key()? {
            match key.as_str() {
                "version" => {
                    let version = self.reader.text()?;
                    if version.starts_with('1') || version.starts_with("2.0") {
                        return Err(self.reader.error_here(format!("This is SARIF {version}; only 2.1.0 is read. Update the scanner, or convert the report with the SARIF multitool.")));
                    }
                }
                "runs" => {
                    runs_seen = true;
                    if !self.reader.skip_null()? {
                        self.reader.enter_array()?;
                        while self.reader.next_element()? {
                            self.run()?;
                            self.runs += 1;
                        }
                    }
                }
                _ => self.reader.skip()?,
            }
        }
        if runs_seen {
            Ok(())
        } else {
            Err(ParseError::whole(
                "This is not a SARIF log: it has no `runs`. Check that the scanner was run with SARIF output.",
            ))
        }
    }

    fn run(&mut self) -> Result<(), ParseError> {
        let mut run = Run { number: self.runs, ..Run::default() };
        let mut tool_seen = false;
        let mut results_seen = false;
        let mut waiting = None;
        self.reader.enter_object()?;
        while let Some(key) = self.reader.next_key()? {
            match key.as_str() {
                "tool" => {
                    tool_seen = true;
                    self.tool(&mut run)?;
                }
                "results" if self.reader.peek()? == b'n' => self.reader.skip()?,
                "results" if tool_seen => {
                    results_seen = true;
                    waiting = self.results(&run)?;
                }
                // The rules come later, so the results wait.
                "results" => {
                    results_seen = true;
                    waiting = Some(Waiting { place: self.reader.bookmark(), number: None });
                    self.reader.skip()?;
                }
                "invocations" => self.each::<Invocation>(|invocation, walk| {
                    walk.complete &= invocation.execution_successful != Some(false);
                    let time = first_of(&[&invocation.end_time_utc, &invocation.start_time_utc]);
                    walk.scanned_at =
                        walk.scanned_at.max(DateTime::parse_from_rfc3339(time).ok().map(|at| at.to_utc()));
                    ControlFlow::Continue(())
                })?,
                "versionControlProvenance" => self.each::<Provenance>(|provenance, walk| {
                    if walk.target.is_empty() {
                        walk.target = provenance.repository_uri.to_string();
                    }
                    ControlFlow::Break(())
                })?,
                "automationDetails" if self.reader.peek()? == b'{' => {
                    let automation = self.reader.raw()?;
                    if let Ok(automation) = automation.read::<Automation>()
                        && self.summary.category.is_empty()
                    {
                        // "category/run-id": what follows the last slash differs from run to run.
                        self.summary.category =
                            automation.id.rsplit_once('/').map_or("", |(category, _)| category).to_owned();
                    }
                }
                "originalUriBaseIds" if self.reader.peek()? == b'{' => self.bases(&mut run)?,
                "artifacts" => {
                    let paths = &mut run.artifacts;
                    self.each::<Artifact>(|artifact, _| {
                        paths.push(artifact.location.uri.to_string());
                        if paths.len() < 200_000 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
                    })?;
                }
                _ => self.reader.skip()?,
            }
        }
        if let Some(results) = waiting {
            let end = self.reader.bookmark();
            run.settled = true;
            self.reader.return_to(&results.place)?;
            match results.number {
                None => self.results(&run)?,
                Some(number) => self.results_from(number, &run)?,
            };
            self.reader.return_to(&end)?;
        }
        self.summary.complete &= results_seen;
        Ok(())
    }

    fn tool(&mut self, run: &mut Run) -> Result<(), ParseError> {
        if self.reader.skip_null()? {
            return Ok(());
        }
        self.reader.enter_object()?;
        while let Some(key) = self.reader.next_key()? {
            match key.as_str() {
                "driver" => run.driver = rule::component(self.reader)?,
                "extensions" if self.reader.peek()? == b'[' => {
                    self.reader.enter_array()?;
                    while self.reader.next_element()? {
                        run.extensions.push(rule::component(self.reader)?);
                    }
                }
                _ => self.reader.skip()?,
            }
        }
        let Component { name, version, .. } = &run.driver;
        if self.summary.tool_name.is_empty() {
            self.summary.tool_name.clone_from(name);
            self.summary.tool_version.clone_from(version);
        }
        Ok(())
    }

    fn bases(&mut self, run: &mut Run) -> Result<(), ParseError> {
        self.reader.enter_object()?;
        while self.reader.next_key()?.is_some() {
            let raw = self.reader.raw()?;
            if let Ok(base) = raw.read::<Address>()
                && base.uri.starts_with("file:")
            {
                run.bases.push(base.uri.to_string());
            }
        }
        Ok(())
    }

    /// Reads a list of small objects; one of another shape is passed over.
    fn each<T>(
        &mut self,
        mut take: impl FnMut(T, &mut ScanSummary) -> ControlFlow<()>,
    ) -> Result<(), ParseError>
    where
        T: serde::de::DeserializeOwned,
    {
        if self.reader.peek()? != b'[' {
            return self.reader.skip();
        }
        self.reader.enter_array()?;
        let mut wanted = true;
        while self.reader.next_element()? {
            let raw = self.reader.raw()?;
            match raw.read::<T>() {
                Err(RecordError::Syntax(error)) => return Err(error),
                Ok(element) if wanted => wanted = take(element, &mut self.summary).is_continue(),
                Ok(_) | Err(RecordError::Shape(_)) => {}
            }
        }
        Ok(())
    }

    /// Reads the results, up to one that cannot be placed before the rest of the run is known.
    fn results(&mut self, run: &Run) -> Result<Option<Waiting>, ParseError> {
        if self.reader.peek()? != b'[' {
            return Err(self.reader.error_here("`results` must be a list.".to_owned()));
        }
        if !self.output.wants_records() {
            return self.reader.pass_over_list().map(|()| None);
        }
        self.reader.enter_array()?;
        if self.reader.next_element()? { self.results_from(0, run) } else { Ok(None) }
    }

    fn results_from(&mut self, mut number: usize, run: &Run) -> Result<Option<Waiting>, ParseError> {
        loop {
            let place = (!run.settled).then(|| self.reader.bookmark());
            let raw = self.reader.raw()?;
            let mut given = 0_usize;
            let output = &mut *self.output;
            let reading = result::read(&raw, run, self.key, &mut |finding| {
                given += 1;
                output.finding(finding).map_err(RecordError::Syntax)
            });
            match reading {
                Ok(Reading::Done) if given == 0 => self.output.passed_over(),
                Ok(Reading::Done) => {}
                Ok(Reading::TooEarly) => {
                    while self.reader.next_element()? {
                        self.reader.skip()?;
                    }
                    return Ok(place.map(|place| Waiting { place, number: Some(number) }));
                }
                Err(RecordError::Syntax(error)) => return Err(error),
                Err(RecordError::Shape(reason)) => self.output.rejected(
                    format!("runs[{}].results[{number}]", run.number),
                    raw.line,
                    reason,
                )?,
            }
            number += 1;
            if !self.reader.next_element()? {
                return Ok(None);
            }
        }
    }
}
