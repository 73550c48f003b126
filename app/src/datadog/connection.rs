//! An account of Datadog: its row, its sealed keys, its client, and what is wrong with it.

use abate_entity::datadog_connection;
use abate_integrations::datadog::{DatadogAccount, DatadogClient, DatadogError, SITES};
use chrono::Duration;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use crate::platform::problem::Problem;
use crate::state::AppState;

/// What the keys are sealed for.
const PURPOSE: &str = "datadog keys";

/// Both keys, as they are sealed.
#[derive(Deserialize, Serialize)]
struct Keys {
    api: String,
    application: String,
}

/// Where the API of a site is; none for a site that neither Datadog has nor the settings name.
pub(super) fn api(state: &AppState, site: &str) -> Option<Url> {
    if SITES.contains(&site) {
        return format!("https://api.{site}/").parse().ok();
    }
    state
        .config
        .datadog
        .addresses
        .iter()
        .find(|address| address.as_str().trim_end_matches('/') == site)
        .cloned()
}

/// A site as it is spelled here, however somebody spells it.
pub(super) fn site(state: &AppState, text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('/');
    sites(state).into_iter().find(|site| site.eq_ignore_ascii_case(text))
}

/// The sites that may be chosen.
pub(super) fn sites(state: &AppState) -> Vec<String> {
    let own = state.config.datadog.addresses.iter().map(|url| url.as_str().trim_end_matches('/').to_owned());
    SITES.iter().map(|site| (*site).to_owned()).chain(own).collect()
}

/// Seals both keys for one connection and its site, so that they are never sent anywhere else.
pub(super) fn seal(
    state: &AppState,
    uuid: Uuid,
    site: &str,
    api: &SecretString,
    application: &SecretString,
) -> Result<Vec<u8>, Problem> {
    let keys =
        Keys { api: api.expose_secret().to_owned(), application: application.expose_secret().to_owned() };
    let plain = serde_json::to_vec(&keys).map_err(Problem::internal)?;
    let mut nonce = [0; 12];
    state.ids.fill(&mut nonce);
    state.key.seal(PURPOSE, &place(uuid, site), nonce, &plain).map_err(Problem::internal)
}

fn place(uuid: Uuid, site: &str) -> Vec<u8> {
    format!("{uuid} {site}").into_bytes()
}

/// A client of a connection.
pub(super) fn client(state: &AppState, row: &datadog_connection::Model) -> Result<DatadogClient, Problem> {
    let gone = || Problem::invalid("site", format!("The settings no longer name the site {}.", row.site));
    let api = api(state, &row.site).ok_or_else(gone)?;
    state.outgoing.check(&api).map_err(|error| Problem::invalid("site", format!("{error}.")))?;
    let plain = state.key.open_sealed(PURPOSE, &place(row.uuid, &row.site), &row.keys);
    let keys: Keys = serde_json::from_slice(&plain.map_err(Problem::internal)?).map_err(Problem::internal)?;
    let account = DatadogAccount {
        api,
        api_key: SecretString::from(keys.api),
        application_key: SecretString::from(keys.application),
    };
    Ok(DatadogClient::new(state.http.clone(), account))
}

/// The connection of this number, unless somebody removed it.
pub(super) async fn one(db: &impl ConnectionTrait, id: i64) -> Result<datadog_connection::Model, Problem> {
    let found = datadog_connection::Entity::find_by_id(id)
        .filter(datadog_connection::Column::RemovedAt.is_null())
        .one(db)
        .await?;
    found.ok_or_else(|| Problem::not_found(format!("connection {id} to Datadog")))
}

/// Notes what is wrong, and looks again when Datadog says so, else after the usual time.
pub(super) async fn rest(
    state: &AppState,
    row: &datadog_connection::Model,
    error: &DatadogError,
) -> Result<(), Problem> {
    let wait = match error {
        DatadogError::RateLimited { wait } => Duration::from_std(*wait).unwrap_or(Duration::minutes(1)),
        DatadogError::Unavailable(_) => Duration::minutes(1),
        _ => Duration::minutes(i64::from(row.interval_minutes)),
    };
    let until = state.clock.now() + wait;
    tracing::warn!(connection = row.id, %error, %until, "Datadog cannot be used for a while");
    let text = error.to_string();
    change(state, row.id, move |row| {
        row.problem = Set(Some(text.clone()));
        row.next_at = Set(until);
    })
    .await
}

/// Writes some columns of a connection.
pub(super) async fn change(
    state: &AppState,
    id: i64,
    with: impl Fn(&mut datadog_connection::ActiveModel),
) -> Result<(), Problem> {
    let mut row = datadog_connection::ActiveModel::default();
    with(&mut row);
    state
        .database
        .write(async |tx| {
            datadog_connection::Entity::update_many()
                .set(row.clone())
                .filter(datadog_connection::Column::Id.eq(id))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await
}
