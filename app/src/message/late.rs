//! The timer that tells the channel what has become late: each risk once for each due date, many at once together.

use abate_entity::lifecycle::State;
use abate_entity::risk;
use abate_integrations::slack::{Block, Message, PreparedMessage};
use chrono::{DateTime, Duration, NaiveDate, SecondsFormat, Utc};
use chrono_tz::Tz;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::ledger::{self, NewMessage};
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::setting;
use crate::platform::timer::Timer;
use crate::policy::Policies;
use crate::risk::api::view::Names;
use crate::risk::key::RiskKey;
use crate::slack::card;
use crate::state::AppState;

/// Wants the posts about what has become late.
pub const TIMER: Timer<AppState> = Timer { name: "late", every: Duration::seconds(20), run };

/// The setting that says up to when has been looked.
const LOOKED_UNTIL: &str = "late_until";
/// A change that was not yet committed when it was looked for is found the next time.
const OVERLAP: Duration = Duration::minutes(5);
/// Risks told in one go; the others follow with the next tick.
const AT_ONCE: u64 = 100_000;
/// The key of the row that says that a risk was told for its due date, as `fold` is given it.
const NOT_TOLD: &str =
    "NOT EXISTS (SELECT 1 FROM message WHERE message.key = 'late/' || risk.id || '/' || risk.due_on)";
/// Risks listed in a post; the rest is counted.
const LISTED: usize = 15;

fn run(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        if state.slack.as_ref().is_none_or(|slack| slack.channel.is_none()) {
            return Ok(());
        }
        let db = state.database.reader();
        let now = state.clock.now();
        let looked_until = looked_until(db).await?;
        let policies = Policies::load(db).await?;
        let late = not_told(db, &policies, looked_until, now).await?;
        let complete = (late.len() as u64) < AT_ONCE;
        let listed: Vec<i64> = late.iter().take(LISTED).map(|(id, _)| *id).collect();
        let listed = risk::Entity::find()
            .filter(risk::Column::Id.is_in(listed))
            .order_by_asc(risk::Column::DueAt)
            .order_by_asc(risk::Column::Id)
            .all(db)
            .await?;
        let names = Names::of(db, &listed, &[]).await?;
        let zone = policies.zone;
        let message = text(&listed, late.len(), &names, state.config.web.base_url.as_str(), zone, now);
        let stamp = now.to_rfc3339_opts(SecondsFormat::Micros, true);
        state
            .database
            .write(async |tx| {
                if let Some((first, _)) = late.first() {
                    let told = late.iter().map(|(id, due)| format!("late/{id}/{due}"));
                    ledger::fold(tx, told, "late", now).await?;
                    let key = format!("late/post/{stamp}/{first}");
                    let new = NewMessage { key, kind: "late", user_id: None, message: message.clone() };
                    ledger::want(tx, new, now).await?;
                }
                if complete {
                    setting::write(tx, LOOKED_UNTIL, &stamp).await?;
                }
                Ok(())
            })
            .await
    })
}

async fn looked_until(db: &impl ConnectionTrait) -> Result<Option<DateTime<Utc>>, Problem> {
    Ok(setting::read(db, LOOKED_UNTIL).await?.and_then(|text| text.parse().ok()))
}

/// The late risks, with their due dates, that were not told: those that became late since, and those that changed.
async fn not_told(
    db: &impl ConnectionTrait,
    policies: &Policies,
    looked_until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Vec<(i64, NaiveDate)>, Problem> {
    let open = State::ALL.iter().copied().filter(|state| state.is_open());
    let mut late = risk::Entity::find()
        .select_only()
        .columns([risk::Column::Id, risk::Column::DueOn, risk::Column::DueAt, risk::Column::TeamId])
        .filter(risk::Column::State.is_in(open))
        .filter(risk::Column::DueAt.lt(now))
        .filter(risk::Column::DueOn.is_not_null())
        .filter(Expr::cust(NOT_TOLD));
    // Grace is over later than the due date was.
    let looked_until = looked_until.map(|until| until - policies.longest_grace());
    if let Some(until) = looked_until {
        late = late.filter(
            Condition::any()
                .add(risk::Column::DueAt.gte(until - OVERLAP))
                .add(risk::Column::UpdatedAt.gte(until - OVERLAP)),
        );
    }
    let late: Vec<(i64, NaiveDate, DateTime<Utc>, i64)> = late
        .order_by_asc(risk::Column::DueAt)
        .order_by_asc(risk::Column::Id)
        .limit(AT_ONCE)
        .into_tuple()
        .all(db)
        .await?;
    let over = late.into_iter().filter(|(_, _, due_at, team_id)| *due_at + policies.grace_of(*team_id) < now);
    Ok(over.map(|(id, due_on, ..)| (id, due_on)).collect())
}

fn text(
    listed: &[risk::Model],
    count: usize,
    names: &Names,
    base_url: &str,
    zone: Tz,
    now: DateTime<Utc>,
) -> PreparedMessage {
    let text = match listed {
        [risk] if count == 1 && !risk.confidential => {
            let owner = risk.owner_id.and_then(|id| names.person(id)).unwrap_or_else(|| "nobody".to_owned());
            format!("{} is late. Owner: {owner}.", RiskKey(risk.id))
        }
        [risk] if count == 1 => format!("{} is late.", RiskKey(risk.id)),
        _ => format!("{count} risks are late."),
    };
    let mut blocks = vec![Block::text(text.as_str())];
    for risk in listed {
        blocks.push(card::line(risk, &format!("{base_url}risks/{}", RiskKey(risk.id)), now, zone));
    }
    if count > listed.len() {
        blocks.push(Block::note(format!("{} more are in Abate.", count - listed.len()).as_str()));
    }
    Message { text, blocks }.prepare()
}
