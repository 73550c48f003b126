//! Tells JIRA the fields that differ, in one call: those that are new with us, and those of ours that somebody has
//! changed there. What JIRA does not take is left out of the next try, so that one field never holds up the others.

use std::collections::BTreeMap;

use abate_integrations::jira::{FieldValue, IssueEdit, JiraError, Refusal};

use super::about::About;
use super::comment::outward;
use super::drift::compare::{self, Difference, digest};
use super::drift::field_rules::{self, Field, Side, Verdict};
use super::drift::ledger::{self, Standing};
use super::edit_screen::{self, EditScreen};
use super::failure::Failure;
use super::later::{self, LEFT_OUT};
use super::mapping;
use super::own_fields;
use super::sync::Sync;
use super::told::{FieldTold, NotTaken, RefusedCall};
use super::wording::{Content, Identity};

/// How often the rest is sent again at once after a refusal.
const TRIES: usize = 3;

/// What JIRA calls a comment that comes with an edit.
pub(super) const COMMENT: &str = "comment";

/// What is sent.
struct Outgoing {
    edit: IssueEdit,
    /// Those that it makes equal.
    differences: Vec<Difference>,
    /// What the comment with it is about.
    note: Option<String>,
    /// What the mapping adds, once the rest is tried without it.
    aside: BTreeMap<String, FieldValue>,
}

/// Tells JIRA the fields that differ.
///
/// # Errors
/// When JIRA or our own side fails.
pub(super) async fn run(
    sync: &mut Sync<'_>,
    about: &About,
    content: &Content,
    screen: &EditScreen,
    identity: &Identity,
) -> Result<(), Failure> {
    let now = sync.state.clock.now();
    let version = sync.mapping_version;
    let place = sync.place();
    let is_there = |field: &NotTaken| field.place.is_empty() || field.place == place;
    sync.told.not_taken.retain(|_, field| field.until > now && field.mapping == version && is_there(field));
    let labels = identity.labels(&sync.ticket.subject);
    let common = identity.common_label();
    let ours: Vec<(Field, String)> = field_rules::ours()
        .filter_map(|field| match field {
            Field::OwnLabels => Some((field, compare::label_text(&labels))),
            field => Some((field, content.text(field)?)),
        })
        .collect();
    let standing = ledger::standing(sync.state.database.reader(), sync.ticket.id, now).await?;
    let own = sync.own_account.clone();
    let found = compare::run(&mut sync.told, &sync.issue, &ours, &common, &own, &standing);
    let (outgoing, kept) = sort(sync, found, screen);
    keep(sync, about, &outgoing, &kept, &standing).await?;
    let custom = own_fields::unsaid(sync, about, screen).await?;
    if outgoing.is_empty() && custom.is_empty() {
        return Ok(());
    }
    let fields: Vec<Field> = outgoing.iter().map(|difference| difference.field).collect();
    let mut edit = IssueEdit { custom, ..content.edit(&fields) };
    if fields.contains(&Field::OwnLabels) {
        let known = &sync.issue.fields.labels;
        let has = |list: &[String], label: &str| list.iter().any(|other| other.eq_ignore_ascii_case(label));
        edit.add_labels = labels.iter().filter(|label| !has(known, label)).cloned().collect();
        edit.remove_labels =
            compare::own_labels(known, &common).into_iter().filter(|label| !has(&labels, label)).collect();
    }
    let mut outgoing = Outgoing { edit, differences: outgoing, note: None, aside: BTreeMap::new() };
    let sent = print(sync, &outgoing);
    if let Some((wait, said)) = RefusedCall::holds(sync.told.refused_edit.as_ref(), &sent, now) {
        sync.trouble(said);
        sync.again_in(wait);
        return Ok(());
    }
    explain(sync, about, &mut outgoing).await?;
    send(sync, outgoing).await
}

/// What an edit is remembered by; the comment that comes with it says no more than its fields.
fn print(sync: &Sync<'_>, outgoing: &Outgoing) -> String {
    let mut bare = IssueEdit { comment: None, ..outgoing.edit.clone() };
    bare.custom.extend(outgoing.aside.clone());
    digest(&format!("{} {}", sync.place(), sync.active.client.edit_body(&bare)))
}

/// What can be sent, and what cannot with the reason.
fn sort(
    sync: &mut Sync<'_>,
    found: Vec<Difference>,
    screen: &EditScreen,
) -> (Vec<Difference>, Vec<(Difference, String)>) {
    let (mut outgoing, mut kept) = (Vec::new(), Vec::new());
    for difference in found {
        let name = difference.field.jira_name();
        let (field, key) = (difference.field.words(), sync.issue.key.clone());
        if let Verdict::LetBe(reason) = difference.verdict {
            sync.trouble(format!("The {field} of {key} differs: {reason}."));
            kept.push((difference, reason.to_owned()));
        } else if let Some(refused) = sync.told.not_taken.get(name) {
            let (reason, wait) = (refused.said.clone(), refused.until - sync.state.clock.now());
            sync.trouble(format!("JIRA does not take the {field} of {key}: {reason}"));
            sync.again_in(wait);
            kept.push((difference, format!("JIRA does not take it: {reason}")));
        } else if !screen.takes(name) {
            let reason = "the edit screen in JIRA lacks it".to_owned();
            sync.trouble(format!("The {field} of {key} cannot be told: {reason}. Add it there."));
            sync.again_in(LEFT_OUT);
            kept.push((difference, reason));
        } else {
            outgoing.push(difference);
        }
    }
    (outgoing, kept)
}

/// Writes into the ledger what somebody has changed, before anything is done about it, and closes what is equal again.
async fn keep(
    sync: &Sync<'_>,
    about: &About,
    outgoing: &[Difference],
    kept: &[(Difference, String)],
    standing: &Standing,
) -> Result<(), Failure> {
    let differs = |field: Field| {
        let mut all = outgoing.iter().chain(kept.iter().map(|(difference, _)| difference));
        all.any(|difference| difference.field == field)
    };
    let equal: Vec<Field> = field_rules::ours()
        .filter(|field| standing.open.contains(field.as_str()) && !differs(*field))
        .collect();
    let drifted = |difference: &&Difference| difference.has_drifted;
    if equal.is_empty()
        && !outgoing.iter().any(|difference| drifted(&difference))
        && !kept.iter().any(|(difference, _)| drifted(&difference))
    {
        return Ok(());
    }
    let now = sync.state.clock.now();
    let ticket = (sync.ticket.id, about.confidential);
    sync.state
        .database
        .write(async |tx| {
            ledger::settle(tx, ticket.0, &equal, now).await?;
            for difference in outgoing.iter().filter(drifted) {
                let won = (Side::Abate, difference.field.reason());
                ledger::open(tx, ticket, difference, won, now).await?;
            }
            for (difference, reason) in kept.iter().filter(|(difference, _)| difference.has_drifted) {
                ledger::stay(tx, ticket, difference, reason, now).await?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// A due date or a priority that is set back says so in the same call. The ledger has the rest.
async fn explain(sync: &mut Sync<'_>, about: &About, outgoing: &mut Outgoing) -> Result<(), Failure> {
    let set_back: Vec<&Difference> = outgoing
        .differences
        .iter()
        .filter(|difference| {
            difference.has_drifted && matches!(difference.field, Field::DueDate | Field::Priority)
        })
        .collect();
    if set_back.is_empty() || about.confidential || sync.told.not_taken.contains_key(COMMENT) {
        return Ok(());
    }
    let reasons: Vec<&str> = set_back.iter().map(|difference| difference.field.reason()).collect();
    let changes: Vec<String> =
        set_back.iter().map(|difference| format!("{}:{}", difference.field, difference.change_id)).collect();
    let text = format!("Abate keeps its own value here: {}.", reasons.join(", and "));
    let note = outward::riding(&format!("won:{}", changes.join(",")));
    outgoing.edit.comment = outward::ride(sync, &note, &text).await?;
    outgoing.note = outgoing.edit.comment.is_some().then_some(note);
    Ok(())
}

async fn send(sync: &mut Sync<'_>, mut outgoing: Outgoing) -> Result<(), Failure> {
    for _ in 0..TRIES {
        if outgoing.differences.is_empty() && outgoing.edit.custom.is_empty() {
            return Ok(());
        }
        match sync.active.client.edit_issue(&sync.issue.id, &outgoing.edit).await {
            Ok(()) => return sent(sync, &outgoing).await,
            Err(JiraError::Refused(refusal)) => {
                let named = named(&refusal, &outgoing);
                // What is added by a mapping never holds up the rest.
                let is_extra = named.is_empty() && refusal.status != 409;
                if is_extra && !outgoing.edit.custom.is_empty() && !outgoing.differences.is_empty() {
                    sync.trouble(JiraError::Refused(refusal).to_string());
                    sync.again_in(later::REFUSED_WAIT);
                    outgoing.aside = std::mem::take(&mut outgoing.edit.custom);
                    continue;
                }
                if named.is_empty() || refusal.status == 409 {
                    give_up(sync, &outgoing, &refusal).await?;
                    return Ok(());
                }
                leave_out(sync, &mut outgoing, named).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    sync.again_in(later::REFUSED_WAIT);
    Ok(())
}

/// The fields of the request that a refusal names, and what it says of each.
fn named(refusal: &Refusal, outgoing: &Outgoing) -> BTreeMap<String, String> {
    let was_sent = |name: &str| {
        (name == COMMENT && outgoing.edit.comment.is_some())
            || outgoing.edit.custom.contains_key(name)
            || outgoing.differences.iter().any(|difference| difference.field.jira_name() == name)
    };
    let fields = refusal.fields.iter().filter(|(name, _)| was_sent(name));
    fields.map(|(name, said)| (name.clone(), said.clone())).collect()
}

/// A conflict with somebody else's write passes by itself, anything else when somebody mends it: the same is not sent again
/// for a day.
async fn give_up(sync: &mut Sync<'_>, outgoing: &Outgoing, refusal: &Refusal) -> Result<(), Failure> {
    let said = JiraError::Refused(refusal.clone()).to_string();
    if refusal.status == 409 {
        sync.again_in(later::CONFLICT_WAIT);
    } else {
        let until = sync.state.clock.now() + LEFT_OUT;
        let sent = print(sync, outgoing);
        sync.told.refused_edit = Some(RefusedCall { sent, until, said: said.clone() });
        sync.again_in(LEFT_OUT);
        let (ticket, reason) = (sync.ticket.id, format!("JIRA does not take it: {refusal}"));
        sync.state
            .database
            .write(async |tx| {
                for difference in outgoing.differences.iter().filter(|difference| difference.has_drifted) {
                    ledger::lose(tx, ticket, difference.field, &reason).await?;
                }
                Ok(())
            })
            .await?;
    }
    sync.trouble(said);
    if let Some(note) = &outgoing.note {
        outward::drop_riding(sync, note).await?;
    }
    Ok(())
}

/// Takes the refused fields out of the request and remembers them for a day.
async fn leave_out(
    sync: &mut Sync<'_>,
    outgoing: &mut Outgoing,
    named: BTreeMap<String, String>,
) -> Result<(), Failure> {
    let until = sync.state.clock.now() + LEFT_OUT;
    edit_screen::forget(sync.state, sync.active, &sync.issue).await?;
    if named.contains_key(COMMENT) {
        outgoing.edit.comment = None;
        if let Some(note) = outgoing.note.take() {
            outward::drop_riding(sync, &note).await?;
        }
    }
    let (out, rest): (Vec<Difference>, Vec<Difference>) = std::mem::take(&mut outgoing.differences)
        .into_iter()
        .partition(|difference| named.contains_key(difference.field.jira_name()));
    outgoing.differences = rest;
    for (name, said) in named.iter().filter(|(name, _)| outgoing.edit.custom.contains_key(*name)) {
        sync.trouble(format!("JIRA does not take the field {name} of {}: {said}", sync.issue.key));
        sync.again_in(LEFT_OUT);
    }
    outgoing.edit.custom.retain(|name, _| !named.contains_key(name));
    let explained = |difference: &Difference| {
        difference.has_drifted && matches!(difference.field, Field::DueDate | Field::Priority)
    };
    if out.iter().any(explained) {
        // It would say that a value was set back which was not.
        outgoing.edit.comment = None;
        if let Some(note) = outgoing.note.take() {
            outward::drop_riding(sync, &note).await?;
        }
    }
    for difference in out {
        let said = named.get(difference.field.jira_name()).cloned().unwrap_or_default();
        without(&mut outgoing.edit, difference.field);
        let (field, key) = (difference.field.words(), sync.issue.key.clone());
        sync.trouble(format!("JIRA does not take the {field} of {key}: {said}"));
        sync.again_in(LEFT_OUT);
        let reason = format!("JIRA does not take it: {said}");
        let ticket = sync.ticket.id;
        let lose = async |tx: &_| ledger::lose(tx, ticket, difference.field, &reason).await;
        sync.state.database.write(lose).await?;
    }
    for (name, said) in named {
        tracing::warn!(ticket = sync.ticket.subject, field = name, "JIRA does not take a field");
        let (mapping, place) = (sync.mapping_version, sync.place());
        sync.told.not_taken.insert(name, NotTaken { until, said, mapping, place });
    }
    Ok(())
}

fn without(edit: &mut IssueEdit, field: Field) {
    match field {
        Field::Summary => edit.summary = None,
        Field::Description => edit.description = None,
        Field::Priority => edit.priority = None,
        Field::DueDate => edit.due_date = None,
        Field::OwnLabels => {
            edit.add_labels.clear();
            edit.remove_labels.clear();
        }
        _ => {}
    }
}

/// JIRA was told.
async fn sent(sync: &mut Sync<'_>, outgoing: &Outgoing) -> Result<(), Failure> {
    sync.told.refused_edit = None;
    let since = compare::last_entry(&sync.issue);
    for difference in &outgoing.differences {
        let told = FieldTold { sent: digest(&difference.ours), shown: None, since, writes: 1 };
        sync.told.fields.insert(difference.field, told);
    }
    for (field, value) in &outgoing.edit.custom {
        sync.told.custom.insert(field.clone(), mapping::print(value));
    }
    let (ticket, now) = (sync.ticket.id, sync.state.clock.now());
    if outgoing.differences.iter().any(|difference| difference.has_drifted) {
        sync.state
            .database
            .write(async |tx| {
                for difference in &outgoing.differences {
                    ledger::win(tx, ticket, difference.field, now).await?;
                }
                Ok(())
            })
            .await?;
    }
    if let Some(note) = &outgoing.note {
        outward::rode(sync, note).await?;
    }
    Ok(())
}
