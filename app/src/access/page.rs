//! `/sign-in` and `/sign-out`

use actix_web::http::header::LOCATION;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde::Deserialize;
use serde_json::json;

use super::actor::Via;
use super::csrf::{self, SignedForm};
use super::require::Require;
use super::session::{self, CurrentSession};
use super::view::SignInPage;
use super::{right, user};
use crate::audit_log;
use crate::page::{context, shell};
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .service(web::resource("/sign-in").route(web::get().to(show)).route(web::post().to(sign_in)))
        .route("/sign-out", web::post().to(sign_out));
}

/// Where to go once signed in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Next {
    next: String,
}

/// What the sign-in form sends.
#[derive(Debug, Deserialize)]
struct Credentials {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

async fn show(
    request: HttpRequest,
    state: web::Data<AppState>,
    query: web::Query<Next>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    if session::find(db, &request, state.clock.now()).await?.is_some() {
        return Ok(onward(&query.next).finish());
    }
    let no_users = abate_entity::app_user::Entity::find().count(db).await? == 0;
    shell::html(&page(&request, &query.next, "", None, no_users))
}

async fn sign_in(
    request: HttpRequest,
    state: web::Data<AppState>,
    form: web::Form<Credentials>,
) -> Result<HttpResponse, Problem> {
    csrf::check_origin(&request, &state.config)?;
    let Credentials { email, password, next } = form.into_inner();
    let sender = request.connection_info().peer_addr().unwrap_or_default().to_owned();
    let account = email.trim().to_lowercase();
    if let Err(problem) = state.throttle.attempt(&account, &sender) {
        return shell::html_with_problem(&page(&request, &next, &email, Some(&problem), false), &problem);
    }
    let known = user::by_email(state.database.reader(), &account).await?.filter(|user| user.active);
    let hash = known.as_ref().and_then(|user| user.password_hash.clone());
    let matches = state.passwords.verify(hash, &password).await?;
    let account_of = known.as_ref().map(|user| user.id);
    let Some(user) = known.filter(|_| matches) else {
        tracing::info!(sender, "a sign-in failed");
        refuse(&state, account_of).await?;
        let problem =
            Problem::new(Kind::Forbidden, "These details do not match an account. Check both and try again.");
        return shell::html_with_problem(&page(&request, &next, &email, Some(&problem), false), &problem);
    };
    let now = state.clock.now();
    let (cookie, _) = state
        .database
        .write(async |tx| {
            let subject = format!("user-{}", user.id);
            audit_log::add_as(tx, Some(user.id), Via::Page, "session.begin", &subject, json!({}), now)
                .await?;
            Ok(session::begin(tx, &state.config, &state.ids, user.id, now).await?)
        })
        .await?;
    tracing::info!(user = user.id, "signed in");
    Ok(onward(&next).cookie(cookie).finish())
}

async fn sign_out(
    request: HttpRequest,
    caller: Require<right::SignedIn>,
    state: web::Data<AppState>,
    _form: SignedForm<Next>,
) -> Result<HttpResponse, Problem> {
    let current = request.extensions().get::<CurrentSession>().map(|current| current.0.id.clone());
    let mut response = HttpResponse::SeeOther();
    response.insert_header((LOCATION, "/sign-in"));
    if let Some(id) = current {
        let now = state.clock.now();
        let cookie = state.database.write(async |tx| {
            let subject = format!("user-{}", caller.id);
            audit_log::add(tx, &caller, "session.end", &subject, json!({}), now).await?;
            Ok(session::end(tx, &state.config, &id).await?)
        });
        response.cookie(cookie.await?);
    }
    Ok(response.finish())
}

/// Writes down that somebody was not let in.
async fn refuse(state: &AppState, account: Option<i64>) -> Result<(), Problem> {
    let now = state.clock.now();
    // Never what was typed: it may be a password in the wrong field.
    let subject = account.map_or_else(|| "sign-in".to_owned(), |id| format!("user-{id}"));
    state
        .database
        .write(async |tx| {
            audit_log::add_as(tx, None, Via::Page, "session.refuse", &subject, json!({}), now).await
        })
        .await
}

fn onward(next: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((LOCATION, context::own_path(next)));
    response
}

fn page(
    request: &HttpRequest,
    next: &str,
    email: &str,
    problem: Option<&Problem>,
    no_users: bool,
) -> SignInPage {
    SignInPage {
        frame: context::stranger(request, "Sign in"),
        next: context::own_path(next).to_owned(),
        email: email.chars().take(254).collect(),
        error: problem.map(|problem| problem.detail().to_owned()).unwrap_or_default(),
        ask_code: false,
        no_users,
    }
}
