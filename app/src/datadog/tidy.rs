//! Forgets old signals of which nothing is to be told any more.

use chrono::Duration;
use sea_orm::{ConnectionTrait, Statement};

use crate::platform::database::placeholders;
use crate::platform::job::Work;
use crate::platform::timer::Timer;
use crate::state::AppState;

/// Clears up.
pub const TIDY: Timer<AppState> = Timer { name: "datadog.tidy", every: Duration::hours(1), run };

/// A signal that was not read for so long has left every list that is asked for.
const KNOWN_DAYS: i64 = 90;
/// Signals that are forgotten in one transaction.
const AT_A_TIME: u64 = 500;

/// Without a risk, or with one that is closed and whose last decision was dealt with.
const FORGOTTEN: &str = "DELETE FROM datadog_signal WHERE id IN (SELECT s.id FROM datadog_signal s \
     LEFT JOIN finding f ON f.scope_id = s.scope_id AND f.scheme = s.scheme AND f.hash = s.hash \
     LEFT JOIN risk r ON r.id = f.risk_id \
     WHERE s.seen_at < ? AND (r.id IS NULL \
     OR (r.state = 'closed' AND s.judged_risk = r.id AND s.judged_version = r.version)) LIMIT ?)";

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let before = state.clock.now() - Duration::days(KNOWN_DAYS);
        let mut forgotten = AT_A_TIME;
        while forgotten == AT_A_TIME {
            forgotten = state
                .database
                .write(async |tx| {
                    let backend = tx.get_database_backend();
                    let values = [before.into(), i64::try_from(AT_A_TIME).unwrap_or(i64::MAX).into()];
                    let sql = placeholders(backend, FORGOTTEN);
                    Ok(tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?)
                })
                .await?
                .rows_affected();
        }
        Ok(())
    })
}
