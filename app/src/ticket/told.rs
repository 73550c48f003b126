//! What JIRA was last told about a ticket, kept beside it so that only differences are sent.

use abate_entity::lifecycle::State;
use abate_entity::ticket;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::platform::problem::Problem;

/// How many notes are remembered, so that none is written twice.
const REMEMBERED: usize = 20;

/// A comment that is to be written, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    /// What it is about; the same is never written twice.
    pub(crate) key: String,
    /// What it says.
    pub(crate) text: String,
    /// Whether a try may have reached JIRA.
    #[serde(default)]
    pub(crate) tried: bool,
}

/// A change of status that was followed or answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Followed {
    /// When it was made.
    pub(crate) at: DateTime<Utc>,
    /// The id of the status it led to.
    pub(crate) to: String,
}

/// A status from which the workflow offers no way to where the ticket has to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeadEnd {
    /// The category to reach.
    pub(crate) target: String,
    /// The id of the status where the walk ended.
    pub(crate) status: String,
    /// The ids of the statuses that were tried.
    pub(crate) visited: Vec<String>,
    /// When it was walked from the beginning.
    pub(crate) walked_at: DateTime<Utc>,
    /// When it was looked at last.
    pub(crate) looked_at: DateTime<Utc>,
    /// What people are told.
    pub(crate) problem: String,
}

/// What JIRA was last told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Told {
    /// The summary.
    pub(crate) summary: Option<String>,
    /// A digest of the description.
    pub(crate) description: Option<String>,
    /// The id of the priority.
    pub(crate) priority: Option<String>,
    /// The due date.
    pub(crate) due_on: Option<NaiveDate>,
    /// The address of the link back, and what it says.
    pub(crate) link: Option<String>,
    /// Where the risk stood when the ticket's status was last brought in line with it.
    pub(crate) state: Option<State>,
    /// The id of the status that we moved the ticket to last.
    pub(crate) moved_to: Option<String>,
    /// Where the way to the risk's state ended.
    pub(crate) dead_end: Option<DeadEnd>,
    /// The last change of status by a person that was followed or answered.
    pub(crate) followed: Option<Followed>,
    /// Why that change was not followed, shown until the next one.
    pub(crate) answer: Option<String>,
    /// The number of the last comment on the risk that was copied; none until the first look.
    pub(crate) copied_until: Option<i64>,
    /// Comments that are still to be written.
    pub(crate) notes: Vec<Note>,
    /// Keys of the comments that were written.
    pub(crate) noted: Vec<String>,
}

impl Told {
    /// Reads what a ticket's row keeps.
    ///
    /// # Errors
    /// When the row was written by something else.
    pub(crate) fn of(ticket: &ticket::Model) -> Result<Self, Problem> {
        serde_json::from_value(ticket.pushed.clone()).map_err(Problem::internal)
    }

    /// What is kept in a ticket's row.
    ///
    /// # Errors
    /// Never in practice: all of it can be written as JSON.
    pub(crate) fn to_json(&self) -> Result<serde_json::Value, Problem> {
        serde_json::to_value(self).map_err(Problem::internal)
    }

    /// Adds a comment to be written, unless it was written or is waiting already.
    pub(crate) fn note(&mut self, key: String, text: String) {
        if !self.noted.contains(&key) && !self.notes.iter().any(|note| note.key == key) {
            self.notes.push(Note { key, text, tried: false });
        }
    }

    /// The comment `key` was written.
    pub(crate) fn wrote(&mut self, key: &str) {
        self.notes.retain(|note| note.key != key);
        self.noted.push(key.to_owned());
        let surplus = self.noted.len().saturating_sub(REMEMBERED);
        self.noted.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_written_once() {
        let mut told = Told::default();
        told.note("a".to_owned(), "x".to_owned());
        told.note("a".to_owned(), "x".to_owned());
        assert_eq!(told.notes.len(), 1);
        told.wrote("a");
        told.note("a".to_owned(), "x".to_owned());
        assert!(told.notes.is_empty());
        for number in 0..50 {
            told.wrote(&number.to_string());
        }
        assert_eq!(told.noted.len(), REMEMBERED);
    }

    #[test]
    fn an_empty_row_reads_as_nothing_told() {
        assert_eq!(serde_json::from_str::<Told>("{}").ok(), Some(Told::default()));
    }
}
