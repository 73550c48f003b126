//! References that the database does not check by itself, because PostgreSQL checks row by row and a large import
//! would take half as long again, or because what they point to came later. That is never deleted.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};

/// Table, column, and the table whose `id` it holds.
const REFERENCES: [(&str, &str, &str); 8] = [
    ("risk", "team_id", "team"),
    ("risk_identity", "asset_id", "asset"),
    ("risk_identity", "risk_id", "risk"),
    ("risk_tag", "risk_id", "risk"),
    ("finding", "scope_id", "source_scope"),
    ("finding", "risk_id", "risk"),
    ("ticket", "group_id", "ticket_group"),
    ("ticket", "superseded_by", "ticket_group"),
];

/// The references that lead nowhere, as table and column with the number of rows; none in a sound database.
///
/// # Errors
/// When the database cannot be asked.
pub async fn dangling(db: &DatabaseConnection) -> Result<Vec<(String, i64)>, DbErr> {
    let mut found = Vec::new();
    for (table, column, target) in REFERENCES {
        let sql = format!(
            "SELECT COUNT(*) FROM {table} t WHERE t.{column} IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM {target} o WHERE o.id = t.{column})"
        );
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
        let count = row.map_or(Ok(0), |row| row.try_get_by_index::<i64>(0))?;
        if count > 0 {
            found.push((format!("{table}.{column}"), count));
        }
    }
    Ok(found)
}
