//! What happened before the visitor came: half a year of CloudVista, lived through by the real engine under a clock
//! that is moved by hand.

mod obligations;
mod scans;
mod story;
mod workshop;

use chrono::{DateTime, Duration, Utc};

use self::story::Story;
use super::people::Cast;
use crate::config::Config;
use crate::platform::clock::Clock;
use crate::platform::ids::Ids;
use crate::startup;

/// How long before the visitor's arrival the story begins, in days.
const BEGINNING: i64 = 150;

/// Makes the database that `config` names and lives through everything up to `now`.
///
/// # Errors
/// When the engine refuses a step of the story.
pub async fn live_through(config: Config, ids: Ids, now: DateTime<Utc>) -> anyhow::Result<Cast> {
    let (clock, hand) = Clock::manual(now - Duration::days(BEGINNING));
    let state = startup::open(config, clock, ids).await?;
    let mut story = Story::begin(state, hand, now).await?;
    obligations::set_up(&story).await?;
    scans::register_assets(&story).await?;
    scans::first_half(&mut story).await?;
    scans::second_half(&mut story).await?;
    workshop::held(&mut story).await?;
    scans::last_days(&mut story).await?;
    story.until_day(0).await?;
    let cast = story.cast.clone();
    story.end().await?;
    Ok(cast)
}
