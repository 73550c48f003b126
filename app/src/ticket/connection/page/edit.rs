//! Changes a connection.

use abate_entity::connection;
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::SecretString;
use serde::Deserialize;

use super::address;
use super::new::date;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::page::badge::Tone;
use crate::page::form::{Field, Kind};
use crate::page::form_page::{Form, FormPage};
use crate::page::{said, shell};
use crate::platform::problem::{self, Problem};
use crate::state::AppState;
use crate::ticket::connection::active;
use crate::ticket::connection::store::{self, ConnectionChange};

/// What the form sends; an empty secret keeps the known one.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct EditForm {
    name: String,
    url: String,
    api_url: String,
    user: String,
    token: SecretString,
    token_expires_on: String,
    client_id: String,
    client_secret: SecretString,
    project: String,
    issue_type: String,
    webhook_secret: SecretString,
    poll_seconds: String,
    gather_seconds: String,
    text_limit: String,
}

impl EditForm {
    fn of(row: &connection::Model) -> Self {
        Self {
            name: row.name.clone(),
            url: row.browse_url.clone(),
            api_url: row.api_url.clone(),
            token_expires_on: row.token_expires_on.map(|day| day.to_string()).unwrap_or_default(),
            project: row.project.clone(),
            issue_type: row.issue_type.clone(),
            poll_seconds: row.poll_seconds.to_string(),
            gather_seconds: row.gather_seconds.to_string(),
            text_limit: row.text_limit.to_string(),
            ..Self::default()
        }
    }
}

/// The form.
pub(super) async fn show(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let row = store::row(state.database.reader(), *id).await?;
    let form = form(&row, &EditForm::of(&row), active::signs_in_by_app(&state, &row)?);
    shell::html(&FormPage::new(&request, &caller, form, None))
}

/// What signs in: a token, or an app.
fn sign_in(sent: &EditForm, is_app: bool) -> Vec<Field> {
    if is_app {
        let secret = Field::new("client_secret", "Client secret", Kind::Password);
        return vec![
            Field::new("client_id", "Client id", Kind::Text)
                .value(&sent.client_id)
                .hint("Empty keeps the known one; another one needs its secret, and has to be authorised."),
            secret.hint("Empty keeps the known one."),
        ];
    }
    vec![
        Field::new("api_url", "Address of its interface", Kind::Address)
            .required()
            .value(&sent.api_url)
            .hint("Another one needs the token again."),
        Field::new("user", "Account", Kind::Text)
            .value(&sent.user)
            .hint("Empty keeps the known one; another one needs its token."),
        Field::new("token", "Token", Kind::Password).hint("Empty keeps the known one."),
        Field::new("token_expires_on", "Last day of the token", Kind::Date).value(&sent.token_expires_on),
    ]
}

fn form(row: &connection::Model, sent: &EditForm, is_app: bool) -> Form {
    let number = |name: &str, label: &str, value: &str, hint: &str| {
        Field::new(name, label, Kind::Number).required().value(value).hint(hint)
    };
    Form {
        title: format!("Change {}", row.name),
        action: format!("{}/edit", address(row.id)),
        fields: [
            vec![
                Field::new("name", "Name", Kind::Text).required().value(&sent.name),
                Field::new("url", "Address", Kind::Address).required().value(&sent.url),
            ],
            sign_in(sent, is_app),
            vec![
                Field::new("project", "Project", Kind::Text)
                    .required()
                    .value(&sent.project)
                    .hint("For new tickets; those that are there stay where they are."),
                Field::new("issue_type", "Issue type", Kind::Text).required().value(&sent.issue_type),
                Field::new("webhook_secret", "Webhook secret", Kind::Password)
                    .hint("Empty keeps the known one."),
                number(
                    "poll_seconds",
                    "Seconds between two looks",
                    &sent.poll_seconds,
                    "30 to 3600; what webhooks miss is seen after this time.",
                ),
                number(
                    "gather_seconds",
                    "Seconds in which wishes are gathered",
                    &sent.gather_seconds,
                    "0 to 60; tickets wished for together are created in one call.",
                ),
                number(
                    "text_limit",
                    "Longest text",
                    &sent.text_limit,
                    "In characters, as JIRA's administrator set it.",
                ),
            ],
        ]
        .concat(),
        button: "Save",
        back: ("The connection", "/settings/jira"),
    }
}

/// Changes the connection.
pub(super) async fn change(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    sent: SignedForm<EditForm>,
) -> Result<HttpResponse, Problem> {
    let SignedForm(sent) = sent;
    match save(&state, &caller, *id, &sent).await {
        Ok(()) => {
            Ok(said::see_other(&address(*id), Tone::Good, "Saved; test it to see whether all is well."))
        }
        Err(problem) if problem.kind() == problem::Kind::Invalid => {
            let row = store::row(state.database.reader(), *id).await?;
            let form = form(&row, &sent, active::signs_in_by_app(&state, &row)?);
            let page = FormPage::new(&request, &caller, form, Some(&problem));
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn save(
    state: &AppState,
    caller: &Require<Configure>,
    id: i64,
    sent: &EditForm,
) -> Result<(), Problem> {
    let known = store::row(state.database.reader(), id).await?;
    let number = |field: &str, text: &str| {
        text.trim().parse::<i32>().map_err(|_| Problem::invalid(field, "Use a whole number."))
    };
    let other =
        |text: &str, known: &str| (!text.trim().is_empty() && text.trim() != known).then(|| text.to_owned());
    let change = ConnectionChange {
        name: Some(sent.name.clone()),
        url: other(&sent.url, &known.browse_url),
        api_url: other(&sent.api_url, &known.api_url),
        user: Some(sent.user.clone()),
        token: Some(sent.token.clone()),
        client_id: Some(sent.client_id.clone()),
        client_secret: Some(sent.client_secret.clone()),
        token_expires_on: date(&sent.token_expires_on)?,
        project: other(&sent.project, &known.project),
        issue_type: other(&sent.issue_type, &known.issue_type),
        webhook_secret: Some(sent.webhook_secret.clone()),
        poll_seconds: Some(number("poll_seconds", &sent.poll_seconds)?),
        gather_seconds: Some(number("gather_seconds", &sent.gather_seconds)?),
        text_limit: Some(number("text_limit", &sent.text_limit)?),
    };
    store::change(state, caller, id, change).await.map(drop)
}
