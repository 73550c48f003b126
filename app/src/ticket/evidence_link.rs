//! Shows in JIRA where the evidence of a risk is: each page and each commit is a link of the ticket, or is named in the
//! comment of the move that it came with, so that one step is one call. Files and notes stay here; the link back leads
//! to them.

use abate_entity::evidence;
use abate_integrations::jira::{JiraError, RemoteLink};
use chrono::{Duration, NaiveDate};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::failure::Failure;
use super::later;
use super::push;
use super::sync::Sync;
use super::wording::Identity;
use crate::platform::problem::Problem;

/// How many links are sent in one run.
const AT_ONCE: usize = 20;
/// Longest title of a link that JIRA takes, in characters.
const TITLE: usize = 255;

/// A piece of evidence that JIRA does not know.
pub(super) struct Unsaid {
    id: i64,
    title: String,
    url: String,
    added_on: NaiveDate,
}

/// The pieces of these risks that JIRA does not know as they are, oldest first. Confidential risks are not for it.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn unsaid(sync: &Sync<'_>, risks: Vec<i64>) -> Result<Vec<Unsaid>, Problem> {
    let kept = evidence::Entity::find()
        .filter(evidence::Column::RiskId.is_in(risks))
        .filter(evidence::Column::Kind.is_in(["link", "commit"]))
        .filter(evidence::Column::Url.is_not_null())
        .order_by_asc(evidence::Column::Id)
        .all(sync.state.database.reader())
        .await?;
    let unsaid = kept.into_iter().filter_map(|piece| {
        let is_withdrawn = piece.withdrawn_at.is_some();
        let title = title(&piece.title, is_withdrawn);
        let known = sync.told.evidence.get(&piece.id);
        let is_said = known == Some(&title) || (known.is_none() && is_withdrawn);
        let (id, added_on) = (piece.id, piece.created_at.date_naive());
        piece.url.filter(|_| !is_said).map(|url| Unsaid { id, title, url, added_on })
    });
    Ok(unsaid.collect())
}

/// Names them in the comment of a move, as many as one has room for.
pub(super) fn named(unsaid: &[Unsaid]) -> String {
    let line = |Unsaid { title, url, .. }: &Unsaid| {
        if title == url { format!("\n\n{url}") } else { format!("\n\n{title}: {url}") }
    };
    unsaid.iter().take(AT_ONCE).map(line).collect()
}

/// Sends the links.
///
/// # Errors
/// When JIRA or our own side fails.
pub(super) async fn run(
    sync: &mut Sync<'_>,
    unsaid: Vec<Unsaid>,
    identity: &Identity,
) -> Result<(), Failure> {
    if unsaid.len() > AT_ONCE {
        sync.again_in(Duration::zero());
    }
    for piece in unsaid.into_iter().take(AT_ONCE) {
        let link = RemoteLink {
            global_id: format!("abate:{}:{}:evidence-{}", identity.instance, sync.ticket.subject, piece.id),
            url: piece.url,
            title: piece.title.clone(),
            summary: format!("Evidence in Abate, added {}", piece.added_on),
        };
        match sync.active.client.put_remote_link(&sync.issue.id, &link).await {
            Ok(()) => {
                sync.told.evidence.insert(piece.id, piece.title);
                push::keep_told(sync).await?;
            }
            Err(error @ JiraError::Refused(_)) => {
                sync.again_in(later::LEFT_OUT);
                sync.trouble(error.to_string());
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// They were named; those that had no room are sent as links.
pub(super) fn said(sync: &mut Sync<'_>, unsaid: &mut Vec<Unsaid>) {
    sync.told.evidence.extend(unsaid.drain(..unsaid.len().min(AT_ONCE)).map(|piece| (piece.id, piece.title)));
}

fn title(title: &str, is_withdrawn: bool) -> String {
    let said = if is_withdrawn { format!("Withdrawn: {title}") } else { title.to_owned() };
    let said: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TITLE).collect();
    if said.trim().is_empty() { "Evidence".to_owned() } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_that_fits_and_says_when_it_was_withdrawn() {
        assert_eq!(title("Fixed\nhere", false), "Fixed here");
        assert_eq!(title("Fixed", true), "Withdrawn: Fixed");
        assert_eq!(title(" ", false), "Evidence");
        assert_eq!(title(&"é".repeat(400), true).chars().count(), TITLE);
    }
}
