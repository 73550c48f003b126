//! How risks were rated in the period: each rating whole, with the grid that it was read from.

use std::collections::{BTreeSet, HashMap};

use abate_entity::risk_rating;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
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
        "sources",
        "because",
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

/// What is kept of the ratings that came with one event.
#[derive(Default)]
struct Said {
    sources: BTreeSet<String>,
    /// The sentences, by what was rated.
    because: Map<String, Value>,
}

async fn kept(context: &Context, risks: &[i64]) -> Result<HashMap<(i64, i32), Said>, Problem> {
    let rows = risk_rating::Entity::find()
        .filter(risk_rating::Column::RiskId.is_in(risks.iter().copied()))
        .filter(risk_rating::Column::MadeAt.lt(context.period.as_of))
        .all(&context.db)
        .await?;
    let mut kept: HashMap<(i64, i32), Said> = HashMap::new();
    for row in rows {
        let said = kept.entry((row.risk_id, row.version)).or_default();
        said.sources.insert(row.source);
        said.because.insert(row.kind, row.because);
    }
    Ok(kept)
}

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    let mut after = 0;
    while let Some(histories) = context.histories(&mut after).await? {
        let ids: Vec<i64> = histories.iter().map(|history| history.risk.id).collect();
        let mut kept = kept(context, &ids).await?;
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
                let Said { sources, because } =
                    kept.remove(&(history.risk.id, event.version)).unwrap_or_default();
                row.extend([json!(sources), Value::Object(because), json!(event.reason)]);
                table.row(&Value::Array(row)).map_err(Problem::internal)?;
            }
        }
    }
    Ok(())
}
