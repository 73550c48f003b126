//! The form of an asset: `/assets/new`, `/assets/{key}/edit`, and where it is sent.

use abate_entity::tier::Tier;
use abate_entity::{app_user, asset, team};
use actix_web::{HttpRequest, HttpResponse, web};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;

use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::KeepRegister;
use crate::access::{team as teams, user};
use crate::asset::definition::{Definition, ENVIRONMENTS, KINDS, PARTIES, words};
use crate::asset::view::AssetFormPage;
use crate::asset::{edit, finder, register};
use crate::page::badge::{Tone, capitalised};
use crate::page::form::{Choice, Field, Kind as Input, Problems};
use crate::page::frame::Section;
use crate::page::{context, said, shell};
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// Most people that the form offers.
const MOST_PEOPLE: u64 = 500;

/// The form as sent: text, as the browser has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    version: String,
    key: String,
    name: String,
    description: String,
    kind: String,
    tier: String,
    data_classes: String,
    internet_facing: String,
    environment: String,
    confidentiality: String,
    integrity: String,
    availability: String,
    team: String,
    owner: String,
    responsible_party: String,
    tags: String,
    lifetime_days: String,
}

/// An empty form.
pub(super) async fn blank(
    request: HttpRequest,
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let sent = Sent {
        kind: "application".to_owned(),
        tier: Tier::Important.to_string(),
        team: teams::DEFAULT_KEY.to_owned(),
        responsible_party: "us".to_owned(),
        ..Sent::default()
    };
    shell::html(&page(&request, &caller, &state, None, &sent, None).await?)
}

/// The form of an asset as it is.
pub(super) async fn filled(
    request: HttpRequest,
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
    key: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let asset = finder::one(db, &caller.scope(), &key).await?;
    let sent = Sent::of(db, asset).await?;
    shell::html(&page(&request, &caller, &state, Some(&key), &sent, None).await?)
}

/// Puts an asset into the register.
pub(super) async fn create(
    request: HttpRequest,
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let sent = &form.0;
    let key =
        if sent.key.trim().is_empty() { register::key_from(&sent.name) } else { sent.key.trim().to_owned() };
    let made = state
        .database
        .write(async |tx| {
            let definition = sent.read(tx).await?;
            edit::create(tx, &caller, &key, &definition, now).await
        })
        .await;
    answer(&request, &caller, &state, None, sent, made).await
}

/// Changes an asset. Whoever does that has looked at it.
pub(super) async fn edit(
    request: HttpRequest,
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let sent = &form.0;
    let changed = state
        .database
        .write(async |tx| {
            let before = finder::one(tx, &caller.scope(), &key).await?;
            if before.version.to_string() != sent.version {
                let detail = "Somebody changed this asset while you had the form open. Open it again.";
                return Err(Problem::new(Kind::Stale, detail));
            }
            let definition = sent.read(tx).await?;
            edit::edit(tx, &caller, before, &definition, true, now).await
        })
        .await;
    answer(&request, &caller, &state, Some(&key), sent, changed).await
}

async fn answer(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    key: Option<&str>,
    sent: &Sent,
    done: Result<asset::Model, Problem>,
) -> Result<HttpResponse, Problem> {
    match done {
        Ok(asset) => {
            Ok(said::see_other(&format!("/assets/{}", asset.key), Tone::Good, "The register is up to date."))
        }
        Err(problem) if matches!(problem.kind(), Kind::Invalid | Kind::Conflict | Kind::Stale) => {
            let page = page(request, caller, state, key, sent, Some(&problem)).await?;
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

impl Sent {
    async fn of(db: &impl ConnectionTrait, asset: asset::Model) -> Result<Self, Problem> {
        let owner = match asset.owner_id {
            Some(id) => app_user::Entity::find_by_id(id).one(db).await?.map(|user| user.email),
            None => None,
        };
        let team = team::Entity::find_by_id(asset.team_id).one(db).await?;
        let number = |number: Option<i16>| number.map(|number| number.to_string()).unwrap_or_default();
        Ok(Self {
            version: asset.version.to_string(),
            tier: asset.tier.to_string(),
            internet_facing: asset.internet_facing.to_string(),
            confidentiality: number(asset.confidentiality),
            integrity: number(asset.integrity),
            availability: number(asset.availability),
            team: team.map(|team| team.key).unwrap_or_default(),
            owner: owner.unwrap_or_default(),
            lifetime_days: asset.lifetime_days.map(|days| days.to_string()).unwrap_or_default(),
            key: asset.key,
            name: asset.name,
            description: asset.description,
            kind: asset.kind,
            data_classes: asset.data_classes,
            environment: asset.environment,
            responsible_party: asset.responsible_party,
            tags: asset.tags,
        })
    }

    async fn read(&self, db: &impl ConnectionTrait) -> Result<Definition, Problem> {
        let owner_id = match self.owner.as_str() {
            "" => None,
            email => Some(user::active_by_email(db, "owner", email).await?.id),
        };
        Ok(Definition {
            name: self.name.clone(),
            description: self.description.clone(),
            kind: self.kind.clone(),
            tier: self.tier.parse().map_err(|error| Problem::invalid("tier", format!("{error}.")))?,
            data_classes: words(&self.data_classes),
            internet_facing: self.internet_facing == "true",
            environment: self.environment.clone(),
            ratings: [
                number("confidentiality", &self.confidentiality)?,
                number("integrity", &self.integrity)?,
                number("availability", &self.availability)?,
            ],
            team_id: teams::by_key(db, "team", &self.team).await?.id,
            owner_id,
            responsible_party: self.responsible_party.clone(),
            tags: words(&self.tags),
            lifetime_days: number("lifetime_days", &self.lifetime_days)?,
        })
    }
}

fn number<T: std::str::FromStr>(field: &str, text: &str) -> Result<Option<T>, Problem> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Problem::invalid(field, "Write a whole number.")),
    }
}

async fn page(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    key: Option<&str>,
    sent: &Sent,
    problem: Option<&Problem>,
) -> Result<AssetFormPage, Problem> {
    let heading = if key.is_some() { "Change the asset" } else { "Add an asset" };
    let address = key.map_or_else(|| "/assets".to_owned(), |key| format!("/assets/{key}"));
    let mut fields = fields(state.database.reader(), sent, key.is_none()).await?;
    let errors = problem.map(Problem::errors).unwrap_or_default();
    for field in &mut fields {
        if let Some(error) = errors.iter().find(|error| error.field == field.name) {
            field.error.clone_from(&error.detail);
        }
    }
    let label = |name: &str| {
        fields.iter().find(|field| field.name == name).map(|field| field.label.clone()).unwrap_or_default()
    };
    Ok(AssetFormPage {
        frame: context::frame(request, caller, heading, Section::Assets),
        heading: heading.to_owned(),
        action: address.clone(),
        back: address,
        problems: problem.map(|problem| Problems {
            title: problem.title().to_owned(),
            items: match errors {
                [] => vec![(String::new(), problem.detail().to_owned())],
                errors => errors.iter().map(|error| (label(&error.field), error.detail.clone())).collect(),
            },
        }),
        version: sent.version.clone(),
        fields,
    })
}

async fn fields(db: &impl ConnectionTrait, sent: &Sent, is_new: bool) -> Result<Vec<Field>, Problem> {
    let choices = |words: &[&str], chosen: &str| {
        let mut choices: Vec<Choice> =
            words.iter().map(|word| Choice::new(*word, capitalised(word), chosen)).collect();
        if !chosen.is_empty() && !words.contains(&chosen) {
            choices.push(Choice::new(chosen, capitalised(chosen), chosen));
        }
        choices
    };
    let mut environments = vec![Choice::new("", "Nobody said", &sent.environment)];
    environments.extend(choices(&ENVIRONMENTS, &sent.environment));
    let tiers: Vec<&str> = Tier::ALL.iter().rev().map(|tier| tier.as_str()).collect();
    let mut people = vec![Choice::new("", "Nobody yet", &sent.owner)];
    let users = app_user::Entity::find()
        .filter(app_user::Column::Active.eq(true))
        .order_by_asc(app_user::Column::Name)
        .limit(MOST_PEOPLE)
        .all(db)
        .await?;
    people.extend(users.into_iter().map(|user| Choice::new(user.email, user.name, &sent.owner)));
    let owners = team::Entity::find().order_by_asc(team::Column::Name).all(db).await?;
    let owners = owners.into_iter().map(|team| Choice::new(team.key, team.name, &sent.team)).collect();
    let rating = |name: &str, label: &str| Field::new(name, label, Input::Number).between("1", "5");
    let mut fields = vec![Field::new("name", "Name", Input::Text).required().value(&sent.name)];
    if is_new {
        let hint = "Small letters, digits, dots and dashes; made of the name when left empty.";
        fields.push(Field::new("key", "Key", Input::Text).hint(hint).value(&sent.key));
    }
    fields.extend([
        Field::new("description", "What it is for", Input::Lines).value(&sent.description),
        Field::new("kind", "Kind", Input::Choice).required().choices(choices(&KINDS, &sent.kind)),
        Field::new("tier", "Tier", Input::Choice)
            .required()
            .hint("How much depends on it: gives the impact of what scanners find.")
            .choices(choices(&tiers, &sent.tier)),
        Field::new("data_classes", "Classes of data", Input::Text)
            .hint("As pii, phi, pci, fin or cred, with blanks between them.")
            .value(&sent.data_classes),
        Field::new("internet_facing", "Faces the internet", Input::Check).value(&sent.internet_facing),
        Field::new("environment", "Environment", Input::Choice).choices(environments),
        rating("confidentiality", "Confidentiality").value(&sent.confidentiality),
        rating("integrity", "Integrity").value(&sent.integrity),
        rating("availability", "Availability").value(&sent.availability),
        Field::new("team", "Team", Input::Choice)
            .required()
            .hint("Its open risks move to the team too.")
            .choices(owners),
        Field::new("owner", "Owner", Input::Choice).choices(people),
        Field::new("responsible_party", "Responsible", Input::Choice)
            .required()
            .choices(choices(&PARTIES, &sent.responsible_party)),
        Field::new("tags", "Tags", Input::Text).value(&sent.tags),
        Field::new("lifetime_days", "Counts as gone so many days after it was last seen", Input::Number)
            .between("1", "3650")
            .hint("For what comes and goes; leave it empty for what stays.")
            .value(&sent.lifetime_days),
    ]);
    Ok(fields)
}
