//! Every route for every role, as the table says; and what one may see.

use std::collections::BTreeSet;
use std::path::Path;

use abate::access::role::Role;
use reqwest::Method;
use reqwest::header::{ACCEPT, ORIGIN};
use serde_json::json;

use super::route::{API, OTHERS, Who, example};
use crate::harness::app::TestApp;
use crate::harness::http::{Answer, Client};

#[test]
fn the_table_lists_the_routes_of_the_api_and_no_others() {
    let description = serde_json::to_value(abate::routes::description()).expect("JSON");
    let mut served = BTreeSet::new();
    for (path, methods) in description["paths"].as_object().expect("paths") {
        served.extend(
            methods.as_object().expect("methods").keys().map(|m| format!("{} {path}", m.to_uppercase())),
        );
    }
    let listed: BTreeSet<_> = API.iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    let missing: Vec<_> = served.difference(&listed).collect();
    assert!(missing.is_empty(), "say in tests/it/security/route.rs who may use {missing:#?}");
    let gone: Vec<_> = listed.difference(&served).collect();
    assert!(gone.is_empty(), "remove from tests/it/security/route.rs {gone:#?}");
}

/// There is no list of the pages to ask, so this reads the sources for the paths that they register.
#[test]
fn the_table_lists_the_paths_of_the_pages() {
    let mut registered = BTreeSet::new();
    read_sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut registered);
    assert!(registered.len() > 10, "the sources are read: {registered:?}");
    let listed: BTreeSet<_> = OTHERS.iter().map(|(_, path, _)| (*path).to_owned()).collect();
    let missing: Vec<_> = registered.difference(&listed).collect();
    assert!(missing.is_empty(), "say in tests/it/security/route.rs who may use {missing:#?}");
    let gone: Vec<_> = listed.difference(&registered).collect();
    assert!(gone.is_empty(), "remove from tests/it/security/route.rs {gone:#?}");
}

fn read_sources(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        // The demo and its sandboxes answer in `abate demo` only.
        if path.ends_with("src/sandbox") || path.ends_with("src/demo") {
            continue;
        }
        if path.is_dir() {
            read_sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source");
            for before in ["route(\"", "resource(\""] {
                let after = text.split(before).skip(1);
                found.extend(after.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
            }
        }
    }
}

#[tokio::test]
async fn the_api_lets_in_whom_the_table_names() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    app.risk("shop", "A risk").await;
    let visitor = app.visitor();
    for (method, path, who) in API {
        let Who::Holders(_) = who else { panic!("{path}: the API is for users") };
        let answer = ask(&visitor, method, path).await;
        assert_eq!(answer.status, 401, "{method} {path} for a stranger: {}", answer.text);
        answer.problem(401);
    }
    for role in Role::ALL {
        let person = app.person(&format!("{role}@example.org"), &[role]).await;
        for (method, path, who) in API {
            let answer = ask(&person.api, method, path).await;
            let lacking = answer.status == 403 && answer.text.contains("takes one of the roles");
            let Who::Holders(roles) = who else { panic!("{path}: the API is for users") };
            if roles.contains(&role) {
                assert!(answer.status != 401 && !lacking, "{method} {path} for {role}: {}", answer.text);
                assert!(answer.status < 500, "{method} {path} for {role}: {}", answer.text);
            } else {
                assert!(lacking, "{method} {path} for {role}: {} {}", answer.status, answer.text);
            }
        }
    }
}

#[tokio::test]
async fn the_pages_let_in_whom_the_table_names() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    app.risk("shop", "A risk").await;
    let mut people = Vec::new();
    for role in Role::ALL {
        people.push((role, app.person(&format!("{role}@example.org"), &[role]).await));
    }
    for (method, path, who) in OTHERS {
        let answer = ask(&app.visitor(), method, path).await;
        match who {
            Who::Anyone => assert_ne!(answer.header("location"), "/sign-in", "{method} {path}"),
            Who::Holders(_) => {
                assert_eq!(answer.status, 303, "{method} {path} for a stranger: {}", answer.text);
                assert!(
                    answer.header("location").starts_with("/sign-in"),
                    "{path}: {}",
                    answer.header("location")
                );
            }
        }
        let Who::Holders(roles) = who else { continue };
        // Signing out ends the session that the next route would need; the session's tests do it.
        for (role, person) in people.iter().filter(|_| *path != "/sign-out") {
            let answer = ask(&person.browser, method, path).await;
            let lacking = answer.status == 403 && answer.text.contains("takes one of the roles");
            assert_eq!(!lacking, roles.contains(role), "{method} {path} for {role}: {}", answer.status);
            assert!(answer.status < 500, "{method} {path} for {role}: {}", answer.text);
        }
    }
}

async fn ask(client: &Client, method: &str, path: &str) -> Answer {
    let method: Method = method.parse().expect("a method");
    let of_page = !path.starts_with("/api/");
    let mut request = client.request(method.clone(), &example(path));
    if of_page {
        request = request.header(ACCEPT, "text/html").header(ORIGIN, client.base());
    }
    request = match method {
        Method::GET | Method::DELETE => request,
        _ if of_page => request.form(&[("csrf", client.csrf())]),
        _ => request.json(&json!({})),
    };
    client.send(request).await
}

/// What belongs to another team is not there: neither in lists nor under its address.
#[tokio::test]
async fn a_team_sees_its_own_risks_only() {
    let app = TestApp::spawn().await;
    let (red, blue) = (app.team("red").await, app.team("blue").await);
    app.asset("red-shop", Some(red)).await;
    app.asset("blue-shop", Some(blue)).await;
    let (own, other) = (app.risk("red-shop", "Ours").await, app.risk("blue-shop", "Theirs").await);
    let person = app.member("ana@example.org", &[Role::Triager, Role::Admin], Some(red)).await;

    let listed = person.api.get("/api/v1/risks").await.expect(200).json();
    let keys: Vec<_> =
        listed["items"].as_array().expect("items").iter().map(|risk| risk["key"].clone()).collect();
    assert_eq!(keys, [json!(own)]);
    for path in ["", "/actions", "/comments", "/evidence", "/findings", "/history", "/sla", "/tickets"] {
        person.api.get(&format!("/api/v1/risks/{own}{path}")).await.expect(200);
        person.api.get(&format!("/api/v1/risks/{other}{path}")).await.problem(404);
    }
    let remark = json!({"body": "Seen"});
    person.api.post(&format!("/api/v1/risks/{other}/comments"), &remark).await.problem(404);
    let step = json!({"event": "start_triage"});
    person.api.post(&format!("/api/v1/risks/{other}/transitions"), &step).await.problem(404);
    let risk = json!({"asset": "blue-shop", "title": "Planted"});
    person.api.post("/api/v1/risks", &risk).await.problem(422);
    let page = person.browser.request(Method::GET, &format!("/risks/{other}")).header(ACCEPT, "text/html");
    let page = person.browser.send(page).await;
    assert_eq!(page.status, 404);
    assert!(!page.text.contains("Theirs"), "{}", page.text);
}

/// Somebody who has left is out at once, by token and by cookie.
#[tokio::test]
async fn who_has_left_is_out() {
    let app = TestApp::spawn().await;
    let person = app.person("ana@example.org", &[Role::Viewer]).await;
    person.api.get("/api/v1/me").await.expect(200);
    app.database.tamper("UPDATE app_user SET active = FALSE WHERE email = 'ana@example.org'").await;
    person.api.get("/api/v1/me").await.problem(401);
    person.browser.get("/api/v1/me").await.problem(401);
}
