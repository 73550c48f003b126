//! Each call of the client, over a socket, to the sandbox.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use abate::sandbox::slack::{SandboxClock, SandboxPerson, SlackSandbox, SlackSandboxOptions};
use abate_integrations::slack::client::Posted;
use abate_integrations::slack::view::InputKind;
use abate_integrations::slack::{
    Block, Button, Input, Message, Metadata, Mrkdwn, Response, SlackClient, SlackError, SlackSettings, View,
};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use chrono::{DateTime, TimeDelta, Utc};

/// What the app under the sandbox was sent.
#[derive(Clone, Default)]
struct Inbox(Arc<Mutex<Vec<Sent>>>);

#[derive(Clone)]
struct Sent {
    timestamp: String,
    signature: String,
    body: Vec<u8>,
}

struct Fixture {
    root: String,
    client: SlackClient,
    inbox: Inbox,
    time: Arc<Mutex<DateTime<Utc>>>,
    http: reqwest::Client,
}

const SECRET: &str = "a-signing-secret";

impl Fixture {
    async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let time = Arc::new(Mutex::new(DateTime::from_timestamp(1_795_000_000, 0).unwrap()));
        let reading = time.clone();
        let clock: SandboxClock = Arc::new(move || *reading.lock().unwrap());
        let person = |id: &str, name: &str, email: &str| SandboxPerson {
            id: id.to_owned(),
            name: name.to_owned(),
            email: email.to_owned(),
        };
        let sandbox = SlackSandbox::new(
            SlackSandboxOptions {
                public_url: format!("{root}/sandbox/slack"),
                app_url: root.clone(),
                bot_token: "xoxb-test".to_owned(),
                signing_secret: SECRET.to_owned(),
                channels: vec!["risks".to_owned()],
                persons: vec![
                    person("U0ANA", "Ana Analyst", "ana@example.com"),
                    person("U0BEN", "Ben <b>Builder</b>", "ben@example.com"),
                ],
            },
            clock,
        )
        .unwrap();
        let inbox = Inbox::default();
        let received = inbox.clone();
        let server = HttpServer::new(move || {
            let sandbox = sandbox.clone();
            App::new()
                .app_data(web::Data::new(received.clone()))
                .service(web::scope("/sandbox/slack").configure(|config| sandbox.configure(config)))
                .route("/slack/{kind}", web::post().to(app))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
        actix_web::rt::spawn(server);
        let client = client(&root, "xoxb-test");
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { root, client, inbox, time, http }
    }

    fn advance(&self, seconds: i64) {
        *self.time.lock().unwrap() += TimeDelta::seconds(seconds);
    }

    async fn page(&self, me: &str, here: &str) -> String {
        let address = format!("{}/sandbox/slack?as={me}&in={here}", self.root);
        self.http.get(address).send().await.unwrap().text().await.unwrap()
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) {
        let answer =
            self.http.post(format!("{}/sandbox/slack/{path}", self.root)).form(fields).send().await.unwrap();
        assert_eq!(answer.status(), 303, "{path}");
    }

    /// The body that the app was sent last.
    fn last_sent(&self) -> Vec<u8> {
        self.inbox.0.lock().unwrap().last().unwrap().body.clone()
    }
}

fn client(root: &str, token: &str) -> SlackClient {
    SlackClient::new(SlackSettings {
        api_url: format!("{root}/sandbox/slack/api"),
        bot_token: token.into(),
        timeout: Duration::from_secs(5),
    })
    .unwrap()
}

/// Stands for the app: keeps what it gets and answers commands in kind.
async fn app(
    inbox: web::Data<Inbox>,
    request: HttpRequest,
    kind: web::Path<String>,
    body: web::Bytes,
) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
    let (timestamp, signature) = (header("x-slack-request-timestamp"), header("x-slack-signature"));
    let sent = Sent { timestamp, signature, body: body.to_vec() };
    inbox.0.lock().unwrap().push(sent);
    match kind.as_str() {
        "commands" => {
            let message = Message {
                text: "answer".to_owned(),
                blocks: vec![
                    Block::text(Mrkdwn::new().plain("<!channel> & ").bold("bold")),
                    Block::Actions(vec![Button::new("Take", "take", "R-12")]),
                ],
            };
            HttpResponse::Ok().json(Response::private(message).to_json())
        }
        _ => HttpResponse::Ok().finish(),
    }
}

fn form_view() -> View {
    View {
        title: "Claim a fix".to_owned(),
        submit: Some("Send".to_owned()),
        callback: "fixed".to_owned(),
        private: "R-12".to_owned(),
        blocks: vec![Block::Input(Input {
            name: "evidence".to_owned(),
            label: "Evidence".to_owned(),
            hint: None,
            optional: false,
            kind: InputKind::Text { multiline: false, placeholder: None },
        })],
    }
}

#[actix_web::test]
async fn messages_are_posted_changed_and_found_again() {
    let fixture = Fixture::start().await;
    let client = &fixture.client;
    assert_eq!(client.auth_test().await.unwrap().user_id, "U0ABATE");

    let mark = Metadata { event_type: "abate_message".to_owned(), key: "due:R-12".to_owned() };
    let message = Message { text: "late".to_owned(), blocks: vec![Block::text("<!channel> R-12 is late")] };
    let posted = client.post_message("#risks", &message, Some(&mark)).await.unwrap();
    assert_eq!(client.find_message(&posted.channel, &mark, "0").await.unwrap(), Some(posted.clone()));
    let other = Metadata { key: "due:R-13".to_owned(), ..mark.clone() };
    assert_eq!(client.find_message(&posted.channel, &other, "0").await.unwrap(), None);

    client.update_message(&posted, &Message::plain("R-12 is in time again")).await.unwrap();
    let page = fixture.page("U0ANA", &posted.channel).await;
    assert!(page.contains("R-12 is in time again") && !page.contains("is late"), "{page}");

    let missing = Posted { ts: "1.000001".to_owned(), ..posted };
    let refused = client.update_message(&missing, &message).await.unwrap_err();
    assert!(refused.is_refusal("message_not_found"), "{refused}");
}

#[actix_web::test]
async fn a_message_to_a_person_is_seen_by_that_person_alone() {
    let fixture = Fixture::start().await;
    let direct = fixture.client.open_conversation("U0ANA").await.unwrap();
    let posted = fixture.client.post_message("U0ANA", &Message::plain("your digest"), None).await.unwrap();
    assert_eq!(posted.channel, direct);
    assert!(fixture.page("U0ANA", &direct).await.contains("your digest"));
    assert!(!fixture.page("U0BEN", &direct).await.contains("your digest"));
}

#[actix_web::test]
async fn persons_are_found_by_id_and_address() {
    let fixture = Fixture::start().await;
    let ana = fixture.client.user_by_email("ANA@example.com").await.unwrap().unwrap();
    assert_eq!(ana.verified_email.as_deref(), Some("ana@example.com"));
    assert_eq!(fixture.client.user("U0ANA").await.unwrap(), ana);
    assert_eq!(fixture.client.user_by_email("nobody@example.com").await.unwrap(), None);
    assert!(fixture.client.user("U0X").await.unwrap_err().is_refusal("user_not_found"));
}

#[actix_web::test]
async fn refusals_and_limits_are_told_apart() {
    let fixture = Fixture::start().await;
    let hello = Message::plain("hello");
    for (token, code) in [("wrong", "invalid_auth"), ("", "not_authed")] {
        let refused = client(&fixture.root, token).auth_test().await.unwrap_err();
        assert!(refused.is_refusal(code), "{refused}");
    }
    let refused = fixture.client.post_message("#nowhere", &hello, None).await.unwrap_err();
    assert!(refused.is_refusal("channel_not_found"), "{refused}");

    let limited = loop {
        if let Err(error) = fixture.client.post_message("#risks", &hello, None).await {
            break error;
        }
    };
    assert_eq!(limited, SlackError::RateLimited { retry_after: Duration::from_secs(1) });
    fixture.advance(1);
    fixture.client.post_message("#risks", &hello, None).await.unwrap();
}

#[actix_web::test]
async fn a_lost_answer_is_an_unknown_outcome() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    actix_web::rt::spawn(async move {
        // Reads the request and hangs up, as a proxy does whose backend died after the work was done.
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            let _ = tokio::io::AsyncReadExt::read(&mut socket, &mut buffer).await;
        }
    });
    let answer = client(&root, "xoxb-test").post_message("C1", &Message::plain("hello"), None).await;
    assert!(matches!(answer, Err(SlackError::UnknownOutcome { .. })), "{answer:?}");
}

#[actix_web::test]
async fn a_typed_command_arrives_signed_and_its_answer_is_shown() {
    let fixture = Fixture::start().await;
    fixture.form("say", &[("as", "U0BEN"), ("in", "C00000"), ("text", "/risk show R-12")]).await;
    let Sent { timestamp, signature, body } = fixture.inbox.0.lock().unwrap()[0].clone();
    let now = *fixture.time.lock().unwrap();
    let verify = |secret: &str| {
        abate_integrations::slack::signature::verify(secret.as_bytes(), &timestamp, &signature, &body, now)
    };
    assert_eq!(verify(SECRET), Ok(()));
    assert!(verify("another").is_err());

    let page = fixture.page("U0BEN", "C00000").await;
    assert!(
        page.contains("&lt;!channel&gt; &amp; <b>bold</b>")
            || page.contains("&#60;!channel&#62; &#38; <b>bold</b>"),
        "{page}"
    );
    assert!(!page.contains("<b>Builder"), "a name became markup");
    assert!(!fixture.page("U0ANA", "C00000").await.contains("bold"), "an answer was shown to somebody else");
}

#[actix_web::test]
async fn a_pressed_button_opens_a_modal_that_can_be_sent() {
    use abate_integrations::slack::{Interaction, SubmittedValue};
    let fixture = Fixture::start().await;
    fixture.form("say", &[("as", "U0BEN"), ("in", "C00000"), ("text", "/risk")]).await;
    let page = fixture.page("U0BEN", "C00000").await;
    let hidden = |name: &str| {
        let start = page.find(&format!("name=\"{name}\" value=\"")).unwrap() + name.len() + 15;
        page[start..].split('"').next().unwrap().to_owned()
    };
    let fields = [
        ("as", "U0BEN"),
        ("in", "C00000"),
        ("ts", &hidden("ts")),
        ("block", &hidden("block")),
        ("action", "take"),
    ];
    fixture.form("press", &fields).await;
    let Ok(Interaction::BlockActions { user, trigger, actions, response_url, message, .. }) =
        Interaction::parse(&fixture.last_sent())
    else {
        panic!("no press arrived")
    };
    assert_eq!((user.as_str(), actions[0].id.as_str(), actions[0].value.as_str()), ("U0BEN", "take", "R-12"));
    assert_eq!(message, None, "an answer for one person alone is no kept message");

    let opened = fixture.client.open_view(&trigger, &form_view()).await.unwrap();
    let again = fixture.client.open_view(&trigger, &form_view()).await.unwrap_err();
    assert!(again.is_refusal("exchanged_trigger_id"), "{again}");
    let changed = fixture.client.update_view(&opened, &form_view()).await.unwrap();
    assert!(fixture.client.update_view(&opened, &form_view()).await.unwrap_err().is_refusal("hash_conflict"));

    let fields =
        [("as", "U0BEN"), ("in", "C00000"), ("view", &*changed.id), ("evidence/evidence", "https://x")];
    fixture.form("submit", &fields).await;
    let Ok(Interaction::ViewSubmission { private, values, .. }) = Interaction::parse(&fixture.last_sent())
    else {
        panic!("no form arrived")
    };
    assert_eq!(private, "R-12");
    assert_eq!(values, [SubmittedValue { name: "evidence".to_owned(), value: "https://x".to_owned() }]);
    assert!(!fixture.page("U0BEN", "C00000").await.contains("Claim a fix"), "the modal stayed open");

    let answer = Response { message: Message::plain("taken"), replace_original: true };
    for _ in 0..5 {
        fixture.client.respond(&response_url, &answer).await.unwrap();
    }
    assert!(fixture.page("U0BEN", "C00000").await.contains("taken"));
    let used_up = fixture.client.respond(&response_url, &answer).await.unwrap_err();
    assert!(used_up.is_refusal("http_404"), "{used_up}");
}

#[actix_web::test]
async fn a_trigger_expires() {
    use abate_integrations::slack::SlashCommand;
    use abate_integrations::slack::command::CommandRequest;
    let fixture = Fixture::start().await;
    fixture.form("say", &[("as", "U0BEN"), ("in", "C00000"), ("text", "/risk")]).await;
    let Ok(CommandRequest::Command(command)) = SlashCommand::parse(&fixture.last_sent()) else {
        panic!("no command arrived")
    };
    fixture.advance(4);
    let late = fixture.client.open_view(&command.trigger, &form_view()).await.unwrap_err();
    assert!(late.is_refusal("expired_trigger_id"), "{late}");
}

#[actix_web::test]
async fn another_site_cannot_speak_for_the_visitor() {
    let fixture = Fixture::start().await;
    let answer = fixture
        .http
        .post(format!("{}/sandbox/slack/say", fixture.root))
        .header("Sec-Fetch-Site", "cross-site")
        .form(&[("as", "U0BEN"), ("in", "C00000"), ("text", "/risk")])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    assert!(fixture.inbox.0.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn the_largest_message_that_we_build_is_taken() {
    let fixture = Fixture::start().await;
    let long = "<&> ".repeat(4000);
    let blocks = (0..60)
        .map(|_| {
            Block::Section(
                Mrkdwn::from(long.as_str()),
                Some(Button::new(&long, &long, &long).opening("https://a.example")),
            )
        })
        .chain([Block::Header(long.clone()), Block::Fields(vec![Mrkdwn::from(long.as_str()); 20])])
        .collect();
    fixture.client.post_message("#risks", &Message { text: long.clone(), blocks }, None).await.unwrap();
}
