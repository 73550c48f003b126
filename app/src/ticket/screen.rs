//! What the project takes for our issue type: asked once an hour, kept as a setting.

use abate_integrations::jira::{CreateField, JiraError};
use chrono::{DateTime, Duration, Utc};
use sea_orm::DatabaseTransaction;
use serde::{Deserialize, Serialize};

use super::connection::Active;
use super::failure::Failure;
use crate::platform::problem::Problem;
use crate::platform::setting as settings;
use crate::state::AppState;

/// How long the answer is believed.
const BELIEVED: Duration = Duration::hours(1);

/// What the create screen of our issue type takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Screen {
    asked_at: DateTime<Utc>,
    project: String,
    issue_type_name: String,
    /// The id of the issue type.
    pub(crate) issue_type: String,
    /// The fields that may be set.
    pub(crate) fields: Vec<CreateField>,
    /// The priorities to choose from: id and name, highest first.
    pub(crate) priorities: Vec<(String, String)>,
}

impl Screen {
    /// Whether a field may be set.
    #[must_use]
    pub(crate) fn takes(&self, field: &str) -> bool {
        self.fields.iter().any(|known| known.field_id == field)
    }
}

/// The screen, from the setting or from JIRA.
///
/// # Errors
/// When JIRA gives no answer or does not know our issue type.
pub(crate) async fn read(state: &AppState, active: &Active) -> Result<Screen, Failure> {
    let key = key(active.row.id);
    let now = state.clock.now();
    let kept = settings::read(state.database.reader(), &key).await?;
    let kept: Option<Screen> = kept.and_then(|text| serde_json::from_str(&text).ok());
    if let Some(screen) = kept
        && now - screen.asked_at < BELIEVED
        && screen.project == active.row.project
        && screen.issue_type_name == active.row.issue_type
    {
        return Ok(screen);
    }
    ask_anew(state, active).await
}

/// The screen as JIRA says now, which everybody else sees from now on.
///
/// # Errors
/// When JIRA gives no answer or does not know our issue type.
pub(crate) async fn ask_anew(state: &AppState, active: &Active) -> Result<Screen, Failure> {
    let screen = ask(active, state.clock.now()).await?;
    let text = serde_json::to_string(&screen).map_err(Problem::internal)?;
    let key = key(active.row.id);
    state.database.write(async |tx| Ok(settings::write(tx, &key, &text).await?)).await?;
    Ok(screen)
}

/// The screen takes something else than it said: the next one who needs it asks again.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn forget(tx: &DatabaseTransaction, connection_id: i64) -> Result<(), Problem> {
    Ok(settings::write(tx, &key(connection_id), "").await?)
}

fn key(connection_id: i64) -> String {
    format!("jira.screen.{connection_id}")
}

/// Asks JIRA.
///
/// # Errors
/// When JIRA gives no answer or does not know our issue type.
pub(crate) async fn ask(active: &Active, now: DateTime<Utc>) -> Result<Screen, JiraError> {
    let (project, name) = (&active.row.project, &active.row.issue_type);
    let types = active.client.issue_types(project).await?;
    let Some(issue_type) = types.iter().find(|t| t.name.eq_ignore_ascii_case(name) || t.id == *name) else {
        let known: Vec<&str> = types.iter().filter(|t| !t.subtask).map(|t| t.name.as_str()).collect();
        let said = format!(
            "project {project} has no issue type {name}; name one of {known:?} at the connection, which takes it from \
             ABATE_JIRA__ISSUE_TYPE where it is that of the settings"
        );
        return Err(JiraError::Refused(abate_integrations::jira::Refusal {
            messages: vec![said],
            ..Default::default()
        }));
    };
    let fields = active.client.create_fields(project, &issue_type.id).await?;
    let priority = fields.iter().find(|field| field.field_id == "priority");
    Ok(Screen {
        asked_at: now,
        project: project.clone(),
        issue_type_name: name.clone(),
        issue_type: issue_type.id.clone(),
        priorities: priority
            .map(|field| {
                field.allowed_values.iter().map(|value| (value.id.clone(), value.name.clone())).collect()
            })
            .unwrap_or_default(),
        fields,
    })
}
