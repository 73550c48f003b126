//! Approves the pause of the clock that an owner asked for when blocking a risk, and tells those concerned. Saying no to
//! it is `decline`.

use abate_entity::lifecycle::{self, Event, Limits, Pending, Refusal, Requester, TransitionId};
use abate_entity::{app_user, risk, risk_event, user_role};
use chrono::NaiveDate;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};

use super::clock::Happening;
use super::key::RiskKey;
use super::record::{self, Change, NewEvent, Occasion};
use super::standing::{self, Standing};
use super::step;
use crate::access::role::Role;
use crate::calendar::local_time;
use crate::message::notice::{self, NewNotice};
use crate::platform::problem::{Kind, Problem};

/// Lets the clock pause for the days that were asked for, counted from the day of the block; answers the risk as it is
/// now.
///
/// # Errors
/// 409 when no pause waits, 403 for whoever asked and for all but risk managers, 422 beyond the limits.
pub async fn approve(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    requester: &Requester,
    reason: &str,
) -> Result<risk::Model, Problem> {
    let key = RiskKey(risk.id);
    let mut change = Change::of(risk, NewEvent::plain("pause_approved", occasion.now))?;
    let facts = standing::facts(&change.before, &change.standing, false);
    let days =
        lifecycle::approve_pause(&facts, requester, &Limits::default()).map_err(|refusal| match refusal {
            Refusal::NoSuchStep { .. } => nothing_waits(key),
            other => step::refused(key, facts.state, other),
        })?;
    let (id, team_id) = (change.before.id, change.before.team_id);
    let Some(from) = blocked_on(tx, occasion, id, team_id).await? else {
        return Err(nothing_waits(key));
    };
    let asked_by = change.standing.pause_asked.take().map(|(_, user)| user);
    change.event.clock = vec![(occasion.now, Happening::PauseApproved { from, days })];
    change.event.reason = reason.trim().to_owned();
    change.event.data.insert("days".to_owned(), days.into());
    change.event.data.insert("from".to_owned(), from.to_string().into());
    change.event.data.insert("asked_by".to_owned(), asked_by.into());
    let risk = record::record(tx, occasion, vec![change]).await?.pop();
    risk.ok_or_else(|| Problem::not_found(format!("risk {key}")))
}

/// The pause that waits for an answer: the days, who asked, and what keeps the requester from approving it.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// How many days.
    pub days: u32,
    /// Who asked.
    pub asked_by: i64,
    /// Who may answer, where the requester may not.
    pub refused: Option<String>,
}

/// The pause of a risk that waits, as it stands for the requester.
///
/// # Errors
/// When the row was written by something else.
pub fn waiting(risk: &risk::Model, requester: &Requester) -> Result<Option<Waiting>, Problem> {
    let standing = Standing::of(risk)?;
    let facts = standing::facts(risk, &standing, false);
    let Some((days, asked_by)) = standing.pause_asked else { return Ok(None) };
    if !Pending::of(&facts).contains(&Pending::Pause) {
        return Ok(None);
    }
    let refused = match lifecycle::approve_pause(&facts, requester, &Limits::default()) {
        Err(Refusal::NotYourRight { who, .. }) => Some(who),
        _ => None,
    };
    Ok(Some(Waiting { days, asked_by, refused }))
}

/// The local day on which the standing block began.
async fn blocked_on(
    db: &impl ConnectionTrait,
    occasion: &Occasion<'_>,
    risk_id: i64,
    team_id: i64,
) -> Result<Option<NaiveDate>, Problem> {
    let zone = occasion.policies.zone_of(team_id);
    let block = risk_event::Entity::find()
        .filter(risk_event::Column::RiskId.eq(risk_id))
        .filter(risk_event::Column::Kind.eq(Event::Block.as_str()))
        .filter(risk_event::Column::Transition.eq(TransitionId::T08.as_str()))
        .order_by_desc(risk_event::Column::Version)
        .one(db)
        .await?;
    Ok(block.map(|block| local_time::local_date(zone, block.effective_at)))
}

/// Tells the risk managers of the team that a pause waits for them, and whoever asked what became of it.
///
/// # Errors
/// When the database refuses.
pub(super) async fn tell(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    change: &Change,
    version: i32,
) -> Result<(), Problem> {
    let risk = &change.before;
    let before = Standing::of(risk)?.pause_asked;
    let key = RiskKey(risk.id);
    let (people, line) = match (before, change.standing.pause_asked) {
        (None, Some((days, asker))) => {
            let line = format!(
                "{key} ({}): a pause of the clock of {days} days is asked for: it waits for you.",
                risk.level
            );
            (managers(tx, risk.team_id, asker).await?, line)
        }
        (Some((days, asker)), None) if occasion.actor_id != Some(asker) => {
            let became = match change.event.kind {
                "pause_approved" => "is approved",
                "declined" => "is refused: its clock runs on",
                _ => return Ok(()),
            };
            (vec![asker], format!("{key} ({}): the pause of {days} days {became}.", risk.level))
        }
        _ => return Ok(()),
    };
    for user_id in people {
        let new = NewNotice {
            key: format!("pause/{key}/{version}/{user_id}"),
            user_id,
            kind: "pause",
            risk_id: Some(risk.id),
            text: line.clone(),
            link: format!("/risks/{key}"),
            urgent: false,
            about_at: occasion.now,
            not_before: occasion.now,
        };
        notice::want(tx, occasion.now, new).await?;
    }
    Ok(())
}

/// The risk managers of a team who did not ask.
async fn managers(db: &impl ConnectionTrait, team_id: i64, asker: i64) -> Result<Vec<i64>, Problem> {
    let holders = user_role::Entity::find()
        .filter(user_role::Column::Role.eq(Role::RiskManager.as_str()))
        .filter(user_role::Column::TeamId.is_in([0, team_id]))
        .filter(user_role::Column::UserId.ne(asker))
        .all(db)
        .await?;
    let active = app_user::Entity::find()
        .filter(app_user::Column::Id.is_in(holders.into_iter().map(|holder| holder.user_id)))
        .filter(app_user::Column::Active.eq(true))
        .order_by_asc(app_user::Column::Id)
        .all(db)
        .await?;
    Ok(active.into_iter().map(|user| user.id).collect())
}

fn nothing_waits(key: RiskKey) -> Problem {
    Problem::new(Kind::Conflict, format!("No pause of {key} waits for an answer."))
}
