//! The unit of decision: one problem on one primary asset. Its key is `R-` and the id.

use sea_orm::entity::prelude::*;

use crate::level::Level;
use crate::lifecycle::{Resolution, State, Treatment};

/// The unit of decision: one problem on one primary asset. Its key is `R-` and the id.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "risk")]
pub struct Model {
    /// Number of its key, never used again.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// What its ticket is recognised by.
    pub uuid: Uuid,
    /// Counts its events; an edit names the version it saw.
    pub version: i32,
    /// Workshop, scanner or manual.
    #[sea_orm(column_type = "Text")]
    pub origin: String,
    /// The primary asset.
    pub asset_id: i64,
    /// Who answers for it.
    pub team_id: i64,
    /// The person who answers for it.
    pub owner_id: Option<i64>,
    /// The person who does the work.
    pub assignee_id: Option<i64>,
    /// One line.
    #[sea_orm(column_type = "Text")]
    pub title: String,
    /// What is wrong.
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// What to do about it.
    #[sea_orm(column_type = "Text")]
    pub mitigation: String,
    /// Where it stands in the lifecycle.
    pub state: State,
    /// Why it is closed.
    pub resolution: Option<Resolution>,
    /// Modify, retain, avoid or share.
    pub treatment: Option<Treatment>,
    /// Current level, which clocks and rights follow.
    pub level: Level,
    /// 1 to 5, before controls.
    pub inherent_likelihood: Option<i16>,
    /// 1 to 5, before controls.
    pub inherent_impact: Option<i16>,
    /// 1 to 5, with the controls that work today.
    pub current_likelihood: Option<i16>,
    /// 1 to 5, with the controls that work today.
    pub current_impact: Option<i16>,
    /// 1 to 5, after the planned treatment.
    pub target_likelihood: Option<i16>,
    /// 1 to 5, after the planned treatment.
    pub target_impact: Option<i16>,
    /// Current likelihood times impact, 0 when not rated.
    pub score: i16,
    /// The grid version the level was read from.
    pub grid_id: i64,
    /// The policy version the due dates were derived with.
    pub policy_id: i64,
    /// One of the seven phases.
    #[sea_orm(column_type = "Text", nullable)]
    pub kill_chain_phase: Option<String>,
    /// Where it was found.
    pub workshop_id: Option<i64>,
    /// In which story.
    pub scenario_id: Option<i64>,
    /// Tickets and messages carry key, level, date and link only.
    pub confidential: bool,
    /// A person asked for a ticket whatever the rule says.
    pub ticket_wanted: bool,
    /// Came in with a source's backlog: a ticket only on request.
    pub onboarding: bool,
    /// How it is going to be treated.
    #[sea_orm(column_type = "Text")]
    pub plan: String,
    /// When it was recorded.
    pub detected_at: DateTimeUtc,
    /// When its remediation clock starts.
    pub sla_start_at: DateTimeUtc,
    /// When it has to have left triage, the end of time when the clock is stopped.
    pub triage_due_at: DateTimeUtc,
    /// When it has to be gone, the end of time when there is no due date.
    pub due_at: DateTimeUtc,
    /// The same as a local day.
    pub due_on: Option<Date>,
    /// When that day came nearer than it was, or the directive judged; none where it is as the clock's start made it.
    pub due_nearer_at: Option<DateTimeUtc>,
    /// The IANA zone of that day.
    #[sea_orm(column_type = "Text")]
    pub due_zone: String,
    /// When somebody last said that it is fixed.
    pub claimed_at: Option<DateTimeUtc>,
    /// When it was closed.
    pub closed_at: Option<DateTimeUtc>,
    /// When a block or a transfer has to be looked at again.
    pub review_on: Option<Date>,
    /// Last day of the acceptance in force.
    pub acceptance_ends_on: Option<Date>,
    /// How often it came back.
    pub reopen_count: i16,
    /// What else the lifecycle looks at: claimants, proposals, pauses, counts.
    #[sea_orm(column_type = "JsonBinary")]
    pub standing: Json,
    /// The import that made it.
    pub import_id: Option<i64>,
    /// When the row was made.
    pub created_at: DateTimeUtc,
    /// When it was last changed.
    pub updated_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
