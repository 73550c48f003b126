//! The application with a Slack workspace beside it, and a network between the two that can misbehave.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use abate::access::role::Role;
use abate::sandbox::slack::{SandboxPerson, SlackSandbox, SlackSandboxOptions};
use actix_web::{App, HttpServer, web};
use serde_json::Value;

use crate::fault_proxy::{Fault, FaultProxy, Rule};
use crate::harness::app::{Person, TestApp};

pub(crate) const SECRET: &str = "a-signing-secret";
const BOT_TOKEN: &str = "xoxb-test";
pub(crate) const CHANNEL: &str = "C00000";
/// The path of the call that cannot be repeated.
pub(crate) const POST: &str = "/sandbox/slack/api/chat.postMessage";

pub(crate) struct Workspace {
    pub(crate) app: TestApp,
    pub(crate) proxy: FaultProxy,
    pub(crate) http: reqwest::Client,
    /// Where the sandbox is.
    pub(crate) slack: String,
    serial: AtomicU64,
}

impl Workspace {
    /// Ana, Ben and Vera have Slack accounts, and so does Nobody, who is unknown to Abate.
    pub(crate) async fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = FaultProxy::start(listener.local_addr().unwrap()).await;
        let sandbox_address = listener.local_addr().unwrap();
        let api = format!("{}/sandbox/slack/api", proxy.url());
        let app = TestApp::spawn_with(&[
            ("ABATE_SLACK__BOT_TOKEN", BOT_TOKEN),
            ("ABATE_SLACK__SIGNING_SECRET", SECRET),
            ("ABATE_SLACK__CHANNEL", CHANNEL),
            ("ABATE_SLACK__API_URL", &api),
        ])
        .await;
        let person = |name: &str| SandboxPerson {
            id: format!("U0{}", name.to_uppercase()),
            name: name.to_owned(),
            email: format!("{name}@example.org"),
        };
        let options = SlackSandboxOptions {
            // Through the proxy too, so that answers to commands meet the same network.
            public_url: format!("{}/sandbox/slack", proxy.url()),
            app_url: app.base().to_owned(),
            bot_token: BOT_TOKEN.to_owned(),
            signing_secret: SECRET.to_owned(),
            channels: vec!["risks".to_owned()],
            persons: ["ana", "ben", "vera", "nobody"].map(person).to_vec(),
        };
        let clock = app.state.clock.clone();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let sandbox = SlackSandbox::new(options, Arc::new(move || clock.now())).unwrap();
                let server = HttpServer::new(move || {
                    let sandbox = sandbox.clone();
                    App::new()
                        .service(web::scope("/sandbox/slack").configure(|config| sandbox.configure(config)))
                });
                server.workers(1).disable_signals().listen(listener).unwrap().run().await.unwrap();
            });
        });
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        let slack = format!("http://{sandbox_address}/sandbox/slack");
        let workspace = Self { app, proxy, http, slack, serial: AtomicU64::new(0) };
        workspace.app.asset("shop", None).await;
        workspace
    }

    pub(crate) async fn ana(&self) -> Person {
        self.app.person("ana@example.org", &[Role::Triager, Role::Engineer]).await
    }

    /// Ben may do the work, and verify: but not his own.
    pub(crate) async fn ben(&self) -> Person {
        self.app.person("ben@example.org", &[Role::Engineer, Role::Verifier]).await
    }

    pub(crate) async fn vera(&self) -> Person {
        self.app.person("vera@example.org", &[Role::Verifier]).await
    }

    /// What the page of the channel shows to somebody, without markup.
    pub(crate) async fn sees(&self, who: &str) -> String {
        let page = self.page(who).await;
        let mut text = String::new();
        let mut inside = false;
        for character in page.chars() {
            match character {
                '<' => inside = true,
                '>' => inside = false,
                character if !inside => text.push(character),
                _ => {}
            }
        }
        text.replace("&#62;", ">").replace("&#60;", "<").replace("&#38;", "&").replace("&#34;", "\"")
    }

    pub(crate) async fn page(&self, who: &str) -> String {
        let address = format!("{}?as={who}&in={CHANNEL}", self.slack);
        self.http.get(address).send().await.unwrap().text().await.unwrap()
    }

    /// Types into the box of the page; gives what the page shows afterwards beyond what it showed before.
    pub(crate) async fn say(&self, who: &str, text: &str) -> String {
        let before = self.sees(who).await;
        self.form("say", &[("as", who), ("in", CHANNEL), ("text", text)]).await;
        let after = self.sees(who).await;
        let same = before.chars().zip(after.chars()).take_while(|(a, b)| a == b).count();
        after.chars().skip(same).collect()
    }

    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) {
        let answer = self.http.post(format!("{}/{path}", self.slack)).form(fields).send().await.unwrap();
        assert_eq!(answer.status(), 303, "{path}");
    }

    /// Sends a signed request straight to the application.
    pub(crate) async fn signed(&self, path: &str, body: &str) -> (u16, String) {
        let now = self.app.state.clock.now().timestamp().to_string();
        self.signed_as(path, body, SECRET, &now).await
    }

    pub(crate) async fn signed_as(&self, path: &str, body: &str, secret: &str, time: &str) -> (u16, String) {
        let answer = self
            .http
            .post(format!("{}{path}", self.app.base()))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("X-Slack-Request-Timestamp", time)
            .header("X-Slack-Signature", signature(secret, time, body))
            .body(body.to_owned())
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The form of a slash command that nobody sent before.
    pub(crate) fn command(&self, user: &str, text: &str) -> String {
        let serial = self.serial.fetch_add(1, Ordering::SeqCst);
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("command", "/risk"),
                ("text", text),
                ("user_id", user),
                ("team_id", "T0SANDBOX"),
                ("trigger_id", &format!("trigger.{serial}")),
                ("response_url", "https://hooks.slack.com/commands/x"),
            ])
            .finish()
    }

    /// The messages of a conversation, newest first.
    pub(crate) async fn messages(&self, conversation: &str) -> Vec<String> {
        let messages = self.history(conversation).await;
        messages.iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
    }

    /// The lines of a conversation, oldest first, also those that share a message. Which of them do depends on which
    /// timer was the quicker.
    pub(crate) async fn lines(&self, conversation: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for message in self.history(conversation).await.iter().rev() {
            let text = message["text"].as_str().unwrap();
            if !text.ends_with(" things for you to know.") {
                lines.push(text.to_owned());
                continue;
            }
            let blocks = message["blocks"].as_array().unwrap().iter().skip(1);
            lines.extend(blocks.filter_map(|block| block["text"]["text"].as_str()).map(without_links));
        }
        lines
    }

    async fn history(&self, conversation: &str) -> Vec<Value> {
        let address = format!("{}/api/conversations.history?channel={conversation}", self.slack);
        let answer = self.http.get(address).bearer_auth(BOT_TOKEN).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["messages"].as_array().cloned().unwrap_or_default()
    }

    /// The next post of a message meets this fault.
    pub(crate) fn next_post(&self, fault: Fault) {
        self.proxy.add(Rule::once("POST", POST, fault));
    }

    /// The state of a risk.
    pub(crate) async fn state_of(&self, key: &str) -> String {
        let risk = self.app.first().await.api.get(&format!("/api/v1/risks/{key}")).await.expect(200).json();
        risk["state"].as_str().unwrap().to_owned()
    }

    /// Notes every step of the ladder as told, for tests that count other messages.
    pub(crate) async fn without_ladder(&self) {
        let steps = ["T-14", "T-7", "T-3", "T-1", "T", "T+3", "T+7"];
        let steps = steps.map(|step| format!("SELECT '{step}' AS name")).join(" UNION ALL ");
        let noted = format!(
            "INSERT INTO risk_ladder (risk_id, due_on, step, user_id, about_at, state, created_at) \
             SELECT risk.id, risk.due_on, step.name, 0, risk.created_at, 'skipped', risk.created_at \
             FROM risk CROSS JOIN ({steps}) AS step"
        );
        self.app.database.tamper(&noted).await;
    }

    /// A confirmed risk that somebody owns.
    pub(crate) async fn open_risk(&self, title: &str, owner: &str, level: (u8, u8)) -> String {
        let key = self.app.risk("shop", title).await;
        let api = self.app.first().await.api;
        let path = format!("/api/v1/risks/{key}/transitions");
        api.post(&path, &serde_json::json!({"event": "start_triage"})).await.expect(200);
        let confirm = serde_json::json!({
            "event": "confirm", "likelihood": level.0, "impact": level.1, "owner": owner, "reason": "seen",
        });
        api.post(&path, &confirm).await.expect(200);
        key
    }
}

fn signature(secret: &str, time: &str, body: &str) -> String {
    use hmac::Mac as _;
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{time}:{body}").as_bytes());
    format!("v0={}", hex::encode(mac.finalize().into_bytes()))
}

/// Slack's text with the words of its links alone.
fn without_links(text: &str) -> String {
    let parts = text.split('<').map(|part| match part.split_once('>') {
        Some((link, rest)) => format!("{}{rest}", link.rsplit('|').next().unwrap_or(link)),
        None => part.to_owned(),
    });
    parts.collect()
}
