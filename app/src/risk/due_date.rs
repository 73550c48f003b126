//! Moves a due date by hand, for a risk manager or the head of security who does not own the risk.

use abate_entity::level::Level;
use abate_entity::lifecycle::{Party, Requester, State};
use abate_entity::risk;
use chrono::NaiveDate;
use sea_orm::DatabaseTransaction;

use super::clock::moving::{self, Moment, Wish};
use super::clock::{Clock, Happening};
use super::key::RiskKey;
use super::record::{self, Change, NewEvent, Occasion};
use crate::calendar::local_time;
use crate::platform::problem::{FieldProblem, Kind, Problem};
use crate::policy::{Policies, ruling};

/// Who may move a due date.
const MOVERS: [Party; 2] = [Party::RiskManager, Party::HeadOfSecurity];

/// Whether somebody may move the due date of a risk.
#[must_use]
pub fn may_move(risk: &risk::Model, requester: &Requester) -> bool {
    let owns = requester.user.is_none() || requester.user == risk.owner_id;
    !owns && MOVERS.iter().any(|party| requester.parties.contains(party))
}

/// Moves the due date; answers the risk as it is now.
///
/// # Errors
/// 403 for the owner and all but risk managers and the head of security, 409 while no clock runs, 422 with everything
/// that is in the way.
pub async fn move_to(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    requester: &Requester,
    wish: Wish,
    reason: &str,
) -> Result<risk::Model, Problem> {
    let key = RiskKey(risk.id);
    if !may_move(&risk, requester) {
        let who = "a risk manager of the team, or the head of security, who does not own the risk";
        let broken = FieldProblem::new("due_on", format!("This is for {who}.")).by("due_date_by_another");
        let problem = Problem::new(Kind::Forbidden, format!("The due date of {key} is moved by {who}."));
        return Err(problem.naming(vec![broken]));
    }
    let events = record::clock_events(tx, risk.id).await?;
    let clock = Clock::replay(&events, &occasion.policies.versions).map_err(Problem::internal)?;
    if !clock.is_running() || matches!(risk.state, State::Accepted | State::Closed) {
        let detail = format!("{key} is {}: no clock runs whose date could move.", risk.state);
        return Err(Problem::new(Kind::Conflict, detail));
    }
    let zone = clock.due.map_or_else(|| occasion.policies.zone_of(risk.team_id), |due| due.zone);
    let today = local_time::local_date(zone, occasion.now);
    let latest = latest(tx, occasion.policies, &risk, clock.level(), today).await?;
    let mut refused = moving::check(&clock, wish, Moment { now: occasion.now, today, latest });
    let reason = reason.trim();
    if reason.is_empty() {
        refused.push(("reason", "reasoned", "Say why.".to_owned()));
    }
    if !refused.is_empty() {
        let problems = refused.into_iter().map(|(field, rule, why)| FieldProblem::new(field, why).by(rule));
        return Err(Problem::all_invalid(problems.collect()));
    }
    let mut change = Change::of(risk, NewEvent::plain("due_date_moved", occasion.now))?;
    change.event.reason = reason.to_owned();
    change.event.clock = vec![(occasion.now, Happening::Moved { to: wish.to, reason: reason.to_owned() })];
    let data = &mut change.event.data;
    data.insert("from".to_owned(), clock.due.map(|due| due.on.to_string()).into());
    data.insert("to".to_owned(), wish.to.to_string().into());
    data.insert("ground".to_owned(), wish.ground.map(|ground| ground.as_str()).into());
    let risk = record::record(tx, occasion, vec![change]).await?.pop();
    risk.ok_or_else(|| Problem::not_found(format!("risk {key}")))
}

/// The last day that the policies which hold for the risk now give its level from today.
async fn latest(
    tx: &DatabaseTransaction,
    policies: &Policies,
    risk: &risk::Model,
    level: Option<Level>,
    today: NaiveDate,
) -> Result<Option<NaiveDate>, Problem> {
    let rulings = ruling::of_risks(tx, policies, &[risk.into()]).await?;
    Ok(rulings.get(&risk.id).and_then(|ruling| {
        moving::latest(level, (&ruling.policies, &ruling.calendar), &policies.versions, today)
    }))
}
