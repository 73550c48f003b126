//! What moved due dates in the period besides steps: pauses, dates that people moved, what a directive judged, new versions
//! of policies.

use serde_json::{Value, json};

use super::Section;
use crate::evidence_pack::context::Context;
use crate::evidence_pack::part::Table;
use crate::platform::problem::Problem;

pub(super) const SECTION: Section = Section {
    name: "due_dates",
    about: "pauses, moved due dates, judgements of a directive and changed policies in the period",
    columns: &[
        "risk",
        "version",
        "happening",
        "at",
        "recorded_at",
        "detail",
        "due_on",
        "actor",
        "via",
        "reason",
    ],
    write: |context, table| Box::pin(write(context, table)),
};

/// What moves due dates and is no step of the lifecycle.
const MOVES: [&str; 5] = ["pause_approved", "pause_ended", "moved", "judged", "policy_changed"];

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    let mut after = 0;
    while let Some(histories) = context.histories(&mut after).await? {
        for history in &histories {
            let mut due_on = Value::Null;
            for event in &history.events {
                if let Some(day) = event.data.get("after").and_then(|after| after.get("due_on")) {
                    due_on = day.clone();
                }
                let happenings = event.data.get("clock").and_then(Value::as_array);
                let moves = happenings.into_iter().flatten().filter(|happening| {
                    let name = happening.get("happening").and_then(Value::as_str);
                    name.is_some_and(|name| MOVES.contains(&name))
                });
                for happening in moves.filter(|_| context.covers(event.recorded_at)) {
                    let row = json!([
                        history.key(),
                        event.version,
                        happening["happening"],
                        happening["at"],
                        event.recorded_at,
                        happening,
                        due_on,
                        context.person(event.actor_id),
                        event.via,
                        event.reason,
                    ]);
                    table.row(&row).map_err(Problem::internal)?;
                }
            }
        }
    }
    Ok(())
}
