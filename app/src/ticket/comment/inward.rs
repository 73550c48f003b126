//! Reads the comments of a ticket that has changed: those of people become comments of the risk, each once, and ours are
//! recognised by their number, or by their words where a call did not say it.

use std::collections::HashSet;

use abate_entity::lifecycle::Via;
use abate_entity::{risk, ticket_comment};
use abate_integrations::jira::{COMMENTS, Comment, Document, JiraError, plain_text};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::comment_rules::{self, CommentState, Direction};
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::comment;
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::ticket::failure::Failure;
use crate::ticket::follow;
use crate::ticket::group::model::named;
use crate::ticket::sync::Sync;

/// How many pages of comments are read at once.
const PAGES: usize = 20;

/// A risk that comments of a ticket may be for.
pub(in crate::ticket) struct Receiver {
    /// The risk.
    pub(in crate::ticket) risk_id: i64,
    /// Whether it gets what names no risk.
    pub(in crate::ticket) is_open: bool,
}

/// Takes in what is new.
///
/// # Errors
/// When JIRA or our own side fails.
pub(in crate::ticket) async fn run(sync: &mut Sync<'_>, receivers: &[Receiver]) -> Result<(), Failure> {
    let db = sync.state.database.reader();
    let of_ticket =
        || ticket_comment::Entity::find().filter(ticket_comment::Column::TicketId.eq(sync.ticket.id));
    let stamp = sync.issue.fields.updated;
    let is_trying = ticket_comment::Column::State.eq(CommentState::Trying.as_str());
    if stamp.is_some()
        && sync.told.comments_at == stamp
        && of_ticket().filter(is_trying).one(db).await?.is_none()
    {
        return Ok(());
    }
    let rows = of_ticket().all(db).await?;
    let is_tried = |row: &ticket_comment::Model| row.state == CommentState::Trying.as_str();
    let known: HashSet<&str> = rows.iter().filter_map(|row| row.remote_id.as_deref()).collect();
    let is_done = |row: &ticket_comment::Model| row.state == CommentState::Done.as_str();
    let mut unnumbered: Vec<&ticket_comment::Model> = rows
        .iter()
        .filter(|row| row.direction == Direction::Out.as_str() && row.remote_id.is_none())
        .filter(|row| is_tried(row) || is_done(row))
        .collect();
    let mut comments = unread(sync, &known).await?;
    // What only some may read there is not shown to all here.
    comments.retain(|comment| !known.contains(comment.id.as_str()) && !comment.restricted);
    comments.reverse();
    for comment in &comments {
        let text = words(comment);
        let is_own = comment.author.as_ref().is_some_and(|author| author.account_id == sync.own_account);
        let client = sync.active.client.clone();
        let says = |row: &ticket_comment::Model, comment: &Comment, text: &str| {
            comment.body == client.rich_text(&Document::from_text(&row.text))
                || comment_rules::says_the_same(&row.text, text)
        };
        let is_outward = |row: &ticket_comment::Model| row.direction == Direction::Out.as_str();
        let ours = unnumbered.iter().position(|row| says(row, comment, &text));
        // Our account may be a person's, who writes comments too.
        match ours.filter(|_| is_own) {
            Some(index) => number(sync, unnumbered.remove(index), comment).await?,
            // A second copy of ours: its answer was so late that it was written again.
            None if is_own && rows.iter().any(|row| is_outward(row) && says(row, comment, &text)) => {}
            None => take(sync, receivers, comment, &text).await?,
        }
    }
    sync.told.comments_at = stamp;
    Ok(())
}

/// Whom a comment is for: the risks that it names, else those that are open, else all of them.
fn meant(receivers: &[Receiver], text: &str) -> Vec<i64> {
    let ids = |wanted: &dyn Fn(&Receiver) -> bool| -> Vec<i64> {
        receivers.iter().filter(|one| wanted(one)).map(|one| one.risk_id).collect()
    };
    if let [one] = receivers {
        return vec![one.risk_id];
    }
    let named = named(text);
    let tries = [ids(&|one| named.contains(&one.risk_id)), ids(&|one| one.is_open), ids(&|_| true)];
    tries.into_iter().find(|ids| !ids.is_empty()).unwrap_or_default()
}

/// Reads the comments back to one that is known, newest first: after a pause there may be many.
async fn unread(sync: &Sync<'_>, known: &HashSet<&str>) -> Result<Vec<Comment>, JiraError> {
    let mut all = Vec::new();
    for _ in 0..PAGES {
        let page = sync.active.client.comments_from(&sync.issue.id, all.len()).await?;
        let is_last = page.len() < COMMENTS || page.iter().any(|comment| known.contains(comment.id.as_str()));
        all.extend(page);
        if is_last {
            break;
        }
    }
    Ok(all)
}

/// What a comment says. Wiki text stays as it was typed: its marks are no loss for people, and their absence could be.
fn words(comment: &Comment) -> String {
    comment.body.as_str().map_or_else(|| plain_text(&comment.body), str::to_owned)
}

/// Notes which comment one of ours has become.
async fn number(sync: &Sync<'_>, row: &ticket_comment::Model, comment: &Comment) -> Result<(), Problem> {
    sync.state
        .database
        .write(async |tx| {
            let change = ticket_comment::ActiveModel {
                id: Set(row.id),
                remote_id: Set(Some(comment.id.clone())),
                state: Set(CommentState::Done.as_str().to_owned()),
                ..Default::default()
            };
            change.update(tx).await?;
            Ok(())
        })
        .await
}

/// Makes a comment of each risk that it is for, in one transaction with the row that says so.
async fn take(sync: &Sync<'_>, receivers: &[Receiver], comment: &Comment, text: &str) -> Result<(), Problem> {
    let (ticket_id, now) = (sync.ticket.id, sync.state.clock.now());
    let issue = sync.issue.key.as_str();
    let meant = meant(receivers, text);
    sync.state
        .database
        .write(async |tx| {
            let person = follow::person(tx, comment.author.as_ref()).await?;
            let name = comment.author.as_ref().map_or("Somebody", |author| author.display_name.as_str());
            let text = comment_rules::inward(text, person.is_none().then_some(name), issue);
            let row = ticket_comment::ActiveModel {
                ticket_id: Set(ticket_id),
                direction: Set(Direction::In.as_str().to_owned()),
                remote_id: Set(Some(comment.id.clone())),
                text: Set(text.clone()),
                state: Set(CommentState::Done.as_str().to_owned()),
                created_at: Set(now),
                ..Default::default()
            };
            let unique = [ticket_comment::Column::TicketId, ticket_comment::Column::RemoteId];
            let new = ticket_comment::Entity::insert(row)
                .on_conflict(OnConflict::columns(unique).do_nothing().to_owned())
                .exec_without_returning(tx)
                .await?;
            if new == 0 {
                return Ok(());
            }
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::of(person.map(|person| person.id), Via::Jira, now, &policies);
            let mut first = None;
            for risk_id in &meant {
                let missing = || Problem::not_found(format!("risk {}", RiskKey(*risk_id)));
                let fresh = risk::Entity::find_by_id(*risk_id).one(tx).await?.ok_or_else(missing)?;
                let written = comment::add(tx, &occasion, fresh, &text).await?;
                first = first.or(Some(written.id));
            }
            let change = ticket_comment::ActiveModel { risk_comment_id: Set(first), ..Default::default() };
            ticket_comment::Entity::update_many()
                .set(change)
                .filter(ticket_comment::Column::TicketId.eq(ticket_id))
                .filter(ticket_comment::Column::RemoteId.eq(&comment.id))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_for_whom_it_names_else_for_the_open_ones() {
        let receivers =
            [(1, true), (2, false), (3, true)].map(|(risk_id, is_open)| Receiver { risk_id, is_open });
        assert_eq!(meant(&receivers, "R-2 was never there"), [2]);
        assert_eq!(meant(&receivers, "See R-9"), [1, 3]);
        assert_eq!(meant(&receivers[1..2], "See R-1"), [2]);
        let closed = [1, 2].map(|risk_id| Receiver { risk_id, is_open: false });
        assert_eq!(meant(&closed, "And now?"), [1, 2]);
        assert!(meant(&[], "Nobody").is_empty());
    }
}
