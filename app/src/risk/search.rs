//! Keeps the words of risks in the index, and looks risks up by them.
//!
//! Writing a risk does not touch the index: a timer takes up what changed, a few seconds later at most, so that an
//! import of many risks does not wait for it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use abate_entity::{asset, risk, risk_tag};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QueryFilter,
    QueryResult, Statement, Value,
};
use serde::{Deserialize, Serialize};

use super::key::RiskKey;
use crate::platform::database::placeholders;
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::search::{asked, words};
use crate::platform::setting;
use crate::platform::timer::Timer;
use crate::state::AppState;

/// Takes up what changed.
pub const TIMER: Timer<AppState> = Timer { name: "risk.search", every: Duration::seconds(2), run };

/// Risks that are taken up in one transaction.
const AT_A_TIME: u64 = 500;
/// How far back changes are looked for: longer than any transaction runs, so that none is overtaken unseen.
const LOOK_BACK: Duration = Duration::minutes(10);
/// How far the position may fall behind before it is moved without a change: it is not worth a write at each look.
const BEHIND: Duration = Duration::minutes(1);
/// Characters of a description that are indexed.
const DESCRIPTION: usize = 4_000;
/// Most risks that one search finds.
const MOST_HITS: u64 = 1_000;
/// Name of the setting that says up to where changes were taken up.
const CURSOR: &str = "search.taken_up_until";
/// How long one run goes on before it lets other timers run.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// Up to where changes were taken up.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Position {
    updated_at: DateTime<Utc>,
    risk_id: i64,
    /// From when the pass that follows this one looks: from before this one began.
    next_pass: Option<DateTime<Utc>>,
}

const BEGINNING: Position = Position { updated_at: DateTime::UNIX_EPOCH, risk_id: 0, next_pass: None };

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let begun = Instant::now();
        while take_up(state).await? && begun.elapsed() < PATIENCE {}
        Ok(())
    })
}

/// Takes up some of what changed; answers whether there may be more.
///
/// # Errors
/// When the database refuses.
pub async fn take_up(state: &AppState) -> Result<bool, Problem> {
    let db = state.database.reader();
    let before = position(db).await?;
    let changed = changed(db, before).await?;
    let next_pass = before.next_pass.unwrap_or_else(|| state.clock.now() - LOOK_BACK);
    let Some((updated_at, risk_id)) = changed.last().copied() else {
        // Else what was looked through is looked through again until something changes.
        if before.next_pass.is_some() || before.updated_at + BEHIND < next_pass {
            let after = Position { updated_at: next_pass, risk_id: 0, next_pass: None };
            state.database.write(async |tx| Ok(set_position(tx, after).await?)).await?;
        }
        return Ok(false);
    };
    let more = changed.len() as u64 == AT_A_TIME;
    let after = match more {
        true => Position { updated_at, risk_id, next_pass: Some(next_pass) },
        false => Position { updated_at: next_pass, risk_id: 0, next_pass: None },
    };
    let ids: Vec<_> = changed.into_iter().map(|(_, id)| id).collect();
    let documents = documents(db, &ids).await?;
    state
        .database
        .write(async |tx| {
            for (id, version, words) in &documents {
                put(tx, *id, *version, words).await?;
            }
            Ok(set_position(tx, after).await?)
        })
        .await?;
    Ok(more)
}

/// A condition that holds for the risks that have all the words of `query`; the last may be a beginning. None when
/// the query has no words.
#[must_use]
pub fn matching(backend: DbBackend, query: &str) -> Option<Expr> {
    let asked = asked(query);
    let (last, others) = asked.split_last()?;
    if backend == DbBackend::Postgres {
        let mut terms: Vec<String> = others.iter().map(|word| format!("'{word}'")).collect();
        terms.push(format!("'{last}':*"));
        let sql = format!(
            "\"risk\".\"id\" IN (SELECT risk_id FROM risk_search WHERE words @@ $1::tsquery LIMIT {MOST_HITS})"
        );
        return Some(Expr::cust_with_values(sql, [Value::from(terms.join(" & "))]));
    }
    let mut terms: Vec<String> = others.iter().map(|word| format!("\"{word}\"")).collect();
    terms.push(format!("\"{last}\"*"));
    let sql = format!(
        "\"risk\".\"id\" IN (SELECT rowid FROM risk_search WHERE risk_search MATCH ? ORDER BY rank LIMIT {MOST_HITS})"
    );
    Some(Expr::cust_with_values(sql, [Value::from(terms.join(" "))]))
}

/// The next risks that changed after a position, in the order of their changes.
async fn changed(db: &impl ConnectionTrait, after: Position) -> Result<Vec<(DateTime<Utc>, i64)>, Problem> {
    let backend = db.get_database_backend();
    let sql = placeholders(
        backend,
        "SELECT r.updated_at, r.id FROM risk r LEFT JOIN risk_searched s ON s.risk_id = r.id \
         WHERE (r.updated_at, r.id) > (?, ?) AND (s.version IS NULL OR s.version < r.version) \
         ORDER BY r.updated_at, r.id LIMIT ?",
    );
    let limit = i64::try_from(AT_A_TIME).unwrap_or(i64::MAX);
    let values = [after.updated_at.into(), after.risk_id.into(), limit.into()];
    let rows = db.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    let row = |row: &QueryResult| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
    Ok(rows.iter().map(row).collect::<Result<_, DbErr>>()?)
}

/// Number, version and words of each risk.
async fn documents(db: &impl ConnectionTrait, ids: &[i64]) -> Result<Vec<(i64, i32, Vec<String>)>, Problem> {
    let risks = risk::Entity::find().filter(risk::Column::Id.is_in(ids.iter().copied())).all(db).await?;
    let assets = asset::Entity::find()
        .filter(asset::Column::Id.is_in(risks.iter().map(|risk| risk.asset_id).collect::<BTreeSet<_>>()))
        .all(db)
        .await?;
    let mut tags: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for tag in
        risk_tag::Entity::find().filter(risk_tag::Column::RiskId.is_in(ids.iter().copied())).all(db).await?
    {
        tags.entry(tag.risk_id).or_default().push(tag.value);
    }
    Ok(risks
        .into_iter()
        .map(|risk| {
            let mut found = BTreeSet::new();
            words(&RiskKey(risk.id).to_string(), &mut found);
            words(&risk.title, &mut found);
            words(&risk.description.chars().take(DESCRIPTION).collect::<String>(), &mut found);
            for tag in tags.remove(&risk.id).unwrap_or_default() {
                words(&tag, &mut found);
            }
            if let Some(asset) = assets.iter().find(|asset| asset.id == risk.asset_id) {
                words(&asset.key, &mut found);
                words(&asset.name, &mut found);
            }
            (risk.id, risk.version, found.into_iter().collect())
        })
        .collect())
}

async fn put(tx: &DatabaseTransaction, id: i64, version: i32, words: &[String]) -> Result<(), DbErr> {
    let backend = tx.get_database_backend();
    if backend == DbBackend::Postgres {
        let sql = "INSERT INTO risk_search (risk_id, words) \
                   VALUES ($1, array_to_tsvector(string_to_array($2, ' '))) \
                   ON CONFLICT (risk_id) DO UPDATE SET words = excluded.words";
        let values = [Value::from(id), Value::from(words.join(" "))];
        tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    } else {
        let sql = "INSERT OR REPLACE INTO risk_search (rowid, words) VALUES (?, ?)";
        let values = [Value::from(id), Value::from(words.join(" "))];
        tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    }
    let sql = placeholders(
        backend,
        "INSERT INTO risk_searched (risk_id, version) VALUES (?, ?) \
         ON CONFLICT (risk_id) DO UPDATE SET version = excluded.version",
    );
    let values = [Value::from(id), Value::from(version)];
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(())
}

async fn position(db: &impl ConnectionTrait) -> Result<Position, Problem> {
    let text = setting::read(db, CURSOR).await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(BEGINNING))
}

async fn set_position(tx: &DatabaseTransaction, position: Position) -> Result<(), DbErr> {
    let text = serde_json::to_string(&position).map_err(|error| DbErr::Json(error.to_string()))?;
    setting::write(tx, CURSOR, &text).await
}
