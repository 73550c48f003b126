//! The database schema of Abate: one subject a file, each run once, in order.

mod sql;

mod m01_organisation;
mod m02_people;
mod m03_register;
mod m04_workshop;
mod m05_policy;
mod m06_risk;
mod m07_intake;
mod m08_ticket;
mod m09_message;
mod m10_job;
mod m11_obligation;
mod m12_posture;
mod m13_audit_log;
mod m14_file;
mod m15_idempotency;
mod m16_search;
mod m17_asset_assessment;
mod m18_intake_rule;
mod m19_gate;
mod m19_merge_proposal;
mod m20_feed;
mod m21_hook;
mod m22_threat_model;
mod m23_notice;
mod m24_audit_guard;
mod m24_datadog;
mod m27_owner;
mod m28_rating;
mod m29_control;
mod m30_incident;
mod m31_file_use;
mod m32_evidence_pack;
mod m33_ticket_stranger;
mod m34_ticket_drift;
mod m35_ticket_rule;
mod m36_ticket_mapping;
mod m37_ticket_group;
mod m38_jira_webhook;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

/// All migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m01_organisation::Migration),
            Box::new(m02_people::Migration),
            Box::new(m03_register::Migration),
            Box::new(m04_workshop::Migration),
            Box::new(m05_policy::Migration),
            Box::new(m06_risk::Migration),
            Box::new(m07_intake::Migration),
            Box::new(m08_ticket::Migration),
            Box::new(m09_message::Migration),
            Box::new(m10_job::Migration),
            Box::new(m11_obligation::Migration),
            Box::new(m12_posture::Migration),
            Box::new(m13_audit_log::Migration),
            Box::new(m14_file::Migration),
            Box::new(m15_idempotency::Migration),
            Box::new(m16_search::Migration),
            Box::new(m17_asset_assessment::Migration),
            Box::new(m18_intake_rule::Migration),
            Box::new(m19_gate::Migration),
            Box::new(m19_merge_proposal::Migration),
            Box::new(m20_feed::Migration),
            Box::new(m21_hook::Migration),
            Box::new(m22_threat_model::Migration),
            Box::new(m24_datadog::Migration),
            Box::new(m23_notice::Migration),
            Box::new(m24_audit_guard::Migration),
            Box::new(m27_owner::Migration),
            Box::new(m28_rating::Migration),
            Box::new(m29_control::Migration),
            Box::new(m30_incident::Migration),
            Box::new(m31_file_use::Migration),
            Box::new(m32_evidence_pack::Migration),
            Box::new(m33_ticket_stranger::Migration),
            Box::new(m34_ticket_drift::Migration),
            Box::new(m35_ticket_rule::Migration),
            Box::new(m36_ticket_mapping::Migration),
            Box::new(m37_ticket_group::Migration),
            Box::new(m38_jira_webhook::Migration),
        ]
    }
}
