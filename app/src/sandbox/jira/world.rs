//! What the site holds.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

/// The account behind the REST interface.
pub(super) const BOT: &str = "sandbox:abate";
/// The account of the person at the board.
pub(super) const PERSON: &str = "sandbox:person";

/// A status of the one workflow.
pub(super) struct Status {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) category: &'static str,
}

/// The statuses, which are also the columns of the board.
pub(super) const STATUSES: [Status; 4] = [
    Status { id: "10000", name: "To Do", category: "new" },
    Status { id: "10001", name: "In Progress", category: "indeterminate" },
    Status { id: "10002", name: "In Review", category: "indeterminate" },
    Status { id: "10003", name: "Done", category: "done" },
];

/// The priorities, highest first.
pub(super) const PRIORITIES: [(&str, &str); 5] =
    [("1", "Highest"), ("2", "High"), ("3", "Medium"), ("4", "Low"), ("5", "Lowest")];

/// The resolutions.
pub(super) const RESOLUTIONS: [(&str, &str); 3] =
    [("20000", "Done"), ("20001", "Won't Do"), ("20002", "Duplicate")];

/// A comment.
#[derive(Clone)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) author: &'static str,
    pub(super) body: Value,
    /// The role whose holders alone may read it.
    pub(super) role: Option<&'static str>,
    pub(super) created: DateTime<Utc>,
}

/// One change of a field: the values before and after, each as id and as people read it.
#[derive(Clone)]
pub(super) struct Change {
    pub(super) field: Cow<'static, str>,
    pub(super) from: (Option<String>, Option<String>),
    pub(super) to: (Option<String>, Option<String>),
}

/// The changes that one person made at once.
#[derive(Clone)]
pub(super) struct History {
    pub(super) id: u64,
    pub(super) at: DateTime<Utc>,
    pub(super) by: &'static str,
    pub(super) changes: Vec<Change>,
}

/// An issue.
#[derive(Clone)]
pub(super) struct Issue {
    pub(super) id: u64,
    pub(super) number: u64,
    /// Whether somebody gave it the other issue type.
    pub(super) is_story: bool,
    pub(super) summary: String,
    pub(super) description: Option<Value>,
    pub(super) labels: Vec<String>,
    pub(super) priority: usize,
    pub(super) due_date: Option<NaiveDate>,
    pub(super) assignee: Option<&'static str>,
    /// The fields of the site's own, as they are shown.
    pub(super) own: BTreeMap<String, Value>,
    pub(super) status: usize,
    pub(super) resolution: Option<usize>,
    pub(super) created: DateTime<Utc>,
    pub(super) updated: DateTime<Utc>,
    pub(super) comments: Vec<Comment>,
    pub(super) properties: BTreeMap<String, Value>,
    pub(super) remote_links: Vec<(u64, Value)>,
    pub(super) history: Vec<History>,
}

/// Everything.
pub(super) struct World {
    pub(super) issues: BTreeMap<u64, Issue>,
    started: DateTime<Utc>,
    last_number: u64,
    last_id: u64,
    deliveries: u64,
    index: BTreeMap<u64, Issue>,
    waiting: VecDeque<(DateTime<Utc>, Issue)>,
}

impl World {
    /// Ids begin at the moment of the start, so that a site that was started anew never gives an id again which
    /// a database outside still knows.
    pub(super) fn new(started: DateTime<Utc>) -> Self {
        Self {
            issues: BTreeMap::new(),
            started,
            last_number: 0,
            last_id: started.timestamp().unsigned_abs(),
            deliveries: 0,
            index: BTreeMap::new(),
            waiting: VecDeque::new(),
        }
    }

    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// A name for a webhook that no other has.
    pub(super) fn next_delivery(&mut self) -> String {
        self.deliveries += 1;
        format!("{:x}-{:x}", self.started.timestamp_millis(), self.deliveries)
    }

    /// The id of the issue that a path names by id or key.
    pub(super) fn find(&self, project_key: &str, name: &str) -> Option<u64> {
        if let Ok(id) = name.parse::<u64>() {
            return self.issues.contains_key(&id).then_some(id);
        }
        let (project, number) = name.rsplit_once('-')?;
        let number: u64 = number.parse().ok()?;
        if !project.eq_ignore_ascii_case(project_key) {
            return None;
        }
        self.issues.values().find(|issue| issue.number == number).map(|issue| issue.id)
    }

    /// Notes that an issue changed: for itself at once, for the search after the lag.
    pub(super) fn touch(&mut self, id: u64, now: DateTime<Utc>) {
        if let Some(issue) = self.issues.get_mut(&id) {
            issue.updated = now;
            self.waiting.push_back((now, issue.clone()));
        }
    }

    /// Deletes an issue, also from the search.
    pub(super) fn delete(&mut self, id: u64) {
        self.issues.remove(&id);
        self.index.remove(&id);
        self.waiting.retain(|(_, issue)| issue.id != id);
    }

    /// What the search sees.
    pub(super) fn indexed(&mut self, now: DateTime<Utc>, lag: Duration) -> &BTreeMap<u64, Issue> {
        let lag = chrono::Duration::from_std(lag).unwrap_or_default();
        while self.waiting.front().is_some_and(|(changed, _)| *changed + lag <= now) {
            if let Some((_, issue)) = self.waiting.pop_front() {
                self.index.insert(issue.id, issue);
            }
        }
        &self.index
    }
}
