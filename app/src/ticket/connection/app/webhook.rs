//! Registers webhooks at the sites that an app is let into, and lets them live on: they end after 30 days.

use abate_entity::{connection, jira_webhook};
use abate_integrations::jira::{JiraError, RegisteredWebhook, quote_jql};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

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
            let known = jira_webhook::Entity::find_by_id(active.row.id).one(state.database.reader()).await?;
            if known.is_none_or(|known| known.look_at <= now) {
                look(state, &active, now).await?;
            }
        }
        Ok(())
    })
}

/// Looks at the webhooks of a connection, makes them right, and keeps how they stand.
async fn look(state: &AppState, active: &Active, now: DateTime<Utc>) -> Result<(), Problem> {
    let url = webhook_url(state, active.row.id);
    let found = match settle(active, &url, now).await {
        Ok(ends_at) => jira_webhook::ActiveModel {
            connection_id: Set(active.row.id),
            ends_at: Set(ends_at),
            look_at: Set(now + WELL),
            problem: Set(None),
        },
        Err(error) => {
            // Without them changes arrive by polling, so that nothing but a note follows.
            tracing::warn!(connection = active.row.id, %error, "the webhooks could not be registered");
            health::note_failure(state, active, &error).await?;
            jira_webhook::ActiveModel {
                connection_id: Set(active.row.id),
                ends_at: Set(None),
                look_at: Set(now + ILL),
                problem: Set(Some(error.to_string())),
            }
        }
    };
    state.database.write(async |tx| write(tx, found.clone()).await).await
}

/// Makes the webhooks right: one about the project that ends late enough, and no other of ours. The list is asked for
/// first, so that one whose registration had no answer is not made twice.
async fn settle(active: &Active, url: &str, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, JiraError> {
    let jql = format!("project = {}", quote_jql(&active.row.project));
    let Plan { keep, end } = plan(ours(active, url).await?, &jql);
    if !end.is_empty() {
        active.client.end_webhooks(&end).await?;
    }
    match keep {
        Some(webhook) if webhook.ends_at.is_some_and(|at| at - now > EARLY) => Ok(webhook.ends_at),
        Some(webhook) => active.client.renew_webhooks(&[webhook.id]).await,
        None => {
            active.client.register_webhook(url, &jql).await?;
            Ok(plan(ours(active, url).await?, &jql).keep.and_then(|webhook| webhook.ends_at))
        }
    }
}

/// Those that are sent to us; where JIRA does not tell, those are all that this app has registered.
async fn ours(active: &Active, url: &str) -> Result<Vec<RegisteredWebhook>, JiraError> {
    let mut all = active.client.registered_webhooks().await?;
    all.retain(|webhook| webhook.url.as_deref().is_none_or(|given| given == url));
    Ok(all)
}

struct Plan {
    keep: Option<RegisteredWebhook>,
    end: Vec<i64>,
}

/// Which one of ours stays, and which end: those about another project, and those that are there twice.
fn plan(ours: Vec<RegisteredWebhook>, jql: &str) -> Plan {
    let mut plan = Plan { keep: None, end: Vec::new() };
    for webhook in ours {
        if plan.keep.is_none() && webhook.jql == jql && webhook.is_complete {
            plan.keep = Some(webhook);
        } else {
            plan.end.push(webhook.id);
        }
    }
    plan
}

async fn write(tx: &DatabaseTransaction, found: jira_webhook::ActiveModel) -> Result<(), Problem> {
    let columns = [jira_webhook::Column::EndsAt, jira_webhook::Column::LookAt, jira_webhook::Column::Problem];
    jira_webhook::Entity::insert(found)
        .on_conflict(
            OnConflict::column(jira_webhook::Column::ConnectionId).update_columns(columns).to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
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

    fn webhook(id: i64, jql: &str, is_complete: bool) -> RegisteredWebhook {
        RegisteredWebhook { id, url: None, jql: jql.to_owned(), is_complete, ends_at: None }
    }

    #[test]
    fn one_webhook_about_the_project_stays_and_every_other_ends() {
        let all = vec![
            webhook(1, "project = OLD", true),
            webhook(2, "project = SEC", false),
            webhook(3, "project = SEC", true),
            webhook(4, "project = SEC", true),
        ];
        let plan = plan(all, "project = SEC");
        assert_eq!(plan.keep.map(|webhook| webhook.id), Some(3));
        assert_eq!(plan.end, [1, 2, 4]);
        assert!(super::plan(Vec::new(), "project = SEC").keep.is_none());
    }
}
