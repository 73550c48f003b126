//! Lines of the ladder that wait for somebody's morning and are no longer true, or say less than a later one.

use std::collections::BTreeSet;

use abate_entity::{notice, risk};
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect,
};

use super::ladder::{CLIMBED, KIND};
use super::ladder_rules::{Reached, Step};
use super::unowned::{ANSWERED_FOR, nobody_owns};
use crate::message::notice::{DROPPED, WANTED};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Rows of one statement.
const CHUNK: usize = 500;

/// Whether a step says that nobody owns a risk, which a due date that comes nearer makes no less true.
fn is_of_owner(step: Step) -> bool {
    matches!(step, Step::Unowned | Step::Left)
}

/// Drops the waiting lines that these steps say better: those of the same risk and person about its due date.
pub(super) async fn drop_earlier(
    tx: &DatabaseTransaction,
    reached: &[(risk::Model, chrono::NaiveDate, Reached)],
) -> Result<(), Problem> {
    let told: BTreeSet<(i64, i64)> = reached
        .iter()
        .filter(|(_, _, reached)| reached.tell_at.is_some() && !is_of_owner(reached.step))
        .map(|(risk, _, reached)| (risk.id, reached.user_id))
        .collect();
    let risks: Vec<i64> = told.iter().map(|(risk, _)| *risk).collect::<BTreeSet<_>>().into_iter().collect();
    for risks in risks.chunks(CHUNK) {
        let waiting: Vec<(i64, Option<i64>, i64, String)> = notice::Entity::find()
            .select_only()
            .columns([
                notice::Column::Id,
                notice::Column::RiskId,
                notice::Column::UserId,
                notice::Column::Key,
            ])
            .filter(notice::Column::RiskId.is_in(risks.iter().copied()))
            .filter(notice::Column::State.eq(WANTED))
            .filter(notice::Column::Kind.eq(KIND))
            .into_tuple()
            .all(tx)
            .await?;
        let step = |key: &str| key.split('/').nth(3).and_then(|step| step.parse().ok());
        let earlier: Vec<i64> = waiting
            .into_iter()
            .filter(|(_, risk, user, key)| {
                risk.is_some_and(|risk| told.contains(&(risk, *user))) && !step(key).is_some_and(is_of_owner)
            })
            .map(|(id, ..)| id)
            .collect();
        for ids in earlier.chunks(CHUNK) {
            drop_where(tx, Condition::all().add(notice::Column::Id.is_in(ids.iter().copied()))).await?;
        }
    }
    Ok(())
}

/// Drops what waits about a risk in which nobody has to hurry any more, and that nobody owns what somebody owns by now.
pub(super) async fn drop_overtaken(state: &AppState) -> Result<(), Problem> {
    let risks = |wanted: Condition| {
        Query::select().column(risk::Column::Id).from(risk::Entity).cond_where(wanted).to_owned()
    };
    let still = risks(Condition::all().add(risk::Column::State.is_in(CLIMBED)));
    let unowned = risks(Condition::all().add(risk::Column::State.is_in(ANSWERED_FOR)).add(nobody_owns()));
    let of_owner = [Step::Unowned, Step::Left].map(|step| notice::Column::Key.like(format!("%/{step}/%")));
    let of_owner = of_owner.into_iter().fold(Condition::any(), Condition::add);
    let overtaken = Condition::any()
        .add(Condition::all().add(of_owner.clone()).add(notice::Column::RiskId.not_in_subquery(unowned)))
        .add(Condition::all().add(of_owner.not()).add(notice::Column::RiskId.not_in_subquery(still)));
    let overtaken = Condition::all()
        .add(notice::Column::State.eq(WANTED))
        .add(notice::Column::Kind.eq(KIND))
        .add(overtaken);
    let db = state.database.reader();
    if notice::Entity::find().filter(overtaken.clone()).limit(1).one(db).await?.is_none() {
        return Ok(());
    }
    state.database.write(async |tx| drop_where(tx, overtaken.clone()).await).await
}

async fn drop_where(tx: &DatabaseTransaction, which: Condition) -> Result<(), Problem> {
    notice::Entity::update_many()
        .set(notice::ActiveModel { state: Set(DROPPED.to_owned()), ..Default::default() })
        .filter(which)
        .exec(tx)
        .await?;
    Ok(())
}
