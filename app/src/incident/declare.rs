//! A person declares an incident, and says what data of whom is concerned.

use abate_entity::{incident, incident_data, risk};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};
use serde_json::json;

use super::key::IncidentKey;
use super::leaders::{self, CALL, Call};
use super::log::{self, NewEntry};
use super::state_rules::{BREACH, DECLARED, DRILL};
use super::{duty, ladder_rules};
use crate::access::actor::Actor;
use crate::asset::data_class;
use crate::audit_log;
use crate::platform::database::take_numbers;
use crate::platform::problem::{FieldProblem, Problem};
use crate::risk::create::check_text;
use crate::risk::record::{self, Change, NewEvent, Occasion};
use crate::risk::tag;

/// The range that the numbers of incidents come from.
const NUMBERS: &str = "incident";
/// Longest title, in characters.
const TITLE: usize = 300;
/// Longest text, in characters.
const TEXT: usize = 50_000;
/// Whose data it can be.
pub const SUBJECTS: [&str; 4] = ["customers", "employees", "patients", "others"];
/// Awareness lies at most so far back; who means a longer time has typed it wrongly.
const LONGEST_AGO: Duration = Duration::days(3660);

/// An incident to be declared.
#[derive(Clone, Debug, Default)]
pub struct NewIncident {
    /// breach or drill.
    pub kind: String,
    /// One line.
    pub title: String,
    /// What is known.
    pub description: String,
    /// When somebody became aware of it, now unless told.
    pub aware_at: Option<DateTime<Utc>>,
    /// Whose it is.
    pub team_id: i64,
    /// The finding it is about.
    pub finding_id: Option<i64>,
    /// The drill of a cadence.
    pub run_id: Option<i64>,
    /// What data of whom is concerned, as far as is known.
    pub data: Vec<NewData>,
}

/// Data that is concerned.
#[derive(Clone, Debug, Default)]
pub struct NewData {
    /// A class of data.
    pub data_class: String,
    /// Whose.
    pub subjects: String,
    /// How many people.
    pub people: Option<i64>,
    /// What else is known.
    pub note: String,
}

/// Declares an incident, tells those who lead, and starts the clocks.
///
/// # Errors
/// 422 naming each field that is wrong.
pub async fn declare(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    actor: &Actor,
    risk: Option<risk::Model>,
    new: NewIncident,
) -> Result<incident::Model, Problem> {
    let now = occasion.now;
    let aware_at = new.aware_at.unwrap_or(now);
    check(&new, aware_at, now)?;
    let id = take_numbers(tx, NUMBERS, 1).await?;
    let key = IncidentKey(id);
    let row = incident::ActiveModel {
        id: Set(id),
        version: Set(1),
        kind: Set(new.kind.clone()),
        title: Set(one_line(&new.title)),
        description: Set(new.description.clone()),
        state: Set(DECLARED.to_owned()),
        aware_at: Set(aware_at),
        zone: Set(occasion.policies.zone_of(new.team_id).name().to_owned()),
        team_id: Set(new.team_id),
        risk_id: Set(risk.as_ref().map(|risk| risk.id)),
        finding_id: Set(new.finding_id),
        run_id: Set(new.run_id),
        declared_by: Set(actor.id),
        declared_at: Set(now),
        via: Set(actor.via.as_str().to_owned()),
        told_hour: Set(0),
        summary: Set(String::new()),
        no_action_reason: Set(String::new()),
        ..Default::default()
    };
    let incident = row.insert(tx).await?;
    let data = json!({
        "kind": new.kind, "aware_at": aware_at, "finding": new.finding_id, "run": new.run_id,
        "risk": risk.as_ref().map(|risk| risk.id),
    });
    audit_log::add(tx, actor, "incident.declare", &key.to_string(), data, now).await?;
    log::add(tx, id, Some(actor), NewEntry::of("declared", now, &incident.title), now).await?;
    for data in new.data {
        add_data(tx, actor, &incident, data, now).await?;
    }
    if let Some(rung) = ladder_rules::due(now, -1, now) {
        let call = Call {
            kind: CALL,
            what: "h0",
            text: "was declared. It waits for somebody to acknowledge it.",
            said: "Called.",
            at: rung.at,
        };
        leaders::tell(tx, &incident, call, now).await?;
    }
    if let Some(risk) = risk {
        tag::add(tx, [(risk.id, "incident", key.to_string())]).await?;
        let mut event = NewEvent::plain("incident_declared", now);
        event.data.insert("incident".to_owned(), key.to_string().into());
        record::record(tx, occasion, vec![Change::of(risk, event)?]).await?;
    }
    Ok(incident)
}

fn check(new: &NewIncident, aware_at: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Problem> {
    check_text("title", &new.title, TITLE)?;
    check_text("description", &new.description, TEXT)?;
    let mut problems = Vec::new();
    if ![BREACH, DRILL].contains(&new.kind.as_str()) {
        problems.push(FieldProblem::new("kind", "Use breach or drill."));
    }
    if new.title.trim().is_empty() {
        problems.push(FieldProblem::new("title", "Say in one line what happened."));
    }
    if let Err(problem) = past_moment("aware_at", aware_at, now) {
        problems.extend(problem.errors().iter().cloned());
    }
    if problems.is_empty() { Ok(()) } else { Err(Problem::all_invalid(problems)) }
}

/// Refuses a moment that has not come, or that lies too long ago to be meant.
///
/// # Errors
/// 422 naming the field and the rule.
pub(super) fn past_moment(field: &str, at: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Problem> {
    let detail = if at > now {
        "This has not come yet; give a moment up to now."
    } else if at < now - LONGEST_AGO {
        "This lies more than ten years back; give the right moment."
    } else {
        return Ok(());
    };
    Err(Problem::all_invalid(vec![FieldProblem::new(field, detail).by("past_moment")]))
}

/// One line of what somebody typed.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Says what data of whom is concerned, or more of what was said before; makes the duties that follow.
///
/// # Errors
/// 422 naming the field that is wrong.
pub(super) async fn add_data(
    tx: &DatabaseTransaction,
    actor: &Actor,
    incident: &incident::Model,
    new: NewData,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    check_text("note", &new.note, TEXT)?;
    if !data_class::load(tx).await?.profiles.contains_key(&new.data_class) {
        let detail = format!("There is no class of data {:?}; see /api/v1/data-classes.", new.data_class);
        return Err(Problem::invalid("data_class", detail));
    }
    if !SUBJECTS.contains(&new.subjects.as_str()) {
        return Err(Problem::invalid("subjects", format!("Use {}.", SUBJECTS.join(", "))));
    }
    if new.people.is_some_and(|people| people < 0) {
        return Err(Problem::invalid("people", "Give the number of people, 0 or more."));
    }
    let known = incident_data::Entity::find()
        .filter(incident_data::Column::IncidentId.eq(incident.id))
        .filter(incident_data::Column::DataClass.eq(&new.data_class))
        .filter(incident_data::Column::Subjects.eq(&new.subjects))
        .one(tx)
        .await?;
    let row = incident_data::ActiveModel {
        incident_id: Set(incident.id),
        data_class: Set(new.data_class.clone()),
        subjects: Set(new.subjects.clone()),
        people_count: Set(new.people),
        note: Set(new.note.clone()),
        ..Default::default()
    };
    match known {
        None => row.insert(tx).await?,
        Some(known) => incident_data::ActiveModel { id: Set(known.id), ..row }.update(tx).await?,
    };
    let count = new.people.map_or_else(|| "number not known".to_owned(), |people| people.to_string());
    let text = format!("{} of {} ({count}). {}", new.data_class, new.subjects, new.note);
    log::add(tx, incident.id, Some(actor), NewEntry::of("data", now, text.trim_end()), now).await?;
    duty::make(tx, actor, incident, false, now).await
}
