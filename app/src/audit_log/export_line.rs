//! The lines of an exported log: a head, the checkpoints, the seals with their entries, an end.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::chain_rules::{Entry, Seal, canonical};
use super::checkpoint::Checkpoint;

/// The version of this form.
pub const VERSION: u32 = 1;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The first.
    Head(Head),
    /// A seal with its entry.
    Sealed(Box<Sealed>),
    /// A signed statement of how long the chain was.
    Checkpoint(Checkpoint),
    /// The last.
    End(End),
}

/// What has to be known to verify the rest.
#[derive(Debug, Serialize, Deserialize)]
pub struct Head {
    /// The version of this form.
    pub version: u32,
    /// The program that wrote it.
    pub tool: String,
    /// The installation.
    pub instance: String,
    /// What its checkpoints are checked with, in hexadecimal.
    pub public_key: String,
    /// The organisation's zone.
    pub zone: String,
    /// Number of the first seal.
    pub first: i64,
    /// What the first seal holds on to.
    pub previous: String,
}

/// A seal with its entry.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sealed {
    /// The seal.
    pub seal: Seal,
    /// Its entry; none when it is missing.
    pub entry: Option<EntryLine>,
}

/// An entry.
#[derive(Debug, Serialize, Deserialize)]
pub struct EntryLine {
    id: i64,
    recorded_at: DateTime<Utc>,
    actor_id: Option<i64>,
    via: String,
    action: String,
    subject: String,
    data: Box<RawValue>,
    request_id: String,
    address: String,
    agent: String,
}

/// What was written.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// Seals.
    pub seals: u64,
    /// SHA-256 of all bytes before this line, in hexadecimal.
    pub sha256: String,
}

impl EntryLine {
    /// The line of an entry. Its data is put into one order, which every database keeps in its own, and stays as it is
    /// written to the digit.
    ///
    /// # Errors
    /// When its data is no JSON.
    pub fn of(entry: Entry) -> serde_json::Result<Self> {
        let Entry { id, recorded_at, actor_id, via, action, subject, data, request_id, address, agent } =
            entry;
        let data = RawValue::from_string(canonical(&data).into_owned())?;
        Ok(Self { id, recorded_at, actor_id, via, action, subject, data, request_id, address, agent })
    }
}

impl From<EntryLine> for Entry {
    fn from(line: EntryLine) -> Self {
        let EntryLine { id, recorded_at, actor_id, via, action, subject, data, request_id, address, agent } =
            line;
        Self {
            id,
            recorded_at,
            actor_id,
            via,
            action,
            subject,
            data: data.get().to_owned(),
            request_id,
            address,
            agent,
        }
    }
}
