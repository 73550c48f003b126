//! Takes an applied import back: its risks count as never reported, what it moved moves back, and no key is given
//! again. Only the newest import of a scope can be undone, because later ones were compared with it.

use std::collections::BTreeSet;

use abate_entity::lifecycle::{Event, Given, Party, Proof, Requester, State, Via, withdraw};
use abate_entity::{finding, import, risk, risk_event, source_scope};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect, Statement,
};
use serde_json::json;

use super::ruling_share::shares;
use super::{backlog, status};
use crate::access::actor::Actor;
use crate::audit_log;
use crate::platform::clock::never;
use crate::platform::database::placeholders;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::clock::Happening;
use crate::risk::record::{self, Change, NewEvent, Occasion};
use crate::risk::standing;
use crate::risk::step::{self, Asked};
use crate::ticket;

/// Risks that are written at a time.
const BATCH: usize = 500;

/// Undoes an import.
///
/// # Errors
/// 409 when it was not applied, or is not the newest of its scope.
pub async fn undo(
    tx: &DatabaseTransaction,
    actor: &Actor,
    import: import::Model,
    now: DateTime<Utc>,
) -> Result<import::Model, Problem> {
    if crate::vex::import::is_one(&import) {
        return crate::vex::import::undo(tx, actor, import, now).await;
    }
    let scope = match import.scope_id {
        Some(scope_id) => source_scope::Entity::find_by_id(scope_id).one(tx).await?,
        None => None,
    };
    if import.status != status::APPLIED {
        let text = format!("Import {} is {}; only an applied one can be undone.", import.id, import.status);
        return Err(Problem::new(Kind::Conflict, text));
    }
    let Some(scope) = scope.filter(|scope| scope.head_import_id == Some(import.id)) else {
        return Err(Problem::new(
            Kind::Conflict,
            "Later scans of this source were compared with this import; undo those first, newest first.",
        ));
    };
    let policies = Policies::load(tx).await?;
    let occasion = Occasion::of_import(Some(actor.id), now, &policies);
    move_back(tx, &occasion, &import).await?;
    let withdrawn = withdraw_untouched(tx, &occasion, import.id).await?
        + withdraw_touched(tx, &occasion, import.id).await?;
    forget_findings(tx, import.id).await?;
    backlog::take_back(tx, import.id).await?;
    source_scope::Entity::update_many()
        .set(source_scope::ActiveModel { head_import_id: Set(import.base_import_id), ..Default::default() })
        .col_expr(source_scope::Column::Version, Expr::cust("version + 1"))
        .filter(source_scope::Column::Id.eq(scope.id))
        .exec(tx)
        .await?;
    let row = import::ActiveModel {
        id: Set(import.id),
        status: Set(status::UNDONE.to_owned()),
        // The same run may be imported again.
        run: Set(None),
        undone_at: Set(Some(now)),
        ..Default::default()
    };
    let import = row.update(tx).await?;
    let data = json!({ "withdrawn": withdrawn });
    audit_log::add(tx, actor, "import.undo", &format!("import-{}", import.id), data, now).await?;
    Ok(import)
}

/// Moves risks back that this import moved, where they still stand there.
async fn move_back(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    import: &import::Model,
) -> Result<(), Problem> {
    let Some(applied_at) = import.applied_at else { return Ok(()) };
    let moved = risk_event::Entity::find()
        .filter(risk_event::Column::RecordedAt.gte(import.received_at))
        .filter(risk_event::Column::RecordedAt.lte(applied_at))
        .filter(risk_event::Column::Via.eq(Via::Import.as_str()))
        .filter(risk_event::Column::Transition.is_not_null())
        .order_by_asc(risk_event::Column::RiskId)
        .all(tx)
        .await?;
    let requester = Requester::system(Party::Scan, Via::Import);
    for event in moved {
        if event.data.get("import").and_then(serde_json::Value::as_i64) != Some(import.id) {
            continue;
        }
        let Some(risk) = risk::Entity::find_by_id(event.risk_id).one(tx).await? else { continue };
        if risk.version != event.version || risk.import_id == Some(import.id) {
            continue;
        }
        let back = match risk.state {
            State::Closed => Event::Reopen,
            State::Verification => Event::VerifyFail,
            _ => continue,
        };
        let given = Given { reason: Some(format!("Import {} was undone.", import.id)), ..Given::default() };
        let asked =
            Asked { event: back, given, proofs: vec![Proof::Redetected { at: occasion.now }], at: None };
        match step::plan(tx, occasion, risk, &requester, asked).await {
            Ok(change) => {
                record::record(tx, occasion, vec![change]).await?;
            }
            Err(problem) if matches!(problem.kind(), Kind::Conflict | Kind::Forbidden | Kind::Invalid) => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(())
}

/// Withdraws, in one go, the risks that nobody has touched since they were made.
async fn withdraw_untouched(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    import_id: i64,
) -> Result<u64, Problem> {
    let backend = tx.get_database_backend();
    let now = occasion.now;
    let parameter = if backend == sea_orm::DbBackend::Postgres { "CAST(? AS JSONB)" } else { "?" };
    let untouched = "import_id = ? AND version = 1 AND state = 'new' \
                     AND NOT EXISTS (SELECT 1 FROM ticket WHERE ticket.risk_id = risk.id) \
                     AND NOT EXISTS (SELECT 1 FROM ticket_group_member m WHERE m.risk_id = risk.id AND m.left_at IS NULL)";
    let from = format!("FROM asset a WHERE a.id IN (SELECT asset_id FROM risk WHERE {untouched})");
    for share in shares(tx, occasion.policies, &from, vec![import_id.into()], "asset_id").await? {
        let clock = share.ruling.stamp(clock_end(occasion));
        let data = json!({
            "clock": clock, "tzdata": chrono_tz::IANA_TZDB_VERSION, "import": import_id,
            "after": {"state": "closed", "resolution": "withdrawn", "triage_due_at": null},
        });
        let sql = placeholders(
            backend,
            &format!(
                "INSERT INTO risk_event (risk_id, version, kind, from_state, to_state, effective_at, recorded_at, actor_id, \
                 via, reason, data) SELECT id, 2, 'withdrawn', 'new', 'closed', ?, ?, ?, 'import', '', {parameter} FROM risk \
                 WHERE {untouched} AND {}",
                share.condition
            ),
        );
        let values =
            [now.into(), now.into(), occasion.actor_id.into(), data.to_string().into(), import_id.into()];
        tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    }
    let sql = placeholders(
        backend,
        &format!(
            "UPDATE risk SET state = 'closed', resolution = 'withdrawn', closed_at = ?, triage_due_at = ?, due_at = ?, \
             version = 2, updated_at = ? WHERE {untouched}"
        ),
    );
    let values = [now.into(), never().into(), never().into(), now.into(), import_id.into()];
    Ok(tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?.rows_affected())
}

/// Withdraws the others, which somebody has moved or which have a ticket.
async fn withdraw_touched(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    import_id: i64,
) -> Result<u64, Problem> {
    let mut count = 0;
    let mut after = 0;
    loop {
        let risks = risk::Entity::find()
            .filter(risk::Column::ImportId.eq(import_id))
            .filter(risk::Column::Id.gt(after))
            .filter(risk::Column::State.ne(State::Closed))
            .order_by_asc(risk::Column::Id)
            .limit(BATCH as u64)
            .all(tx)
            .await?;
        let Some(last) = risks.last() else { return Ok(count) };
        after = last.id;
        let supported = supported_by_others(tx, &risks, import_id).await?;
        let mut changes = Vec::new();
        for risk in risks {
            // Another source sees it too, so it stays.
            if supported.contains(&risk.id) {
                continue;
            }
            let has_ticket = ticket::of_risks(tx, &[risk.id]).await?.contains_key(&risk.id);
            let mut change = Change::of(risk, NewEvent::plain("withdrawn", occasion.now))?;
            let facts = standing::facts(&change.before, &change.standing, has_ticket);
            standing::write(&withdraw(&facts, occasion.now), &mut change.set, &mut change.standing);
            change.event.clock = clock_end(occasion);
            change.event.data.insert("import".to_owned(), import_id.into());
            changes.push(change);
        }
        count += changes.len() as u64;
        record::record(tx, occasion, changes).await?;
    }
}

async fn supported_by_others(
    tx: &DatabaseTransaction,
    risks: &[risk::Model],
    import_id: i64,
) -> Result<BTreeSet<i64>, Problem> {
    let ids: Vec<Option<i64>> = finding::Entity::find()
        .select_only()
        .column(finding::Column::RiskId)
        .filter(finding::Column::RiskId.is_in(risks.iter().map(|risk| risk.id)))
        .filter(finding::Column::FirstImportId.ne(import_id))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(ids.into_iter().flatten().collect())
}

fn clock_end(occasion: &Occasion<'_>) -> Vec<(DateTime<Utc>, Happening)> {
    vec![(occasion.now, Happening::TriageLeft), (occasion.now, Happening::Closed)]
}

/// What the import saw first was never seen; what it no longer saw is not missing.
async fn forget_findings(tx: &DatabaseTransaction, import_id: i64) -> Result<(), Problem> {
    finding::Entity::delete_many().filter(finding::Column::FirstImportId.eq(import_id)).exec(tx).await?;
    for column in [finding::Column::MissingImportId, finding::Column::LostImportId] {
        finding::Entity::update_many()
            .col_expr(column, Expr::value(Option::<i64>::None))
            .filter(column.eq(import_id))
            .exec(tx)
            .await?;
    }
    Ok(())
}
