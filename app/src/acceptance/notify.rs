//! The timer that tells people about acceptances: approvers of what is asked for, askers of the answer, owner and
//! approver 30, 14, 7 and 1 days before the end, and of the end. Each is told once, also after a long pause.

use std::collections::HashMap;

use abate_entity::lifecycle::State;
use abate_entity::{acceptance, risk};
use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::notice_rules::{horizon, reached};
use super::state;
use crate::calendar::local_time::{local_date, to_utc};
use crate::message::notice::{self, NewNotice};
use crate::owner::directory;
use crate::page::due::{day, days};
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// Tells what there is to tell.
pub const TIMER: Timer<AppState> = Timer { name: "acceptance.notify", every: Duration::minutes(1), run };

/// The kind of these notices.
const KIND: &str = "acceptance";
/// Acceptances that are looked at in one transaction.
const AT_A_TIME: u64 = 500;

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        while state.database.write(async |tx| tell_changes(tx, state, now).await).await? {}
        if state.slack.is_none() {
            return Ok(());
        }
        let mut after = Some(0);
        while let Some(id) = after {
            after = state.database.write(async |tx| tell_ends(tx, now, id).await).await?;
        }
        Ok(())
    })
}

/// Tells of requests, answers and ends that nobody was told of; answers whether there may be more.
async fn tell_changes(tx: &DatabaseTransaction, app: &AppState, now: DateTime<Utc>) -> Result<bool, Problem> {
    let told = Expr::col(acceptance::Column::ToldState).ne(Expr::col(acceptance::Column::State));
    let rows = acceptance::Entity::find()
        .filter(told)
        .order_by_asc(acceptance::Column::Id)
        .limit(AT_A_TIME)
        .all(tx)
        .await?;
    if rows.is_empty() {
        return Ok(false);
    }
    // Without Slack nobody is told, and nobody will be told late when it comes.
    if app.slack.is_some() {
        let risks = risks_of(tx, &rows).await?;
        let zone = Policies::load(tx).await?.zone;
        for row in &rows {
            let Some(risk) = risks.get(&row.risk_id) else { continue };
            if row.state == state::EXPIRED {
                // What should have been said while nothing ran was overtaken by the end.
                note_ends(tx, (now, zone), row, risk, row.ends_on, None).await?;
            }
            tell(tx, now, row, risk).await?;
        }
    }
    for row in &rows {
        acceptance::Entity::update_many()
            .set(acceptance::ActiveModel { told_state: Set(row.state.clone()), ..Default::default() })
            .filter(acceptance::Column::Id.eq(row.id))
            .exec(tx)
            .await?;
    }
    Ok(rows.len() as u64 == AT_A_TIME)
}

/// Tells those who can agree to what is asked for, and were not told yet: somebody may have left who could.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn tell_waiting(tx: &DatabaseTransaction, now: DateTime<Utc>) -> Result<(), Problem> {
    let rows = acceptance::Entity::find()
        .filter(acceptance::Column::State.eq(state::REQUESTED))
        .order_by_asc(acceptance::Column::Id)
        .limit(AT_A_TIME)
        .all(tx)
        .await?;
    let risks = risks_of(tx, &rows).await?;
    for row in &rows {
        let Some(risk) = risks.get(&row.risk_id) else { continue };
        tell(tx, now, row, risk).await?;
    }
    Ok(())
}

/// Tells of the state that an acceptance is in.
async fn tell(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    row: &acceptance::Model,
    risk: &risk::Model,
) -> Result<(), Problem> {
    let (people, line) = change(tx, row, risk).await?;
    for person in directory::here(tx, &people).await? {
        let about_at = row.ended_at.or(row.decided_at).unwrap_or(row.asked_at);
        let key = format!("{KIND}/{}/{}/{}/{person}", row.id, row.state, row.renewals);
        notice::want(tx, now, line_for(person, risk, key, line.clone(), about_at)).await?;
    }
    Ok(())
}

/// Who is told of the state that an acceptance is in, and what.
async fn change(
    db: &impl ConnectionTrait,
    row: &acceptance::Model,
    risk: &risk::Model,
) -> Result<(Vec<i64>, String), Problem> {
    let key = RiskKey(risk.id);
    let until = day(row.ends_on);
    let both = || risk.owner_id.into_iter().chain(row.decided_by).collect();
    Ok(match row.state.as_str() {
        state::REQUESTED => {
            let what = if row.renewals > 0 { "renewed" } else { "accepted" };
            let line =
                format!("{key} ({}) is asked to be {what} until {until}: it waits for you.", row.level);
            let renewal = row.renewals > 0;
            let people = directory::approvers(db, risk.level, risk.team_id, renewal, row.asked_by).await?;
            (people, line)
        }
        state::IN_FORCE => (vec![row.asked_by], format!("{key} ({}) is accepted until {until}.", row.level)),
        state::REJECTED => (vec![row.asked_by], format!("{key} ({}) is not accepted.", row.level)),
        state::EXPIRED => {
            (both(), format!("{key} ({}) {}: its acceptance ended {until}.", risk.level, stands(risk.state)))
        }
        state::REVOKED => {
            (both(), format!("{key} ({}) {}: its acceptance was ended.", risk.level, stands(risk.state)))
        }
        state::VOIDED if risk.level != row.level => {
            let levels = format!("it is {} now and was accepted as {}", risk.level, row.level);
            (both(), format!("{key} {}: {levels}.", stands(risk.state)))
        }
        state::VOIDED => (
            both(),
            format!("{key} ({}) {}: its acceptance holds no longer.", risk.level, stands(risk.state)),
        ),
        _ => (Vec::new(), String::new()),
    })
}

/// Where a risk stands after its acceptance; it may have moved on since.
fn stands(state: State) -> &'static str {
    match state {
        State::Verification => "waits to be verified",
        State::Closed => "is closed",
        State::Accepted => "is accepted anew",
        _ => "is open again",
    }
}

/// Tells owner and approver of ends that come near; answers the last acceptance that was looked at, none at the end.
async fn tell_ends(tx: &DatabaseTransaction, now: DateTime<Utc>, after: i64) -> Result<Option<i64>, Problem> {
    let zone = Policies::load(tx).await?.zone;
    let today = local_date(zone, now);
    let rows = acceptance::Entity::find()
        .filter(acceptance::Column::State.eq(state::IN_FORCE))
        .filter(acceptance::Column::EndsOn.lte(horizon(today)))
        .filter(acceptance::Column::Id.gt(after))
        .order_by_asc(acceptance::Column::Id)
        .limit(AT_A_TIME)
        .all(tx)
        .await?;
    let Some(last) = rows.last().map(|row| row.id) else { return Ok(None) };
    let risks = risks_of(tx, &rows).await?;
    for row in &rows {
        let Some(risk) = risks.get(&row.risk_id) else { continue };
        let left = days((row.ends_on - today).num_days());
        let line = format!(
            "{} ({}) is accepted until {}: {left} left.",
            RiskKey(risk.id),
            risk.level,
            day(row.ends_on)
        );
        note_ends(tx, (now, zone), row, risk, today, Some(&line)).await?;
    }
    Ok(Some(last))
}

/// Notes what was to be said before an end until `today`, each once and with its own day: the nearest is told where
/// there is a line for it, and the others were overtaken.
async fn note_ends(
    tx: &DatabaseTransaction,
    (now, zone): (DateTime<Utc>, Tz),
    row: &acceptance::Model,
    risk: &risk::Model,
    today: NaiveDate,
    line: Option<&str>,
) -> Result<(), Problem> {
    let decided_on = local_date(zone, row.decided_at.unwrap_or(row.asked_at));
    let reached = reached(decided_on, row.ends_on, today);
    let people: Vec<i64> = risk.owner_id.into_iter().chain(row.decided_by).collect();
    for person in directory::here(tx, &people).await? {
        for ahead in &reached {
            let key = format!("{KIND}/{}/{}/{ahead}/{person}", row.id, row.ends_on);
            let on = row.ends_on.checked_sub_days(Days::new(*ahead)).unwrap_or(today);
            let text = line.unwrap_or_default().to_owned();
            let new = line_for(person, risk, key, text, to_utc(zone, on.and_time(NaiveTime::MIN)));
            if line.is_some() && Some(ahead) == reached.last() {
                notice::want(tx, now, new).await?;
            } else {
                notice::skip(tx, now, new).await?;
            }
        }
    }
    Ok(())
}

/// A line about an acceptance: keys, levels and dates only, so that nothing confidential travels.
fn line_for(
    user_id: i64,
    risk: &risk::Model,
    key: String,
    text: String,
    about_at: DateTime<Utc>,
) -> NewNotice {
    NewNotice {
        key,
        user_id,
        kind: KIND,
        risk_id: Some(risk.id),
        text,
        link: format!("/risks/{}", RiskKey(risk.id)),
        urgent: false,
        about_at,
        not_before: about_at,
    }
}

async fn risks_of(
    db: &impl ConnectionTrait,
    rows: &[acceptance::Model],
) -> Result<HashMap<i64, risk::Model>, Problem> {
    let ids = rows.iter().map(|row| row.risk_id);
    let risks = risk::Entity::find().filter(risk::Column::Id.is_in(ids)).all(db).await?;
    Ok(risks.into_iter().map(|risk| (risk.id, risk)).collect())
}
