//! From a request to the frame of its page.

use std::fmt;

use actix_web::{HttpMessage, HttpRequest, web};

use super::frame::{DemoBar, Frame, Section, SignedIn};
use super::said;
use crate::access::actor::Actor;
use crate::access::right::{Configure, ExportEvidence, ReadAuditLog, See};
use crate::access::session::CurrentSession;
use crate::page::badge::capitalised;

/// What makes the demo's extras for a visitor: the actor and the address of the page at hand.
type MakeDemoBar = dyn Fn(&Actor, &str) -> DemoBar + Send + Sync;

/// Makes the demo's extras. Registered as application data by the demo, and by nothing else.
pub struct DemoBars(pub Box<MakeDemoBar>);

impl fmt::Debug for DemoBars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DemoBars")
    }
}

/// The frame of a page that somebody signed in looks at.
#[must_use]
pub fn frame(request: &HttpRequest, actor: &Actor, title: impl Into<String>, section: Section) -> Frame {
    let csrf = request
        .extensions()
        .get::<CurrentSession>()
        .map(|current| current.0.csrf_token.clone())
        .unwrap_or_default();
    let here = here(request);
    let user = SignedIn { name: actor.name.clone(), email: actor.email.clone(), roles: roles(actor) };
    let mut frame = Frame::signed_in(title, section, user, csrf, here.clone());
    frame.places = places(actor);
    frame.flashes = said::read(request);
    frame.demo = request.app_data::<web::Data<DemoBars>>().map(|bars| (bars.0)(actor, &here));
    frame
}

/// The frame of a page that a stranger looks at.
#[must_use]
pub fn stranger(request: &HttpRequest, title: impl Into<String>) -> Frame {
    let mut frame = Frame::anonymous(title, "", here(request));
    frame.flashes = said::read(request);
    frame
}

/// Path and query of a request.
fn here(request: &HttpRequest) -> String {
    request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string)
}

/// A path of this server that a form asked to be led back to; the dashboard for anything else.
#[must_use]
pub fn own_path(asked: &str) -> &str {
    let own = asked.starts_with('/')
        && !asked.starts_with("//")
        && !asked.contains('\\')
        && !asked.chars().any(char::is_control);
    if own { asked } else { "/" }
}

/// What the menu of a person leads to besides the bar.
fn places(actor: &Actor) -> Vec<(&'static str, &'static str)> {
    let mut places = vec![("Your account", "/account")];
    if actor.holds::<Configure>() {
        places.extend([("People", "/people"), ("Teams", "/teams"), ("JIRA", "/settings/jira")]);
    }
    if actor.holds::<See>() {
        places.extend([("Tickets", "/tickets"), ("Groups of risks", "/groups")]);
    }
    places.extend([("Due dates", "/settings/policies"), ("Grids", "/settings/grids")]);
    if actor.holds::<ExportEvidence>() {
        places.push(("Evidence packs", "/evidence-packs"));
    }
    if actor.holds::<ReadAuditLog>() {
        places.push(("Audit log", "/audit-log"));
    }
    places
}

fn roles(actor: &Actor) -> String {
    actor.roles().iter().map(|role| capitalised(role.as_str())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_this_server_only() {
        assert_eq!(own_path("/risks?state=open"), "/risks?state=open");
        for elsewhere in
            ["", "https://evil.example", "//evil.example", "/\\evil.example", "/a\r\nSet-Cookie: b", "risks"]
        {
            assert_eq!(own_path(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
