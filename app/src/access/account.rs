//! `/account`: what is one's own: when messages come, and the password.

use abate_entity::app_user;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::csrf::SignedForm;
use super::require::Require;
use super::right::SignedIn;
use super::session::CurrentSession;
use super::user_edit::{self, By, UserEdit};
use super::{password, password_change, user};
use crate::page::badge::{Tone, capitalised};
use crate::page::form::{Field, Kind, Problems};
use crate::page::frame::{Frame, Section};
use crate::page::refused::problems;
use crate::page::{context, said, shell};
use crate::platform::problem::{self, Problem};
use crate::state::AppState;

/// Registers the page.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/account", web::get().to(show))
        .route("/account/hours", web::post().to(change_hours))
        .route("/account/password", web::post().to(change_password));
}

#[derive(Template)]
#[template(path = "access/account.html")]
struct AccountPage {
    frame: Frame,
    problems: Option<Problems>,
    email: String,
    roles: Vec<String>,
    hours: Vec<Field>,
    password: Vec<Field>,
}

async fn show(
    request: HttpRequest,
    caller: Require<SignedIn>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    shell::html(&page(&request, &caller, &state, None).await?)
}

async fn page(
    request: &HttpRequest,
    caller: &Require<SignedIn>,
    state: &AppState,
    refused: Option<&Problem>,
) -> Result<AccountPage, Problem> {
    let db = state.database.reader();
    let user = user::known(db, &caller.email).await?;
    let roles = user_edit::roles_of(db, user.id).await?;
    let written = roles.iter().map(|held| match &held.team {
        Some(team) => format!("{} in {team}", capitalised(held.role.as_str())),
        None => capitalised(held.role.as_str()),
    });
    Ok(AccountPage {
        frame: context::frame(request, caller, "Your account", Section::Elsewhere),
        problems: refused.map(problems),
        roles: written.collect(),
        hours: hours(&user),
        password: passwords(),
        email: user.email,
    })
}

fn hours(user: &app_user::Model) -> Vec<Field> {
    let zone = user.zone.as_deref().unwrap_or_default();
    vec![
        Field::new("zone", "Zone you work in", Kind::Text)
            .value(zone)
            .hint("As Europe/Berlin; the organisation's when left empty."),
        Field::new("quiet_from", "Quiet from", Kind::Text).required().value(&user.quiet_from),
        Field::new("quiet_to", "Quiet until", Kind::Text).required().value(&user.quiet_to),
    ]
}

fn passwords() -> Vec<Field> {
    vec![
        Field::new("current", "Password now", Kind::Password).required(),
        Field::new("password", "New password", Kind::Password)
            .required()
            .hint(format!("At least {} characters.", password::MIN_LENGTH)),
        Field::new("again", "New password again", Kind::Password).required(),
    ]
}

/// What the form of hours sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HoursForm {
    zone: String,
    quiet_from: String,
    quiet_to: String,
}

async fn change_hours(
    request: HttpRequest,
    caller: Require<SignedIn>,
    state: web::Data<AppState>,
    form: SignedForm<HoursForm>,
) -> Result<HttpResponse, Problem> {
    let HoursForm { zone, quiet_from, quiet_to } = form.0;
    let edit = UserEdit {
        zone: Some(Some(zone.trim().to_owned()).filter(|zone| !zone.is_empty())),
        quiet_from: Some(quiet_from),
        quiet_to: Some(quiet_to),
        ..UserEdit::default()
    };
    let by = By { actor_id: Some(caller.id), via: caller.via, now: state.clock.now() };
    let changed = state.database.write(async |tx| {
        let user = user::known(tx, &caller.email).await?;
        user_edit::edit(tx, by, user, edit.clone()).await.map(drop)
    });
    let changed = changed.await;
    answer(&request, &caller, &state, changed, "Messages come at these hours now.").await
}

/// What the form of passwords sends.
#[derive(Default, Deserialize)]
#[serde(default)]
struct PasswordForm {
    current: String,
    password: String,
    again: String,
}

async fn change_password(
    request: HttpRequest,
    caller: Require<SignedIn>,
    state: web::Data<AppState>,
    form: SignedForm<PasswordForm>,
) -> Result<HttpResponse, Problem> {
    let here = request.extensions().get::<CurrentSession>().map(|current| current.0.id.clone());
    let sender = request.connection_info().peer_addr().unwrap_or_default().to_owned();
    let changed = exchange(&caller, &state, &form.0, here.as_deref(), &sender).await;
    let text = "Your password is changed, and you are signed out everywhere else.";
    answer(&request, &caller, &state, changed, text).await
}

async fn exchange(
    caller: &Require<SignedIn>,
    state: &AppState,
    form: &PasswordForm,
    here: Option<&str>,
    sender: &str,
) -> Result<(), Problem> {
    if form.password != form.again {
        return Err(Problem::invalid("again", "The new password is not the same both times."));
    }
    // A page that was left open must not let somebody try passwords without end.
    state.throttle.attempt(&caller.email, sender)?;
    let user = user::known(state.database.reader(), &caller.email).await?;
    if !state.passwords.verify(user.password_hash.clone(), &form.current).await? {
        return Err(Problem::invalid("current", "This is not your password now."));
    }
    let hash = state.passwords.hash(&state.ids, &form.password).await?;
    let by = By { actor_id: Some(caller.id), via: caller.via, now: state.clock.now() };
    state.database.write(async |tx| password_change::change(tx, by, &user, &hash, here).await).await
}

/// Back to the page, or the page with what was wrong.
async fn answer(
    request: &HttpRequest,
    caller: &Require<SignedIn>,
    state: &AppState,
    changed: Result<(), Problem>,
    text: &str,
) -> Result<HttpResponse, Problem> {
    match changed {
        Ok(()) => Ok(said::see_other("/account", Tone::Good, text)),
        Err(problem) if problem.kind() == problem::Kind::Invalid => {
            let page = page(request, caller, state, Some(&problem)).await?;
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}
