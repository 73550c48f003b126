//! Writes down which settings are others than at the last start, so that the log has what changed outside of it too.
//! Secrets are compared by a digest that only this installation can make.

use std::collections::BTreeMap;

use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};

use super::add_as;
use crate::access::actor::Via;
use crate::config::Key;
use crate::platform::problem::Problem;
use crate::platform::setting;
use crate::state::AppState;

/// Where the settings of the last start are kept.
const LAST: &str = "configuration";
/// What the digests of secrets are made for.
const PURPOSE: &str = "setting";

/// Compares the settings with those of the last start, and keeps them for the next one.
///
/// # Errors
/// When the database refuses.
pub async fn note(state: &AppState) -> Result<(), Problem> {
    let now = state.clock.now();
    let mut settings = BTreeMap::new();
    for (key, value) in &state.config.effective {
        let text = value.expose_secret();
        if key.secret {
            settings.insert(key.name.to_owned(), hex::encode(state.key.sign(PURPOSE, text.as_bytes())));
        } else {
            settings.insert(key.name.to_owned(), text.to_owned());
        }
    }
    let kept = serde_json::to_string(&settings).map_err(Problem::internal)?;
    state
        .database
        .write(async |tx| {
            let Some(last) = setting::read(tx, LAST).await? else {
                return Ok(setting::write(tx, LAST, &kept).await?);
            };
            if last == kept {
                return Ok(());
            }
            setting::write(tx, LAST, &kept).await?;
            let before = serde_json::from_str(&last).unwrap_or_default();
            let data = json!({"changed": changed(&before, &settings)});
            add_as(tx, None, Via::Command, "configuration.change", "configuration", data, now).await
        })
        .await
}

/// The keys with another value, from what to what; of secrets only whether they are set.
fn changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Map<String, Value> {
    let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut changed = Map::new();
    for key in keys.into_iter().filter(|key| before.get(*key) != after.get(*key)) {
        let is_secret = Key::find(key).is_none_or(|known| known.secret);
        let told = |value: Option<&String>| match value {
            Some(_) if is_secret => json!("set"),
            value => json!(value),
        };
        changed.insert(key.clone(), json!({"from": told(before.get(key)), "to": told(after.get(key))}));
    }
    changed
}
