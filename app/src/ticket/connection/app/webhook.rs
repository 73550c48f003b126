//! Registers webhooks at the sites that an app is let into, and lets them live on: they end after 30 days.

use std::collections::BTreeSet;

use abate_entity::{connection, jira_webhook, ticket};
use abate_integrations::jira::{JiraError, RegisteredWebhook, quote_jql};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

use super::super::active::{self, Active};
use super::super::health;
use super::super::view::webhook_url;
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;

/// How long before their end they are renewed.
const EARLY: Duration = Duration::days(15);
/// How often it is seen whether they are still there.
const WELL: Duration = Duration::days(1);
/// How soon after a failure.
const ILL: Duration = Duration::hours(1);

/// Looks at the webhooks whose time has come.
pub const TIMER: Timer<AppState> = Timer { name: "jira_webhook", every: Duration::seconds(60), run: tick };

fn tick(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let now = state.clock.now();
        for active in active::every(state).await? {
            if active.ends_at.is_none() || active.waits_until(now).is_some() {
                continue;
            }
            let known = standing(state, &active.row).await?;
            let due = known.as_ref().map(|known| known.look_at);
            if due.is_none_or(|at| at <= now) {
                look(state, &active, due, now).await?;
            }
        }
        Ok(())
    })
}

/// Looks at the webhooks of a connection, makes them right, and keeps how they stand.
async fn look(
    state: &AppState,
    active: &Active,
    due: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let wanted = Wanted::of(state, active).await?;
    let (ends_at, look_at, problem) = match settle(active, &wanted, now).await {
        Ok(ends_at) => (ends_at, now + WELL, None),
        Err(error) => {
            tracing::warn!(connection = active.row.id, %error, "the webhooks could not be registered");
            // Without them changes arrive by polling: a refusal says nothing about the rest of the connection.
            if error.is_passing() {
                health::note_failure(state, active, &error).await?;
            }
            (None, now + ILL, Some(error.to_string()))
        }
    };
    let found = jira_webhook::ActiveModel {
        connection_id: Set(active.row.id),
        ends_at: Set(ends_at),
        look_at: Set(look_at),
        problem: Set(problem),
    };
    state.database.write(async |tx| write(tx, found.clone(), due).await).await
}

/// The webhook that a connection wants, and which others of ours are nobody's any more.
struct Wanted {
    url: String,
    jql: String,
    /// Addresses of removed connections.
    dead: Vec<String>,
}

impl Wanted {
    async fn of(state: &AppState, active: &Active) -> Result<Self, Problem> {
        let db = state.database.reader();
        let keys: Vec<Option<String>> = ticket::Entity::find()
            .select_only()
            .column(ticket::Column::IssueKey)
            .filter(ticket::Column::ConnectionId.eq(active.row.id))
            .filter(ticket::Column::IssueKey.is_not_null())
            .into_tuple()
            .all(db)
            .await?;
        let removed: Vec<i64> = connection::Entity::find()
            .select_only()
            .column(connection::Column::Id)
            .filter(connection::Column::RemovedAt.is_not_null())
            .into_tuple()
            .all(db)
            .await?;
        Ok(Self {
            url: webhook_url(state, active.row.id),
            jql: about(&active.row.project, keys.iter().flatten().map(String::as_str)),
            dead: removed.into_iter().map(|id| webhook_url(state, id)).collect(),
        })
    }
}

/// The search for the project of new tickets and for those that tickets are in since they were made there or moved.
fn about<'k>(project: &'k str, keys: impl Iterator<Item = &'k str>) -> String {
    let mut projects: BTreeSet<&str> =
        keys.filter_map(|key| key.rsplit_once('-')).map(|(project, _)| project).collect();
    projects.insert(project);
    let names: Vec<String> = projects.into_iter().map(quote_jql).collect();
    match names.as_slice() {
        [one] => format!("project = {one}"),
        several => format!("project in ({})", several.join(", ")),
    }
}

/// Makes the webhooks right: one that ends late enough, and no other of ours. The list is asked for first, so that one
/// whose registration had no answer is not made twice.
async fn settle(
    active: &Active,
    wanted: &Wanted,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, JiraError> {
    let Plan { keep, end } = plan(active.client.registered_webhooks().await?, wanted);
    if !end.is_empty() {
        active.client.end_webhooks(&end).await?;
    }
    match keep {
        Some(webhook) if webhook.ends_at.is_some_and(|at| at - now > EARLY) => Ok(webhook.ends_at),
        Some(webhook) => active.client.renew_webhooks(&[webhook.id]).await,
        None => {
            active.client.register_webhook(&wanted.url, &wanted.jql).await?;
            let keep = plan(active.client.registered_webhooks().await?, wanted).keep;
            Ok(keep.and_then(|webhook| webhook.ends_at))
        }
    }
}

struct Plan {
    keep: Option<RegisteredWebhook>,
    end: Vec<i64>,
}

/// Which one stays, and which end: those of ours about something else, those that are there twice, and those of removed
/// connections. Where JIRA does not tell where one is sent, it is ours.
fn plan(registered: Vec<RegisteredWebhook>, wanted: &Wanted) -> Plan {
    let mut plan = Plan { keep: None, end: Vec::new() };
    for webhook in registered {
        let is_ours = webhook.url.as_ref().is_none_or(|url| *url == wanted.url);
        if is_ours && plan.keep.is_none() && webhook.jql == wanted.jql && webhook.is_complete {
            plan.keep = Some(webhook);
        } else if is_ours || webhook.url.is_some_and(|url| wanted.dead.contains(&url)) {
            plan.end.push(webhook.id);
        }
    }
    plan
}

/// Keeps how the webhooks stand, unless somebody asked for another look since it was begun.
async fn write(
    tx: &DatabaseTransaction,
    mut found: jira_webhook::ActiveModel,
    due: Option<DateTime<Utc>>,
) -> Result<(), Problem> {
    match due {
        Some(due) => {
            let connection_id = found.connection_id.take();
            jira_webhook::Entity::update_many()
                .set(found)
                .filter(jira_webhook::Column::ConnectionId.eq(connection_id))
                .filter(jira_webhook::Column::LookAt.eq(due))
                .exec(tx)
                .await?;
        }
        None => {
            jira_webhook::Entity::insert(found)
                .on_conflict(OnConflict::column(jira_webhook::Column::ConnectionId).do_nothing().to_owned())
                .exec_without_returning(tx)
                .await?;
        }
    }
    Ok(())
}

/// Lets the webhooks of a connection be looked at soon, since something about it has changed.
///
/// # Errors
/// When the database refuses.
pub(in crate::ticket::connection) async fn look_again(
    tx: &DatabaseTransaction,
    connection_id: i64,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    jira_webhook::Entity::update_many()
        .set(jira_webhook::ActiveModel { look_at: Set(now), ..Default::default() })
        .filter(jira_webhook::Column::ConnectionId.eq(connection_id))
        .exec(tx)
        .await?;
    Ok(())
}

/// How the webhooks of a connection stand; none where it registers none, or has not yet.
///
/// # Errors
/// When the database cannot be asked.
pub(in crate::ticket::connection) async fn standing(
    state: &AppState,
    row: &connection::Model,
) -> Result<Option<jira_webhook::Model>, Problem> {
    Ok(jira_webhook::Entity::find_by_id(row.id).one(state.database.reader()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(id: i64, url: Option<&str>, jql: &str, is_complete: bool) -> RegisteredWebhook {
        RegisteredWebhook { id, url: url.map(str::to_owned), jql: jql.to_owned(), is_complete, ends_at: None }
    }

    #[test]
    fn one_webhook_stays_and_every_other_of_ours_ends() {
        let wanted = Wanted {
            url: "https://abate/hooks/jira/2".to_owned(),
            jql: "project = SEC".to_owned(),
            dead: vec!["https://abate/hooks/jira/1".to_owned()],
        };
        let ours = Some("https://abate/hooks/jira/2");
        let all = vec![
            webhook(1, ours, "project = OLD", true),
            webhook(2, ours, "project = SEC", false),
            webhook(3, ours, "project = SEC", true),
            webhook(4, None, "project = SEC", true),
            webhook(5, Some("https://abate/hooks/jira/1"), "project = SEC", true),
            webhook(6, Some("https://other/hooks/jira/1"), "project = SEC", true),
        ];
        let found = plan(all, &wanted);
        assert_eq!(found.keep.map(|webhook| webhook.id), Some(3));
        assert_eq!(found.end, [1, 2, 4, 5]);
        assert!(plan(Vec::new(), &wanted).keep.is_none());
    }

    #[test]
    fn the_search_names_every_project_that_has_a_ticket() {
        assert_eq!(about("SEC", ["SEC-1", "SEC-2"].into_iter()), about("SEC", std::iter::empty()));
        let several = about("SEC", ["OPS-1", "SEC-2"].into_iter());
        assert!(several.starts_with("project in (") && several.contains("OPS") && several.contains("SEC"));
    }
}
