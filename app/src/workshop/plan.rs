//! Keeps the plan of a workshop: what its file would change, one row a risk, and what the plan is made of.

use std::collections::HashSet;

use abate_entity::level::Level;
use abate_entity::{import, staged_change};
use abate_integrations::workshop::WorkshopRisk;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter,
};
use serde_json::json;

use super::reading::Kept;
use super::{known, summary_rules, threat_rules};
use crate::intake::status;
use crate::platform::problem::Problem;
use crate::policy::Policies;

/// Where the row stands that the plan is made of.
const MADE_OF: i64 = -1;
/// Rows of one insert.
const BATCH: usize = 200;

/// Writes the plan of an import in place of any earlier one, and counts it.
pub(super) async fn keep(
    tx: &DatabaseTransaction,
    import: import::Model,
    kept: &Kept,
) -> Result<import::Model, Problem> {
    staged_change::Entity::delete_many()
        .filter(staged_change::Column::ImportId.eq(import.id))
        .exec(tx)
        .await?;
    let policies = Policies::load(tx).await?;
    let levels = levels(kept, &policies)?;
    let mut rows = vec![staged_change::ActiveModel {
        data: Set(json!(kept)),
        ..row(import.id, MADE_OF, status::CREATE, &WorkshopRisk::default(), Level::Info)
    }];
    let known = known::of_model(tx, &kept.workshop.title).await?;
    let (mut created, mut updated, mut unchanged, mut returned, mut gone) = (0, 0, 0, 0, 0);
    for (found, level) in kept.workshop.risks.iter().zip(&levels) {
        let ordinal = rows.len() as i64 - 1;
        let Some(threat) = known.get(&found.id) else {
            created += 1;
            rows.push(row(import.id, ordinal, status::CREATE, found, *level));
            continue;
        };
        let same = threat_rules::difference(&threat.before, found).is_nothing();
        let action = if threat.row.gone_since.is_some() {
            returned += 1;
            status::RETURN
        } else if same {
            unchanged += 1;
            continue;
        } else {
            updated += 1;
            status::UPDATE
        };
        let change = row(import.id, ordinal, action, found, *level);
        rows.push(staged_change::ActiveModel { risk_id: Set(Some(threat.risk.id)), ..change });
    }
    if !kept.partial {
        let seen: HashSet<&str> = kept.workshop.risks.iter().map(|risk| risk.id.as_str()).collect();
        let mut missing: Vec<_> = known
            .values()
            .filter(|threat| {
                threat.row.gone_since.is_none() && !seen.contains(threat.row.external_id.as_str())
            })
            .collect();
        missing.sort_by_key(|threat| threat.row.id);
        for threat in missing {
            gone += 1;
            let change =
                row(import.id, rows.len() as i64 - 1, status::MISS, &threat.before, threat.risk.level);
            rows.push(staged_change::ActiveModel { risk_id: Set(Some(threat.risk.id)), ..change });
        }
    }
    for some in rows.chunks(BATCH) {
        staged_change::Entity::insert_many(some.to_vec()).exec_without_returning(tx).await?;
    }
    let rejected = kept
        .mistakes
        .iter()
        .map(|mistake| json!({ "path": mistake.path, "line": 0, "reason": mistake.reason }));
    let update = import::ActiveModel {
        id: Set(import.id),
        findings: Set(count(kept.workshop.risks.len())),
        by_level: Set(json!(summary_rules::count(levels))),
        created_count: Set(created),
        updated_count: Set(updated),
        unchanged_count: Set(unchanged),
        reopened_count: Set(returned),
        vanished_count: Set(gone),
        rejected_count: Set(count(kept.mistakes.len())),
        rejected: Set(rejected.collect()),
        ..Default::default()
    };
    Ok(update.update(tx).await?)
}

/// What the plan of an import is made of.
///
/// # Errors
/// 404 when it was applied, or is no plan of a workshop.
pub(super) async fn made_of(db: &impl ConnectionTrait, import_id: i64) -> Result<Kept, Problem> {
    let row = staged_change::Entity::find_by_id((import_id, MADE_OF)).one(db).await?;
    let row = row.ok_or_else(|| Problem::not_found(format!("plan of import {import_id}")))?;
    let mut kept: Kept = serde_json::from_value(row.data).map_err(Problem::internal)?;
    kept.read_table();
    Ok(kept)
}

/// Throws the plan away.
pub(super) async fn drop(tx: &DatabaseTransaction, import_id: i64) -> Result<(), Problem> {
    staged_change::Entity::delete_many()
        .filter(staged_change::Column::ImportId.eq(import_id))
        .exec(tx)
        .await?;
    Ok(())
}

/// The level of each risk on the organisation's grid.
pub(super) fn levels(kept: &Kept, policies: &Policies) -> Result<Vec<Level>, Problem> {
    let positions = kept.workshop.risks.iter().map(|risk| risk.inherent);
    positions
        .map(|position| {
            policies.grid().level(position.likelihood, position.impact).map_err(Problem::internal)
        })
        .collect()
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn row(
    import_id: i64,
    ordinal: i64,
    action: &str,
    found: &WorkshopRisk,
    level: Level,
) -> staged_change::ActiveModel {
    staged_change::ActiveModel {
        intake_rule: Set(String::new()),
        confirm: Set(false),
        import_id: Set(import_id),
        ordinal: Set(ordinal),
        action: Set(action.to_owned()),
        scheme: Set(super::write_risk::SCHEME.to_owned()),
        hash: Set(String::new()),
        content_hash: Set(String::new()),
        kind: Set("threat".to_owned()),
        severity: Set(level),
        unknown_severity: Set(found.needs_rating),
        level: Set(level),
        likelihood: Set(Some(i16::from(found.inherent.likelihood))),
        impact: Set(Some(i16::from(found.inherent.impact))),
        title: Set(found.title.clone()),
        description: Set(String::new()),
        mitigation: Set(String::new()),
        location: Set(found.id.clone()),
        rule: Set(String::new()),
        package: Set(String::new()),
        package_version: Set(String::new()),
        fixed_version: Set(String::new()),
        tags: Set(json!([])),
        confidential: Set(false),
        data: Set(json!({})),
        ..Default::default()
    }
}
