//! Rules. The digest of a plan: of what is to be written for each finding, in the order in which it is staged. The log of
//! who did what keeps it, so that a plan which was tampered with between its making and its end is told from another.

use sha2::{Digest, Sha256};

use super::row::StagedRow;

/// The digest of the rows so far.
#[derive(Clone, Debug, Default)]
pub(super) struct PlanDigest(Sha256);

impl PlanDigest {
    /// Adds a row. What is made up for it, such as an identity of its own, does not count.
    pub(super) fn add(&mut self, row: &StagedRow) {
        let number = |number: Option<i64>| number.map_or_else(String::new, |number| number.to_string());
        let content = row.content.as_ref();
        let text = |of: fn(&super::row::StagedContent) -> &str| content.map_or("", of).to_owned();
        let parts = [
            row.ordinal.to_string(),
            row.action.to_owned(),
            number(row.risk_id),
            number(row.finding_id),
            number(row.asset_id),
            row.intake_rule.clone(),
            row.confirm.to_string(),
            text(|content| content.scheme),
            text(|content| &content.hash),
            text(|content| &content.content_hash),
            content.map_or_else(String::new, |content| content.rated.level.to_string()),
        ];
        for part in parts {
            self.0.update((part.len() as u64).to_be_bytes());
            self.0.update(part);
        }
    }

    /// In hexadecimal.
    pub(super) fn finish(self) -> String {
        hex::encode(self.0.finalize())
    }
}
