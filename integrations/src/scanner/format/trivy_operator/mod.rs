//! Reports of the Trivy Operator, as the cluster keeps them: one, a list, or an object keyed by the kinds of report.

mod report;

use crate::scanner::finding::{ParseError, ScanSummary};
use crate::scanner::read::json::{JsonReader, ReadSeek};
use crate::scanner::recognise::{Certainty, Head, Root};
use crate::scanner::secret::SecretKey;
use crate::scanner::{Format, Output};

/// The Trivy Operator.
pub(super) struct TrivyOperator;

/// The part of a report's kind that all of them share.
const GROUP: &str = "aquasecurity.github.io";

/// The keys under which reports of several kinds are put together.
const KINDS: &[&str] = &[
    "vulnerabilityreports.aquasecurity.github.io",
    "clustervulnerabilityreports.aquasecurity.github.io",
    "configauditreports.aquasecurity.github.io",
    "clusterconfigauditreports.aquasecurity.github.io",
    "exposedsecretreports.aquasecurity.github.io",
    "rbacassessmentreports.aquasecurity.github.io",
    "clusterrbacassessmentreports.aquasecurity.github.io",
    "infraassessmentreports.aquasecurity.github.io",
    "clusterinfraassessmentreports.aquasecurity.github.io",
    "clustercompliancereports.aquasecurity.github.io",
    "sbomreports.aquasecurity.github.io",
    "clustersbomreports.aquasecurity.github.io",
];

impl Format for TrivyOperator {
    fn name(&self) -> &'static str {
        "trivy_operator"
    }

    fn title(&self) -> &'static str {
        "Trivy Operator reports (`kubectl get vulnerabilityreports -A -o json`)"
    }

    fn recognise(&self, head: &Head) -> Certainty {
        let own = |path: &str| head.text(path).starts_with(GROUP);
        match head.root() {
            Root::Object | Root::Array
                if own("apiVersion") || own("items.apiVersion") || head.has_any(KINDS) =>
            {
                Certainty::Certain
            }
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
            key,
            output,
            summary: ScanSummary {
                tool_name: "Trivy Operator".into(),
                complete: true,
                ..ScanSummary::default()
            },
        };
        while reader.next_value()? {
            match reader.peek()? {
                b'[' => walk.list(&mut reader, "")?,
                _ => walk.object(&mut reader)?,
            }
        }
        Ok(walk.summary)
    }
}

struct Walk<'w, 's> {
    key: &'w SecretKey,
    output: &'w mut Output<'s>,
    summary: ScanSummary,
}

impl Walk<'_, '_> {
    /// A single report, or what holds lists of them.
    fn object(&mut self, reader: &mut JsonReader<'_>) -> Result<(), ParseError> {
        let start = reader.bookmark();
        let mut lists = false;
        reader.object(&mut |reader, key| {
            if key != "items" && !KINDS.contains(&key) {
                return Ok(false);
            }
            lists = true;
            match reader.peek()? {
                b'[' => self.list(reader, key).map(|()| true),
                b'{' => self.object(reader).map(|()| true),
                _ => Ok(false),
            }
        })?;
        if lists {
            return Ok(());
        }
        let end = reader.bookmark();
        reader.return_to(&start)?;
        let raw = reader.raw()?;
        self.summary.target = report::subject(&raw).unwrap_or_default();
        let key = self.key;
        self.output.record("", raw.line, |findings| report::read(&raw, key, findings))?;
        reader.return_to(&end)
    }

    fn list(&mut self, reader: &mut JsonReader<'_>, path: &str) -> Result<(), ParseError> {
        let key = self.key;
        self.output.records(reader, path, &mut |raw, findings| report::read(raw, key, findings))
    }
}
