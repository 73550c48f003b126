//! How far controls cover the risks that are not closed: by control, by STRIDE category and phase of the kill chain, and
//! by item of a framework.

use std::collections::BTreeMap;

use abate_entity::control;
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, Statement, Value};
use serde::Serialize;

use super::decay_rules::{Proof, proof};
use super::{catalogue, store};
use crate::access::scope::Scope;
use crate::platform::database::placeholders;
use crate::platform::problem::Problem;

/// How far a control covers the risks that rely on it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ControlCoverage {
    /// Its key.
    pub control: String,
    /// Name shown to people.
    pub name: String,
    /// planned, active, degraded or retired.
    pub state: String,
    /// fresh, stale or none.
    pub proof: &'static str,
    /// Of when its newest proof is.
    pub evidence_at: Option<DateTime<Utc>>,
    /// Risks that rely on it and are not closed.
    pub risks: u64,
    /// How many of them rely on proof that is young enough.
    pub covered: u64,
    /// By STRIDE category and phase; a risk counts once in each category that it has.
    pub cells: Vec<CoverageCell>,
}

/// Risks of one category and phase that rely on a control.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CoverageCell {
    /// A STRIDE category, or nothing.
    pub stride: String,
    /// A phase of the kill chain, or nothing.
    pub phase: String,
    /// How many there are.
    pub risks: u64,
}

/// How far controls answer an item of a framework.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ItemCoverage {
    /// The framework with its version.
    pub framework: String,
    /// What the framework is called.
    pub title: String,
    /// The item.
    pub item: String,
    /// Keys of the controls that answer it.
    pub controls: Vec<String>,
    /// Risks that rely on one of them and are not closed.
    pub risks: u64,
    /// Of when the newest proof of any of them is.
    pub evidence_at: Option<DateTime<Utc>>,
    /// fresh when each control that is not retired has young proof, stale when one has not, none when there is no proof.
    pub proof: &'static str,
}

/// The coverage of each control.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_control(
    db: &impl ConnectionTrait,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Vec<ControlCoverage>, Problem> {
    let (seen, values) = seen(scope);
    let risks = counts(
        db,
        &format!(
            "SELECT c.control_id, '', '', COUNT(*) FROM risk_control c JOIN risk r ON r.id = c.risk_id \
             WHERE r.state <> 'closed'{seen} GROUP BY c.control_id"
        ),
        values.clone(),
    )
    .await?;
    let cells = counts(
        db,
        &format!(
            "SELECT c.control_id, COALESCE(t.value, ''), COALESCE(r.kill_chain_phase, ''), COUNT(*) FROM risk_control c \
             JOIN risk r ON r.id = c.risk_id LEFT JOIN risk_tag t ON t.risk_id = r.id AND t.kind = 'stride' \
             WHERE r.state <> 'closed'{seen} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        ),
        values,
    )
    .await?;
    let coverage = |control: control::Model| {
        let standing = proof(control.evidence_at, control.cadence_days, now);
        let count = risks.iter().find(|row| row.0 == control.id).map_or(0, |row| row.3);
        ControlCoverage {
            proof: standing.as_str(),
            evidence_at: control.evidence_at,
            risks: count,
            covered: if standing == Proof::Fresh { count } else { 0 },
            cells: cells
                .iter()
                .filter(|row| row.0 == control.id)
                .map(|(_, stride, phase, risks)| CoverageCell {
                    stride: stride.clone(),
                    phase: phase.clone(),
                    risks: *risks,
                })
                .collect(),
            control: control.key,
            name: control.name,
            state: control.state,
        }
    };
    Ok(store::all(db).await?.into_iter().map(coverage).collect())
}

/// The coverage of each item of the frameworks.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_item(
    db: &impl ConnectionTrait,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Vec<ItemCoverage>, Problem> {
    let (seen, values) = seen(scope);
    let sql = format!(
        "SELECT CAST(0 AS BIGINT), m.framework, m.item, COUNT(DISTINCT r.id) FROM control_mapping m \
         JOIN risk_control c ON c.control_id = m.control_id JOIN risk r ON r.id = c.risk_id \
         WHERE r.state <> 'closed'{seen} GROUP BY 2, 3"
    );
    let risks: BTreeMap<(String, String), u64> =
        counts(db, &sql, values).await?.into_iter().map(|row| ((row.1, row.2), row.3)).collect();
    let controls: BTreeMap<i64, control::Model> =
        store::all(db).await?.into_iter().map(|control| (control.id, control)).collect();
    let mut items: BTreeMap<(String, String), Vec<&control::Model>> = BTreeMap::new();
    for row in store::mappings(db).await? {
        let known = controls.get(&row.control_id);
        items.entry((row.framework, row.item)).or_default().extend(known);
    }
    Ok(items
        .into_iter()
        .map(|((framework, item), controls)| ItemCoverage {
            title: catalogue::title(&framework).to_owned(),
            risks: risks.get(&(framework.clone(), item.clone())).copied().unwrap_or_default(),
            evidence_at: controls.iter().filter_map(|control| control.evidence_at).max(),
            proof: together(&controls, now).as_str(),
            controls: controls.iter().map(|control| control.key.clone()).collect(),
            framework,
            item,
        })
        .collect())
}

/// The proof of controls that answer one item: as weak as the weakest that has any.
fn together(controls: &[&control::Model], now: DateTime<Utc>) -> Proof {
    let there = controls.iter().filter(|control| control.state != "retired");
    let proofs: Vec<Proof> =
        there.map(|control| proof(control.evidence_at, control.cadence_days, now)).collect();
    if proofs.contains(&Proof::Stale) {
        Proof::Stale
    } else if proofs.contains(&Proof::Fresh) {
        Proof::Fresh
    } else {
        Proof::None
    }
}

/// The condition that leaves the risks that may be seen, with its values.
fn seen(scope: &Scope) -> (String, Vec<Value>) {
    let Some(teams) = scope.teams() else { return (String::new(), Vec::new()) };
    let marks = if teams.is_empty() { "0".to_owned() } else { vec!["?"; teams.len()].join(", ") };
    (format!(" AND r.team_id IN ({marks})"), teams.iter().map(|team| Value::from(*team)).collect())
}

async fn counts(
    db: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<(i64, String, String, u64)>, Problem> {
    let backend = db.get_database_backend();
    let rows =
        db.query_all_raw(Statement::from_sql_and_values(backend, placeholders(backend, sql), values)).await?;
    rows.iter()
        .map(|row| {
            let count: i64 = row.try_get_by_index(3)?;
            Ok((
                row.try_get_by_index(0)?,
                row.try_get_by_index(1)?,
                row.try_get_by_index(2)?,
                u64::try_from(count).unwrap_or_default(),
            ))
        })
        .collect()
}
