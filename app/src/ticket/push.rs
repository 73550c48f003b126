//! Tells JIRA what is new: the fields that differ in one call, the state, the link back, and comments.

use abate_entity::ticket;
use abate_integrations::jira::JiraError;
use sea_orm::ActiveValue::Set;

use super::about::About;
use super::comment::outward::{self, Speaker};
use super::edit;
use super::edit_screen::EditScreen;
use super::evidence_link;
use super::failure::Failure;
use super::later::{self, LEFT_OUT};
use super::row;
use super::sync::Sync;
use super::told::RefusedCall;
use super::walk;
use super::wording::{Content, Identity};

/// After how many failures in a row the fields no longer hold up the rest.
const STUBBORN: i32 = 3;

/// Tells JIRA what is new.
pub(super) async fn run(
    sync: &mut Sync<'_>,
    about: &About,
    speakers: &[Speaker],
    screen: &EditScreen,
    identity: &Identity,
) -> Result<(), Failure> {
    let mut content =
        Content::of(about, &screen.priorities, identity, |text| sync.active.client.rich_text(text));
    content.prioritise(about.level, &sync.mapping, &screen.priorities);
    let edited = edit::run(sync, about, &content, screen, identity).await;
    let is_stubborn = sync.ticket.failures >= STUBBORN
        && matches!(&edited, Err(Failure::Jira(error))
            if error.is_passing() && !matches!(error, JiraError::RateLimited { .. }));
    if !is_stubborn {
        edited?;
        return rest(sync, about, speakers, &content, identity).await;
    }
    // A call that fails each time holds up nothing else.
    if let Err(Failure::Jira(error)) = &edited {
        sync.trouble(format!("Its fields cannot be told: {error}"));
    }
    rest(sync, about, speakers, &content, identity).await?;
    edited
}

/// Tells JIRA what is no field.
async fn rest(
    sync: &mut Sync<'_>,
    about: &About,
    speakers: &[Speaker],
    content: &Content,
    identity: &Identity,
) -> Result<(), Failure> {
    let open: Vec<i64> =
        speakers.iter().filter(|speaker| !speaker.confidential).map(|speaker| speaker.risk_id).collect();
    let mut unsaid = evidence_link::unsaid(sync, open).await?;
    let stood = sync.told.moved_to.clone();
    walk::run(sync, about, &mut unsaid).await?;
    if sync.told.moved_to != stood && (sync.told.refused_edit.is_some() || !sync.told.not_taken.is_empty()) {
        // Where it stands now, it may take what it did not.
        sync.again_in(later::CONFLICT_WAIT);
    }
    link(sync, content).await?;
    evidence_link::run(sync, unsaid, identity).await?;
    outward::collect(sync, speakers).await?;
    outward::write(sync, about).await
}

/// Sends the link back where it says something else than before.
async fn link(sync: &mut Sync<'_>, content: &Content) -> Result<(), Failure> {
    let link = format!("{} {}", content.link.url, content.link.summary);
    if sync.told.link.as_ref() == Some(&link) {
        return Ok(());
    }
    let now = sync.state.clock.now();
    if let Some((wait, said)) = RefusedCall::holds(sync.told.refused_link.as_ref(), &link, now) {
        sync.again_in(wait);
        sync.trouble(said);
        return Ok(());
    }
    match sync.active.client.put_remote_link(&sync.issue.id, &content.link).await {
        Ok(()) => {
            sync.told.link = Some(link);
            sync.told.refused_link = None;
        }
        Err(error @ JiraError::Refused(_)) => {
            let said = error.to_string();
            sync.told.refused_link =
                Some(RefusedCall { sent: link, until: now + LEFT_OUT, said: said.clone() });
            sync.again_in(LEFT_OUT);
            sync.trouble(said);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Writes down what JIRA is told before it is told so.
pub(super) async fn keep_told(sync: &Sync<'_>) -> Result<(), Failure> {
    let set = ticket::ActiveModel { pushed: Set(sync.told.to_json()?), ..Default::default() };
    row::write(sync.state, sync.ticket, set).await?;
    Ok(())
}
