//! A risk as one line of a list.

use abate_entity::lifecycle::State;
use abate_entity::{connection, risk};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};

use crate::page::badge::Badge;
use crate::page::due::Due;
use crate::page::listing::Link;
use crate::platform::clock::never;
use crate::platform::problem::Problem;
use crate::risk::api::view::Names;
use crate::risk::key::RiskKey;
use crate::risk::view::RiskRow;

/// What the rows of one list have in common.
#[derive(Debug)]
pub(crate) struct Lines {
    names: Names,
    today: NaiveDate,
    zone: Tz,
    browse_url: String,
}

impl Lines {
    /// Reads what the rows of `risks` refer to.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub(crate) async fn of(
        db: &impl ConnectionTrait,
        risks: &[risk::Model],
        now: DateTime<Utc>,
        zone: Tz,
    ) -> Result<Self, Problem> {
        let names = Names::of(db, risks, &[]).await?;
        let connection = connection::Entity::find().order_by_asc(connection::Column::Id).one(db).await?;
        let browse_url = connection.map(|connection| connection.browse_url).unwrap_or_default();
        Ok(Self { names, today: now.with_timezone(&zone).date_naive(), zone, browse_url })
    }

    /// The line of one risk.
    pub(crate) fn row(&self, risk: &risk::Model) -> RiskRow {
        let key = RiskKey(risk.id).to_string();
        RiskRow {
            href: format!("/risks/{key}"),
            key,
            title: risk.title.clone(),
            asset: self.names.asset(risk.asset_id).map(|asset| asset.name.clone()).unwrap_or_default(),
            level: Badge::level(risk.level.as_str()),
            state: state(risk),
            owner: risk.owner_id.and_then(|id| self.names.person(id)).unwrap_or_default(),
            team: self.names.team(risk.team_id).map(|team| team.name.clone()).unwrap_or_default(),
            due: due_of(risk, self.today, self.zone),
            ticket: self.names.ticket(risk.id).map(|key| Link::new(key, ticket_page(&self.browse_url, key))),
        }
    }
}

/// The state of a risk, with its resolution once closed.
pub(crate) fn state(risk: &risk::Model) -> Badge {
    let mut badge = Badge::state(risk.state.as_str());
    if let Some(resolution) = risk.resolution {
        badge.title = crate::page::badge::capitalised(resolution.as_str());
    }
    badge
}

/// When a risk is due, and what that means in its state.
pub(crate) fn due_of(risk: &risk::Model, today: NaiveDate, zone: Tz) -> Due {
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    match (risk.state, risk.due_on) {
        (State::Closed, Some(day)) => match risk.claimed_at.or(risk.closed_at) {
            Some(stopped) => Due::stopped(day, local(stopped)),
            None => Due::resting(day, "closed"),
        },
        (State::Closed, None) => Due::none("closed"),
        (State::Accepted, day) => match (risk.acceptance_ends_on, day) {
            (Some(last), _) => Due::resting(last, "accepted until then"),
            (None, Some(day)) => Due::resting(day, "suspended"),
            (None, None) => Due::none("accepted"),
        },
        (_, Some(day)) => Due::running(day, today),
        (State::New | State::Triage, None) if risk.triage_due_at < never() => {
            let mut due = Due::running(local(risk.triage_due_at), today);
            due.words = format!("triage {}", due.words);
            due
        }
        (State::New | State::Triage, None) => Due::none("set when confirmed"),
        (_, None) => Due::none("none"),
    }
}

/// Where people open a ticket; empty where that is not known.
pub(crate) fn ticket_page(browse_url: &str, key: &str) -> String {
    if browse_url.is_empty() {
        String::new()
    } else {
        format!("{}/browse/{key}", browse_url.trim_end_matches('/'))
    }
}
