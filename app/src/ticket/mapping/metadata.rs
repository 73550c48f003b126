//! What the create screen of a connection's issue type takes, asked anew, for people to choose from.

use abate_integrations::jira::{CreateField, JiraError};
use serde::Serialize;

use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;
use crate::ticket::connection::{Active, row, usable};
use crate::ticket::failure::Failure;
use crate::ticket::screen::{self, Screen};

/// A field of a create screen.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct FieldView {
    /// What JIRA calls it.
    pub(super) field: String,
    /// What people call it.
    pub(super) name: String,
    /// What it takes: option, options, text, rich_text, number, date, date_time, user, epic_link or other.
    pub(super) kind: String,
    /// Whether JIRA refuses an issue without it.
    pub(super) required: bool,
    /// Whether JIRA fills it in by itself.
    pub(super) has_default: bool,
    /// The names of what it offers.
    pub(super) choices: Vec<String>,
}

impl FieldView {
    fn of(field: &CreateField) -> Self {
        Self {
            field: field.field_id.clone(),
            name: field.name.clone(),
            kind: field.kind.as_str().to_owned(),
            required: field.required,
            has_default: field.has_default_value,
            choices: field.allowed_values.iter().map(|choice| choice.name.clone()).collect(),
        }
    }
}

/// The connection with a client, also while it is paused: its mapping is made before it is used.
pub(super) async fn active(state: &AppState, id: i64) -> Result<Active, Problem> {
    let row = row(state.database.reader(), id).await?;
    usable(state, row)?.ok_or_else(|| {
        Problem::new(
            Kind::Conflict,
            "The settings name another site now, so this connection cannot be asked.",
        )
    })
}

/// The screen as it is now.
pub(super) async fn screen(state: &AppState, active: &Active) -> Result<Screen, Problem> {
    screen::ask_anew(state, active).await.map_err(told)
}

/// What JIRA said, as an answer to whoever asked.
pub(super) fn told(failure: Failure) -> Problem {
    match failure {
        Failure::Own(problem) => problem,
        Failure::Jira(error) => {
            let kind = match &error {
                JiraError::Refused(_) | JiraError::NotFoundOrHidden | JiraError::Unauthenticated(_) => {
                    Kind::Conflict
                }
                _ => Kind::Unavailable,
            };
            Problem::new(kind, format!("{error}."))
        }
    }
}

/// The fields of a screen.
pub(super) fn fields(screen: &Screen) -> Vec<FieldView> {
    screen.fields.iter().map(FieldView::of).collect()
}
