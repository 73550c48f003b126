//! The timer that puts what each person is to be told into one message: at once what is urgent, the rest outside of
//! their quiet hours. A line is in one message, and a message is sent once.

use std::collections::BTreeMap;

use abate_entity::{app_user, message, notice};
use abate_integrations::slack::{Block, Button, Message, Mrkdwn, PreparedMessage};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::ledger::{self, NewMessage};
use super::notice::{DROPPED, TOLD, WANTED};
use crate::incident::leaders::CALL;
use crate::incident::told::{self, Outcome};
use crate::owner::{ladder, roster};
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::setting;
use crate::platform::timer::Timer;
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::slack::card::ACKNOWLEDGE;
use crate::state::AppState;

/// Tells people what there is to tell.
pub const TIMER: Timer<AppState> = Timer { name: "message.bundle", every: Duration::seconds(20), run };

/// The kind of the messages.
pub(super) const KIND: &str = "notices";
/// Whom the lines for the channel are for.
const CHANNEL: i64 = 0;
/// Lines of one message; the rest is counted.
const LISTED: usize = 15;
/// Rows of one statement.
const CHUNK: usize = 500;
/// Without Slack nobody is told; what is older than this is not told late when it comes.
const STALE_AFTER: Duration = Duration::days(3);

/// How long a climb of the ladder holds up the messages at most.
const LONGEST_CLIMB: Duration = Duration::minutes(10);

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        let Some(slack) = state.slack.as_ref() else {
            drop_calls(state, now).await?;
            return drop_stale(state, now).await;
        };
        let has_channel = slack.channel.is_some();
        let db = state.database.reader();
        let climbing = climbing(db, now).await?;
        let policies = Policies::load(db).await?;
        let holidays = roster::holidays(&policies);
        for (user_id, waits) in waiting(db, now).await? {
            let user = app_user::Entity::find_by_id(user_id).one(db).await?.filter(|user| user.active);
            let quiet =
                user.as_ref().is_some_and(|user| roster::hours(user, policies.zone).is_quiet(now, &holidays));
            if (quiet && !waits.urgent) || (climbing && !waits.at_once) {
                continue;
            }
            let here = if user_id == CHANNEL { has_channel } else { user.is_some() };
            state.database.write(async |tx| tell(tx, state, user_id, here, quiet, now).await).await?;
        }
        Ok(())
    })
}

/// Whether the ladder is in the middle of a climb, so that half of what a person is to be told is not wanted yet. A climb
/// that was broken off is taken up again; it does not hold up the others for ever.
async fn climbing(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, Problem> {
    let since: Option<DateTime<Utc>> =
        setting::read(db, ladder::CLIMBING).await?.and_then(|text| text.parse().ok());
    Ok(since.is_some_and(|since| now - since < LONGEST_CLIMB))
}

/// What waits for a person.
#[derive(Clone, Copy, Default)]
struct Waits {
    /// Some of it is urgent.
    urgent: bool,
    /// Some of it is urgent and not the ladder's, so that it waits for no climb.
    at_once: bool,
}

/// Whom something waits for.
async fn waiting(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<BTreeMap<i64, Waits>, Problem> {
    let rows: Vec<(i64, bool, String)> = notice::Entity::find()
        .select_only()
        .columns([notice::Column::UserId, notice::Column::Urgent, notice::Column::Kind])
        .filter(notice::Column::State.eq(WANTED))
        .filter(notice::Column::NotBefore.lte(now))
        .distinct()
        .into_tuple()
        .all(db)
        .await?;
    let mut waiting: BTreeMap<i64, Waits> = BTreeMap::new();
    for (user_id, urgent, kind) in rows {
        let waits = waiting.entry(user_id).or_default();
        waits.urgent |= urgent;
        waits.at_once |= urgent && kind != ladder::KIND;
    }
    Ok(waiting)
}

/// Puts the lines of one person into one message; what was for somebody who has left is dropped.
async fn tell(
    tx: &DatabaseTransaction,
    state: &AppState,
    user_id: i64,
    here: bool,
    quiet: bool,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let mut query = notice::Entity::find()
        .filter(notice::Column::State.eq(WANTED))
        .filter(notice::Column::NotBefore.lte(now))
        .filter(notice::Column::UserId.eq(user_id))
        .order_by_asc(notice::Column::AboutAt)
        .order_by_asc(notice::Column::Id);
    if quiet {
        query = query.filter(notice::Column::Urgent.eq(true));
    }
    if tx.get_database_backend() == DbBackend::Postgres {
        query = query.lock(LockType::Update);
    }
    let mut lines = query.all(tx).await?;
    // Asked after the lines were read, for a climb may have begun since it was asked before.
    if climbing(tx, now).await? {
        lines.retain(|line| line.urgent && line.kind != ladder::KIND);
    }
    // What is cut off is never a call, and what is noted as told was shown.
    lines.sort_by_key(rank);
    if lines.iter().filter(|line| rank(line) == 0).count() > LISTED {
        lines.truncate(LISTED);
    }
    let Some(first) = lines.iter().map(|line| line.id).min() else { return Ok(()) };
    let key = format!("bundle/{user_id}/{first}");
    if here {
        let new = NewMessage {
            key: key.clone(),
            kind: KIND,
            user_id: Some(user_id).filter(|id| *id != CHANNEL),
            message: text(&lines, state.config.web.base_url.as_str()),
        };
        ledger::want(tx, new, now).await?;
    } else {
        told::note(tx, &lines, Outcome::Failed("they have left."), now).await?;
    }
    settle(tx, &lines, here.then_some(key)).await
}

/// The place of a line in its message: incidents first, then what is urgent, then the rest, each as it came about.
fn rank(line: &notice::Model) -> u8 {
    if told::KINDS.contains(&line.kind.as_str()) {
        0
    } else if line.urgent {
        1
    } else {
        2
    }
}

/// Notes lines as told by a message, or as dropped.
async fn settle(
    tx: &DatabaseTransaction,
    lines: &[notice::Model],
    message_key: Option<String>,
) -> Result<(), Problem> {
    let change = notice::ActiveModel {
        state: Set(if message_key.is_some() { TOLD } else { DROPPED }.to_owned()),
        message_key: Set(message_key),
        ..Default::default()
    };
    for chunk in lines.chunks(CHUNK) {
        notice::Entity::update_many()
            .set(change.clone())
            .filter(notice::Column::Id.is_in(chunk.iter().map(|line| line.id)))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// The lines that a message was made of; none for what is no bundle.
pub(super) async fn lines_of(
    db: &impl ConnectionTrait,
    message: &message::Model,
) -> Result<Vec<notice::Model>, Problem> {
    let first = message.key.rsplit('/').next().and_then(|first| first.parse::<i64>().ok());
    let Some(first) = first.filter(|_| message.kind == KIND) else { return Ok(Vec::new()) };
    Ok(notice::Entity::find()
        .filter(notice::Column::Id.gte(first))
        .filter(notice::Column::MessageKey.eq(&message.key))
        .order_by_asc(notice::Column::Id)
        .all(db)
        .await?)
}

/// Without Slack nobody can be called, which the incident's log says; a call that waited for Slack would come too late.
async fn drop_calls(state: &AppState, now: DateTime<Utc>) -> Result<(), Problem> {
    let calls = notice::Entity::find()
        .filter(notice::Column::State.eq(WANTED))
        .filter(notice::Column::NotBefore.lte(now))
        .filter(notice::Column::Kind.is_in(told::KINDS))
        .order_by_asc(notice::Column::Id);
    if calls.clone().limit(1).one(state.database.reader()).await?.is_none() {
        return Ok(());
    }
    state
        .database
        .write(async |tx| {
            let lines = calls.clone().all(tx).await?;
            told::note(tx, &lines, Outcome::NoSlack, now).await?;
            settle(tx, &lines, None).await
        })
        .await
}

async fn drop_stale(state: &AppState, now: DateTime<Utc>) -> Result<(), Problem> {
    state
        .database
        .write(async |tx| {
            notice::Entity::update_many()
                .set(notice::ActiveModel { state: Set(DROPPED.to_owned()), ..Default::default() })
                .filter(notice::Column::State.eq(WANTED))
                .filter(notice::Column::NotBefore.lt(now - STALE_AFTER))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await
}

fn text(lines: &[notice::Model], base_url: &str) -> PreparedMessage {
    let text = match lines {
        [line] => line.text.clone(),
        _ => format!("{} things for you to know.", lines.len()),
    };
    let mut blocks = Vec::new();
    if lines.len() > 1 {
        blocks.push(Block::text(text.as_str()));
    }
    let acknowledge = |line: &notice::Model| {
        let key = line.link.strip_prefix("/incidents/").filter(|_| line.kind == CALL)?;
        Some(Button::new("Acknowledge", ACKNOWLEDGE, key))
    };
    let shown = lines.iter().take(LISTED);
    blocks.extend(shown.map(|line| Block::Section(linked(line, base_url), acknowledge(line))));
    let more = lines.len().saturating_sub(LISTED);
    if more > 0 {
        let rest = Mrkdwn::new().plain(format!("{more} more are in ")).link(base_url, "Abate").plain(".");
        blocks.push(Block::note(rest));
    }
    Message { text, blocks }.prepare()
}

/// The line, with its page behind its key where it begins with one.
fn linked(line: &notice::Model, base_url: &str) -> Mrkdwn {
    let page = format!("{base_url}{}", line.link.trim_start_matches('/'));
    let key = line.risk_id.map(|id| RiskKey(id).to_string());
    match key.as_deref().and_then(|key| Some((key, line.text.strip_prefix(key)?))) {
        Some((key, rest)) => Mrkdwn::new().link(&page, key).plain(rest),
        None => Mrkdwn::new().plain(&line.text).plain(" ").link(&page, "Open"),
    }
}
