//! How much of an import one transaction writes: all of it where that is quick, else parts that leave other writers
//! their turn.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};

use super::apply_sql::Part;
use super::status;
use crate::platform::database::placeholders;
use crate::platform::problem::Problem;

/// Most rows that one transaction writes.
const WHOLE: i64 = 50_000;
/// Steps of the lifecycle up to which an import stays in one transaction.
const WHOLE_STEPS: i64 = 1_000;
/// What a step of the lifecycle costs, in rows that only make something.
const STEP: i64 = 5;
/// What the first part costs at most, in rows that only make something.
const FIRST: i64 = 5_000;
/// The least and the most that later parts may cost.
const BOUNDS: (i64, i64) = (250, 20_000);
/// A part that takes longer is followed by a smaller one, so that nobody waits for two seconds.
const LONG: Duration = Duration::from_millis(600);
/// A part that takes less is followed by a larger one.
const SHORT: Duration = Duration::from_millis(250);

/// How an import is cut, learning from how long its parts take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    budget: i64,
    in_parts: bool,
}

impl Pace {
    pub(super) const fn start() -> Self {
        Self { budget: FIRST, in_parts: false }
    }

    /// The pace for an import that makes so many risks altogether, however few of them are left.
    pub(super) fn of_an_import(self, created: i64) -> Self {
        Self { in_parts: self.in_parts || created > WHOLE, ..self }
    }

    /// The pace after a part that took so long.
    pub(super) fn after(self, time: Duration) -> Self {
        let (least, most) = BOUNDS;
        let budget = match time {
            long if long > LONG => (self.budget / 2).max(least),
            short if short < SHORT => (self.budget * 3 / 2).min(most),
            _ => self.budget,
        };
        Self { budget, ..self }
    }

    /// Whether the last part was one of several.
    pub(super) fn is_in_parts(&self) -> bool {
        self.in_parts
    }

    /// Decides which rows come next: all, or the next in order.
    pub(super) async fn next(
        self,
        tx: &DatabaseTransaction,
        import_id: i64,
    ) -> Result<(Part, Self), Problem> {
        // Once in parts, an import stays so to its end: its last rows weigh as much as its first.
        let in_parts = self.in_parts || !is_small(tx, import_id).await?;
        if !in_parts {
            return Ok((Part::ALL, self));
        }
        let backend = tx.get_database_backend();
        let sql = placeholders(
            backend,
            "SELECT ordinal, action, confirm FROM staged_change WHERE import_id = ? ORDER BY ordinal LIMIT ?",
        );
        let values = [import_id.into(), self.budget.into()];
        let rows = tx.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        let mut costs = Vec::with_capacity(rows.len());
        for row in rows {
            let action: String = row.try_get_by_index(1)?;
            let is_step = row.try_get_by_index(2)? || STEPS.contains(&action.as_str());
            costs.push((row.try_get_by_index(0)?, if is_step { STEP } else { 1 }));
        }
        Ok((cut(&costs, self.budget), Self { in_parts, ..self }))
    }
}

/// Actions that move risks one by one.
const STEPS: [&str; 4] = [status::RETURN, status::VANISH, status::ATTACH, status::UPDATE];

async fn is_small(tx: &DatabaseTransaction, import_id: i64) -> Result<bool, Problem> {
    let backend = tx.get_database_backend();
    let steps = STEPS.map(|action| format!("'{action}'")).join(", ");
    let sql = placeholders(
        backend,
        &format!(
            "SELECT COUNT(*), COALESCE(SUM(CASE WHEN confirm OR action IN ({steps}) THEN 1 ELSE 0 END), 0) \
             FROM (SELECT action, confirm FROM staged_change WHERE import_id = ? LIMIT ?) staged"
        ),
    );
    let values = [import_id.into(), (WHOLE + 1).into()];
    let row = tx.query_one_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    let row = row.ok_or_else(|| Problem::internal(anyhow::anyhow!("nothing was counted")))?;
    let (rows, steps): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    Ok(rows <= WHOLE && steps <= WHOLE_STEPS)
}

/// The first rows that cost no more than `budget` together, but at least one; rows are number and cost, in order.
fn cut(rows: &[(i64, i64)], budget: i64) -> Part {
    let mut spent = 0;
    let within = rows.iter().take_while(|(_, cost)| {
        spent += cost;
        spent <= budget
    });
    let last = within.last().or(rows.first()).map_or(i64::MAX, |(number, _)| *number);
    Part { from: rows.first().map_or(0, |(number, _)| *number), to: last }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{BOUNDS, FIRST, Pace, WHOLE, cut};

    /// A regression: a job that took up the last rows of a large import took it for a small one.
    #[test]
    fn a_large_import_is_one_in_parts_however_little_of_it_is_left() {
        assert!(!Pace::start().of_an_import(WHOLE).is_in_parts());
        assert!(Pace::start().of_an_import(WHOLE + 1).is_in_parts());
        assert!(Pace { in_parts: true, ..Pace::start() }.of_an_import(1).is_in_parts());
    }

    #[test]
    fn a_part_is_as_much_as_it_may_cost_and_at_least_a_row() {
        let rows = [(3, 1), (4, 1), (9, 5), (10, 1)];
        let spans = [0, 1, 2, 6, 7, 8, 100].map(|budget| {
            let part = cut(&rows, budget);
            (part.from, part.to)
        });
        assert_eq!(spans, [(3, 3), (3, 3), (3, 4), (3, 4), (3, 9), (3, 10), (3, 10)]);
    }

    #[test]
    fn parts_shrink_when_they_take_long_and_grow_when_they_do_not_within_bounds() {
        let pace = Pace::start();
        assert_eq!(pace.after(Duration::from_millis(400)).budget, FIRST);
        let times = |pace: Pace, time: Duration| (0..50).fold(pace, |pace, _| pace.after(time));
        let slow = times(pace, Duration::from_secs(3));
        assert_eq!(slow.budget, BOUNDS.0);
        assert_eq!(times(slow, Duration::from_millis(1)).budget, BOUNDS.1);
    }
}
