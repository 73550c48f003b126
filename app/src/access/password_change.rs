//! Gives somebody another password.

use abate_entity::{app_user, session};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};
use serde_json::json;

use super::user_edit::By;
use crate::audit_log;
use crate::platform::problem::Problem;

/// Writes the hash of the new password and signs the person out everywhere but in the session `here`: whoever knew the
/// old password may be somebody else. Tokens stay, they are withdrawn one by one.
///
/// # Errors
/// When the database refuses.
pub async fn change(
    tx: &DatabaseTransaction,
    by: By,
    user: &app_user::Model,
    hash: &str,
    here: Option<&str>,
) -> Result<(), Problem> {
    let set = app_user::ActiveModel {
        id: Set(user.id),
        password_hash: Set(Some(hash.to_owned())),
        ..Default::default()
    };
    set.update(tx).await?;
    let mut sessions = session::Entity::delete_many().filter(session::Column::UserId.eq(user.id));
    if let Some(here) = here {
        sessions = sessions.filter(session::Column::Id.ne(here));
    }
    sessions.exec(tx).await?;
    let subject = format!("user-{}", user.id);
    audit_log::add_as(tx, by.actor_id, by.via, "user.password", &subject, json!({}), by.now).await
}
