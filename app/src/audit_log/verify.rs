//! Walks along the whole chain in the database and says what does not fit. It only reads.

use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, Utc};
use sea_orm::{DbErr, QueryResult};
use serde::Serialize;
use tokio::sync::mpsc;

use super::checkpoint::{self, Checkpoint};
use super::walk_rules::{Finding, Known, Place, Tampering, Walk, Walked};
use super::{chain_rules, row};
use crate::platform::database::Database;
use crate::platform::problem::Problem;

/// Seals that are read at once.
const PAGE: u64 = 10_000;
/// Pages that may wait to be looked at.
const AHEAD: usize = 2;
/// An entry is sealed within this time.
const PROMISE: Duration = Duration::seconds(10);
/// How long a sealer that is running gets for what looks as if it had been put in.
const SECOND_LOOK: StdDuration = StdDuration::from_secs(3);
/// Unsealed entries that are looked at one by one.
const FEW: u64 = 1000;

/// Whose log it is and what is known of it from elsewhere.
#[derive(Clone, Debug)]
pub struct Question {
    /// The installation.
    pub instance: String,
    /// The public half of the key that signs its checkpoints, in hexadecimal.
    pub public_key: String,
    /// The number to begin with; 1 for all.
    pub from: i64,
    /// Checkpoints that were kept outside of the database.
    pub outside: Vec<Checkpoint>,
}

/// What a walk along the chain has shown.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Nothing was found.
    pub sound: bool,
    /// The first number from which on it does not fit.
    pub first_bad: Option<i64>,
    /// Seals that were looked at.
    pub checked: u64,
    /// Number of the last seal.
    pub last_seq: i64,
    /// Its hash.
    pub last_hash: String,
    /// Checkpoints that were signed by this installation.
    pub checkpoints: usize,
    /// What the checkpoints were checked with, in hexadecimal.
    pub public_key: String,
    /// Entries that have no seal yet.
    pub unsealed: i64,
    /// What does not fit, by number.
    pub findings: Vec<Finding>,
    /// Findings besides those.
    pub more_findings: u64,
}

impl Report {
    pub(super) fn new(
        walked: Walked,
        others: Vec<Finding>,
        checked: u64,
        checkpoints: usize,
        public_key: String,
    ) -> Self {
        let mut findings = walked.findings;
        findings.extend(others);
        findings.sort_by_key(|finding| (finding.seq, finding.kind));
        Self {
            sound: findings.is_empty(),
            first_bad: findings.first().map(|finding| finding.seq),
            checked,
            last_seq: walked.last,
            last_hash: walked.hash,
            checkpoints,
            public_key,
            unsealed: 0,
            findings,
            more_findings: walked.more,
        }
    }
}

/// Verifies the log.
///
/// # Errors
/// When it cannot be read, or does not begin where it is asked to.
pub async fn verify(database: &Database, question: &Question) -> Result<Report, Problem> {
    let db = database.reader();
    // Before the chain, which grows meanwhile.
    let mut checkpoints = checkpoint::all(db).await?;
    checkpoints.extend(question.outside.iter().cloned());
    let (genuine, mut others) = judge(&checkpoints, &question.instance, &question.public_key);
    let before = question.from - 1;
    let start = match before {
        0 => chain_rules::beginning(&question.instance),
        _ => match row::seal_at(db, before).await? {
            Some(seal) => seal.hash,
            None => {
                return Err(Problem::invalid("from", format!("There is no seal with the number {before}.")));
            }
        },
    };
    let known = genuine.iter().map(|made| Known { seq: made.seq, hash: made.hash.clone() }).collect();
    let (walked, checked, newest) = walk(database, before, Walk::after(before, start, known)).await?;
    let signed = genuine.iter().map(|made| made.created_at).max();
    others.extend(put_in(database, newest.max(signed)).await?);
    let mut report = Report::new(walked, others, checked, genuine.len(), question.public_key.clone());
    report.unsealed = row::count_unsealed(db, 0).await?;
    Ok(report)
}

/// Those checkpoints that are genuine, and a finding for each other one.
pub(super) fn judge<'a>(
    checkpoints: &'a [Checkpoint],
    instance: &str,
    public_key: &str,
) -> (Vec<&'a Checkpoint>, Vec<Finding>) {
    let (genuine, forged): (Vec<_>, Vec<_>) =
        checkpoints.iter().partition(|made| made.is_genuine(instance, public_key));
    let finding = |made: &Checkpoint| Finding {
        seq: made.seq,
        entry_id: None,
        kind: Tampering::Forged,
        detail: "a checkpoint here is not signed with the key of this installation".to_owned(),
    };
    (genuine, forged.into_iter().map(finding).collect())
}

/// Reads ahead while what was read is looked at. Answers where the walk ended, how many seals it saw, and when the
/// newest entry on it was recorded.
async fn walk(
    database: &Database,
    after: i64,
    mut walk: Walk,
) -> Result<(Walked, u64, Option<DateTime<Utc>>), Problem> {
    let (pages, mut read) = mpsc::channel::<Vec<QueryResult>>(AHEAD);
    let walking = tokio::task::spawn_blocking(move || {
        let (mut checked, mut newest) = (0, None);
        while let Some(page) = read.blocking_recv() {
            for row in &page {
                let (seal, place) = row::seal(row)?;
                if let Place::Taken(entry) = &place {
                    newest = newest.max(Some(entry.recorded_at));
                }
                walk.step(&seal, &place);
                checked += 1;
            }
        }
        Ok::<_, DbErr>((walk.end(), checked, newest))
    });
    let mut after = after;
    loop {
        let page = row::sealed(database.reader(), after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.try_get_by_index(0)?;
        if pages.send(page).await.is_err() {
            // The walk has ended, which says why below.
            break;
        }
    }
    drop(pages);
    Ok(walking.await.map_err(Problem::internal)??)
}

/// Entries without a seal that are older than others with one: the sealer has passed them by, so that they were not
/// there. `newest` is until when it is known to have sealed.
async fn put_in(database: &Database, newest: Option<DateTime<Utc>>) -> Result<Vec<Finding>, Problem> {
    let Some(newest) = newest else { return Ok(Vec::new()) };
    let mut suspects = suspects(database, newest).await?;
    if !suspects.is_empty() {
        tokio::time::sleep(SECOND_LOOK).await;
        suspects = self::suspects(database, newest).await?;
    }
    Ok(suspects)
}

async fn suspects(database: &Database, newest: DateTime<Utc>) -> Result<Vec<Finding>, Problem> {
    let db = database.reader();
    let mut found = Vec::new();
    for row in row::unsealed(db, 0, FEW).await? {
        let entry = match row::entry(&row) {
            Ok(entry) if entry.recorded_at + PROMISE < newest => entry.id,
            Ok(_) => continue,
            Err(_) => row.try_get_by_index(0)?,
        };
        let sql = "SELECT seq FROM audit_seal WHERE entry_id > ? ORDER BY entry_id LIMIT 1";
        let above = row::all(db, sql, [entry.into()]).await?;
        let seq = match above.first() {
            Some(row) => row.try_get_by_index(0)?,
            None => row::last_seal(db).await?.map_or(1, |last| last.seq + 1),
        };
        found.push(Finding {
            seq,
            entry_id: Some(entry),
            kind: Tampering::Inserted,
            detail: "an entry without a seal is older than sealed ones: it was put in later".to_owned(),
        });
    }
    Ok(found)
}
