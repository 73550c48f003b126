//! Keeps the versions of the intake rules.

use abate_entity::intake_rule_set;
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::default_rule;
use super::model::{MOST_RULES, Rule};
use crate::access::actor::Actor;
use crate::access::user;
use crate::audit_log;
use crate::intake::guard_rail::{Check, GuardRail};
use crate::platform::problem::{FieldProblem, Kind, Problem};
use crate::policy::Policies;
use crate::risk::create::check_text;
use crate::risk::step::today;

/// A version of the rules, read.
#[derive(Clone, Debug)]
pub struct RuleSet {
    /// Which version.
    pub version: i32,
    /// The rules; the first one that fits decides.
    pub rules: Vec<Rule>,
    /// The guard rails.
    pub guard_rails: Vec<GuardRail>,
}

impl TryFrom<&intake_rule_set::Model> for RuleSet {
    type Error = Problem;

    fn try_from(row: &intake_rule_set::Model) -> Result<Self, Problem> {
        Ok(Self { version: row.version, rules: read(&row.rules)?, guard_rails: read(&row.guard_rails)? })
    }
}

fn read<T: DeserializeOwned>(data: &serde_json::Value) -> Result<T, Problem> {
    serde_json::from_value(data.clone()).map_err(Problem::internal)
}

fn write<T: Serialize>(value: &T) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(value).map_err(Problem::internal)
}

/// Makes the first version, unless there is one.
///
/// # Errors
/// When the database refuses.
pub async fn write_defaults(tx: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<(), Problem> {
    if intake_rule_set::Entity::find().one(tx).await?.is_some() {
        return Ok(());
    }
    let row = intake_rule_set::ActiveModel {
        version: Set(1),
        rules: Set(write(&default_rule::rules())?),
        guard_rails: Set(write(&default_rule::guard_rails())?),
        note: Set("What Abate starts with.".to_owned()),
        made_by: Set(None),
        created_at: Set(now),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

/// The row of the version in force.
///
/// # Errors
/// When the database cannot be asked.
pub async fn newest(db: &impl ConnectionTrait) -> Result<intake_rule_set::Model, Problem> {
    let row = intake_rule_set::Entity::find().order_by_desc(intake_rule_set::Column::Version).one(db).await?;
    row.ok_or_else(|| {
        Problem::internal(anyhow::anyhow!(
            "the database has no intake rules; restart Abate to make the default ones"
        ))
    })
}

/// The version in force.
///
/// # Errors
/// When the database cannot be asked, or holds something else.
pub async fn in_force(db: &impl ConnectionTrait) -> Result<RuleSet, Problem> {
    RuleSet::try_from(&newest(db).await?)
}

/// Earlier versions than `before`, the latest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn versions(
    db: &impl ConnectionTrait,
    before: Option<i32>,
    limit: u64,
) -> Result<Vec<intake_rule_set::Model>, Problem> {
    let mut query =
        intake_rule_set::Entity::find().order_by_desc(intake_rule_set::Column::Version).limit(limit);
    if let Some(before) = before {
        query = query.filter(intake_rule_set::Column::Version.lt(before));
    }
    Ok(query.all(db).await?)
}

/// A version to be made.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// The version that it was made from.
    pub base: i32,
    /// The rules.
    pub rules: Vec<Rule>,
    /// The guard rails, as before unless told.
    pub guard_rails: Option<Vec<GuardRail>>,
    /// Why.
    pub note: String,
}

/// Makes a new version, which holds from the next import on. No risk changes by it.
///
/// # Errors
/// 412 when somebody else made one meanwhile, 422 naming each field that is wrong.
pub async fn add(
    tx: &DatabaseTransaction,
    actor: &Actor,
    new: NewVersion,
    now: DateTime<Utc>,
) -> Result<intake_rule_set::Model, Problem> {
    let before = in_force(tx).await?;
    if before.version != new.base {
        let text = format!("The rules are at version {} by now; read them again and repeat.", before.version);
        return Err(Problem::new(Kind::Stale, text));
    }
    check_text("note", &new.note, 2_000)?;
    let guard_rails = new.guard_rails.unwrap_or_else(|| before.guard_rails.clone());
    check(tx, &before, &new.rules, &guard_rails, now).await?;
    let row = intake_rule_set::ActiveModel {
        version: Set(before.version + 1),
        rules: Set(write(&new.rules)?),
        guard_rails: Set(write(&guard_rails)?),
        note: Set(new.note),
        made_by: Set(Some(actor.id)),
        created_at: Set(now),
        ..Default::default()
    };
    let row = row.insert(tx).await?;
    let data = json!({ "rules": row.rules, "guard_rails": row.guard_rails, "note": row.note });
    audit_log::add(tx, actor, "intake_rules.change", &format!("intake-rules-{}", row.version), data, now)
        .await?;
    Ok(row)
}

/// Refuses rules that cannot be. Those that stood before may stay, also after their last day.
pub(super) async fn check(
    db: &impl ConnectionTrait,
    before: &RuleSet,
    rules: &[Rule],
    guard_rails: &[GuardRail],
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let today = today(now, Policies::load(db).await?.zone);
    let mut errors = Vec::new();
    let mut wrong = |field: String, detail: &str| errors.push(FieldProblem::new(field, detail));
    if rules.len() > MOST_RULES {
        wrong("rules".to_owned(), "Keep to 200 rules; put patterns together.");
    }
    for (index, rule) in rules.iter().take(MOST_RULES).enumerate() {
        if rules.iter().take(index).any(|other| other.name == rule.name) {
            wrong(format!("rules[{index}].name"), "Give each rule a name of its own.");
        }
        if before.rules.contains(rule) {
            continue;
        }
        for (field, advice) in rule.problems(today) {
            wrong(format!("rules[{index}].{field}"), advice);
        }
        if user::by_email(db, &rule.owner).await?.is_none_or(|user| !user.active) {
            wrong(
                format!("rules[{index}].owner"),
                "Give the address of an active user who answers for the rule.",
            );
        }
    }
    for check in Check::ALL {
        if guard_rails.iter().filter(|rail| rail.check == *check).count() != 1 {
            wrong(
                "guard_rails".to_owned(),
                &format!("Name the guard rail {check} once; switch it off with enabled."),
            );
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::all_invalid(errors)) }
}
