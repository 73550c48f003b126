//! Writes what a file of a workshop says: its session, assets, controls, stories and risks.

use std::collections::HashMap;

use abate_entity::lifecycle::Via;
use abate_entity::{asset, import, scenario, workshop};
use abate_integrations::workshop::Workshop;
use chrono::{DateTime, NaiveTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder,
};
use serde_json::json;

use super::asset::Places;
use super::known::KnownThreat;
use super::people::People;
use super::reading::Kept;
use super::{DRAFT, SIGNED_OFF, known, plan, summary_rules};
use crate::access::team;
use crate::audit_log;
use crate::calendar::local_time;
use crate::control::store as control;
use crate::intake::status;
use crate::platform::ids::Ids;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::record::Occasion;

/// Writes a file, and settles its import.
pub(super) async fn write(
    tx: &DatabaseTransaction,
    ids: &Ids,
    actor_id: Option<i64>,
    import: import::Model,
    kept: &Kept,
    now: DateTime<Utc>,
) -> Result<import::Model, Problem> {
    let file = &kept.workshop;
    let policies = Policies::load(tx).await?;
    let occasion = Occasion::of_import(actor_id, now, &policies);
    let people = People::load(tx, team::default(tx, now).await?.id).await?;
    let counted = summary_rules::count(plan::levels(kept, &policies)?);
    let workshop = keep_workshop(tx, file, &counted, &policies, import.id, now).await?;
    let stand_in = match import.asset_id {
        Some(id) => asset::Entity::find_by_id(id).one(tx).await?,
        None => None,
    };
    let places = Places { tx, people: &people, model: &file.title, stand_in: stand_in.as_ref(), now };
    let known = known::of_model(tx, &file.title).await?;
    let held_on = file.held_on.map(|day| local_time::to_utc(policies.zone, day.and_time(NaiveTime::MIN)));
    let mut writer = Writer {
        tx,
        ids,
        occasion: &occasion,
        people: &people,
        workshop: &workshop,
        import_id: import.id,
        model: &file.title,
        assets: HashMap::new(),
        controls: HashMap::new(),
        scenarios: HashMap::new(),
        known,
        sla_start_at: held_on.unwrap_or(now),
        created: 0,
        updated: 0,
        unchanged: 0,
        returned: 0,
    };
    for found in &file.assets {
        let asset = places.find_or_add(found).await?;
        writer.assets.insert(found.id.clone(), asset);
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
    writer.track(&file.tracking).await?;
    let gone = if kept.partial { 0 } else { writer.note_gone(&file.risks).await? };
    let (created, updated, unchanged) = (writer.created, writer.updated, writer.unchanged);
    let returned = writer.returned;
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
        findings: Set(i64::try_from(file.risks.len()).unwrap_or(0)),
        created_count: Set(created),
        updated_count: Set(updated),
        unchanged_count: Set(unchanged),
        reopened_count: Set(returned),
        vanished_count: Set(gone),
        rejected_count: Set(0),
        rejected: Set(json!([])),
        by_level: Set(json!(counted)),
        applied_at: Set(Some(now)),
        ..Default::default()
    };
    let import = row.update(tx).await?;
    let data = json!({ "file": import.sha256, "workshop": workshop.id, "created": created, "updated": updated, "gone": gone });
    let subject = format!("import-{}", import.id);
    audit_log::add_as(tx, actor_id, Via::Import, "workshop.import", &subject, data, now).await?;
    Ok(import)
}

/// The workshop's row: the one of this title and day, else a new draft. A file that names no day is the latest of its
/// title.
async fn keep_workshop(
    tx: &DatabaseTransaction,
    file: &Workshop,
    counted: &summary_rules::Summary,
    policies: &Policies,
    import_id: i64,
    now: DateTime<Utc>,
) -> Result<workshop::Model, Problem> {
    let mut same = workshop::Entity::find().filter(workshop::Column::Title.eq(&file.title));
    if let Some(day) = file.held_on {
        same = same.filter(workshop::Column::HeldOn.eq(day));
    }
    let known = same.order_by_desc(workshop::Column::Id).one(tx).await?;
    let mut row = workshop::ActiveModel {
        title: Set(file.title.clone()),
        zone: Set(file.timezone.clone()),
        duration_minutes: Set(i32::try_from(file.duration_minutes).ok().filter(|minutes| *minutes > 0)),
        approach: Set(file.approach.clone()),
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
    let today = now.with_timezone(&policies.zone).date_naive();
    row.held_on = Set(file.held_on.unwrap_or(today));
    row.state = Set(DRAFT.to_owned());
    row.created_at = Set(now);
    Ok(row.insert(tx).await?)
}

/// Writes the parts of a file one after the other.
pub(super) struct Writer<'a> {
    pub(super) tx: &'a DatabaseTransaction,
    pub(super) ids: &'a Ids,
    pub(super) occasion: &'a Occasion<'a>,
    pub(super) people: &'a People,
    pub(super) workshop: &'a workshop::Model,
    pub(super) import_id: i64,
    pub(super) model: &'a str,
    pub(super) assets: HashMap<String, asset::Model>,
    pub(super) controls: HashMap<String, i64>,
    pub(super) scenarios: HashMap<String, i64>,
    pub(super) known: HashMap<String, KnownThreat>,
    pub(super) sla_start_at: DateTime<Utc>,
    pub(super) created: i64,
    pub(super) updated: i64,
    pub(super) unchanged: i64,
    pub(super) returned: i64,
}

impl Writer<'_> {
    async fn control(&mut self, key: &str, name: &str) -> Result<(), Problem> {
        let id = control::known_or_new(self.tx, key, name, self.occasion.now).await?;
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
}
