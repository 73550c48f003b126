//! What controls answer for in frameworks, what proves that they work, and where that proof comes from by itself.

use sea_orm_migration::prelude::*;

use crate::{m24_audit_guard, sql};

const TABLES: &str = r"
-- An item of a framework that a control answers.
CREATE TABLE control_mapping (
    id {id},
    control_id BIGINT NOT NULL REFERENCES control (id), -- the control
    framework TEXT NOT NULL, -- the framework with its version
    item TEXT NOT NULL, -- the item in the framework's own words, as A.8.8
    UNIQUE (control_id, framework, item)
);
CREATE INDEX control_mapping_by_item ON control_mapping (framework, item, id);
-- What shows that a control works; rows are only ever added.
CREATE TABLE control_evidence (
    id {id},
    control_id BIGINT NOT NULL REFERENCES control (id), -- the control
    kind TEXT NOT NULL CHECK (kind IN ('link', 'note', 'measurement', 'run', 'import')), -- what it is
    title TEXT NOT NULL, -- it, in one line
    url TEXT, -- where it is
    value DOUBLE PRECISION, -- what was measured
    run_id BIGINT, -- the run of an obligation that it is
    import_id BIGINT, -- the scan that it is
    at {time} NOT NULL, -- of when it is
    added_by BIGINT, -- who added it, none for the system
    created_at {time} NOT NULL, -- when it was added
    UNIQUE (control_id, run_id),
    UNIQUE (control_id, import_id)
);
CREATE INDEX control_evidence_by_control ON control_evidence (control_id, at, id);
-- Where the proof of a control comes from by itself.
CREATE TABLE control_feed (
    id {id},
    control_id BIGINT NOT NULL REFERENCES control (id), -- the control
    cadence_id BIGINT REFERENCES cadence (id), -- an obligation whose completed runs are proof
    source_id BIGINT REFERENCES source (id), -- a source whose full scans are proof
    CHECK ((cadence_id IS NULL) <> (source_id IS NULL)),
    UNIQUE (control_id, cadence_id),
    UNIQUE (control_id, source_id)
);
CREATE INDEX risk_control_by_control ON risk_control (control_id, risk_id);
";

/// The migration of this file.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m29_control"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::execute(manager, TABLES).await?;
        m24_audit_guard::insert_only(manager, "control_evidence").await
    }

    /// SQLite's default is to run without one, which leaves half a migration behind when the process dies.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
