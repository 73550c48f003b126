//! Notices that two risks are one because a vulnerability has another name: an alias that a later report knows. A
//! person decides whether to join them.

use abate_entity::lifecycle::State;
use abate_entity::{merge_proposal, risk};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseConnection,
    DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement, TransactionTrait,
};
use serde_json::json;

use super::finder;
use super::key::RiskKey;
use crate::access::actor::Actor;
use crate::access::right::MergeRisks;
use crate::access::scope::Scope;
use crate::audit_log;
use crate::platform::database::placeholders;
use crate::platform::job::{Job, Work};
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// The kind of the job; its subject is `i-` and the number of an import that made risks.
pub const KIND: &str = "alias";

/// Looks for risks that what an import brought in shows to be one.
pub const JOB: Job<AppState> = Job { kind: KIND, lease: Duration::minutes(5), run };

/// It waits for a person.
const OPEN: &str = "open";
/// A person said that the two are not one.
const DECLINED: &str = "declined";
/// Proposals of one import; who learns so many names at once has to look at the source first.
const MOST: i64 = 500;

/// The same package on one asset, found under two names that share one: a name that the new finding has beside its own,
/// or its own where the other has it beside. The joins are written in the order that is quick; a planner that knows a
/// freshly filled table badly chooses one that compares every risk of an asset with every other.
const PAIRS: &str = "SELECT fa.risk_id, tb.risk_id, ta.value FROM finding fa CROSS JOIN risk_tag ta \
    CROSS JOIN risk_tag tb CROSS JOIN finding fb CROSS JOIN risk ra CROSS JOIN risk rb \
    WHERE fa.first_import_id = ? AND fa.package <> '' \
    AND ta.risk_id = fa.risk_id AND ta.kind = 'cve' AND ta.value <> fa.rule \
    AND tb.kind = 'cve' AND tb.value = ta.value AND tb.risk_id <> fa.risk_id \
    AND fb.risk_id = tb.risk_id AND fb.package = fa.package AND fb.rule <> fa.rule \
    AND ra.id = fa.risk_id AND ra.state <> 'closed' \
    AND rb.id = tb.risk_id AND rb.state <> 'closed' AND rb.asset_id = ra.asset_id \
    UNION SELECT fa.risk_id, tb.risk_id, tb.value FROM finding fa CROSS JOIN risk_tag tb \
    CROSS JOIN finding fb CROSS JOIN risk ra CROSS JOIN risk rb \
    WHERE fa.first_import_id = ? AND fa.package <> '' \
    AND tb.kind = 'cve' AND tb.value = fa.rule AND tb.risk_id <> fa.risk_id \
    AND fb.risk_id = tb.risk_id AND fb.package = fa.package AND fb.rule <> fa.rule \
    AND ra.id = fa.risk_id AND ra.state <> 'closed' \
    AND rb.id = tb.risk_id AND rb.state <> 'closed' AND rb.asset_id = ra.asset_id \
    ORDER BY 1, 2, 3 LIMIT ?";

fn run<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(async move {
        let Some(id) = subject.strip_prefix("i-").and_then(|id| id.parse::<i64>().ok()) else {
            return Ok(());
        };
        let pairs = pairs(state.database.reader(), id).await?;
        if pairs.is_empty() {
            return Ok(());
        }
        let now = state.clock.now();
        state.database.write(async |tx| propose(tx, &pairs, now).await).await
    })
}

/// Two risks, the older one second, and the name they share.
async fn pairs(db: &DatabaseConnection, import_id: i64) -> Result<Vec<(i64, i64, String)>, Problem> {
    let backend = db.get_database_backend();
    let tx = db.begin().await?;
    if backend == DbBackend::Postgres {
        // SQLite keeps the order of a CROSS JOIN by itself.
        tx.execute_unprepared("SET LOCAL join_collapse_limit = 1").await?;
    }
    let values = [import_id.into(), import_id.into(), MOST.into()];
    let rows = tx
        .query_all_raw(Statement::from_sql_and_values(backend, placeholders(backend, PAIRS), values))
        .await?;
    tx.commit().await?;
    let mut pairs = Vec::with_capacity(rows.len());
    for row in rows {
        let (one, other): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        pairs.push((one.max(other), one.min(other), row.try_get_by_index(2)?));
    }
    Ok(pairs)
}

/// Writes each proposal once; one that was declined is not made again.
async fn propose(
    tx: &impl ConnectionTrait,
    pairs: &[(i64, i64, String)],
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    for (risk_id, into_id, name) in pairs {
        let row = merge_proposal::ActiveModel {
            risk_id: Set(*risk_id),
            into_id: Set(*into_id),
            because: Set(format!("both are {name} in the same package")),
            state: Set(OPEN.to_owned()),
            created_at: Set(now),
            ..Default::default()
        };
        merge_proposal::Entity::insert(row)
            .on_conflict(
                OnConflict::columns([merge_proposal::Column::RiskId, merge_proposal::Column::IntoId])
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// What is proposed for a risk: with which other it may be one, and why. Pairs of which one is closed are settled.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of(
    db: &impl ConnectionTrait,
    scope: &Scope,
    risk_id: i64,
) -> Result<Vec<(merge_proposal::Model, risk::Model)>, Problem> {
    let about = Condition::any()
        .add(merge_proposal::Column::RiskId.eq(risk_id))
        .add(merge_proposal::Column::IntoId.eq(risk_id));
    let rows = merge_proposal::Entity::find()
        .filter(about)
        .filter(merge_proposal::Column::State.eq(OPEN))
        .order_by_asc(merge_proposal::Column::Id)
        .limit(50)
        .all(db)
        .await?;
    let others = rows.iter().map(|row| other(row, risk_id));
    let risks = finder::visible(scope, risk::Entity::find())
        .filter(risk::Column::Id.is_in(others.chain([risk_id])))
        .filter(risk::Column::State.ne(State::Closed))
        .all(db)
        .await?;
    if !risks.iter().any(|risk| risk.id == risk_id) {
        return Ok(Vec::new());
    }
    let with = |row: merge_proposal::Model| {
        let found = risks.iter().find(|risk| risk.id == other(&row, risk_id))?.clone();
        Some((row, found))
    };
    Ok(rows.into_iter().filter_map(with).collect())
}

fn other(row: &merge_proposal::Model, risk_id: i64) -> i64 {
    if row.risk_id == risk_id { row.into_id } else { row.risk_id }
}

/// Says that the two are not one.
///
/// # Errors
/// 404 when there is no such proposal for the risk, 409 when it was declined, 403 for those who may not.
pub async fn decline(
    tx: &impl ConnectionTrait,
    actor: &Actor,
    risk: &risk::Model,
    id: i64,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    actor.require_in::<MergeRisks>(risk.team_id)?;
    let row = merge_proposal::Entity::find_by_id(id)
        .one(tx)
        .await?
        .filter(|row| row.risk_id == risk.id || row.into_id == risk.id)
        .ok_or_else(|| Problem::not_found(format!("proposal {id}")))?;
    if row.state != OPEN {
        return Err(Problem::new(Kind::Conflict, "This proposal was declined already."));
    }
    let data = json!({ "risk": RiskKey(row.risk_id).to_string(), "into": RiskKey(row.into_id).to_string() });
    let row = merge_proposal::ActiveModel {
        id: Set(row.id),
        state: Set(DECLINED.to_owned()),
        decided_by: Set(Some(actor.id)),
        decided_at: Set(Some(now)),
        ..Default::default()
    };
    row.update(tx).await?;
    audit_log::add(tx, actor, "merge_proposal.decline", &format!("merge-proposal-{id}"), data, now).await
}
