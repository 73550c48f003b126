//! What a page says once after a form: a message that travels in a cookie from the answer to the next page.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::badge::Tone;
use super::form::label_of;
use super::frame::Flash;
use crate::platform::problem::Problem;

/// The cookie that carries the message.
pub const COOKIE: &str = "abate-said";
/// Longest message, in characters.
const LONGEST: usize = 500;

/// Leads the browser on to `location`, where `text` is said.
#[must_use]
pub fn see_other(location: &str, tone: Tone, text: &str) -> HttpResponse {
    let text: String = text.chars().take(LONGEST).collect();
    let value = URL_SAFE_NO_PAD.encode(format!("{}:{text}", tone.class()));
    let mut response = HttpResponse::SeeOther();
    response.insert_header((LOCATION, location)).cookie(cookie(value, Duration::minutes(1)));
    response.finish()
}

/// Leads the browser back to `location`, where it is said what was wrong.
#[must_use]
pub fn refused(location: &str, problem: &Problem) -> HttpResponse {
    let errors = problem.errors().iter().map(|error| match error.field.as_str() {
        "event" => error.detail.clone(),
        field => format!("{}: {}", label_of(field), error.detail),
    });
    let errors = errors.collect::<Vec<_>>().join(" ");
    see_other(location, Tone::Bad, if errors.is_empty() { problem.detail() } else { &errors })
}

/// The cookie that takes the message away once it was shown.
#[must_use]
pub fn forget() -> Cookie<'static> {
    cookie(String::new(), Duration::ZERO)
}

/// What the page at hand has to say.
#[must_use]
pub fn read(request: &HttpRequest) -> Vec<Flash> {
    request.cookie(COOKIE).and_then(|cookie| parse(cookie.value())).into_iter().collect()
}

fn parse(value: &str) -> Option<Flash> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(value).ok()?).ok()?;
    let (tone, text) = text.split_once(':')?;
    let tone =
        [Tone::Good, Tone::Warn, Tone::Bad, Tone::Plain].into_iter().find(|known| known.class() == tone)?;
    Some(Flash { tone: tone.class(), text: text.chars().take(LONGEST).collect() })
}

fn cookie(value: String, max_age: Duration) -> Cookie<'static> {
    Cookie::build(COOKIE, value).path("/").http_only(true).same_site(SameSite::Lax).max_age(max_age).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_read_once_it_is_ours() {
        let response = see_other("/risks", Tone::Good, "Done: R-1");
        let sent = response.cookies().next().unwrap().value().to_owned();
        let flash = parse(&sent).unwrap();
        assert_eq!((flash.tone, flash.text.as_str()), ("good", "Done: R-1"));
        for foreign in ["", "%", "Z29vZA", &URL_SAFE_NO_PAD.encode("\"><b:x")] {
            assert!(parse(foreign).is_none(), "{foreign}");
        }
    }
}
