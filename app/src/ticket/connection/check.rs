//! Says what is wrong with a connection to JIRA, and how to mend it, by asking JIRA itself.

use abate_entity::{connection, ticket, webhook_delivery};
use abate_integrations::jira::{Dialect, JiraError, quote_jql};
use chrono::Duration;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};

use super::super::finder;
use super::super::mapping;
use super::super::screen;
use super::super::ticket_rules::TicketState;
use super::active::{self, Active, usable};
use super::app;
use super::store;
use super::view::webhook_url;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// The permissions that tickets need.
const NEEDED: [&str; 5] =
    ["BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "TRANSITION_ISSUES", "ADD_COMMENTS"];
/// The days of which a webhook is looked for.
const LATELY: Duration = Duration::days(7);
/// How far the clocks may be apart.
const CLOCKS_APART: Duration = Duration::seconds(60);
/// The days before the end of a token in which it is a finding.
const TOKEN_ENDS: i64 = 30;

/// What was looked at, and how it stands.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
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

/// Looks at every connection that nobody has removed; where there are several, each finding names its own.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_all(state: &AppState) -> Result<Vec<Finding>, Problem> {
    let rows = connection::Entity::find()
        .filter(connection::Column::RemovedAt.is_null())
        .order_by_asc(connection::Column::Id)
        .all(state.database.reader())
        .await?;
    let several = rows.len() > 1;
    let mut all = Vec::new();
    for row in rows {
        let name = row.name.clone();
        for mut finding in run(state, row.id).await? {
            if several {
                finding.detail = format!("{name}: {}", finding.detail);
            }
            all.push(finding);
        }
    }
    Ok(all)
}

/// Looks at everything that tickets need, up to the first thing without which the rest cannot be asked, and keeps what
/// it found.
///
/// # Errors
/// When the database cannot be asked, or has no such connection.
pub async fn run(state: &AppState, id: i64) -> Result<Vec<Finding>, Problem> {
    let row = store::row(state.database.reader(), id).await?;
    if !row.paused {
        app::renew::in_time(state, row).await?;
    }
    let row = store::row(state.database.reader(), id).await?;
    let is_app = active::signs_in_by_app(state, &row)?;
    let mut findings = match usable(state, row.clone())? {
        Some(active) if active.has_ended(state.clock.now()) => vec![Finding::new(
            "jira account",
            false,
            "the token has ended; it is renewed once the connection goes on and Atlassian answers",
        )],
        Some(active) => at_site(state, &active).await?,
        None if is_app => vec![Finding::new(
            "jira consent",
            false,
            format!(
                "nobody has let the app in, or the consent is over; press Authorise on {}settings/jira/{}",
                state.config.web.base_url, row.id
            ),
        )],
        None => vec![Finding::new(
            "jira settings",
            false,
            "the settings name another site now; pause this connection, or set ABATE_JIRA__URL back",
        )],
    };
    findings.extend(webhook(state, &row, is_app).await?);
    findings.extend(standing(state, &row));
    store::keep_check(state, id, &findings, state.clock.now()).await?;
    Ok(findings)
}

async fn at_site(state: &AppState, active: &Active) -> Result<Vec<Finding>, Problem> {
    let mut findings = vec![server(state, active).await];
    match active.client.myself().await {
        Ok(me) => {
            findings.push(Finding::new("jira account", true, format!("signed in as {}", me.display_name)))
        }
        Err(error) => {
            findings.push(Finding::failed("jira account", &error));
            return Ok(findings);
        }
    }
    let project = &active.row.project;
    match active.client.project(project).await {
        Ok(found) => findings.push(Finding::new("jira project", true, found.name)),
        Err(error) => {
            findings.push(Finding::failed("jira project", &error));
            return Ok(findings);
        }
    }
    findings.push(permissions(active).await);
    findings.push(create_screen(state, active).await?);
    findings.push(search(state, active).await?);
    findings.push(workflow(state, active).await?);
    Ok(findings)
}

/// Whether the address leads to the kind of JIRA that it is said to be, and whether both clocks agree.
async fn server(state: &AppState, active: &Active) -> Finding {
    const CHECK: &str = "jira address";
    let server = match active.client.server().await {
        Ok(server) => server,
        Err(error) => return Finding::failed(CHECK, &error),
    };
    let found = if server.deployment == "Cloud" { Dialect::Cloud } else { Dialect::DataCenter };
    if found != active.client.dialect() {
        let (kind, other) = match found {
            Dialect::Cloud => ("Cloud", "cloud"),
            Dialect::DataCenter => ("Data Center", "data_center"),
        };
        return Finding::new(
            CHECK,
            false,
            format!(
                "this is JIRA {kind}; connect it anew with the kind {other}, or set ABATE_JIRA__KIND={other}"
            ),
        );
    }
    let apart = server.time.map_or(Duration::zero(), |time| (time - state.clock.now()).abs());
    if apart > CLOCKS_APART {
        let seconds = apart.num_seconds();
        let text = format!("its clock and ours are {seconds} seconds apart; set both by a time server");
        return Finding::new(CHECK, false, text);
    }
    Finding::new(CHECK, true, format!("answers, version {}", server.version))
}

async fn permissions(active: &Active) -> Finding {
    const CHECK: &str = "jira permissions";
    let project = &active.row.project;
    match active.client.permissions(project, &NEEDED).await {
        Ok(permissions) => {
            let lacking: Vec<&str> =
                permissions.iter().filter(|p| !p.granted).map(|p| p.key.as_str()).collect();
            if lacking.is_empty() {
                return Finding::new(CHECK, true, "all there");
            }
            let text = format!("grant the account {} in project {project}", lacking.join(", "));
            Finding::new(CHECK, false, text)
        }
        Err(error) => Finding::failed(CHECK, &error),
    }
}

async fn create_screen(state: &AppState, active: &Active) -> Result<Finding, Problem> {
    const CHECK: &str = "jira issue type";
    let screen = match screen::ask(active, active.row.created_at).await {
        Ok(screen) => screen,
        Err(error) => return Ok(Finding::failed(CHECK, &error)),
    };
    let mapping = mapping::in_force(state.database.reader(), active.row.id).await?;
    let missing = ["labels"].into_iter().filter(|field| !screen.takes(field));
    let left_out = ["description", "priority", "duedate"].into_iter().filter(|field| !screen.takes(field));
    let mut detail = Vec::new();
    detail.extend(missing.map(|field| format!("add the field {field} to the create screen")));
    detail.extend(mapping::gaps(&mapping, &screen.fields));
    let ok = detail.is_empty();
    detail.extend(left_out.map(|field| format!("{field} is not on the create screen and is left out")));
    detail.extend(mapping::strays(&mapping, &screen.fields));
    let detail = if detail.is_empty() { "takes everything".to_owned() } else { detail.join("; ") };
    Ok(Finding::new(CHECK, ok, detail))
}

/// A ticket that is linked, the latest, by which search and workflow can be tried.
async fn a_ticket(state: &AppState, active: &Active) -> Result<Option<ticket::Model>, Problem> {
    Ok(ticket::Entity::find()
        .filter(ticket::Column::ConnectionId.eq(active.row.id))
        .filter(ticket::Column::State.eq(TicketState::Linked.as_str()))
        .filter(ticket::Column::Broken.eq(false))
        .order_by_desc(ticket::Column::Id)
        .one(state.database.reader())
        .await?)
}

/// JIRA's index lags by minutes at most, so a ticket of an hour ago is in it.
async fn search(state: &AppState, active: &Active) -> Result<Finding, Problem> {
    const CHECK: &str = "jira search";
    let identity = finder::identity(state).await?;
    let settled = state.clock.now() - Duration::hours(1);
    let known = a_ticket(state, active).await?.filter(|ticket| ticket.created_at < settled);
    let label = quote_jql(&identity.common_label());
    let jql = format!("project = {} AND labels = {label}", quote_jql(&active.row.project));
    Ok(match active.client.search_ids(&jql).await {
        Err(error) => Finding::failed(CHECK, &error),
        Ok(found) => match known.as_ref().and_then(|ticket| Some((ticket, ticket.issue_id.as_ref()?))) {
            Some((ticket, id)) if !found.contains(id) => {
                let key = ticket.issue_key.as_deref().unwrap_or_default();
                let text = format!(
                    "{key} is not found by its label: it was moved to another project, lost its label, or the index \
                     of JIRA is behind; lost labels come back with the nightly pass"
                );
                Finding::new(CHECK, false, text)
            }
            Some(_) => Finding::new(CHECK, true, format!("finds our {} issues", found.len())),
            None => Finding::new(CHECK, true, format!("answers, {} issues with our label", found.len())),
        },
    })
}

async fn workflow(state: &AppState, active: &Active) -> Result<Finding, Problem> {
    const CHECK: &str = "jira workflow";
    let Some(ticket) = a_ticket(state, active).await? else {
        return Ok(Finding::new(CHECK, true, "is asked with the first ticket"));
    };
    let (key, id) = (ticket.issue_key.unwrap_or_default(), ticket.issue_id.unwrap_or_default());
    Ok(match active.client.transitions(&id).await {
        Err(error) => Finding::failed(CHECK, &error),
        Ok(offered) if offered.is_empty() => {
            let text = format!("offers {key} no transition; grant the account TRANSITION_ISSUES, or add one");
            Finding::new(CHECK, false, text)
        }
        Ok(offered) => {
            let ways: Vec<&str> = offered.iter().map(|way| way.to.name.as_str()).collect();
            Finding::new(CHECK, true, format!("{key} can go to {}", ways.join(", ")))
        }
    })
}

async fn webhook(state: &AppState, row: &connection::Model, is_app: bool) -> Result<Vec<Finding>, Problem> {
    const CHECK: &str = "jira webhook";
    let address = webhook_url(state, row.id);
    if is_app && let Some(known) = app::webhook::standing(state, row).await? {
        let polling = "changes in JIRA arrive by polling only";
        match (known.problem, known.ends_at) {
            (Some(problem), _) => {
                let text = format!("none could be registered for {address}, so that {polling}: {problem}");
                return Ok(vec![Finding::new(CHECK, false, text)]);
            }
            (None, Some(at)) => {
                let mut text = format!("registered for {address} until {}", at.format("%Y-%m-%d"));
                if lately(state, row).await? == 0 {
                    text += "; none came lately: of an app that is not public, they come only where its owner has \
                             authorised it";
                }
                return Ok(vec![Finding::new(CHECK, true, text)]);
            }
            (None, None) => {}
        }
    } else if is_app {
        return Ok(vec![Finding::new(CHECK, true, "is registered within a minute after the consent")]);
    } else if active::webhook_proofs(state, row)?.secret.is_none() {
        let text = format!(
            "give the connection a webhook secret (ABATE_JIRA__WEBHOOK_SECRET), and JIRA the same with the address \
             {address}; without it changes in JIRA arrive by polling only"
        );
        return Ok(vec![Finding::new(CHECK, false, text)]);
    }
    let text = if lately(state, row).await? > 0 {
        format!("JIRA sends to {address}")
    } else {
        format!("none came lately; JIRA is to send webhooks to {address}")
    };
    Ok(vec![Finding::new(CHECK, true, text)])
}

/// How many webhooks came lately.
async fn lately(state: &AppState, row: &connection::Model) -> Result<u64, Problem> {
    Ok(webhook_delivery::Entity::find()
        .filter(webhook_delivery::Column::ConnectionId.eq(row.id))
        .filter(webhook_delivery::Column::ReceivedAt.gte(state.clock.now() - LATELY))
        .count(state.database.reader())
        .await?)
}

/// What the row itself says.
fn standing(state: &AppState, row: &connection::Model) -> Vec<Finding> {
    let mut findings = Vec::new();
    let now = state.clock.now();
    if row.paused {
        let text = match row.paused_because.as_deref() {
            Some(store::BY_HAND) => "the connection is paused; resume it on its page",
            _ => {
                "the connection is paused since this database was restored or copied; look, then run abate doctor \
                 --resume"
            }
        };
        findings.push(Finding::new("jira connection", false, text));
    }
    if let (Some(problem), Some(until)) = (&row.problem, row.retry_at.filter(|until| *until > now)) {
        let text = format!("rests until {}: {problem}", until.format("%H:%M:%S UTC"));
        findings.push(Finding::new("jira limits", false, text));
    } else {
        findings.push(Finding::new("jira limits", true, "nothing rests"));
    }
    let today = now.with_timezone(&state.config.organisation.zone).date_naive();
    match row.token_expires_on {
        Some(on) if (on - today).num_days() < TOKEN_ENDS => {
            let text = format!("the token ends on {on}; make a new one and enter it at the connection");
            findings.push(Finding::new("jira token", false, text));
        }
        Some(on) => findings.push(Finding::new("jira token", true, format!("ends on {on}"))),
        None => {}
    }
    findings
}
