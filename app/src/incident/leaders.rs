//! Who is told of an incident: those who lead security and the executives; where there are none, administrators.

use abate_entity::{app_user, incident, user_role};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::key::IncidentKey;
use super::log::{self, NewEntry};
use super::state_rules::DRILL;
use crate::access::actor::{Actor, lacking};
use crate::access::right::LeadIncidents;
use crate::access::role::Role;
use crate::message::notice::{self, NewNotice};
use crate::platform::problem::{Kind, Problem};

/// A call that waits for somebody to acknowledge it; messages offer that.
pub(crate) const CALL: &str = "incident";
/// A reminder of a duty.
pub(crate) const DUTY: &str = "incident_duty";
/// The roles that lead.
const LEADING: [Role; 2] = [Role::HeadOfSecurity, Role::Executive];

/// The active people who hold one of the roles for the incident's team.
async fn holders(
    db: &impl ConnectionTrait,
    incident: &incident::Model,
    roles: &[Role],
) -> Result<Vec<(i64, String)>, Problem> {
    let holding = Query::select()
        .column(user_role::Column::UserId)
        .from(user_role::Entity)
        .and_where(user_role::Column::Role.is_in(roles.iter().map(|role| role.as_str())))
        .and_where(user_role::Column::TeamId.is_in([0, incident.team_id]))
        .to_owned();
    Ok(app_user::Entity::find()
        .select_only()
        .columns([app_user::Column::Id, app_user::Column::Email])
        .filter(app_user::Column::Active.eq(true))
        .filter(app_user::Column::Id.in_subquery(holding))
        .order_by_asc(app_user::Column::Id)
        .into_tuple()
        .all(db)
        .await?)
}

/// Those who are told.
async fn of(db: &impl ConnectionTrait, incident: &incident::Model) -> Result<Vec<(i64, String)>, Problem> {
    let leaders = holders(db, incident, &LEADING).await?;
    if leaders.is_empty() { holders(db, incident, &[Role::Admin]).await } else { Ok(leaders) }
}

/// Whether somebody may take the incident on and close it: whoever is called may, so administrators where nobody leads.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn may_lead(
    db: &impl ConnectionTrait,
    actor: &Actor,
    incident: &incident::Model,
) -> Result<bool, Problem> {
    if LEADING.iter().any(|role| actor.has(*role, incident.team_id)) {
        return Ok(true);
    }
    Ok(actor.has(Role::Admin, incident.team_id) && holders(db, incident, &LEADING).await?.is_empty())
}

/// Refuses who may not.
///
/// # Errors
/// 403 that says who may.
pub(super) async fn require(
    db: &impl ConnectionTrait,
    actor: &Actor,
    incident: &incident::Model,
) -> Result<(), Problem> {
    if may_lead(db, actor, incident).await? {
        return Ok(());
    }
    if actor.has(Role::Admin, incident.team_id) {
        let detail =
            "You may not acknowledge and close incidents while others lead security; ask one of them.";
        return Err(Problem::new(Kind::Forbidden, detail));
    }
    Err(lacking::<LeadIncidents>())
}

/// Something that leaders are told of an incident.
pub(super) struct Call<'a> {
    /// [`CALL`] or [`DUTY`].
    pub(super) kind: &'static str,
    /// What it is, apart from the incident and the person.
    pub(super) what: &'a str,
    /// What follows the incident's key and kind; nothing of what is known of it.
    pub(super) text: &'a str,
    /// What the log says of it, before it says for whom it is queued.
    pub(super) said: &'a str,
    /// The moment it belongs to.
    pub(super) at: DateTime<Utc>,
}

/// Wants it told to them, at once and also at night, and notes for whom it is queued. That somebody was told is noted by
/// `told`, when they were.
pub(super) async fn tell(
    tx: &DatabaseTransaction,
    incident: &incident::Model,
    call: Call<'_>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let key = IncidentKey(incident.id);
    let people = of(tx, incident).await?;
    for (user_id, _) in &people {
        let new = NewNotice {
            key: format!("incident/{key}/{}/u{user_id}", call.what),
            user_id: *user_id,
            kind: call.kind,
            risk_id: None,
            text: format!("{} {}", name(incident), call.text),
            link: format!("/incidents/{key}"),
            urgent: true,
            about_at: call.at,
            not_before: now,
        };
        notice::want(tx, now, new).await?;
    }
    let addresses: Vec<String> = people.into_iter().map(|(_, address)| address).collect();
    let text = if addresses.is_empty() {
        format!("{} There is nobody to tell: nobody leads security or administers Abate.", call.said)
    } else {
        format!("{} Queued for {}.", call.said, addresses.join(", "))
    };
    log::add(tx, incident.id, None, NewEntry::of("ladder", call.at, &text), now).await
}

/// The incident as messages name it. A drill says so each time.
fn name(incident: &incident::Model) -> String {
    let key = IncidentKey(incident.id);
    if incident.kind == DRILL { format!("DRILL: data breach {key}") } else { format!("Data breach {key}") }
}
