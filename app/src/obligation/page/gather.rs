//! Puts rows into the words that the pages print.

use abate_entity::cadence_run::RunState;
use abate_entity::{cadence, cadence_run};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::calendar::local_time::local_date;
use crate::obligation::finder::{Around, Names};
use crate::obligation::run::run_of;
use crate::obligation::view::{CadenceRow, RunCell, state_badge};
use crate::page::badge::{Badge, Tone, capitalised};
use crate::page::due::{Due, day, moment};

/// What every line of a page needs.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a> {
    pub(super) names: &'a Names,
    pub(super) now: DateTime<Utc>,
    pub(super) zone: Tz,
}

impl Lines<'_> {
    /// The day on which a run is due, and how that stands.
    pub(super) fn due(&self, run: &cadence_run::Model) -> Due {
        let today = local_date(self.zone, self.now);
        match (run_of(run).state_at(self.now), run.completed_at) {
            (_, Some(done)) => Due::stopped(run.due_on, local_date(self.zone, done)),
            (RunState::Skipped, None) => Due::resting(run.due_on, "skipped"),
            _ => Due::running(run.due_on, today),
        }
    }

    /// A run in a table.
    pub(super) fn run(&self, run: &cadence_run::Model) -> RunCell {
        let done_by = self.names.name(run.completed_by);
        RunCell {
            href: format!("/runs/{}", run.id),
            due: self.due(run),
            scheduled: day(run.scheduled_on),
            state: state_badge(run_of(run).state_at(self.now)),
            who: done_by.or_else(|| self.names.name(run.decided_by)).unwrap_or_default(),
            done: run.completed_at.map(|at| moment(at, self.zone)).unwrap_or_default(),
            reason: run.reason.clone(),
        }
    }

    /// A cadence in the list.
    pub(super) fn cadence(&self, row: &cadence::Model, around: &Around) -> CadenceRow {
        CadenceRow {
            href: format!("/cadences/{}", row.id),
            name: row.name.clone(),
            kind: capitalised(row.kind.as_str()),
            owner: self.owner(row),
            resting: resting(row),
            next: around.next.as_ref().map(|run| self.run(run)),
            last: around.last.as_ref().map(|run| self.run(run)),
        }
    }

    /// Who does it, or the team that answers for it.
    pub(super) fn owner(&self, row: &cadence::Model) -> String {
        self.names.name(row.owner_id).unwrap_or_else(|| self.names.team_name(row.team_id))
    }
}

/// The badge of a cadence that makes no runs.
pub(super) fn resting(row: &cadence::Model) -> Option<Badge> {
    (!row.active).then(|| Badge::toned(Tone::Plain, "Resting", "No runs are made"))
}
