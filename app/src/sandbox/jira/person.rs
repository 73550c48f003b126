//! What the person at the site does to an issue, besides moving it on the board.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::world::PERSON;
use super::{JiraSandbox, JiraSandboxOptions, field, lock};

/// What the person's profile says.
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) email: Option<String>,
    /// Whether others see the address.
    pub(super) shows_email: bool,
}

impl Profile {
    pub(super) fn new(options: &JiraSandboxOptions) -> Self {
        Self { name: options.person.clone(), email: options.person_email.clone(), shows_email: true }
    }

    /// Whether a search for people that begin with `text`, in small letters, finds the person: also by an address that
    /// nobody is shown.
    pub(super) fn is_found_by(&self, text: &str) -> bool {
        let begins = |own: &str| own.to_lowercase().starts_with(text);
        begins(&self.name) || self.email.as_deref().is_some_and(begins)
    }
}

impl JiraSandbox {
    /// Takes a field off the edit screen, where it stays on the create screen, or puts it back.
    pub fn show_on_edit_screen(&self, field: &str, show: bool) {
        let mut hidden = lock(&self.not_on_edit_screen);
        hidden.retain(|known| known != field);
        if !show {
            hidden.push(field.to_owned());
        }
    }

    /// The person edits fields, given as the REST interface takes them.
    ///
    /// # Errors
    /// What the site says when it does not take them.
    pub fn edit_as_person(&self, key: &str, fields: &Map<String, Value>) -> Result<(), String> {
        let id = self.world().find(&self.options.project_key, key).ok_or("there is no such issue")?;
        let values =
            field::check(self, fields, false).map_err(|refusal: Refusal| refusal.body().to_string())?;
        self.change(id, PERSON, |issue| field::write(issue, values));
        Ok(())
    }

    /// Gives the person an address that others see, or takes it away.
    pub fn show_email(&self, email: Option<&str>) {
        let profile = &mut lock(&self.profile);
        profile.email = email.map(str::to_owned);
        profile.shows_email = true;
    }

    /// Gives the person an address that nobody is shown and that the search for people finds all the same.
    pub fn hide_email(&self, email: &str) {
        let profile = &mut lock(&self.profile);
        profile.email = Some(email.to_owned());
        profile.shows_email = false;
    }

    /// The person writes another name into the profile.
    pub fn rename_person(&self, name: &str) {
        lock(&self.profile).name = name.to_owned();
    }

    /// The person writes a comment of one paragraph.
    pub fn comment_as_person(&self, key: &str, text: &str) {
        self.person_says(key, text, None);
    }

    /// The person writes a comment of one paragraph that only administrators may read, our account among them.
    pub fn comment_to_administrators(&self, key: &str, text: &str) {
        self.person_says(key, text, Some("Administrators"));
    }

    fn person_says(&self, key: &str, text: &str, role: Option<&'static str>) {
        let found = self.world().find(&self.options.project_key, key);
        let Some(id) = found else { return };
        let body = if self.is_server() {
            serde_json::json!(text)
        } else {
            serde_json::json!({ "type": "doc", "version": 1, "content": [
                { "type": "paragraph", "content": [{ "type": "text", "text": text }] }
            ] })
        };
        self.write_comment_for(id, PERSON, body, role);
    }

    /// The person gives an issue the other type, whose edit screen has no due date.
    pub fn make_story(&self, key: &str) {
        let mut world = self.world();
        let found = world.find(&self.options.project_key, key);
        let Some(id) = found else { return };
        if let Some(issue) = world.issues.get_mut(&id) {
            issue.is_story = true;
        }
        world.touch(id, self.now());
    }

    /// Whether the edit screen of a task, or of a story, takes a field.
    pub(super) fn is_on_edit_screen(&self, is_story: bool, field: &str) -> bool {
        let is_hidden = is_story && field == "duedate";
        !is_hidden && !lock(&self.not_on_edit_screen).iter().any(|known| known == field)
    }
}
