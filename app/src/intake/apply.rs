//! Writes what an import plans: all of it in one transaction where that is quick, else part by part, rolled forward
//! after a crash because each part takes its staged rows with it.

use std::time::Instant;

use abate_entity::{import, source_scope, staged_change};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    PaginatorTrait, QueryFilter, QuerySelect, Statement,
};
use serde_json::json;

use super::apply_sql::{self, Parameters};
use super::guard_rail::{self, Check, Facts, Question};
use super::part::Pace;
use super::receive::Mode;
use super::row::Ratings;
use super::rule::store;
use super::{backlog, consequence, finish, stage_sql, status};
use crate::access::actor::Via;
use crate::audit_log;
use crate::feed;
use crate::platform::database::placeholders;
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::alias;
use crate::risk::record::Occasion;
use crate::state::AppState;

/// The name of the job.
pub const KIND: &str = "import";

/// Applies an import; the subject is `i-` and its number.
pub const JOB: Job<AppState> = Job { kind: KIND, lease: Duration::seconds(60), run };

/// How long one run of the job works before it lets others run, in seconds.
const RUN_SECONDS: u64 = 15;

/// The subject of the job for an import.
#[must_use]
pub fn subject(import_id: i64) -> String {
    format!("i-{import_id}")
}

fn run<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(async move {
        let Some(id) = subject.strip_prefix("i-").and_then(|id| id.parse().ok()) else {
            return Ok(());
        };
        let begun = Instant::now();
        let mut pace = Pace::start();
        while apply_part(state, id, &mut pace).await? {
            if begun.elapsed().as_secs() >= RUN_SECONDS {
                let now = state.clock.now();
                return state
                    .database
                    .write(async |tx| Ok(queue::enqueue(tx, KIND, subject, now, now).await?))
                    .await;
            }
        }
        Ok(())
    })
}

/// Applies an import to its end, part by part.
///
/// # Errors
/// When the database refuses; what was written stays, and the next call goes on from there.
pub async fn to_the_end(state: &AppState, import_id: i64) -> Result<(), Problem> {
    let mut pace = Pace::start();
    while apply_part(state, import_id, &mut pace).await? {}
    Ok(())
}

/// Lets a planned import be applied; `backlog` answers whether it is the backlog of its source.
///
/// # Errors
/// 409 when it does not wait for that, 422 when it is not the first import of its source and cannot be a backlog.
pub async fn approve(
    state: &AppState,
    tx: &DatabaseTransaction,
    import: &import::Model,
    backlog: Option<bool>,
    now: DateTime<Utc>,
) -> Result<import::Model, Problem> {
    if crate::workshop::import::is_one(import) && import.status == status::PLANNED {
        return crate::workshop::import::apply(state, tx, import.clone(), now).await;
    }
    if crate::vex::import::is_one(import) && import.status == status::PLANNED {
        return crate::vex::import::apply(tx, import.clone(), now).await;
    }
    let scope = match import.scope_id {
        Some(scope_id) => source_scope::Entity::find_by_id(scope_id).one(tx).await?,
        None => None,
    };
    let first = scope.is_some_and(|scope| scope.head_import_id.is_none());
    if backlog == Some(true) && !first {
        let text = "Only the first import of a source can be taken as a backlog. Apply it as it is.";
        return Err(Problem::invalid("backlog", text));
    }
    if backlog.is_none() && first && import.status == status::PLANNED && import.mode != Mode::Backlog.as_str()
    {
        let questions = late_by_now(tx, import, now).await?;
        if !questions.is_empty() {
            let row = import::ActiveModel {
                id: Set(import.id),
                status: Set(status::NEEDS_APPROVAL.to_owned()),
                problem: Set(finish::asked(&questions)),
                ..Default::default()
            };
            return Ok(row.update(tx).await?);
        }
    }
    let mode = match (backlog, first) {
        (Some(true), _) => Mode::Backlog.as_str(),
        // Sent as a backlog, and not the first any more, or not to be taken as one after all.
        (Some(false), _) | (None, false) if import.mode == Mode::Backlog.as_str() => Mode::Apply.as_str(),
        _ => import.mode.as_str(),
    };
    let moved = import::Entity::update_many()
        .col_expr(import::Column::Status, Expr::value(status::APPLYING))
        .col_expr(import::Column::Mode, Expr::value(mode))
        .filter(import::Column::Id.eq(import.id))
        .filter(import::Column::Status.is_in([status::PLANNED, status::NEEDS_APPROVAL]))
        .exec(tx)
        .await?;
    if moved.rows_affected == 0 {
        return Err(Problem::new(
            Kind::Conflict,
            format!(
                "Import {} is {}; only one that is planned or needs approval can be applied.",
                import.id, import.status
            ),
        ));
    }
    queue::enqueue(tx, KIND, &subject(import.id), now, now).await?;
    Ok(import::Model { status: status::APPLYING.to_owned(), mode: mode.to_owned(), ..import.clone() })
}

/// What is to be asked about a first import that waited until its risks would be late.
async fn late_by_now(
    tx: &DatabaseTransaction,
    import: &import::Model,
    now: DateTime<Utc>,
) -> Result<Vec<Question>, Problem> {
    let created = staged_change::Entity::find()
        .filter(staged_change::Column::ImportId.eq(import.id))
        .filter(staged_change::Column::Action.eq(status::CREATE));
    let late = created.filter(staged_change::Column::TriageDueAt.lte(now)).count(tx).await?;
    let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let facts = Facts {
        late: count(late),
        created: usize::try_from(import.created_count).unwrap_or(0),
        ..Facts::default()
    };
    let mut rails = store::in_force(tx).await?.guard_rails;
    rails.retain(|rail| rail.check == Check::Backlog);
    Ok(guard_rail::questions(&rails, &facts))
}

/// Writes the next part of an import; answers whether there may be more.
async fn apply_part(state: &AppState, import_id: i64, pace: &mut Pace) -> Result<bool, Problem> {
    let now = state.clock.now();
    let before = *pace;
    // Another import may make risks of the same problems meanwhile; the next look supports them.
    let next =
        state.database.write_beside_others(async |tx| part(state, tx, import_id, before, now).await).await?;
    let more = next.is_some();
    if let Some(next) = next {
        *pace = next;
        state.database.make_way().await;
    } else {
        // Apart from the changes themselves, so that other writers wait less.
        state.database.write(async |tx| clear_if_done(tx, import_id).await).await?;
    }
    Ok(more)
}

async fn clear_if_done(tx: &DatabaseTransaction, import_id: i64) -> Result<(), Problem> {
    let done = import::Entity::find_by_id(import_id)
        .filter(import::Column::Status.eq(status::APPLIED))
        .count(tx)
        .await?;
    if done > 0 {
        stage_sql::clear(tx, import_id).await?;
    }
    Ok(())
}

async fn part(
    state: &AppState,
    tx: &DatabaseTransaction,
    import_id: i64,
    pace: Pace,
    now: DateTime<Utc>,
) -> Result<Option<Pace>, Problem> {
    let Some((import, scope)) = lock(tx, import_id).await? else {
        return Ok(None);
    };
    let scope_id = scope.id;
    // From here on nobody is waited for: what the part itself takes says how large the next one is.
    let begun = Instant::now();
    let (part, pace) = pace.of_an_import(import.created_count).next(tx, import_id).await?;
    // Decided before, and perhaps while others were written; so decided again, at each part.
    stage_sql::drop_what_is_there(tx, import_id, part, scope_id).await?;
    stage_sql::attach_to_known_risks(tx, import_id, part).await?;
    let policies = Policies::load(tx).await?;
    let occasion = Occasion::of_import(import.actor_id, now, &policies);
    let ratings = Ratings::new(&policies, import.received_at)?;
    let reratings = consequence::changed_severities(tx, &import, part, &ratings).await?;
    let is_backlog = import.mode == Mode::Backlog.as_str();
    let starts_at = if is_backlog { now } else { import.received_at };
    let parameters = Parameters { import: &import, scope_id, occasion: &occasion, starts_at };
    let made = apply_sql::write(tx, &parameters, part).await?;
    consequence::rate_again(tx, &occasion, reratings).await?;
    if let Some(number) = made {
        consequence::confirm_by_rule(tx, &occasion, &import, part, number).await?;
    }
    consequence::let_the_lifecycle_judge(tx, &occasion, &import, part).await?;
    if pace.is_in_parts() {
        apply_sql::clear(tx, import_id, part).await?;
        let left = staged_change::Entity::find().filter(staged_change::Column::ImportId.eq(import_id));
        if left
            .select_only()
            .column(staged_change::Column::Ordinal)
            .into_tuple::<i64>()
            .one(tx)
            .await?
            .is_some()
        {
            return Ok(Some(pace.after(begun.elapsed())));
        }
    }
    let import = close(tx, import, scope_id, now).await?;
    note(tx, &import, now).await?;
    if is_backlog {
        backlog::tell(state, tx, &import, now).await?;
    }
    Ok(None)
}

/// The second of the two entries of an import: all that it planned is written.
async fn note(tx: &DatabaseTransaction, import: &import::Model, now: DateTime<Utc>) -> Result<(), Problem> {
    let data = json!({
        "file": import.sha256, "created": import.created_count, "updated": import.updated_count,
        "reopened": import.reopened_count, "vanished": import.vanished_count,
    });
    let subject = format!("import-{}", import.id);
    audit_log::add_as(tx, import.actor_id, Via::Import, "import.applied", &subject, data, now).await
}

/// Locks the scope and the import; none when there is nothing to apply any more.
async fn lock(
    tx: &DatabaseTransaction,
    import_id: i64,
) -> Result<Option<(import::Model, source_scope::Model)>, Problem> {
    let Some(import) = import::Entity::find_by_id(import_id).one(tx).await? else {
        return Ok(None);
    };
    let Some(scope_id) = import.scope_id else {
        return Err(Problem::internal(anyhow::anyhow!("import {import_id} has no scope")));
    };
    source_scope::Entity::update_many()
        .col_expr(source_scope::Column::Version, Expr::cust("version + 1"))
        .filter(source_scope::Column::Id.eq(scope_id))
        .exec(tx)
        .await?;
    let scope = source_scope::Entity::find_by_id(scope_id).one(tx).await?;
    let import = import::Entity::find_by_id(import_id)
        .filter(import::Column::Status.eq(status::APPLYING))
        .one(tx)
        .await?;
    let Some((import, scope)) = import.zip(scope) else {
        return Ok(None);
    };
    if import.mode != Mode::Backlog.as_str() || scope.head_import_id.is_none() {
        return Ok(Some((import, scope)));
    }
    // Two were sent as the backlog of one source, and the other was quicker.
    let row = import::ActiveModel {
        id: Set(import.id),
        mode: Set(Mode::Apply.as_str().to_owned()),
        ..Default::default()
    };
    Ok(Some((row.update(tx).await?, scope)))
}

/// Notes that an import was applied; the scope's newest scan is its head from now on.
pub(super) async fn close(
    tx: &DatabaseTransaction,
    import: import::Model,
    scope_id: i64,
    now: DateTime<Utc>,
) -> Result<import::Model, Problem> {
    let row = import::ActiveModel {
        id: Set(import.id),
        status: Set(status::APPLIED.to_owned()),
        applied_at: Set(Some(now)),
        problem: Set(None),
        ..Default::default()
    };
    let import = row.update(tx).await?;
    if import.created_count > 0 {
        queue::enqueue(tx, alias::KIND, &subject(import.id), now, now).await?;
    }
    feed::settle::want(tx, now).await?;
    let backend = tx.get_database_backend();
    let sql = placeholders(
        backend,
        "UPDATE source_scope SET head_import_id = ? WHERE id = ? AND (head_import_id IS NULL OR NOT EXISTS \
         (SELECT 1 FROM import h WHERE h.id = source_scope.head_import_id AND h.scanned_at > ?))",
    );
    let values = [import.id.into(), scope_id.into(), import.scanned_at.into()];
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(import)
}
