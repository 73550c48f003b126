//! Verifies an exported log from its file alone: the same walk, without database and without key.

use std::io::BufRead;

use anyhow::{Context as _, bail, ensure};
use sha2::{Digest, Sha256};

use super::chain_rules;
use super::checkpoint::Checkpoint;
use super::export_line::{End, Head, Line, VERSION};
use super::verify::{Report, judge};
use super::walk_rules::{Finding, Known, Place, Tampering, Walk};

/// Verifies what `file` gives. Without a `public_key`, the file's own is taken, which shows no more than that its
/// checkpoints belong together.
///
/// # Errors
/// When it is no exported log, or not a whole one.
pub fn verify(mut file: impl BufRead, public_key: Option<&str>) -> anyhow::Result<Report> {
    let mut hasher = Sha256::new();
    let mut text = String::new();
    let mut number = 0_u64;
    let mut reading = Reading { public_key: public_key.map(str::to_lowercase), ..Reading::default() };
    while file.read_line(&mut text).context("the file cannot be read")? > 0 {
        number += 1;
        let line: Line = serde_json::from_str(&text).with_context(|| format!("line {number}"))?;
        if let Line::End(end) = &line {
            let written = End { seals: reading.seals, sha256: hex::encode(hasher.clone().finalize()) };
            reading.altered = *end != written;
        }
        reading.take(line).with_context(|| format!("line {number}"))?;
        hasher.update(text.as_bytes());
        text.clear();
    }
    reading.end()
}

/// A file that is being read.
#[derive(Default)]
struct Reading {
    public_key: Option<String>,
    head: Option<Head>,
    checkpoints: Vec<Checkpoint>,
    walk: Option<(Walk, Vec<Finding>, usize)>,
    seals: u64,
    ended: bool,
    /// The last line names another digest or number of seals than the lines before it have.
    altered: bool,
}

impl Reading {
    fn take(&mut self, line: Line) -> anyhow::Result<()> {
        ensure!(!self.ended, "this comes after the end of the log");
        match line {
            Line::Head(head) => {
                ensure!(self.head.is_none(), "this is a second head");
                ensure!(head.version == VERSION, "version {} of this form is not known", head.version);
                self.public_key.get_or_insert_with(|| head.public_key.to_lowercase());
                self.head = Some(head);
            }
            Line::Checkpoint(made) => {
                ensure!(self.walk.is_none(), "checkpoints stand before the seals");
                self.checkpoints.push(made);
            }
            Line::Sealed(sealed) => {
                self.seals += 1;
                let place = sealed.entry.map_or(Place::Empty, |entry| Place::Taken(entry.into()));
                self.walk()?.step(&sealed.seal, &place);
            }
            Line::End(_) => {
                self.walk()?;
                self.ended = true;
            }
        }
        Ok(())
    }

    /// The walk along the seals, which begins when head and checkpoints are known.
    fn walk(&mut self) -> anyhow::Result<&mut Walk> {
        if self.walk.is_none() {
            let (Some(head), Some(public_key)) = (&self.head, &self.public_key) else {
                bail!("this stands before the head of the log");
            };
            let previous = match head.first {
                ..=1 => chain_rules::beginning(&head.instance),
                _ => head.previous.clone(),
            };
            let (genuine, forged) = judge(&self.checkpoints, &head.instance, public_key);
            let known: Vec<_> =
                genuine.iter().map(|made| Known { seq: made.seq, hash: made.hash.clone() }).collect();
            let count = known.len();
            self.walk = Some((Walk::after(head.first - 1, previous, known), forged, count));
        }
        match &mut self.walk {
            Some((walk, ..)) => Ok(walk),
            None => bail!("this stands before the head of the log"),
        }
    }

    fn end(self) -> anyhow::Result<Report> {
        let (Some((walk, mut others, checkpoints)), Some(public_key), true) =
            (self.walk, self.public_key, self.ended)
        else {
            bail!("the file breaks off; export the log again");
        };
        let walked = walk.end();
        if self.altered {
            others.push(Finding {
                seq: walked.last,
                entry_id: None,
                kind: Tampering::Altered,
                detail:
                    "the file is not as it was written: its last line names another digest or number of seals"
                        .to_owned(),
            });
        }
        Ok(Report::new(walked, others, self.seals, checkpoints, public_key))
    }
}
