//! Connects a site.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use secrecy::SecretString;
use serde::Deserialize;

use super::{PAGE, address};
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::page::badge::Tone;
use crate::page::form::{Choice, Field, Kind};
use crate::page::form_page::{Form, FormPage};
use crate::page::{said, shell};
use crate::platform::problem::{self, Problem};
use crate::state::AppState;
use crate::ticket::connection::check;
use crate::ticket::connection::make::{self, KINDS, NewConnection};

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SiteForm {
    name: String,
    kind: String,
    url: String,
    api_url: String,
    user: String,
    token: SecretString,
    token_expires_on: String,
    project: String,
    issue_type: String,
    webhook_secret: SecretString,
}

/// The form.
pub(super) async fn show(request: HttpRequest, caller: Require<Configure>) -> Result<HttpResponse, Problem> {
    shell::html(&FormPage::new(&request, &caller, form(&SiteForm::default()), None))
}

fn form(sent: &SiteForm) -> Form {
    let kinds = KINDS.iter().map(|(value, label)| Choice::new(*value, *label, KINDS[0].0)).collect();
    let kind = Field::new("kind", "Kind", Kind::Choice).required().choices(kinds);
    Form {
        title: "Connect a JIRA site".to_owned(),
        action: format!("{PAGE}/new"),
        fields: vec![
            Field::new("name", "Name", Kind::Text).required().value(&sent.name).hint("What people call it."),
            if sent.kind.is_empty() { kind } else { kind.value(&sent.kind) },
            Field::new("url", "Address", Kind::Address)
                .required()
                .value(&sent.url)
                .hint("As people open it: https://example.atlassian.net"),
            Field::new("api_url", "Address of its interface", Kind::Address)
                .value(&sent.api_url)
                .hint("Only for scoped tokens: https://api.atlassian.com/ex/jira/ and the cloud id."),
            Field::new("user", "Account", Kind::Text).value(&sent.user).hint(
                "The e-mail address of the token's account. Empty for a personal access token of Data Center.",
            ),
            Field::new("token", "Token", Kind::Password).required().hint("Sealed, and never shown."),
            Field::new("token_expires_on", "Last day of the token", Kind::Date)
                .value(&sent.token_expires_on)
                .hint("Administrators are told 30, 7 and 1 days before."),
            Field::new("project", "Project", Kind::Text).required().value(&sent.project).hint("Its key: SEC"),
            Field::new("issue_type", "Issue type", Kind::Text).value(&sent.issue_type).hint("Task unless told."),
            Field::new("webhook_secret", "Webhook secret", Kind::Password)
                .hint("The same as in JIRA; without it changes arrive some minutes later."),
        ],
        button: "Connect and test",
        back: ("JIRA", PAGE),
    }
}

/// Connects the site and tests it.
pub(super) async fn make(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
    sent: SignedForm<SiteForm>,
) -> Result<HttpResponse, Problem> {
    let SignedForm(sent) = sent;
    match connect(&state, &caller, &sent).await {
        Ok(id) => {
            let well = check::run(&state, id).await?.iter().all(|finding| finding.ok);
            let (tone, text) = if well {
                (Tone::Good, "The site is connected and everything is as it has to be.")
            } else {
                (Tone::Warn, "The site is connected, and something is to be mended; see the test below.")
            };
            Ok(said::see_other(&address(id), tone, text))
        }
        Err(problem) if matches!(problem.kind(), problem::Kind::Invalid | problem::Kind::Conflict) => {
            let page = FormPage::new(&request, &caller, form(&sent), Some(&problem));
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn connect(state: &AppState, caller: &Require<Configure>, sent: &SiteForm) -> Result<i64, Problem> {
    let new = NewConnection {
        name: sent.name.clone(),
        kind: Some(sent.kind.clone()).filter(|kind| !kind.is_empty()),
        url: sent.url.clone(),
        api_url: Some(sent.api_url.clone()),
        user: Some(sent.user.clone()),
        token: Some(sent.token.clone()),
        client_id: None,
        client_secret: None,
        token_expires_on: date(&sent.token_expires_on)?,
        project: sent.project.clone(),
        issue_type: Some(sent.issue_type.clone()),
        webhook_secret: Some(sent.webhook_secret.clone()),
        poll_seconds: None,
        gather_seconds: None,
        text_limit: None,
    };
    Ok(make::make(state, caller, new).await?.id)
}

/// The last day of a token as a form sends it.
pub(super) fn date(text: &str) -> Result<Option<NaiveDate>, Problem> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let parsed = text.trim().parse();
    parsed.map(Some).map_err(|_| Problem::invalid("token_expires_on", "Use a day, as in 2027-03-31."))
}
