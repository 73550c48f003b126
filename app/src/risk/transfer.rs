//! Transferred risks: the risk manager confirms on the day of review that somebody else still carries them, and is told
//! in time; what nobody confirms is open again the day after.

use abate_entity::lifecycle::{self, Requester, Resolution, State};
use abate_entity::risk;
use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, Utc};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::key::RiskKey;
use super::record::{self, Change, NewEvent, Occasion};
use super::{standing, step};
use crate::access::role::Role;
use crate::calendar::local_time;
use crate::message::notice::{self, NewNotice};
use crate::owner::directory;
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::policy::Policies;
use crate::state::AppState;

/// The history's word for it.
pub const CONFIRMED: &str = "transfer_confirmed";
/// Days before the day of review on which the risk managers of the team are told.
const TOLD_BEFORE: [u64; 2] = [14, 0];
/// Risks looked at in one transaction.
const AT_A_TIME: u64 = 200;

/// Tells risk managers which transfers want their confirmation.
pub const TIMER: Timer<AppState> = Timer { name: "risk.transfer", every: Duration::minutes(10), run };

/// Confirms that the transfer of a closed risk still holds, until the next day of review.
///
/// # Errors
/// 409 when it was not transferred, 403 for all but risk managers, 422 naming what is missing.
pub async fn confirm(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    requester: &Requester,
    review_on: Option<NaiveDate>,
    reason: &str,
) -> Result<risk::Model, Problem> {
    let key = RiskKey(risk.id);
    let mut change = Change::of(risk, NewEvent::plain(CONFIRMED, occasion.now))?;
    let facts = standing::facts(&change.before, &change.standing, false);
    let today = step::today(occasion.now, occasion.policies.zone);
    let changes = lifecycle::confirm_transfer(&facts, requester, review_on, reason, today)
        .map_err(|refusal| step::refused(key, facts.state, refusal))?;
    standing::write(&changes, &mut change.set, &mut change.standing);
    change.event.reason = reason.trim().to_owned();
    change.event.data.insert("review_on".to_owned(), serde_json::json!(review_on));
    let risk = record::record(tx, occasion, vec![change]).await?.pop();
    risk.ok_or_else(|| Problem::not_found(format!("risk {key}")))
}

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        let mut after = Some(0);
        while let Some(id) = after {
            after = state.database.write(async |tx| tell(tx, now, id).await).await?;
        }
        Ok(())
    })
}

/// Tells of the transfers after `id` whose review is near; answers after which to go on.
async fn tell(tx: &DatabaseTransaction, now: DateTime<Utc>, id: i64) -> Result<Option<i64>, Problem> {
    let zone = Policies::load(tx).await?.zone;
    let today = step::today(now, zone);
    let horizon = today + Days::new(TOLD_BEFORE.iter().copied().max().unwrap_or_default());
    let risks = risk::Entity::find()
        .filter(risk::Column::State.eq(State::Closed))
        .filter(risk::Column::Resolution.eq(Resolution::Transferred))
        .filter(risk::Column::ReviewOn.between(today, horizon))
        .filter(risk::Column::Id.gt(id))
        .order_by_asc(risk::Column::Id)
        .limit(AT_A_TIME)
        .all(tx)
        .await?;
    for risk in &risks {
        let Some(review_on) = risk.review_on else { continue };
        // After a long pause the nearest reminder is told, and not those that it overtook.
        let Some(days) = TOLD_BEFORE.iter().copied().rev().find(|days| review_on - Days::new(*days) <= today)
        else {
            continue;
        };
        let key = RiskKey(risk.id);
        let about = local_time::to_utc(zone, (review_on - Days::new(days)).and_time(NaiveTime::MIN));
        for manager in directory::holders(tx, Role::RiskManager, risk.team_id).await? {
            let notice = NewNotice {
                key: format!("transfer/{key}/{review_on}/{days}/{manager}"),
                user_id: manager,
                kind: "transfer",
                risk_id: Some(risk.id),
                text: format!(
                    "Confirm by {review_on} that {key} is still carried by others, or it opens again."
                ),
                link: format!("/risks/{key}"),
                urgent: false,
                about_at: about,
                not_before: now,
            };
            notice::want(tx, now, notice).await?;
        }
    }
    Ok(if risks.len() as u64 == AT_A_TIME { risks.last().map(|risk| risk.id) } else { None })
}
