//! What JIRA was last told about a ticket, kept beside it so that only differences are sent.

use std::collections::BTreeMap;

use abate_entity::lifecycle::State;
use abate_entity::ticket;
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::drift::field_rules::Field;
use crate::platform::problem::Problem;

/// A comment that is to be written, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    /// What it is about; the same is never written twice.
    pub(crate) key: String,
    /// What it says.
    pub(crate) text: String,
}

/// What JIRA was told in one field, and what it made of it; both as digests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FieldTold {
    /// What we said.
    pub(crate) sent: String,
    /// What JIRA showed then; none until it was read for the first time.
    pub(crate) shown: Option<String>,
    /// The last entry of the history before we said it.
    #[serde(default)]
    pub(crate) since: u64,
    /// How many entries of the history are ours since.
    #[serde(default)]
    pub(crate) writes: usize,
}

impl FieldTold {
    /// What JIRA shows, in our words where it is what it made of them.
    pub(crate) fn as_told<'a>(&'a self, shown: &'a str) -> &'a str {
        if self.shown.as_deref() == Some(shown) { &self.sent } else { shown }
    }
}

/// A field that JIRA does not take for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NotTaken {
    /// When it is tried again.
    pub(crate) until: DateTime<Utc>,
    /// What JIRA said.
    pub(crate) said: String,
    /// The version of the mapping that it was refused under: a new one is tried at once.
    #[serde(default)]
    pub(crate) mapping: i32,
    /// Where the issue stood that it was refused at: elsewhere it is tried at once.
    #[serde(default)]
    pub(crate) place: String,
}

/// A call that JIRA refused without naming a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefusedCall {
    /// What was sent, as a digest: anything else is tried at once.
    pub(crate) sent: String,
    /// When the same is sent again.
    pub(crate) until: DateTime<Utc>,
    /// What JIRA said.
    pub(crate) said: String,
}

/// A change of status that was followed or answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Followed {
    /// When it was made.
    pub(crate) at: DateTime<Utc>,
    /// The id of the status it led to.
    pub(crate) to: String,
}

/// A change of status that the risks of a group are following, until each of them was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Following {
    /// When it was made.
    pub(crate) at: DateTime<Utc>,
    /// The id of the status it led to.
    pub(crate) to: String,
    /// Whether nothing was left to do in the group when it came.
    pub(crate) all_closed: bool,
    /// The numbers of the risks that took their step.
    pub(crate) risks: Vec<i64>,
}

/// A status from which the workflow offers no way to where the ticket has to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeadEnd {
    /// The category to reach.
    pub(crate) target: String,
    /// The id of the status where the walk ended.
    pub(crate) status: String,
    /// The version of the mapping that was tried.
    #[serde(default)]
    pub(crate) mapping: i32,
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
    /// Each field that is ours.
    pub(crate) fields: BTreeMap<Field, FieldTold>,
    /// What was said in the fields of the site's own, as digests.
    pub(crate) custom: BTreeMap<String, String>,
    /// The fields that JIRA does not take, in its names.
    pub(crate) not_taken: BTreeMap<String, NotTaken>,
    /// The edit that was refused last.
    pub(crate) refused_edit: Option<RefusedCall>,
    /// The address of the link back, and what it says.
    pub(crate) link: Option<String>,
    /// The link back that was refused.
    pub(crate) refused_link: Option<RefusedCall>,
    /// The links to evidence, by its number, and the title of each.
    pub(crate) evidence: BTreeMap<i64, String>,
    /// Where the risk stood when the ticket's status was last brought in line with it.
    pub(crate) state: Option<State>,
    /// The id of the status that we moved the ticket to last.
    pub(crate) moved_to: Option<String>,
    /// Where the way to the risk's state ended.
    pub(crate) dead_end: Option<DeadEnd>,
    /// The last change of status by a person that was followed or answered.
    pub(crate) followed: Option<Followed>,
    /// The change that a group's risks were following when that was interrupted.
    pub(crate) following: Option<Following>,
    /// Why that change was not followed, shown until the next one.
    pub(crate) answer: Option<String>,
    /// The number of the last comment on the risk that was copied; none until the first look.
    pub(crate) copied_until: Option<i64>,
    /// Comments that are to be written; they move to the table of comments before they are.
    pub(crate) notes: Vec<Note>,
    /// Whether the site refuses a comment that comes with a move.
    pub(crate) comment_apart: bool,
    /// JIRA's stamp of the issue whose comments were read last.
    pub(crate) comments_at: Option<DateTime<Utc>>,
    /// The user whom JIRA named as assignee last.
    pub(crate) assignee: Option<i64>,
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

    /// Adds a comment to be written, unless it waits already.
    pub(crate) fn note(&mut self, key: String, text: String) {
        if !self.notes.iter().any(|note| note.key == key) {
            self.notes.push(Note { key, text });
        }
    }
}

impl RefusedCall {
    /// How long the same is not to be sent again, and what JIRA said of it.
    pub(crate) fn holds(
        refused: Option<&Self>,
        sent: &str,
        now: DateTime<Utc>,
    ) -> Option<(Duration, String)> {
        let known = refused.filter(|known| known.sent == sent && known.until > now)?;
        Some((known.until - now, known.said.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jira_made_of_our_words_reads_as_our_words() {
        let told = FieldTold { sent: "a".to_owned(), shown: Some("A".to_owned()), ..FieldTold::default() };
        assert_eq!((told.as_told("A"), told.as_told("b")), ("a", "b"));
    }

    #[test]
    fn what_was_refused_is_not_sent_again_until_it_changes_or_a_day_is_over() {
        let now = DateTime::UNIX_EPOCH;
        let until = now + Duration::hours(2);
        let refused = RefusedCall { sent: "a".to_owned(), until, said: "No".to_owned() };
        let holds = |sent, at| RefusedCall::holds(Some(&refused), sent, at);
        assert_eq!(holds("a", now), Some((Duration::hours(2), "No".to_owned())));
        assert_eq!((holds("b", now), holds("a", until)), (None, None));
        assert_eq!(RefusedCall::holds(None, "a", now), None);
    }

    #[test]
    fn an_empty_row_reads_as_nothing_told() {
        assert_eq!(serde_json::from_str::<Told>("{}").ok(), Some(Told::default()));
    }
}
