//! Rules. A walk along the chain, seal by seal, that names what does not fit and at which number.

use std::collections::VecDeque;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::chain_rules::{self, Entry, Seal};

/// Findings that are kept; more say nothing new.
const MOST: usize = 50;

/// What was done to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tampering {
    /// An entry, or its seal, says something else than when it was sealed.
    Altered,
    /// An entry or a seal is gone.
    Deleted,
    /// An entry was put in beside the chain.
    Inserted,
    /// Seals stand in another order, or hang on another chain.
    Reordered,
    /// The chain fits in itself and is not the one that was signed.
    Rewritten,
    /// The end of the chain is gone.
    Cut,
    /// A checkpoint was not signed with the key of this installation.
    Forged,
}

impl fmt::Display for Tampering {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Altered => "altered",
            Self::Deleted => "deleted",
            Self::Inserted => "inserted",
            Self::Reordered => "reordered",
            Self::Rewritten => "rewritten",
            Self::Cut => "cut",
            Self::Forged => "forged",
        })
    }
}

/// Something that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Number in the chain from which on it does not fit.
    pub seq: i64,
    /// The entry, where one is known.
    pub entry_id: Option<i64>,
    /// What was done.
    pub kind: Tampering,
    /// In words.
    pub detail: String,
}

/// How long the chain was at some time, as far as its signature is genuine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Last number of the chain at that time.
    pub seq: i64,
    /// Hash of that seal.
    pub hash: String,
}

/// What stands where a seal's entry should be.
#[derive(Clone, Debug)]
pub enum Place {
    /// The entry.
    Taken(Entry),
    /// Nothing.
    Empty,
    /// Something that cannot be read as an entry.
    Unreadable(String),
}

/// A walk along the chain.
#[derive(Clone, Debug)]
pub struct Walk {
    last: i64,
    hash: String,
    /// Up to where signed checkpoints agree.
    agreed: i64,
    checkpoints: VecDeque<Known>,
    findings: Vec<Finding>,
    more: u64,
}

/// Where a walk ended and what it found.
#[derive(Clone, Debug)]
pub struct Walked {
    /// Number of the last seal.
    pub last: i64,
    /// Its hash.
    pub hash: String,
    /// What does not fit, by number.
    pub findings: Vec<Finding>,
    /// Findings that were not kept.
    pub more: u64,
}

impl Walk {
    /// A walk that begins after the seal `last` with the hash; the first of an installation begins after number 0.
    #[must_use]
    pub fn after(last: i64, hash: String, mut checkpoints: Vec<Known>) -> Self {
        checkpoints.retain(|known| known.seq > last);
        checkpoints.sort_by_key(|known| known.seq);
        Self { last, hash, agreed: last, checkpoints: checkpoints.into(), findings: Vec::new(), more: 0 }
    }

    /// Looks at the next seal. One change is named once: from a seal that does not fit, the walk goes on as if it did.
    pub fn step(&mut self, seal: &Seal, place: &Place) {
        if let Some((kind, detail)) = self.flaw(seal, place) {
            let seq = if kind == Tampering::Deleted { seal.seq.min(self.last + 1) } else { seal.seq };
            self.find(Finding { seq, entry_id: Some(seal.entry_id), kind, detail });
        }
        self.last = self.last.max(seal.seq);
        self.hash.clone_from(&seal.hash);
        while let Some(known) = self.checkpoints.pop_front_if(|known| known.seq <= seal.seq) {
            // One inside a gap has no seal to be compared with; the gap is named already.
            if known.seq < seal.seq || known.hash == seal.hash {
                self.agreed = known.seq;
            } else if self.findings.iter().all(|finding| finding.seq <= self.agreed) {
                self.find(Finding {
                    seq: self.agreed + 1,
                    entry_id: None,
                    kind: Tampering::Rewritten,
                    detail: format!(
                        "the seals up to {} fit each other, and not the checkpoint that was signed there",
                        known.seq
                    ),
                });
                self.agreed = known.seq;
            }
        }
    }

    /// Ends the walk: signed checkpoints that lie beyond it mean that its end is gone.
    #[must_use]
    pub fn end(mut self) -> Walked {
        if let Some(known) = self.checkpoints.back() {
            let detail = format!("a checkpoint says that the chain went on to {}", known.seq);
            self.find(Finding { seq: self.last + 1, entry_id: None, kind: Tampering::Cut, detail });
        }
        self.findings.sort_by_key(|finding| (finding.seq, finding.kind));
        Walked { last: self.last, hash: self.hash, findings: self.findings, more: self.more }
    }

    fn flaw(&self, seal: &Seal, place: &Place) -> Option<(Tampering, String)> {
        let wanted = self.last + 1;
        if seal.seq < wanted {
            return Some((Tampering::Reordered, format!("number {} comes after {}", seal.seq, self.last)));
        }
        if seal.seq > wanted {
            let gone = if seal.seq == wanted + 1 {
                format!("seal {wanted} is missing")
            } else {
                format!("the seals {wanted} to {} are missing", seal.seq - 1)
            };
            return Some((Tampering::Deleted, gone));
        }
        if seal.previous != self.hash {
            let detail = "it does not hold on to the seal before: seals were moved, put in or taken out";
            return Some((Tampering::Reordered, detail.to_owned()));
        }
        let entry = match place {
            Place::Taken(entry) => entry,
            Place::Empty => return Some((Tampering::Deleted, "its entry is missing".to_owned())),
            Place::Unreadable(error) => {
                return Some((Tampering::Altered, format!("its entry cannot be read: {error}")));
            }
        };
        let fitting = chain_rules::seal(seal.seq, entry.id, &chain_rules::digest(entry), &seal.previous);
        (fitting != *seal).then(|| {
            let detail = "the entry and its seal do not fit: one of them was changed after it was sealed";
            (Tampering::Altered, detail.to_owned())
        })
    }

    fn find(&mut self, finding: Finding) {
        if self.findings.len() < MOST {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn entry(id: i64) -> Entry {
        Entry {
            id,
            recorded_at: DateTime::from_timestamp_micros(1_772_442_000_000_000 + id).unwrap(),
            actor_id: (id % 3 > 0).then_some(id % 3),
            via: "api".to_owned(),
            action: "risk.confirm".to_owned(),
            subject: format!("R-{id}"),
            data: format!(r#"{{"to":"open","score":{id}}}"#),
            request_id: String::new(),
            address: String::new(),
            agent: String::new(),
        }
    }

    type Chain = Vec<(Seal, Place)>;

    /// A chain of that many entries, whose numbers have holes, as rolled back ones leave them.
    fn chain(length: i64) -> Chain {
        let mut previous = chain_rules::beginning("abc123");
        (1..=length)
            .map(|seq| {
                let entry = entry(seq * 2);
                let seal = chain_rules::seal(seq, entry.id, &chain_rules::digest(&entry), &previous);
                previous.clone_from(&seal.hash);
                (seal, Place::Taken(entry))
            })
            .collect()
    }

    fn walk(chain: &Chain, checkpoints: &[(i64, &str)]) -> Vec<Finding> {
        let known = |(seq, hash): &(i64, &str)| Known { seq: *seq, hash: (*hash).to_owned() };
        let start = chain_rules::beginning("abc123");
        let mut walk = Walk::after(0, start, checkpoints.iter().map(known).collect());
        chain.iter().for_each(|(seal, place)| walk.step(seal, place));
        walk.end().findings
    }

    fn first(findings: &[Finding]) -> Option<(i64, Tampering)> {
        findings.first().map(|finding| (finding.seq, finding.kind))
    }

    fn at(seq: i64) -> usize {
        usize::try_from(seq - 1).unwrap()
    }

    #[test]
    fn a_chain_as_it_was_made_is_sound_from_any_place_on() {
        let chain = chain(20);
        let hash = chain[9].0.hash.clone();
        assert_eq!(walk(&chain, &[(10, &hash), (20, &chain[19].0.hash.clone())]), []);
        let mut later = Walk::after(10, hash, Vec::new());
        chain[10..].iter().for_each(|(seal, place)| later.step(seal, place));
        let walked = later.end();
        assert_eq!((walked.last, walked.findings.len()), (20, 0));
    }

    #[test]
    fn a_chain_made_anew_is_told_by_the_checkpoint_that_was_signed() {
        let honest = chain(20);
        let mut made_anew = honest.clone();
        let mut previous = honest[11].0.hash.clone();
        for (seal, place) in &mut made_anew[12..] {
            let Place::Taken(entry) = place else { panic!("an entry") };
            entry.actor_id = Some(99);
            *seal = chain_rules::seal(seal.seq, entry.id, &chain_rules::digest(entry), &previous);
            previous.clone_from(&seal.hash);
        }
        assert_eq!(walk(&made_anew, &[]), [], "it fits in itself");
        let checkpoints = [(10, honest[9].0.hash.as_str()), (18, honest[17].0.hash.as_str())];
        assert_eq!(first(&walk(&made_anew, &checkpoints)), Some((11, Tampering::Rewritten)));
    }

    #[test]
    fn a_cut_end_is_told_by_the_last_checkpoint() {
        let mut chain = chain(20);
        let last = chain[19].0.hash.clone();
        chain.truncate(15);
        assert_eq!(first(&walk(&chain, &[(20, &last)])), Some((16, Tampering::Cut)));
        chain.clear();
        assert_eq!(first(&walk(&chain, &[(20, &last)])), Some((1, Tampering::Cut)));
    }

    #[test]
    fn what_cannot_be_read_is_altered_and_floods_are_cut_short() {
        let mut all = chain(200);
        all[4].1 = Place::Unreadable("no time".to_owned());
        assert_eq!(first(&walk(&all, &[])), Some((5, Tampering::Altered)));
        all.iter_mut().for_each(|(_, place)| *place = Place::Empty);
        assert_eq!(walk(&all, &[]).len(), MOST);
    }

    proptest! {
        #[test]
        fn any_single_change_of_an_entry_is_named_at_its_number(seq in 1_i64..=30, field in 0_usize..9, byte in 0_usize..40) {
            let mut chain = chain(30);
            let Place::Taken(entry) = &mut chain[at(seq)].1 else { panic!("an entry") };
            let flip = |text: &mut String| {
                let mut bytes = std::mem::take(text).into_bytes();
                bytes.push(b'x');
                let place = byte % bytes.len();
                bytes[place] = if bytes[place] == b'q' { b'r' } else { b'q' };
                *text = String::from_utf8(bytes).unwrap();
            };
            match field {
                0 => entry.id += 1,
                1 => entry.recorded_at += chrono::Duration::microseconds(1),
                2 => entry.actor_id = Some(77),
                3 => flip(&mut entry.via),
                4 => flip(&mut entry.action),
                5 => flip(&mut entry.subject),
                6 => flip(&mut entry.data),
                7 => flip(&mut entry.request_id),
                _ => flip(&mut entry.address),
            }
            let findings = walk(&chain, &[]);
            prop_assert_eq!(first(&findings), Some((seq, Tampering::Altered)));
            prop_assert_eq!(findings.len(), 1);
        }

        #[test]
        fn any_change_of_a_seal_is_named_at_its_number(seq in 1_i64..=30, of_hash: bool) {
            let mut chain = chain(30);
            let seal = &mut chain[at(seq)].0;
            let text = if of_hash { &mut seal.hash } else { &mut seal.previous };
            *text = chain_rules::beginning("another");
            prop_assert_eq!(first(&walk(&chain, &[])).map(|(seq, _)| seq), Some(seq));
        }

        #[test]
        fn whatever_is_taken_out_is_named(seq in 1_i64..30, with_seal: bool, count in 1_usize..5) {
            let mut chain = chain(30);
            let until = (at(seq) + count).min(29);
            if with_seal {
                chain.drain(at(seq)..until);
            } else {
                chain[at(seq)..until].iter_mut().for_each(|(_, place)| *place = Place::Empty);
            }
            prop_assert_eq!(first(&walk(&chain, &[])), Some((seq, Tampering::Deleted)));
        }

        #[test]
        fn two_that_change_places_are_named(one in 1_i64..=30, apart in 1_i64..10) {
            let other = (one + apart - 1) % 30 + 1;
            let (low, high) = (one.min(other), one.max(other));
            prop_assume!(low < high);
            // The entries alone.
            let mut entries = chain(30);
            let place = entries[at(low)].1.clone();
            entries[at(low)].1 = std::mem::replace(&mut entries[at(high)].1, place);
            prop_assert_eq!(first(&walk(&entries, &[])), Some((low, Tampering::Altered)));
            // Entries with their seals, numbered as the places are.
            let mut both = chain(30);
            both.swap(at(low), at(high));
            both[at(low)].0.seq = low;
            both[at(high)].0.seq = high;
            prop_assert_eq!(first(&walk(&both, &[])), Some((low, Tampering::Reordered)));
        }

        #[test]
        fn one_that_is_put_in_is_named(seq in 2_i64..=30) {
            let mut chain = chain(30);
            let mut put_in = chain[at(seq)].clone();
            let Place::Taken(entry) = &mut put_in.1 else { panic!("an entry") };
            entry.id = 1001;
            let previous = put_in.0.previous.clone();
            put_in.0 = chain_rules::seal(seq, entry.id, &chain_rules::digest(entry), &previous);
            chain.insert(at(seq), put_in);
            for (seal, number) in chain.iter_mut().map(|(seal, _)| seal).zip(1_i64..) {
                seal.seq = number;
            }
            // The one put in fits by itself; the one after it holds on to another.
            prop_assert_eq!(first(&walk(&chain, &[])), Some((seq + 1, Tampering::Reordered)));
        }
    }
}
