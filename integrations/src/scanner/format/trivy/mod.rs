//! Trivy's JSON: schema 2, the older bare list, cluster reports, and `null` for a scan that found nothing to look at.

mod record;
mod vulnerability;

use chrono::DateTime;

use crate::scanner::finding::{ParseError, ScanFinding, ScanSummary};
use crate::scanner::read::json::{Bookmark, JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};
use record::Surroundings;

pub(super) use record::check_key;

/// Trivy.
pub(crate) struct Trivy;

impl Format for Trivy {
    fn name(&self) -> &'static str {
        "trivy"
    }

    fn title(&self) -> &'static str {
        "Trivy JSON (`trivy … --format json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        match head.root {
            Root::Null => Certainty::Likely,
            Root::Object
                if head.has_all(&["SchemaVersion"])
                    && head.has_any(&["ArtifactName", "ArtifactType", "Results", "Trivy", "ReportID"]) =>
            {
                Certainty::Certain
            }
            Root::Object
                if head.has_all(&["ClusterName"])
                    && head.has_any(&["Resources", "Findings", "Vulnerabilities", "Misconfigurations"]) =>
            {
                Certainty::Certain
            }
            Root::Array
                if head.has_all(&["Target"])
                    && head.has_any(&[
                        "Type",
                        "Class",
                        "Vulnerabilities",
                        "Misconfigurations",
                        "Secrets",
                    ]) =>
            {
                Certainty::Certain
            }
            // Sorted keys put the schema's version behind a list that may be longer than what is looked at.
            Root::Object if head.has_all(&["ArtifactName", "Results"]) => Certainty::Likely,
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
            summary: ScanSummary { tool_name: "Trivy".into(), complete: true, ..ScanSummary::default() },
        };
        match walk.reader.peek()? {
            b'n' => walk.reader.skip()?,
            b'[' => walk.results("", "")?,
            _ => walk.report()?,
        }
        walk.reader.finish()?;
        Ok(walk.summary)
    }
}

/// The lists of a result that hold records.
const LISTS: &[&str] = &["Vulnerabilities", "Misconfigurations", "Secrets", "Licenses"];

struct Walk<'w, 'r, 's> {
    reader: &'w mut JsonReader<'r>,
    key: &'w SecretKey,
    output: &'w mut Output<'s>,
    summary: ScanSummary,
}

impl Walk<'_, '_, '_> {
    fn report(&mut self) -> Result<(), ParseError> {
        self.reader.enter_object()?;
        let mut known = false;
        while let Some(key) = self.reader.next_key()? {
            match key.as_str() {
                "SchemaVersion" => {
                    known = true;
                    self.reader.skip()?;
                }
                "ArtifactName" | "ClusterName" => {
                    known |= key == "ClusterName";
                    self.summary.target = self.reader.text()?;
                }
                "CreatedAt" => {
                    let at = self.reader.text()?;
                    self.summary.scanned_at = DateTime::parse_from_rfc3339(&at).ok().map(|at| at.to_utc());
                }
                "Trivy" => self.tool()?,
                "Results" => {
                    known = true;
                    self.results("Results", "")?;
                }
                "Resources" | "Findings" | "Vulnerabilities" | "Misconfigurations" => self.workloads(&key)?,
                _ => self.reader.skip()?,
            }
        }
        if known {
            return Ok(());
        }
        Err(ParseError::whole(
            "This is not a Trivy report: it has neither SchemaVersion, Results nor ClusterName. Run `trivy … --format json` and upload its output.",
        ))
    }

    fn tool(&mut self) -> Result<(), ParseError> {
        if self.reader.peek()? != b'{' {
            return self.reader.skip();
        }
        self.reader.enter_object()?;
        while let Some(key) = self.reader.next_key()? {
            match key.as_str() {
                "Version" => self.summary.tool_version = self.reader.text()?,
                _ => self.reader.skip()?,
            }
        }
        Ok(())
    }

    /// A cluster report: each workload has results of its own.
    fn workloads(&mut self, list: &str) -> Result<(), ParseError> {
        if self.reader.skip_null()? {
            return Ok(());
        }
        self.reader.enter_array()?;
        let mut number = 0;
        while self.reader.next_element()? {
            let path = format!("{list}[{number}]");
            self.workload(&path)?;
            number += 1;
        }
        Ok(())
    }

    fn workload(&mut self, path: &str) -> Result<(), ParseError> {
        let (mut namespace, mut kind, mut name) = (None, None, None);
        let mut waiting = None;
        self.reader.enter_object()?;
        while let Some(key) = self.reader.next_key()? {
            match key.as_str() {
                "Namespace" => namespace = Some(self.reader.text()?),
                "Kind" => kind = Some(self.reader.text()?),
                "Name" => name = Some(self.reader.text()?),
                "Results" => match (&kind, &name) {
                    (Some(kind), Some(name)) if namespace.is_some() => {
                        let workload = workload_name(namespace.as_deref(), kind, name);
                        self.results(&format!("{path}.Results"), &workload)?;
                    }
                    _ => {
                        waiting = Some(self.reader.bookmark());
                        self.reader.skip()?;
                    }
                },
                _ => self.reader.skip()?,
            }
        }
        if let Some(results) = waiting {
            let end = self.reader.bookmark();
            let workload = workload_name(
                namespace.as_deref(),
                kind.as_deref().unwrap_or_default(),
                name.as_deref().unwrap_or_default(),
            );
            self.reader.return_to(&results)?;
            self.results(&format!("{path}.Results"), &workload)?;
            self.reader.return_to(&end)?;
        }
        Ok(())
    }

    fn results(&mut self, path: &str, workload: &str) -> Result<(), ParseError> {
        if self.reader.skip_null()? {
            return Ok(());
        }
        self.reader.enter_array()?;
        let mut number = 0;
        while self.reader.next_element()? {
            self.result(&format!("{path}[{number}]"), workload)?;
            number += 1;
        }
        Ok(())
    }

    /// One result; lists that come before what describes them wait until the object is read.
    fn result(&mut self, path: &str, workload: &str) -> Result<(), ParseError> {
        let (mut target, mut class, mut ecosystem) = (None, None, None);
        let mut waiting: Vec<(String, Bookmark)> = Vec::new();
        self.reader.enter_object()?;
        while let Some(key) = self.reader.next_key()? {
            match key.as_str() {
                "Target" => target = Some(self.reader.text()?),
                "Class" => class = Some(self.reader.text()?),
                "Type" => ecosystem = Some(self.reader.text()?),
                list if LISTS.contains(&list) => match (&target, &class, &ecosystem) {
                    (Some(target), Some(class), Some(ecosystem)) => {
                        let around = Surroundings { target, class, ecosystem, workload };
                        self.records(path, list, &around)?;
                    }
                    _ => {
                        waiting.push((key, self.reader.bookmark()));
                        self.reader.skip()?;
                    }
                },
                _ => self.reader.skip()?,
            }
        }
        if waiting.is_empty() {
            return Ok(());
        }
        let end = self.reader.bookmark();
        let (target, class, ecosystem) =
            (target.unwrap_or_default(), class.unwrap_or_default(), ecosystem.unwrap_or_default());
        let around = Surroundings { target: &target, class: &class, ecosystem: &ecosystem, workload };
        for (list, place) in &waiting {
            self.reader.return_to(place)?;
            self.records(path, list, &around)?;
        }
        self.reader.return_to(&end)
    }

    fn records(&mut self, path: &str, list: &str, around: &Surroundings<'_>) -> Result<(), ParseError> {
        if self.reader.skip_null()? {
            return Ok(());
        }
        if !self.output.wants_records() {
            return self.reader.pass_over_list();
        }
        self.reader.enter_array()?;
        let mut number = 0_usize;
        while self.reader.next_element()? {
            let raw = self.reader.raw()?;
            match read(&raw, list, around, self.key) {
                Ok(Some(finding)) => self.output.finding(finding)?,
                Ok(None) => self.output.passed_over(),
                Err(RecordError::Syntax(error)) => return Err(error),
                Err(RecordError::Shape(reason)) => {
                    self.output.rejected(format!("{path}.{list}[{number}]"), raw.line, reason)?
                }
            }
            number += 1;
        }
        Ok(())
    }
}

fn workload_name(namespace: Option<&str>, kind: &str, name: &str) -> String {
    [namespace.unwrap_or_default(), kind, name]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("/")
}

fn read(
    raw: &RawJson<'_>,
    list: &str,
    around: &Surroundings<'_>,
    key: &SecretKey,
) -> Result<Option<ScanFinding>, RecordError> {
    match list {
        "Vulnerabilities" => vulnerability::vulnerability(raw, around).map(Some),
        "Misconfigurations" => record::misconfiguration(raw, around),
        "Secrets" => record::secret(raw, around, key).map(Some),
        _ => record::licence(raw, around).map(Some),
    }
}
