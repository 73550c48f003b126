//! `/people/{email}/password`: gives somebody who has lost the password another one.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::access::role::EVERY_TEAM;
use crate::access::user_edit::By;
use crate::access::{password, password_change, user};
use crate::page::badge::Tone;
use crate::page::form::{Field, Kind};
use crate::page::form_page::{Form, FormPage};
use crate::page::{said, shell};
use crate::platform::problem::{self, Problem};
use crate::state::AppState;

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PasswordForm {
    password: String,
}

/// The form.
pub(super) async fn show(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
    email: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let user = user::known(state.database.reader(), &email).await?;
    shell::html(&FormPage::new(&request, &caller, form(&user), None))
}

fn form(user: &abate_entity::app_user::Model) -> Form {
    Form {
        title: format!("A new password for {}", user.name),
        action: format!("/people/{}/password", user.email),
        fields: vec![Field::new("password", "New password", Kind::Password).required().hint(format!(
            "At least {} characters. They are signed out everywhere, and change it on their own page.",
            password::MIN_LENGTH
        ))],
        button: "Set the password",
        back: ("People", "/people"),
    }
}

/// Sets the password.
pub(super) async fn set(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
    email: web::Path<String>,
    sent: SignedForm<PasswordForm>,
) -> Result<HttpResponse, Problem> {
    caller.require_in::<Configure>(EVERY_TEAM)?;
    let user = user::known(state.database.reader(), &email).await?;
    let by = By { actor_id: Some(caller.id), via: caller.via, now: state.clock.now() };
    let set = async {
        let hash = state.passwords.hash(&state.ids, &sent.0.password).await?;
        state.database.write(async |tx| password_change::change(tx, by, &user, &hash, None).await).await
    };
    match set.await {
        Ok(()) => {
            Ok(said::see_other("/people", Tone::Good, &format!("{} has another password now.", user.name)))
        }
        Err(problem) if problem.kind() == problem::Kind::Invalid => {
            let page = FormPage::new(&request, &caller, form(&user), Some(&problem));
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}
