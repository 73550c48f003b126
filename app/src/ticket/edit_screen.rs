//! What the edit screen of a project's tickets takes: another one than the screen of their creation, and one for each issue
//! type, as people may give a ticket another. Asked once an hour of one of its issues, kept as a setting.

use abate_integrations::jira::{CreateField, Issue};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::connection::Active;
use super::failure::Failure;
use crate::platform::problem::Problem;
use crate::platform::setting as settings;
use crate::state::AppState;

/// How long the answer is believed.
const BELIEVED: Duration = Duration::hours(1);

/// What an edit screen takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EditScreen {
    asked_at: DateTime<Utc>,
    /// The fields that may be edited.
    pub(crate) fields: Vec<CreateField>,
    /// The priorities to choose from: id and name, highest first.
    pub(crate) priorities: Vec<(String, String)>,
}

impl EditScreen {
    /// Whether a field may be edited.
    #[must_use]
    pub(crate) fn takes(&self, field: &str) -> bool {
        self.fields.iter().any(|known| known.field_id == field)
    }
}

/// The project of an issue, which may have been moved since it was made.
fn project(issue: &Issue) -> &str {
    let of_key = || issue.key.rsplit_once('-').map_or(issue.key.as_str(), |(project, _)| project);
    issue.fields.project.as_deref().unwrap_or_else(of_key)
}

fn key(active: &Active, issue: &Issue) -> String {
    let issue_type = issue.fields.issue_type.as_deref().unwrap_or_default();
    format!("jira.edit_screen.{}.{}.{issue_type}", active.row.id, project(issue))
}

/// The screen, from the setting or from JIRA.
///
/// # Errors
/// When JIRA gives no answer.
pub(crate) async fn read(state: &AppState, active: &Active, issue: &Issue) -> Result<EditScreen, Failure> {
    let key = key(active, issue);
    let now = state.clock.now();
    let kept = settings::read(state.database.reader(), &key).await?;
    let kept: Option<EditScreen> = kept.and_then(|text| serde_json::from_str(&text).ok());
    if let Some(screen) = kept
        && now - screen.asked_at < BELIEVED
    {
        return Ok(screen);
    }
    let fields = active.client.edit_fields(&issue.id).await?;
    let priority = fields.iter().find(|field| field.field_id == "priority");
    let choices = priority.into_iter().flat_map(|field| &field.allowed_values);
    let screen = EditScreen {
        asked_at: now,
        priorities: choices.map(|value| (value.id.clone(), value.name.clone())).collect(),
        fields,
    };
    // An issue that cannot be edited in its status says nothing about the others.
    if !screen.fields.is_empty() {
        let text = serde_json::to_string(&screen).map_err(Problem::internal)?;
        state.database.write(async |tx| Ok(settings::write(tx, &key, &text).await?)).await?;
    }
    Ok(screen)
}

/// The screen takes something else than it said: the next one who needs it asks again.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn forget(state: &AppState, active: &Active, issue: &Issue) -> Result<(), Problem> {
    let key = key(active, issue);
    state.database.write(async |tx| Ok(settings::write(tx, &key, "").await?)).await
}
