//! `PUT /api/v1/teams/{key}/due-dates`

use abate_entity::team;
use actix_web::{put, web};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::require::Require;
use crate::access::right::KeepPolicies;
use crate::access::team as teams;
use crate::audit_log;
use crate::platform::problem::{FieldProblem, Problem};
use crate::policy::{Policies, recompute};
use crate::state::AppState;

/// What the due dates of a team's risks start from; what is left out is as for the organisation.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TeamDueDates {
    /// Name of the calendar whose days and zone count.
    #[serde(default)]
    calendar: Option<String>,
    /// Name of the policy that is the base.
    #[serde(default)]
    policy: Option<String>,
}

/// Chooses the calendar and the base policy of a team, and has its open risks worked out again.
#[utoipa::path(
    tag = "due dates",
    params(("key" = String, Path)),
    request_body = TeamDueDates,
    responses((status = 200, body = TeamDueDates))
)]
#[put("/teams/{key}/due-dates")]
pub(super) async fn choose(
    caller: Require<KeepPolicies>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: web::Json<TeamDueDates>,
) -> Result<web::Json<TeamDueDates>, Problem> {
    caller.require_in::<KeepPolicies>(0)?;
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let team = teams::by_key(tx, "key", &key).await?;
            check(&Policies::load(tx).await?, &form)?;
            let before = json!({"calendar": team.calendar, "policy": team.policy});
            let row = team::ActiveModel {
                id: Set(team.id),
                calendar: Set(form.calendar.clone()),
                policy: Set(form.policy.clone()),
                ..Default::default()
            };
            row.update(tx).await?;
            let data = json!({"before": before, "after": *form});
            let subject = format!("team-{}", team.id);
            audit_log::add(tx, &caller, "team.due_dates", &subject, data, now).await?;
            recompute::want(tx, &recompute::of_team(team.id), now).await
        })
        .await?;
    Ok(form)
}

fn check(policies: &Policies, form: &TeamDueDates) -> Result<(), Problem> {
    let mut wrong = Vec::new();
    let calendar = form.calendar.as_ref().filter(|name| policies.calendars().newest(name).is_none());
    if let Some(name) = calendar {
        let detail = format!("There is no calendar {name:?}.");
        wrong.push(FieldProblem::new("calendar", detail).by("known_calendar"));
    }
    let policy = form.policy.as_ref().filter(|name| policies.sla().newest(name).is_none());
    if let Some(name) = policy {
        let detail = format!("There is no policy {name:?}.");
        wrong.push(FieldProblem::new("policy", detail).by("known_policy"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Problem::all_invalid(wrong)) }
}
