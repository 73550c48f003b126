//! Keeps the versions of the ticket rules.

use abate_entity::lifecycle::State;
use abate_entity::{asset, connection, risk, team, ticket, ticket_rule_set};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, QueryOrder,
};
use serde_json::json;

use super::model::{Facts, MOST_NAMED, MOST_RULES, TicketRule, TicketRules};
use crate::access::actor::Actor;
use crate::audit_log;
use crate::platform::problem::{FieldProblem, Kind, Problem};
use crate::risk::create::check_text;
use crate::ticket::ticket_rules::TicketState;

/// Highest cap.
const HIGHEST_CAP: i32 = 10_000;

/// Makes the first version, unless there is one.
///
/// # Errors
/// When the database refuses.
pub async fn write_defaults(tx: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<(), Problem> {
    if ticket_rule_set::Entity::find().one(tx).await?.is_some() {
        return Ok(());
    }
    let rules = TicketRules::default();
    let row = ticket_rule_set::ActiveModel {
        version: Set(1),
        rules: Set(serde_json::to_value(&rules.rules).map_err(Problem::internal)?),
        daily_cap: Set(rules.daily_cap),
        note: Set("What Abate starts with.".to_owned()),
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
pub async fn newest(db: &impl ConnectionTrait) -> Result<ticket_rule_set::Model, Problem> {
    let row = ticket_rule_set::Entity::find().order_by_desc(ticket_rule_set::Column::Version).one(db).await?;
    row.ok_or_else(|| {
        Problem::internal(anyhow::anyhow!(
            "the database has no ticket rules; restart Abate to make the first ones"
        ))
    })
}

/// The version in force.
///
/// # Errors
/// When the database cannot be asked, or holds something else.
pub async fn in_force(db: &impl ConnectionTrait) -> Result<TicketRules, Problem> {
    let row = newest(db).await?;
    let rules: Vec<TicketRule> = serde_json::from_value(row.rules).map_err(Problem::internal)?;
    Ok(TicketRules { rules, daily_cap: row.daily_cap })
}

/// What the rules ask of a risk.
#[must_use]
pub fn facts(risk: &risk::Model) -> Facts {
    Facts {
        state: risk.state,
        level: risk.level,
        team: risk.team_id,
        asset: risk.asset_id,
        asked_for: risk.ticket_wanted,
        onboarding: risk.onboarding,
    }
}

/// Whether a risk in this state can have a ticket at all, whatever the rules say.
#[must_use]
pub fn may_want(state: State, asked_for: bool) -> bool {
    super::model::is_confirmed(state) || (asked_for && state != State::Closed)
}

/// A version to be made.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// The version that it was made from.
    pub base: i32,
    /// The rules.
    pub rules: TicketRules,
    /// Why.
    pub note: String,
}

/// Makes a new version. Tickets that are there stay; what waits for its day is looked at again.
///
/// # Errors
/// 412 when somebody else made one meanwhile, 422 naming each field that is wrong.
pub async fn add(
    tx: &DatabaseTransaction,
    actor: &Actor,
    new: NewVersion,
    now: DateTime<Utc>,
) -> Result<ticket_rule_set::Model, Problem> {
    let before = newest(tx).await?;
    if before.version != new.base {
        let text = format!("The rules are at version {} by now; read them again and repeat.", before.version);
        return Err(Problem::new(Kind::Stale, text));
    }
    check_text("note", &new.note, 2_000)?;
    let known: Vec<TicketRule> = serde_json::from_value(before.rules).map_err(Problem::internal)?;
    check(tx, &known, &new.rules).await?;
    let row = ticket_rule_set::ActiveModel {
        version: Set(before.version + 1),
        rules: Set(serde_json::to_value(&new.rules.rules).map_err(Problem::internal)?),
        daily_cap: Set(new.rules.daily_cap),
        note: Set(new.note),
        made_by: Set(Some(actor.id)),
        created_at: Set(now),
        ..Default::default()
    };
    let row = row.insert(tx).await?;
    ticket::Entity::update_many()
        .set(ticket::ActiveModel { next_try_at: Set(now), ..Default::default() })
        .filter(ticket::Column::State.eq(TicketState::Held.as_str()))
        .exec(tx)
        .await?;
    let data = json!({ "rules": row.rules, "daily_cap": row.daily_cap, "note": row.note });
    audit_log::add(tx, actor, "ticket_rules.change", &format!("ticket-rules-{}", row.version), data, now)
        .await?;
    Ok(row)
}

/// Refuses rules that cannot be. Those that stood before may stay, also when what they name is gone.
async fn check(db: &impl ConnectionTrait, before: &[TicketRule], new: &TicketRules) -> Result<(), Problem> {
    let mut errors = Vec::new();
    let mut wrong = |field: String, detail: &str| errors.push(FieldProblem::new(field, detail));
    if new.rules.len() > MOST_RULES {
        wrong("rules".to_owned(), "Keep to 100 rules.");
    }
    if new.daily_cap.is_some_and(|cap| !(1..=HIGHEST_CAP).contains(&cap)) {
        wrong("daily_cap".to_owned(), "Use 1 to 10000, or leave it out.");
    }
    for (index, rule) in new.rules.iter().take(MOST_RULES).enumerate() {
        if before.contains(rule) {
            continue;
        }
        if rule.teams.len() > MOST_NAMED || rule.assets.len() > MOST_NAMED {
            wrong(format!("rules[{index}]"), "Name at most 200 teams and 200 assets.");
            continue;
        }
        if let Some(id) = rule.connection {
            let known = connection::Entity::find_by_id(id)
                .filter(connection::Column::RemovedAt.is_null())
                .one(db)
                .await?;
            if known.is_none() {
                wrong(format!("rules[{index}].connection"), "There is no such connection to JIRA.");
            }
        }
        for id in &rule.teams {
            if team::Entity::find_by_id(*id).one(db).await?.is_none() {
                wrong(format!("rules[{index}].teams"), "There is no such team.");
            }
        }
        for id in &rule.assets {
            if asset::Entity::find_by_id(*id).one(db).await?.is_none() {
                wrong(format!("rules[{index}].assets"), "There is no such asset.");
            }
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::all_invalid(errors)) }
}
