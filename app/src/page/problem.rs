//! Rules. The page that says that something did not work.

use crate::page::frame::Frame;
use askama::Template;

/// What an error page says. Never the cause: that is in the log, under the reference.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// The frame.
    pub frame: Frame,
    /// The HTTP status.
    pub status: u16,
    /// What happened.
    pub title: String,
    /// What to do.
    pub detail: String,
    /// Fields and what is wrong with each.
    pub items: Vec<(String, String)>,
    /// The request's id, to find it in the log; empty where there is none.
    pub reference: String,
}
