//! What proves something is only ever added: the database itself refuses to change or remove it.
//!
//! Whoever owns the tables can lift this, which is what the chain of seals is for; and the other way round, the chain
//! shows what these triggers would have prevented.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

use crate::sql;

/// The tables of the log, each with its key.
const LOG: [(&str, &str); 3] = [("audit_entry", "id"), ("audit_seal", "seq"), ("audit_checkpoint", "id")];
/// What else proves something. Imports add to it by the ten thousand, so that nothing is asked about each row.
const EVENTS: &str = "risk_event";

/// One function for all, and a trigger for each table. TRUNCATE fires for statements only, so all of them do.
const POSTGRES_FUNCTION: &str = "
CREATE FUNCTION abate_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME;
END $$;";
const POSTGRES_TRIGGER: &str = "
CREATE TRIGGER {table}_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION abate_insert_only();";

/// INSERT OR REPLACE removes a row without asking a trigger for deletes, so that it needs one of its own.
const SQLITE_REPLACE: &str = "
CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
    WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})
    BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END;";
const SQLITE_TRIGGERS: &str = "
CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END;
CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END;";

/// Refuses from now on to change or remove rows of a table.
pub(crate) async fn insert_only(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let postgres = manager.get_database_backend() == DatabaseBackend::Postgres;
    let triggers = if postgres { POSTGRES_TRIGGER } else { SQLITE_TRIGGERS };
    sql::execute(manager, &triggers.replace("{table}", table)).await
}

/// The migration of this file.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m24_audit_guard"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let postgres = manager.get_database_backend() == DatabaseBackend::Postgres;
        if postgres {
            sql::execute(manager, POSTGRES_FUNCTION).await?;
        }
        for table in LOG.iter().map(|(table, _)| *table).chain([EVENTS]) {
            insert_only(manager, table).await?;
        }
        for (table, key) in LOG.iter().filter(|_| !postgres) {
            let trigger = SQLITE_REPLACE.replace("{table}", table).replace("{key}", key);
            sql::execute(manager, &trigger).await?;
        }
        Ok(())
    }

    /// SQLite's default is to run without one, which leaves half a migration behind when the process dies.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
