//! Entries and seals as the database has them, with the JSON of an entry as text: what is digested must be what is kept.

use abate_entity::audit_seal;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryOrder, QueryResult, Statement, Value};

use super::chain_rules::{Entry, Seal};
use super::walk_rules::Place;
use crate::platform::database::placeholders;

/// Columns of a seal in front of those of its entry.
const OF_SEAL: usize = 4;

/// Entries above the number `after` that have no seal, lowest first. The bound stands twice, so that the seals below it
/// are not walked through either.
pub(super) async fn unsealed(
    db: &impl ConnectionTrait,
    after: i64,
    limit: u64,
) -> Result<Vec<QueryResult>, DbErr> {
    let backend = db.get_database_backend();
    let sql = format!(
        "SELECT {} FROM audit_entry e WHERE e.id > ? \
         AND NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.entry_id = e.id AND s.entry_id > ?) ORDER BY e.id LIMIT {limit}",
        entry_columns(backend)
    );
    all(db, &sql, [after.into(), after.into()]).await
}

/// How many entries above the number `after` have no seal.
pub(super) async fn count_unsealed(db: &impl ConnectionTrait, after: i64) -> Result<i64, DbErr> {
    let sql = "SELECT COUNT(*) FROM audit_entry e WHERE e.id > ? \
               AND NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.entry_id = e.id AND s.entry_id > ?)";
    let rows = all(db, sql, [after.into(), after.into()]).await?;
    rows.first().map_or(Ok(0), |row| row.try_get_by_index(0))
}

/// Seals after the number `after` with their entries, in order.
pub(super) async fn sealed(
    db: &impl ConnectionTrait,
    after: i64,
    limit: u64,
) -> Result<Vec<QueryResult>, DbErr> {
    let sql = format!(
        "SELECT s.seq, s.entry_id, s.previous, s.hash, {} FROM audit_seal s \
         LEFT JOIN audit_entry e ON e.id = s.entry_id WHERE s.seq > ? ORDER BY s.seq LIMIT {limit}",
        entry_columns(db.get_database_backend())
    );
    all(db, &sql, [after.into()]).await
}

/// The last seal.
pub(super) async fn last_seal(db: &impl ConnectionTrait) -> Result<Option<Seal>, DbErr> {
    let row = audit_seal::Entity::find().order_by_desc(audit_seal::Column::Seq).one(db).await?;
    Ok(row.map(of_model))
}

/// The seal with that number.
pub(super) async fn seal_at(db: &impl ConnectionTrait, seq: i64) -> Result<Option<Seal>, DbErr> {
    Ok(audit_seal::Entity::find_by_id(seq).one(db).await?.map(of_model))
}

fn of_model(row: audit_seal::Model) -> Seal {
    Seal { seq: row.seq, entry_id: row.entry_id, previous: row.previous, hash: row.hash }
}

/// An entry of `unsealed`.
pub(super) fn entry(row: &QueryResult) -> Result<Entry, DbErr> {
    entry_at(row, 0)
}

/// A seal of `sealed`, and what stands where its entry should be.
pub(super) fn seal(row: &QueryResult) -> Result<(Seal, Place), DbErr> {
    let seal = Seal {
        seq: row.try_get_by_index(0)?,
        entry_id: row.try_get_by_index(1)?,
        previous: row.try_get_by_index(2)?,
        hash: row.try_get_by_index(3)?,
    };
    let place = match row.try_get_by_index::<Option<i64>>(OF_SEAL)? {
        None => Place::Empty,
        Some(_) => match entry_at(row, OF_SEAL) {
            Ok(entry) => Place::Taken(entry),
            Err(error) => Place::Unreadable(error.to_string()),
        },
    };
    Ok((seal, place))
}

fn entry_at(row: &QueryResult, first: usize) -> Result<Entry, DbErr> {
    Ok(Entry {
        id: row.try_get_by_index(first)?,
        recorded_at: row.try_get_by_index(first + 1)?,
        actor_id: row.try_get_by_index(first + 2)?,
        via: row.try_get_by_index(first + 3)?,
        action: row.try_get_by_index(first + 4)?,
        subject: row.try_get_by_index(first + 5)?,
        data: row.try_get_by_index(first + 6)?,
        request_id: row.try_get_by_index(first + 7)?,
        address: row.try_get_by_index(first + 8)?,
        agent: row.try_get_by_index(first + 9)?,
    })
}

fn entry_columns(backend: DbBackend) -> String {
    let data = if backend == DbBackend::Postgres { "e.data::text" } else { "e.data" };
    format!(
        "e.id, e.recorded_at, e.actor_id, e.via, e.action, e.subject, {data}, e.request_id, e.address, e.agent"
    )
}

/// The rows that a statement with `?` gives.
pub(super) async fn all(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>, DbErr> {
    let backend = db.get_database_backend();
    db.query_all_raw(Statement::from_sql_and_values(backend, placeholders(backend, sql), values)).await
}
