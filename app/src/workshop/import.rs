//! Takes a workshop file in: the register, the stories and the risks, as a draft. The same file again, or a later
//! state of it, changes what is there and makes nothing twice.

use std::collections::HashMap;
use std::io::Cursor;

use abate_entity::lifecycle::{Treatment, Via};
use abate_entity::tier::Tier;
use abate_entity::{
    asset, control, import, risk, risk_control, risk_identity, scenario, staged_change, workshop,
};
use abate_integrations::workshop::{Workshop, WorkshopAsset, WorkshopError, WorkshopRisk, parse};
use chrono::{DateTime, Duration, NaiveTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::people::People;
use super::{DRAFT, SIGNED_OFF, summary_rules};
use crate::access::team;
use crate::asset::register::{self, NewAsset};
use crate::audit_log;
use crate::calendar::local_time;
use crate::intake::receive::Upload;
use crate::intake::stage::{Sender, unusable};
use crate::intake::status;
use crate::platform::ids::Ids;
use crate::platform::problem::{FieldProblem, Problem};
use crate::policy::Policies;
use crate::risk::create::{self, NewRisk};
use crate::risk::edit::{self, Edit};
use crate::risk::record::Occasion;
use crate::state::AppState;

/// The name of the format.
pub const FORMAT: &str = "workshop";
/// How risks of workshops are recognised.
const SCHEME: &str = "workshop/1";
/// For how long the same bytes count as the same upload.
const SAME_BYTES_MINUTES: i64 = 10;

/// Takes a file in; plans or applies it.
///
/// # Errors
/// 422 naming every field that is wrong; nothing is written then.
pub async fn take(state: &AppState, sender: &Sender, mut upload: Upload) -> Result<import::Model, Problem> {
    let now = state.clock.now();
    let (upload, parsed) = actix_web::web::block(move || {
        let parsed = parse(&mut upload.file);
        (upload, parsed)
    })
    .await
    .map_err(Problem::internal)?;
    let workshop = parsed.map_err(refused)?;
    if workshop.timezone.parse::<chrono_tz::Tz>().is_err() {
        return Err(Problem::invalid("workshop.timezone", "Name a zone as in Europe/London."));
    }
    state
        .database
        .write(async |tx| {
            if let Some(earlier) = repeated(tx, &upload, now).await? {
                return Ok(earlier);
            }
            let import = new_import(sender, &upload, &workshop, now).insert(tx).await?;
            if upload.form.plan_only {
                return keep_plan(tx, import, &upload, &workshop).await;
            }
            write(tx, &state.ids, sender.actor_id(), import, &workshop, now).await
        })
        .await
}

/// Applies a planned workshop.
///
/// # Errors
/// When the plan is gone.
pub async fn apply(
    state: &AppState,
    tx: &DatabaseTransaction,
    import: import::Model,
    now: DateTime<Utc>,
) -> Result<import::Model, Problem> {
    let plan = staged_change::Entity::find_by_id((import.id, 0)).one(tx).await?;
    let plan = plan.ok_or_else(|| Problem::not_found(format!("plan of import {}", import.id)))?;
    let workshop = parse(&mut Cursor::new(plan.data.to_string())).map_err(refused)?;
    staged_change::Entity::delete_by_id((import.id, 0)).exec(tx).await?;
    let actor_id = import.actor_id;
    write(tx, &state.ids, actor_id, import, &workshop, now).await
}

fn refused(error: WorkshopError) -> Problem {
    match error {
        WorkshopError::Unreadable(error) => unusable(error),
        WorkshopError::Fields(errors) => Problem::all_invalid(
            errors
                .into_iter()
                .map(|error| FieldProblem { field: error.path, detail: format!("{}.", error.reason) })
                .collect(),
        ),
    }
}

async fn repeated(
    tx: &DatabaseTransaction,
    upload: &Upload,
    now: DateTime<Utc>,
) -> Result<Option<import::Model>, Problem> {
    let mode = if upload.form.plan_only { "plan" } else { "apply" };
    let same = import::Entity::find()
        .filter(import::Column::Format.eq(FORMAT))
        .filter(import::Column::Status.ne(status::FAILED))
        .filter(import::Column::Mode.eq(mode));
    let same = match &upload.form.run {
        Some(run) => same.filter(import::Column::Run.eq(run)),
        None => same
            .filter(import::Column::Sha256.eq(&upload.sha256))
            .filter(import::Column::Run.is_null())
            .filter(import::Column::ReceivedAt.gt(now - Duration::minutes(SAME_BYTES_MINUTES))),
    };
    Ok(same.order_by_desc(import::Column::Id).one(tx).await?)
}

fn new_import(
    sender: &Sender,
    upload: &Upload,
    workshop: &Workshop,
    now: DateTime<Utc>,
) -> import::ActiveModel {
    import::ActiveModel {
        status: Set(status::PLANNED.to_owned()),
        mode: Set(if upload.form.plan_only { "plan" } else { "apply" }.to_owned()),
        format: Set(FORMAT.to_owned()),
        file_name: Set(upload.file_name.clone()),
        sha256: Set(upload.sha256.clone()),
        size: Set(i64::try_from(upload.size).unwrap_or(i64::MAX)),
        run: Set(upload.form.run.clone()),
        tool_name: Set("workshop".to_owned()),
        tool_version: Set(String::new()),
        complete: Set(false),
        scanned_at: Set(now),
        findings: Set(i64::try_from(workshop.risks.len()).unwrap_or(0)),
        created_count: Set(0),
        updated_count: Set(0),
        unchanged_count: Set(0),
        reopened_count: Set(0),
        vanished_count: Set(0),
        rejected_count: Set(0),
        by_level: Set(json!({})),
        rejected: Set(json!([])),
        idempotency_key: Set(sender.idempotency_key.clone()),
        actor_id: Set(sender.actor_id()),
        via: Set(sender.via.as_str().to_owned()),
        received_at: Set(now),
        ..Default::default()
    }
}

/// Keeps the file as the plan, and counts it.
async fn keep_plan(
    tx: &DatabaseTransaction,
    import: import::Model,
    upload: &Upload,
    workshop: &Workshop,
) -> Result<import::Model, Problem> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut file = &upload.file;
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_string(&mut text)).map_err(Problem::internal)?;
    let document: serde_json::Value =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(Problem::internal)?;
    let level = abate_entity::level::Level::Info;
    let row = staged_change::ActiveModel {
        import_id: Set(import.id),
        ordinal: Set(0),
        action: Set(status::CREATE.to_owned()),
        scheme: Set(SCHEME.to_owned()),
        hash: Set(String::new()),
        content_hash: Set(String::new()),
        kind: Set(FORMAT.to_owned()),
        severity: Set(level),
        unknown_severity: Set(false),
        level: Set(level),
        title: Set(workshop.title.clone()),
        description: Set(String::new()),
        mitigation: Set(String::new()),
        location: Set(String::new()),
        rule: Set(String::new()),
        package: Set(String::new()),
        package_version: Set(String::new()),
        fixed_version: Set(String::new()),
        tags: Set(json!([])),
        confidential: Set(false),
        data: Set(document),
        ..Default::default()
    };
    staged_change::Entity::insert(row).exec_without_returning(tx).await?;
    let policies = Policies::load(tx).await?;
    let levels = levels(workshop, &policies)?;
    let row = import::ActiveModel {
        id: Set(import.id),
        by_level: Set(json!(summary_rules::count(levels))),
        created_count: Set(import.findings),
        ..Default::default()
    };
    Ok(row.update(tx).await?)
}

fn levels(workshop: &Workshop, policies: &Policies) -> Result<Vec<abate_entity::level::Level>, Problem> {
    let positions = workshop.risks.iter().map(|risk| risk.inherent);
    positions
        .map(|position| policies.grid.level(position.likelihood, position.impact).map_err(Problem::internal))
        .collect()
}

async fn write(
    tx: &DatabaseTransaction,
    ids: &Ids,
    actor_id: Option<i64>,
    import: import::Model,
    file: &Workshop,
    now: DateTime<Utc>,
) -> Result<import::Model, Problem> {
    let policies = Policies::load(tx).await?;
    let occasion = Occasion { actor_id, via: Via::Import, now, policies: &policies, audit_each: false };
    let people = People::load(tx, team::default(tx, now).await?.id).await?;
    let counted = summary_rules::count(levels(file, &policies)?);
    let workshop = keep_workshop(tx, file, &counted, import.id, now).await?;
    let mut writer = Writer {
        tx,
        ids,
        occasion: &occasion,
        people: &people,
        workshop: &workshop,
        import_id: import.id,
        title: &file.title,
        assets: HashMap::new(),
        controls: HashMap::new(),
        scenarios: HashMap::new(),
        sla_start_at: local_time::to_utc(policies.zone, file.held_on.and_time(NaiveTime::MIN)),
        created: 0,
        updated: 0,
        unchanged: 0,
    };
    for asset in &file.assets {
        writer.asset(asset).await?;
    }
    for control in &file.controls {
        writer.control(&control.id, &control.name).await?;
    }
    for story in &file.scenarios {
        writer.scenario(&story.id, &story.name, &story.story).await?;
    }
    for risk in &file.risks {
        writer.risk(risk).await?;
    }
    let (created, updated, unchanged) = (writer.created, writer.updated, writer.unchanged);
    if created > 0 && workshop.state == SIGNED_OFF {
        // What was added since nobody has signed off yet.
        let row = workshop::ActiveModel {
            id: Set(workshop.id),
            state: Set(DRAFT.to_owned()),
            ..Default::default()
        };
        row.update(tx).await?;
    }
    let row = import::ActiveModel {
        id: Set(import.id),
        status: Set(status::APPLIED.to_owned()),
        created_count: Set(created),
        updated_count: Set(updated),
        unchanged_count: Set(unchanged),
        by_level: Set(json!(counted)),
        applied_at: Set(Some(now)),
        ..Default::default()
    };
    let import = row.update(tx).await?;
    let data =
        json!({ "file": import.sha256, "workshop": workshop.id, "created": created, "updated": updated });
    audit_log::add_as(
        tx,
        actor_id,
        Via::Import,
        "workshop.import",
        &format!("import-{}", import.id),
        data,
        now,
    )
    .await?;
    Ok(import)
}

/// The workshop's row: the one of this title and day, else a new draft.
async fn keep_workshop(
    tx: &DatabaseTransaction,
    file: &Workshop,
    counted: &summary_rules::Summary,
    import_id: i64,
    now: DateTime<Utc>,
) -> Result<workshop::Model, Problem> {
    let known = workshop::Entity::find()
        .filter(workshop::Column::Title.eq(&file.title))
        .filter(workshop::Column::HeldOn.eq(file.held_on))
        .one(tx)
        .await?;
    let mut row = workshop::ActiveModel {
        title: Set(file.title.clone()),
        held_on: Set(file.held_on),
        zone: Set(file.timezone.clone()),
        duration_minutes: Set(i32::try_from(file.duration_minutes).ok().filter(|minutes| *minutes > 0)),
        approach: Set(String::new()),
        attendees: Set(json!(file.attendees)),
        methods: Set(json!(file.methods)),
        attack_version: Set(file.attack_version.clone()),
        stated_summary: Set(json!(file.expected_summary)),
        counted_summary: Set(json!(counted)),
        import_id: Set(Some(import_id)),
        ..Default::default()
    };
    if let Some(known) = known {
        row.id = Set(known.id);
        return Ok(row.update(tx).await?);
    }
    row.state = Set(DRAFT.to_owned());
    row.created_at = Set(now);
    Ok(row.insert(tx).await?)
}

/// Writes the parts of a file one after the other.
struct Writer<'a> {
    tx: &'a DatabaseTransaction,
    ids: &'a Ids,
    occasion: &'a Occasion<'a>,
    people: &'a People,
    workshop: &'a workshop::Model,
    import_id: i64,
    title: &'a str,
    assets: HashMap<String, asset::Model>,
    controls: HashMap<String, i64>,
    scenarios: HashMap<String, i64>,
    sla_start_at: DateTime<Utc>,
    created: i64,
    updated: i64,
    unchanged: i64,
}

impl Writer<'_> {
    async fn asset(&mut self, found: &WorkshopAsset) -> Result<(), Problem> {
        let key = register::key_from(&found.name);
        let asset = match register::by_key(self.tx, &key).await? {
            Some(asset) => asset,
            None => {
                let new = NewAsset {
                    key,
                    name: found.name.clone(),
                    kind: if found.kind.is_empty() { "other".to_owned() } else { found.kind.clone() },
                    tier: tier(&found.tier),
                    data_classes: found.data_classes.clone(),
                    internet_facing: found.internet_facing,
                    ratings: found.cia.map(|rating| Some(i16::from(rating))),
                    team_id: self.people.team(&found.owner),
                    owner_id: self.people.user(&found.owner),
                    reviewed: true,
                };
                register::add(self.tx, new, self.occasion.now).await?
            }
        };
        self.assets.insert(found.id.clone(), asset);
        Ok(())
    }

    async fn control(&mut self, key: &str, name: &str) -> Result<(), Problem> {
        let known = control::Entity::find().filter(control::Column::Key.eq(key)).one(self.tx).await?;
        let id = match known {
            Some(control) => control.id,
            None => {
                let row = control::ActiveModel {
                    key: Set(key.to_owned()),
                    name: Set(name.to_owned()),
                    ..Default::default()
                };
                row.insert(self.tx).await?.id
            }
        };
        self.controls.insert(key.to_owned(), id);
        Ok(())
    }

    async fn scenario(&mut self, key: &str, name: &str, story: &str) -> Result<(), Problem> {
        let known = scenario::Entity::find()
            .filter(scenario::Column::WorkshopId.eq(self.workshop.id))
            .filter(scenario::Column::Key.eq(key))
            .one(self.tx)
            .await?;
        let mut row = scenario::ActiveModel {
            workshop_id: Set(self.workshop.id),
            key: Set(key.to_owned()),
            name: Set(name.to_owned()),
            story: Set(story.to_owned()),
            ..Default::default()
        };
        let id = match known {
            Some(known) => {
                row.id = Set(known.id);
                row.update(self.tx).await?.id
            }
            None => row.insert(self.tx).await?.id,
        };
        self.scenarios.insert(key.to_owned(), id);
        Ok(())
    }

    async fn risk(&mut self, found: &WorkshopRisk) -> Result<(), Problem> {
        let assets: Vec<asset::Model> =
            found.assets.iter().filter_map(|id| self.assets.get(id).cloned()).collect();
        let Some(primary) = assets.first() else { return Ok(()) };
        let hash = identity(self.title, &found.id);
        let known = risk_identity::Entity::find()
            .filter(risk_identity::Column::Scheme.eq(SCHEME))
            .filter(risk_identity::Column::Hash.eq(&hash))
            .one(self.tx)
            .await?;
        if let Some(known) = known {
            return self.update(known.risk_id, found).await;
        }
        let new = NewRisk {
            origin: "workshop",
            title: found.title.clone(),
            description: found.description.clone(),
            mitigation: found.mitigation.clone(),
            further_assets: assets.iter().skip(1).map(|asset| asset.id).collect(),
            owner_id: self.people.user(&found.owner).or(primary.owner_id),
            inherent: Some((found.inherent.likelihood, found.inherent.impact)),
            target: found.target.map(|target| (target.likelihood, target.impact)),
            treatment: found.treatment.parse::<Treatment>().ok(),
            kill_chain_phase: (!found.kill_chain_phase.is_empty()).then(|| found.kill_chain_phase.clone()),
            tags: tags(found),
            workshop_id: Some(self.workshop.id),
            scenario_id: self.scenarios.get(&found.scenario).copied(),
            import_id: Some(self.import_id),
            sla_start_at: Some(self.sla_start_at),
        };
        let risk = create::create(self.tx, self.ids, self.occasion, primary, new).await?;
        let row = risk_identity::ActiveModel {
            asset_id: Set(primary.id),
            scheme: Set(SCHEME.to_owned()),
            hash: Set(hash),
            risk_id: Set(risk.id),
            because: Set(format!("{} of the workshop", found.id)),
            made_by: Set(None),
            created_at: Set(self.occasion.now),
            ..Default::default()
        };
        risk_identity::Entity::insert(row).exec_without_returning(self.tx).await?;
        let controls: Vec<_> = found
            .controls
            .iter()
            .filter_map(|key| self.controls.get(key))
            .map(|control_id| risk_control::ActiveModel {
                risk_id: Set(risk.id),
                control_id: Set(*control_id),
                ..Default::default()
            })
            .collect();
        if !controls.is_empty() {
            risk_control::Entity::insert_many(controls).exec_without_returning(self.tx).await?;
        }
        self.created += 1;
        Ok(())
    }

    /// What a later state of the file says in other words is written; where the risk stands is ours.
    async fn update(&mut self, risk_id: i64, found: &WorkshopRisk) -> Result<(), Problem> {
        let Some(risk) = risk::Entity::find_by_id(risk_id).one(self.tx).await? else { return Ok(()) };
        let version = risk.version;
        let edit = Edit {
            title: Some(found.title.split_whitespace().collect::<Vec<_>>().join(" ")),
            description: Some(found.description.clone()),
            mitigation: Some(found.mitigation.clone()),
            reason: "The workshop's file was imported again.".to_owned(),
            ..Edit::default()
        };
        let risk = edit::edit(self.tx, self.occasion, risk, edit).await?;
        if risk.version == version {
            self.unchanged += 1;
        } else {
            self.updated += 1;
        }
        Ok(())
    }
}

fn tier(word: &str) -> Tier {
    match word {
        "mission_critical" => Tier::Mission,
        "business_critical" => Tier::Business,
        "important" => Tier::Important,
        _ => Tier::Other,
    }
}

fn tags(found: &WorkshopRisk) -> Vec<(&'static str, String)> {
    let stride = found.stride.iter().map(|category| ("stride", category.clone()));
    stride.chain(found.attack.iter().map(|technique| ("technique", technique.id.clone()))).collect()
}

/// A risk of a workshop is recognised by the workshop's title and its own number there.
fn identity(title: &str, id: &str) -> String {
    let digest = Sha256::new()
        .chain_update(SCHEME)
        .chain_update([0])
        .chain_update(title)
        .chain_update([0])
        .chain_update(id);
    hex::encode(&digest.finalize()[..16])
}
