//! Lets the ticket of a group take the place of those that its risks had: each is closed with a word about where the work goes
//! on, and is used again when its risk leaves the group.

use abate_entity::lifecycle::{Resolution, State};
use abate_entity::{connection, risk_comment, ticket};
use abate_integrations::jira::{JiraError, RemoteLink};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::current::Current;
use super::model::GroupKey;
use crate::jobs;
use crate::platform::job::queue;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::state::AppState;
use crate::ticket::about::About;
use crate::ticket::comment::inward::{self, Receiver};
use crate::ticket::comment::outward;
use crate::ticket::concern::OfRisk;
use crate::ticket::edit;
use crate::ticket::edit_screen::EditScreen;
use crate::ticket::failure::Failure;
use crate::ticket::finder;
use crate::ticket::follow;
use crate::ticket::later;
use crate::ticket::subject::Subject;
use crate::ticket::sync::{Done, Sync, reread};
use crate::ticket::ticket_rules::{Category, TicketState};
use crate::ticket::walk;
use crate::ticket::wording::{Content, Identity};

/// The ticket that takes the place of another.
pub(in crate::ticket) struct Carrier {
    group_id: i64,
    /// Its key in JIRA.
    issue: String,
    /// Where people open it.
    url: String,
}

/// The ticket that takes the place of that of a risk; none before JIRA has it, so that there is one at any time.
pub(in crate::ticket) async fn carrier(
    state: &AppState,
    own: &ticket::Model,
    of: &OfRisk,
) -> Result<Option<Carrier>, Problem> {
    let Some(group_id) = of.group else { return Ok(None) };
    let db = state.database.reader();
    let Some(ticket) = finder::of_subject(db, Subject::Group(group_id)).await? else { return Ok(None) };
    // One that is lost in JIRA takes no place, but keeps the one it has.
    let is_there = !ticket.broken || own.superseded_by == Some(group_id);
    let is_linked = is_there && ticket.state == TicketState::Linked.as_str();
    let Some(issue) = ticket.issue_key.filter(|_| is_linked) else {
        return Ok(None);
    };
    let site = connection::Entity::find_by_id(ticket.connection_id).one(db).await?;
    let url = site.map(|site| format!("{}/browse/{issue}", site.browse_url.trim_end_matches('/')));
    Ok(url.map(|url| Carrier { group_id, issue, url }))
}

/// Queues the own tickets of a group's risks whose place its ticket has still to take.
pub(in crate::ticket) async fn queue_own(sync: &Sync<'_>, current: &Current) -> Result<(), Problem> {
    let id = current.group.id;
    let other =
        Condition::any().add(ticket::Column::SupersededBy.is_null()).add(ticket::Column::SupersededBy.ne(id));
    let own: Vec<String> = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Subject)
        .filter(ticket::Column::RiskId.is_in(current.members.iter().map(|member| member.risk.id)))
        .filter(ticket::Column::State.eq(TicketState::Linked.as_str()))
        .filter(ticket::Column::Broken.eq(false))
        .filter(other)
        .into_tuple()
        .all(sync.state.database.reader())
        .await?;
    if own.is_empty() {
        return Ok(());
    }
    let now = sync.state.clock.now();
    sync.state
        .database
        .write(async |tx| {
            for subject in &own {
                queue::enqueue(tx, jobs::TICKET, subject, now, now).await?;
            }
            Ok(())
        })
        .await
}

/// Closes the ticket of a risk in favour of `carrier`. What people write there still reaches the risk.
pub(in crate::ticket) async fn run(
    sync: &mut Sync<'_>,
    of: OfRisk,
    carrier: Carrier,
    (screen, identity): (&EditScreen, &Identity),
) -> Result<Done, Failure> {
    let is_new = sync.ticket.superseded_by != Some(carrier.group_id);
    let mut risk_id = of.risk.id;
    if is_new {
        risk_id = follow::run(sync, of.risk).await?.id;
    }
    inward::run(sync, &[Receiver { risk_id, is_open: true }]).await?;
    let risk = reread(sync.state, risk_id).await?;
    // From now on a move here means nothing.
    follow::news(sync);
    let about = About::risk(&risk, of.asset.as_ref(), identity);
    if is_new {
        let now = sync.state.clock.now();
        let text = format!(
            "{} is now part of {}. The work on it goes on in {} ({}), so this is closed.",
            RiskKey(risk.id),
            GroupKey(carrier.group_id),
            carrier.issue,
            carrier.url
        );
        sync.told.note(format!("superseded:{}:{}", carrier.group_id, now.timestamp_millis()), text);
    }
    // What is said on the risk is told there.
    let newest = risk_comment::Entity::find()
        .filter(risk_comment::Column::RiskId.eq(risk.id))
        .order_by_desc(risk_comment::Column::Id)
        .one(sync.state.database.reader())
        .await?;
    sync.told.copied_until = newest.map(|comment| comment.id).or(sync.told.copied_until);
    let told = tell(sync, &about, &carrier, screen, identity).await;
    Ok(Done { version: risk.version, superseded_by: Some(carrier.group_id), told })
}

async fn tell(
    sync: &mut Sync<'_>,
    about: &About,
    carrier: &Carrier,
    screen: &EditScreen,
    identity: &Identity,
) -> Result<(), Failure> {
    if about.confidential {
        let mut content =
            Content::of(about, &screen.priorities, identity, |text| sync.active.client.rich_text(text));
        content.prioritise(about.level, &sync.mapping, &screen.priorities);
        edit::run(sync, about, &content, screen, identity).await?;
    }
    link(sync, carrier, identity).await?;
    // The comment says why, so that the move says nothing.
    let closed = About {
        state: State::Closed,
        resolution: Some(Resolution::Duplicate),
        confidential: true,
        ..about.clone()
    };
    walk::run(sync, &closed, &mut Vec::new()).await?;
    outward::collect(sync, &[]).await?;
    outward::write(sync, about).await?;
    if sync.told.state == Some(State::Closed) && sync.category() != Category::Done {
        let (key, group) = (sync.issue.key.clone(), GroupKey(carrier.group_id));
        sync.trouble(format!(
            "Somebody opened {key} again; the work goes on in {} ({group}). Take the risk out of the group, or close it.",
            carrier.issue
        ));
    }
    Ok(())
}

/// Leads from the ticket to that of the group.
async fn link(sync: &mut Sync<'_>, carrier: &Carrier, identity: &Identity) -> Result<(), Failure> {
    let told = format!("{} {}", carrier.url, carrier.group_id);
    if sync.told.link.as_ref() == Some(&told) {
        return Ok(());
    }
    let link = RemoteLink {
        global_id: format!("abate:{}:{}", identity.instance, Subject::Group(carrier.group_id)),
        url: carrier.url.clone(),
        title: format!("{} for {}", carrier.issue, GroupKey(carrier.group_id)),
        summary: "The ticket of the group".to_owned(),
    };
    match sync.active.client.put_remote_link(&sync.issue.id, &link).await {
        Ok(()) => sync.told.link = Some(told),
        Err(error @ JiraError::Refused(_)) => {
            sync.again_in(later::REFUSED_WAIT);
            sync.trouble(error.to_string());
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
