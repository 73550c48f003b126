//! The answers to the questions of SSVC: read from published records, or given by a person, whose word stays.

use abate_entity::lifecycle::Via;
use abate_entity::ssvc_assessment;
use abate_integrations::feed::ssvc::SsvcRecord;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait};
use serde::Serialize;
use serde_json::json;

use super::settle;
use crate::access::actor::Actor;
use crate::access::right::AssessVulnerabilities;
use crate::audit_log;
use crate::platform::problem::{FieldProblem, Problem};
use crate::state::AppState;

/// Rows of one INSERT.
const CHUNK: usize = 500;
/// Answers that came from a published record.
const RECORD: &str = "record";
/// Answers that somebody here gave.
const PERSON: &str = "person";
/// Longest reason, in characters.
const LONGEST: usize = 2000;

/// The answers about a vulnerability.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SsvcView {
    /// The vulnerability.
    pub cve: String,
    /// none, poc or active.
    pub exploitation: String,
    /// Whether an attack can be automated.
    pub automatable: bool,
    /// Whether an attack takes over everything.
    pub total_impact: bool,
    /// When it was judged.
    pub assessed_at: Option<DateTime<Utc>>,
    /// record or person.
    pub source: String,
    /// Why, in that person's words.
    pub reason: String,
}

impl From<ssvc_assessment::Model> for SsvcView {
    fn from(row: ssvc_assessment::Model) -> Self {
        Self {
            cve: row.cve,
            exploitation: row.exploitation,
            automatable: row.automatable,
            total_impact: row.total_impact,
            assessed_at: row.assessed_at,
            source: row.source,
            reason: row.reason,
        }
    }
}

/// What became of loaded records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Vulnerabilities whose answers are those of the record now.
    pub written: usize,
    /// Vulnerabilities that keep what a person has answered.
    pub kept: usize,
}

/// Takes over the answers of records; what a person has answered stays.
///
/// # Errors
/// When the database refuses.
pub async fn load(state: &AppState, records: &[SsvcRecord]) -> Result<Loaded, Problem> {
    let now = state.clock.now();
    let mut loaded = Loaded::default();
    for chunk in records.chunks(CHUNK) {
        let part = state.database.write(async |tx| load_part(tx, chunk, now).await).await?;
        loaded.written += part.written;
        loaded.kept += part.kept;
    }
    Ok(loaded)
}

async fn load_part(
    tx: &DatabaseTransaction,
    records: &[SsvcRecord],
    now: DateTime<Utc>,
) -> Result<Loaded, Problem> {
    let mut loaded = Loaded::default();
    for record in records {
        let row = ssvc_assessment::Model {
            cve: record.cve.clone(),
            exploitation: record.exploitation.clone(),
            automatable: record.automatable,
            total_impact: record.total_impact,
            assessed_at: record.assessed_at,
            source: RECORD.to_owned(),
            actor_id: None,
            reason: String::new(),
            recorded_at: now,
        };
        // The row is looked at as it is written: somebody may answer meanwhile.
        match put(tx, row, Some(PERSON)).await? {
            true => loaded.written += 1,
            false => loaded.kept += 1,
        }
    }
    let data = json!({ "written": loaded.written, "kept": loaded.kept });
    audit_log::add_as(tx, None, Via::Command, "ssvc.load", "ssvc", data, now).await?;
    settle::want_judged(tx, now).await?;
    Ok(loaded)
}

/// The answers of a person.
#[derive(Clone, Debug)]
pub struct NewAnswers {
    /// none, poc or active.
    pub exploitation: String,
    /// Whether an attack can be automated.
    pub automatable: bool,
    /// Whether an attack takes over everything.
    pub total_impact: bool,
    /// Why.
    pub reason: String,
}

/// Writes down what a person answers; it stays when records are loaded.
///
/// # Errors
/// 422 naming each field that is wrong, 403 for those who may not.
pub async fn answer(
    tx: &DatabaseTransaction,
    actor: &Actor,
    cve: &str,
    new: &NewAnswers,
    now: DateTime<Utc>,
) -> Result<ssvc_assessment::Model, Problem> {
    actor.require_in::<AssessVulnerabilities>(0)?;
    let mut wrong = Vec::new();
    if !["none", "poc", "active"].contains(&new.exploitation.as_str()) {
        wrong.push(FieldProblem::new("exploitation", "Use none, poc or active."));
    }
    let reason = new.reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST || reason.contains('\0') {
        let text = format!("Say why, in 1 to {LONGEST} characters.");
        wrong.push(FieldProblem::new("reason", text).by("reasoned"));
    }
    if !wrong.is_empty() {
        return Err(Problem::all_invalid(wrong));
    }
    let before = ssvc_assessment::Entity::find_by_id(cve.to_owned()).one(tx).await?;
    let row = ssvc_assessment::Model {
        cve: cve.to_owned(),
        exploitation: new.exploitation.clone(),
        automatable: new.automatable,
        total_impact: new.total_impact,
        assessed_at: Some(now),
        source: PERSON.to_owned(),
        actor_id: Some(actor.id),
        reason: reason.to_owned(),
        recorded_at: now,
    };
    put(tx, row.clone(), None).await?;
    let data = json!({
        "before": before.map(SsvcView::from), "after": SsvcView::from(row.clone()), "reason": reason,
    });
    audit_log::add(tx, actor, "ssvc.answer", cve, data, now).await?;
    settle::want_judged(tx, now).await?;
    Ok(row)
}

/// Writes answers in place of others, but for those of `stays`; answers whether they were written.
async fn put(
    tx: &impl ConnectionTrait,
    row: ssvc_assessment::Model,
    stays: Option<&str>,
) -> Result<bool, Problem> {
    use ssvc_assessment::Column;
    let replaced = OnConflict::column(Column::Cve)
        .update_columns([
            Column::Exploitation,
            Column::Automatable,
            Column::TotalImpact,
            Column::AssessedAt,
            Column::Source,
            Column::ActorId,
            Column::Reason,
            Column::RecordedAt,
        ])
        .action_and_where_option(stays.map(|source| Column::Source.ne(source)))
        .to_owned();
    let row = ssvc_assessment::ActiveModel {
        cve: Set(row.cve),
        exploitation: Set(row.exploitation),
        automatable: Set(row.automatable),
        total_impact: Set(row.total_impact),
        assessed_at: Set(row.assessed_at),
        source: Set(row.source),
        actor_id: Set(row.actor_id),
        reason: Set(row.reason),
        recorded_at: Set(row.recorded_at),
    };
    let written =
        ssvc_assessment::Entity::insert(row).on_conflict(replaced).exec_without_returning(tx).await?;
    Ok(written > 0)
}
