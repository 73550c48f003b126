//! Frames and small values for the tests that render pages.

use crate::page::due::{Due, Moment};
use crate::page::frame::{DemoBar, Flash, Frame, Identity, Section, SignedIn, Step};
use chrono::NaiveDate;

/// The day on which the samples are looked at.
pub(crate) fn today() -> NaiveDate {
    date("2026-11-21")
}

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn at(text: &str) -> Moment {
    Moment::new(text.parse().unwrap(), chrono_tz::Europe::London)
}

pub(crate) fn due(text: &str) -> Due {
    Due::running(date(text), today())
}

/// A frame with everything that a frame can hold.
pub(crate) fn frame(title: &str, section: Section) -> Frame {
    let user = SignedIn {
        name: "Priya Raman".into(),
        email: "priya@cloudvista.example".into(),
        roles: "Triager, owner, risk manager".into(),
    };
    let mut frame = Frame::signed_in(title, section, user, "sample-token", "/");
    frame.files.style = "/static/0/abate.css".into();
    frame.files.script = "/static/0/abate.js".into();
    frame.files.icon = "/static/0/favicon.svg".into();
    frame
}

/// The same with the demo's extras and a message.
pub(crate) fn demo_frame(title: &str, section: Section) -> Frame {
    let identity = |id: &str, name: &str, role: &str| Identity {
        id: id.into(),
        name: name.into(),
        role: role.into(),
        current: id == "priya",
    };
    let step = |title: &str, hint: &str, href: &str, done, current| Step {
        title: title.into(),
        hint: hint.into(),
        href: href.into(),
        done,
        current,
    };
    let mut frame = frame(title, section);
    frame.flashes = vec![Flash {
        tone: "good",
        text: "R-6 is in progress. Its ticket PAY-14 follows within seconds.".into(),
    }];
    frame.demo = Some(DemoBar {
        action: "/demo/identity".into(),
        identities: vec![
            identity("priya", "Priya", "triage"),
            identity("sam", "Sam", "owner"),
            identity("noor", "Noor", "verifier"),
            identity("lena", "Lena", "head of security"),
            identity("mark", "Mark", "management"),
        ],
        links: vec![
            ("JIRA sandbox".into(), "/sandbox/jira".into()),
            ("Slack sandbox".into(), "/sandbox/slack".into()),
        ],
        steps: vec![
            step("Sign off the workshop", "13 risks get owners and due dates", "/workshops", true, false),
            step("Import a scan", "Preview the plan, then apply it", "/imports", true, false),
            step("Start work", "Watch the JIRA ticket follow", "/risks/R-6", false, true),
            step("Prove the fix", "Claim it, let somebody else verify", "/risks/R-6", false, false),
            step("Show management", "What is late, why, and who acts", "/", false, false),
        ],
    });
    frame
}
