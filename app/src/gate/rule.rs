//! The rules of the gate: a row a tier and check, each change counted and in the audit log.

use abate_entity::gate_rule;
use abate_entity::level::Level;
use abate_entity::tier::Tier;
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};
use serde_json::json;

use super::rules::{Check, Rule, Unit};
use crate::access::actor::Actor;
use crate::audit_log;
use crate::platform::problem::Problem;

/// Most days that a full scan may be old.
const MOST_DAYS: i16 = 365;

/// A change of a rule.
#[derive(Clone, Debug)]
pub struct RuleEdit {
    /// The tier.
    pub tier: Tier,
    /// The check.
    pub check: Check,
    /// A level or a number of days, as the check counts; nothing leaves it.
    pub threshold: Option<String>,
    /// Whether it is looked at; nothing leaves it.
    pub active: Option<bool>,
}

/// All rules, by tier and check.
///
/// # Errors
/// When the database cannot be asked.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<gate_rule::Model>, Problem> {
    let rows = gate_rule::Entity::find()
        .order_by_desc(gate_rule::Column::Tier)
        .order_by_asc(gate_rule::Column::Id)
        .all(db)
        .await?;
    Ok(rows)
}

/// The rules that are looked at for assets of a tier.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_tier(db: &impl ConnectionTrait, tier: Tier) -> Result<Vec<Rule>, Problem> {
    let rows = gate_rule::Entity::find()
        .filter(gate_rule::Column::Tier.eq(tier))
        .filter(gate_rule::Column::Active.eq(true))
        .order_by_asc(gate_rule::Column::Id)
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some(Rule { check: row.check_kind.parse().ok()?, threshold: row.threshold }))
        .collect())
}

/// Changes rules; those that are not named stay.
///
/// # Errors
/// 422 for a threshold that the check does not know.
pub async fn change(
    tx: &impl ConnectionTrait,
    actor: &Actor,
    edits: &[RuleEdit],
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    for edit in edits {
        let row = gate_rule::Entity::find()
            .filter(gate_rule::Column::Tier.eq(edit.tier))
            .filter(gate_rule::Column::CheckKind.eq(edit.check.as_str()))
            .one(tx)
            .await?
            .ok_or_else(|| Problem::invalid("check", "Use late, kev, introduced, full_scan or reviewed."))?;
        let threshold = match &edit.threshold {
            Some(text) => read_threshold(edit.check, text)?,
            None => row.threshold,
        };
        let active = edit.active.unwrap_or(row.active);
        if (threshold, active) == (row.threshold, row.active) {
            continue;
        }
        let data = json!({
            "tier": row.tier.as_str(), "check": row.check_kind,
            "from": { "threshold": shown(edit.check, row.threshold), "active": row.active, "version": row.version },
            "to": { "threshold": shown(edit.check, threshold), "active": active, "version": row.version + 1 },
        });
        let subject = format!("gate-rule-{}", row.id);
        let changed = gate_rule::ActiveModel {
            id: Set(row.id),
            threshold: Set(threshold),
            active: Set(active),
            version: Set(row.version + 1),
            updated_by: Set(Some(actor.id)),
            updated_at: Set(Some(now)),
            ..Default::default()
        };
        changed.update(tx).await?;
        audit_log::add(tx, actor, "gate_rule.change", &subject, data, now).await?;
    }
    Ok(())
}

/// A threshold in words: a level, a number of days, or nothing.
#[must_use]
pub fn shown(check: Check, threshold: i16) -> Option<String> {
    match check.unit() {
        Unit::Level => Level::try_from(threshold).ok().map(|level| level.to_string()),
        Unit::Days => Some(threshold.to_string()),
        Unit::Nothing => None,
    }
}

fn read_threshold(check: Check, text: &str) -> Result<i16, Problem> {
    match check.unit() {
        Unit::Level => text
            .parse::<Level>()
            .map(Level::as_i16)
            .map_err(|error| Problem::invalid("threshold", format!("{error}."))),
        Unit::Days => match text.parse() {
            Ok(days) if (1..=MOST_DAYS).contains(&days) => Ok(days),
            _ => Err(Problem::invalid("threshold", format!("Give a number of days from 1 to {MOST_DAYS}."))),
        },
        Unit::Nothing if text.is_empty() => Ok(0),
        Unit::Nothing => {
            Err(Problem::invalid("threshold", format!("The check {check} has no threshold; leave it out.")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_read_in_the_unit_of_its_check() {
        assert_eq!(read_threshold(Check::Late, "critical").unwrap(), 4);
        assert_eq!(read_threshold(Check::FullScan, "14").unwrap(), 14);
        for (check, text) in
            [(Check::Late, "7"), (Check::FullScan, "0"), (Check::FullScan, "high"), (Check::Kev, "1")]
        {
            assert_eq!(read_threshold(check, text).unwrap_err().errors()[0].field, "threshold");
        }
        for check in [Check::Late, Check::FullScan] {
            assert_eq!(read_threshold(check, &shown(check, 3).unwrap()).unwrap(), 3);
        }
    }
}
