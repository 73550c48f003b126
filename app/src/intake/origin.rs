//! Where a report comes from: its source, the scope it covers and the asset it is about; and whether it came before.

use abate_entity::{asset, import, source, source_scope};
use abate_integrations::scanner::{ScanSummary, without_tag};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::receive::{Upload, UploadForm};
use super::status;
use crate::asset::register;
use crate::platform::problem::Problem;

/// For how long the same bytes count as the same upload.
const SAME_BYTES_MINUTES: i64 = 10;

/// Where a report comes from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) source: source::Model,
    pub(super) scope: source_scope::Model,
    pub(super) asset: asset::Model,
}

/// Finds where the report comes from, and makes what is not there yet.
pub(super) async fn resolve(
    tx: &DatabaseTransaction,
    form: &UploadForm,
    format: &str,
    summary: &ScanSummary,
    now: DateTime<Utc>,
) -> Result<Origin, Problem> {
    let target = without_tag(summary.target.trim()).to_owned();
    let asset = match &form.asset {
        Some(key) => match register::named(tx, key, now).await? {
            Some(asset) => asset,
            None => register::find_or_add(tx, "name", key, now).await?,
        },
        None if target.is_empty() || target == "." => {
            return Err(Problem::invalid(
                "asset",
                "Name the asset that was scanned: the report does not say what it covers.",
            ));
        }
        None => {
            register::find_or_add(tx, if format == "trivy" { "image" } else { "repository" }, &target, now)
                .await?
        }
    };
    let name = source_name(form, format, summary);
    let source = find_or_add_source(tx, &name, format, now).await?;
    let key = match &form.scope {
        Some(key) => key.clone(),
        None => scope_key(&target, &summary.category, &asset.key),
    };
    let mut scope = find_or_add_scope(tx, source.id, &key, asset.id, now).await?;
    if scope.asset_id != asset.id {
        if form.scope.is_some() {
            return Err(Problem::invalid(
                "scope",
                "This scope of the source is about another asset; choose another scope or asset.",
            ));
        }
        // Two checkouts may both be called "app": each asset then gets a scope of its own.
        scope = find_or_add_scope(tx, source.id, &format!("{}: {key}", asset.key), asset.id, now).await?;
    }
    Ok(Origin { source, scope, asset })
}

fn source_name(form: &UploadForm, format: &str, summary: &ScanSummary) -> String {
    let name = form.source.as_deref().unwrap_or(&summary.tool_name).trim().to_lowercase();
    if name.is_empty() { format.to_owned() } else { name.chars().take(100).collect() }
}

fn scope_key(target: &str, category: &str, asset: &str) -> String {
    let target = if target.is_empty() || target == "." { asset } else { target };
    let key = if category.is_empty() { target.to_owned() } else { format!("{target}#{category}") };
    key.chars().take(500).collect()
}

/// The source of a name, made where it is not there yet.
pub(crate) async fn find_or_add_source(
    tx: &DatabaseTransaction,
    name: &str,
    format: &str,
    now: DateTime<Utc>,
) -> Result<source::Model, Problem> {
    let row = source::ActiveModel {
        name: Set(name.to_owned()),
        format: Set(format.to_owned()),
        created_at: Set(now),
        ..Default::default()
    };
    source::Entity::insert(row)
        .on_conflict(OnConflict::column(source::Column::Name).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    let found = source::Entity::find().filter(source::Column::Name.eq(name)).one(tx).await?;
    found.ok_or_else(|| Problem::not_found(format!("source {name}")))
}

async fn find_or_add_scope(
    tx: &DatabaseTransaction,
    source_id: i64,
    key: &str,
    asset_id: i64,
    now: DateTime<Utc>,
) -> Result<source_scope::Model, Problem> {
    let row = source_scope::ActiveModel {
        source_id: Set(source_id),
        key: Set(key.to_owned()),
        asset_id: Set(asset_id),
        head_import_id: Set(None),
        version: Set(0),
        created_at: Set(now),
        ..Default::default()
    };
    source_scope::Entity::insert(row)
        .on_conflict(
            OnConflict::columns([source_scope::Column::SourceId, source_scope::Column::Key])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
    let found = source_scope::Entity::find()
        .filter(source_scope::Column::SourceId.eq(source_id))
        .filter(source_scope::Column::Key.eq(key))
        // Two uploads of one report at once: the second waits here, and then finds the first.
        .lock_exclusive()
        .one(tx)
        .await?;
    found.ok_or_else(|| Problem::not_found(format!("scope {key}")))
}

/// The import that this request already made, by its key.
pub(super) async fn by_key(
    db: &impl ConnectionTrait,
    actor_id: Option<i64>,
    key: &str,
) -> Result<Option<import::Model>, Problem> {
    let mut query = import::Entity::find()
        .filter(import::Column::IdempotencyKey.eq(key))
        .filter(import::Column::Status.ne(status::FAILED));
    query = match actor_id {
        Some(id) => query.filter(import::Column::ActorId.eq(id)),
        None => query.filter(import::Column::ActorId.is_null()),
    };
    Ok(query.order_by_desc(import::Column::Id).one(db).await?)
}

/// The import of the same run, or of the same bytes a moment ago.
pub(super) async fn repeated(
    db: &impl ConnectionTrait,
    upload: &Upload,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<Option<import::Model>, Problem> {
    let of_scope = import::Entity::find()
        .filter(import::Column::ScopeId.eq(origin.scope.id))
        .filter(import::Column::Status.is_not_in([status::FAILED, status::UNDONE]));
    if let Some(run) = &upload.form.run {
        return Ok(of_scope.filter(import::Column::Run.eq(run)).one(db).await?);
    }
    Ok(of_scope
        .filter(import::Column::Sha256.eq(&upload.sha256))
        .filter(import::Column::Run.is_null())
        .filter(import::Column::Mode.eq(upload.form.mode.as_str()))
        .filter(match &upload.form.branch {
            Some(branch) => import::Column::Branch.eq(branch),
            None => import::Column::Branch.is_null(),
        })
        .filter(import::Column::ReceivedAt.gt(now - Duration::minutes(SAME_BYTES_MINUTES)))
        .order_by_desc(import::Column::Id)
        .one(db)
        .await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_named_after_what_was_scanned() {
        assert_eq!(scope_key("shop/web", "", "web"), "shop/web");
        assert_eq!(scope_key("shop/web", "nightly", "web"), "shop/web#nightly");
        assert_eq!(scope_key(".", "", "web"), "web");
    }
}
