//! A risk as one line of a list.

use std::collections::HashMap;

use abate_entity::lifecycle::State;
use abate_entity::{connection, finding, risk, risk_tag};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::page::badge::Badge;
use crate::page::due::Due;
use crate::page::listing::Link;
use crate::platform::clock::never;
use crate::platform::problem::Problem;
use crate::risk::api::view::Names;
use crate::risk::key::RiskKey;
use crate::risk::view::RiskRow;

/// Findings whose places are read for one list at most.
const MOST_PLACES: u64 = 500;
/// Words that tell one risk from others.
const MOST_WORDS: usize = 3;

/// What the rows of one list have in common.
#[derive(Debug)]
pub(crate) struct Lines {
    names: Names,
    today: NaiveDate,
    zone: Tz,
    /// Where people open the tickets of each connection.
    sites: HashMap<i64, String>,
    /// What tells risks of one title apart, by their numbers.
    details: HashMap<i64, String>,
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
        let connections = connection::Entity::find().all(db).await?;
        let sites = connections.into_iter().map(|row| (row.id, row.browse_url)).collect();
        let details = details(db, risks).await?;
        Ok(Self { names, today: now.with_timezone(&zone).date_naive(), zone, sites, details })
    }

    /// The line of one risk.
    pub(crate) fn row(&self, risk: &risk::Model) -> RiskRow {
        let key = RiskKey(risk.id).to_string();
        RiskRow {
            href: format!("/risks/{key}"),
            key,
            title: risk.title.clone(),
            detail: self.details.get(&risk.id).cloned().unwrap_or_default(),
            asset: self.names.asset(risk.asset_id).map(|asset| asset.name.clone()).unwrap_or_default(),
            level: Badge::level(risk.level.as_str()),
            state: state(risk),
            owner: risk.owner_id.and_then(|id| self.names.person(id)).unwrap_or_default(),
            team: self.names.team(risk.team_id).map(|team| team.name.clone()).unwrap_or_default(),
            due: due_of(risk, self.today, self.zone),
            ticket: self.names.ticket_at(risk.id).map(|(connection, key)| {
                let site = self.sites.get(&connection).map_or("", String::as_str);
                Link::new(key, ticket_page(site, key))
            }),
        }
    }
}

/// What tells the risks apart whose title stands more than once in a list: the vulnerability, the package, and where it
/// was found.
async fn details(db: &impl ConnectionTrait, risks: &[risk::Model]) -> Result<HashMap<i64, String>, Problem> {
    let repeats =
        |risk: &&risk::Model| risks.iter().any(|other| other.id != risk.id && other.title == risk.title);
    let ids: Vec<i64> = risks.iter().filter(repeats).map(|risk| risk.id).collect();
    let mut details: HashMap<i64, Vec<String>> = HashMap::new();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let tags = risk_tag::Entity::find()
        .filter(risk_tag::Column::RiskId.is_in(ids.iter().copied()))
        .filter(risk_tag::Column::Kind.is_in(["cve", "package"]))
        .order_by_asc(risk_tag::Column::Kind)
        .order_by_asc(risk_tag::Column::Value)
        .all(db)
        .await?;
    for tag in tags {
        details.entry(tag.risk_id).or_default().push(tag.value);
    }
    let places: Vec<(Option<i64>, String)> = finding::Entity::find()
        .select_only()
        .columns([finding::Column::RiskId, finding::Column::Location])
        .filter(finding::Column::RiskId.is_in(ids))
        .order_by_asc(finding::Column::Id)
        .limit(MOST_PLACES)
        .into_tuple()
        .all(db)
        .await?;
    for (risk, place) in places {
        let Some(risk) = risk else { continue };
        let words = details.entry(risk).or_default();
        if !place.is_empty() && !words.contains(&place) {
            words.push(place);
        }
    }
    let told = |words: Vec<String>| {
        let mut text = words.iter().take(MOST_WORDS).cloned().collect::<Vec<_>>().join(" · ");
        if words.len() > MOST_WORDS {
            text.push_str(" · …");
        }
        text
    };
    Ok(details.into_iter().map(|(risk, words)| (risk, told(words))).collect())
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
