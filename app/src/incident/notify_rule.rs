//! The rules for who has to be told: a set in versions, so that it can be said later which one held when.

use abate_entity::notify_rule_set;
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryOrder,
};
use serde_json::json;

use super::duty_rules::{NotifyRule, first};
use crate::access::actor::Actor;
use crate::asset::data_class;
use crate::audit_log;
use crate::platform::problem::{FieldProblem, Kind, Problem};
use crate::risk::create::check_text;

/// Most rules of a set.
const MOST: usize = 200;
/// Longest reason, in characters.
const REASON: usize = 2000;

/// A version of the rules; 0 is the one that everybody starts with.
#[derive(Clone, Debug)]
pub struct RuleSet {
    /// Its version.
    pub version: i32,
    /// The rules.
    pub rules: Vec<NotifyRule>,
}

/// The rules in force.
///
/// # Errors
/// When the database cannot be asked, or holds something else.
pub async fn load(db: &impl ConnectionTrait) -> Result<RuleSet, Problem> {
    let newest =
        notify_rule_set::Entity::find().order_by_desc(notify_rule_set::Column::Version).one(db).await?;
    match newest {
        Some(row) => Ok(RuleSet {
            version: row.version,
            rules: serde_json::from_value(row.data).map_err(Problem::internal)?,
        }),
        None => Ok(RuleSet { version: 0, rules: first() }),
    }
}

/// Makes a new version of the rules. Incidents that stand keep the duties that they have.
///
/// # Errors
/// 422 naming each field that is wrong, 412 when somebody made another version meanwhile.
pub async fn replace(
    tx: &DatabaseTransaction,
    actor: &Actor,
    seen: i32,
    rules: Vec<NotifyRule>,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<RuleSet, Problem> {
    let before = load(tx).await?;
    if seen != before.version {
        let detail = "Somebody changed the rules meanwhile; read them again and repeat.";
        return Err(Problem::new(Kind::Stale, detail).with("version", before.version));
    }
    check(tx, &rules, reason).await?;
    let version = before.version + 1;
    let row = notify_rule_set::ActiveModel {
        version: Set(version),
        data: Set(serde_json::to_value(&rules).map_err(Problem::internal)?),
        reason: Set(reason.trim().to_owned()),
        made_by: Set(actor.id),
        made_at: Set(now),
        ..Default::default()
    };
    row.insert(tx).await?;
    let data = json!({ "from": before.rules, "to": rules, "version": version, "reason": reason.trim() });
    audit_log::add(tx, actor, "notify_rules.change", "notify-rules", data, now).await?;
    Ok(RuleSet { version, rules })
}

async fn check(tx: &DatabaseTransaction, rules: &[NotifyRule], reason: &str) -> Result<(), Problem> {
    check_text("reason", reason, REASON)?;
    let mut problems = Vec::new();
    if reason.trim().is_empty() {
        problems.push(FieldProblem::new("reason", "Say why the rules change."));
    }
    if rules.len() > MOST {
        problems.push(FieldProblem::new("items", format!("Give at most {MOST} rules.")));
    }
    let classes = data_class::load(tx).await?.profiles;
    for (index, rule) in rules.iter().enumerate() {
        let at = |field: &str| format!("items[{index}].{field}");
        if let Some((field, detail)) = rule.problem() {
            problems.push(FieldProblem::new(at(field), detail));
        } else if !classes.contains_key(&rule.data_class) {
            let detail = format!("There is no class of data {:?}.", rule.data_class);
            problems.push(FieldProblem::new(at("data_class"), detail));
        }
        let same =
            |other: &NotifyRule| (&other.data_class, &other.authority) == (&rule.data_class, &rule.authority);
        if rules[..index].iter().any(same) {
            problems.push(FieldProblem::new(at("authority"), "There is such a rule already."));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Problem::all_invalid(problems)) }
}
