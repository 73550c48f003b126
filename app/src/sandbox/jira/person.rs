//! What the person at the site does to an issue, besides moving it on the board.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::world::PERSON;
use super::{JiraSandbox, field, lock};

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

    /// Shows the person's address to others, or hides it.
    pub fn show_email(&self, email: Option<&str>) {
        *lock(&self.person_email) = email.map(str::to_owned);
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

    /// Whether the edit screen takes a field.
    pub(super) fn is_on_edit_screen(&self, field: &str) -> bool {
        !lock(&self.not_on_edit_screen).iter().any(|known| known == field)
    }
}
