//! Tells administrators that a connection cannot be used, once for each time, and that it can again; and that a token
//! is about to end.

use abate_entity::connection::{self, Column};
use abate_entity::notice as notices;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};

use super::health_rules::{ProblemKind, expiry_notice};
use crate::access::role::{EVERY_TEAM, Role};
use crate::message::notice::{self, NewNotice};
use crate::owner::directory;
use crate::platform::job::Work;
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;

/// Looks whether somebody has to be told.
pub const TIMER: Timer<AppState> = Timer { name: "ticket_alert", every: Duration::seconds(30), run: tick };

fn tick(state: &AppState) -> Work<'_> {
    Box::pin(run(state))
}

/// What a connection has to tell.
enum Alert {
    /// It cannot be used since then.
    Ill { since: DateTime<Utc>, text: String },
    /// It could not be used since then, and can again.
    Well { since: DateTime<Utc> },
    /// Its token ends.
    TokenEnds { on: NaiveDate, notice: i64 },
}

async fn run(state: &AppState) -> Result<(), Problem> {
    let rows = connection::Entity::find()
        .filter(Column::RemovedAt.is_null())
        .filter(Column::Paused.eq(false))
        .filter(
            Condition::any()
                .add(Column::ProblemSince.is_not_null())
                .add(Column::ToldSince.is_not_null())
                .add(Column::TokenExpiresOn.is_not_null()),
        )
        .order_by_asc(Column::Id)
        .all(state.database.reader())
        .await?;
    if rows.is_empty() {
        return Ok(());
    }
    let now = state.clock.now();
    let today = now.with_timezone(&state.config.organisation.zone).date_naive();
    for row in rows {
        for alert in alerts(&row, now, today) {
            // The end of a token is near for a month, and each notice of it is written once.
            if let Alert::TokenEnds { on, notice } = &alert
                && is_told(state, &key(&row, &format!("token/{on}/{notice}"))).await?
            {
                continue;
            }
            state.database.write(async |tx| tell(tx, &row, &alert, now).await).await?;
        }
    }
    Ok(())
}

fn key(row: &connection::Model, about: &str) -> String {
    format!("jira/{}/{about}/", row.id)
}

async fn is_told(state: &AppState, key: &str) -> Result<bool, Problem> {
    let known = notices::Entity::find()
        .filter(notices::Column::Key.starts_with(key))
        .one(state.database.reader())
        .await?;
    Ok(known.is_some())
}

fn alerts(row: &connection::Model, now: DateTime<Utc>, today: NaiveDate) -> Vec<Alert> {
    let mut alerts = Vec::new();
    match (row.problem_since, row.told_since) {
        (None, Some(since)) => alerts.push(Alert::Well { since }),
        (Some(since), told) if told != Some(since) => {
            let kind = row.problem_kind.as_deref().and_then(|kind| kind.parse::<ProblemKind>().ok());
            if now - since >= kind.unwrap_or(ProblemKind::Down).patience() {
                alerts.push(Alert::Ill { since, text: row.problem.clone().unwrap_or_default() });
            }
        }
        _ => {}
    }
    if let Some(on) = row.token_expires_on
        && let Some(notice) = expiry_notice((on - today).num_days())
    {
        alerts.push(Alert::TokenEnds { on, notice });
    }
    alerts
}

async fn tell(
    tx: &DatabaseTransaction,
    row: &connection::Model,
    alert: &Alert,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let (about, text) = match alert {
        Alert::Ill { since, text } => (
            format!("ill/{}", since.timestamp_millis()),
            format!("JIRA {} cannot be used: {text}. Tickets wait until that is mended.", row.name),
        ),
        Alert::Well { since } => (
            format!("well/{}", since.timestamp_millis()),
            format!("JIRA {} can be used again; what waited is done now.", row.name),
        ),
        Alert::TokenEnds { on, notice } => (
            format!("token/{on}/{notice}"),
            format!("The token of JIRA {} ends on {on}. Make a new one and enter it in time.", row.name),
        ),
    };
    for user_id in directory::holders(tx, Role::Admin, EVERY_TEAM).await? {
        let notice = NewNotice {
            key: format!("{}{user_id}", key(row, &about)),
            user_id,
            kind: "connection",
            risk_id: None,
            text: text.clone(),
            link: format!("/settings/jira/{}", row.id),
            urgent: false,
            about_at: now,
            not_before: now,
        };
        notice::want(tx, now, notice).await?;
    }
    let told_since = match alert {
        Alert::Ill { since, .. } => Some(*since),
        Alert::Well { .. } => None,
        Alert::TokenEnds { .. } => return Ok(()),
    };
    connection::Entity::update_many()
        .set(connection::ActiveModel { told_since: Set(told_since), ..Default::default() })
        .filter(Column::Id.eq(row.id))
        .exec(tx)
        .await?;
    Ok(())
}
