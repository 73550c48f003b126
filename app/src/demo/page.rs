//! `/demo`: signs a visitor in without a password, as one of the four people.

use actix_web::http::header::LOCATION;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::Demo;
use super::people::Person;
use crate::access::csrf::{self, SignedForm};
use crate::access::require::Require;
use crate::access::right::SignedIn;
use crate::access::session;
use crate::page::context::own_path;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the pages; only the demo does.
pub fn routes(config: &mut ServiceConfig) {
    config.route("/demo", web::get().to(enter)).route("/demo/act-as", web::post().to(act_as));
}

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Next {
    next: String,
}

/// Signs a new visitor in as Ana.
async fn enter(
    request: HttpRequest,
    state: web::Data<AppState>,
    demo: web::Data<Demo>,
    query: web::Query<Next>,
) -> Result<HttpResponse, Problem> {
    csrf::check_origin(&request, &state.config)?;
    begin(&state, &demo.cast.ana, &query.next).await
}

/// Whom the visitor wants to be.
#[derive(Debug, Deserialize)]
struct ActAs {
    identity: String,
    #[serde(default)]
    next: String,
}

/// Signs the visitor in as somebody else.
async fn act_as(
    _caller: Require<SignedIn>,
    state: web::Data<AppState>,
    demo: web::Data<Demo>,
    form: SignedForm<ActAs>,
) -> Result<HttpResponse, Problem> {
    let person = demo.cast.all().into_iter().find(|person| person.id == form.0.identity);
    let person = person.ok_or_else(|| Problem::invalid("identity", "Be ana, dev, mona or vera."))?;
    begin(&state, person, &form.0.next).await
}

async fn begin(state: &AppState, person: &Person, next: &str) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let (cookie, _) = state
        .database
        .write(async |tx| Ok(session::begin(tx, &state.config, &state.ids, person.user_id, now).await?))
        .await?;
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, own_path(next).to_owned())).cookie(cookie).finish())
}
