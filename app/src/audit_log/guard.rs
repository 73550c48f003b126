//! Whether the database still refuses to change the log, and whether whoever runs here could lift that.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// The tables of the log.
const TABLES: [&str; 3] = ["audit_entry", "audit_seal", "audit_checkpoint"];

/// What stands in the way of changing the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The tables that the database lets anybody change.
    pub open: Vec<&'static str>,
    /// Whether the role that asks could drop what guards the others; none where there are no roles.
    pub may_drop: Option<bool>,
}

/// Looks at the triggers.
///
/// # Errors
/// When the database cannot be asked.
pub async fn look(db: &impl ConnectionTrait) -> Result<Guard, DbErr> {
    let backend = db.get_database_backend();
    let mut open = Vec::new();
    for table in TABLES {
        let sql = match backend {
            DbBackend::Postgres => format!(
                "SELECT COUNT(*) FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal \
                 AND tgenabled <> 'D' AND tgname = '{table}_insert_only'"
            ),
            _ => format!(
                "SELECT COUNT(*) / 3 FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}' \
                 AND name IN ('{table}_no_update', '{table}_no_delete', '{table}_no_replace')"
            ),
        };
        let row = db.query_one_raw(Statement::from_string(backend, sql)).await?;
        let guarded: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
        if guarded == 0 {
            open.push(table);
        }
    }
    let may_drop = match backend {
        DbBackend::Postgres => {
            // A superuser has every role's rights.
            let sql = "SELECT bool_or(pg_has_role(current_user, relowner, 'USAGE')) FROM pg_class \
                       WHERE oid IN ('audit_entry'::regclass, 'audit_seal'::regclass, 'audit_checkpoint'::regclass)";
            let row = db.query_one_raw(Statement::from_string(backend, sql)).await?;
            row.map(|row| row.try_get_by_index(0)).transpose()?
        }
        _ => None,
    };
    Ok(Guard { open, may_drop })
}
