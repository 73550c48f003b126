//! How risks were rated in the period: each rating whole, with the grid that it was read from.

use serde_json::{Map, Value, json};

use super::Section;
use crate::evidence_pack::context::Context;
use crate::evidence_pack::part::Table;
use crate::platform::problem::Problem;

pub(super) const SECTION: Section = Section {
    name: "ratings",
    about: "each rating of a risk in the period, with its grid and who gave it",
    columns: &[
        "risk",
        "version",
        "recorded_at",
        "actor",
        "via",
        "level",
        "inherent_likelihood",
        "inherent_impact",
        "current_likelihood",
        "current_impact",
        "target_likelihood",
        "target_impact",
        "grid",
        "reason",
    ],
    write: |context, table| Box::pin(write(context, table)),
};

/// What makes a rating.
const RATED: [&str; 7] = [
    "level",
    "inherent_likelihood",
    "inherent_impact",
    "current_likelihood",
    "current_impact",
    "target_likelihood",
    "target_impact",
];

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    let mut after = 0;
    while let Some(histories) = context.histories(&mut after).await? {
        for history in &histories {
            let mut values = Map::new();
            for event in &history.events {
                let changed = event.data.get("after").and_then(Value::as_object);
                let Some(changed) = changed else { continue };
                values.extend(changed.clone());
                if !RATED.iter().any(|name| changed.contains_key(*name)) || !context.covers(event.recorded_at)
                {
                    continue;
                }
                let mut row = vec![
                    json!(history.key()),
                    json!(event.version),
                    json!(event.recorded_at),
                    context.person(event.actor_id),
                    json!(event.via),
                ];
                row.extend(RATED.iter().map(|name| values.get(*name).cloned().unwrap_or_default()));
                row.push(context.grid(values.get("grid_id").and_then(Value::as_i64)));
                row.push(json!(event.reason));
                table.row(&Value::Array(row)).map_err(Problem::internal)?;
            }
        }
    }
    Ok(())
}
