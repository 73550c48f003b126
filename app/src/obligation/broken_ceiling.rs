//! The timer that raises a risk when an obligation was not met for longer than its ceiling allows: once for each
//! time that this happens.

use abate_entity::lifecycle::Via;
use abate_entity::tier::Tier;
use abate_entity::{asset, cadence, risk_tag, team};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::cadence::Definition;
use super::ceiling::DueRule;
use crate::asset::register;
use crate::calendar::local_time::local_date;
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::policy::Policies;
use crate::risk::create::{self, NewRisk};
use crate::risk::record::Occasion;
use crate::state::AppState;

/// Raises risks for broken ceilings.
pub const TIMER: Timer<AppState> = Timer { name: "obligation.ceiling", every: Duration::minutes(1), run };

/// Likelihood and impact of a broken ceiling: medium.
const RATING: (u8, u8) = (3, 3);
/// The kind of tag by which a risk is known to stand for a broken ceiling.
const TAG: &str = "cadence";

fn run(state: &AppState) -> Work<'_> {
    Box::pin(raise(state))
}

/// Looks at every cadence with a ceiling.
///
/// # Errors
/// When the database cannot be asked.
pub async fn raise(state: &AppState) -> Result<(), Problem> {
    let now = state.clock.now();
    let with_ceiling = cadence::Entity::find()
        .filter(cadence::Column::Active.eq(true))
        .filter(cadence::Column::CeilingMonths.is_not_null())
        .order_by_asc(cadence::Column::Id)
        .all(state.database.reader())
        .await?;
    for cadence in with_ceiling {
        let Some(held_on) = broken_since(&cadence, now)? else {
            continue;
        };
        let raised =
            state.database.write(async |tx| raise_for(tx, state, &cadence, held_on, now).await).await;
        if let Err(problem) = raised {
            tracing::error!(cadence = cadence.id, error = %problem, "a broken ceiling raised no risk");
        }
    }
    Ok(())
}

/// The day from which the ceiling counts, if it is broken: when it was last done, or else set up.
fn broken_since(cadence: &cadence::Model, now: DateTime<Utc>) -> Result<Option<NaiveDate>, Problem> {
    let definition = Definition::of(cadence)?;
    let held_on = cadence.last_done_on.unwrap_or_else(|| local_date(definition.zone, cadence.created_at));
    let rule = DueRule { ceiling_months: definition.ceiling_months, ..DueRule::default() };
    Ok(rule.is_broken(held_on, local_date(definition.zone, now)).then_some(held_on))
}

async fn raise_for(
    tx: &DatabaseTransaction,
    state: &AppState,
    cadence: &cadence::Model,
    held_on: NaiveDate,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    // Whoever looks at the same time waits here, and then finds the risk.
    cadence::Entity::find_by_id(cadence.id).lock_exclusive().one(tx).await?;
    let tag = format!("{}@{held_on}", cadence.id);
    let known = risk_tag::Entity::find()
        .filter(risk_tag::Column::Kind.eq(TAG))
        .filter(risk_tag::Column::Value.eq(&tag))
        .one(tx)
        .await?;
    if known.is_some() {
        return Ok(());
    }
    let policies = Policies::load(tx).await?;
    let occasion = Occasion::system(Via::Timer, now, &policies);
    let asset = obligations_of(tx, cadence.team_id, now).await?;
    let months = cadence.ceiling_months.unwrap_or_default();
    let new = NewRisk {
        origin: "manual",
        title: format!("{} was last held on {held_on}, more than {months} months ago", cadence.name),
        description: format!(
            "{} has to be held at least every {months} months. Nobody has done so since {held_on}.",
            cadence.name
        ),
        mitigation: "Hold it now and complete the run with evidence; say why it was missed.".to_owned(),
        owner_id: cadence.owner_id,
        inherent: Some(RATING),
        tags: vec![(TAG, tag)],
        ..NewRisk::default()
    };
    create::create(tx, &state.ids, &occasion, &asset, new).await?;
    Ok(())
}

/// What is at risk when a team does not meet its obligations.
async fn obligations_of(
    tx: &DatabaseTransaction,
    team_id: i64,
    now: DateTime<Utc>,
) -> Result<asset::Model, Problem> {
    let team =
        team::Entity::find_by_id(team_id).one(tx).await?.ok_or_else(|| Problem::not_found("such team"))?;
    let key = format!("obligations-{}", team.key.replace('_', "-"));
    if let Some(asset) = register::by_key(tx, &key).await? {
        return Ok(asset);
    }
    let new = register::NewAsset {
        key,
        name: format!("Obligations of {}", team.name),
        kind: "other".to_owned(),
        tier: Tier::Important,
        data_classes: Vec::new(),
        internet_facing: false,
        ratings: [None; 3],
        team_id,
        owner_id: None,
        reviewed: true,
    };
    register::add(tx, new, now).await
}
