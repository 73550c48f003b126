//! `GET /api/v1/risks/{key}/actions`

use abate_entity::lifecycle::{Availability, Missing, Outcome, Transition};
use actix_web::{get, web};
use serde::Serialize;

use super::view::Names;
use crate::access::require::Require;
use crate::access::right::See;
use crate::platform::problem::{FieldProblem, Problem};
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::standing::Standing;
use crate::risk::{finder, pause, step};
use crate::state::AppState;

/// What you can do with a risk now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Actions {
    /// Steps that are open to you.
    open: Vec<Action>,
    /// Steps that are closed, and why.
    closed: Vec<Action>,
    /// The pause of the clock that waits for an answer; `/pause/approve` and `/pause/refuse` give it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pause: Option<PauseAsked>,
}

/// A pause that somebody asked for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PauseAsked {
    /// How many days.
    days: u32,
    /// Address of who asked.
    asked_by: Option<String>,
    /// Whether you may approve it.
    may_approve: bool,
    /// Who may, when you may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<String>,
}

/// A step.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Action {
    /// What to send as `event`.
    event: &'static str,
    /// The row of the lifecycle table.
    transition: &'static str,
    /// What the button says.
    label: &'static str,
    /// Where it leads.
    to: &'static str,
    /// The fields that its form takes.
    fields: Vec<&'static str>,
    /// What was proposed for it, which fills what you leave empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    proposed: Option<String>,
    /// Whether a second person has to agree.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    proposes: bool,
    /// What is missing, or what the form still has to say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<FieldProblem>,
    /// Who may, when you may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<String>,
}

/// The steps that are open to you now, and for each closed one what is missing.
#[utoipa::path(tag = "risks", params(("key" = String, Path)), responses((status = 200, body = Actions)))]
#[get("/risks/{key}/actions")]
pub(super) async fn actions(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
) -> Result<web::Json<Actions>, Problem> {
    let db = state.database.reader();
    let risk = finder::one(db, &caller.scope(), *key).await?;
    let policies = Policies::load(db).await?;
    let requester = requester(&caller, &risk);
    let steps = step::open_steps(db, &policies, &risk, &requester, state.clock.now()).await?;
    let standing = Standing::of(&risk)?;
    let pause = match pause::waiting(&risk, &requester)? {
        Some(asked) => Some(PauseAsked {
            days: asked.days,
            asked_by: Names::of(db, &[], &[asked.asked_by]).await?.email(asked.asked_by),
            may_approve: asked.refused.is_none(),
            who: asked.refused,
        }),
        None => None,
    };
    let mut actions = Actions { open: Vec::new(), closed: Vec::new(), pause };
    for (transition, availability) in steps {
        let mut action = Action::new(transition);
        let proposal = standing.proposal_for(transition.event);
        action.proposed = proposal.and_then(|given| given.reason.or(given.justification));
        match availability {
            Availability::Open { asks, outcome } => {
                action.proposes = outcome == Outcome::Proposed;
                action.missing = fields(asks);
                actions.open.push(action);
            }
            Availability::Missing(missing) => {
                action.missing = fields(missing);
                actions.closed.push(action);
            }
            Availability::NotYourRight { who } => {
                action.who = Some(who);
                actions.closed.push(action);
            }
        }
    }
    Ok(web::Json(actions))
}

impl Action {
    fn new(transition: &'static Transition) -> Self {
        Self {
            event: transition.event.as_str(),
            transition: transition.id.as_str(),
            label: transition.label,
            to: transition.to.as_str(),
            fields: transition.fields.iter().map(|field| field.name()).collect(),
            proposed: None,
            proposes: false,
            missing: Vec::new(),
            who: None,
        }
    }
}

fn fields(missing: Vec<Missing>) -> Vec<FieldProblem> {
    missing
        .into_iter()
        .map(|missing| FieldProblem::new(missing.field, missing.why).by(missing.rule.as_str()))
        .collect()
}
