//! Takes over whom JIRA names as the one who does the work, where that is a user who may see the risk. The owner of the
//! risk never changes by it.

use abate_entity::lifecycle::{State, Via};
use abate_entity::{app_user, risk};
use sea_orm::{ConnectionTrait, EntityTrait};

use super::drift::compare::Difference;
use super::drift::field_rules::{Field, Named, Side, Verdict, assignee};
use super::drift::ledger;
use super::follow;
use super::sync::Sync;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::edit::{self, Edit};
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;

/// What people call a user; nothing for nobody.
async fn name_of(db: &impl ConnectionTrait, user: Option<i64>) -> Result<String, Problem> {
    let Some(user) = user else { return Ok(String::new()) };
    let row = app_user::Entity::find_by_id(user).one(db).await?;
    Ok(row.map(|user| user.name).unwrap_or_default())
}

/// Takes it over; answers the risk as it is now.
///
/// # Errors
/// When our own side fails.
pub(super) async fn run(sync: &mut Sync<'_>, risk: risk::Model) -> Result<risk::Model, Problem> {
    let account = sync.issue.fields.assignee.clone();
    let named = match &account {
        None => Named::Nobody,
        Some(_) => {
            let person = follow::person(sync.state.database.reader(), account.as_ref()).await?;
            let may_see = person.filter(|person| person.scope().covers(risk.team_id));
            may_see.map_or(Named::Stranger, |person| Named::User(person.id))
        }
    };
    let taken = sync.told.assignee;
    sync.told.assignee = match named {
        Named::User(user) => Some(user),
        _ => None,
    };
    let next = assignee(risk.assignee_id, taken, named);
    let Some(next) = next.filter(|_| risk.state != State::Closed) else { return Ok(risk) };
    let name = account.as_ref().map_or("nobody", |account| account.display_name.as_str()).to_owned();
    let change = sync.issue.changes.iter().rfind(|change| change.field == Field::Assignee.jira_name());
    let stamp = || sync.issue.fields.updated.map(|at| at.to_rfc3339()).unwrap_or_default();
    let mut change_id = change.map_or_else(stamp, |change| change.entry.clone());
    // JIRA names the same as before: it was set in Abate, which has no number in JIRA's history.
    let is_put_back = taken.is_some() && taken == sync.told.assignee;
    if is_put_back {
        change_id = format!("{change_id}:{}", risk.version);
    }
    let by = change.and_then(|change| change.by.as_ref()).filter(|_| !is_put_back);
    let difference = Difference {
        field: Field::Assignee,
        verdict: Verdict::Take,
        has_drifted: true,
        ours: name_of(sync.state.database.reader(), risk.assignee_id).await?,
        theirs: name.clone(),
        change_id,
        by_account: by.map(|by| by.account_id.clone()),
    };
    let reason = format!("{} is assigned to {name} in JIRA.", sync.issue.key);
    let (ticket, now) = (sync.ticket.id, sync.state.clock.now());
    sync.state
        .database
        .write(async |tx| {
            let fresh = risk::Entity::find_by_id(risk.id).one(tx).await?;
            let fresh = fresh.ok_or_else(|| Problem::not_found(format!("risk {}", RiskKey(risk.id))))?;
            let won = (Side::Jira, Field::Assignee.reason());
            ledger::open(tx, (ticket, fresh.confidential), &difference, won, now).await?;
            ledger::settle(tx, ticket, &[Field::Assignee], now).await?;
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::system(Via::Jira, now, &policies);
            let edit = Edit { assignee_id: Some(next), reason: reason.clone(), ..Edit::default() };
            edit::edit(tx, &occasion, fresh, edit).await
        })
        .await
}
