//! What moved risks from state to state in the period, with who did it and why.

use serde_json::json;

use super::Section;
use crate::evidence_pack::context::Context;
use crate::evidence_pack::part::Table;
use crate::platform::problem::Problem;

pub(super) const SECTION: Section = Section {
    name: "transitions",
    about: "each step that risks took in the period: who, when, through what, why",
    columns: &[
        "risk",
        "version",
        "event",
        "transition",
        "from",
        "to",
        "resolution",
        "effective_at",
        "recorded_at",
        "actor",
        "via",
        "reason",
        "given",
    ],
    write: |context, table| Box::pin(write(context, table)),
};

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    let mut after = 0;
    while let Some(histories) = context.histories(&mut after).await? {
        for history in &histories {
            for event in &history.events {
                let moved = event.transition.is_some() || event.from_state != event.to_state;
                if !moved || !context.covers(event.recorded_at) {
                    continue;
                }
                let said = |name: &str| event.data.get(name).cloned().unwrap_or_default();
                let row = json!([
                    history.key(),
                    event.version,
                    event.kind,
                    event.transition,
                    event.from_state.map(abate_entity::lifecycle::State::as_str),
                    event.to_state.map(abate_entity::lifecycle::State::as_str),
                    said("resolution"),
                    event.effective_at,
                    event.recorded_at,
                    context.person(event.actor_id),
                    event.via,
                    event.reason,
                    said("given"),
                ]);
                table.row(&row).map_err(Problem::internal)?;
            }
        }
    }
    Ok(())
}
