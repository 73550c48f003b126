//! Why work on a ticket did not finish: JIRA, or our own side.

use abate_integrations::jira::JiraError;
use sea_orm::DbErr;

use crate::platform::problem::Problem;

/// Why work on a ticket did not finish.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// JIRA.
    #[error(transparent)]
    Jira(#[from] JiraError),
    /// Our own side.
    #[error(transparent)]
    Own(#[from] Problem),
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        Self::Own(error.into())
    }
}
