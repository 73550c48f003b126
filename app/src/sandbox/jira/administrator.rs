//! What an administrator of the site does to the project: takes it away, its issue type, or a field off the screen on
//! which issues are made, and puts each back. And what kind of database the site was given.

use serde_json::Value;

use super::refusal::Refusal;
use super::{JiraSandbox, lock};

/// What the administrator has taken away.
#[derive(Default)]
pub(super) struct Taken {
    project: bool,
    issue_type: bool,
    fields: Vec<String>,
    emoji: bool,
}

impl JiraSandbox {
    /// Deletes the project with all its issues, or restores it from the trash.
    pub fn offer_project(&self, offer: bool) {
        lock(&self.taken).project = !offer;
    }

    /// Takes the issue type out of the project, or puts it back.
    pub fn offer_issue_type(&self, offer: bool) {
        lock(&self.taken).issue_type = !offer;
    }

    /// Takes a field off the create screen, where it stays on the edit screen, or puts it back.
    pub fn show_on_create_screen(&self, field: &str, show: bool) {
        let fields = &mut lock(&self.taken).fields;
        fields.retain(|known| known != field);
        if !show {
            fields.push(field.to_owned());
        }
    }

    /// Puts the site on a database that cannot store emoji, as old ones of Data Center cannot, or on another one.
    pub fn store_emoji(&self, store: bool) {
        lock(&self.taken).emoji = !store;
    }

    /// Fails where the database cannot store what a call brings.
    pub(super) fn can_store(&self, body: &Value) -> Result<(), Refusal> {
        let is_wide = |c: char| c > '\u{ffff}';
        if lock(&self.taken).emoji && body.to_string().contains(is_wide) {
            return Err(Refusal::message(500, "Internal server error"));
        }
        Ok(())
    }

    /// Whether the project is there.
    pub(super) fn has_project(&self) -> bool {
        !lock(&self.taken).project
    }

    /// Whether the project takes issues of the one type.
    pub(super) fn has_issue_type(&self) -> bool {
        !lock(&self.taken).issue_type
    }

    /// Whether the create screen takes a field.
    pub(super) fn is_on_create_screen(&self, field: &str) -> bool {
        !lock(&self.taken).fields.iter().any(|known| known == field)
    }
}
