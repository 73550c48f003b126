//! `GET /incidents/new` and `POST /incidents`

use abate_entity::team;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use serde::Deserialize;

use super::{NO_SLACK, Sent, fill, is_for_the_form, problems, value};
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::DeclareIncidents;
use crate::access::team::DEFAULT_KEY;
use crate::asset::data_class;
use crate::calendar::local_time::to_utc;
use crate::incident::api::{DataForm, IncidentForm, resolve};
use crate::incident::declare::SUBJECTS;
use crate::incident::key::IncidentKey;
use crate::incident::view::NewIncidentPage;
use crate::page::badge::{Tone, capitalised};
use crate::page::form::{Choice, Field, Kind};
use crate::page::frame::Section;
use crate::page::{context, said, shell};
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::record::Occasion;
use crate::state::AppState;

/// Who is told, where messages reach them.
const REACHES: &str =
    "Those who lead security are told at once, and then every hour until one of them acknowledges it.";
/// What it is declared from.
const ABOUT: [&str; 3] = ["risk", "finding", "run"];

/// What the form is opened for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    risk: String,
    finding: String,
    run: String,
}

pub(super) async fn form(
    request: HttpRequest,
    caller: Require<DeclareIncidents>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let Asked { risk, finding, run } = asked.into_inner();
    let drill = if run.is_empty() { "breach" } else { "drill" };
    let sent = [("kind", drill.to_owned()), ("risk", risk), ("finding", finding), ("run", run)];
    let sent = sent.map(|(name, value)| (name.to_owned(), value)).to_vec();
    shell::html(&page(&request, &caller, &state, &sent, None).await?)
}

pub(super) async fn declare(
    request: HttpRequest,
    caller: Require<DeclareIncidents>,
    state: web::Data<AppState>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let SignedForm(sent) = form;
    let declared = async {
        let zone = Policies::load(state.database.reader()).await?.zone;
        let form = read(&sent, zone)?;
        let now = state.clock.now();
        state
            .database
            .write(async |tx| {
                let policies = Policies::load(tx).await?;
                resolve(tx, &Occasion::by(&caller, now, &policies), &caller, &form).await
            })
            .await
    };
    match declared.await {
        Ok(incident) => {
            let key = IncidentKey(incident.id);
            let reached =
                if state.slack.is_some() { "Those who lead security are being told." } else { NO_SLACK };
            let text = format!("{key} is declared. {reached}");
            Ok(said::see_other(&format!("/incidents/{key}"), Tone::Good, &text))
        }
        Err(problem) if is_for_the_form(&problem) => {
            shell::html_with_problem(&page(&request, &caller, &state, &sent, Some(&problem)).await?, &problem)
        }
        Err(problem) => Err(problem),
    }
}

fn read(sent: &Sent, zone: Tz) -> Result<IncidentForm, Problem> {
    let some = |name: &str| Some(value(sent, name)).filter(|text| !text.is_empty());
    let number = |name: &str| {
        let read = |text: String| text.parse().map_err(|_| Problem::invalid(name, "Give a number."));
        some(name).map(read).transpose()
    };
    let data_class = value(sent, "data_class");
    let data = DataForm {
        subjects: value(sent, "subjects"),
        people: number("people")?,
        note: value(sent, "note"),
        data_class,
    };
    Ok(IncidentForm {
        kind: value(sent, "kind"),
        title: value(sent, "title"),
        description: value(sent, "description"),
        aware_at: moment(sent, "aware_at", zone)?,
        team: some("team"),
        risk: some("risk"),
        finding: number("finding")?,
        run: number("run")?,
        data: if data.data_class.is_empty() { Vec::new() } else { vec![data] },
    })
}

/// A local moment that somebody typed.
pub(super) fn moment(sent: &Sent, name: &str, zone: Tz) -> Result<Option<DateTime<Utc>>, Problem> {
    let text = value(sent, name).trim().replace('T', " ");
    if text.is_empty() {
        return Ok(None);
    }
    NaiveDateTime::parse_from_str(&format!("{text}:00"), "%Y-%m-%d %H:%M:%S")
        .map(|local| Some(to_utc(zone, local)))
        .map_err(|_| Problem::invalid(name, "Write the moment as in 2026-03-02 14:30."))
}

/// A field for a moment.
pub(super) fn moment_field(name: &str, label: &str, zone: Tz) -> Field {
    let hint = format!("As in 2026-03-02 14:30, in {zone}. Left empty, it is now.");
    Field::new(name, label, Kind::Text).hint(hint)
}

/// Fields for the data that is concerned.
pub(super) async fn data_fields(db: &impl ConnectionTrait, sent: &Sent) -> Result<Vec<Field>, Problem> {
    let chosen = value(sent, "data_class");
    let classes = data_class::load(db).await?.profiles.into_keys();
    let classes = classes.map(|class| Choice::new(class.clone(), class, &chosen));
    let whose = value(sent, "subjects");
    let subjects = SUBJECTS.map(|word| Choice::new(word, capitalised(word), &whose)).to_vec();
    let unknown = std::iter::once(Choice::new("", "Not known yet", &chosen));
    Ok(vec![
        Field::new("data_class", "Data", Kind::Choice).choices(unknown.chain(classes).collect()),
        Field::new("subjects", "Whose", Kind::Choice).choices(subjects),
        Field::new("people", "How many people", Kind::Number).value(value(sent, "people")).between("0", ""),
    ])
}

async fn page(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    sent: &Sent,
    refused: Option<&Problem>,
) -> Result<NewIncidentPage, Problem> {
    let db = state.database.reader();
    let zone = Policies::load(db).await?.zone;
    let kind = value(sent, "kind");
    let kinds = [("breach", "Data breach"), ("drill", "Drill of one")];
    let kinds = kinds.map(|(word, label)| Choice::new(word, label, &kind)).to_vec();
    let mut fields = vec![
        Field::new("kind", "What it is", Kind::Choice).choices(kinds).required(),
        Field::new("title", "What happened", Kind::Text).value(value(sent, "title")).required(),
        Field::new("description", "What is known", Kind::Lines).value(value(sent, "description")),
        moment_field("aware_at", "When somebody became aware of it", zone).value(value(sent, "aware_at")),
    ];
    fields.extend(data_fields(db, sent).await?);
    let named = ABOUT.map(|name| (name.to_owned(), value(sent, name)));
    let hidden: Vec<_> = named.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let about: Vec<String> = hidden.iter().map(|(name, value)| format!("{name} {value}")).collect();
    fields.insert(1, team_field(db, caller, !about.is_empty()).await?);
    if let Some(problem) = refused {
        fill(&mut fields, sent, problem);
    }
    Ok(NewIncidentPage {
        frame: context::frame(request, caller, "Declare an incident", Section::Risks),
        problems: refused.map(problems),
        about: about.join(", "),
        hidden,
        fields,
        reaches: if state.slack.is_some() { REACHES } else { NO_SLACK },
    })
}

/// Whose incident it is: one of the teams that the caller may declare one for. Where it is declared from something, the
/// team of that is the first choice.
async fn team_field(db: &impl ConnectionTrait, caller: &Actor, about: bool) -> Result<Field, Problem> {
    let scope = caller.scope_of::<DeclareIncidents>();
    let teams =
        team::Entity::find().order_by_asc(team::Column::Name).order_by_asc(team::Column::Id).all(db).await?;
    let mut teams: Vec<team::Model> = teams.into_iter().filter(|team| scope.covers(team.id)).collect();
    // The first choice is the one that is made without looking.
    teams.sort_by_key(|team| team.key != DEFAULT_KEY);
    let own = about.then(|| Choice::new("", "The team that it is declared from", ""));
    let teams = teams.into_iter().map(|team| Choice::new(team.key, team.name, "-"));
    Ok(Field::new("team", "Team", Kind::Choice).choices(own.into_iter().chain(teams).collect()))
}
