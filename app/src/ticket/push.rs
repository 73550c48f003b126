//! Tells JIRA what is new with a risk: fields that differ, the link back, and comments, each once.

use abate_entity::lifecycle::Via;
use abate_entity::{app_user, asset, risk, risk_comment, ticket};
use abate_integrations::jira::{Document, JiraError};
use chrono::Duration;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::failure::Failure;
use super::later;
use super::row;
use super::screen::Screen;
use super::sync::Sync;
use super::walk;
use super::wording::{Content, Identity};
use crate::risk::key::RiskKey;

/// How the key of a copied comment begins.
const COPIED: &str = "comment:";

/// How many comments are copied in one run.
const COPIED_AT_ONCE: u64 = 20;

/// Tells JIRA what is new.
pub(super) async fn run(
    sync: &mut Sync<'_>,
    risk: &risk::Model,
    asset: Option<&asset::Model>,
    screen: &Screen,
    identity: &Identity,
) -> Result<(), Failure> {
    let content = Content::of(risk, asset, screen, identity);
    fields(sync, &content, screen, identity).await?;
    walk::run(sync, risk).await?;
    let link = format!("{} {}", content.link.url, content.link.summary);
    if sync.told.link.as_ref() != Some(&link) {
        let sent = sync.active.client.put_remote_link(&sync.issue.id, &content.link).await;
        if passed(sync, sent)? {
            sync.told.link = Some(link);
        }
    }
    copy_comments(sync, risk).await?;
    if risk.confidential {
        sync.told.notes.retain(|note| !note.key.starts_with(COPIED));
    }
    notes(sync).await
}

/// Copies what people wrote on the risk since the ticket exists; nothing of a confidential one.
async fn copy_comments(sync: &mut Sync<'_>, risk: &risk::Model) -> Result<(), Failure> {
    let db = sync.state.database.reader();
    let last = sync.told.copied_until;
    let new = risk_comment::Entity::find()
        .filter(risk_comment::Column::RiskId.eq(risk.id))
        .filter(risk_comment::Column::Id.gt(last.unwrap_or_default()))
        .filter(risk_comment::Column::CreatedAt.gte(sync.ticket.created_at))
        .order_by_asc(risk_comment::Column::Id)
        .limit(COPIED_AT_ONCE)
        .all(db)
        .await?;
    if new.len() as u64 == COPIED_AT_ONCE {
        sync.again_in(Duration::zero());
    }
    for comment in new {
        sync.told.copied_until = Some(comment.id);
        if risk.confidential || comment.via == Via::Jira.as_str() {
            continue;
        }
        let author = match comment.author_id {
            Some(id) => app_user::Entity::find_by_id(id).one(db).await?.map(|user| user.name),
            None => None,
        };
        let author = author.unwrap_or_else(|| "Abate".to_owned());
        let text = format!("{author} on {}:\n\n{}", RiskKey(risk.id), comment.body);
        sync.told.note(format!("{COPIED}{}", comment.id), text);
    }
    Ok(())
}

/// A refusal concerns this one request and is shown to people; anything else ends the run.
fn passed(sync: &mut Sync<'_>, result: Result<(), JiraError>) -> Result<bool, JiraError> {
    match result {
        Ok(()) => Ok(true),
        Err(error @ JiraError::Refused(_)) => {
            // A conflict with somebody else's write passes by itself, anything else when somebody mends it.
            let conflict = matches!(&error, JiraError::Refused(refusal) if refusal.status == 409);
            sync.again_in(if conflict { later::CONFLICT_WAIT } else { later::REFUSED_WAIT });
            sync.problem = Some(error.to_string());
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Sends the fields that differ from what JIRA was told. Level and due date belong to the risk: where somebody has
/// changed them in JIRA, ours win, and a comment says so. Summary and description may be edited there until ours
/// change.
async fn fields(
    sync: &mut Sync<'_>,
    content: &Content,
    screen: &Screen,
    identity: &Identity,
) -> Result<(), Failure> {
    let mut edit = content.edit(&sync.told, screen);
    let seen = &sync.issue.fields;
    let key = &sync.issue.key;
    let mut won = None;
    if screen.takes("duedate") && edit.due_date.is_none() && seen.due_date != content.due_on {
        edit.due_date = Some(content.due_on);
        won = Some(format!("the due date of {key} follows the risk's"));
    }
    let priority = seen.priority.as_ref().map(|priority| &priority.id);
    if screen.takes("priority")
        && edit.priority.is_none()
        && content.priority.is_some()
        && priority != content.priority.as_ref()
    {
        edit.priority.clone_from(&content.priority);
        won = Some(format!("the priority of {key} follows the risk's level"));
    }
    edit.add_labels = identity
        .labels(&sync.ticket.subject)
        .into_iter()
        .filter(|label| !seen.labels.iter().any(|known| known.eq_ignore_ascii_case(label)))
        .collect();
    if edit.is_empty() {
        return Ok(());
    }
    let sent = sync.active.client.edit_issue(&sync.issue.id, &edit).await;
    if passed(sync, sent)? {
        content.told(&mut sync.told, screen);
        if let Some(won) = won {
            let stamp = sync.issue.fields.updated.map_or(0, |at| at.timestamp_millis());
            sync.told.note(format!("won:{stamp}"), format!("Abate set it back: {won}."));
        }
    }
    Ok(())
}

/// Writes the comments that wait. That a try begins is written down first; after one whose answer is lost, the
/// newest comments tell whether it arrived.
async fn notes(sync: &mut Sync<'_>) -> Result<(), Failure> {
    for mut note in sync.told.notes.clone() {
        let body = Document::from_text(&note.text);
        if note.tried {
            let written = sync.active.client.newest_comments(&sync.issue.id).await?;
            if written.iter().any(|comment| comment.body == sync.active.client.rich_text(&body)) {
                sync.told.wrote(&note.key);
                continue;
            }
        }
        note.tried = true;
        if let Some(kept) = sync.told.notes.iter_mut().find(|kept| kept.key == note.key) {
            *kept = note.clone();
        }
        keep_told(sync).await?;
        match sync.active.client.add_comment(&sync.issue.id, &body).await {
            Ok(_) => sync.told.wrote(&note.key),
            Err(error @ JiraError::Refused(_)) => {
                sync.problem = Some(error.to_string());
                sync.told.wrote(&note.key);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Writes down what JIRA is told before it is told so.
pub(super) async fn keep_told(sync: &Sync<'_>) -> Result<(), Failure> {
    let set = ticket::ActiveModel { pushed: Set(sync.told.to_json()?), ..Default::default() };
    row::write(sync.state, sync.ticket, set).await?;
    Ok(())
}
