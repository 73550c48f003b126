//! Writes what a table changes.

use abate_entity::asset;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, DatabaseTransaction};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::plan::{Planned, PlannedRow};
use crate::access::actor::{Actor, Via};
use crate::asset::{edit, matcher, register, settle};
use crate::audit_log;
use crate::platform::problem::Problem;

/// Keys that the audit log names.
const NAMED: usize = 100;

/// Writes the rows that change something, and one entry of the audit log for all of them.
pub(super) async fn apply(
    tx: &DatabaseTransaction,
    actor: Option<&Actor>,
    via: Via,
    planned: &Planned,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let mut written = Vec::new();
    let mut moved = Vec::new();
    let mut digest = Sha256::new();
    for row in &planned.rows {
        if row.known.is_some() && row.changes.is_empty() {
            continue;
        }
        write(tx, row, now).await?;
        if let Some(known) = row.known.as_ref().filter(|known| known.team_id != row.definition.team_id) {
            moved.push(json!({"asset": known.id, "from": known.team_id, "to": row.definition.team_id}));
        }
        digest.update(format!("{} {:?} {:?}\n", row.key, row.definition, row.matchers));
        written.push(row.key.as_str());
    }
    if written.is_empty() {
        return Ok(());
    }
    let count = written.len();
    written.truncate(NAMED);
    let data = json!({
        "assets": count, "keys": written, "digest": hex::encode(digest.finalize()), "teams": moved,
    });
    audit_log::add_as(tx, actor.map(|actor| actor.id), via, "asset.import", "assets", data, now).await
}

async fn write(tx: &DatabaseTransaction, row: &PlannedRow, now: DateTime<Utc>) -> Result<(), Problem> {
    let asset = match &row.known {
        None => register::insert(tx, &row.key, &row.definition, true, now).await?,
        Some(known) => {
            // Whoever keeps the register has looked at what it lists.
            let mut columns =
                asset::ActiveModel { review_state: Set(register::REVIEWED.to_owned()), ..Default::default() };
            row.definition.write(&mut columns);
            edit::write(tx, known, columns, now).await?
        }
    };
    for (kind, pattern) in &row.matchers {
        matcher::add(tx, asset.id, *kind, pattern).await?;
    }
    if ["team", "tier", "internet_facing", "data_classes"].iter().any(|field| row.changes.contains(field)) {
        settle::want(tx, asset.id, now).await?;
    }
    Ok(())
}
