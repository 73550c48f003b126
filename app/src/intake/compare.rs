//! Compares a report with what its scope is known to have, record by record as they come out of the file, and hands on
//! what is to be staged. Runs where it may block.

use std::collections::HashSet;
use std::ops::ControlFlow;

use abate_entity::level::Level;
use abate_integrations::scanner::{
    ParseError, RejectedRecord, ScanFinding, ScanFormat, ScanRecord, SecretKey, Severity,
};
use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::mpsc;

use super::known::KnownFindings;
use super::placement::{Place, Placement};
use super::plan_rules::{self, Absence, Decision, Intake, Known, Seen};
use super::receive::Upload;
use super::row::{Ratings, StagedContent, StagedRow, severity_level};
use super::rule::decide::{Facts, Ruling, decide};
use super::rule::model::{Effect, Rule};
use super::stage_sql::Attached;
use super::status;
use super::warning::Warnings;
use crate::feed::known::Attacked;
use crate::platform::ids::Ids;

/// Staged rows that are written in one transaction.
const BATCH: usize = 4_000;
/// Rejected records that are kept by name.
const REJECTED_KEPT: usize = 100;
/// Where rows without a new risk are numbered from, so that new risks are numbered without gaps.
pub(super) const OTHERS: i64 = 1 << 40;

/// What reading a report came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    /// Digest of the plan.
    pub(super) plan: String,
    pub(super) complete: bool,
    pub(super) findings: i64,
    pub(super) created: i64,
    pub(super) attached: i64,
    pub(super) kept: i64,
    pub(super) waiting: i64,
    pub(super) suppressed: i64,
    pub(super) updated: i64,
    pub(super) unchanged: i64,
    pub(super) reopened: i64,
    pub(super) vanished: i64,
    pub(super) rejected_count: i64,
    pub(super) rejected: Vec<RejectedRecord>,
    pub(super) by_level: [i64; 5],
    /// Problems without a level, because the tool gives no severity.
    pub(super) unknown: i64,
    /// Rows that were staged.
    pub(super) staged: usize,
    /// Findings that would count as gone.
    pub(super) closing: usize,
    /// Findings of the scope that did not count as gone before.
    pub(super) live: usize,
    /// New risks that are late the moment they are made.
    pub(super) late: usize,
    /// What was left out of what was read.
    pub(super) warnings: Warnings,
    /// Assets, besides the scanned one, that something was found on.
    pub(super) met: HashSet<i64>,
}

impl Outcome {
    /// Takes into account what turned out to support risks that are there already.
    pub(super) fn attach(&mut self, attached: Attached) {
        self.created -= attached.created;
        self.kept -= attached.kept;
        self.waiting -= attached.waiting;
        self.attached += attached.created + attached.kept + attached.waiting;
    }
}

/// What a report is compared with.
pub(super) struct Against {
    pub(super) known: KnownFindings,
    pub(super) ratings: Ratings,
    pub(super) placement: Placement,
    pub(super) attacked: Attacked,
    pub(super) rules: Vec<Rule>,
    pub(super) today: NaiveDate,
    pub(super) source: String,
    pub(super) ids: Ids,
    pub(super) received_at: DateTime<Utc>,
    pub(super) scanned_at: DateTime<Utc>,
    /// When the newest scan that was applied ran.
    pub(super) head: Option<DateTime<Utc>>,
}

/// A comparison that is under way.
pub(super) struct Comparison {
    against: Against,
    seen: HashSet<[u8; 16]>,
    batch: Vec<StagedRow>,
    batches: mpsc::Sender<Vec<StagedRow>>,
    next_new: i64,
    next_other: i64,
    outcome: Outcome,
}

impl Comparison {
    pub(super) fn new(against: Against, batches: mpsc::Sender<Vec<StagedRow>>) -> Self {
        Self {
            against,
            seen: HashSet::new(),
            batch: Vec::with_capacity(BATCH),
            batches,
            next_new: 0,
            next_other: OTHERS,
            outcome: Outcome::default(),
        }
    }

    /// Compares a report to its end.
    pub(super) fn run(
        mut self,
        mut upload: Upload,
        format: ScanFormat,
        key: &SecretKey,
    ) -> Result<Outcome, ParseError> {
        let partial = upload.form.partial;
        let summary = format.parse(&mut upload.file, key, &mut |record| match record {
            ScanRecord::Finding(finding) => self.take(*finding),
            ScanRecord::Rejected(rejected) => self.reject(rejected),
        })?;
        let Against { scanned_at, head, .. } = self.against;
        self.outcome.complete = summary.complete && !partial;
        if plan_rules::counts_absences(summary.complete, partial, scanned_at, head) {
            self.absences();
        }
        self.outcome.met = std::mem::take(&mut self.against.placement.met);
        self.outcome.live = self.against.known.values().filter(|known| !known.lost).count();
        let _ = self.send();
        Ok(self.outcome)
    }

    fn take(&mut self, finding: ScanFinding) -> ControlFlow<()> {
        self.outcome.findings += 1;
        let hash = finding.fingerprint.hash;
        if !self.seen.insert(hash) {
            // The same problem once more in one report: the first record stands for all.
            return ControlFlow::Continue(());
        }
        self.outcome.warnings.unknown_techniques(&finding.techniques);
        let (severity, _) = severity_level(finding.severity);
        let place = self.against.placement.of(&finding.resource);
        let ids = finding.vulnerability_ids.iter().map(String::as_str);
        let raises = self.against.attacked.raises(ids, place.footing.internet_facing);
        let Some(rated) = self.against.ratings.of(place.footing, severity, !raises.is_empty()) else {
            return ControlFlow::Break(());
        };
        let ruling = self.ruling(&finding, place);
        let (effect, rule) = (ruling.effect, ruling.rule.to_owned());
        let known = self.against.known.get(&hash);
        let seen = Seen {
            content: finding.content_hash,
            severity,
            version: finding.package.as_ref().map_or("", |package| &package.version),
            suppressed: finding.suppressed,
            effect,
        };
        let decision = plan_rules::seen(known, seen, self.against.scanned_at);
        let finding_id = known.map(|known| known.finding_id);
        let risk_id = known.and_then(|known| known.risk.as_ref()).map(|risk| risk.id);
        let before = known.map(|known| (known.intake, known.missing || known.lost));
        self.count_level(&finding, rated.level, risk_id.is_some(), effect);
        self.count(decision, before);
        let Some(action) = action(decision) else { return ControlFlow::Continue(()) };
        let is_new = decision == Decision::Create;
        if is_new && rated.triage_due_at <= self.against.received_at {
            self.outcome.late += 1;
        }
        let ordinal = if is_new { next(&mut self.next_new) } else { next(&mut self.next_other) };
        let risk_uuid = is_new.then(|| self.against.ids.uuid(self.against.received_at));
        let by_rule = risk_id.is_none() && !finding.suppressed;
        let without_risk = matches!(decision, Decision::Hold(_));
        self.push(StagedRow {
            ordinal,
            action,
            risk_id,
            risk_uuid,
            finding_id,
            asset_id: Some(place.asset_id),
            intake_rule: if by_rule { rule } else { String::new() },
            confirm: is_new && effect == Effect::Confirm,
            content: Some(StagedContent::of(finding, rated, &raises, without_risk)),
        })
    }

    fn ruling(&self, finding: &ScanFinding, place: Place) -> Ruling<'_> {
        let package = finding.package.as_ref();
        let facts = Facts {
            severity: (finding.severity != Severity::Unknown).then(|| severity_level(finding.severity).0),
            kind: finding.kind.as_str(),
            path: &finding.path,
            rule: &finding.rule,
            package: package.map_or("", |package| &package.name),
            asset: self.against.placement.key_of(place.asset_id),
            tier: place.footing.tier,
            source: &self.against.source,
            has_fix: package.is_some_and(|package| !package.fixed_version.is_empty()),
        };
        decide(&self.against.rules, &facts, self.against.today)
    }

    /// Counts a problem: a risk by its level, another finding by the severity that its tool gives.
    fn count_level(&mut self, finding: &ScanFinding, level: Level, has_risk: bool, effect: Effect) {
        if finding.suppressed {
            return;
        }
        match finding.severity {
            _ if has_risk || matches!(effect, Effect::MakeRisk | Effect::Confirm) => {
                self.outcome.by_level[level.index()] += 1;
            }
            Severity::Unknown => self.outcome.unknown += 1,
            severity => self.outcome.by_level[severity_level(severity).0.index()] += 1,
        }
    }

    /// Counts what is done; `before` is what became of the finding before, and whether it was missing.
    fn count(&mut self, decision: Decision, before: Option<(Intake, bool)>) {
        let outcome = &mut self.outcome;
        *match (decision, before) {
            (Decision::Unchanged, _) => &mut outcome.unchanged,
            (Decision::Create, _) => &mut outcome.created,
            (Decision::Return, _) => &mut outcome.reopened,
            (Decision::Update, _) => &mut outcome.updated,
            (Decision::Hold(intake), Some((was, true))) if was == intake => &mut outcome.reopened,
            (Decision::Hold(intake), Some((was, _))) if was == intake => &mut outcome.updated,
            (Decision::Hold(Intake::Kept), _) => &mut outcome.kept,
            (Decision::Hold(Intake::Waiting), _) => &mut outcome.waiting,
            (Decision::Hold(Intake::Suppressed), _) => &mut outcome.suppressed,
            (Decision::Hold(_), _) => &mut outcome.attached,
        } += 1;
    }

    fn reject(&mut self, rejected: RejectedRecord) -> ControlFlow<()> {
        self.outcome.rejected_count += 1;
        if self.outcome.rejected.len() < REJECTED_KEPT {
            self.outcome.rejected.push(rejected);
        }
        ControlFlow::Continue(())
    }

    fn absences(&mut self) {
        let scanned_at = self.against.scanned_at;
        let risk_of = |known: &Known| known.risk.as_ref().map(|risk| risk.id);
        let mut gone: Vec<_> = self
            .against
            .known
            .iter()
            .filter(|(hash, _)| !self.seen.contains(*hash))
            .map(|(_, known)| (known.finding_id, risk_of(known), plan_rules::absent(known, scanned_at)))
            .filter(|(_, _, absence)| *absence != Absence::Nothing)
            .collect();
        // In the order of the findings, so that the same report always makes the same plan.
        gone.sort_unstable_by_key(|(finding_id, ..)| *finding_id);
        for (finding_id, risk_id, absence) in gone {
            self.outcome.vanished += 1;
            let action = if absence == Absence::Miss { status::MISS } else { status::VANISH };
            self.outcome.closing += usize::from(absence == Absence::Vanish);
            let row = StagedRow {
                ordinal: next(&mut self.next_other),
                action,
                risk_id,
                risk_uuid: None,
                finding_id: Some(finding_id),
                asset_id: None,
                intake_rule: String::new(),
                confirm: false,
                content: None,
            };
            if self.push(row).is_break() {
                return;
            }
        }
    }

    fn push(&mut self, row: StagedRow) -> ControlFlow<()> {
        self.batch.push(row);
        if self.batch.len() < BATCH { ControlFlow::Continue(()) } else { self.send() }
    }

    fn send(&mut self) -> ControlFlow<()> {
        if self.batch.is_empty() {
            return ControlFlow::Continue(());
        }
        let rows = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.outcome.staged += rows.len();
        match self.batches.blocking_send(rows) {
            Ok(()) => ControlFlow::Continue(()),
            // Nobody writes any more: the request was given up.
            Err(_) => ControlFlow::Break(()),
        }
    }
}

fn action(decision: Decision) -> Option<&'static str> {
    match decision {
        Decision::Unchanged => None,
        Decision::Create => Some(status::CREATE),
        Decision::Hold(Intake::Kept) => Some(status::KEEP),
        Decision::Hold(Intake::Waiting) => Some(status::WAIT),
        Decision::Hold(Intake::Suppressed) => Some(status::SUPPRESS),
        Decision::Hold(Intake::PutAside | Intake::Risk) => Some(status::ATTACH),
        Decision::Update => Some(status::UPDATE),
        Decision::Return => Some(status::RETURN),
    }
}

fn next(number: &mut i64) -> i64 {
    let current = *number;
    *number += 1;
    current
}
