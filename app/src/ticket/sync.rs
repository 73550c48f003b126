//! Makes one linked ticket true, in both directions: what people did to it in JIRA is followed first, then JIRA is
//! told what is new with us. Running it twice writes nothing the second time.

use std::collections::BTreeMap;

use abate_entity::{risk, ticket};
use abate_integrations::jira::{Issue, JiraError, Refusal, marker_label};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::about::About;
use super::assignee;
use super::comment::inward::{self, Receiver};
use super::comment::outward::Speaker;
use super::concern::{Concern, OfRisk};
use super::connection::{self, Active};
use super::edit_screen::{self, EditScreen};
use super::failure::Failure;
use super::finder;
use super::follow;
use super::group::current::Current;
use super::group::{failed, follow as groups, member, supersede};
use super::later;
use super::mapping;
use super::mapping::model::Mapping;
use super::push;
use super::row;
use super::subject;
use super::ticket_rules::Category;
use super::told::Told;
use super::wording::Identity;
use crate::message::notice::{self, NewNotice};
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// The fields that are compared.
pub(super) const FIELDS: [&str; 11] = [
    "summary",
    "description",
    "labels",
    "priority",
    "duedate",
    "status",
    "resolution",
    "assignee",
    "project",
    "issuetype",
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

    /// Where the issue stands, on which it depends what it takes: its status and its project.
    pub(super) fn place(&self) -> String {
        let status = self.issue.fields.status.as_ref().map(|status| status.id.as_str());
        let project = self.issue.key.rsplit_once('-').map(|(project, _)| project);
        format!("{} {}", status.unwrap_or_default(), project.unwrap_or_default())
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
    concern: Concern,
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
    let screen = (&screen, &identity);
    let done = match concern {
        Concern::Group(current) => of_group(&mut sync, *current, screen).await?,
        Concern::Risk(of) => match supersede::carrier(state, ticket, &of).await? {
            Some(carrier) => supersede::run(&mut sync, *of, carrier, screen).await?,
            None => of_risk(&mut sync, *of, screen).await?,
        },
    };
    keep(&sync, &done).await?;
    done.told
}

/// What came of it.
pub(super) struct Done {
    /// The version that JIRA was told.
    pub(super) version: i32,
    /// The group whose ticket stands for this one.
    pub(super) superseded_by: Option<i64>,
    /// Whether all of it was told.
    pub(super) told: Result<(), Failure>,
}

async fn of_risk(
    sync: &mut Sync<'_>,
    of: OfRisk,
    (screen, identity): (&EditScreen, &Identity),
) -> Result<Done, Failure> {
    let risk = follow::run(sync, of.risk).await?;
    inward::run(sync, &[Receiver { risk_id: risk.id, is_open: true }]).await?;
    let risk = reread(sync.state, risk.id).await?;
    let risk = assignee::run(sync, risk).await?;
    let speaker =
        Speaker { risk_id: risk.id, confidential: risk.confidential, since: sync.ticket.created_at };
    let about = About::risk(&risk, of.asset.as_ref(), identity);
    let told = push::run(sync, &about, &[speaker], screen, identity).await;
    Ok(Done { version: risk.version, superseded_by: None, told })
}

/// Whoever works on it in JIRA works on all of its risks or on some, so that nobody becomes the assignee of one by that.
async fn of_group(
    sync: &mut Sync<'_>,
    current: Current,
    (screen, identity): (&EditScreen, &Identity),
) -> Result<Done, Failure> {
    let some_stay = groups::run(sync, &current).await?;
    let receivers: Vec<Receiver> = current
        .members
        .iter()
        .map(|member| Receiver { risk_id: member.risk.id, is_open: member.is_open() })
        .collect();
    inward::run(sync, &receivers).await?;
    let current = Current::of(sync.state.database.reader(), current.group.id).await?.unwrap_or(current);
    if some_stay {
        // The comment says which, so that the ticket stays where people have put it.
        sync.told.state = Some(current.stands().0);
    }
    failed::run(sync, &current).await?;
    let speakers: Vec<Speaker> = current
        .members
        .iter()
        .map(|member| Speaker {
            risk_id: member.risk.id,
            confidential: member.risk.confidential,
            since: member.row.joined_at.max(sync.ticket.created_at),
        })
        .collect();
    let client = sync.active.client.clone();
    let version = current.version;
    let concern = Concern::Group(Box::new(current));
    let about = concern.about(identity, |text| client.rich_text(text));
    let told = push::run(sync, &about, &speakers, screen, identity).await;
    if let Concern::Group(current) = &concern {
        supersede::queue_own(sync, current).await?;
    }
    Ok(Done { version, superseded_by: None, told })
}

/// The risk as it is now.
pub(super) async fn reread(state: &AppState, risk_id: i64) -> Result<risk::Model, Problem> {
    let fresh = risk::Entity::find_by_id(risk_id).one(state.database.reader()).await?;
    fresh.ok_or_else(|| Problem::not_found(format!("risk {}", RiskKey(risk_id))))
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
    state.database.write(async |tx| tell_owners(tx, ticket, text, now).await).await
}

/// The owners hear once of each time that the ticket is lost.
async fn tell_owners(
    tx: &DatabaseTransaction,
    ticket: &ticket::Model,
    text: &str,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let ids = match (ticket.risk_id, ticket.group_id) {
        (Some(id), _) => vec![id],
        (None, Some(group)) => member::risks_in(tx, group).await?,
        (None, None) => Vec::new(),
    };
    let risks = risk::Entity::find().filter(risk::Column::Id.is_in(ids)).all(tx).await?;
    let owners: BTreeMap<i64, i64> =
        risks.iter().rev().filter_map(|risk| Some((risk.owner_id?, risk.id))).collect();
    let key = subject::key(&ticket.subject);
    let page = if ticket.group_id.is_some() { "groups" } else { "risks" };
    for (owner, risk) in owners {
        let notice = NewNotice {
            key: format!("ticket-broken/{key}/{}/{owner}", now.timestamp_millis()),
            user_id: owner,
            kind: "ticket",
            risk_id: Some(risk),
            text: format!("{key} has lost its ticket: {text}"),
            link: format!("/{page}/{key}"),
            urgent: false,
            about_at: now,
            not_before: now,
        };
        notice::want(tx, now, notice).await?;
    }
    Ok(())
}

/// Writes down what JIRA was told and what it showed.
async fn keep(sync: &Sync<'_>, done: &Done) -> Result<(), Problem> {
    let fields = &sync.issue.fields;
    let mut set = ticket::ActiveModel {
        issue_key: Set(Some(sync.issue.key.clone())),
        status_name: Set(fields.status.as_ref().map(|status| status.name.clone()).unwrap_or_default()),
        status_category: Set(sync.category().as_str().to_owned()),
        jira_assignee: Set(fields.assignee.as_ref().map(|account| account.display_name.clone())),
        remote_updated: Set(fields.updated.map(|at| at.to_rfc3339()).unwrap_or_default()),
        pushed: Set(sync.told.to_json()?),
        broken: Set(false),
        superseded_by: Set(done.superseded_by),
        problem: Set(sync.problem.clone().or_else(|| sync.told.answer.clone())),
        ..Default::default()
    };
    if done.told.is_ok() {
        let now = sync.state.clock.now();
        set.pushed_version = Set(done.version);
        set.synced_at = Set(Some(now));
        set.sync_at = Set(sync.again_in.map(|wait| now + wait));
        set.failures = Set(0);
    }
    row::write(sync.state, sync.ticket, set).await
}
