//! Guards against requests that another site makes a signed-in browser send.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use super::session::CurrentSession;
use crate::config::Config;
use crate::platform::problem::{Kind, Problem};

/// The header in which scripts of our pages send the token.
pub const HEADER: &str = "X-CSRF-Token";

/// Refuses a request that a browser says comes from another site.
///
/// # Errors
/// 403.
pub fn check_origin(request: &HttpRequest, config: &Config) -> Result<(), Problem> {
    let headers = request.headers();
    if let Some(site) = headers.get("Sec-Fetch-Site").and_then(|value| value.to_str().ok())
        && !matches!(site, "same-origin" | "none")
    {
        return Err(refused());
    }
    let Some(origin) = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok()) else {
        return Ok(());
    };
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let own = origin.split_once("://").is_some_and(|(_, of)| of == host);
    let configured = config.web.base_url.as_str().trim_end_matches('/') == origin;
    if own || configured { Ok(()) } else { Err(refused()) }
}

/// Refuses a request whose header does not carry the session's token.
///
/// # Errors
/// 403.
pub fn check_header(request: &HttpRequest, session: &abate_entity::session::Model) -> Result<(), Problem> {
    let sent = request.headers().get(HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    check(sent, &session.csrf_token)
}

/// Refuses a token that is not the session's.
///
/// # Errors
/// 403.
pub fn check(sent: &str, own: &str) -> Result<(), Problem> {
    if !own.is_empty() && bool::from(sent.as_bytes().ct_eq(own.as_bytes())) { Ok(()) } else { Err(refused()) }
}

fn refused() -> Problem {
    Problem::new(
        Kind::Forbidden,
        "This form was not sent from a page of Abate that you opened, or you signed in again since; reload the page \
         and send it again.",
    )
}

/// A form of one of our pages, whose hidden field `csrf` holds the session's token.
///
/// It knows the session from `require::identify`, which runs before every handler.
#[derive(Debug)]
pub struct SignedForm<T>(pub T);

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    csrf: String,
}

impl<T: DeserializeOwned + 'static> FromRequest for SignedForm<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = web::Bytes::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let body = body
                .await
                .map_err(|error| Problem::new(Kind::Malformed, format!("The form is broken: {error}")))?;
            let token: Token = read(&body)?;
            let own = request
                .extensions()
                .get::<CurrentSession>()
                .map(|current| current.0.csrf_token.clone())
                .unwrap_or_default();
            check(&token.csrf, &own)?;
            read(&body).map(Self)
        })
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // Without the fields that were left empty, so that an empty optional date is no date and not a wrong one.
    let filled: Vec<(String, String)> = url::form_urlencoded::parse(body)
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(filled).finish();
    serde_urlencoded::from_str(&body)
        .map_err(|error| Problem::new(Kind::Invalid, format!("The form is not as expected: {error}")))
}
