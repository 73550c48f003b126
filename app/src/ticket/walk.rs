//! Brings the status of a ticket in line with its risk, once for each state of the risk, in as many hops as the workflow
//! needs. Where it offers no way, that is remembered, so that a ticket is not walked in circles.

use abate_entity::lifecycle::State;
use abate_integrations::jira::{Hop, JiraError, Refusal, StatusCategory, Transition, next_hop};
use chrono::Duration;

use super::about::About;
use super::comment::outward;
use super::evidence_link::{self, Unsaid};
use super::failure::Failure;
use super::later;
use super::mapping;
use super::push;
use super::sync::Sync;
use super::ticket_rules::{Category, Target, target};
use super::told::DeadEnd;

/// How many steps a workflow may need from one category to another.
const HOPS: usize = 6;

/// How often a dead end is looked at again: somebody may add a transition there.
const LOOK: Duration = Duration::days(1);

/// How often it is walked from the beginning again, as the transition may have been added on the way.
const WALK: Duration = Duration::days(7);

/// What is said with the last step.
struct Remark {
    about: String,
    text: String,
}

/// How a walk ended.
enum Walk {
    Reached,
    /// No way on from the last status, and why.
    Stuck(String),
    /// Another write came in between; the walk may succeed soon.
    Disturbed(String),
}

/// Brings the status in line; a move that says why names the evidence that JIRA does not know.
pub(super) async fn run(sync: &mut Sync<'_>, about: &About, unsaid: &mut Vec<Unsaid>) -> Result<(), Failure> {
    if sync.told.state == Some(about.state) {
        return Ok(());
    }
    let first = sync.told.state.is_none();
    let names = &sync.mapping.resolutions;
    let Some(target) = target(about.state, about.resolution, sync.category(), first, names) else {
        sync.told.state = Some(about.state);
        sync.told.dead_end = None;
        return Ok(());
    };
    let now = sync.state.clock.now();
    let here = status_id(sync);
    let goal = target.category.as_str();
    let known = sync
        .told
        .dead_end
        .take()
        .filter(|end| end.target == goal && end.status == here && end.mapping == sync.mapping_version);
    if let Some(end) = &known
        && now - end.looked_at < LOOK
    {
        sync.problem = Some(end.problem.clone());
        sync.again_in(end.looked_at + LOOK - now);
        sync.told.dead_end = known;
        return Ok(());
    }
    let (mut visited, walked_at) = known
        .filter(|end| now - end.walked_at < WALK)
        .map_or_else(|| (vec![here], now), |end| (end.visited, end.walked_at));
    // A ticket that is closed or opened again says why; the columns between speak for themselves.
    let is_news = target.category == Category::Done || sync.category() == Category::Done;
    let remark = (is_news && !about.confidential).then(|| Remark {
        about: format!("state:{}", about.version),
        text: moved_text(about) + &evidence_link::named(unsaid),
    });
    let names_evidence = remark.is_some();
    match walk(sync, &target, remark, &mut visited).await? {
        Walk::Reached => {
            sync.told.state = Some(about.state);
            if names_evidence {
                evidence_link::said(sync, unsaid);
            }
        }
        Walk::Stuck(problem) => {
            sync.problem = Some(problem.clone());
            sync.again_in(LOOK);
            sync.told.dead_end = Some(DeadEnd {
                target: goal.to_owned(),
                status: status_id(sync),
                mapping: sync.mapping_version,
                visited,
                walked_at,
                looked_at: now,
                problem,
            });
        }
        Walk::Disturbed(problem) => {
            sync.problem = Some(problem);
            sync.again_in(later::CONFLICT_WAIT);
        }
    }
    Ok(())
}

fn status_id(sync: &Sync<'_>) -> String {
    sync.issue.fields.status.as_ref().map(|status| status.id.clone()).unwrap_or_default()
}

fn moved_text(about: &About) -> String {
    let key = &about.key;
    match (about.state, about.resolution) {
        (State::Closed, Some(resolution)) => {
            format!("{key} was closed in Abate as {resolution}, so this was moved.")
        }
        (state, _) => format!("{key} is {state} in Abate, so this was moved."),
    }
}

async fn walk(
    sync: &mut Sync<'_>,
    target: &Target,
    mut remark: Option<Remark>,
    visited: &mut Vec<String>,
) -> Result<Walk, Failure> {
    let category = match target.category {
        Category::New => StatusCategory::New,
        Category::Indeterminate => StatusCategory::Indeterminate,
        Category::Done => StatusCategory::Done,
        Category::Undefined => return Ok(Walk::Stuck("JIRA shows no category for its status.".to_owned())),
    };
    let resolutions: Vec<&str> = target.resolutions.iter().map(String::as_str).collect();
    let mut closed: Vec<String> = Vec::new();
    for _ in 0..HOPS {
        let mut offered = sync.active.client.transitions(&sync.issue.id).await?;
        for transition in &mut offered {
            let values = &sync.mapping.transition_fields;
            transition.give(|field| mapping::fixed(values.get(&field.field_id)?, field));
        }
        let passed_by = closed_off(&offered, target, category);
        closed.extend(passed_by.into_iter().filter(|reason| !closed.contains(reason)).collect::<Vec<_>>());
        let Some(hop) = next_hop(&offered, category, &resolutions, visited) else {
            return Ok(Walk::Stuck(missing(sync, target, &closed)));
        };
        // Written down before the call, so that the move is known as ours also when its answer is lost.
        let before = sync.told.moved_to.replace(hop.to.id.clone());
        push::keep_told(sync).await?;
        let is_last = hop.to.category == category;
        match step(sync, &hop, remark.take_if(|_| is_last)).await {
            Ok(()) => {}
            Err(Failure::Jira(error @ JiraError::Refused(_))) => {
                sync.told.moved_to = before;
                let disturbed = matches!(&error, JiraError::Refused(refusal) if refusal.status == 409);
                let text = error.to_string();
                return Ok(if disturbed { Walk::Disturbed(text) } else { Walk::Stuck(text) });
            }
            Err(error) => return Err(error),
        }
        visited.push(hop.to.id.clone());
        sync.issue.fields.status = Some(hop.to);
        if is_last {
            return Ok(Walk::Reached);
        }
    }
    Ok(Walk::Stuck(format!("{} is too many steps away from {}.", sync.issue.key, target.category)))
}

/// Takes one step, with the remark in the same call where the site takes one there.
async fn step(sync: &mut Sync<'_>, hop: &Hop, remark: Option<Remark>) -> Result<(), Failure> {
    let client = &sync.active.client;
    let Some(remark) = remark else { return Ok(client.do_transition(&sync.issue.id, hop).await?) };
    let key = outward::riding(&remark.about);
    if !sync.told.comment_apart {
        let comment = outward::ride(sync, &key, &remark.text).await?;
        match client.do_transition_saying(&sync.issue.id, hop, comment.as_ref()).await {
            Ok(()) => return outward::rode(sync, &key).await,
            Err(JiraError::Refused(refusal)) if comment.is_some() && may_mean_comment(&refusal) => {
                outward::drop_riding(sync, &key).await?;
            }
            Err(error @ JiraError::Refused(_)) => {
                outward::drop_riding(sync, &key).await?;
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    client.do_transition(&sync.issue.id, hop).await?;
    // It was the comment that the site did not want.
    sync.told.comment_apart = true;
    sync.told.note(remark.about, remark.text);
    Ok(())
}

/// Whether a step may have been refused for the comment that came with it.
fn may_mean_comment(refusal: &Refusal) -> bool {
    refusal.status == 400 && (refusal.fields.is_empty() || refusal.fields.contains_key("comment"))
}

/// Says which transition is missing, or what those demand that were passed by on the way.
fn missing(sync: &Sync<'_>, target: &Target, closed: &[String]) -> String {
    let status = sync.issue.fields.status.as_ref().map_or("its status", |status| status.name.as_str());
    let mut text = format!(
        "The workflow offers {} no way from \"{status}\" to a status of the category {}.",
        sync.issue.key, target.category
    );
    if closed.is_empty() {
        text.push_str(" Add a transition from there to one, or move the ticket by hand.");
    }
    for reason in closed {
        text.push(' ');
        text.push_str(reason);
    }
    text
}

/// What those transitions demand that would lead there and cannot be taken.
fn closed_off(offered: &[Transition], target: &Target, category: StatusCategory) -> Vec<String> {
    let resolutions: Vec<&str> = target.resolutions.iter().map(String::as_str).collect();
    let closed = offered.iter().filter(|t| t.to.category == category && !t.can_be_taken(&resolutions));
    let reason = |transition: &Transition| {
        let to = &transition.to.name;
        if transition.demands.is_empty() {
            let names = resolutions.join(", ");
            return format!("The transition to \"{to}\" demands a resolution and offers none of {names}.");
        }
        let demands: Vec<String> =
            transition.demands.iter().map(|field| format!("{} ({})", field.name, field.field_id)).collect();
        format!(
            "The transition to \"{to}\" demands {}; say in the mapping of the connection what goes there.",
            demands.join(", ")
        )
    };
    closed.map(reason).collect()
}
