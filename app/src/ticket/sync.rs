//! Makes one linked ticket true, in both directions: what people did to it in JIRA is followed first, then JIRA is
//! told what is new with us. Running it twice writes nothing the second time.

use abate_entity::{asset, risk, ticket};
use abate_integrations::jira::{Issue, JiraError, Refusal, marker_label};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait};

use super::assignee;
use super::comment::inward;
use super::connection::{self, Active};
use super::edit_screen;
use super::failure::Failure;
use super::finder;
use super::follow;
use super::later;
use super::mapping;
use super::mapping::model::Mapping;
use super::push;
use super::row;
use super::ticket_rules::Category;
use super::told::Told;
use crate::message::notice::{self, NewNotice};
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// The fields that are compared.
pub(super) const FIELDS: [&str; 10] = [
    "summary",
    "description",
    "labels",
    "priority",
    "duedate",
    "status",
    "resolution",
    "assignee",
    "project",
    "updated",
];

/// A ticket while it is made true.
pub(super) struct Sync<'a> {
    pub(super) state: &'a AppState,
    pub(super) active: &'a Active,
    pub(super) ticket: &'a ticket::Model,
    pub(super) issue: Issue,
    pub(super) told: Told,
    /// What goes into the fields of the site's own.
    pub(super) mapping: Mapping,
    /// Its version.
    pub(super) mapping_version: i32,
    /// The account that we are at JIRA; it may be a person's.
    pub(super) own_account: String,
    /// What people at the ticket's page are shown.
    pub(super) problem: Option<String>,
    /// How soon the ticket is to be looked at again, where something is left.
    pub(super) again_in: Option<Duration>,
}

impl Sync<'_> {
    /// The category of the issue's status.
    pub(super) fn category(&self) -> Category {
        let key = self.issue.fields.status.as_ref().map_or("undefined", |status| status.category.key());
        key.parse().unwrap_or(Category::Undefined)
    }

    /// Says what is wrong with the ticket; what was said first is shown.
    pub(super) fn trouble(&mut self, text: String) {
        self.problem.get_or_insert(text);
    }

    /// Asks for another look after `wait` at the latest.
    pub(super) fn again_in(&mut self, wait: Duration) {
        self.again_in = Some(self.again_in.map_or(wait, |known| known.min(wait)));
    }
}

/// Makes a linked ticket true.
///
/// # Errors
/// When JIRA or our own side fails; what was done until then is kept.
pub(crate) async fn run(
    state: &AppState,
    active: &Active,
    ticket: &ticket::Model,
    risk: risk::Model,
    asset: Option<&asset::Model>,
) -> Result<(), Failure> {
    let Some(issue_id) = &ticket.issue_id else { return Ok(()) };
    let own_account = connection::own_account(state, active).await?;
    let issue = match active.client.issue_with_history(issue_id, &FIELDS).await {
        Ok(issue) => issue,
        Err(JiraError::NotFoundOrHidden) => return absent(state, active, ticket).await,
        Err(error) => return Err(error.into()),
    };
    let identity = finder::identity(state).await?;
    match &issue.marker {
        Some(marker) if marker.uuid == ticket.uuid.to_string() => {}
        Some(_) => {
            let text = format!("{} carries the marker of another ticket, so it is left alone.", issue.key);
            return Ok(set_broken(state, ticket, &text).await?);
        }
        None => {
            // Somebody removed the property. The label still says that it is ours; a number alone does not, as it may be
            // another site's by now.
            let label = marker_label(&identity.instance, &ticket.subject);
            if !issue.fields.labels.iter().any(|known| known.eq_ignore_ascii_case(&label)) {
                let text = format!(
                    "{} carries neither our marker nor the label {label}, so it is left alone. If it is the ticket, put \
                     the label back; if the connection leads to another site now, lead it back.",
                    issue.key
                );
                return Ok(set_broken(state, ticket, &text).await?);
            }
            active.client.set_marker(issue_id, &identity.marker(ticket.uuid)).await?;
        }
    }
    let screen = edit_screen::read(state, active, &issue).await?;
    let told = Told::of(ticket)?;
    let (mapping_version, mapping) = mapping::versioned(state.database.reader(), active.row.id).await?;
    let mut sync = Sync {
        state,
        active,
        ticket,
        issue,
        told,
        mapping,
        mapping_version,
        own_account,
        problem: None,
        again_in: None,
    };
    let risk = follow::run(&mut sync, risk).await?;
    let risk = inward::run(&mut sync, risk).await?;
    let risk = assignee::run(&mut sync, risk).await?;
    let pushed = push::run(&mut sync, &risk, asset, &screen, &identity).await;
    keep(&sync, &risk, pushed.is_ok()).await?;
    pushed
}

/// JIRA does not show the issue. That is believed only when the credentials hold and the project is visible.
async fn absent(state: &AppState, active: &Active, ticket: &ticket::Model) -> Result<(), Failure> {
    active.client.myself().await?;
    let key = ticket.issue_key.as_deref().unwrap_or_default();
    // It may have been moved to another project since.
    let project = key.rsplit_once('-').map_or(active.row.project.as_str(), |(project, _)| project);
    let said = format!("project {project} is not visible to the account");
    let text = match active.client.project(project).await {
        Ok(_) => format!(
            "{key} was deleted in JIRA, or is hidden from our account. The risk is not changed by that."
        ),
        // That is one thing to mend and no loss of every ticket.
        Err(JiraError::NotFoundOrHidden) if project == active.row.project => {
            let error = JiraError::Refused(Refusal { messages: vec![said], ..Default::default() });
            let until = connection::rest(state, active.row.id, &error).await?;
            return Ok(later::after_rest(state, ticket, until).await?);
        }
        Err(JiraError::NotFoundOrHidden) => format!("{key} cannot be seen: {said}."),
        Err(error) => return Err(error.into()),
    };
    Ok(set_broken(state, ticket, &text).await?)
}

async fn set_broken(state: &AppState, ticket: &ticket::Model, text: &str) -> Result<(), Problem> {
    tracing::warn!(ticket = ticket.subject, reason = text, "the link to a ticket is broken");
    let set = ticket::ActiveModel {
        broken: Set(true),
        problem: Set(Some(text.to_owned())),
        sync_at: Set(None),
        failures: Set(0),
        ..Default::default()
    };
    row::write(state, ticket, set).await?;
    if ticket.broken {
        return Ok(());
    }
    let now = state.clock.now();
    state.database.write(async |tx| tell_owner(tx, ticket, text, now).await).await
}

/// The owner hears once of each time that the ticket is lost.
async fn tell_owner(
    tx: &DatabaseTransaction,
    ticket: &ticket::Model,
    text: &str,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let risk = risk::Entity::find_by_id(ticket.risk_id).one(tx).await?;
    let Some((risk, owner)) = risk.and_then(|risk| Some((risk.id, risk.owner_id?))) else { return Ok(()) };
    let key = RiskKey(risk);
    let notice = NewNotice {
        key: format!("ticket-broken/{key}/{}/{owner}", now.timestamp_millis()),
        user_id: owner,
        kind: "ticket",
        risk_id: Some(risk),
        text: format!("{key} has lost its ticket: {text}"),
        link: format!("/risks/{key}"),
        urgent: false,
        about_at: now,
        not_before: now,
    };
    notice::want(tx, now, notice).await?;
    Ok(())
}

/// Writes down what JIRA was told and what it showed.
async fn keep(sync: &Sync<'_>, risk: &risk::Model, complete: bool) -> Result<(), Problem> {
    let fields = &sync.issue.fields;
    let mut set = ticket::ActiveModel {
        issue_key: Set(Some(sync.issue.key.clone())),
        status_name: Set(fields.status.as_ref().map(|status| status.name.clone()).unwrap_or_default()),
        status_category: Set(sync.category().as_str().to_owned()),
        jira_assignee: Set(fields.assignee.as_ref().map(|account| account.display_name.clone())),
        remote_updated: Set(fields.updated.map(|at| at.to_rfc3339()).unwrap_or_default()),
        pushed: Set(sync.told.to_json()?),
        broken: Set(false),
        problem: Set(sync.problem.clone().or_else(|| sync.told.answer.clone())),
        ..Default::default()
    };
    if complete {
        let now = sync.state.clock.now();
        set.pushed_version = Set(risk.version);
        set.synced_at = Set(Some(now));
        set.sync_at = Set(sync.again_in.map(|wait| now + wait));
        set.failures = Set(0);
    }
    row::write(sync.state, sync.ticket, set).await
}
