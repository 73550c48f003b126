//! Writes the chain out, so that it can be verified without this database and without its key.

use std::time::Duration;

use actix_web::web::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use futures_util::{Stream, stream};
use sea_orm::ConnectionTrait;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::checkpoint::{self, Checkpoint};
use super::export_line::{End, EntryLine, Head, Line, Sealed, VERSION};
use super::walk_rules::Place;
use super::{add, add_as, chain_rules, finder, row, seal};
use crate::access::actor::{Actor, Via};
use crate::platform::clock::never;
use crate::platform::problem::Problem;
use crate::platform::setting;
use crate::state::AppState;

/// Seals that are read at once.
const PAGE: u64 = 1000;
/// How often it is looked whether all is sealed.
const TRIES: u32 = 20;
/// The time between two such looks.
const MOMENT: Duration = Duration::from_millis(100);

/// An export under way.
pub struct Export {
    state: AppState,
    head: Option<Head>,
    /// The last number that was written.
    done: i64,
    /// The last number to write.
    last: i64,
    checkpoints: Vec<Checkpoint>,
    seals: u64,
    hasher: Sha256,
    ended: bool,
}

impl Export {
    /// Begins an export of what was recorded on these days, whole seals from the first to the last. It is written down in
    /// the log, and all of it is sealed and signed before.
    ///
    /// # Errors
    /// 422 when nothing was recorded then.
    pub async fn begin(
        state: &AppState,
        actor: Option<&Actor>,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
    ) -> Result<Self, Problem> {
        let zone = state.config.organisation.zone;
        let (since, until) = finder::instants(zone, from, to)?;
        let now = state.clock.now();
        let data = json!({ "from": from, "to": to });
        let noted = state.database.write(async |tx| match actor {
            Some(actor) => add(tx, actor, "audit_log.export", "audit-log", data.clone(), now).await,
            None => add_as(tx, None, Via::Command, "audit_log.export", "audit-log", data.clone(), now).await,
        });
        noted.await?;
        seal_all(state).await?;
        let db = state.database.reader();
        let (first, last) = range(db, since, until)
            .await?
            .ok_or_else(|| Problem::invalid("from", "Nothing was recorded on these days; choose others."))?;
        Self::of_seals(state, first, last, until.is_none()).await
    }

    /// Begins an export of the seals from one number to another; `to_the_end` when nothing is to follow, so that a
    /// checkpoint which lies beyond shows that the end was cut off.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn of_seals(
        state: &AppState,
        first: i64,
        last: i64,
        to_the_end: bool,
    ) -> Result<Self, Problem> {
        let db = state.database.reader();
        let zone = state.config.organisation.zone;
        let instance = setting::read(db, setting::INSTANCE).await?.unwrap_or_default();
        let previous = match first {
            ..=1 => chain_rules::beginning(&instance),
            _ => row::seal_at(db, first - 1).await?.map(|seal| seal.hash).unwrap_or_default(),
        };
        let mut checkpoints = checkpoint::all(db).await?;
        // One that lies beyond the last seal is the proof of a cut tail, so an export to the end keeps it.
        let to = if to_the_end { i64::MAX } else { last };
        checkpoints.retain(|made| (first..=to).contains(&made.seq));
        Ok(Self {
            head: Some(Head {
                version: VERSION,
                tool: concat!("abate ", env!("CARGO_PKG_VERSION")).to_owned(),
                instance,
                public_key: checkpoint::public_key(&state.key)?,
                zone: zone.name().to_owned(),
                first,
                previous,
            }),
            state: state.clone(),
            done: first - 1,
            last,
            checkpoints,
            seals: 0,
            hasher: Sha256::new(),
            ended: false,
        })
    }

    /// The checkpoints that it begins with, oldest first.
    #[must_use]
    pub fn checkpoints(&self) -> &[Checkpoint] {
        &self.checkpoints
    }

    /// Seals that were written so far.
    #[must_use]
    pub fn seals(&self) -> u64 {
        self.seals
    }

    /// The next lines; none after the end.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let mut text = String::new();
        if let Some(head) = self.head.take() {
            push(&mut text, &Line::Head(head))?;
            for made in std::mem::take(&mut self.checkpoints) {
                push(&mut text, &Line::Checkpoint(made))?;
            }
        } else if self.done < self.last {
            let rows = row::sealed(self.state.database.reader(), self.done, PAGE).await?;
            if rows.is_empty() {
                self.done = self.last;
            }
            for row in &rows {
                let (seal, place) = row::seal(row)?;
                if seal.seq > self.last {
                    break;
                }
                self.done = seal.seq;
                self.seals += 1;
                let entry = match place {
                    Place::Taken(entry) => EntryLine::of(entry).ok(),
                    Place::Empty | Place::Unreadable(_) => None,
                };
                push(&mut text, &Line::Sealed(Box::new(Sealed { seal, entry })))?;
            }
            if self.done < self.last && (rows.len() as u64) < PAGE {
                self.done = self.last;
            }
        } else if !self.ended {
            self.ended = true;
            let sha256 = hex::encode(self.hasher.clone().finalize());
            push(&mut text, &Line::End(End { seals: self.seals, sha256 }))?;
        } else {
            return Ok(None);
        }
        self.hasher.update(text.as_bytes());
        Ok(Some(text.into()))
    }
}

/// Seals everything that was recorded, and signs it.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn seal_all(state: &AppState) -> Result<(), Problem> {
    // Another sealer may be at it; it is done in a moment.
    for _ in 0..TRIES {
        seal::pass(state).await?;
        if seal::waiting(state.database.reader()).await? == 0 {
            break;
        }
        tokio::time::sleep(MOMENT).await;
    }
    checkpoint::make(state, true).await?;
    Ok(())
}

/// The lines of an export as they become ready.
pub fn stream(export: Export) -> impl Stream<Item = Result<Bytes, Problem>> {
    stream::unfold(Some(export), async |export| {
        let mut export = export?;
        match export.next().await {
            Ok(Some(lines)) => Some((Ok(lines), Some(export))),
            Ok(None) => None,
            Err(problem) => {
                tracing::error!(error = %problem, "an export of the audit log broke off");
                Some((Err(problem), None))
            }
        }
    })
}

fn push(text: &mut String, line: &Line) -> Result<(), Problem> {
    text.push_str(&serde_json::to_string(line).map_err(Problem::internal)?);
    text.push('\n');
    Ok(())
}

/// First and last number of the seals of what was recorded in between.
async fn range(
    db: &impl ConnectionTrait,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
) -> Result<Option<(i64, i64)>, Problem> {
    let (sql, values) = match (since, until) {
        (None, None) => ("SELECT MIN(s.seq), MAX(s.seq) FROM audit_seal s", vec![]),
        _ => (
            "SELECT MIN(s.seq), MAX(s.seq) FROM audit_seal s JOIN audit_entry e ON e.id = s.entry_id \
             WHERE e.recorded_at >= ? AND e.recorded_at < ?",
            vec![since.unwrap_or(DateTime::UNIX_EPOCH).into(), until.unwrap_or_else(never).into()],
        ),
    };
    let rows = row::all(db, sql, values).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let bound = |index: usize| row.try_get_by_index::<Option<i64>>(index);
    Ok(bound(0)?.zip(bound(1)?))
}
