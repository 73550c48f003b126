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
    use abate_integrations::jira::{Account, FieldChange, IssueFields};
    use chrono::{DateTime, Utc};
    use serde_json::json;

    use super::*;

    const US: &str = "abate";

    /// An issue whose summary and description were last changed by these accounts, in entries of these numbers.
    fn issue(summary: &str, description: &str, changes: &[(&str, u64, &str)]) -> Issue {
        let change = |(field, entry, by): &(&str, u64, &str)| FieldChange {
            entry: entry.to_string(),
            at: DateTime::<Utc>::UNIX_EPOCH,
            by: Some(Account {
                account_id: (*by).to_owned(),
                display_name: String::new(),
                email_address: None,
            }),
            field: (*field).to_owned(),
            to: None,
        };
        Issue {
            id: "10".to_owned(),
            key: "SEC-1".to_owned(),
            fields: IssueFields {
                summary: Some(summary.to_owned()),
                description: Some(json!(description)),
                ..IssueFields::default()
            },
            marker: None,
            marker_asked: false,
            status_change: None,
            changes: changes.iter().map(change).collect(),
        }
    }

    fn compared(told: &mut Told, issue: &Issue, ours: (Field, &str), standing: &Standing) -> Vec<Difference> {
        run(told, issue, &[(ours.0, ours.1.to_owned())], "abate-k3x9qp", US, standing)
    }

    fn told(field: Field, sent: &str, writes: usize) -> Told {
        let one = FieldTold { sent: digest(sent), shown: None, since: 4, writes };
        Told { fields: [(field, one)].into(), ..Told::default() }
    }

    #[test]
    fn what_is_new_with_us_is_no_drift() {
        let mut told = told(Field::Summary, "old", 1);
        let found = compared(
            &mut told,
            &issue("old", "", &[("summary", 5, US)]),
            (Field::Summary, "new"),
            &Standing::default(),
        );
        assert_eq!((found.len(), found[0].verdict, found[0].has_drifted), (1, Verdict::Send, false));
    }

    #[test]
    fn what_somebody_changed_is_set_back_once_and_named_by_its_entry() {
        let theirs =
            issue("theirs", "", &[("summary", 5, US), ("summary", 7, "dana"), ("duedate", 9, "ben")]);
        let ours = (Field::Summary, "ours");
        let mut known = told(Field::Summary, "ours", 1);
        let found = compared(&mut known, &theirs, ours, &Standing::default());
        let one = &found[0];
        assert_eq!((one.verdict, one.has_drifted), (Verdict::Restore, true));
        assert_eq!((one.change_id.as_str(), one.by_account.as_deref()), ("7", Some("dana")));
        assert_eq!((one.ours.as_str(), one.theirs.as_str()), ("ours", "theirs"));

        let restored = [("summary".to_owned(), "7".to_owned())].into();
        let standing = Standing { restored, ..Standing::default() };
        assert!(matches!(compared(&mut known, &theirs, ours, &standing)[0].verdict, Verdict::LetBe(_)));
        let standing = Standing { stubborn: ["summary".to_owned()].into(), ..Standing::default() };
        assert!(matches!(compared(&mut known, &theirs, ours, &standing)[0].verdict, Verdict::LetBe(_)));
    }

    /// A text may come back in another form than it was sent in, a summary may not.
    #[test]
    fn what_jira_makes_of_a_description_is_learned() {
        let ours = (Field::Description, "ours");
        let mut known = told(Field::Description, "ours", 1);
        let rendered = issue("", "OURS", &[("description", 5, US)]);
        assert!(compared(&mut known, &rendered, ours, &Standing::default()).is_empty());
        assert_eq!(known.fields[&Field::Description].shown, Some(digest("OURS")));
        let edited = issue("", "theirs", &[("description", 5, US), ("description", 6, "dana")]);
        let found = compared(&mut known, &edited, ours, &Standing::default());
        assert_eq!((found[0].verdict, found[0].change_id.as_str()), (Verdict::Restore, "6"));

        let mut known = told(Field::Description, "ours", 1);
        let at_once = compared(&mut known, &edited, ours, &Standing::default());
        assert_eq!(at_once[0].verdict, Verdict::Restore, "somebody was quicker than the first look");
        let mut known = told(Field::Summary, "ours", 1);
        let cut = issue("OURS", "", &[("summary", 5, US)]);
        assert!(!compared(&mut known, &cut, (Field::Summary, "ours"), &Standing::default()).is_empty());
    }

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
