//! Takes proof over from where a control's feeds say that it comes from: completed runs of obligations, and full scans of
//! sources. Each is taken once.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};

use crate::platform::database::placeholders;
use crate::platform::problem::Problem;

const RUNS: &str = "INSERT INTO control_evidence (control_id, kind, title, url, run_id, at, added_by, created_at) \
    SELECT f.control_id, 'run', c.name, r.evidence_url, r.id, r.completed_at, r.completed_by, ? \
    FROM control_feed f JOIN cadence c ON c.id = f.cadence_id JOIN cadence_run r ON r.cadence_id = c.id \
    WHERE r.completed_at IS NOT NULL ON CONFLICT DO NOTHING";
const SCANS: &str = "INSERT INTO control_evidence (control_id, kind, title, import_id, at, added_by, created_at) \
    SELECT f.control_id, 'import', s.name || ', ' || p.key, i.id, i.scanned_at, NULL, ? \
    FROM control_feed f JOIN source s ON s.id = f.source_id JOIN source_scope p ON p.source_id = s.id \
    JOIN import i ON i.id = p.head_import_id \
    WHERE i.complete = TRUE AND i.status = 'applied' ON CONFLICT DO NOTHING";

/// Takes over what there is.
pub(super) async fn all(tx: &DatabaseTransaction, now: DateTime<Utc>) -> Result<(), Problem> {
    let backend = tx.get_database_backend();
    for sql in [RUNS, SCANS] {
        let sql = placeholders(backend, sql);
        tx.execute_raw(Statement::from_sql_and_values(backend, sql, [now.into()])).await?;
    }
    Ok(())
}
