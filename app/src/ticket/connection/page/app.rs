//! Connects a site of Cloud with an app.

use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::SecretString;
use serde::Deserialize;

use super::{PAGE, address};
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::page::badge::Tone;
use crate::page::form::{Field, Kind};
use crate::page::form_page::{Form, FormPage};
use crate::page::{said, shell};
use crate::platform::problem::{self, Problem};
use crate::state::AppState;
use crate::ticket::connection::app;
use crate::ticket::connection::make::{self, NewConnection};

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct AppForm {
    name: String,
    url: String,
    client_id: String,
    client_secret: SecretString,
    project: String,
    issue_type: String,
}

/// The form.
pub(super) async fn show(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    shell::html(&FormPage::new(&request, &caller, form(&state, &AppForm::default()), None))
}

fn form(state: &AppState, sent: &AppForm) -> Form {
    let issue_type = if sent.issue_type.is_empty() { "Task" } else { &sent.issue_type };
    let callback = format!(
        "Of an app that its console calls OAuth 2.0 (3LO), with the callback {}",
        app::callback_url(state)
    );
    Form {
        title: "Connect a Cloud site with an app".to_owned(),
        action: format!("{PAGE}/app"),
        fields: vec![
            Field::new("name", "Name", Kind::Text).required().value(&sent.name).hint("What people call it."),
            Field::new("url", "Address", Kind::Address)
                .required()
                .value(&sent.url)
                .hint("As people open it: https://example.atlassian.net"),
            Field::new("client_id", "Client id", Kind::Text).required().value(&sent.client_id).hint(callback),
            Field::new("client_secret", "Client secret", Kind::Password)
                .required()
                .hint("Sealed, and never shown."),
            Field::new("project", "Project", Kind::Text)
                .required()
                .value(&sent.project)
                .hint("The key of the project that receives tickets, as in SEC."),
            Field::new("issue_type", "Issue type", Kind::Text).required().value(issue_type),
        ],
        button: "Connect",
        back: ("JIRA", PAGE),
    }
}

/// Connects the site; a person then authorises the app on its page.
pub(super) async fn make(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
    sent: SignedForm<AppForm>,
) -> Result<HttpResponse, Problem> {
    let SignedForm(sent) = sent;
    let new = NewConnection {
        name: sent.name.clone(),
        kind: None,
        url: sent.url.clone(),
        api_url: None,
        user: None,
        token: None,
        token_expires_on: None,
        client_id: Some(sent.client_id.clone()),
        client_secret: Some(sent.client_secret.clone()),
        project: sent.project.clone(),
        issue_type: Some(sent.issue_type.clone()),
        webhook_secret: None,
        poll_seconds: None,
        gather_seconds: None,
        text_limit: None,
    };
    match make::make(&state, &caller, new).await {
        Ok(row) => Ok(said::see_other(
            &address(row.id),
            Tone::Good,
            "The site is known. Press Authorise, so that Atlassian lets the app in.",
        )),
        Err(problem) if matches!(problem.kind(), problem::Kind::Invalid | problem::Kind::Conflict) => {
            let page = FormPage::new(&request, &caller, form(&state, &sent), Some(&problem));
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}
