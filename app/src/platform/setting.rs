//! Settings that live in the database: what it is called and how it was made.

use abate_entity::setting::{ActiveModel, Column, Entity};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait};

/// Six random characters made with the database; part of each ticket's marker.
pub const INSTANCE: &str = "instance";
/// Raised whenever the database was copied or restored.
pub const EPOCH: &str = "epoch";

/// Reads a setting.
///
/// # Errors
/// When the database cannot be asked.
pub async fn read(db: &impl ConnectionTrait, key: &str) -> Result<Option<String>, DbErr> {
    Ok(Entity::find_by_id(key.to_owned()).one(db).await?.map(|row| row.value))
}

/// Writes a setting unless it is there.
///
/// # Errors
/// When the database refuses.
pub async fn write_once(db: &impl ConnectionTrait, key: &str, value: &str) -> Result<(), DbErr> {
    Entity::insert(ActiveModel { key: Set(key.to_owned()), value: Set(value.to_owned()) })
        .on_conflict(OnConflict::column(Column::Key).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Writes a setting, whatever it was.
///
/// # Errors
/// When the database refuses.
pub async fn write(db: &impl ConnectionTrait, key: &str, value: &str) -> Result<(), DbErr> {
    Entity::insert(ActiveModel { key: Set(key.to_owned()), value: Set(value.to_owned()) })
        .on_conflict(OnConflict::column(Column::Key).update_column(Column::Value).to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(())
}
