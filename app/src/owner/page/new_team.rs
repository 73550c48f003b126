//! `/teams/new`: makes a team.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::access::role::EVERY_TEAM;
use crate::access::team;
use crate::audit_log;
use crate::page::badge::Tone;
use crate::page::form::{Field, Kind};
use crate::page::form_page::{Form, FormPage};
use crate::page::{said, shell};
use crate::platform::problem::{self, Problem};
use crate::state::AppState;

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct TeamForm {
    key: String,
    name: String,
}

/// The form.
pub(super) async fn show(request: HttpRequest, caller: Require<Configure>) -> Result<HttpResponse, Problem> {
    shell::html(&FormPage::new(&request, &caller, form(&TeamForm::default()), None))
}

fn form(sent: &TeamForm) -> Form {
    Form {
        title: "A new team".to_owned(),
        action: "/teams/new".to_owned(),
        fields: vec![
            Field::new("name", "Name", Kind::Text).required().value(&sent.name),
            Field::new("key", "Key", Kind::Text)
                .required()
                .value(&sent.key)
                .hint("Used in addresses and tables, as payments. It cannot be changed."),
        ],
        button: "Make the team",
        back: ("Teams", "/teams"),
    }
}

/// Makes the team.
pub(super) async fn make(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
    sent: SignedForm<TeamForm>,
) -> Result<HttpResponse, Problem> {
    caller.require_in::<Configure>(EVERY_TEAM)?;
    let SignedForm(sent) = sent;
    let now = state.clock.now();
    let made = state.database.write(async |tx| {
        let team = team::create(tx, &sent.key, &sent.name, now).await?;
        let entry = serde_json::json!({"key": team.key, "name": team.name});
        audit_log::add(tx, &caller, "team.create", &format!("team-{}", team.id), entry, now).await?;
        Ok(team.name)
    });
    match made.await {
        Ok(name) => Ok(said::see_other("/teams", Tone::Good, &format!("{name} is there; give it a lead."))),
        Err(problem) if matches!(problem.kind(), problem::Kind::Invalid | problem::Kind::Conflict) => {
            let page = FormPage::new(&request, &caller, form(&sent), Some(&problem));
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}
