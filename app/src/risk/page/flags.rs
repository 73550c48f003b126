//! Rules. What stands out about a risk, as badges under its title.

use abate_entity::risk;

use super::gather::Gathered;
use crate::control::decay;
use crate::page::badge::{Badge, Tone, counted};
use crate::risk::forensics;

/// The badges.
pub(super) fn of(risk: &risk::Model, gathered: &Gathered) -> Vec<Badge> {
    let mut flags = Vec::new();
    for entry in &gathered.listed {
        let title = format!("{}: in KEV since {}", entry.cve, entry.added_on);
        flags.push(Badge::toned(Tone::Bad, "Exploited", title));
    }
    if gathered.tagged(forensics::MARK.0).contains(&forensics::MARK.1) {
        flags.push(Badge::toned(Tone::Bad, "Look for traces", "It may have been attacked already"));
    }
    if !gathered.tagged("epss").is_empty() {
        flags.push(Badge::toned(Tone::Warn, "Likely attacked", "EPSS ranks it in the top 5 %"));
    }
    if risk.reopen_count > 0 {
        let label =
            format!("Came back {}", counted(u64::from(risk.reopen_count.unsigned_abs()), "time", "times"));
        flags.push(Badge::toned(Tone::Warn, label, ""));
    }
    if gathered.standing.verify_fail_count > 0 {
        flags.push(Badge::toned(
            Tone::Warn,
            "Failed verification",
            "A claim that this was fixed did not hold",
        ));
    }
    if gathered.tagged("mark").contains(&decay::MARK) {
        flags.push(Badge::toned(
            Tone::Warn,
            "Control not shown to work",
            "It relies on a control whose proof is older than agreed",
        ));
    }
    if gathered.standing.acceptance_asked_by.is_some() {
        flags.push(Badge::toned(Tone::Warn, "Acceptance asked for", "Waits for an approver"));
    }
    if gathered.standing.dismissal_proposed_by.is_some() {
        flags.push(Badge::toned(Tone::Warn, "Dismissal proposed", "Waits for a second triager"));
    }
    if gathered.statement(risk).is_some() {
        flags.push(Badge::toned(Tone::Warn, "VEX statement", "Waits for an answer"));
    }
    if gathered.standing.ticket.is_some() {
        flags.push(Badge::toned(Tone::Warn, "The ticket asks", "Waits for an answer"));
    }
    if gathered.ticket.as_ref().is_some_and(|(ticket, _)| ticket.broken) {
        flags.push(Badge::toned(
            Tone::Bad,
            "Ticket link broken",
            "The ticket was deleted, or is hidden from us",
        ));
    }
    if risk.confidential {
        flags.push(Badge::toned(
            Tone::Plain,
            "Confidential",
            "Tickets and messages carry key, level and date only",
        ));
    }
    flags
}
