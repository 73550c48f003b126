//! What people do with an incident: take it on, contain it, correct it, add to its log, close it.

use abate_entity::{incident, incident_action};
use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use super::declare::{NewData, add_data, one_line, past_moment};
use super::duty::{self, OPEN, Settlement};
use super::key::IncidentKey;
use super::leaders;
use super::log::{self, NewEntry};
use super::state_rules::{ACKNOWLEDGED, CLOSED, CONTAINED, Closing, DECLARED, missing};
use crate::access::actor::Actor;
use crate::audit_log;
use crate::platform::problem::{FieldProblem, Kind, Problem};
use crate::risk::create::check_text;

/// Longest title, in characters.
const TITLE: usize = 300;
/// Longest text, in characters.
const TEXT: usize = 50_000;

/// Something that a person does with an incident.
#[derive(Clone, Debug)]
pub enum Step {
    /// Takes it on; nobody is called any more.
    Acknowledge,
    /// Says that it can do no more harm.
    Contain,
    /// Says what data of whom is concerned.
    Data(NewData),
    /// Adds a line to its log: who was told when and how, or a note.
    Entry(Entry),
    /// Says when and how somebody was told who had to be, or why they need not be.
    Duty(i64, Settlement),
    /// Corrects what it says.
    Edit(Edit),
    /// Closes it.
    Close {
        /// What happened and what was learned.
        summary: Option<String>,
        /// Why nothing follows, where nothing does.
        no_action_reason: Option<String>,
    },
}

/// A line for the log.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// When it happened, now unless told.
    pub at: Option<DateTime<Utc>>,
    /// Who was told; empty for a note.
    pub who: String,
    /// How.
    pub how: String,
    /// What.
    pub text: String,
}

/// A correction; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// One line.
    pub title: Option<String>,
    /// What is known.
    pub description: Option<String>,
    /// When somebody became aware of it.
    pub aware_at: Option<DateTime<Utc>>,
    /// What happened and what was learned.
    pub summary: Option<String>,
    /// Why the moment of awareness changes.
    pub reason: String,
}

/// Does it, and writes it down.
///
/// # Errors
/// 403 for who may not lead it, 409 for a step that is not open any more, 422 for what is missing, 412 when somebody else was faster.
pub async fn take(
    tx: &DatabaseTransaction,
    actor: &Actor,
    incident: incident::Model,
    step: Step,
    now: DateTime<Utc>,
) -> Result<incident::Model, Problem> {
    let closed = incident.state == CLOSED;
    if closed && !matches!(step, Step::Entry(_)) {
        let key = IncidentKey(incident.id);
        let detail = format!("{key} is closed. Only lines can be added to its log.");
        return Err(Problem::new(Kind::Conflict, detail));
    }
    let mut change = incident::ActiveModel::default();
    let action = match step {
        Step::Acknowledge => {
            leaders::require(tx, actor, &incident).await?;
            if incident.acknowledged_at.is_some() {
                return Err(Problem::new(Kind::Conflict, "Somebody has acknowledged it already."));
            }
            if incident.state == DECLARED {
                change.state = Set(ACKNOWLEDGED.to_owned());
            }
            change.acknowledged_by = Set(Some(actor.id));
            change.acknowledged_at = Set(Some(now));
            note(tx, actor, &incident, "acknowledged", "Acknowledged.", now).await?;
            "acknowledge"
        }
        Step::Contain => {
            if incident.contained_at.is_some() {
                return Err(Problem::new(Kind::Conflict, "It is contained already."));
            }
            change.state = Set(CONTAINED.to_owned());
            change.contained_at = Set(Some(now));
            note(tx, actor, &incident, "contained", "Contained.", now).await?;
            "contain"
        }
        Step::Data(data) => {
            add_data(tx, actor, &incident, data, now).await?;
            "data"
        }
        Step::Entry(entry) => {
            add_entry(tx, actor, &incident, &entry, now).await?;
            "entry"
        }
        Step::Duty(id, settlement) => {
            duty::settle(tx, actor, &incident, id, &settlement, now).await?;
            "duty"
        }
        Step::Edit(edit) => {
            if !correct(tx, actor, &incident, &mut change, edit, now).await? {
                return Ok(incident);
            }
            "edit"
        }
        Step::Close { summary, no_action_reason } => {
            leaders::require(tx, actor, &incident).await?;
            let summary = summary.unwrap_or_else(|| incident.summary.clone());
            let reason = no_action_reason.unwrap_or_default();
            check_text("summary", &summary, TEXT)?;
            check_text("no_action_reason", &reason, TEXT)?;
            may_close(tx, &incident, &summary, &reason).await?;
            change.state = Set(CLOSED.to_owned());
            change.summary = Set(summary.clone());
            change.no_action_reason = Set(reason.trim().to_owned());
            change.closed_by = Set(Some(actor.id));
            change.closed_at = Set(Some(now));
            note(tx, actor, &incident, "closed", &summary, now).await?;
            "close"
        }
    };
    let after = write(tx, &incident, change).await?;
    let subject = IncidentKey(incident.id).to_string();
    let data = json!({ "from": incident.state, "to": after.state });
    audit_log::add(tx, actor, &format!("incident.{action}"), &subject, data, now).await?;
    if after.aware_at != incident.aware_at {
        duty::make(tx, actor, &after, true, now).await?;
    }
    Ok(after)
}

async fn note(
    tx: &DatabaseTransaction,
    actor: &Actor,
    incident: &incident::Model,
    kind: &'static str,
    text: &str,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    log::add(tx, incident.id, Some(actor), NewEntry::of(kind, now, text), now).await
}

/// Writes a change, unless somebody else wrote one meanwhile.
pub(super) async fn write(
    tx: &DatabaseTransaction,
    before: &incident::Model,
    mut change: incident::ActiveModel,
) -> Result<incident::Model, Problem> {
    change.version = Set(before.version + 1);
    let written = incident::Entity::update_many()
        .set(change)
        .filter(incident::Column::Id.eq(before.id))
        .filter(incident::Column::Version.eq(before.version))
        .exec(tx)
        .await?;
    let key = IncidentKey(before.id);
    if written.rows_affected != 1 {
        let detail = format!("{key} was changed by somebody else meanwhile; read it again and repeat.");
        return Err(Problem::new(Kind::Stale, detail));
    }
    let after = incident::Entity::find_by_id(before.id).one(tx).await?;
    after.ok_or_else(|| Problem::not_found(format!("incident {key}")))
}

async fn add_entry(
    tx: &DatabaseTransaction,
    actor: &Actor,
    incident: &incident::Model,
    entry: &Entry,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    for (field, text) in [("who", &entry.who), ("how", &entry.how), ("text", &entry.text)] {
        check_text(field, text, TEXT)?;
    }
    let at = entry.at.unwrap_or(now);
    past_moment("at", at, now)?;
    let (who, how, text) = (entry.who.trim(), entry.how.trim(), entry.text.trim());
    let kind = if who.is_empty() { "note" } else { "told" };
    if kind == "told" && how.is_empty() {
        return Err(Problem::invalid("how", "Say how they were told."));
    }
    if kind == "note" && text.is_empty() {
        return Err(Problem::invalid("text", "Write what happened, or who was told."));
    }
    log::add(tx, incident.id, Some(actor), NewEntry { kind, at, who, how, text }, now).await
}

/// Works a correction into the change; answers whether it changes anything.
async fn correct(
    tx: &DatabaseTransaction,
    actor: &Actor,
    incident: &incident::Model,
    change: &mut incident::ActiveModel,
    edit: Edit,
    now: DateTime<Utc>,
) -> Result<bool, Problem> {
    let mut said = Vec::new();
    if let Some(title) = edit.title.map(|title| one_line(&title)).filter(|title| *title != incident.title) {
        check_text("title", &title, TITLE)?;
        if title.is_empty() {
            return Err(Problem::invalid("title", "Say in one line what happened."));
        }
        said.push(format!("Title, before: {}", incident.title));
        change.title = Set(title);
    }
    if let Some(text) = edit.description.filter(|text| *text != incident.description) {
        check_text("description", &text, TEXT)?;
        said.push(format!("Description, before: {}", incident.description));
        change.description = Set(text);
    }
    if let Some(text) = edit.summary.filter(|text| *text != incident.summary) {
        check_text("summary", &text, TEXT)?;
        said.push(format!("Summary, before: {}", incident.summary));
        change.summary = Set(text);
    }
    if let Some(aware_at) = edit.aware_at.filter(|at| *at != incident.aware_at) {
        past_moment("aware_at", aware_at, now)?;
        check_text("reason", &edit.reason, TEXT)?;
        if edit.reason.trim().is_empty() {
            return Err(Problem::invalid("reason", "Say why the moment of awareness was another."));
        }
        let words = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let (from, to) = (words(incident.aware_at), words(aware_at));
        said.push(format!("Aware at {to}, before {from}: {}", edit.reason.trim()));
        change.aware_at = Set(aware_at);
    }
    for text in &said {
        note(tx, actor, incident, "changed", text, now).await?;
    }
    Ok(!said.is_empty())
}

async fn may_close(
    tx: &DatabaseTransaction,
    incident: &incident::Model,
    summary: &str,
    no_action_reason: &str,
) -> Result<(), Problem> {
    let duties = duty::of(tx, incident.id).await?;
    let open: Vec<String> =
        duties.into_iter().filter(|duty| duty.state == OPEN).map(|duty| duty.authority).collect();
    let actions = incident_action::Entity::find()
        .filter(incident_action::Column::IncidentId.eq(incident.id))
        .count(tx)
        .await?;
    let closing = Closing {
        acknowledged_at: incident.acknowledged_at,
        contained_at: incident.contained_at,
        summary,
        actions,
        no_action_reason,
        open_duties: &open,
    };
    let missing = missing(&closing);
    if missing.is_empty() {
        return Ok(());
    }
    let problems = missing.into_iter().map(|(field, rule, detail)| FieldProblem::new(field, detail).by(rule));
    Err(Problem::all_invalid(problems.collect()))
}
