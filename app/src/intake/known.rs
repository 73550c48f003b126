//! Reads what a scope is known to have, small enough to keep in memory while a report is compared with it.

use std::collections::HashMap;

use abate_entity::level::Level;
use abate_entity::lifecycle::{Resolution, State};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use sea_orm::{DatabaseConnection, QueryResult, Statement, StreamTrait as _};

use super::plan_rules::{Intake, Judged, Known, KnownRisk};
use crate::platform::database::placeholders;
use crate::platform::problem::Problem;

/// The findings of a scope by fingerprint. A fingerprint's scheme is part of what was hashed.
pub(super) type KnownFindings = HashMap<[u8; 16], Known>;

pub(super) async fn of_scope(db: &DatabaseConnection, scope_id: i64) -> Result<KnownFindings, Problem> {
    let backend = db.get_database_backend();
    let sql = placeholders(
        backend,
        "SELECT f.id, f.hash, f.content_hash, f.missing_import_id, f.lost_import_id, \
         r.id, r.state, r.resolution, r.closed_at, r.claimed_at, f.intake, f.decided_by, COALESCE(f.judged_severity, f.severity), \
         f.package_version \
         FROM finding f LEFT JOIN risk r ON r.id = f.risk_id WHERE f.scope_id = ?",
    );
    let mut rows = db.stream_raw(Statement::from_sql_and_values(backend, sql, [scope_id.into()])).await?;
    let mut known = KnownFindings::new();
    while let Some(row) = rows.try_next().await? {
        let hash = digest(&row, 1)?;
        known.insert(hash, read(&row)?);
    }
    Ok(known)
}

fn read(row: &QueryResult) -> Result<Known, Problem> {
    let risk = match row.try_get_by_index::<Option<i64>>(5)? {
        None => None,
        Some(id) => {
            let resolution = row.try_get_by_index::<Option<Resolution>>(7)?;
            Some(KnownRisk {
                id,
                state: row.try_get_by_index::<State>(6)?,
                resolution,
                closed_at: row.try_get_by_index::<Option<DateTime<Utc>>>(8)?,
                claimed_at: row.try_get_by_index::<Option<DateTime<Utc>>>(9)?,
                judged: judged(row, resolution)?,
            })
        }
    };
    Ok(Known {
        finding_id: row.try_get_by_index(0)?,
        risk,
        intake: row.try_get_by_index::<String>(10)?.parse::<Intake>().map_err(Problem::internal)?,
        decided: row.try_get_by_index::<Option<i64>>(11)?.is_some(),
        content: digest(row, 2)?,
        missing: row.try_get_by_index::<Option<i64>>(3)?.is_some(),
        lost: row.try_get_by_index::<Option<i64>>(4)?.is_some(),
    })
}

/// Kept in memory only where it was dismissed, which is rare.
fn judged(row: &QueryResult, resolution: Option<Resolution>) -> Result<Option<Judged>, Problem> {
    if !resolution.is_some_and(Resolution::is_dismissal) {
        return Ok(None);
    }
    let severity = row.try_get_by_index::<Level>(12)?;
    let version = row.try_get_by_index::<String>(13)?;
    Ok(Some(Judged { severity, version }))
}

/// A digest that cannot be read equals none, so that what it stands for is written again.
fn digest(row: &QueryResult, index: usize) -> Result<[u8; 16], Problem> {
    let text: String = row.try_get_by_index(index)?;
    let mut bytes = [0; 16];
    if hex::decode_to_slice(&text, &mut bytes).is_err() {
        bytes = [0; 16];
    }
    Ok(bytes)
}
