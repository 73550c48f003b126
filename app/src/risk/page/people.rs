//! `POST /risks/{key}/take` and `/people`

use abate_entity::risk;
use actix_web::{HttpRequest, HttpResponse, web};
use sea_orm::ConnectionTrait;
use serde::Deserialize;

use super::act::{Sent, say, value};
use super::gather::Gathered;
use super::show;
use super::steps::Refused;
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::access::user;
use crate::page::badge::Tone;
use crate::page::form::{Choice, Field, Kind};
use crate::page::said;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::edit::{self, Edit};
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::risk::parties::may_edit;
use crate::risk::record::Occasion;
use crate::state::AppState;

/// What the forms say for no person.
const NOBODY: &str = "none";

/// A form without fields of its own.
#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

/// Makes the caller the assignee.
pub(super) async fn take(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    _form: SignedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    let risk = show::find(&caller, &state, &key).await?;
    let taken = Edit { assignee_id: Some(Some(caller.id)), ..Edit::default() };
    let risk = change(&caller, &state, risk.id, taken).await?;
    let key = RiskKey(risk.id);
    Ok(said::see_other(&format!("/risks/{key}"), Tone::Good, &format!("{key} is yours to work on.")))
}

/// What the form is called among those of the page.
pub(super) const EVENT: &str = "people";

/// Says who answers and who works.
pub(super) async fn assign(
    request: HttpRequest,
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let risk = show::find(&caller, &state, &key).await?;
    let SignedForm(sent) = form;
    match name(&caller, &state, risk.id, &sent).await {
        Ok(risk) => {
            let key = RiskKey(risk.id);
            let said = format!("{key}: it is noted who answers and works.");
            Ok(said::see_other(&format!("/risks/{key}"), Tone::Good, &said))
        }
        Err(problem) => say((&request, &caller, &state), risk.id, EVENT, sent, problem).await,
    }
}

async fn name(caller: &Actor, state: &AppState, id: i64, sent: &Sent) -> Result<risk::Model, Problem> {
    let db = state.database.reader();
    let named = Edit {
        owner_id: person(db, "owner", value(sent, "owner")).await?,
        assignee_id: person(db, "assignee", value(sent, "assignee")).await?,
        ..Edit::default()
    };
    change(caller, state, id, named).await
}

async fn change(caller: &Actor, state: &AppState, id: i64, change: Edit) -> Result<risk::Model, Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), RiskKey(id)).await?;
            may_edit(caller, &risk)?;
            edit::edit(tx, &occasion, risk, change.clone()).await
        })
        .await
}

/// The person named: `None` for a field that was not sent, `Some(None)` for nobody.
async fn person(
    db: &impl ConnectionTrait,
    field: &str,
    email: Option<&str>,
) -> Result<Option<Option<i64>>, Problem> {
    Ok(match email {
        None => None,
        Some(NOBODY) => Some(None),
        Some(email) => Some(Some(user::active_by_email(db, field, email).await?.id)),
    })
}

/// The form that says who answers and who works, for those who may.
pub(super) fn fields(
    risk: &risk::Model,
    gathered: &Gathered,
    caller: &Actor,
    refused: Option<&Refused>,
) -> Vec<Field> {
    if may_edit(caller, risk).is_err() {
        return Vec::new();
    }
    let refused = refused.filter(|refused| refused.is(EVENT));
    let field = |name: &str, label: &str, id: Option<i64>| {
        let chosen = id.and_then(|id| gathered.people.iter().find(|user| user.id == id));
        let chosen = chosen.map_or(NOBODY, |user| user.email.as_str());
        let chosen = refused.map_or(chosen, |refused| refused.value(name));
        let people = gathered.people.iter().map(|user| Choice::new(&user.email, &user.name, chosen));
        let choices = std::iter::once(Choice::new(NOBODY, "Nobody", chosen)).chain(people).collect();
        let mut field = Field::new(name, label, Kind::Choice).choices(choices).required();
        field.error = refused.map(|refused| refused.error(name).to_owned()).unwrap_or_default();
        field
    };
    vec![field("owner", "Owner", risk.owner_id), field("assignee", "Assignee", risk.assignee_id)]
}
