//! How cadences and runs are shown to scripts.

use abate_entity::cadence_run::RunState;
use abate_entity::{cadence, cadence_run};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::obligation::finder::{Around, Names};

/// A recurring obligation.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct CadenceView {
    id: i64,
    /// Counts its changes; send it as `If-Match` with an edit.
    version: i32,
    name: String,
    /// What it is about, as `asvs_audit`.
    kind: &'static str,
    /// What has to be done, and what shows that it was.
    description: String,
    /// The recurrence rule.
    rule: String,
    /// The first date of the rule.
    starts_on: NaiveDate,
    /// Local time of day at which a run begins.
    time_of_day: String,
    /// The zone of that time.
    zone: String,
    lead_days: i32,
    grace_days: i32,
    /// The most calendar months between two runs.
    ceiling_months: Option<i32>,
    /// Whether a run on a day off is due on the business day before.
    back_to_business_day: bool,
    last_done_on: Option<NaiveDate>,
    /// Key of the team that answers for it.
    team: String,
    /// Address of the person who does it.
    owner: Option<String>,
    active: bool,
    /// The run to be done next.
    next_run: Option<RunView>,
    /// The last run that is over.
    last_run: Option<RunView>,
}

impl CadenceView {
    pub(super) fn new(row: cadence::Model, around: Around, names: &Names, now: DateTime<Utc>) -> Self {
        let shown = |run: Option<cadence_run::Model>| run.map(|run| RunView::new(run, &row, names, now));
        Self {
            next_run: shown(around.next),
            last_run: shown(around.last),
            id: row.id,
            version: row.version,
            kind: row.kind.as_str(),
            starts_on: row.starts_on,
            lead_days: row.lead_days,
            grace_days: row.grace_days,
            ceiling_months: row.ceiling_months,
            back_to_business_day: row.back_to_business_day,
            last_done_on: row.last_done_on,
            team: names.team_key(row.team_id),
            owner: names.email(row.owner_id),
            active: row.active,
            name: row.name,
            description: row.description,
            rule: row.rule,
            time_of_day: row.time_of_day,
            zone: row.zone,
        }
    }
}

/// One dated run of a cadence.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RunView {
    id: i64,
    version: i32,
    cadence_id: i64,
    cadence: String,
    /// The date that the rule gives; it never moves.
    scheduled_on: NaiveDate,
    /// The moment of that date at which it begins, also where the clocks skip its time of day or repeat it.
    scheduled_at: DateTime<Utc>,
    /// The day by which it has to be done.
    due_on: NaiveDate,
    /// The end of that day.
    due_at: DateTime<Utc>,
    /// From here it can be done.
    opens_at: DateTime<Utc>,
    /// After this it is missed.
    missed_at: DateTime<Utc>,
    /// planned, due, in_progress, done, done_late, skipped or missed.
    state: &'static str,
    /// Whether it is not done and its day has passed.
    late: bool,
    /// Address of who does it.
    owner: Option<String>,
    /// When it was done, also after it was missed.
    done_at: Option<DateTime<Utc>>,
    /// Address of who did it.
    done_by: Option<String>,
    /// What shows that it was done.
    evidence: String,
    evidence_url: Option<String>,
    /// Why it was skipped or missed.
    reason: String,
    /// Address of who asked to skip it.
    skip_asked_by: Option<String>,
    /// Address of who agreed to skip it.
    decided_by: Option<String>,
    /// How often its reminders were put off.
    snoozes: i32,
    snoozed_until: Option<DateTime<Utc>>,
}

impl RunView {
    pub(super) fn new(
        row: cadence_run::Model,
        cadence: &cadence::Model,
        names: &Names,
        now: DateTime<Utc>,
    ) -> Self {
        let state = crate::obligation::run::run_of(&row).state_at(now);
        Self {
            id: row.id,
            version: row.version,
            cadence_id: row.cadence_id,
            cadence: cadence.name.clone(),
            scheduled_on: row.scheduled_on,
            scheduled_at: row.scheduled_at,
            due_on: row.due_on,
            due_at: row.due_at,
            opens_at: row.opens_at,
            missed_at: row.missed_at,
            state: state.as_str(),
            late: row.completed_at.is_none() && state != RunState::Skipped && row.due_at < now,
            owner: names.email(row.owner_id.or(cadence.owner_id)),
            done_at: row.completed_at,
            done_by: names.email(row.completed_by),
            evidence: row.evidence,
            evidence_url: row.evidence_url,
            reason: row.reason,
            skip_asked_by: names.email(row.skip_asked_by),
            decided_by: names.email(row.decided_by),
            snoozes: row.snoozes,
            snoozed_until: row.snoozed_until,
        }
    }
}
