//! What is whose, as conditions on risks: my teams', those that nobody answers for, those that wait for me, and those
//! that no source sees any more.

use abate_entity::level::Level;
use abate_entity::lifecycle::{Party, State};
use abate_entity::{acceptance, finding, risk, team, user_role};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use crate::access::role::{EVERY_TEAM, Role};
use crate::platform::problem::Problem;

/// The claims of a fix by somebody for a risk, since it was claimed last.
const CLAIMED_BY: &str = "NOT EXISTS (SELECT 1 FROM risk_event WHERE risk_event.risk_id = risk.id \
     AND risk_event.to_state = 'verification' AND risk_event.from_state <> 'verification' \
     AND risk_event.recorded_at >= risk.claimed_at AND risk_event.actor_id = ";

/// Who asked for the pause of a risk that waits, in what is kept of its standing; both databases read this alike.
const PAUSE_ASKED_BY: &str = "(risk.standing -> 'pause_asked' ->> 1)";
/// Who proposed to dismiss a risk.
const DISMISSAL_ASKED_BY: &str = "(risk.standing ->> 'dismissal_proposed_by')";

/// Risks of the teams in which somebody holds a role, or which they lead.
#[must_use]
pub fn of_my_teams(me: i64) -> Condition {
    let roles = Query::select()
        .column(user_role::Column::TeamId)
        .from(user_role::Entity)
        .and_where(Expr::col(user_role::Column::UserId).eq(me))
        .and_where(Expr::col(user_role::Column::TeamId).ne(EVERY_TEAM))
        .to_owned();
    let led = Query::select()
        .column(team::Column::Id)
        .from(team::Entity)
        .and_where(Expr::col(team::Column::LeadId).eq(me))
        .to_owned();
    Condition::any().add(risk::Column::TeamId.in_subquery(roles)).add(risk::Column::TeamId.in_subquery(led))
}

/// Risks that wait for somebody: whose acceptance, pause or dismissal they can agree to, and whose fix they can verify.
///
/// # Errors
/// When the database cannot be asked.
pub async fn waiting(db: &impl ConnectionTrait, me: i64) -> Result<Condition, Problem> {
    let held = user_role::Entity::find().filter(user_role::Column::UserId.eq(me)).all(db).await?;
    let held: Vec<(Role, i64)> =
        held.into_iter().filter_map(|row| Some((row.role.parse().ok()?, row.team_id))).collect();
    let mut all = Condition::any();
    if let Some(teams) = teams_of(&held, &[Role::Verifier]) {
        let theirs = Condition::all()
            .add(teams)
            .add(risk::Column::State.eq(State::Verification))
            .add(Expr::cust(format!("{CLAIMED_BY}{me})")));
        all = all.add(theirs);
    }
    for (role, state, asked_by) in
        [(Role::RiskManager, Some(State::Blocked), PAUSE_ASKED_BY), (Role::Triager, None, DISMISSAL_ASKED_BY)]
    {
        if let Some(teams) = teams_of(&held, &[role]) {
            let mut theirs = Condition::all()
                .add(teams)
                .add(risk::Column::State.ne(State::Closed))
                .add(Expr::cust(format!("CAST({asked_by} AS BIGINT) <> {me}")));
            if let Some(state) = state {
                theirs = theirs.add(risk::Column::State.eq(state));
            }
            all = all.add(theirs);
        }
    }
    for level in Level::ALL.iter().copied() {
        for renewal in [false, true] {
            let wanted = Party::approver_of(level, renewal).approval_rank();
            let ranks = [
                (Party::TeamLead, Role::TeamLead),
                (Party::HeadOfSecurity, Role::HeadOfSecurity),
                (Party::Executive, Role::Executive),
            ];
            let roles: Vec<Role> = ranks
                .into_iter()
                .filter(|(party, _)| party.approval_rank() >= wanted)
                .map(|(_, role)| role)
                .collect();
            if let Some(teams) = teams_of(&held, &roles) {
                let asked = risk::Column::Id.in_subquery(asked_by_others(me, renewal));
                all = all.add(Condition::all().add(teams).add(risk::Column::Level.eq(level)).add(asked));
            }
        }
    }
    // Somebody for whom nothing can wait finds nothing.
    Ok(if all.is_empty() { Condition::all().add(Expr::val(1).eq(0)) } else { all })
}

fn asked_by_others(me: i64, renewal: bool) -> SelectStatement {
    let renewals = Expr::col(acceptance::Column::Renewals);
    Query::select()
        .column(acceptance::Column::RiskId)
        .from(acceptance::Entity)
        .and_where(Expr::col(acceptance::Column::State).eq("requested"))
        .and_where(Expr::col(acceptance::Column::AskedBy).ne(me))
        .and_where(if renewal { renewals.gt(0) } else { renewals.eq(0) })
        .to_owned()
}

/// The risks of the teams in which one of the roles is held; none where there is no such team.
fn teams_of(held: &[(Role, i64)], roles: &[Role]) -> Option<Condition> {
    let teams: Vec<i64> =
        held.iter().filter(|(role, _)| roles.contains(role)).map(|(_, team)| *team).collect();
    match teams {
        teams if teams.is_empty() => None,
        teams if teams.contains(&EVERY_TEAM) => Some(Condition::all()),
        teams => Some(Condition::all().add(risk::Column::TeamId.is_in(teams))),
    }
}

/// New and undecided risks that every source which saw them has lost.
#[must_use]
pub fn gone() -> Condition {
    let supported = |still_seen: bool| {
        let mut findings = Query::select();
        findings
            .column(finding::Column::RiskId)
            .from(finding::Entity)
            .and_where(Expr::col(finding::Column::RiskId).is_not_null());
        if still_seen {
            findings.and_where(Expr::col(finding::Column::LostImportId).is_null());
        }
        findings
    };
    Condition::all()
        .add(risk::Column::State.is_in([State::New, State::Triage]))
        .add(risk::Column::Id.in_subquery(supported(false)))
        .add(risk::Column::Id.not_in_subquery(supported(true)))
}
