//! The duties of an incident: made from the rules when it is known what data is concerned, and settled by people.

use std::collections::BTreeSet;

use abate_entity::{incident, incident_data, incident_duty};
use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, QueryOrder,
};

use super::log::{self, NewEntry};
use super::{duty_rules, notify_rule};
use crate::access::actor::Actor;
use crate::platform::problem::{Kind, Problem};
use crate::risk::create::check_text;

/// Nobody has been told yet.
pub(super) const OPEN: &str = "open";
/// They were told.
pub(super) const TOLD: &str = "told";
/// They need not be told.
pub(super) const NOT_NEEDED: &str = "not_needed";
/// Longest text, in characters.
const TEXT: usize = 5000;

/// The duties of an incident, the earliest first.
pub(super) async fn of(
    db: &impl ConnectionTrait,
    incident_id: i64,
) -> Result<Vec<incident_duty::Model>, Problem> {
    Ok(incident_duty::Entity::find()
        .filter(incident_duty::Column::IncidentId.eq(incident_id))
        .order_by_asc(incident_duty::Column::DueAt)
        .order_by_asc(incident_duty::Column::Authority)
        .all(db)
        .await?)
}

/// Makes the duties that the concerned data asks for, and brings open ones forward where a stricter clock applies, or
/// to where they belong when the moment of awareness was corrected.
pub(super) async fn make(
    tx: &DatabaseTransaction,
    actor: &Actor,
    incident: &incident::Model,
    corrected: bool,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let data = incident_data::Entity::find()
        .filter(incident_data::Column::IncidentId.eq(incident.id))
        .all(tx)
        .await?;
    let classes: BTreeSet<String> = data.into_iter().map(|row| row.data_class).collect();
    let classes: Vec<String> = classes.into_iter().collect();
    let zone: Tz = incident.zone.parse().unwrap_or(Tz::UTC);
    let set = notify_rule::load(tx).await?;
    let known = of(tx, incident.id).await?;
    for (rule, due_at) in duty_rules::duties(&set.rules, &classes, incident.aware_at, zone) {
        let before = known.iter().find(|duty| duty.authority == rule.authority);
        let settled = before.is_some_and(|duty| duty.state != OPEN);
        let stands = before.is_some_and(|duty| duty.due_at == due_at || (duty.due_at < due_at && !corrected));
        if settled || stands {
            continue;
        }
        let row = incident_duty::ActiveModel {
            incident_id: Set(incident.id),
            authority: Set(rule.authority.clone()),
            contact: Set(rule.contact.clone()),
            legal_basis: Set(rule.legal_basis.clone()),
            data_class: Set(rule.data_class.clone()),
            rules_version: Set(set.version),
            clock: Set(rule.clock()),
            due_at: Set(due_at),
            state: Set(OPEN.to_owned()),
            told_stage: Set(0),
            told_how: Set(String::new()),
            reason: Set(String::new()),
            ..Default::default()
        };
        match before {
            None => row.insert(tx).await?,
            Some(duty) => incident_duty::ActiveModel { id: Set(duty.id), ..row }.update(tx).await?,
        };
        let by = due_at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let text =
            format!("To be told by {by}: {} ({}, {}).", rule.clock(), rule.data_class, rule.legal_basis);
        let entry = NewEntry { who: &rule.authority, ..NewEntry::of("duty", now, &text) };
        log::add(tx, incident.id, Some(actor), entry, now).await?;
    }
    Ok(())
}

/// How a duty was settled.
#[derive(Clone, Debug, Default)]
pub struct Settlement {
    /// told or `not_needed`.
    pub state: String,
    /// When they were told.
    pub told_at: Option<DateTime<Utc>>,
    /// How, with what proves it.
    pub how: String,
    /// Why it was not needed.
    pub reason: String,
}

/// Settles a duty, once.
///
/// # Errors
/// 404 when the incident has none of that number, 409 when it is settled, 422 for what is missing.
pub(super) async fn settle(
    tx: &DatabaseTransaction,
    actor: &Actor,
    incident: &incident::Model,
    id: i64,
    settlement: &Settlement,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let found = incident_duty::Entity::find_by_id(id)
        .filter(incident_duty::Column::IncidentId.eq(incident.id))
        .one(tx)
        .await?;
    let duty = found.ok_or_else(|| Problem::not_found(format!("duty {id} of this incident")))?;
    if duty.state != OPEN {
        let detail = "This is settled already. Add a line to the log to correct what it says.";
        return Err(Problem::new(Kind::Conflict, detail));
    }
    check_text("how", &settlement.how, TEXT)?;
    check_text("reason", &settlement.reason, TEXT)?;
    let (how, reason) = (settlement.how.trim(), settlement.reason.trim());
    let (told_at, entry) = match settlement.state.as_str() {
        TOLD => {
            let told_at = settlement.told_at.unwrap_or(now);
            super::declare::past_moment("told_at", told_at, now)?;
            if told_at < incident.aware_at {
                return Err(Problem::invalid("told_at", "That is before anybody was aware of it."));
            }
            if how.is_empty() {
                return Err(Problem::invalid("how", "Say how they were told, and what proves it."));
            }
            let entry = NewEntry { kind: "told", at: told_at, who: &duty.authority, how, text: reason };
            (Some(told_at), entry)
        }
        NOT_NEEDED if reason.is_empty() => {
            return Err(Problem::invalid("reason", "Say why they need not be told, and who says so."));
        }
        NOT_NEEDED => {
            (None, NewEntry { who: &duty.authority, how: NOT_NEEDED, ..NewEntry::of("duty", now, reason) })
        }
        _ => return Err(Problem::invalid("state", "Use told or not_needed.")),
    };
    let row = incident_duty::ActiveModel {
        id: Set(duty.id),
        state: Set(settlement.state.clone()),
        told_at: Set(told_at),
        told_how: Set(if told_at.is_some() { how.to_owned() } else { String::new() }),
        reason: Set(reason.to_owned()),
        decided_by: Set(Some(actor.id)),
        decided_at: Set(Some(now)),
        ..Default::default()
    };
    row.update(tx).await?;
    log::add(tx, incident.id, Some(actor), entry, now).await
}
