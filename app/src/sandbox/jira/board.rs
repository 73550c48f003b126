//! The pages for people: a board, and one page an issue. They work without a script.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDate;

use super::JiraSandbox;
use super::document;
use super::workflow::open_steps;
use super::world::{Issue, PERSON, PRIORITIES, RESOLUTIONS, STATUSES, World};

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/board", web::get().to(board))
        .route("/style.css", web::get().to(style))
        .route("/browse/{key}", web::get().to(issue))
        .route("/browse/{key}/transitions", web::post().to(take_step));
}

/// GET {mount}/style.css
async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .body(include_str!("../../../static/sandbox.css"))
}

struct Button {
    transition: &'static str,
    name: &'static str,
}

struct Card {
    key: String,
    summary: String,
    level: &'static str,
    level_class: String,
    due_date: Option<NaiveDate>,
    back: Option<(String, String)>,
    buttons: Vec<Button>,
}

struct Column {
    name: &'static str,
    cards: Vec<Card>,
}

#[derive(Template)]
#[template(path = "sandbox/jira/board.html")]
struct BoardPage<'a> {
    base: &'a str,
    stylesheet: &'a str,
    project: &'a str,
    person: &'a str,
    columns: Vec<Column>,
}

struct Remark {
    author: String,
    at: String,
    html: String,
}

#[derive(Template)]
#[template(path = "sandbox/jira/issue.html")]
struct IssuePage<'a> {
    base: &'a str,
    stylesheet: &'a str,
    person: &'a str,
    status: &'static str,
    resolution: Option<&'static str>,
    labels: &'a [String],
    description: Option<String>,
    comments: Vec<Remark>,
    card: Card,
}

#[derive(Template)]
#[template(path = "sandbox/jira/missing.html")]
struct MissingPage<'a> {
    base: &'a str,
    stylesheet: &'a str,
    key: &'a str,
}

fn page(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html),
        Err(error) => {
            tracing::error!(%error, "a page of the JIRA sandbox cannot be rendered");
            HttpResponse::InternalServerError().body("The page cannot be shown; the log says why.")
        }
    }
}

impl JiraSandbox {
    fn card(&self, issue: &Issue) -> Card {
        let (_, level) = PRIORITIES[issue.priority];
        let back = issue.remote_links.iter().find_map(|(_, link)| {
            let url = link["object"]["url"].as_str().filter(|url| url.starts_with("http"))?;
            Some((url.to_owned(), link["object"]["title"].as_str().unwrap_or(url).to_owned()))
        });
        Card {
            key: self.key_of(issue),
            summary: issue.summary.clone(),
            level,
            level_class: level.to_lowercase(),
            due_date: issue.due_date,
            back,
            buttons: open_steps(issue.status).map(|s| Button { transition: s.id, name: s.name }).collect(),
        }
    }

    fn name_of(&self, account: &str) -> String {
        self.account_json(account)["displayName"].as_str().unwrap_or_default().to_owned()
    }
}

async fn board(sandbox: web::Data<JiraSandbox>) -> HttpResponse {
    let world = sandbox.world();
    let columns = STATUSES
        .iter()
        .enumerate()
        .map(|(index, status)| {
            let cards = world.issues.values().filter(|issue| issue.status == index);
            Column { name: status.name, cards: cards.map(|issue| sandbox.card(issue)).collect() }
        })
        .collect();
    drop(world);
    let options = &sandbox.options;
    page(
        StatusCode::OK,
        &BoardPage {
            base: &options.public_url,
            stylesheet: &options.stylesheet,
            project: &options.project_name,
            person: &options.person,
            columns,
        },
    )
}

fn missing(sandbox: &JiraSandbox, key: &str) -> HttpResponse {
    let (base, stylesheet) = (&sandbox.options.public_url, &sandbox.options.stylesheet);
    page(StatusCode::NOT_FOUND, &MissingPage { base, stylesheet, key })
}

fn named<'w>(sandbox: &JiraSandbox, world: &'w World, key: &str) -> Option<&'w Issue> {
    world.find(&sandbox.options.project_key, key).and_then(|id| world.issues.get(&id))
}

async fn issue(sandbox: web::Data<JiraSandbox>, key: web::Path<String>) -> HttpResponse {
    let world = sandbox.world();
    let Some(issue) = named(&sandbox, &world, &key) else {
        drop(world);
        return missing(&sandbox, &key);
    };
    let comments = issue
        .comments
        .iter()
        .map(|comment| Remark {
            author: sandbox.name_of(comment.author),
            at: comment.created.format("%Y-%m-%d %H:%M UTC").to_string(),
            html: document::html(&comment.body),
        })
        .collect();
    let options = &sandbox.options;
    page(
        StatusCode::OK,
        &IssuePage {
            base: &options.public_url,
            stylesheet: &options.stylesheet,
            person: &options.person,
            status: STATUSES[issue.status].name,
            resolution: issue.resolution.map(|index| RESOLUTIONS[index].1),
            labels: &issue.labels,
            description: issue.description.as_ref().map(document::html),
            comments,
            card: sandbox.card(issue),
        },
    )
}

#[derive(serde::Deserialize)]
struct StepForm {
    transition: String,
    from: Option<String>,
}

async fn take_step(
    sandbox: web::Data<JiraSandbox>,
    key: web::Path<String>,
    form: web::Form<StepForm>,
    request: HttpRequest,
) -> HttpResponse {
    // There is no sign-in here, but another site's page must still not be able to press the buttons.
    if request.headers().get("sec-fetch-site").is_some_and(|site| site.as_bytes() == b"cross-site") {
        return HttpResponse::Forbidden().body("The form was sent from another site. Use the board itself.");
    }
    let Some((id, status)) = named(&sandbox, &sandbox.world(), &key).map(|issue| (issue.id, issue.status))
    else {
        return missing(&sandbox, &key);
    };
    // A second click on a stale page finds the step gone and simply shows the present state.
    if let Some(step) = open_steps(status).find(|step| step.id == form.transition) {
        sandbox.take_step(id, step, step.resolution, PERSON);
    }
    let base = &sandbox.options.public_url;
    let back = match form.from.as_deref() {
        Some("issue") => format!("{base}/browse/{key}"),
        _ => format!("{base}/board"),
    };
    HttpResponse::SeeOther().insert_header(("Location", back)).finish()
}
