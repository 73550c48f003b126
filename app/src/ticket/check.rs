//! Says what is wrong with the connection to JIRA, and how to mend it.

use abate_integrations::jira::JiraError;
use serde::Serialize;

use super::connection::{self, Active};
use super::screen;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// The permissions that tickets need.
const NEEDED: [&str; 5] =
    ["BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "TRANSITION_ISSUES", "ADD_COMMENTS"];

/// What was looked at, and how it stands.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Finding {
    /// What was looked at.
    pub check: String,
    /// Whether it is as it has to be.
    pub ok: bool,
    /// What was found, or what to do.
    pub detail: String,
}

impl Finding {
    /// What was found.
    pub(crate) fn new(check: &str, ok: bool, detail: impl Into<String>) -> Self {
        Self { check: check.to_owned(), ok, detail: detail.into() }
    }

    fn failed(check: &str, error: &JiraError) -> Self {
        Self::new(check, false, error.to_string())
    }
}

/// Looks at everything that tickets need, up to the first thing without which the rest cannot be asked.
///
/// # Errors
/// When the database cannot be asked.
pub async fn run(state: &AppState) -> Result<Vec<Finding>, Problem> {
    let Some(config) = &state.config.jira else { return Ok(Vec::new()) };
    let Some(active) = connection::configured(state).await? else { return Ok(Vec::new()) };
    let mut findings = at_site(&active).await;
    findings.push(match config.webhook_secret {
        Some(_) => Finding::new(
            "jira webhook",
            true,
            format!("JIRA is to send webhooks to {}hooks/jira/{}", state.config.web.base_url, active.row.id),
        ),
        None => Finding::new(
            "jira webhook",
            false,
            "set ABATE_JIRA__WEBHOOK_SECRET; without it changes in JIRA arrive by polling only",
        ),
    });
    if active.row.paused {
        let said = "the connection is paused since this database was restored or copied; look, then run \
                    abate doctor --resume";
        findings.push(Finding::new("jira connection", false, said));
    }
    Ok(findings)
}

async fn at_site(active: &Active) -> Vec<Finding> {
    let mut findings = Vec::new();
    match active.client.myself().await {
        Ok(me) => {
            findings.push(Finding::new("jira account", true, format!("signed in as {}", me.display_name)))
        }
        Err(error) => return vec![Finding::failed("jira account", &error)],
    }
    let project = &active.row.project;
    match active.client.project(project).await {
        Ok(found) => findings.push(Finding::new("jira project", true, found.name)),
        Err(error) => {
            findings.push(Finding::failed("jira project", &error));
            return findings;
        }
    }
    match active.client.permissions(project, &NEEDED).await {
        Ok(permissions) => {
            let lacking: Vec<&str> =
                permissions.iter().filter(|p| !p.granted).map(|p| p.key.as_str()).collect();
            let detail = if lacking.is_empty() {
                "all there".to_owned()
            } else {
                format!("grant the account {} in project {project}", lacking.join(", "))
            };
            findings.push(Finding::new("jira permissions", lacking.is_empty(), detail));
        }
        Err(error) => findings.push(Finding::failed("jira permissions", &error)),
    }
    match screen::ask(active, active.row.created_at).await {
        Ok(screen) => {
            let missing = ["labels"].into_iter().filter(|field| !screen.takes(field));
            let left_out =
                ["description", "priority", "duedate"].into_iter().filter(|field| !screen.takes(field));
            let mut detail = Vec::new();
            detail.extend(missing.map(|field| format!("add the field {field} to the create screen")));
            detail.extend(screen.demands.iter().map(|field| format!("make the field {field} optional")));
            let ok = detail.is_empty();
            detail
                .extend(left_out.map(|field| format!("{field} is not on the create screen and is left out")));
            let detail = if detail.is_empty() { "takes everything".to_owned() } else { detail.join("; ") };
            findings.push(Finding::new("jira issue type", ok, detail));
        }
        Err(error) => findings.push(Finding::failed("jira issue type", &error)),
    }
    findings
}
