//! Takes a VEX document of somebody else in: what it says becomes proposals on risks, which people accept or decline.
//! It closes nothing.

use abate_entity::{asset, import, risk, risk_event};
use abate_integrations::vex::{Received, VexFormat};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use super::plan::{self, Plan};
use super::staged;
use crate::access::actor::Actor;
use crate::access::right::Import;
use crate::asset::register;
use crate::audit_log;
use crate::intake::origin::find_or_add_source;
use crate::intake::receive::{Mode, Upload};
use crate::intake::stage::{Sender, unusable};
use crate::intake::status;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::record::{self, Occasion};
use crate::risk::standing::Standing;
use crate::risk::vex_proposal;
use crate::state::AppState;

/// For how long the same bytes count as the same upload.
const SAME_BYTES_MINUTES: i64 = 10;
/// Risks that are written at a time.
const BATCH: usize = 200;

/// Whether an import is one of a VEX document.
#[must_use]
pub fn is_one(import: &import::Model) -> bool {
    VexFormat::named(&import.format).is_some()
}

/// Takes a document in; plans or applies it.
///
/// # Errors
/// 422 with line and column when it is no such document, or names an asset that is not there.
pub async fn take(
    state: &AppState,
    sender: &Sender,
    mut upload: Upload,
    format: VexFormat,
) -> Result<import::Model, Problem> {
    if upload.form.mode == Mode::Backlog {
        return Err(Problem::invalid("mode", "A VEX document makes no risks. Use apply or plan."));
    }
    let now = state.clock.now();
    let read = move || {
        let received = format.read(&mut upload.file);
        (upload, received)
    };
    let (upload, received) = actix_web::web::block(read).await.map_err(Problem::internal)?;
    let received = received.map_err(unusable)?;
    let db = state.database.reader();
    let asset = named_asset(db, sender, upload.form.asset.as_deref()).await?;
    let plan = plan::make(db, sender.actor.as_ref(), asset.as_ref(), &received, now).await?;
    state
        .database
        .write(async |tx| {
            let row = new_import(tx, sender, &upload, format, &received, &plan, now).await?;
            let row = import::ActiveModel { asset_id: Set(about(asset.as_ref(), &plan)), ..row };
            if let Some(earlier) = repeated(tx, &upload, &row, now).await? {
                return Ok(earlier);
            }
            let import = row.insert(tx).await?;
            staged::keep(tx, &import, &plan).await?;
            let data = json!({
                "file": import.sha256, "author": received.author, "proposed": plan.proposals.len(),
                "unchanged": plan.unchanged, "left_over": plan.left_over,
            });
            let subject = format!("import-{}", import.id);
            audit_log::add_as(tx, sender.actor_id(), sender.via, "import.receive", &subject, data, now)
                .await?;
            if upload.form.mode == Mode::Plan { Ok(import) } else { apply(tx, import, now).await }
        })
        .await
}

async fn named_asset(
    db: &impl ConnectionTrait,
    sender: &Sender,
    key: Option<&str>,
) -> Result<Option<asset::Model>, Problem> {
    let Some(key) = key else { return Ok(None) };
    let asset = register::by_key(db, key).await?;
    let asset = asset.ok_or_else(|| {
        let text = format!("There is no asset {key:?}. Name one of the register, or leave it out.");
        Problem::invalid("asset", text)
    })?;
    if let Some(actor) = &sender.actor {
        actor.require_in::<Import>(asset.team_id)?;
    }
    Ok(Some(asset))
}

/// The asset that an import counts for: the one that is named, or the only one that it speaks of.
fn about(asset: Option<&asset::Model>, plan: &Plan) -> Option<i64> {
    let only = if plan.assets.len() == 1 { plan.assets.first().copied() } else { None };
    asset.map(|asset| asset.id).or(only)
}

async fn repeated(
    tx: &DatabaseTransaction,
    upload: &Upload,
    row: &import::ActiveModel,
    now: DateTime<Utc>,
) -> Result<Option<import::Model>, Problem> {
    let same = import::Entity::find()
        .filter(import::Column::Format.eq(row.format.clone().take()))
        .filter(import::Column::SourceId.eq(row.source_id.clone().take().flatten()))
        .filter(import::Column::Mode.eq(upload.form.mode.as_str()))
        .filter(import::Column::Status.is_not_in([status::FAILED, status::UNDONE]));
    let same = match row.asset_id.clone().take().flatten() {
        Some(asset_id) => same.filter(import::Column::AssetId.eq(asset_id)),
        // What it is about follows from what its sender may see, so another sender's is another.
        None => same.filter(import::Column::AssetId.is_null()).filter(
            row.actor_id
                .clone()
                .take()
                .flatten()
                .map_or_else(|| import::Column::ActorId.is_null(), |actor| import::Column::ActorId.eq(actor)),
        ),
    };
    let same = match &upload.form.run {
        Some(run) => same.filter(import::Column::Run.eq(run)),
        None => same
            .filter(import::Column::Sha256.eq(&upload.sha256))
            .filter(import::Column::Run.is_null())
            .filter(import::Column::ReceivedAt.gt(now - Duration::minutes(SAME_BYTES_MINUTES))),
    };
    Ok(same.order_by_desc(import::Column::Id).one(tx).await?)
}

async fn new_import(
    tx: &DatabaseTransaction,
    sender: &Sender,
    upload: &Upload,
    format: VexFormat,
    received: &Received,
    plan: &Plan,
    now: DateTime<Utc>,
) -> Result<import::ActiveModel, Problem> {
    let author = upload.form.source.as_deref().unwrap_or(&received.author).trim().to_lowercase();
    let author =
        if author.is_empty() { format.name().to_owned() } else { author.chars().take(100).collect() };
    let source = find_or_add_source(tx, &author, format.name(), now).await?;
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Ok(import::ActiveModel {
        status: Set(status::PLANNED.to_owned()),
        mode: Set(upload.form.mode.as_str().to_owned()),
        format: Set(format.name().to_owned()),
        file_name: Set(upload.file_name.clone()),
        sha256: Set(upload.sha256.clone()),
        size: Set(i64::try_from(upload.size).unwrap_or(i64::MAX)),
        source_id: Set(Some(source.id)),
        run: Set(upload.form.run.clone()),
        tool_name: Set(format.title().to_owned()),
        tool_version: Set(String::new()),
        complete: Set(false),
        scanned_at: Set(received.at.unwrap_or(now).min(now)),
        findings: Set(count(received.statements.len() + received.unusable.len())),
        created_count: Set(0),
        updated_count: Set(count(plan.proposals.len())),
        unchanged_count: Set(plan.unchanged),
        reopened_count: Set(0),
        vanished_count: Set(0),
        rejected_count: Set(plan.left_over),
        by_level: Set(json!({})),
        rejected: Set(json!(plan.reasons)),
        idempotency_key: Set(sender.idempotency_key.clone()),
        actor_id: Set(sender.actor_id()),
        via: Set(sender.via.as_str().to_owned()),
        received_at: Set(now),
        ..Default::default()
    })
}

/// Writes what was planned; what is no news any more is left.
///
/// # Errors
/// When the database refuses.
pub async fn apply(
    tx: &DatabaseTransaction,
    import: import::Model,
    now: DateTime<Utc>,
) -> Result<import::Model, Problem> {
    let policies = Policies::load(tx).await?;
    let occasion = occasion(&policies, import.actor_id, now);
    let planned = staged::planned(tx, import.id).await?;
    for some in planned.chunks(BATCH) {
        let ids = some.iter().map(|(risk_id, _)| *risk_id);
        let risks = risk::Entity::find()
            .filter(risk::Column::Id.is_in(ids))
            .order_by_asc(risk::Column::Id)
            .all(tx)
            .await?;
        let mut changes = Vec::new();
        for risk in risks {
            let Some((_, proposal)) = some.iter().find(|(risk_id, _)| *risk_id == risk.id) else { continue };
            if vex_proposal::is_news(risk.state, &Standing::of(&risk)?, proposal) {
                changes.push(vex_proposal::put(risk, proposal.clone(), now)?);
            }
        }
        record::record(tx, &occasion, changes).await?;
    }
    staged::drop(tx, import.id).await?;
    let row = import::ActiveModel {
        id: Set(import.id),
        status: Set(status::APPLIED.to_owned()),
        applied_at: Set(Some(now)),
        ..Default::default()
    };
    Ok(row.update(tx).await?)
}

/// Takes the proposals of an import away where they still stand.
///
/// # Errors
/// 409 when it was not applied.
pub async fn undo(
    tx: &DatabaseTransaction,
    actor: &Actor,
    import: import::Model,
    now: DateTime<Utc>,
) -> Result<import::Model, Problem> {
    if import.status != status::APPLIED {
        let text = format!("Import {} is {}; only an applied one can be undone.", import.id, import.status);
        return Err(Problem::new(Kind::Conflict, text));
    }
    let policies = Policies::load(tx).await?;
    let occasion = occasion(&policies, Some(actor.id), now);
    let proposed: Vec<i64> = risk_event::Entity::find()
        .select_only()
        .column(risk_event::Column::RiskId)
        .distinct()
        .filter(risk_event::Column::Kind.eq(vex_proposal::PROPOSED))
        .filter(risk_event::Column::RecordedAt.gte(import.received_at))
        .order_by_asc(risk_event::Column::RiskId)
        .into_tuple()
        .all(tx)
        .await?;
    let mut withdrawn = 0;
    for some in proposed.chunks(BATCH) {
        let risks = risk::Entity::find()
            .filter(risk::Column::Id.is_in(some.iter().copied()))
            .order_by_asc(risk::Column::Id)
            .all(tx)
            .await?;
        let mut changes = Vec::new();
        for risk in risks {
            changes.extend(vex_proposal::withdraw(risk, import.id, now)?);
        }
        withdrawn += changes.len();
        record::record(tx, &occasion, changes).await?;
    }
    let row = import::ActiveModel {
        id: Set(import.id),
        status: Set(status::UNDONE.to_owned()),
        // The same run may be imported again.
        run: Set(None),
        undone_at: Set(Some(now)),
        ..Default::default()
    };
    let import = row.update(tx).await?;
    let data = json!({ "withdrawn": withdrawn });
    audit_log::add(tx, actor, "import.undo", &format!("import-{}", import.id), data, now).await?;
    Ok(import)
}

fn occasion(policies: &Policies, actor_id: Option<i64>, now: DateTime<Utc>) -> Occasion<'_> {
    Occasion::of_import(actor_id, now, policies)
}
