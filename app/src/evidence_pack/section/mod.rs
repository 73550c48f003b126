//! The sections of a pack: one file each, listed by name.

mod acceptances;
mod audit_results;
mod cadence_runs;
mod changes;
mod configuration;
mod due_dates;
pub(super) mod evidence;
mod findings;
mod gate_waivers;
mod imports;
mod incident_log;
mod incidents;
mod ratings;
mod register;
mod transitions;
mod users;

use super::context::Context;
use super::part::Table;
use crate::platform::job::Work;

/// A section: a table that is written as CSV and as JSON.
pub(super) struct Section {
    /// Its name.
    pub(super) name: &'static str,
    /// What it shows, in a line.
    pub(super) about: &'static str,
    /// Its columns.
    pub(super) columns: &'static [&'static str],
    /// Writes its rows, in the order of their keys.
    pub(super) write: for<'a> fn(&'a Context, &'a mut Table) -> Work<'a>,
}

/// The sections, by name.
pub(super) const SECTIONS: &[Section] = &[
    acceptances::SECTION,
    audit_results::SECTION,
    cadence_runs::SECTION,
    configuration::SECTION,
    changes::SECTION,
    due_dates::SECTION,
    evidence::SECTION,
    findings::SECTION,
    gate_waivers::SECTION,
    imports::SECTION,
    incident_log::SECTION,
    incidents::SECTION,
    ratings::SECTION,
    register::SECTION,
    transitions::SECTION,
    users::SECTION,
];
