//! The timer that has risks worked out again that were being written while what rules them changed: on PostgreSQL an import
//! reads the policies, writes for some time, and its risks are seen by nobody before it ends.
//!
//! What changed an hour ago or two is wanted once more, with the same job. Where nothing did, nothing is done.

use std::collections::BTreeSet;

use abate_entity::{asset, audit_entry, calendar, data_class_table, sla_policy};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use super::recompute;
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;

/// Looks once an hour.
pub const TIMER: Timer<AppState> = Timer { name: "policy.look_again", every: Duration::hours(1), run };

/// What changed so long ago at least is wanted again: what began before has ended by then.
const UNTIL: Duration = Duration::hours(1);
/// What changed longer ago than this was wanted again before, also when a look came late.
const SINCE: Duration = Duration::hours(3);
/// With more assets than these, all risks are worked out again.
const MOST_ASSETS: usize = 200;

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        let scopes = changed(state.database.reader(), now - SINCE, now - UNTIL).await?;
        if scopes.is_empty() {
            return Ok(());
        }
        state
            .database
            .write(async |tx| {
                for scope in &scopes {
                    recompute::want(tx, scope, now).await?;
                }
                Ok(())
            })
            .await
    })
}

/// The scopes of what changed between two moments.
async fn changed(
    db: &impl ConnectionTrait,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<BTreeSet<String>, Problem> {
    let all = || Ok(BTreeSet::from([recompute::ALL.to_owned()]));
    let policies = sla_policy::Entity::find().filter(sla_policy::Column::CreatedAt.between(since, until));
    let calendars = calendar::Entity::find().filter(calendar::Column::CreatedAt.between(since, until));
    let classes =
        data_class_table::Entity::find().filter(data_class_table::Column::CreatedAt.between(since, until));
    if policies.count(db).await? + calendars.count(db).await? + classes.count(db).await? > 0 {
        return all();
    }
    let assets: Vec<i64> = asset::Entity::find()
        .select_only()
        .column(asset::Column::Id)
        .filter(asset::Column::UpdatedAt.between(since, until))
        .limit(MOST_ASSETS as u64 + 1)
        .into_tuple()
        .all(db)
        .await?;
    if assets.len() > MOST_ASSETS {
        return all();
    }
    // A choice of a team has no time of its own but that of its entry.
    let teams: Vec<String> = audit_entry::Entity::find()
        .select_only()
        .column(audit_entry::Column::Subject)
        .filter(audit_entry::Column::Action.eq("team.due_dates"))
        .filter(audit_entry::Column::RecordedAt.between(since, until))
        .into_tuple()
        .all(db)
        .await?;
    Ok(assets.into_iter().map(recompute::of_asset).chain(teams).collect())
}
