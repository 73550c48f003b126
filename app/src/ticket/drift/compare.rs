//! Sets what a risk says beside what its ticket shows, field by field.

use abate_integrations::jira::{Issue, plain_text};
use sha2::{Digest as _, Sha256};

use super::field_rules::{self, Field, Seen, Verdict, fold, is_rendering, settle};
use super::ledger::Standing;
use crate::ticket::told::{FieldTold, Told};

/// How our labels begin.
const OWN: &str = "abate-";
/// How many characters the label of an installation has.
const COMMON: usize = OWN.len() + 6;

/// A field in which the two sides differ.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    /// The field.
    pub(crate) field: Field,
    /// What is to be done about it.
    pub(crate) verdict: Verdict,
    /// What we say.
    pub(crate) ours: String,
    /// What JIRA says.
    pub(crate) theirs: String,
    /// Whether JIRA says something else than it was told.
    pub(crate) has_drifted: bool,
    /// The entry of JIRA's history that made it so, or the stamp of the issue.
    pub(crate) change_id: String,
    /// The account that made it, where JIRA names one.
    pub(crate) by_account: Option<String>,
}

/// What a text is remembered by.
#[must_use]
pub(crate) fn digest(text: &str) -> String {
    hex::encode(&Sha256::digest(fold(text))[..16])
}

/// What an issue says in one of our fields.
#[must_use]
pub(crate) fn theirs(issue: &Issue, field: Field, common_label: &str) -> String {
    let fields = &issue.fields;
    match field {
        Field::Summary => fields.summary.clone().unwrap_or_default(),
        Field::Description => fields.description.as_ref().map(plain_text).unwrap_or_default(),
        Field::Priority => fields.priority.as_ref().map(|choice| choice.name.clone()).unwrap_or_default(),
        Field::DueDate => fields.due_date.map(|day| day.to_string()).unwrap_or_default(),
        Field::OwnLabels => label_text(&own_labels(&fields.labels, common_label)),
        _ => String::new(),
    }
}

/// The labels that are ours to say, as they are spelled. Those of another installation stay its own.
#[must_use]
pub(crate) fn own_labels(labels: &[String], common_label: &str) -> Vec<String> {
    let small: Vec<String> = labels.iter().map(|label| label.to_lowercase()).collect();
    let is_others = |label: &str| {
        label.get(..COMMON).is_some_and(|common| {
            let marks = format!("{common}-");
            common != common_label
                && small.iter().any(|known| known == common)
                && small.iter().any(|known| known.starts_with(&marks))
        })
    };
    let own = labels.iter().zip(&small).filter(|(_, small)| small.starts_with(OWN) && !is_others(small));
    own.map(|(label, _)| label.clone()).collect()
}

/// Labels as one text, in which neither order nor spelling counts.
#[must_use]
pub(crate) fn label_text(labels: &[String]) -> String {
    let mut labels: Vec<String> = labels.iter().map(|label| label.to_lowercase()).collect();
    labels.sort();
    labels.dedup();
    labels.join(" ")
}

/// The differences between `ours`, what we say in each field, and the issue. What JIRA shows after a write of ours is
/// learned on the way. `standing` knows the changes that were undone before.
#[must_use]
pub(crate) fn run(
    told: &mut Told,
    issue: &Issue,
    ours: &[(Field, String)],
    common_label: &str,
    own_account: &str,
    standing: &Standing,
) -> Vec<Difference> {
    let mut found = Vec::new();
    for (field, ours) in ours {
        let shown = theirs(issue, *field, common_label);
        let (our_digest, shown_digest) = (digest(ours), digest(&shown));
        let mut changes = issue.changes.iter().filter(|change| change.field == field.jira_name());
        // Only rich text comes back in another form than it was sent in; anything else that differs was not kept.
        if let Some(known) = told.fields.get_mut(field).filter(|known| known.shown.is_none())
            && *field == Field::Description
        {
            let since = changes.clone().filter(|change| change.number() > known.since);
            let (by_us, by_others): (Vec<_>, Vec<_>) =
                since.partition(|change| change.by.as_ref().is_some_and(|by| by.account_id == own_account));
            if is_rendering(known.writes, by_us.len(), by_others.len()) {
                known.shown = Some(shown_digest.clone());
            }
        }
        let known = told.fields.get(field);
        let change = changes.next_back();
        let change_id = change.map(|change| change.entry.clone()).filter(|entry| !entry.is_empty());
        let change_id = change_id
            .or_else(|| issue.fields.updated.map(|at| at.to_rfc3339()))
            .unwrap_or_else(|| issue.id.clone());
        let seen = Seen {
            ours: &our_digest,
            told: known.map(|known| known.sent.as_str()),
            theirs: known.map_or(&shown_digest, |known| known.as_told(&shown_digest)),
            restored: standing.stubborn.contains(field.as_str())
                || standing.restored.contains(&(field.as_str().to_owned(), change_id.clone())),
        };
        let verdict = settle(field_rules::owner(*field), &seen);
        if verdict == Verdict::Nothing {
            let same = FieldTold { sent: our_digest, shown: Some(shown_digest), since: 0, writes: 0 };
            told.fields.insert(*field, same);
            continue;
        }
        found.push(Difference {
            field: *field,
            verdict,
            has_drifted: seen.has_drifted(),
            ours: ours.clone(),
            theirs: shown,
            change_id,
            by_account: change.and_then(|change| change.by.as_ref()).map(|by| by.account_id.clone()),
        });
    }
    found
}

/// The number of the last entry in the history of an issue.
#[must_use]
pub(crate) fn last_entry(issue: &Issue) -> u64 {
    issue.changes.iter().map(abate_integrations::jira::FieldChange::number).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_another_installation_are_not_ours() {
        let labels =
            |list: &[&str]| -> Vec<String> { list.iter().map(|label| (*label).to_owned()).collect() };
        let ours = "abate-k3x9qp";
        let known = labels(&["abate-k3x9qp", "abate-k3x9qp-r-1", "abate-custom", "team-a"]);
        assert_eq!(own_labels(&known, ours).len(), 3);
        let foreign = labels(&["abate-zzzzzz", "abate-zzzzzz-r-1", "Abate-k3x9qp"]);
        assert_eq!(own_labels(&foreign, ours), ["Abate-k3x9qp"]);
        assert_eq!(label_text(&labels(&["b", "A", "a"])), "a b");
    }
}
