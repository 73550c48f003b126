//! An incident as a report, for an authority or an auditor: JSON, or the same as Markdown. The same incident gives the
//! same bytes.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};

use super::api::IncidentDetail;

/// The report as Markdown.
#[must_use]
pub fn markdown(incident: &IncidentDetail) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _written = write(&mut out, incident);
    out
}

fn write(out: &mut String, detail: &IncidentDetail) -> std::fmt::Result {
    let incident = &detail.incident;
    writeln!(out, "# {} {}\n", incident.key, line(&incident.title))?;
    writeln!(out, "| what | |\n|---|---|")?;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let moment = |at: Option<DateTime<Utc>>| at.map(words).unwrap_or_default();
    for (name, value) in [
        ("kind", incident.kind.clone()),
        ("state", incident.state.clone()),
        ("aware at", words(incident.aware_at)),
        ("zone", incident.zone.clone()),
        ("team", incident.team.clone()),
        ("declared", format!("{} by {}", words(incident.declared_at), text(&incident.declared_by))),
        ("acknowledged", format!("{} {}", moment(incident.acknowledged_at), text(&incident.acknowledged_by))),
        ("contained", moment(incident.contained_at)),
        ("closed", format!("{} {}", moment(incident.closed_at), text(&incident.closed_by))),
        ("risk", text(&incident.risk)),
    ] {
        writeln!(out, "| {name} | {} |", line(value.trim()))?;
    }
    section(out, "What is known", &detail.description)?;
    section(out, "Summary", &detail.summary)?;
    writeln!(out, "\n## Data\n\n| class | whose | people | note |\n|---|---|---|---|")?;
    for data in &detail.data {
        let people = data.people.map_or_else(|| "unknown".to_owned(), |people| people.to_string());
        writeln!(
            out,
            "| {} | {} | {people} | {} |",
            line(&data.data_class),
            data.subjects,
            line(&data.note)
        )?;
    }
    writeln!(out, "\n## Who had to be told\n\n| who | by | clock | basis | state | when | how or why not |")?;
    writeln!(out, "|---|---|---|---|---|---|---|")?;
    for duty in &detail.duties {
        let how = if duty.how.is_empty() { &duty.reason } else { &duty.how };
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            line(&duty.authority),
            words(duty.due_at),
            duty.clock,
            line(&duty.legal_basis),
            duty.state,
            moment(duty.told_at),
            line(how)
        )?;
    }
    writeln!(out, "\n## Actions\n")?;
    for action in &detail.actions {
        writeln!(out, "- {} {} ({})", action.key, line(&action.title), action.state)?;
    }
    if !detail.no_action_reason.is_empty() {
        writeln!(out, "None follows: {}", line(&detail.no_action_reason))?;
    }
    writeln!(
        out,
        "\n## Log\n\n| at | recorded | by | what | who | how | text |\n|---|---|---|---|---|---|---|"
    )?;
    for entry in &detail.log {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            words(entry.at),
            words(entry.recorded_at),
            entry.by.as_deref().unwrap_or("Abate"),
            entry.kind,
            line(&entry.who),
            line(&entry.how),
            line(&entry.text)
        )?;
    }
    Ok(())
}

fn section(out: &mut String, name: &str, text: &str) -> std::fmt::Result {
    let text = text.trim();
    if text.is_empty() { Ok(()) } else { writeln!(out, "\n## {name}\n\n{text}") }
}

fn words(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A text that stays within its cell.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\\', "\\\\").replace('|', "\\|")
}
