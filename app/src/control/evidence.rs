//! What shows that a control works: added by people here, and by `gather` from runs and scans.

use abate_entity::{control, control_evidence};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use super::decay;
use crate::access::actor::Actor;
use crate::access::right::DoRuns;
use crate::audit_log;
use crate::platform::problem::{FieldProblem, Problem};

/// Longest title, in characters.
const LONGEST: usize = 300;
/// Rows that are shown at most.
const SHOWN: u64 = 200;

/// Proof that a person adds.
#[derive(Clone, Debug, Default)]
pub struct NewProof {
    /// It, in one line.
    pub title: String,
    /// Where it is.
    pub url: Option<String>,
    /// What was measured.
    pub value: Option<f64>,
    /// Of when it is; now unless told.
    pub at: Option<DateTime<Utc>>,
}

/// Adds proof; a degraded control is active again when it is young enough.
///
/// # Errors
/// 422 naming each field that is wrong, 403 for those who may not.
pub async fn add(
    tx: &DatabaseTransaction,
    actor: &Actor,
    control: control::Model,
    new: &NewProof,
    now: DateTime<Utc>,
) -> Result<control_evidence::Model, Problem> {
    actor.require_in::<DoRuns>(0)?;
    let mut wrong = Vec::new();
    let title = new.title.trim();
    if title.is_empty() || title.chars().count() > LONGEST || title.contains('\0') {
        wrong.push(FieldProblem::new("title", format!("Say what it is, in 1 to {LONGEST} characters.")));
    }
    let web = |url: &String| ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    if new.url.as_ref().is_some_and(|url| !web(url) || url.chars().count() > 2000 || url.contains('\0')) {
        wrong.push(FieldProblem::new("url", "Give an address that begins with https:// or http://."));
    }
    if new.value.is_some_and(|value| !value.is_finite()) {
        wrong.push(FieldProblem::new("value", "Give a number."));
    }
    let at = new.at.unwrap_or(now);
    if at > now {
        let text = "Give the time of which it is: it cannot lie ahead.";
        wrong.push(FieldProblem::new("at", text).by("past_moment"));
    }
    if !wrong.is_empty() {
        return Err(Problem::all_invalid(wrong));
    }
    let kind = match (new.value, &new.url) {
        (Some(_), _) => "measurement",
        (None, Some(_)) => "link",
        (None, None) => "note",
    };
    let row = control_evidence::ActiveModel {
        control_id: Set(control.id),
        kind: Set(kind.to_owned()),
        title: Set(title.to_owned()),
        url: Set(new.url.clone()),
        value: Set(new.value),
        at: Set(at),
        added_by: Set(Some(actor.id)),
        created_at: Set(now),
        ..Default::default()
    };
    let row = row.insert(tx).await?;
    let data = json!({ "evidence": row.id, "kind": kind, "title": title, "at": at });
    audit_log::add(tx, actor, "control.evidence", &control.key, data, now).await?;
    decay::look_at(tx, control, now).await?;
    Ok(row)
}

/// The newest proof of a control, newest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of(db: &impl ConnectionTrait, control_id: i64) -> Result<Vec<control_evidence::Model>, Problem> {
    Ok(control_evidence::Entity::find()
        .filter(control_evidence::Column::ControlId.eq(control_id))
        .order_by_desc(control_evidence::Column::At)
        .order_by_desc(control_evidence::Column::Id)
        .limit(SHOWN)
        .all(db)
        .await?)
}

/// Of when the newest proof is.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn newest(
    db: &impl ConnectionTrait,
    control_id: i64,
) -> Result<Option<DateTime<Utc>>, Problem> {
    let row = control_evidence::Entity::find()
        .filter(control_evidence::Column::ControlId.eq(control_id))
        .order_by_desc(control_evidence::Column::At)
        .one(db)
        .await?;
    Ok(row.map(|row| row.at))
}
