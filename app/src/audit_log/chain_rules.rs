//! Rules. The chain that makes changes of the log show: what of an entry is digested, and how each seal holds on to
//! the one before.
//!
//! Everything is digested as it was read back from the database, since JSONB orders keys and writes numbers anew.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// Levels of nesting that are put in order; what is deeper counts as it is written.
const DEPTH: u8 = 64;

/// An entry as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: i64,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// Who, none for the system.
    pub actor_id: Option<i64>,
    /// Through what.
    pub via: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// Before, after, digests: JSON as it was read.
    pub data: String,
    /// The request it belongs to.
    pub request_id: String,
    /// Where that request came from.
    pub address: String,
    /// What acted for that person.
    pub agent: String,
}

/// The place of an entry in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// Its number in the chain; the first is 1, and none is left out.
    pub seq: i64,
    /// The entry.
    pub entry_id: i64,
    /// Hash of the seal before, in hexadecimal.
    pub previous: String,
    /// Hash of this seal, in hexadecimal.
    pub hash: String,
}

/// What the first seal holds on to: the installation.
#[must_use]
pub fn beginning(instance: &str) -> String {
    hex::encode(Sha256::digest(instance.as_bytes()))
}

/// The digest of everything in an entry.
#[must_use]
pub fn digest(entry: &Entry) -> [u8; 32] {
    let id = entry.id.to_string();
    let recorded_at = entry.recorded_at.timestamp_micros().to_string();
    let actor = entry.actor_id.map(|id| id.to_string()).unwrap_or_default();
    let data = canonical(&entry.data);
    of_parts(
        "abate-entry/1",
        &[
            id.as_bytes(),
            recorded_at.as_bytes(),
            actor.as_bytes(),
            entry.via.as_bytes(),
            entry.action.as_bytes(),
            entry.subject.as_bytes(),
            data.as_bytes(),
            entry.request_id.as_bytes(),
            entry.address.as_bytes(),
            entry.agent.as_bytes(),
        ],
    )
}

/// The seal with the number `seq` of an entry with the digest, after the seal with the hash `previous`.
#[must_use]
pub fn seal(seq: i64, entry_id: i64, digest: &[u8; 32], previous: &str) -> Seal {
    let hash = of_parts(
        "abate-seal/1",
        &[seq.to_string().as_bytes(), entry_id.to_string().as_bytes(), digest, previous.as_bytes()],
    );
    Seal { seq, entry_id, previous: previous.to_owned(), hash: hex::encode(hash) }
}

/// What a checkpoint signs.
#[must_use]
pub fn statement(instance: &str, seq: i64, hash: &str, created_at: DateTime<Utc>) -> [u8; 32] {
    let created_at = created_at.timestamp_micros().to_string();
    of_parts(
        "abate-checkpoint/1",
        &[instance.as_bytes(), seq.to_string().as_bytes(), hash.as_bytes(), created_at.as_bytes()],
    )
}

/// Each part is preceded by its length, so that nothing can move from one to the next.
fn of_parts(purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in [purpose.as_bytes()].iter().chain(parts) {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// JSON with its keys in order, without space, and with numbers as they are written. What is no JSON stays as it is.
#[must_use]
pub fn canonical(json: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(json.len());
    let written = serde_json::from_str::<&RawValue>(json).and_then(|value| write(value, DEPTH, &mut out));
    if written.is_ok() { Cow::Owned(out) } else { Cow::Borrowed(json) }
}

fn write(value: &RawValue, depth: u8, out: &mut String) -> serde_json::Result<()> {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'{') if depth > 0 => {
            let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(text)?;
            let mut before = '{';
            for (name, value) in &members {
                out.push(before);
                out.push_str(&serde_json::to_string(name)?);
                out.push(':');
                write(value, depth - 1, out)?;
                before = ',';
            }
            out.push_str(if members.is_empty() { "{}" } else { "}" });
        }
        Some(b'[') if depth > 0 => {
            let values: Vec<&RawValue> = serde_json::from_str(text)?;
            let mut before = '[';
            for value in &values {
                out.push(before);
                write(value, depth - 1, out)?;
                before = ',';
            }
            out.push_str(if values.is_empty() { "[]" } else { "]" });
        }
        // One way to write each character.
        Some(b'"') if text.contains('\\') => {
            let plain: Cow<'_, str> = serde_json::from_str(text)?;
            out.push_str(&serde_json::to_string(&plain)?);
        }
        _ => out.push_str(text),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            id: 7,
            recorded_at: DateTime::from_timestamp_micros(1_772_442_000_000_001).unwrap(),
            actor_id: Some(3),
            via: "api".to_owned(),
            action: "risk.confirm".to_owned(),
            subject: "R-12".to_owned(),
            data: r#"{"from":"new","to":"open"}"#.to_owned(),
            request_id: "0b1f".to_owned(),
            address: "10.0.0.1".to_owned(),
            agent: "token-3".to_owned(),
        }
    }

    #[test]
    fn every_field_of_an_entry_counts_and_none_runs_into_the_next() {
        let before = digest(&entry());
        let changes: [fn(&mut Entry); 12] = [
            |entry| entry.id += 1,
            |entry| entry.recorded_at += chrono::Duration::microseconds(1),
            |entry| entry.actor_id = None,
            |entry| entry.actor_id = Some(30),
            |entry| entry.via = "page".to_owned(),
            |entry| entry.action.push('x'),
            |entry| entry.subject = "R-1".to_owned(),
            |entry| entry.data = r#"{"from":"new","to":"closed"}"#.to_owned(),
            |entry| entry.request_id.clear(),
            |entry| entry.address.push('2'),
            |entry| entry.agent.clear(),
            |entry| {
                entry.via = "apir".to_owned();
                entry.action = "isk.confirm".to_owned();
            },
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut changed = entry();
            change(&mut changed);
            assert_ne!(digest(&changed), before, "change {number}");
        }
    }

    #[test]
    fn the_same_json_counts_the_same_however_it_is_written() {
        let same = [
            r#"{"a":[1,2.50,{"x":null,"y":true}],"b":"tab\tand \"quotes\" and ü"}"#,
            r#" { "b" : "tab\u0009and \u0022quotes\u0022 and \u00fc", "a":[ 1 , 2.50 , {"y":true,"x":null} ] } "#,
        ];
        assert_eq!(canonical(same[0]), canonical(same[1]));
        assert_eq!(canonical(same[0]), same[0]);
        assert_ne!(canonical(r#"{"a":1.0}"#), canonical(r#"{"a":1}"#), "numbers are text");
        assert_ne!(canonical(r#"{"a":[1,2]}"#), canonical(r#"{"a":[2,1]}"#));
        for odd in ["", "{", "[1,]", r#"{"a":"\ud800"}"#, "nothing"] {
            assert_eq!(canonical(odd), odd, "no JSON is left as it is");
        }
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(canonical(&deep), deep.as_str());
        assert_eq!(canonical(r#"{"a":{},"b":[]}"#), r#"{"a":{},"b":[]}"#);
    }

    #[test]
    fn a_seal_holds_its_number_its_entry_and_the_seal_before() {
        let start = beginning("abc123");
        let first = seal(1, 7, &digest(&entry()), &start);
        assert_eq!((first.previous.as_str(), first.hash.len()), (start.as_str(), 64));
        assert_ne!(first.hash, seal(2, 7, &digest(&entry()), &start).hash);
        assert_ne!(first.hash, seal(1, 8, &digest(&entry()), &start).hash);
        assert_ne!(first.hash, seal(1, 7, &digest(&entry()), &beginning("abc124")).hash);
    }
}
