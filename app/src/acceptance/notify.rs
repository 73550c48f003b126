//! The timer that tells people about acceptances: approvers of what is asked for, askers of the answer, owner and
//! approver 30, 14, 7 and 1 days before the end, and of the end. Each is told once, also after a long pause; what one
//! person is told at one time is one message.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use abate_entity::lifecycle::{Party, State};
use abate_entity::{acceptance, app_user, message, risk, user_role};
use abate_integrations::slack::{Block, Message, PreparedMessage};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::notice_rules::{horizon, reached};
use super::state;
use crate::calendar::local_time::local_date;
use crate::message::ledger::{self, NewMessage};
use crate::page::due::{day, days};
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// Tells what there is to tell.
pub const TIMER: Timer<AppState> = Timer { name: "acceptance.notify", every: Duration::minutes(1), run };

/// The kind of these messages.
const KIND: &str = "acceptance";
/// Acceptances that are looked at in one transaction.
const AT_A_TIME: u64 = 500;
/// Lines of one message; the rest is counted.
const LISTED: usize = 15;

/// A line for somebody about an acceptance.
struct Note {
    person: i64,
    row: i64,
    line: String,
}

/// What people are told: who, and each line with the acceptance it is about.
type Notes = BTreeMap<i64, Vec<(i64, String)>>;

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        while state.database.write(async |tx| tell_changes(tx, state, now).await).await? {}
        if state.slack.is_none() {
            return Ok(());
        }
        let mut after = Some(0);
        while let Some(id) = after {
            after = state.database.write(async |tx| tell_ends(tx, state, now, id).await).await?;
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
        let mut notes = Notes::new();
        for row in &rows {
            let Some(risk) = risks.get(&row.risk_id) else { continue };
            let (people, line) = change(tx, row, risk).await?;
            for person in people {
                notes.entry(person).or_default().push((row.id, line.clone()));
            }
        }
        post(tx, app, notes, "changes", now).await?;
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
            (approvers(db, row, risk).await?, line)
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

/// The people whose rank the level asks for, or a higher one where nobody who is still here holds it.
async fn approvers(
    db: &impl ConnectionTrait,
    row: &acceptance::Model,
    risk: &risk::Model,
) -> Result<Vec<i64>, Problem> {
    let wanted = Party::approver_of(risk.level, row.renewals > 0).approval_rank();
    let ranks = [Party::TeamLead, Party::HeadOfSecurity, Party::Executive];
    for rank in ranks.into_iter().filter(|party| party.approval_rank() >= wanted) {
        let holders = user_role::Entity::find()
            .filter(user_role::Column::Role.eq(rank.as_str()))
            .filter(user_role::Column::TeamId.is_in([0, risk.team_id]))
            .filter(user_role::Column::UserId.ne(row.asked_by))
            .all(db)
            .await?;
        let here = active(db, holders.into_iter().map(|holder| holder.user_id)).await?;
        if !here.is_empty() {
            return Ok(here.into_iter().collect());
        }
    }
    Ok(Vec::new())
}

/// Tells owner and approver of ends that come near; answers the last acceptance that was looked at, none at the end.
async fn tell_ends(
    tx: &DatabaseTransaction,
    app: &AppState,
    now: DateTime<Utc>,
    after: i64,
) -> Result<Option<i64>, Problem> {
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
    let mut wanted = Vec::new();
    for row in &rows {
        let Some(risk) = risks.get(&row.risk_id) else { continue };
        let decided_on = local_date(zone, row.decided_at.unwrap_or(row.asked_at));
        let reached = reached(decided_on, row.ends_on, today);
        let left = days((row.ends_on - today).num_days());
        let line = format!(
            "{} ({}) is accepted until {}: {left} left.",
            RiskKey(risk.id),
            risk.level,
            day(row.ends_on)
        );
        for person in risk.owner_id.into_iter().chain(row.decided_by).collect::<HashSet<i64>>() {
            for ahead in &reached {
                let key = format!("{KIND}/{}/{}/{ahead}/{person}", row.id, row.ends_on);
                // After a pause only the nearest is told; the others are noted as told with it.
                let nearest = Some(ahead) == reached.last();
                wanted.push((key, nearest.then(|| Note { person, row: row.id, line: line.clone() })));
            }
        }
    }
    let keys: Vec<&String> = wanted.iter().map(|(key, _)| key).collect();
    let mut known: HashSet<String> = HashSet::new();
    for chunk in keys.chunks(500) {
        let found: Vec<String> = message::Entity::find()
            .select_only()
            .column(message::Column::Key)
            .filter(message::Column::Key.is_in(chunk.iter().map(|key| key.as_str())))
            .into_tuple()
            .all(tx)
            .await?;
        known.extend(found);
    }
    wanted.retain(|(key, _)| !known.contains(key));
    let mut notes = Notes::new();
    let (keys, told): (Vec<String>, Vec<Option<Note>>) = wanted.into_iter().unzip();
    for note in told.into_iter().flatten() {
        notes.entry(note.person).or_default().push((note.row, note.line));
    }
    ledger::fold(tx, keys.into_iter(), KIND, now).await?;
    post(tx, app, notes, "ends", now).await?;
    Ok(Some(last))
}

async fn risks_of(
    db: &impl ConnectionTrait,
    rows: &[acceptance::Model],
) -> Result<HashMap<i64, risk::Model>, Problem> {
    let ids = rows.iter().map(|row| row.risk_id);
    let risks = risk::Entity::find().filter(risk::Column::Id.is_in(ids)).all(db).await?;
    Ok(risks.into_iter().map(|risk| (risk.id, risk)).collect())
}

/// Those of the people who are still here.
async fn active(
    db: &impl ConnectionTrait,
    people: impl Iterator<Item = i64>,
) -> Result<BTreeSet<i64>, Problem> {
    let here = app_user::Entity::find()
        .filter(app_user::Column::Id.is_in(people))
        .filter(app_user::Column::Active.eq(true))
        .all(db)
        .await?;
    Ok(here.into_iter().map(|user| user.id).collect())
}

/// One message for each person who is still here.
async fn post(
    tx: &DatabaseTransaction,
    app: &AppState,
    notes: Notes,
    what: &str,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let here = active(tx, notes.keys().copied()).await?;
    let stamp = now.to_rfc3339_opts(SecondsFormat::Micros, true);
    for (person, lines) in notes.into_iter().filter(|(person, _)| here.contains(person)) {
        let first = lines.first().map(|(row, _)| *row).unwrap_or_default();
        let new = NewMessage {
            key: format!("{KIND}/{what}/{person}/{stamp}/{first}"),
            kind: KIND,
            user_id: Some(person),
            message: text(&lines, app.config.web.base_url.as_str()),
        };
        ledger::want(tx, new, now).await?;
    }
    Ok(())
}

/// Keys, levels and dates only, so that nothing confidential travels.
fn text(lines: &[(i64, String)], base_url: &str) -> PreparedMessage {
    let text = match lines {
        [(_, line)] => line.clone(),
        _ => format!("{} acceptances have news.", lines.len()),
    };
    let mut blocks = vec![Block::text(text.as_str())];
    if lines.len() > 1 {
        blocks.extend(lines.iter().take(LISTED).map(|(_, line)| Block::text(line.as_str())));
    }
    let more = lines.len().saturating_sub(LISTED);
    let rest = if more > 0 { format!("{more} more. ") } else { String::new() };
    blocks.push(Block::note(format!("{rest}All of them: {base_url}acceptances").as_str()));
    Message { text, blocks }.prepare()
}
