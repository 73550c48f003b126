//! What the API says of an incident.

use abate_entity::{incident, incident_action, incident_data, risk, team};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;

use crate::incident::key::IncidentKey;
use crate::incident::{duty, log};
use crate::platform::problem::Problem;
use crate::risk::api::view::Names;
use crate::risk::key::RiskKey;

/// An incident, as lists show it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct IncidentView {
    /// Its key.
    pub key: String,
    /// Counts its changes; send it as `If-Match` with an edit.
    pub version: i32,
    /// breach or drill.
    pub kind: String,
    /// One line.
    pub title: String,
    /// declared, acknowledged, contained or closed.
    pub state: String,
    /// When somebody became aware of it.
    pub aware_at: DateTime<Utc>,
    /// The zone in which its days count.
    pub zone: String,
    /// Key of the team.
    pub team: String,
    /// Key of the risk it was declared from.
    pub risk: Option<String>,
    /// Number of the finding it was declared from.
    pub finding: Option<i64>,
    /// Number of the drill of a cadence.
    pub run: Option<i64>,
    /// Address of who declared it.
    pub declared_by: Option<String>,
    /// When.
    pub declared_at: DateTime<Utc>,
    /// Address of who took it on.
    pub acknowledged_by: Option<String>,
    /// When.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// When it could do no more harm.
    pub contained_at: Option<DateTime<Utc>>,
    /// Address of who closed it.
    pub closed_by: Option<String>,
    /// When.
    pub closed_at: Option<DateTime<Utc>>,
}

/// An incident with all that is known of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct IncidentDetail {
    /// The incident.
    #[serde(flatten)]
    pub incident: IncidentView,
    /// What is known.
    pub description: String,
    /// What happened and what was learned.
    pub summary: String,
    /// Why nothing follows, where nothing does.
    pub no_action_reason: String,
    /// What data of whom is concerned.
    pub data: Vec<DataView>,
    /// Who has to be told by when, the earliest first.
    pub duties: Vec<DutyView>,
    /// The risks that follow.
    pub actions: Vec<ActionView>,
    /// Who was told what, when and how, and what else was done.
    pub log: Vec<EntryView>,
}

/// Data that is concerned.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DataView {
    /// A class of data.
    pub data_class: String,
    /// customers, employees, patients or others.
    pub subjects: String,
    /// How many, as far as is known.
    pub people: Option<i64>,
    /// What else is known.
    pub note: String,
}

/// Somebody who has to be told.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DutyView {
    /// Its number.
    pub id: i64,
    /// Who has to be told.
    pub authority: String,
    /// How they are reached.
    pub contact: String,
    /// The class of data whose rule it is.
    pub data_class: String,
    /// What asks for it.
    pub legal_basis: String,
    /// The version of the rules.
    pub rules_version: i32,
    /// The clock in words.
    pub clock: String,
    /// By when.
    pub due_at: DateTime<Utc>,
    /// open, told or `not_needed`.
    pub state: String,
    /// When they were told.
    pub told_at: Option<DateTime<Utc>>,
    /// How, with what proves it.
    pub how: String,
    /// Why it was not needed.
    pub reason: String,
    /// Address of who said so.
    pub decided_by: Option<String>,
}

/// A risk that follows.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ActionView {
    /// Its key.
    pub key: String,
    /// One line.
    pub title: String,
    /// Where it stands.
    pub state: String,
}

/// A line of the log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EntryView {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// When it was written.
    pub recorded_at: DateTime<Utc>,
    /// Address of who wrote it, none for the system.
    pub by: Option<String>,
    /// Through what.
    pub via: String,
    /// declared, data, told, duty, ladder, acknowledged, contained, action, note, changed or closed.
    pub kind: String,
    /// Who was told.
    pub who: String,
    /// How.
    pub how: String,
    /// What.
    pub text: String,
}

impl IncidentView {
    /// Incidents with the names that they refer to, in the same order.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn of(db: &impl ConnectionTrait, rows: Vec<incident::Model>) -> Result<Vec<Self>, Problem> {
        let people: Vec<i64> = rows
            .iter()
            .flat_map(|row| [Some(row.declared_by), row.acknowledged_by, row.closed_by])
            .flatten()
            .collect();
        let names = Names::of(db, &[], &people).await?;
        let teams = team::Entity::find().all(db).await?;
        Ok(rows.into_iter().map(|row| Self::new(row, &names, &teams)).collect())
    }

    fn new(row: incident::Model, names: &Names, teams: &[team::Model]) -> Self {
        let team = teams.iter().find(|team| team.id == row.team_id);
        let email = |id: Option<i64>| id.and_then(|id| names.email(id));
        Self {
            key: IncidentKey(row.id).to_string(),
            version: row.version,
            kind: row.kind,
            title: row.title,
            state: row.state,
            aware_at: row.aware_at,
            zone: row.zone,
            team: team.map(|team| team.key.clone()).unwrap_or_default(),
            risk: row.risk_id.map(|id| RiskKey(id).to_string()),
            finding: row.finding_id,
            run: row.run_id,
            declared_by: email(Some(row.declared_by)),
            declared_at: row.declared_at,
            acknowledged_by: email(row.acknowledged_by),
            acknowledged_at: row.acknowledged_at,
            contained_at: row.contained_at,
            closed_by: email(row.closed_by),
            closed_at: row.closed_at,
        }
    }
}

impl IncidentDetail {
    /// All that is known of an incident.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn of(db: &impl ConnectionTrait, row: incident::Model) -> Result<Self, Problem> {
        let id = row.id;
        let data = incident_data::Entity::find()
            .filter(incident_data::Column::IncidentId.eq(id))
            .order_by_asc(incident_data::Column::DataClass)
            .order_by_asc(incident_data::Column::Subjects)
            .all(db)
            .await?;
        let duties = duty::of(db, id).await?;
        let entries = log::of(db, id).await?;
        let people: Vec<i64> = duties
            .iter()
            .map(|duty| duty.decided_by)
            .chain(entries.iter().map(|entry| entry.actor_id))
            .flatten()
            .collect();
        let names = Names::of(db, &[], &people).await?;
        let email = |id: Option<i64>| id.and_then(|id| names.email(id));
        let texts = (row.description.clone(), row.summary.clone(), row.no_action_reason.clone());
        let (description, summary, no_action_reason) = texts;
        let incident = IncidentView::of(db, vec![row]).await?.pop();
        Ok(Self {
            incident: incident.ok_or_else(|| Problem::not_found("such incident"))?,
            description,
            summary,
            no_action_reason,
            data: data
                .into_iter()
                .map(|row| DataView {
                    data_class: row.data_class,
                    subjects: row.subjects,
                    people: row.people_count,
                    note: row.note,
                })
                .collect(),
            duties: duties
                .into_iter()
                .map(|row| DutyView {
                    id: row.id,
                    authority: row.authority,
                    contact: row.contact,
                    data_class: row.data_class,
                    legal_basis: row.legal_basis,
                    rules_version: row.rules_version,
                    clock: row.clock,
                    due_at: row.due_at,
                    state: row.state,
                    told_at: row.told_at,
                    how: row.told_how,
                    reason: row.reason,
                    decided_by: email(row.decided_by),
                })
                .collect(),
            actions: actions(db, id).await?,
            log: entries
                .into_iter()
                .map(|row| EntryView {
                    at: row.at,
                    recorded_at: row.recorded_at,
                    by: email(row.actor_id),
                    via: row.via,
                    kind: row.kind,
                    who: row.who,
                    how: row.how,
                    text: row.text,
                })
                .collect(),
        })
    }
}

async fn actions(db: &impl ConnectionTrait, incident_id: i64) -> Result<Vec<ActionView>, Problem> {
    let links = incident_action::Entity::find()
        .filter(incident_action::Column::IncidentId.eq(incident_id))
        .all(db)
        .await?;
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let risks = risk::Entity::find()
        .filter(risk::Column::Id.is_in(links.into_iter().map(|link| link.risk_id)))
        .order_by_asc(risk::Column::Id)
        .all(db)
        .await?;
    let view = |risk: risk::Model| ActionView {
        key: RiskKey(risk.id).to_string(),
        title: risk.title,
        state: risk.state.to_string(),
    };
    Ok(risks.into_iter().map(view).collect())
}
