//! The words that a risk can be found by.

use abate_entity::risk_tag;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait};

/// Rows of one INSERT, within the bind limits of both databases.
const ROWS: usize = 5_000;

/// Gives risks words, as number, kind and word; a word that a risk has already is left as it is.
///
/// # Errors
/// When the database refuses.
pub async fn add<Kind: Into<String>>(
    tx: &impl ConnectionTrait,
    tags: impl IntoIterator<Item = (i64, Kind, String)>,
) -> Result<(), DbErr> {
    let mut rows = tags.into_iter().map(|(risk_id, kind, value)| risk_tag::ActiveModel {
        risk_id: Set(risk_id),
        kind: Set(kind.into()),
        value: Set(value),
    });
    let known = [risk_tag::Column::RiskId, risk_tag::Column::Kind, risk_tag::Column::Value];
    loop {
        let chunk: Vec<_> = rows.by_ref().take(ROWS).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        risk_tag::Entity::insert_many(chunk)
            .on_conflict(OnConflict::columns(known).do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
    }
}
