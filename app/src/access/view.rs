//! Rules. What the pages around signing in print.

use crate::page::frame::Frame;
use askama::Template;

/// The sign-in page.
#[derive(Debug, Template)]
#[template(path = "access/sign_in.html")]
pub struct SignInPage {
    /// The frame.
    pub frame: Frame,
    /// Where to go afterwards: a path of this server.
    pub next: String,
    /// The address as it was typed.
    pub email: String,
    /// Why the last try failed; never says which half was wrong.
    pub error: String,
    /// Whether the second factor is asked for.
    pub ask_code: bool,
    /// Whether nobody can sign in yet, because there is no user.
    pub no_users: bool,
}

#[cfg(test)]
mod tests;
