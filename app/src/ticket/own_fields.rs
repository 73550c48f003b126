//! What a ticket is to say in the fields of the site's own, and has not said yet.

use std::collections::BTreeMap;

use abate_integrations::jira::FieldValue;
use chrono::Duration;

use super::about::About;
use super::drift::field_rules;
use super::edit::COMMENT;
use super::edit_screen::EditScreen;
use super::failure::Failure;
use super::mapping::{self, Known};
use super::sync::Sync;

/// The fields of the site's own in which we say something else than we said last.
///
/// # Errors
/// When JIRA or our own side fails.
pub(super) async fn unsaid(
    sync: &mut Sync<'_>,
    about: &About,
    screen: &EditScreen,
) -> Result<BTreeMap<String, FieldValue>, Failure> {
    let key = sync.issue.key.clone();
    let now = sync.state.clock.now();
    let refused: Vec<(String, String, Duration)> = sync
        .told
        .not_taken
        .iter()
        .filter(|(name, _)| *name != COMMENT && field_rules::ours().all(|field| field.jira_name() != *name))
        .map(|(name, refused)| (name.clone(), refused.said.clone(), refused.until - now))
        .collect();
    for (name, said, wait) in refused {
        sync.trouble(format!("JIRA does not take the field {name} of {key}: {said}"));
        sync.again_in(wait);
    }
    if sync.mapping.fields.is_empty() && sync.told.custom.is_empty() {
        return Ok(BTreeMap::new());
    }
    if sync.mapping.names_owner() {
        Known::ask(sync.state, sync.active, &sync.mapping, &[&about.facts]).await?;
    }
    let db = sync.state.database.reader();
    let known = Known::load(db, sync.active.row.id, &sync.mapping, &[&about.facts]).await?;
    let mut values = mapping::kept(&sync.mapping, about, &known, &screen.fields);
    if about.confidential {
        let (emptied, stay) = mapping::to_take_back(&sync.mapping, sync.told.custom.keys(), &screen.fields);
        for field in emptied {
            values.entry(field).or_insert(FieldValue::Nothing);
        }
        for field in stay.iter().filter(|field| !values.contains_key(*field)) {
            sync.trouble(format!(
                "The field {field} of {key} may still say something of a confidential risk and cannot be emptied by Abate. \
                 Empty it in JIRA."
            ));
        }
    }
    values.retain(|field, value| {
        let told = sync.told.custom.get(field);
        let is_new = told.is_none_or(|told| *told != mapping::print(value));
        // Nothing is no news where nothing was said.
        let is_said = *value != FieldValue::Nothing || told.is_some() || about.confidential;
        is_new && is_said && !sync.told.not_taken.contains_key(field)
    });
    Ok(values)
}
