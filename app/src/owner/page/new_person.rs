//! `/people/new`: makes somebody an account.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::people::roles;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::access::role::{EVERY_TEAM, Role};
use crate::access::user_edit::{self, By, UserEdit};
use crate::access::{password, user};
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
pub(super) struct PersonForm {
    email: String,
    name: String,
    roles: String,
    password: String,
}

/// The form.
pub(super) async fn show(request: HttpRequest, caller: Require<Configure>) -> Result<HttpResponse, Problem> {
    shell::html(&FormPage::new(&request, &caller, form(&PersonForm::default()), None))
}

fn form(sent: &PersonForm) -> Form {
    let known: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    Form {
        title: "Somebody new".to_owned(),
        action: "/people/new".to_owned(),
        fields: vec![
            Field::new("email", "E-mail", Kind::Text).required().value(&sent.email),
            Field::new("name", "Name", Kind::Text).required().value(&sent.name),
            Field::new("roles", "Roles", Kind::Text).value(&sent.roles).hint(format!(
                "With commas between, in one team as triager@payments. There are {}.",
                known.join(", ")
            )),
            Field::new("password", "First password", Kind::Password).hint(format!(
                "At least {} characters; they change it on their own page. Left empty for somebody who only owns risks.",
                password::MIN_LENGTH
            )),
        ],
        button: "Make the account",
        back: ("People", "/people"),
    }
}

/// Makes the account.
pub(super) async fn make(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
    sent: SignedForm<PersonForm>,
) -> Result<HttpResponse, Problem> {
    caller.require_in::<Configure>(EVERY_TEAM)?;
    let SignedForm(sent) = sent;
    match create(&caller, &state, &sent).await {
        Ok(name) => Ok(said::see_other("/people", Tone::Good, &format!("{name} has an account now."))),
        Err(problem) if matches!(problem.kind(), problem::Kind::Invalid | problem::Kind::Conflict) => {
            let page = FormPage::new(&request, &caller, form(&sent), Some(&problem));
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn create(caller: &Require<Configure>, state: &AppState, sent: &PersonForm) -> Result<String, Problem> {
    let held = roles(&sent.roles)?;
    let password_hash = match sent.password.as_str() {
        "" => None,
        password => Some(state.passwords.hash(&state.ids, password).await?),
    };
    let now = state.clock.now();
    let by = By { actor_id: Some(caller.id), via: caller.via, now };
    state
        .database
        .write(async |tx| {
            let new = user::NewUser {
                email: sent.email.clone(),
                name: sent.name.clone(),
                roles: Vec::new(),
                team_id: None,
                password_hash: password_hash.clone(),
            };
            let user = user::create(tx, &new, now).await?;
            let entry = serde_json::json!({"email": user.email, "roles": held});
            audit_log::add(tx, caller, "user.create", &format!("user-{}", user.id), entry, now).await?;
            let edit = UserEdit { roles: Some(held.clone()), ..UserEdit::default() };
            Ok(user_edit::edit(tx, by, user, edit).await?.name)
        })
        .await
}
