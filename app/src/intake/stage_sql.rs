//! The statements that fill and settle the staged rows of an import.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement, Value};

use super::apply_sql::Part;
use super::row::StagedRow;
use super::status;
use crate::platform::clock::never;
use crate::platform::database::{Database, placeholders};
use crate::platform::problem::Problem;

/// Rows of one INSERT; with the columns below within the bind limits of SQLite.
const ROWS: usize = 500;

/// The columns that are written, in the order of [`bind`].
const COLUMNS: [&str; 30] = [
    "import_id",
    "ordinal",
    "action",
    "risk_id",
    "risk_uuid",
    "finding_id",
    "asset_id",
    "intake_rule",
    "confirm",
    "scheme",
    "hash",
    "content_hash",
    "kind",
    "severity",
    "unknown_severity",
    "level",
    "likelihood",
    "impact",
    "title",
    "description",
    "mitigation",
    "location",
    "rule",
    "package",
    "package_version",
    "fixed_version",
    "tags",
    "confidential",
    "data",
    "triage_due_at",
];

/// Writes staged rows.
pub(super) async fn insert(database: &Database, import_id: i64, rows: &[StagedRow]) -> Result<(), Problem> {
    let columns = COLUMNS.join(", ");
    match database.backend() {
        DbBackend::Postgres => {
            let rows = rows.iter().map(|row| bind(import_id, row));
            Ok(database.copy(&format!("staged_change ({columns})"), rows).await?)
        }
        _ => {
            let row = format!("({})", ["?"; COLUMNS.len()].join(","));
            let insert = format!("INSERT INTO staged_change ({columns}) VALUES ");
            database
                .write(async |tx| {
                    for chunk in rows.chunks(ROWS) {
                        let sql = insert.clone() + &vec![row.as_str(); chunk.len()].join(",");
                        let values: Vec<Value> = chunk.iter().flat_map(|row| bind(import_id, row)).collect();
                        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
                        tx.execute_raw(statement).await?;
                    }
                    Ok(())
                })
                .await
        }
    }
}

fn bind(import_id: i64, row: &StagedRow) -> Vec<Value> {
    let mut values: Vec<Value> = vec![
        import_id.into(),
        row.ordinal.into(),
        row.action.into(),
        row.risk_id.into(),
        row.risk_uuid.into(),
        row.finding_id.into(),
        row.asset_id.into(),
        row.intake_rule.as_str().into(),
        row.confirm.into(),
    ];
    let Some(content) = &row.content else {
        values.extend(["", "", "", ""].map(Value::from));
        values.extend([0_i16.into(), false.into(), 0_i16.into(), 0_i16.into(), 0_i16.into()]);
        values.extend([""; 8].map(Value::from));
        values.extend(["[]".into(), false.into(), "{}".into(), never().into()]);
        return values;
    };
    values.extend([content.scheme, &content.hash, &content.content_hash, content.kind].map(Value::from));
    values.extend([
        content.severity.into(),
        content.unknown_severity.into(),
        content.rated.level.into(),
        content.rated.likelihood.into(),
        content.rated.impact.into(),
    ]);
    values.extend(
        [
            content.title.as_str(),
            &content.description,
            &content.mitigation,
            &content.location,
            &content.rule,
            &content.package,
            &content.package_version,
            &content.fixed_version,
        ]
        .map(Value::from),
    );
    values.extend([
        content.tags.as_str().into(),
        content.confidential.into(),
        content.data.as_str().into(),
        content.rated.triage_due_at.into(),
    ]);
    values
}

/// How many rows turned out to support risks that are there already, by what was meant to become of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attached {
    pub(super) created: i64,
    pub(super) kept: i64,
    pub(super) waiting: i64,
}

/// Turns what would be a second risk of one problem on one asset into support of the first; answers how many. What
/// would be kept or wait supports an open risk of its problem, too.
///
/// Run after staging, and again when the plan is applied, because another source may have been quicker.
pub(super) async fn attach_to_known_risks(
    tx: &DatabaseTransaction,
    import_id: i64,
    part: Part,
) -> Result<Attached, DbErr> {
    Ok(Attached {
        created: attach(tx, import_id, part, status::CREATE, "").await?,
        kept: attach(tx, import_id, part, status::KEEP, STILL_OPEN).await?,
        waiting: attach(tx, import_id, part, status::WAIT, STILL_OPEN).await?,
    })
}

/// Leaves closed risks out.
const STILL_OPEN: &str = " AND EXISTS (SELECT 1 FROM risk r WHERE r.id = i.risk_id AND r.state <> 'closed')";

async fn attach(
    tx: &DatabaseTransaction,
    import_id: i64,
    part: Part,
    action: &str,
    which: &str,
) -> Result<i64, DbErr> {
    let backend = tx.get_database_backend();
    let identity = format!(
        "FROM risk_identity i WHERE i.asset_id = staged_change.asset_id AND i.scheme = staged_change.scheme \
         AND i.hash = staged_change.hash{which}"
    );
    let sql = format!(
        "UPDATE staged_change SET action = 'attach', confirm = FALSE, risk_id = (SELECT i.risk_id {identity}) \
         WHERE import_id = ? AND ordinal BETWEEN ? AND ? AND action = ? AND EXISTS (SELECT 1 {identity})"
    );
    let values = [import_id.into(), part.from.into(), part.to.into(), action.into()];
    let statement = Statement::from_sql_and_values(backend, placeholders(backend, &sql), values);
    Ok(i64::try_from(tx.execute_raw(statement).await?.rows_affected()).unwrap_or(i64::MAX))
}

/// Lets what waiting plans mean to do about a problem support the risk that a person has made of it.
pub(super) async fn attach_to_new_risk(
    tx: &DatabaseTransaction,
    (asset_id, scheme, hash): (i64, &str, &str),
    risk_id: i64,
) -> Result<(), DbErr> {
    let backend = tx.get_database_backend();
    let sql = placeholders(
        backend,
        "UPDATE staged_change SET action = 'attach', confirm = FALSE, risk_id = ? \
         WHERE import_id IN (SELECT id FROM import WHERE status IN ('planned', 'needs_approval', 'applying')) \
         AND asset_id = ? AND scheme = ? AND hash = ? AND action IN ('create', 'keep', 'wait', 'suppress')",
    );
    let values = [risk_id.into(), asset_id.into(), scheme.into(), hash.into()];
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(())
}

/// Drops what another import of the scope has made since this one was compared; answers how many.
pub(super) async fn drop_what_is_there(
    tx: &DatabaseTransaction,
    import_id: i64,
    part: Part,
    scope_id: i64,
) -> Result<u64, DbErr> {
    let backend = tx.get_database_backend();
    let sql = placeholders(
        backend,
        "DELETE FROM staged_change WHERE import_id = ? AND ordinal BETWEEN ? AND ? \
         AND action IN ('create', 'attach', 'keep', 'wait', 'suppress') AND finding_id IS NULL \
         AND EXISTS (SELECT 1 FROM finding f WHERE f.scope_id = ? AND f.scheme = staged_change.scheme \
         AND f.hash = staged_change.hash)",
    );
    let values = [import_id.into(), part.from.into(), part.to.into(), scope_id.into()];
    Ok(tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?.rows_affected())
}

/// Throws the staged rows of an import away.
pub(super) async fn clear(tx: &DatabaseTransaction, import_id: i64) -> Result<(), DbErr> {
    let backend = tx.get_database_backend();
    let sql = placeholders(backend, "DELETE FROM staged_change WHERE import_id = ?");
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, [import_id.into()])).await?;
    Ok(())
}
