//! The board that people see, and the webhooks that their clicks send.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use abate::sandbox::jira::WebhookTarget;
use abate_integrations::jira::{WebhookKind, parse_webhook, verify_signature};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

use super::site::{Site, new_issue};

#[actix_web::test]
async fn the_board_shows_cards_and_moves_them() {
    let site = Site::start(Duration::ZERO).await;
    let mut issue = new_issue("r-1");
    issue.edit.summary = Some("<script>alert(1)</script>".to_owned());
    site.client.create_issue(&issue).await.expect("created");
    let page = |path: &str| {
        let request = site.http.get(format!("{}{path}", site.url));
        async move {
            let response = request.send().await.expect("an answer");
            (response.status().as_u16(), response.text().await.expect("a page"))
        }
    };
    let (status, board) = page("/board").await;
    assert_eq!(status, 200);
    assert!(board.contains("SEC-1") && board.contains("&#60;script&#62;"), "{board}");
    assert!(!board.contains("<script"), "{board}");

    let step = |name: &'static str, transition: &'static str| {
        site.http
            .post(format!("{}/browse/{name}/transitions", site.url))
            .form(&[("transition", transition), ("from", "issue")])
            .send()
    };
    assert_eq!(step("SEC-1", "11").await.expect("an answer").status(), 200);
    let (_, issue) = page("/browse/SEC-1").await;
    assert!(issue.contains("In Progress") && issue.contains("What it is about."), "{issue}");
    // The same click again, from a stale page, is no error and moves nothing.
    assert_eq!(step("SEC-1", "11").await.expect("an answer").status(), 200);
    assert_eq!(step("SEC-9", "11").await.expect("an answer").status(), 404);
    assert_eq!(page("/browse/SEC-9").await.0, 404);

    let foreign = site
        .http
        .post(format!("{}/browse/SEC-1/transitions", site.url))
        .header("Sec-Fetch-Site", "cross-site")
        .form(&[("transition", "31")]);
    assert_eq!(foreign.send().await.expect("an answer").status(), 403);
}

#[derive(Default)]
struct Inbox {
    taken: Vec<(String, Vec<u8>, Option<String>)>,
    refuse: usize,
}

async fn take(inbox: web::Data<Mutex<Inbox>>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let mut inbox = inbox.lock().expect("no panic inside");
    let identifier = header("X-Atlassian-Webhook-Identifier").expect("an identifier");
    inbox.taken.push((identifier, body.to_vec(), header("X-Hub-Signature")));
    if inbox.refuse > 0 {
        inbox.refuse -= 1;
        return HttpResponse::ServiceUnavailable().finish();
    }
    HttpResponse::Ok().finish()
}

#[actix_web::test]
async fn a_click_sends_a_signed_webhook_until_it_is_taken() {
    let site = Site::start(Duration::ZERO).await;
    site.client.create_issue(&new_issue("r-1")).await.expect("created");
    let inbox = web::Data::from(Arc::new(Mutex::new(Inbox { refuse: 2, ..Inbox::default() })));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let shared = inbox.clone();
    let server =
        HttpServer::new(move || App::new().app_data(shared.clone()).route("/hook", web::post().to(take)));
    tokio::spawn(server.workers(1).disable_signals().listen(listener).expect("a listener").run());

    site.sandbox.send_webhooks_to(Some(WebhookTarget { url, secret: "s3cret".to_owned() }));
    let click =
        site.http.post(format!("{}/browse/SEC-1/transitions", site.url)).form(&[("transition", "11")]);
    click.send().await.expect("an answer");
    while inbox.lock().expect("no panic inside").taken.len() < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let inbox = inbox.lock().expect("no panic inside");
    let identifiers: std::collections::HashSet<&String> = inbox.taken.iter().map(|(id, _, _)| id).collect();
    assert_eq!(identifiers.len(), 1);
    let (_, body, signature) = &inbox.taken[2];
    assert_eq!(verify_signature(b"s3cret", body, signature.as_deref()), Ok(()));
    let event = parse_webhook(body).expect("an event");
    assert_eq!((event.kind, event.issue_key.as_str()), (WebhookKind::Changed, "SEC-1"));
    assert_eq!(event.by.as_deref(), Some("sandbox:person"));
    assert_eq!(event.changes[0].to.as_deref(), Some("10001"));
}
