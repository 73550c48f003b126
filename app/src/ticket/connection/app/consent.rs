//! Sends a person to Atlassian to let the app in, and takes in what they come back with.

use abate_integrations::jira::{OauthError, OauthSite};
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::super::secrets::{App, Secrets};
use super::super::{check, store};
use super::grant::{self, Asked};
use super::{at_atlassian, state_parameter, webhook};
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::audit_log;
use crate::page::badge::Tone;
use crate::page::said;
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;
use crate::ticket::{reconcile, want};

/// Sends the person to Atlassian.
///
/// # Errors
/// When the connection has no app.
pub(in crate::ticket::connection) async fn begin(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let row = store::row(state.database.reader(), *id).await?;
    let app = app_of(Secrets::open(&state, &row)?.as_ref())?;
    let parameter = state_parameter::seal(&state, row.id, caller.id)?;
    let url = at_atlassian(&state, &app).consent_url(&parameter).map_err(problem)?;
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, url.as_str())).finish())
}

/// What Atlassian sends back.
#[derive(Deserialize)]
pub(in crate::ticket::connection) struct Consent {
    state: String,
    code: Option<String>,
    error: Option<String>,
}

/// Takes the consent in, tests the connection and shows it.
///
/// # Errors
/// When the consent was not begun here, or Atlassian refuses.
pub(in crate::ticket::connection) async fn end(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    consent: web::Query<Consent>,
) -> Result<HttpResponse, Problem> {
    let id = state_parameter::open(&state, &consent.state, caller.id)?;
    let page = format!("/settings/jira/{id}");
    let Some(code) = &consent.code else {
        let reason: String = consent.error.as_deref().unwrap_or("no reason").chars().take(100).collect();
        let text = format!("Atlassian says that the consent was not given ({reason}).");
        return Ok(said::see_other(&page, Tone::Warn, &text));
    };
    match take_in(&state, &caller, id, code).await {
        Ok(()) => {}
        Err(problem) if matches!(problem.kind(), Kind::Conflict | Kind::Stale) => {
            return Ok(said::see_other(&page, Tone::Warn, problem.detail()));
        }
        Err(problem) => return Err(problem),
    }
    let well = check::run(&state, id).await?.iter().all(|finding| finding.ok);
    Ok(if well {
        said::see_other(&page, Tone::Good, "Authorised, and everything is as it has to be.")
    } else {
        said::see_other(&page, Tone::Warn, "Authorised, and something is to be mended; see the test below.")
    })
}

async fn take_in(state: &AppState, caller: &Require<Configure>, id: i64, code: &str) -> Result<(), Problem> {
    let known = store::row(state.database.reader(), id).await?;
    let app = app_of(Secrets::open(state, &known)?.as_ref())?;
    let asked = Asked { row: &known, client_id: &app.client_id };
    let app = at_atlassian(state, &app);
    let tokens = app.tokens_of_code(&state.http, code).await.map_err(problem)?;
    let sites = app.sites(&state.http, &tokens.access).await.map_err(problem)?;
    let site = of_address(&sites, &known.browse_url)?;
    let api_url = app.api_url(&site.id).map_err(problem)?;
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            if !grant::keep(tx, state, &asked, &tokens, Some(api_url.as_str()), now).await? {
                let text =
                    "Somebody changed the app or the site of this connection meanwhile. Authorise it again.";
                return Err(Problem::new(Kind::Stale, text));
            }
            let row = abate_entity::connection::ActiveModel {
                id: Set(id),
                // The person who consented may be another one than before.
                account: Set(None),
                ..Default::default()
            };
            let row = row.update(tx).await?;
            webhook::look_again(tx, id, now).await?;
            want::catch_up_soon(tx).await?;
            let data = json!({"name": row.name, "site": site.url});
            audit_log::add(tx, caller, "connection.authorise", &store::subject(id), data, now).await?;
            reconcile::enqueue(tx, id, now, now).await
        })
        .await
}

fn app_of(secrets: Option<&Secrets>) -> Result<App, Problem> {
    secrets.and_then(|secrets| secrets.app.clone()).ok_or_else(|| {
        Problem::new(Kind::Conflict, "This connection signs in with a token; there is nothing to authorise.")
    })
}

/// The site of the connection among those that somebody let us into.
fn of_address<'s>(sites: &'s [OauthSite], address: &str) -> Result<&'s OauthSite, Problem> {
    let origin = |url: &str| Url::parse(url).ok().map(|url| url.origin());
    let wanted = origin(address);
    sites.iter().find(|site| wanted.is_some() && origin(&site.url) == wanted).ok_or_else(|| {
        let given: Vec<&str> = sites.iter().map(|site| site.url.as_str()).collect();
        let given = if given.is_empty() { "no site".to_owned() } else { given.join(", ") };
        let text = format!(
            "The consent was given for {given} and not for {address}. Authorise again and choose that site."
        );
        Problem::new(Kind::Conflict, text)
    })
}

fn problem(error: OauthError) -> Problem {
    let kind = match error {
        OauthError::Unavailable(_) => Kind::Unavailable,
        OauthError::Over(_) | OauthError::Refused(_) => Kind::Conflict,
    };
    Problem::new(kind, format!("{error}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(id: &str, url: &str) -> OauthSite {
        OauthSite { id: id.to_owned(), url: url.to_owned() }
    }

    #[test]
    fn a_consent_is_for_the_site_of_the_connection_only() {
        let sites = [site("1", "https://other.example.org"), site("2", "https://Acme.example.org")];
        assert_eq!(of_address(&sites, "https://acme.example.org/").expect("a site").id, "2");
        assert!(of_address(&sites, "https://third.example.org/").is_err());
        assert!(of_address(&[], "https://acme.example.org/").is_err());
    }
}
