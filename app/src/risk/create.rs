//! Records a risk by hand, or from a workshop.

use abate_entity::lifecycle::{State, Treatment};
use abate_entity::{asset, risk};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, DatabaseTransaction};

use super::clock::Happening;
use super::rate::{self, Why};
use super::rated::{Rated, Source};
use super::record::{self, NewEvent, Occasion};
use super::standing::Standing;
use super::tag;
use crate::platform::database::take_numbers;
use crate::platform::ids::Ids;
use crate::platform::problem::Problem;

/// The range that the numbers of risks come from.
pub const NUMBERS: &str = "risk";
/// Longest title, in characters.
const MAX_TITLE: usize = 300;
/// Longest text, in characters.
const MAX_TEXT: usize = 50_000;

/// A risk to be recorded.
#[derive(Clone, Debug, Default)]
pub struct NewRisk {
    /// workshop or manual.
    pub origin: &'static str,
    /// One line.
    pub title: String,
    /// What is wrong.
    pub description: String,
    /// What to do about it.
    pub mitigation: String,
    /// Further assets besides the primary one.
    pub further_assets: Vec<i64>,
    /// Who answers for it.
    pub owner_id: Option<i64>,
    /// Likelihood and impact before controls.
    pub inherent: Option<(u8, u8)>,
    /// Likelihood and impact after the planned treatment.
    pub target: Option<(u8, u8)>,
    /// Where these come from; a workshop or a person unless told.
    pub why: Option<Why>,
    /// What is meant to be done.
    pub treatment: Option<Treatment>,
    /// One of the seven phases.
    pub kill_chain_phase: Option<String>,
    /// Words to find it by, as kind and value.
    pub tags: Vec<(&'static str, String)>,
    /// The workshop it comes from.
    pub workshop_id: Option<i64>,
    /// The story it is part of.
    pub scenario_id: Option<i64>,
    /// The import it comes from.
    pub import_id: Option<i64>,
    /// Whether tickets and messages keep its text to themselves.
    pub confidential: bool,
    /// When its clocks start, now unless told.
    pub sla_start_at: Option<DateTime<Utc>>,
}

/// Records a risk on `asset`, in state new.
///
/// # Errors
/// 422 naming each field that is wrong.
pub async fn create(
    tx: &DatabaseTransaction,
    ids: &Ids,
    occasion: &Occasion<'_>,
    asset: &asset::Model,
    new: NewRisk,
) -> Result<risk::Model, Problem> {
    check_text("title", &new.title, MAX_TITLE)?;
    if new.title.trim().is_empty() {
        return Err(Problem::invalid("title", "Say in one line what the risk is."));
    }
    check_text("description", &new.description, MAX_TEXT)?;
    check_text("mitigation", &new.mitigation, MAX_TEXT)?;
    let now = occasion.now;
    let id = take_numbers(tx, NUMBERS, 1).await?;
    let sla_start_at = new.sla_start_at.unwrap_or(now);
    let mut row = risk::ActiveModel {
        id: Set(id),
        uuid: Set(ids.uuid(now)),
        origin: Set(new.origin.to_owned()),
        asset_id: Set(asset.id),
        team_id: Set(asset.team_id),
        owner_id: Set(new.owner_id),
        assignee_id: Set(None),
        title: Set(new.title.split_whitespace().collect::<Vec<_>>().join(" ")),
        description: Set(new.description),
        mitigation: Set(new.mitigation),
        state: Set(State::New),
        resolution: Set(None),
        treatment: Set(new.treatment),
        policy_id: Set(occasion.policies.policy_id),
        kill_chain_phase: Set(new.kill_chain_phase),
        workshop_id: Set(new.workshop_id),
        scenario_id: Set(new.scenario_id),
        confidential: Set(new.confidential),
        ticket_wanted: Set(false),
        plan: Set(String::new()),
        detected_at: Set(now),
        sla_start_at: Set(sla_start_at),
        reopen_count: Set(0),
        standing: Set(Standing::default().to_json()?),
        import_id: Set(new.import_id),
        ..Default::default()
    };
    let mut first = NewEvent::plain("created", now);
    let source = match (new.origin, occasion.actor_id) {
        ("workshop", _) => Source::Workshop,
        (_, Some(_)) => Source::Person,
        (_, None) => Source::Rule,
    };
    let why = new.why.unwrap_or_else(|| Why::plain(source));
    let rated = Rated { inherent: new.inherent, current: None, target: new.target };
    let level = rate::begin(&mut row, &mut first, occasion.policies, rated, &why)?;
    first.clock = vec![(now, Happening::Ingested { level })];
    first.data.insert("level".to_owned(), level.as_str().into());
    first.data.insert("grid".to_owned(), occasion.policies.grid_label().into());
    let mut further_assets = new.further_assets;
    further_assets.retain(|further| *further != asset.id);
    let risk = record::create(tx, occasion, row, &further_assets, first).await?;
    tag::add(tx, new.tags.into_iter().map(|(kind, word)| (risk.id, kind, word))).await?;
    Ok(risk)
}

/// Refuses a text that is too long or holds characters that no text holds.
///
/// # Errors
/// 422 naming the field.
pub fn check_text(field: &str, text: &str, longest: usize) -> Result<(), Problem> {
    if text.chars().count() > longest {
        return Err(Problem::invalid(field, format!("Use at most {longest} characters.")));
    }
    if text.contains('\0') {
        return Err(Problem::invalid(field, "Leave out the zero bytes."));
    }
    Ok(())
}
