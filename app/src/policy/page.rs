//! `/settings/policies`: the policies for due dates and the calendars, and a form that looks at a new version before it
//! is published.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Policies;
use super::calendar_form::CalendarForm;
use super::policy_form::PolicyForm;
use super::preview::{self, Moved, Preview};
use super::proposal::{self, Proposal};
use super::version_difference::Said;
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::{KeepPolicies, See};
use crate::page::badge::{Tone, counted};
use crate::page::due::{day, moment};
use crate::page::form::{Field, Kind, Problems};
use crate::page::frame::{Frame, Section};
use crate::page::{context, said, shell};
use crate::platform::problem::{self, Problem};
use crate::risk::clock::SlaPolicy;
use crate::state::AppState;

/// Where the page is.
const PATH: &str = "/settings/policies";
/// The two kinds of what is published here.
const POLICY: &str = "policy";
const CALENDAR: &str = "calendar";
/// Risks that are listed below what would change, of those that would be due soonest.
const SOONEST: usize = 10;

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/settings/policies", web::get().to(show))
        .route("/settings/policies/preview", web::post().to(look))
        .route("/settings/policies/publish", web::post().to(publish));
}

#[derive(Template)]
#[template(path = "policy/list.html")]
struct PoliciesPage {
    frame: Frame,
    may_keep: bool,
    problems: Option<Problems>,
    policies: Vec<Row>,
    calendars: Vec<Row>,
    kind: String,
    fields: Vec<Field>,
    preview: Option<PreviewView>,
}

struct Row {
    name: String,
    version: i32,
    title: String,
    words: String,
    href: String,
}

struct PreviewView {
    name: String,
    data: String,
    digest: String,
    sentence: String,
    difference: Vec<Said>,
    moved: Vec<MovedRow>,
    more: String,
}

struct MovedRow {
    key: String,
    level: String,
    old: String,
    new: String,
    policies: String,
}

/// What the page is asked for: which version the form starts from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    kind: String,
    name: String,
}

async fn show(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let policies = Policies::load(state.database.reader()).await?;
    let data = match asked.kind.as_str() {
        POLICY => policies.sla().newest(&asked.name).map(|found| pretty(&PolicyForm::from(&found.data))),
        CALENDAR => {
            policies.calendars().newest(&asked.name).map(|found| pretty(&CalendarForm::from(&found.data)))
        }
        _ => None,
    };
    let data = data.transpose()?.unwrap_or_default();
    let sent = Sent { kind: asked.kind.clone(), name: asked.name.clone(), data, ..Sent::default() };
    shell::html(&page(&request, &caller, &policies, &sent))
}

fn pretty(form: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string_pretty(form).map_err(Problem::internal)
}

/// The form of a new version, before it is looked at and after.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    kind: String,
    name: String,
    data: String,
    digest: String,
    reason: String,
}

impl Sent {
    fn proposal(&self, state: &AppState) -> Result<Proposal, Problem> {
        let name = self.name.trim();
        match self.kind.as_str() {
            POLICY => Proposal::policy(name, &read::<PolicyForm>(&self.data)?),
            CALENDAR => {
                Proposal::calendar(name, &read::<CalendarForm>(&self.data)?, state.config.organisation.zone)
            }
            _ => Err(Problem::invalid("kind", "Use policy or calendar.")),
        }
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|error| Problem::invalid("data", format!("{error}.")))
}

async fn look(
    request: HttpRequest,
    caller: Require<KeepPolicies>,
    state: web::Data<AppState>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    caller.require_in::<KeepPolicies>(0)?;
    let sent = form.0;
    let looked = async {
        let proposal = sent.proposal(&state)?;
        let preview = preview::look(&state, &proposal, state.clock.now()).await?;
        Ok((proposal, preview))
    };
    let looked: Result<_, Problem> = looked.await;
    let policies = Policies::load(state.database.reader()).await?;
    let mut page = page(&request, &caller, &policies, &sent);
    match looked {
        Ok((proposal, preview)) => {
            page.preview = Some(view(&sent, &proposal, preview, &policies));
            shell::html(&page)
        }
        Err(problem) => refuse(page, &problem),
    }
}

async fn publish(
    request: HttpRequest,
    caller: Require<KeepPolicies>,
    state: web::Data<AppState>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    caller.require_in::<KeepPolicies>(0)?;
    let sent = form.0;
    let published = async {
        let proposal = sent.proposal(&state)?;
        proposal::publish(&state, &caller, &proposal, &sent.digest, &sent.reason).await
    };
    match published.await {
        Ok(preview) => {
            let text = format!(
                "{} holds in version {}. Due dates that move: {}.",
                sent.name.trim(),
                preview.version,
                preview.changed,
            );
            Ok(said::see_other(PATH, Tone::Good, &text))
        }
        Err(problem) => {
            let policies = Policies::load(state.database.reader()).await?;
            refuse(page(&request, &caller, &policies, &sent), &problem)
        }
    }
}

/// The page with what was wrong.
fn refuse(mut page: PoliciesPage, problem: &Problem) -> Result<HttpResponse, Problem> {
    if !matches!(problem.kind(), problem::Kind::Invalid | problem::Kind::Conflict) {
        return Err(Problem::new(problem.kind(), problem.to_string()));
    }
    let title = match problem.kind() {
        problem::Kind::Invalid => "Nothing was changed; this is wrong:".to_owned(),
        _ => problem.detail().to_owned(),
    };
    let items = problem.errors().iter().map(|error| (error.field.clone(), error.detail.clone())).collect();
    page.problems = Some(Problems { title, items });
    shell::html_with_problem(&page, problem)
}

fn page(request: &HttpRequest, caller: &Actor, policies: &Policies, sent: &Sent) -> PoliciesPage {
    let may_keep = caller.require_in::<KeepPolicies>(0).is_ok();
    let row = |kind: &str, name: &str, version, title: String, words| Row {
        name: name.to_owned(),
        version,
        title,
        words,
        href: format!("{PATH}?kind={kind}&name={name}#version"),
    };
    let sla = policies.sla().in_force().into_iter();
    let calendars = policies.calendars().in_force().into_iter();
    PoliciesPage {
        frame: context::frame(request, caller, "Due dates", Section::Elsewhere),
        may_keep,
        problems: None,
        policies: sla
            .map(|found| row(POLICY, &found.name, found.number, found.data.name.clone(), words(&found.data)))
            .collect(),
        calendars: calendars
            .map(|found| {
                let days = counted(found.data.holidays.holidays.len() as u64, "day off", "days off");
                row(CALENDAR, &found.name, found.number, found.data.zone.name().to_owned(), days)
            })
            .collect(),
        kind: sent.kind.clone(),
        fields: if may_keep && [POLICY, CALENDAR].contains(&sent.kind.as_str()) {
            fields(sent)
        } else {
            Vec::new()
        },
        preview: None,
    }
}

fn fields(sent: &Sent) -> Vec<Field> {
    vec![
        Field::new("name", "Name", Kind::Text)
            .required()
            .value(&sent.name)
            .hint("A name that is new makes a policy or calendar of its own."),
        Field::new("data", "What it says", Kind::Lines).required().value(&sent.data),
    ]
}

/// What a policy says, in a line.
fn words(policy: &SlaPolicy) -> String {
    let terms: Vec<String> = abate_entity::level::Level::ALL
        .iter()
        .rev()
        .filter_map(|level| Some(format!("{level} {}", policy.spell_term(policy.term_for(*level)?))))
        .collect();
    let mut words = terms.join(", ");
    if policy.directive {
        words = "days by four questions".to_owned();
    }
    if policy.applies.only_where_asked {
        words.push_str("; only where asked for");
    }
    words
}

fn view(sent: &Sent, proposal: &Proposal, mut preview: Preview, policies: &Policies) -> PreviewView {
    preview.items.truncate(SOONEST);
    let Preview { open, changed, earlier, later, becoming_late, staying_late, .. } = preview;
    let sentence = format!(
        "Of {}, {changed} would move: {earlier} would have less time, {later} more. {becoming_late} would be late that \
         are in time now; {staying_late} would stay late although they would have more time.",
        counted(open, "open risk", "open risks"),
    );
    let listed = preview.items.len() as u64;
    PreviewView {
        name: format!("{} in version {}", sent.name.trim(), preview.version),
        data: sent.data.clone(),
        digest: preview.digest,
        sentence,
        difference: proposal.difference(policies),
        more: if changed > listed { format!("And {} more.", changed - listed) } else { String::new() },
        moved: preview.items.iter().map(|moved| moved_row(moved, policies)).collect(),
    }
}

fn moved_row(moved: &Moved, policies: &Policies) -> MovedRow {
    let words = |on: Option<chrono::NaiveDate>, at: Option<chrono::DateTime<chrono::Utc>>| match (on, at) {
        (Some(on), _) => day(on),
        (None, Some(at)) => moment(at, policies.zone),
        (None, None) => "none".to_owned(),
    };
    MovedRow {
        key: moved.key.clone(),
        level: moved.level.to_string(),
        old: words(moved.old_due_on, moved.old_due_at),
        new: words(moved.new_due_on, moved.new_due_at),
        policies: moved.new_policies.join(" + "),
    }
}
