//! The site that stands in the settings: its row, and its secrets, which are never in the database.

use abate_entity::connection::{self, Column};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::secrets::Secrets;
use crate::config::{Config, JiraConfig, JiraKind};
use crate::platform::ids::Ids;
use crate::platform::problem::Problem;

/// The origin of a site of the settings.
pub(super) const SETTINGS: &str = "settings";
/// The origin of a site that somebody made here.
pub(super) const APPLICATION: &str = "application";

/// How a site is named: tickets of another site are never taken for its own.
fn name(config: &JiraConfig) -> String {
    let host = config.url.host_str().unwrap_or_default();
    config.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The settings of a row that stands for them, `None` once the settings name another site.
fn of<'a>(config: &'a Config, row: &connection::Model) -> Option<&'a JiraConfig> {
    config.jira.as_ref().filter(|jira| {
        row.origin == SETTINGS
            && row.api_url == jira.api_url.as_str()
            && row.browse_url == jira.url.as_str()
            && row.removed_at.is_none()
    })
}

/// The secrets of a row that stands for the settings.
pub(super) fn secrets(config: &Config, row: &connection::Model) -> Option<Secrets> {
    of(config, row).map(|jira| Secrets {
        user: jira.email.clone(),
        token: jira.token.clone(),
        webhook: jira.webhook_secret.clone(),
        app: None,
    })
}

/// Writes the row of the configured site. Where its settings changed, what was wrong before is forgotten; otherwise a
/// wait that JIRA asked for holds for a process that starts now, too.
///
/// # Errors
/// When the database refuses.
pub async fn write_configured(
    tx: &impl ConnectionTrait,
    config: Option<&JiraConfig>,
    ids: &Ids,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let Some(config) = config else { return Ok(()) };
    let seconds = |period: chrono::Duration| i32::try_from(period.num_seconds()).unwrap_or(i32::MAX);
    let mut row = connection::ActiveModel {
        kind: Set(kind(config.kind).to_owned()),
        api_url: Set(config.api_url.to_string()),
        browse_url: Set(config.url.to_string()),
        project: Set(config.project.clone()),
        issue_type: Set(config.issue_type.clone()),
        text_limit: Set(i32::try_from(config.text_limit).unwrap_or(i32::MAX)),
        poll_seconds: Set(seconds(config.poll)),
        gather_seconds: Set(seconds(config.gather)),
        ..Default::default()
    };
    let name = name(config);
    let known = connection::Entity::find()
        .filter(Column::Origin.eq(SETTINGS))
        .filter(Column::Name.is_in([name.clone(), beside(&name)]))
        .filter(Column::RemovedAt.is_null())
        .one(tx)
        .await?;
    if let Some(known) = known {
        row.id = Set(known.id);
        // The token may be another account's since the last start.
        row.account = Set(None);
        let moved = known.api_url != config.api_url.as_str()
            || known.project != config.project
            || known.issue_type != config.issue_type;
        if moved {
            row.problem = Set(None);
            row.problem_kind = Set(None);
            row.problem_since = Set(None);
            row.retry_at = Set(None);
            row.failures = Set(0);
        }
        row.update(tx).await?;
        return Ok(());
    }
    // Somebody may have given its name to a connection of their own.
    let taken = connection::Entity::find()
        .filter(Column::Name.eq(&name))
        .filter(Column::RemovedAt.is_null())
        .one(tx)
        .await?;
    row.name = Set(if taken.is_some() { beside(&name) } else { name });
    row.uuid = Set(ids.uuid(now));
    row.origin = Set(SETTINGS.to_owned());
    row.paused = Set(false);
    row.failures = Set(0);
    row.created_at = Set(now);
    row.insert(tx).await?;
    Ok(())
}

fn beside(name: &str) -> String {
    format!("{name} (settings)")
}

/// How a kind is kept.
pub(super) fn kind(kind: JiraKind) -> &'static str {
    match kind {
        JiraKind::Cloud => "cloud",
        JiraKind::DataCenter => "data_center",
    }
}
