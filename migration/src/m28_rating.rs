//! Each rating that a risk was given, and what it was read from.

use sea_orm_migration::prelude::*;

use crate::{m24_audit_guard, sql};

const TABLES: &str = r"
-- A rating of a risk as it was given once; never changed. The newest of a kind is the one that holds.
CREATE TABLE risk_rating (
    id {id},
    risk_id BIGINT NOT NULL REFERENCES risk (id), -- the risk
    version INTEGER NOT NULL, -- the risk's version that it came with
    kind TEXT NOT NULL CHECK (kind IN ('inherent', 'current', 'target')), -- before controls, with those of today, or after the treatment
    likelihood SMALLINT NOT NULL, -- on the scale of its grid
    impact SMALLINT NOT NULL, -- on the scale of its grid
    level SMALLINT NOT NULL, -- what both make on the grid
    grid_id BIGINT NOT NULL, -- the grid version that the level was read from
    because {json} NOT NULL, -- the reasons, one sentence each
    inputs {json} NOT NULL, -- what it was read from
    source TEXT NOT NULL, -- person, scanner, feed, workshop, asset, rule, grid
    actor_id BIGINT, -- who gave it, none for the system
    reason TEXT NOT NULL, -- why, in that person's words
    made_at {time} NOT NULL -- when
);
CREATE INDEX risk_rating_by_risk ON risk_rating (risk_id, id);
-- The answers to the questions of SSVC about a vulnerability; the one that holds.
CREATE TABLE ssvc_assessment (
    cve TEXT PRIMARY KEY, -- the vulnerability
    exploitation TEXT NOT NULL CHECK (exploitation IN ('none', 'poc', 'active')), -- whether it is exploited
    automatable BOOLEAN NOT NULL, -- whether an attack can be automated
    total_impact BOOLEAN NOT NULL, -- whether an attack takes over everything
    assessed_at {time}, -- when it was judged
    source TEXT NOT NULL CHECK (source IN ('record', 'person')), -- a published record, or somebody here
    actor_id BIGINT, -- who wrote it down, none for a command
    reason TEXT NOT NULL, -- why, in that person's words
    recorded_at {time} NOT NULL -- when it was written down
);
";

/// The migration of this file.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m28_rating"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::execute(manager, TABLES).await?;
        m24_audit_guard::insert_only(manager, "risk_rating").await
    }

    /// SQLite's default is to run without one, which leaves half a migration behind when the process dies.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
