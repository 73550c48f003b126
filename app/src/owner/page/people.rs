//! `/people`: everybody with an account, and forms for their roles, hours and leaving.

use abate_entity::app_user;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use sea_orm::{DatabaseTransaction, EntityTrait, QueryOrder, QuerySelect};
use serde::Deserialize;

use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::access::role::EVERY_TEAM;
use crate::access::user;
use crate::access::user_edit::{self, By, HeldRole, UserEdit};
use crate::audit_log;
use crate::owner::hand_over;
use crate::page::badge::{Badge, Tone};
use crate::page::form::{Field, Kind, Problems};
use crate::page::frame::{Frame, Section};
use crate::page::refused::problems;
use crate::page::{context, said, shell};
use crate::platform::problem::{self, Problem};
use crate::state::AppState;

/// People of one page; whoever has more uses the API.
const MOST: u64 = 1000;

#[derive(Template)]
#[template(path = "owner/people.html")]
struct PeoplePage {
    frame: Frame,
    problems: Option<Problems>,
    rows: Vec<Row>,
}

struct Row {
    id: i64,
    email: String,
    name: String,
    standing: Badge,
    roles: String,
    hours: String,
    fields: Vec<Field>,
    /// Who takes over.
    to: Field,
    active: bool,
}

/// Everybody.
pub(super) async fn list(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    shell::html(&page(&request, &caller, &state, None).await?)
}

async fn page(
    request: &HttpRequest,
    caller: &Require<Configure>,
    state: &AppState,
    refused: Option<&Problem>,
) -> Result<PeoplePage, Problem> {
    let db = state.database.reader();
    let users = app_user::Entity::find()
        .order_by_desc(app_user::Column::Active)
        .order_by_asc(app_user::Column::Name)
        .order_by_asc(app_user::Column::Id)
        .limit(MOST)
        .all(db)
        .await?;
    let mut rows = Vec::with_capacity(users.len());
    for user in users {
        let roles = user_edit::roles_of(db, user.id).await?;
        rows.push(row(user, &roles));
    }
    Ok(PeoplePage {
        frame: context::frame(request, caller, "People", Section::Elsewhere),
        problems: refused.map(problems),
        rows,
    })
}

fn row(user: app_user::Model, roles: &[HeldRole]) -> Row {
    let standing = match (user.active, &user.slack_user) {
        (false, _) => Badge::toned(Tone::Plain, "Left", ""),
        (true, Some(_)) => Badge::toned(Tone::Good, "Here", "Linked to Slack"),
        (true, None) => Badge::toned(Tone::Good, "Here", ""),
    };
    let roles = roles.iter().map(written).collect::<Vec<_>>().join(", ");
    let zone = user.zone.clone().unwrap_or_default();
    Row {
        id: user.id,
        fields: vec![
            Field::new("name", "Name", Kind::Text).required().value(&user.name),
            Field::new("roles", "Roles", Kind::Text)
                .value(&roles)
                .hint("With commas between, as triager, team_lead@payments."),
            Field::new("zone", "Zone", Kind::Text).value(&zone).hint("The organisation's when left empty."),
            Field::new("quiet_from", "Quiet from", Kind::Text).required().value(&user.quiet_from),
            Field::new("quiet_to", "Quiet until", Kind::Text).required().value(&user.quiet_to),
        ],
        to: Field::new("to", "To", Kind::Text)
            .hint("An address; left empty, who owns the asset of each, else who leads its team."),
        hours: format!("{} to {} {zone}", user.quiet_to, user.quiet_from).trim().to_owned(),
        email: user.email,
        name: user.name,
        standing,
        roles,
        active: user.active,
    }
}

fn written(held: &HeldRole) -> String {
    match &held.team {
        Some(team) => format!("{}@{team}", held.role),
        None => held.role.to_string(),
    }
}

/// What the forms send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PersonForm {
    name: Option<String>,
    roles: String,
    zone: String,
    quiet_from: Option<String>,
    quiet_to: Option<String>,
    /// Address of who takes over.
    to: Option<String>,
}

/// Changes somebody, or says that they left or came back.
pub(super) async fn act(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
    path: web::Path<(String, String)>,
    form: SignedForm<PersonForm>,
) -> Result<HttpResponse, Problem> {
    caller.require_in::<Configure>(EVERY_TEAM)?;
    let (email, action) = path.into_inner();
    let by = By { actor_id: Some(caller.id), via: caller.via, now: state.clock.now() };
    let changed = async {
        if action == "hand-over" {
            state.database.write(async |tx| give(tx, by, &email, form.0.to.as_deref()).await).await?;
            return Ok("The risks go to others, in a moment.");
        }
        let (edit, text) = read(&action, form.0)?;
        state
            .database
            .write(async |tx| {
                let user = user::known(tx, &email).await?;
                user_edit::edit(tx, by, user, edit.clone()).await
            })
            .await?;
        Ok::<_, Problem>(text)
    };
    match changed.await {
        Ok(text) => Ok(said::see_other("/people", Tone::Good, text)),
        Err(problem) if matches!(problem.kind(), problem::Kind::Invalid | problem::Kind::Conflict) => {
            let page = page(&request, &caller, &state, Some(&problem)).await?;
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

/// Gives the risks of somebody to others.
async fn give(tx: &DatabaseTransaction, by: By, email: &str, to: Option<&str>) -> Result<(), Problem> {
    let from = user::known(tx, email).await?;
    let to = match to {
        Some(email) => Some(user::active_by_email(tx, "to", email).await?.id),
        None => None,
    };
    if to == Some(from.id) {
        return Err(Problem::invalid("to", "Name somebody else."));
    }
    hand_over::want(tx, from.id, to, by.actor_id, by.now).await?;
    let subject = format!("user-{}", from.id);
    let data = serde_json::json!({"to": to});
    audit_log::add_as(tx, by.actor_id, by.via, "user.hand_over", &subject, data, by.now).await
}

fn read(action: &str, form: PersonForm) -> Result<(UserEdit, &'static str), Problem> {
    match action {
        "edit" => {
            let zone = form.zone.trim();
            let edit = UserEdit {
                name: form.name,
                roles: Some(roles(&form.roles)?),
                zone: Some(Some(zone.to_owned()).filter(|zone| !zone.is_empty())),
                quiet_from: form.quiet_from,
                quiet_to: form.quiet_to,
                active: None,
            };
            let none = edit.roles.as_ref().is_some_and(Vec::is_empty);
            let text = "It is noted. They hold no role now: they can sign in, and see nothing.";
            Ok((edit, if none { text } else { "It is noted." }))
        }
        "leave" => {
            let edit = UserEdit { active: Some(false), ..UserEdit::default() };
            Ok((edit, "They are signed out, and what they owned goes to others."))
        }
        "return" => Ok((UserEdit { active: Some(true), ..UserEdit::default() }, "They can sign in again.")),
        _ => Err(Problem::not_found("such page")),
    }
}

/// The roles that were written.
///
/// # Errors
/// 422 for a word that is no role.
pub(super) fn roles(text: &str) -> Result<Vec<HeldRole>, Problem> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words
        .map(|word| {
            let (role, team) = word.split_once('@').map_or((word, None), |(role, team)| (role, Some(team)));
            let role = role.parse().map_err(|error| Problem::invalid("roles", format!("{error}.")))?;
            Ok(HeldRole { role, team: team.map(str::to_owned) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_read_as_they_are_written() {
        let text = "triager, team_lead@payments";
        let read = roles(text).unwrap();
        assert_eq!(read.iter().map(written).collect::<Vec<_>>().join(", "), text);
        assert_eq!(roles(" ").unwrap(), []);
        assert_eq!(roles("king").unwrap_err().errors()[0].field, "roles");
    }
}
