//! The page for a visitor: read, type a command, press a button, fill in a modal, as any person.

use std::collections::HashMap;

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::argument::Arguments;
use super::markup::Look;
use super::outbound::{AppAnswer, deliver};
use super::said::{InputKind, ShownBlock, ShownPost, ShownView, shown_post, shown_view};
use super::workspace::{Post, TEAM};
use super::{SlackSandbox, layout, modal, response_url};

const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "sandbox/slack/page.html")]
struct Page {
    base: String,
    me: String,
    my_name: String,
    here: String,
    here_name: String,
    /// Id and name; the last is whether it is the chosen one.
    persons: Vec<(String, String, bool)>,
    conversations: Vec<(String, String, bool)>,
    posts: Vec<ShownPost>,
    view: Option<ShownView>,
}

/// Who looks at what.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Place {
    #[serde(rename = "as", default)]
    me: String,
    #[serde(rename = "in", default)]
    here: String,
}

/// Something typed into the box.
#[derive(Debug, Deserialize)]
pub(super) struct Typed {
    #[serde(flatten)]
    place: Place,
    text: String,
}

/// A pressed button.
#[derive(Debug, Deserialize)]
pub(super) struct Pressed {
    #[serde(flatten)]
    place: Place,
    ts: String,
    block: String,
    action: String,
}

/// GET {mount}
pub(super) async fn show(sandbox: web::Data<SlackSandbox>, place: web::Query<Place>) -> HttpResponse {
    let page = page_for(&sandbox, &place);
    match page.render() {
        Ok(html) => HttpResponse::Ok()
            .insert_header(("Content-Security-Policy", POLICY))
            .insert_header(("Cache-Control", "no-store"))
            .content_type("text/html; charset=utf-8")
            .body(html),
        Err(error) => {
            tracing::error!(%error, "the sandbox's page cannot be shown");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// GET {mount}/style.css
pub(super) async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .body(include_str!("../../../static/sandbox-slack.css"))
}

/// POST {mount}/say
pub(super) async fn say(
    sandbox: web::Data<SlackSandbox>,
    request: HttpRequest,
    typed: web::Form<Typed>,
) -> HttpResponse {
    if is_foreign(&request) {
        return HttpResponse::Forbidden().finish();
    }
    let Typed { place, text } = typed.into_inner();
    let place = settled(&sandbox, &place);
    let text = text.trim().to_owned();
    if text.is_empty() {
        return back(&sandbox, &place);
    }
    let is_command = text.starts_with('/');
    post_as(&sandbox, &place, Some(&place.me), is_command, &text);
    if is_command {
        command(&sandbox, &place, &text).await;
    }
    back(&sandbox, &place)
}

/// POST {mount}/press
pub(super) async fn press(
    sandbox: web::Data<SlackSandbox>,
    request: HttpRequest,
    pressed: web::Form<Pressed>,
) -> HttpResponse {
    if is_foreign(&request) {
        return HttpResponse::Forbidden().finish();
    }
    let place = settled(&sandbox, &pressed.place);
    if let Some(payload) = press_payload(&sandbox, &place, &pressed)
        && let AppAnswer::Failed(why) =
            deliver(&sandbox, "/slack/interactions", &[("payload", &payload)]).await
    {
        post_as(&sandbox, &place, None, true, &format!("That did not work: {why}."));
    }
    back(&sandbox, &place)
}

/// POST {mount}/submit
pub(super) async fn submit(
    sandbox: web::Data<SlackSandbox>,
    request: HttpRequest,
    fields: web::Form<HashMap<String, String>>,
) -> HttpResponse {
    if is_foreign(&request) {
        return HttpResponse::Forbidden().finish();
    }
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let place = settled(&sandbox, &Place { me: field("as"), here: field("in") });
    let id = field("view");
    if fields.contains_key("close") {
        sandbox.workspace().views.remove(&id);
        return back(&sandbox, &place);
    }
    let Some(payload) = submit_payload(&sandbox, &place, &id, &fields) else {
        return back(&sandbox, &place);
    };
    match deliver(&sandbox, "/slack/interactions", &[("payload", &payload)]).await {
        AppAnswer::Said { body, .. } => {
            settle_view(&sandbox, &id, &serde_json::from_slice(&body).unwrap_or_default());
        }
        AppAnswer::Failed(why) => {
            post_as(&sandbox, &place, None, true, &format!("That did not work: {why}."))
        }
    }
    back(&sandbox, &place)
}

async fn command(sandbox: &SlackSandbox, place: &Place, text: &str) {
    let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
    let now = sandbox.now();
    let (trigger, address, person, channel) = {
        let mut workspace = sandbox.workspace();
        let person = workspace.person(&place.me).map(|person| person.name.clone()).unwrap_or_default();
        let channel = workspace.conversations.iter().find(|other| other.id == place.here);
        let channel = channel.map(|channel| channel.name.clone()).unwrap_or_default();
        let address = workspace.answer_address(&place.here, &place.me, None, now);
        (workspace.trigger(&place.me, now), address, person, channel)
    };
    let response_url = format!("{}/actions/{address}", sandbox.options.public_url);
    let fields = [
        ("command", name),
        ("text", rest.trim()),
        ("team_id", TEAM),
        ("team_domain", "sandbox"),
        ("channel_id", &place.here),
        ("channel_name", &channel),
        ("user_id", &place.me),
        ("user_name", &person),
        ("trigger_id", &trigger),
        ("response_url", &response_url),
    ];
    let problem = match deliver(sandbox, "/slack/commands", &fields).await {
        AppAnswer::Said { body, .. } if body.is_empty() => None,
        AppAnswer::Said { content_type, body } if content_type.starts_with("application/json") => {
            let said = Arguments::read("", "application/json", &body).map_err(|refusal| refusal.code);
            // An answer in the request itself uses up the first of the answers to the address.
            let address = sandbox.workspace().spend_address(&address, now);
            said.and_then(|said| address.and_then(|address| response_url::take(sandbox, &address, &said)))
                .err()
        }
        AppAnswer::Said { body, .. } => {
            post_as(sandbox, place, None, true, &String::from_utf8_lossy(&body));
            None
        }
        AppAnswer::Failed(why) => {
            post_as(sandbox, place, None, true, &format!("{name} failed: {why}."));
            None
        }
    };
    if let Some(code) = problem {
        post_as(
            sandbox,
            place,
            None,
            true,
            &format!("{name} failed: Slack refuses the app's answer ({code})."),
        );
    }
}

fn press_payload(sandbox: &SlackSandbox, place: &Place, pressed: &Pressed) -> Option<String> {
    let now = sandbox.now();
    let mut workspace = sandbox.workspace();
    let post =
        workspace.posts.iter().find(|post| post.conversation == place.here && post.ts == pressed.ts)?.clone();
    let block = post.blocks.iter().find(|block| block["block_id"] == pressed.block.as_str())?;
    let elements = block["elements"].as_array().into_iter().flatten().chain([&block["accessory"]]);
    let button =
        elements.into_iter().find(|element| element["action_id"] == pressed.action.as_str())?.clone();
    let private = post.only_for.is_some();
    let address = workspace.answer_address(&place.here, &place.me, Some(&post.ts), now);
    let mut payload = json!({
        "type": "block_actions",
        "team": {"id": TEAM, "domain": "sandbox"},
        "user": {"id": place.me, "team_id": TEAM},
        "channel": {"id": place.here},
        "container": {"type": "message", "message_ts": post.ts, "channel_id": place.here, "is_ephemeral": private},
        "trigger_id": workspace.trigger(&place.me, now),
        "response_url": format!("{}/actions/{address}", sandbox.options.public_url),
        "actions": [{
            "type": "button", "action_id": pressed.action, "block_id": pressed.block, "text": button["text"],
            "value": button["value"], "action_ts": format!("{}.{:06}", now.timestamp(), now.timestamp_subsec_micros()),
        }],
    });
    if !private {
        payload["message"] = json!({"ts": post.ts, "text": post.text, "blocks": post.blocks});
    }
    Some(payload.to_string())
}

fn submit_payload(
    sandbox: &SlackSandbox,
    place: &Place,
    id: &str,
    fields: &HashMap<String, String>,
) -> Option<String> {
    let now = sandbox.now();
    let mut workspace = sandbox.workspace();
    let open = workspace.views.get(id)?.clone();
    let mut values = Map::new();
    for block in open.view["blocks"].as_array().into_iter().flatten().filter(|block| block["type"] == "input")
    {
        let (block_id, element) = (block["block_id"].as_str()?, &block["element"]);
        let action = element["action_id"].as_str().unwrap_or_default();
        let entered = fields
            .get(&format!("{block_id}/{action}"))
            .map(|text| text.trim())
            .filter(|text| !text.is_empty());
        let state = match element["type"].as_str().unwrap_or_default() {
            "static_select" => {
                json!({"type": "static_select", "selected_option": entered.map(|value| json!({"value": value}))})
            }
            "datepicker" => json!({"type": "datepicker", "selected_date": entered}),
            other => json!({"type": other, "value": entered}),
        };
        values.insert(block_id.to_owned(), json!({action: state}));
    }
    let mut view = modal::described(&open);
    view["state"] = json!({"values": values});
    let payload = json!({
        "type": "view_submission",
        "team": {"id": TEAM, "domain": "sandbox"},
        "user": {"id": place.me, "team_id": TEAM},
        "trigger_id": workspace.trigger(&place.me, now),
        "view": view,
        "response_urls": [],
    });
    Some(payload.to_string())
}

/// What becomes of a modal after the app answered its submission.
fn settle_view(sandbox: &SlackSandbox, id: &str, answer: &Value) {
    let mut workspace = sandbox.workspace();
    match answer["response_action"].as_str() {
        Some("errors") => {
            if let Some(open) = workspace.views.get_mut(id) {
                let errors = answer["errors"].as_object().into_iter().flatten();
                open.errors = errors
                    .map(|(block, why)| (block.clone(), why.as_str().unwrap_or_default().to_owned()))
                    .collect();
            }
        }
        Some("update") if layout::view_problems(&answer["view"]).is_empty() => {
            if let Some(open) = workspace.views.get_mut(id) {
                open.view = answer["view"].clone();
                open.errors.clear();
            }
        }
        _ => {
            workspace.views.remove(id);
        }
    }
}

fn page_for(sandbox: &SlackSandbox, place: &Place) -> Page {
    let place = settled(sandbox, place);
    let workspace = sandbox.workspace();
    let name_of = |id: &str| workspace.person(id).map(|person| person.name.clone()).unwrap_or_default();
    let persons = workspace.persons.iter();
    let conversations: Vec<(String, String, bool)> = workspace
        .conversations
        .iter()
        .filter(|other| other.person.as_ref().is_none_or(|person| *person == place.me))
        .map(|other| {
            let name = if other.person.is_some() { other.name.clone() } else { format!("#{}", other.name) };
            (other.id.clone(), name, other.id == place.here)
        })
        .collect();
    let visible = |post: &&Post| {
        post.conversation == place.here && post.only_for.as_ref().is_none_or(|person| *person == place.me)
    };
    Page {
        base: base_path(sandbox),
        my_name: name_of(&place.me),
        here_name: conversations
            .iter()
            .find(|(_, _, here)| *here)
            .map(|(_, name, _)| name.clone())
            .unwrap_or_default(),
        persons: persons
            .map(|person| (person.id.clone(), person.name.clone(), person.id == place.me))
            .collect(),
        posts: workspace.posts.iter().filter(visible).map(|post| shown_post(&workspace, post)).collect(),
        view: workspace
            .views
            .values()
            .find(|open| open.person == place.me)
            .map(|open| shown_view(&workspace, open)),
        conversations,
        me: place.me,
        here: place.here,
    }
}

/// A person and a conversation that exist and go together.
fn settled(sandbox: &SlackSandbox, place: &Place) -> Place {
    let mut workspace = sandbox.workspace();
    let me =
        workspace.person(&place.me).or_else(|| workspace.persons.first()).map(|person| person.id.clone());
    let me = me.unwrap_or_default();
    let direct = workspace.direct(&me);
    let mine = |id: &str, person: &Option<String>| {
        id == place.here && person.as_ref().is_none_or(|other| *other == me)
    };
    let chosen = workspace.conversations.iter().find(|other| mine(&other.id, &other.person));
    let here = chosen.or_else(|| workspace.conversations.first()).map_or(direct, |other| other.id.clone());
    Place { me, here }
}

/// Says something here: as a person, or as the app when there is no author.
fn post_as(sandbox: &SlackSandbox, place: &Place, author: Option<&str>, private: bool, text: &str) {
    let post = Post {
        conversation: place.here.clone(),
        ts: String::new(),
        author: author.map(str::to_owned),
        only_for: private.then(|| place.me.clone()),
        text: text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        blocks: Vec::new(),
        metadata: None,
        edited: false,
    };
    let now = sandbox.now();
    sandbox.workspace().post(post, now);
}

/// Another site's page must not act here through the visitor's browser.
fn is_foreign(request: &HttpRequest) -> bool {
    let site = request.headers().get("sec-fetch-site").and_then(|value| value.to_str().ok());
    site.is_some_and(|site| site != "same-origin" && site != "none")
}

fn back(sandbox: &SlackSandbox, place: &Place) -> HttpResponse {
    let address = format!("{}?as={}&in={}#latest", base_path(sandbox), place.me, place.here);
    HttpResponse::SeeOther().insert_header((LOCATION, address)).finish()
}

/// Where the page is, without the host, for the visitor may use another name of it than we do.
fn base_path(sandbox: &SlackSandbox) -> String {
    url::Url::parse(&sandbox.options.public_url)
        .map(|url| url.path().trim_end_matches('/').to_owned())
        .unwrap_or_default()
}
