//! Leases: work that only one process does at a time.

use chrono::{DateTime, Duration, Utc};
use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::database::placeholders;

/// Takes or renews the lease `name` for `holder`; answers whether it is held now.
///
/// # Errors
/// When the database refuses.
pub async fn take(
    db: &impl ConnectionTrait,
    name: &str,
    holder: &str,
    now: DateTime<Utc>,
    length: Duration,
) -> Result<bool, DbErr> {
    let backend = db.get_database_backend();
    let sql = placeholders(
        backend,
        "INSERT INTO lease (name, holder, expires_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE \
         SET holder = excluded.holder, expires_at = excluded.expires_at \
         WHERE lease.holder = excluded.holder OR lease.expires_at <= ?",
    );
    let values = [name.into(), holder.into(), (now + length).into(), now.into()];
    let result = db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(result.rows_affected() == 1)
}

/// Gives the lease back.
///
/// # Errors
/// When the database refuses.
pub async fn give_back(db: &impl ConnectionTrait, name: &str, holder: &str) -> Result<(), DbErr> {
    let backend = db.get_database_backend();
    let sql = placeholders(backend, "DELETE FROM lease WHERE name = ? AND holder = ?");
    db.execute_raw(Statement::from_sql_and_values(backend, sql, [name.into(), holder.into()])).await?;
    Ok(())
}
