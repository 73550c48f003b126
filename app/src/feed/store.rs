//! Keeps copies of catalogues: entry by entry, so that readers always find a whole one.

use abate_entity::{epss_score, feed, kev_entry};
use abate_integrations::feed::epss::EpssScore;
use abate_integrations::feed::kev::KevEntry;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
};

use super::Catalogue;

/// Rows of one INSERT.
const CHUNK: usize = 500;

/// What is known of a catalogue's copy.
pub(super) async fn read(
    db: &impl ConnectionTrait,
    catalogue: Catalogue,
) -> Result<Option<feed::Model>, DbErr> {
    feed::Entity::find_by_id(catalogue.as_str()).one(db).await
}

/// Writes what is known of a catalogue's copy.
pub(super) async fn write(tx: &DatabaseTransaction, row: feed::Model) -> Result<(), DbErr> {
    let all_but_the_name = [
        feed::Column::Address,
        feed::Column::TriedAt,
        feed::Column::FetchedAt,
        feed::Column::ContentAt,
        feed::Column::Version,
        feed::Column::Etag,
        feed::Column::Sha256,
        feed::Column::RowCount,
        feed::Column::Generation,
        feed::Column::Error,
    ];
    feed::Entity::insert(feed::ActiveModel {
        name: Set(row.name),
        address: Set(row.address),
        tried_at: Set(row.tried_at),
        fetched_at: Set(row.fetched_at),
        content_at: Set(row.content_at),
        version: Set(row.version),
        etag: Set(row.etag),
        sha256: Set(row.sha256),
        row_count: Set(row.row_count),
        generation: Set(row.generation),
        error: Set(row.error),
    })
    .on_conflict(OnConflict::column(feed::Column::Name).update_columns(all_but_the_name).to_owned())
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// A catalogue of which there is no copy yet.
pub(super) fn none_yet(catalogue: Catalogue, now: DateTime<Utc>) -> feed::Model {
    feed::Model {
        name: catalogue.as_str().to_owned(),
        address: String::new(),
        tried_at: now,
        fetched_at: None,
        content_at: None,
        version: String::new(),
        etag: String::new(),
        sha256: String::new(),
        row_count: 0,
        generation: 0,
        error: None,
    }
}

/// Writes entries of a copy.
pub(super) async fn put_kev(
    tx: &DatabaseTransaction,
    entries: &[KevEntry],
    generation: i64,
) -> Result<(), DbErr> {
    for chunk in entries.chunks(CHUNK) {
        let rows = chunk.iter().map(|entry| kev_entry::ActiveModel {
            cve: Set(entry.cve.clone()),
            vendor: Set(entry.vendor.clone()),
            product: Set(entry.product.clone()),
            name: Set(entry.name.clone()),
            added_on: Set(entry.added_on),
            due_on: Set(entry.due_on),
            ransomware: Set(entry.ransomware),
            generation: Set(generation),
        });
        let replaced = OnConflict::column(kev_entry::Column::Cve)
            .update_columns([
                kev_entry::Column::Vendor,
                kev_entry::Column::Product,
                kev_entry::Column::Name,
                kev_entry::Column::AddedOn,
                kev_entry::Column::DueOn,
                kev_entry::Column::Ransomware,
                kev_entry::Column::Generation,
            ])
            .to_owned();
        kev_entry::Entity::insert_many(rows).on_conflict(replaced).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Writes scores of a copy.
pub(super) async fn put_epss(
    tx: &DatabaseTransaction,
    scores: &[EpssScore],
    generation: i64,
) -> Result<(), DbErr> {
    for chunk in scores.chunks(CHUNK) {
        let rows = chunk.iter().map(|score| epss_score::ActiveModel {
            cve: Set(score.cve.clone()),
            score: Set(score.score),
            percentile: Set(score.percentile),
            generation: Set(generation),
        });
        let replaced = OnConflict::column(epss_score::Column::Cve)
            .update_columns([
                epss_score::Column::Score,
                epss_score::Column::Percentile,
                epss_score::Column::Generation,
            ])
            .to_owned();
        epss_score::Entity::insert_many(rows).on_conflict(replaced).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Throws entries away that the newest copy does not have.
pub(super) async fn drop_older(
    tx: &DatabaseTransaction,
    catalogue: Catalogue,
    generation: i64,
) -> Result<(), DbErr> {
    match catalogue {
        Catalogue::Kev => {
            let older = kev_entry::Column::Generation.lt(generation);
            kev_entry::Entity::delete_many().filter(older).exec(tx).await?;
        }
        Catalogue::Epss => {
            let older = epss_score::Column::Generation.lt(generation);
            epss_score::Entity::delete_many().filter(older).exec(tx).await?;
        }
    }
    Ok(())
}
