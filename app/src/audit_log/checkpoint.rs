//! Signed statements of how long the chain was, so that an end which was cut off, or a chain made anew, is found.
//!
//! They are signed with Ed25519 by a key that comes from the installation's own; to check them takes the public half
//! only, which anybody may have. Each is also a line of the log, and of a file when one is set: copies that whoever can
//! write to the database cannot change.

use std::path::Path;

use abate_entity::audit_checkpoint;
use chrono::{DateTime, Duration, Utc};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, QueryOrder};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;

use super::chain_rules::{self, Seal};
use super::row;
use crate::platform::problem::Problem;
use crate::platform::secret::SecretKey;
use crate::platform::setting;
use crate::state::AppState;

/// What the signing key is made for.
const PURPOSE: &str = "audit checkpoint";
/// Seals after which a checkpoint is due.
const AFTER_SEALS: i64 = 1000;
/// Time after which a checkpoint is due when anything was sealed.
const AFTER: Duration = Duration::minutes(10);

/// A signed statement of how long the chain was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Last number of the chain at that time.
    pub seq: i64,
    /// Hash of that seal.
    pub hash: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// The signature, in hexadecimal.
    pub signature: String,
    /// What it is checked with, in hexadecimal.
    pub public_key: String,
}

impl From<audit_checkpoint::Model> for Checkpoint {
    fn from(row: audit_checkpoint::Model) -> Self {
        let audit_checkpoint::Model { id: _, seq, hash, signature, public_key, created_at } = row;
        Self { seq, hash, created_at, signature, public_key }
    }
}

impl Checkpoint {
    /// Signs that the chain of the installation ended with `seal` at that time.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn sign(
        key: &SecretKey,
        instance: &str,
        seal: &Seal,
        created_at: DateTime<Utc>,
    ) -> Result<Self, Problem> {
        let pair = pair(key)?;
        let statement = chain_rules::statement(instance, seal.seq, &seal.hash, created_at);
        Ok(Self {
            seq: seal.seq,
            hash: seal.hash.clone(),
            created_at,
            signature: hex::encode(pair.sign(&statement)),
            public_key: hex::encode(pair.public_key()),
        })
    }

    /// Whether it was signed for this installation with the key that `public_key` is the public half of.
    #[must_use]
    pub fn is_genuine(&self, instance: &str, public_key: &str) -> bool {
        let (Ok(key), Ok(signature)) = (hex::decode(public_key), hex::decode(&self.signature)) else {
            return false;
        };
        let statement = chain_rules::statement(instance, self.seq, &self.hash, self.created_at);
        self.public_key == public_key
            && UnparsedPublicKey::new(&ED25519, key).verify(&statement, &signature).is_ok()
    }
}

/// The public half of the key that signs checkpoints, in hexadecimal.
///
/// # Errors
/// When the key cannot be used.
pub fn public_key(key: &SecretKey) -> Result<String, Problem> {
    Ok(hex::encode(pair(key)?.public_key()))
}

fn pair(key: &SecretKey) -> Result<Ed25519KeyPair, Problem> {
    Ed25519KeyPair::from_seed_unchecked(&key.sign(PURPOSE, b""))
        .map_err(|error| Problem::internal(anyhow::anyhow!("the key of checkpoints: {error}")))
}

/// All of them, oldest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Checkpoint>, DbErr> {
    let rows = audit_checkpoint::Entity::find().order_by_asc(audit_checkpoint::Column::Id).all(db).await?;
    Ok(rows.into_iter().map(Checkpoint::from).collect())
}

/// The last one.
///
/// # Errors
/// When the database cannot be asked.
pub async fn last(db: &impl ConnectionTrait) -> Result<Option<Checkpoint>, DbErr> {
    let rows = audit_checkpoint::Entity::find().order_by_desc(audit_checkpoint::Column::Id);
    Ok(rows.one(db).await?.map(Checkpoint::from))
}

/// Makes one when it is due: after so many seals, after some time, or, when the process `ends`, after any.
///
/// # Errors
/// When the database refuses.
pub async fn make(state: &AppState, ends: bool) -> Result<Option<Checkpoint>, Problem> {
    let now = state.clock.now();
    if due(state.database.reader(), now, ends).await?.is_none() {
        return Ok(None);
    }
    let made = state
        .database
        .write(async |tx| {
            super::seal::one_at_a_time(tx, now).await?;
            // Another process may have been quicker.
            let Some(seal) = due(tx, now, ends).await? else { return Ok(None) };
            let instance = setting::read(tx, setting::INSTANCE).await?.unwrap_or_default();
            let made = Checkpoint::sign(&state.key, &instance, &seal, now)?;
            let row = audit_checkpoint::ActiveModel {
                seq: Set(made.seq),
                hash: Set(made.hash.clone()),
                signature: Set(made.signature.clone()),
                public_key: Set(made.public_key.clone()),
                created_at: Set(made.created_at),
                ..Default::default()
            };
            row.insert(tx).await?;
            Ok(Some(made))
        })
        .await?;
    if let Some(made) = &made {
        tracing::info!(
            seq = made.seq,
            hash = made.hash,
            at = made.created_at.to_rfc3339(),
            signature = made.signature,
            "audit checkpoint"
        );
        if let Some(file) = &state.config.audit.checkpoint_file
            && let Err(error) = append(file, made).await
        {
            tracing::error!(file = %file.display(), %error, "a checkpoint could not be added to its file");
        }
    }
    Ok(made)
}

/// The seal that a checkpoint is due at.
async fn due(db: &impl ConnectionTrait, now: DateTime<Utc>, ends: bool) -> Result<Option<Seal>, DbErr> {
    let Some(seal) = row::last_seal(db).await? else { return Ok(None) };
    let is_due = match last(db).await? {
        None => true,
        Some(before) => {
            let new = seal.seq - before.seq;
            new >= AFTER_SEALS || (new > 0 && (ends || now - before.created_at >= AFTER))
        }
    };
    Ok(is_due.then_some(seal))
}

async fn append(file: &Path, made: &Checkpoint) -> std::io::Result<()> {
    let mut line = serde_json::to_string(made)?;
    line.push('\n');
    let mut file = tokio::fs::OpenOptions::new().create(true).append(true).open(file).await?;
    file.write_all(line.as_bytes()).await?;
    file.flush().await
}

/// The checkpoints in a file that was written as one line each.
///
/// # Errors
/// When a line is no checkpoint.
pub fn of_lines(text: &str) -> anyhow::Result<Vec<Checkpoint>> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            serde_json::from_str(line)
                .map_err(|error| anyhow::anyhow!("line {} is no checkpoint: {error}", number + 1))
        })
        .collect()
}
