//! The form of a cadence: `/cadences/new`, `/cadences/{id}/edit`, and where it is sent.

use abate_entity::cadence::CadenceKind;
use abate_entity::{app_user, team};
use actix_web::{HttpRequest, HttpResponse, web};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;

use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::KeepCadences;
use crate::access::team as teams;
use crate::calendar::local_time::local_date;
use crate::obligation::cadence::{self, Definition};
use crate::obligation::view::CadenceFormPage;
use crate::obligation::{finder, input};
use crate::page::badge::{Tone, capitalised};
use crate::page::form::{Choice, Field, Kind as Input, Problems};
use crate::page::frame::Section;
use crate::page::{context, said, shell};
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::state::AppState;

/// Most people that the form offers.
const MOST_PEOPLE: u64 = 500;

/// The form as sent: text, as the browser has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    version: String,
    name: String,
    kind: String,
    description: String,
    rule: String,
    starts_on: String,
    time_of_day: String,
    zone: String,
    lead_days: String,
    grace_days: String,
    ceiling_months: String,
    back_to_business_day: String,
    last_done_on: String,
    team: String,
    owner: String,
    active: String,
}

/// An empty form.
pub(super) async fn blank(
    request: HttpRequest,
    caller: Require<KeepCadences>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let zone = state.config.organisation.zone;
    let sent = Sent {
        kind: CadenceKind::Other.to_string(),
        rule: "FREQ=MONTHLY;BYDAY=1MO".to_owned(),
        starts_on: local_date(zone, state.clock.now()).to_string(),
        time_of_day: "09:00".to_owned(),
        zone: zone.name().to_owned(),
        lead_days: "7".to_owned(),
        grace_days: "7".to_owned(),
        team: teams::DEFAULT_KEY.to_owned(),
        active: "true".to_owned(),
        ..Sent::default()
    };
    shell::html(&page(&request, &caller, &state, None, &sent, None).await?)
}

/// The form of a cadence as it is.
pub(super) async fn filled(
    request: HttpRequest,
    caller: Require<KeepCadences>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let row = finder::cadence(db, &caller.scope(), *id).await?;
    let names = finder::Names::of(db, [row.owner_id]).await?;
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let sent = Sent {
        version: row.version.to_string(),
        kind: row.kind.to_string(),
        starts_on: row.starts_on.to_string(),
        lead_days: row.lead_days.to_string(),
        grace_days: row.grace_days.to_string(),
        ceiling_months: row.ceiling_months.map(|months| months.to_string()).unwrap_or_default(),
        back_to_business_day: row.back_to_business_day.to_string(),
        last_done_on: day(row.last_done_on),
        team: names.team_key(row.team_id),
        owner: names.email(row.owner_id).unwrap_or_default(),
        active: row.active.to_string(),
        name: row.name,
        description: row.description,
        rule: row.rule,
        time_of_day: row.time_of_day,
        zone: row.zone,
    };
    shell::html(&page(&request, &caller, &state, Some(*id), &sent, None).await?)
}

/// Sets up a cadence.
pub(super) async fn create(
    request: HttpRequest,
    caller: Require<KeepCadences>,
    state: web::Data<AppState>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let made = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let definition = Definition { active: true, ..form.0.read(tx).await? };
            cadence::create(tx, &caller, &policies, &definition, now).await
        })
        .await;
    answer(&request, &caller, &state, None, &form.0, made).await
}

/// Changes a cadence.
pub(super) async fn edit(
    request: HttpRequest,
    caller: Require<KeepCadences>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let changed = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let before = finder::cadence(tx, &caller.scope(), *id).await?;
            if before.version.to_string() != form.0.version {
                let detail = "Somebody changed this cadence while you had the form open. Open it again.";
                return Err(Problem::new(Kind::Stale, detail));
            }
            let definition = form.0.read(tx).await?;
            cadence::edit(tx, &caller, &policies, before, &definition, now).await
        })
        .await;
    answer(&request, &caller, &state, Some(*id), &form.0, changed).await
}

async fn answer(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    id: Option<i64>,
    sent: &Sent,
    done: Result<abate_entity::cadence::Model, Problem>,
) -> Result<HttpResponse, Problem> {
    match done {
        Ok(row) => {
            Ok(said::see_other(&format!("/cadences/{}", row.id), Tone::Good, "The cadence is set up."))
        }
        Err(problem) if matches!(problem.kind(), Kind::Invalid | Kind::Conflict | Kind::Stale) => {
            let page = page(request, caller, state, id, sent, Some(&problem)).await?;
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

impl Sent {
    async fn read(&self, db: &impl ConnectionTrait) -> Result<Definition, Problem> {
        Ok(Definition {
            name: self.name.clone(),
            kind: input::kind(&self.kind)?,
            description: self.description.clone(),
            rule: self.rule.clone(),
            starts_on: value("starts_on", &self.starts_on, "Choose a day.")?,
            time_of_day: input::time_of_day(&self.time_of_day)?,
            zone: input::zone(&self.zone)?,
            lead_days: value("lead_days", &self.lead_days, "Write a number of days.")?,
            grace_days: value("grace_days", &self.grace_days, "Write a number of days.")?,
            ceiling_months: some_value("ceiling_months", &self.ceiling_months, "Write a number of months.")?,
            back_to_business_day: self.back_to_business_day == "true",
            last_done_on: some_value("last_done_on", &self.last_done_on, "Choose a day.")?,
            team_id: teams::by_key(db, "team", &self.team).await?.id,
            owner_id: input::owner(db, Some(&self.owner)).await?,
            active: self.active == "true",
        })
    }
}

fn value<T: std::str::FromStr>(field: &str, text: &str, detail: &str) -> Result<T, Problem> {
    text.trim().parse().map_err(|_| Problem::invalid(field, detail))
}

fn some_value<T: std::str::FromStr>(field: &str, text: &str, detail: &str) -> Result<Option<T>, Problem> {
    if text.trim().is_empty() { Ok(None) } else { value(field, text, detail).map(Some) }
}

async fn page(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    id: Option<i64>,
    sent: &Sent,
    problem: Option<&Problem>,
) -> Result<CadenceFormPage, Problem> {
    let heading = if id.is_some() { "Change the cadence" } else { "Set up a cadence" };
    let address = id.map_or_else(|| "/cadences".to_owned(), |id| format!("/cadences/{id}"));
    let mut fields = fields(state.database.reader(), sent, id.is_some()).await?;
    let errors = problem.map(Problem::errors).unwrap_or_default();
    for field in &mut fields {
        if let Some(error) = errors.iter().find(|error| error.field == field.name) {
            field.error.clone_from(&error.detail);
        }
    }
    Ok(CadenceFormPage {
        frame: context::frame(request, caller, heading, Section::Cadences),
        heading: heading.to_owned(),
        action: address.clone(),
        back: address,
        problems: problem.map(|problem| Problems {
            title: problem.title().to_owned(),
            items: match errors {
                [] => vec![(String::new(), problem.detail().to_owned())],
                errors => {
                    errors.iter().map(|error| (label(&fields, &error.field), error.detail.clone())).collect()
                }
            },
        }),
        fields,
        version: sent.version.clone(),
    })
}

fn label(fields: &[Field], name: &str) -> String {
    fields.iter().find(|field| field.name == name).map(|field| field.label.clone()).unwrap_or_default()
}

async fn fields(db: &impl ConnectionTrait, sent: &Sent, is_edit: bool) -> Result<Vec<Field>, Problem> {
    let kinds = CadenceKind::ALL
        .iter()
        .map(|kind| Choice::new(kind.as_str(), capitalised(kind.as_str()), &sent.kind))
        .collect();
    let mut people = vec![Choice::new("", "Nobody yet", &sent.owner)];
    let users = app_user::Entity::find()
        .filter(app_user::Column::Active.eq(true))
        .order_by_asc(app_user::Column::Name)
        .limit(MOST_PEOPLE)
        .all(db)
        .await?;
    people.extend(users.into_iter().map(|user| Choice::new(user.email, user.name, &sent.owner)));
    let teams = team::Entity::find().order_by_asc(team::Column::Name).all(db).await?;
    let teams = teams.into_iter().map(|team| Choice::new(team.key, team.name, &sent.team)).collect();
    let rule = "A recurrence rule: FREQ=MONTHLY;BYDAY=2TU is each second Tuesday, BYMONTHDAY=-1 the last of a month.";
    let days = |name: &str, label: &str| Field::new(name, label, Input::Number).between("0", "90").required();
    let mut fields = vec![
        Field::new("name", "Name", Input::Text).required().value(&sent.name),
        Field::new("kind", "About", Input::Choice).choices(kinds).required().value(&sent.kind),
        Field::new("description", "What has to be done, and what shows it", Input::Lines)
            .value(&sent.description),
        Field::new("rule", "Rule", Input::Text).required().hint(rule).value(&sent.rule),
        Field::new("starts_on", "From", Input::Date).required().value(&sent.starts_on),
        Field::new("time_of_day", "Time of day", Input::Text).required().value(&sent.time_of_day),
        Field::new("zone", "Zone", Input::Text).required().value(&sent.zone),
        days("lead_days", "Opens so many days before it is due").value(&sent.lead_days),
        days("grace_days", "Missed so many days after it was due").value(&sent.grace_days),
        Field::new("ceiling_months", "Months between two runs at most", Input::Number)
            .between("1", "60")
            .value(&sent.ceiling_months),
        Field::new("back_to_business_day", "On a day off, due on the business day before", Input::Check)
            .value(&sent.back_to_business_day),
        Field::new("last_done_on", "Last done on", Input::Date).value(&sent.last_done_on),
        Field::new("team", "Team", Input::Choice).choices(teams).required().value(&sent.team),
        Field::new("owner", "Who does it", Input::Choice).choices(people).value(&sent.owner),
    ];
    if is_edit {
        fields.push(Field::new("active", "Runs are made", Input::Check).value(&sent.active));
    }
    Ok(fields)
}
