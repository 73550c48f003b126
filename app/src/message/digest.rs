//! The timer of the morning: tells each owner what is late and what is due soon, one message a person a day.

use abate_entity::lifecycle::State;
use abate_entity::{app_user, risk};
use abate_integrations::slack::{Block, Message, PreparedMessage};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::ledger::{self, NewMessage};
use super::schedule::{digest_day, horizon};
use crate::calendar::local_time::end_of_day;
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::setting;
use crate::platform::timer::Timer;
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::slack::card;
use crate::state::AppState;

/// Wants the digests of the day.
pub const TIMER: Timer<AppState> = Timer { name: "digest", every: Duration::seconds(20), run };

/// The setting that holds the day of the last digest.
const LAST_DAY: &str = "digest_day";
/// Risks listed in one digest; the rest is counted.
const LISTED: u64 = 20;

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        if state.slack.is_none() {
            return Ok(());
        }
        let db = state.database.reader();
        let zone = Policies::load(db).await?.zone;
        match digest_day(state.clock.now(), zone, last_day(db).await?) {
            Some(day) => want(state, day).await,
            None => Ok(()),
        }
    })
}

/// Writes the digests of `day`, each once however often this is called. They are sent by the job that sends messages.
///
/// # Errors
/// When the database refuses.
pub async fn want(state: &AppState, day: NaiveDate) -> Result<(), Problem> {
    let now = state.clock.now();
    let zone = Policies::load(state.database.reader()).await?.zone;
    let digests = digests(state, day, zone, now).await?;
    let count = digests.len();
    state
        .database
        .write(async |tx| {
            for digest in &digests {
                ledger::want(tx, digest.clone(), now).await?;
            }
            setting::write(tx, LAST_DAY, &day.to_string()).await?;
            Ok(())
        })
        .await?;
    tracing::info!(%day, count, "the digests of the day are wanted");
    Ok(())
}

async fn last_day(db: &impl ConnectionTrait) -> Result<Option<NaiveDate>, Problem> {
    Ok(setting::read(db, LAST_DAY).await?.and_then(|day| day.parse().ok()))
}

async fn digests(
    state: &AppState,
    day: NaiveDate,
    zone: Tz,
    now: DateTime<Utc>,
) -> Result<Vec<NewMessage>, Problem> {
    let db = state.database.reader();
    let until = end_of_day(zone, horizon(day));
    let owners: Vec<i64> = due(until)
        .select_only()
        .column(risk::Column::OwnerId)
        .filter(risk::Column::OwnerId.is_not_null())
        .distinct()
        .order_by_asc(risk::Column::OwnerId)
        .into_tuple()
        .all(db)
        .await?;
    let mut digests = Vec::new();
    for owner in owners {
        let user = app_user::Entity::find_by_id(owner).one(db).await?;
        if user.is_none_or(|user| !user.active) {
            continue;
        }
        let own = || due(until).filter(risk::Column::OwnerId.eq(owner));
        let risks = own()
            .order_by_asc(risk::Column::DueAt)
            .order_by_asc(risk::Column::Id)
            .limit(LISTED)
            .all(db)
            .await?;
        let counts = Counts {
            all: own().count(db).await?,
            late: own().filter(risk::Column::DueAt.lt(now)).count(db).await?,
        };
        digests.push(NewMessage {
            key: format!("digest/{owner}/{day}"),
            kind: "digest",
            user_id: Some(owner),
            message: text(&risks, counts, state.config.web.base_url.as_str(), zone, now),
        });
    }
    Ok(digests)
}

#[derive(Clone, Copy)]
struct Counts {
    all: u64,
    late: u64,
}

fn due(until: DateTime<Utc>) -> Select<risk::Entity> {
    let open = State::ALL.iter().copied().filter(|state| state.is_open());
    risk::Entity::find().filter(risk::Column::State.is_in(open)).filter(risk::Column::DueAt.lte(until))
}

fn text(
    risks: &[risk::Model],
    counts: Counts,
    base_url: &str,
    zone: Tz,
    now: DateTime<Utc>,
) -> PreparedMessage {
    let Counts { all, late } = counts;
    let text = format!("Your risks today: {late} late, {} due in the next 14 days.", all - late.min(all));
    let mut blocks = vec![Block::text(text.as_str())];
    for risk in risks {
        blocks.push(card::line(risk, &format!("{base_url}risks/{}", RiskKey(risk.id)), now, zone));
    }
    let more = all.saturating_sub(risks.len() as u64);
    if more > 0 {
        blocks.push(Block::note(format!("{more} more are in Abate.").as_str()));
    }
    Message { text, blocks }.prepare()
}
