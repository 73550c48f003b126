//! Rules. The table drawn: a state diagram, and the page of the handbook around it.

use std::fmt::Write;

use super::transition::TRANSITIONS;
use super::words::{Resolution, State};

/// The table as a Mermaid state diagram.
#[must_use]
pub fn mermaid() -> String {
    let mut drawing = String::from("stateDiagram-v2\n    [*] --> new\n");
    for line in &TRANSITIONS {
        // Writing to a string cannot fail.
        let _ = writeln!(drawing, "    {} --> {}: {} {}", line.from, line.to, line.id, line.event);
    }
    drawing
}

/// The page `docs/lifecycle.md`, made from the table so that it cannot fall behind.
#[must_use]
pub fn handbook() -> String {
    let mut page = String::from(
        "# The lifecycle of a risk\n\n\
         This page is made from the table in `entity/src/lifecycle/transition.rs`; a test fails when the two \
         differ. To write it anew, run the tests of `entity` with `ABATE_WRITE_DOCS=1`.\n\n",
    );
    let _ = writeln!(
        page,
        "A risk is always in one of {} states, and only the {} steps below change it. Anything else is \
         refused and changes nothing. A page, the API, Slack, JIRA, an import and the scheduler all ask the \
         same function.\n",
        State::ALL.len(),
        TRANSITIONS.len()
    );
    let _ = writeln!(page, "```mermaid\n{}```\n", mermaid());
    page.push_str("| Step | From | To | Event | Button | Who | What has to hold | Clock |\n");
    page.push_str("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for line in &TRANSITIONS {
        let who: Vec<_> = line.by.iter().map(|party| party.title()).collect();
        let rules: Vec<_> = line.guards.iter().map(|guard| guard.rule()).collect();
        let _ = writeln!(
            page,
            "| {} | {} | {} | `{}` | {} | {} | {} | {} |",
            line.id,
            line.from,
            line.to,
            line.event,
            line.label,
            who.join(", "),
            if rules.is_empty() { "nothing".to_owned() } else { rules.join("; ") },
            line.clock.as_str().replace('_', " "),
        );
    }
    let words: Vec<_> = Resolution::ALL.iter().map(|word| format!("`{word}`")).collect();
    let _ = writeln!(
        page,
        "\nA closed risk has one of these resolutions: {}. The last is set only when the import that made the \
         risk is undone: the risk then leaves every list, keeps its key, and is new again if it is seen again.",
        words.join(", ")
    );
    page
}
