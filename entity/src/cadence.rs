//! A recurring obligation.

use sea_orm::entity::prelude::*;

use crate::text_enum;

text_enum! {
    /// What a cadence is about.
    pub enum CadenceKind ("kind of cadence") {
        /// An audit against the OWASP ASVS.
        AsvsAudit = "asvs_audit",
        /// A look at new patches.
        PatchReview = "patch_review",
        /// A review of security by management.
        SecurityReview = "security_review",
        /// A threat-modelling workshop held again.
        ThreatModelRefresh = "threat_model_refresh",
        /// A rehearsal of an incident.
        IncidentDrill = "incident_drill",
        /// A training.
        Training = "training",
        /// A review of who may do what.
        AccessReview = "access_review",
        /// A rotation of keys.
        KeyRotation = "key_rotation",
        /// A restore of a backup.
        RestoreTest = "restore_test",
        /// A penetration test.
        PenetrationTest = "penetration_test",
        /// A scan of everything in scope.
        VulnerabilityScan = "vulnerability_scan",
        /// A failure made on purpose.
        ChaosExperiment = "chaos_experiment",
        /// Anything else.
        Other = "other",
    }
}

/// A recurring obligation.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cadence")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Name shown to people.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// What it is about.
    pub kind: CadenceKind,
    /// What has to be done.
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// RRULE.
    #[sea_orm(column_type = "Text")]
    pub rule: String,
    /// First date of the rule.
    pub starts_on: Date,
    /// Local time of day at which a run begins, HH:MM.
    #[sea_orm(column_type = "Text")]
    pub time_of_day: String,
    /// IANA zone of that time.
    #[sea_orm(column_type = "Text")]
    pub zone: String,
    /// How long before its date a run may be done.
    pub lead_days: i32,
    /// How long after its date a run may still be done late.
    pub grace_days: i32,
    /// Longest allowed gap between two completions.
    pub ceiling_months: Option<i32>,
    /// Whether a run on a day off is due on the business day before.
    pub back_to_business_day: bool,
    /// When a run was last done.
    pub last_done_on: Option<Date>,
    /// Who answers for it.
    pub team_id: i64,
    /// The person who does it.
    pub owner_id: Option<i64>,
    /// Whether runs are still made.
    pub active: bool,
    /// Counts its changes.
    pub version: i32,
    /// Runs up to here exist.
    pub made_until: DateTimeUtc,
    /// When the next run has to be made; the end of time once the rule has ended.
    pub look_again_at: DateTimeUtc,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was last changed.
    pub updated_at: DateTimeUtc,
}

/// Rows are joined by hand, where a query needs it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
