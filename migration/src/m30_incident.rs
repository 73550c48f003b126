//! Incidents: what was declared a data breach, or drilled as one, who had to be told by when, and who was told.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

use crate::sql;

const TABLES: &str = r"
-- A data breach that a person declared, or a drill of one. Its key is `I-` and the id.
CREATE TABLE incident (
    id BIGINT PRIMARY KEY, -- number of its key, never used again
    version INTEGER NOT NULL, -- counts its changes
    kind TEXT NOT NULL CHECK (kind IN ('breach', 'drill')), -- what it is
    title TEXT NOT NULL, -- one line
    description TEXT NOT NULL, -- what is known
    state TEXT NOT NULL CHECK (state IN ('declared', 'acknowledged', 'contained', 'closed')), -- where it stands
    aware_at {time} NOT NULL, -- when somebody became aware of it, from which legal clocks run
    zone TEXT NOT NULL, -- the IANA zone in which its days count
    team_id BIGINT NOT NULL, -- whose it is
    risk_id BIGINT, -- the risk it was declared from
    finding_id BIGINT, -- the finding it was declared from
    run_id BIGINT, -- the drill of a cadence
    declared_by BIGINT NOT NULL, -- who said so
    declared_at {time} NOT NULL, -- when
    via TEXT NOT NULL, -- through what
    told_hour INTEGER NOT NULL, -- the hour since then in which leaders were last told
    acknowledged_by BIGINT, -- who took it on
    acknowledged_at {time}, -- when
    contained_at {time}, -- when it could do no more harm
    summary TEXT NOT NULL, -- what happened and what was learned
    no_action_reason TEXT NOT NULL, -- why nothing follows, where nothing does
    closed_by BIGINT, -- who closed it
    closed_at {time} -- when
);
CREATE INDEX incident_by_state ON incident (state, id);
CREATE INDEX incident_by_risk ON incident (risk_id, id);
-- What data of whom is concerned.
CREATE TABLE incident_data (
    id {id},
    incident_id BIGINT NOT NULL REFERENCES incident (id), -- the incident
    data_class TEXT NOT NULL, -- a class of the table of data classes
    subjects TEXT NOT NULL, -- customers, employees, patients or others
    people_count BIGINT, -- how many, as far as is known
    note TEXT NOT NULL, -- what else is known
    UNIQUE (incident_id, data_class, subjects)
);
-- Somebody who has to be told by a moment; of several rules for one, the earliest counts.
CREATE TABLE incident_duty (
    id {id},
    incident_id BIGINT NOT NULL REFERENCES incident (id), -- the incident
    authority TEXT NOT NULL, -- who has to be told
    contact TEXT NOT NULL, -- how they are reached
    legal_basis TEXT NOT NULL, -- what asks for it
    data_class TEXT NOT NULL, -- the class whose rule it is
    rules_version INTEGER NOT NULL, -- the version of the rules
    clock TEXT NOT NULL, -- the clock in words
    due_at {time} NOT NULL, -- by when
    state TEXT NOT NULL CHECK (state IN ('open', 'told', 'not_needed')), -- whether it was done
    told_stage INTEGER NOT NULL, -- how much of its time had passed when people were last reminded
    told_at {time}, -- when they were told
    told_how TEXT NOT NULL, -- how, with what proves it
    reason TEXT NOT NULL, -- why it was not needed
    decided_by BIGINT, -- who said so
    decided_at {time}, -- when
    UNIQUE (incident_id, authority)
);
CREATE INDEX incident_duty_by_state ON incident_duty (state, incident_id, id);
-- Who was told what, when and how, and what else was done. Rows are never changed.
CREATE TABLE incident_entry (
    id {id},
    incident_id BIGINT NOT NULL REFERENCES incident (id), -- the incident
    at {time} NOT NULL, -- when it happened
    recorded_at {time} NOT NULL, -- when it was written
    actor_id BIGINT, -- who wrote it, none for the system
    via TEXT NOT NULL, -- through what
    kind TEXT NOT NULL, -- declared, data, told, duty, ladder, acknowledged, contained, action, note, changed or closed
    who TEXT NOT NULL, -- who was told
    how TEXT NOT NULL, -- how
    text TEXT NOT NULL -- what
);
CREATE INDEX incident_entry_by_incident ON incident_entry (incident_id, id);
-- A risk that follows from an incident.
CREATE TABLE incident_action (
    incident_id BIGINT NOT NULL REFERENCES incident (id), -- the incident
    risk_id BIGINT NOT NULL REFERENCES risk (id), -- the risk
    PRIMARY KEY (incident_id, risk_id)
);
-- Who has to be told of what class of data by when: a set of rules in versions.
CREATE TABLE notify_rule_set (
    id {id},
    version INTEGER NOT NULL UNIQUE, -- counts the sets
    data {json} NOT NULL, -- the rules
    reason TEXT NOT NULL, -- why it was changed
    made_by BIGINT NOT NULL, -- by whom
    made_at {time} NOT NULL -- when
);
";

/// The migration of this file.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m30_incident"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::execute(manager, TABLES).await?;
        // Like the audit log: what was told to whom is only ever added.
        let guard = if manager.get_database_backend() == DatabaseBackend::Postgres {
            POSTGRES_GUARD
        } else {
            SQLITE_GUARD
        };
        sql::execute(manager, guard).await
    }

    /// SQLite's default is to run without one, which leaves half a migration behind when the process dies.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// The function is that of `m24_audit_guard`.
const POSTGRES_GUARD: &str = "
CREATE TRIGGER incident_entry_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_entry
    FOR EACH STATEMENT EXECUTE FUNCTION abate_insert_only();";
const SQLITE_GUARD: &str = "
CREATE TRIGGER incident_entry_no_update BEFORE UPDATE ON incident_entry
    BEGIN SELECT RAISE(ABORT, 'incident_entry is insert-only'); END;
CREATE TRIGGER incident_entry_no_delete BEFORE DELETE ON incident_entry
    BEGIN SELECT RAISE(ABORT, 'incident_entry is insert-only'); END;
CREATE TRIGGER incident_entry_no_replace BEFORE INSERT ON incident_entry
    WHEN EXISTS (SELECT 1 FROM incident_entry WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'incident_entry is insert-only'); END;";
