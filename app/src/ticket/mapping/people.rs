//! The JIRA accounts of our people: bound to one, or found by address. What a search found is believed for a day, also
//! that it found nobody: all searches for people share one limit.

use std::collections::{BTreeMap, BTreeSet};

use abate_entity::{app_user, jira_person};
use abate_integrations::jira::JiraError;
use chrono::Duration;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::platform::problem::Problem;
use crate::state::AppState;
use crate::ticket::connection::Active;
use crate::ticket::failure::Failure;

/// How long an answer is believed.
const BELIEVED: Duration = Duration::hours(24);

/// The accounts of these people, as far as they are known here.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn kept(
    db: &impl ConnectionTrait,
    connection_id: i64,
    users: &[app_user::Model],
) -> Result<BTreeMap<i64, String>, Problem> {
    let rows = jira_person::Entity::find()
        .filter(jira_person::Column::ConnectionId.eq(connection_id))
        .filter(jira_person::Column::UserId.is_in(users.iter().map(|user| user.id)))
        .all(db)
        .await?;
    let mut accounts: BTreeMap<i64, String> =
        rows.into_iter().filter_map(|row| Some((row.user_id, row.account?))).collect();
    // What somebody has bound counts more than what a search found.
    let bound = users.iter().filter_map(|user| Some((user.id, user.jira_account.clone()?)));
    accounts.extend(bound);
    Ok(accounts)
}

/// Asks JIRA for those who are not bound and were not asked for lately.
///
/// # Errors
/// When JIRA or our own side fails.
pub(super) async fn ask(state: &AppState, active: &Active, people: &BTreeSet<i64>) -> Result<(), Failure> {
    let (db, connection_id, now) = (state.database.reader(), active.row.id, state.clock.now());
    let asked: BTreeSet<i64> = jira_person::Entity::find()
        .filter(jira_person::Column::ConnectionId.eq(connection_id))
        .filter(jira_person::Column::UserId.is_in(people.iter().copied()))
        .filter(jira_person::Column::AskedAt.gt(now - BELIEVED))
        .all(db)
        .await?
        .into_iter()
        .map(|row| row.user_id)
        .collect();
    let users = app_user::Entity::find()
        .filter(app_user::Column::Id.is_in(people.iter().copied()))
        .filter(app_user::Column::JiraAccount.is_null())
        .all(db)
        .await?;
    for user in users.into_iter().filter(|user| !asked.contains(&user.id)) {
        let (account, new) = match active.client.account_of(&user.email).await {
            Ok(account) => (
                account.map(|account| account.account_id),
                vec![jira_person::Column::Account, jira_person::Column::AskedAt],
            ),
            // The account may not search for people; whom it found before stays known.
            Err(JiraError::Refused(_) | JiraError::NotFoundOrHidden) => {
                (None, vec![jira_person::Column::AskedAt])
            }
            Err(error) => return Err(error.into()),
        };
        let row = jira_person::ActiveModel {
            connection_id: Set(connection_id),
            user_id: Set(user.id),
            account: Set(account),
            asked_at: Set(now),
        };
        let key = [jira_person::Column::ConnectionId, jira_person::Column::UserId];
        state
            .database
            .write(async |tx| {
                jira_person::Entity::insert(row.clone())
                    .on_conflict(OnConflict::columns(key).update_columns(new.clone()).to_owned())
                    .exec_without_returning(tx)
                    .await?;
                Ok(())
            })
            .await?;
    }
    Ok(())
}
