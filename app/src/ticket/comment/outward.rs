//! Writes what people say on the risks of a ticket, and what Abate has to say, as comments of the ticket. Each is a row before it is
//! sent; after a try whose answer was lost, `inward` finds out whether it arrived.

use std::collections::{HashMap, HashSet};

use abate_entity::lifecycle::Via;
use abate_entity::{app_user, risk, risk_comment, ticket, ticket_comment};
use abate_integrations::jira::{Document, JiraError};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

pub(in crate::ticket) use super::comment_rules::riding;
use super::comment_rules::{self, CommentState, Direction};
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::ticket::about::About;
use crate::ticket::failure::Failure;
use crate::ticket::later;
use crate::ticket::sync::Sync;

/// How many comments are copied in one run.
const AT_ONCE: u64 = 20;

/// A risk whose comments a ticket gets.
pub(in crate::ticket) struct Speaker {
    /// The risk.
    pub(in crate::ticket) risk_id: i64,
    /// Whether nothing of it leaves.
    pub(in crate::ticket) confidential: bool,
    /// From when on.
    pub(in crate::ticket) since: DateTime<Utc>,
}

/// Makes rows of what is to be written: remarks of ours, and what people wrote on the risks since the ticket exists.
///
/// # Errors
/// When our own side fails.
pub(in crate::ticket) async fn collect(sync: &mut Sync<'_>, speakers: &[Speaker]) -> Result<(), Failure> {
    let db = sync.state.database.reader();
    let speakers: HashMap<i64, &Speaker> =
        speakers.iter().map(|speaker| (speaker.risk_id, speaker)).collect();
    let new = risk_comment::Entity::find()
        .filter(risk_comment::Column::RiskId.is_in(speakers.keys().copied()))
        .filter(risk_comment::Column::Id.gt(sync.told.copied_until.unwrap_or_default()))
        .filter(risk_comment::Column::CreatedAt.gte(sync.ticket.created_at))
        .order_by_asc(risk_comment::Column::Id)
        .limit(AT_ONCE)
        .all(db)
        .await?;
    if new.len() as u64 == AT_ONCE {
        sync.again_in(Duration::zero());
    }
    if new.is_empty() && sync.told.notes.is_empty() {
        return Ok(());
    }
    let mut wanted = Vec::new();
    for comment in &new {
        // What came from there does not go back, and of a confidential risk nothing leaves.
        let speaks = speakers.get(&comment.risk_id);
        let speaks =
            speaks.is_some_and(|speaker| !speaker.confidential && comment.created_at >= speaker.since);
        if !speaks || comment.via == Via::Jira.as_str() {
            continue;
        }
        let author = match comment.author_id {
            Some(id) => app_user::Entity::find_by_id(id).one(db).await?.map(|user| user.name),
            None => None,
        };
        let author = author.unwrap_or_else(|| "Abate".to_owned());
        let text = comment_rules::outward(&author, &RiskKey(comment.risk_id).to_string(), &comment.body);
        wanted.push((Some(comment.id), None, text));
    }
    let notes = std::mem::take(&mut sync.told.notes);
    wanted.extend(notes.into_iter().map(|note| (None, Some(note.key), note.text)));
    sync.told.copied_until = new.last().map(|comment| comment.id).or(sync.told.copied_until);
    let told = sync.told.to_json()?;
    let (ticket_id, now) = (sync.ticket.id, sync.state.clock.now());
    sync.state
        .database
        .write(async |tx| {
            for (comment, key, text) in &wanted {
                let row = row(ticket_id, *comment, key.as_deref(), text, now);
                insert(tx, row, CommentState::Wanted).await?;
            }
            ticket::Entity::update_many()
                .set(ticket::ActiveModel { pushed: Set(told.clone()), ..Default::default() })
                .filter(ticket::Column::Id.eq(ticket_id))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await?;
    Ok(())
}

fn row(
    ticket_id: i64,
    comment_id: Option<i64>,
    key: Option<&str>,
    text: &str,
    now: DateTime<Utc>,
) -> ticket_comment::ActiveModel {
    ticket_comment::ActiveModel {
        ticket_id: Set(ticket_id),
        direction: Set(Direction::Out.as_str().to_owned()),
        risk_comment_id: Set(comment_id),
        note_key: Set(key.map(str::to_owned)),
        remote_id: Set(None),
        text: Set(text.to_owned()),
        created_at: Set(now),
        ..Default::default()
    }
}

/// Writes a row unless the same is there.
async fn insert(
    tx: &DatabaseTransaction,
    mut row: ticket_comment::ActiveModel,
    state: CommentState,
) -> Result<(), Problem> {
    row.state = Set(state.as_str().to_owned());
    let unique = if matches!(&row.note_key, Set(Some(_))) {
        [ticket_comment::Column::TicketId, ticket_comment::Column::NoteKey]
    } else {
        [ticket_comment::Column::RiskCommentId, ticket_comment::Column::TicketId]
    };
    ticket_comment::Entity::insert(row)
        .on_conflict(OnConflict::columns(unique).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Writes the comments that wait.
///
/// # Errors
/// When JIRA or our own side fails.
pub(in crate::ticket) async fn write(sync: &mut Sync<'_>, about: &About) -> Result<(), Failure> {
    let waiting = ticket_comment::Entity::find()
        .filter(ticket_comment::Column::TicketId.eq(sync.ticket.id))
        .filter(
            ticket_comment::Column::State
                .is_in([CommentState::Wanted.as_str(), CommentState::Trying.as_str()]),
        )
        .order_by_asc(ticket_comment::Column::Id)
        .limit(AT_ONCE)
        .all(sync.state.database.reader())
        .await?;
    if waiting.len() as u64 == AT_ONCE {
        sync.again_in(Duration::zero());
    }
    let hidden = hidden(sync, &waiting).await?;
    for row in waiting {
        // What was to come with another call says nothing by itself.
        let is_hidden = about.confidential || row.risk_comment_id.is_some_and(|id| hidden.contains(&id));
        if is_hidden || comment_rules::is_riding(row.note_key.as_deref()) {
            set(sync, row.id, CommentState::Refused, None).await?;
            continue;
        }
        set(sync, row.id, CommentState::Trying, None).await?;
        match sync.active.client.add_comment(&sync.issue.id, &Document::from_text(&row.text)).await {
            Ok(id) => set(sync, row.id, CommentState::Done, Some(id)).await?,
            // Only what is wrong with the text itself stays wrong.
            Err(JiraError::Refused(refusal)) if refusal.status == 400 => {
                sync.trouble(JiraError::Refused(refusal).to_string());
                set(sync, row.id, CommentState::Refused, None).await?;
            }
            Err(JiraError::Refused(refusal)) => {
                let disturbed = refusal.status == 409;
                sync.again_in(if disturbed { later::CONFLICT_WAIT } else { later::REFUSED_WAIT });
                sync.trouble(JiraError::Refused(refusal).to_string());
                set(sync, row.id, CommentState::Wanted, None).await?;
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The comments behind these rows whose risk has become confidential since they were queued.
async fn hidden(sync: &Sync<'_>, waiting: &[ticket_comment::Model]) -> Result<HashSet<i64>, Problem> {
    let ids: Vec<i64> = waiting.iter().filter_map(|row| row.risk_comment_id).collect();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let db = sync.state.database.reader();
    let comments = risk_comment::Entity::find()
        .select_only()
        .columns([risk_comment::Column::Id, risk_comment::Column::RiskId])
        .filter(risk_comment::Column::Id.is_in(ids))
        .into_tuple::<(i64, i64)>()
        .all(db)
        .await?;
    let confidential: Vec<i64> = risk::Entity::find()
        .select_only()
        .column(risk::Column::Id)
        .filter(risk::Column::Id.is_in(comments.iter().map(|(_, risk_id)| *risk_id)))
        .filter(risk::Column::Confidential.eq(true))
        .into_tuple()
        .all(db)
        .await?;
    let hidden = comments.into_iter().filter(|(_, risk_id)| confidential.contains(risk_id));
    Ok(hidden.map(|(comment_id, _)| comment_id).collect())
}

async fn set(
    sync: &Sync<'_>,
    row: i64,
    state: CommentState,
    remote_id: Option<String>,
) -> Result<(), Problem> {
    let mut change =
        ticket_comment::ActiveModel { state: Set(state.as_str().to_owned()), ..Default::default() };
    if remote_id.is_some() {
        change.remote_id = Set(remote_id);
    }
    sync.state
        .database
        .write(async |tx| {
            ticket_comment::Entity::update_many()
                .set(change.clone())
                .filter(ticket_comment::Column::Id.eq(row))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await
}

/// The comment to send along with another call, `None` where it was written before. It counts as tried from now on.
///
/// # Errors
/// When our own side fails.
pub(in crate::ticket) async fn ride(
    sync: &Sync<'_>,
    key: &str,
    text: &str,
) -> Result<Option<Document>, Failure> {
    let (ticket_id, now) = (sync.ticket.id, sync.state.clock.now());
    let is_new = sync
        .state
        .database
        .write(async |tx| {
            insert(tx, row(ticket_id, None, Some(key), text, now), CommentState::Trying).await?;
            let trying = ticket_comment::ActiveModel {
                state: Set(CommentState::Trying.as_str().to_owned()),
                ..Default::default()
            };
            let updated = ticket_comment::Entity::update_many()
                .set(trying)
                .filter(ticket_comment::Column::TicketId.eq(ticket_id))
                .filter(ticket_comment::Column::NoteKey.eq(key))
                .filter(ticket_comment::Column::State.ne(CommentState::Done.as_str()))
                .exec(tx)
                .await?;
            Ok(updated.rows_affected > 0)
        })
        .await?;
    Ok(is_new.then(|| Document::from_text(text)))
}

/// The call with the comment was taken. JIRA does not say which number the comment got; the next look does.
///
/// # Errors
/// When our own side fails.
pub(in crate::ticket) async fn rode(sync: &Sync<'_>, key: &str) -> Result<(), Failure> {
    set_riding(sync, key, CommentState::Done).await
}

/// The comment did not go with the call.
///
/// # Errors
/// When our own side fails.
pub(in crate::ticket) async fn drop_riding(sync: &Sync<'_>, key: &str) -> Result<(), Failure> {
    set_riding(sync, key, CommentState::Refused).await
}

async fn set_riding(sync: &Sync<'_>, key: &str, state: CommentState) -> Result<(), Failure> {
    let ticket_id = sync.ticket.id;
    sync.state
        .database
        .write(async |tx| {
            let set =
                ticket_comment::ActiveModel { state: Set(state.as_str().to_owned()), ..Default::default() };
            ticket_comment::Entity::update_many()
                .set(set)
                .filter(ticket_comment::Column::TicketId.eq(ticket_id))
                .filter(ticket_comment::Column::NoteKey.eq(key))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await?;
    Ok(())
}
