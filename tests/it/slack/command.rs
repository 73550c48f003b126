//! Slash commands, from the box that somebody types into to the risk that moves.

use abate::access::role::Role;
use serde_json::json;

use super::workspace::{SECRET, Workspace};
use crate::harness::app::beginning;

#[actix_web::test]
async fn a_request_that_is_not_from_slack_is_refused_and_changes_nothing() {
    let workspace = Workspace::start().await;
    workspace.ana().await;
    let key = workspace.open_risk("Open redirect", "ana@example.org", (4, 4)).await;
    let body = workspace.command("U0ANA", &format!("comment {key} forged"));
    let now = beginning().timestamp();
    for (secret, time) in [("another", now), ("", now), (SECRET, now - 301), (SECRET, now + 301)] {
        let (status, answer) = workspace.signed_as("/slack/commands", &body, secret, &time.to_string()).await;
        assert_eq!(status, 401, "{answer}");
    }
    let bare = workspace.app.visitor().post("/slack/commands", &json!({})).await;
    bare.problem(401);
    let path = format!("/api/v1/risks/{key}/comments");
    let comments = workspace.app.first().await.api.get(&path).await.expect(200).json();
    assert_eq!(comments["items"], json!([]));
    let (status, _) = workspace.signed("/slack/commands", &body).await;
    assert_eq!(status, 200);
}

#[actix_web::test]
async fn somebody_unknown_is_told_how_to_be_known() {
    let workspace = Workspace::start().await;
    workspace.open_risk("Open redirect", "first@example.org", (4, 4)).await;
    let said = workspace.say("U0NOBODY", "/risk list").await;
    assert!(said.contains("nobody@example.org") && said.contains("ask an administrator"), "{said}");
    assert!(!said.contains("Open redirect"), "{said}");
}

#[actix_web::test]
async fn lists_show_what_is_open_and_shout_at_nobody() {
    let workspace = Workspace::start().await;
    workspace.ana().await;
    workspace.open_risk("<!channel> redirect & co", "ana@example.org", (4, 4)).await;
    workspace.open_risk("SQL injection", "first@example.org", (5, 5)).await;

    let mine = workspace.say("U0ANA", "/risk").await;
    assert!(mine.contains("Your open risks: 1") && mine.contains("<!channel> redirect & co"), "{mine}");
    assert!(!workspace.page("U0ANA").await.contains("class=\"broadcast\""));
    let all = workspace.say("U0ANA", "/risk list").await;
    assert!(all.contains("2 risks") && all.contains("SQL injection"), "{all}");
    let narrowed = workspace.say("U0ANA", "/risk list critical").await;
    assert!(narrowed.contains("SQL injection") && !narrowed.contains("redirect"), "{narrowed}");
    let none = workspace.say("U0ANA", "/risk list late").await;
    assert!(none.contains("No risk"), "{none}");
    let help = workspace.say("U0ANA", "/risk nonsense").await;
    assert!(help.contains("no command \"nonsense\"") && help.contains("/risk fixed R-12"), "{help}");
}

#[actix_web::test]
async fn a_risk_goes_all_the_way_and_its_claimant_cannot_verify_it() {
    let workspace = Workspace::start().await;
    workspace.ana().await;
    workspace.ben().await;
    workspace.vera().await;
    let key = workspace.app.risk("shop", "Open redirect").await;
    let say = async |who: &str, text: &str| workspace.say(who, &text.replace("R-x", &key)).await;

    assert!(say("U0ANA", "/risk triage R-x").await.contains("is now triage"));
    let incomplete = say("U0ANA", "/risk confirm R-x").await;
    assert!(incomplete.contains("needs more") && incomplete.contains("owner"), "{incomplete}");
    let confirmed = say("U0ANA", "/risk confirm R-x owner=ben@example.org seen in the logs").await;
    assert!(confirmed.contains("is now open"), "{confirmed}");
    assert!(say("U0ANA", "/risk assign R-x <@U0BEN>").await.contains("assigned to ben"));
    assert!(say("U0BEN", "/risk start R-x plan=\"check the target\"").await.contains("is now in progress"));
    assert!(say("U0BEN", "/risk fixed R-x https://example.org/pull/7").await.contains("is now verification"));

    let own = say("U0BEN", "/risk verify R-x https://example.org/test").await;
    assert!(!own.contains("is now"), "{own}");
    assert_eq!(workspace.state_of(&key).await, "verification");
    let passed = say("U0VERA", "/risk verify R-x https://example.org/test").await;
    assert!(passed.contains("is now closed (remediated)"), "{passed}");

    let path = format!("/api/v1/risks/{key}/history");
    let history = workspace.app.first().await.api.get(&path).await.expect(200).json();
    let via: Vec<&str> =
        history["items"].as_array().unwrap()[1..].iter().map(|e| e["via"].as_str().unwrap()).collect();
    assert!(!via.is_empty() && via.iter().all(|via| *via == "slack"), "{history}");
}

#[actix_web::test]
async fn the_engine_says_no_in_slack_as_it_does_elsewhere() {
    let workspace = Workspace::start().await;
    workspace.vera().await;
    let key = workspace.open_risk("Open redirect", "first@example.org", (4, 4)).await;
    let said = workspace.say("U0VERA", &format!("/risk take {key}")).await;
    assert!(said.contains("Not your right"), "{said}");
    let said = workspace.say("U0VERA", &format!("/risk unblock {key}")).await;
    assert!(said.contains("no such step") && said.contains("Possible"), "{said}");
    let said = workspace.say("U0VERA", "/risk show R-999").await;
    assert!(said.contains("no risk R-999"), "{said}");
}

#[actix_web::test]
async fn a_replayed_command_is_done_once() {
    let workspace = Workspace::start().await;
    workspace.ana().await;
    let key = workspace.open_risk("Open redirect", "ana@example.org", (4, 4)).await;
    let body = workspace.command("U0ANA", &format!("comment {key} once"));
    let (_, first) = workspace.signed("/slack/commands", &body).await;
    let (status, second) = workspace.signed("/slack/commands", &body).await;
    assert!(first.contains("remark") && status == 200 && second.contains("done already"), "{first} {second}");
    let path = format!("/api/v1/risks/{key}/comments");
    let comments = workspace.app.first().await.api.get(&path).await.expect(200).json();
    assert_eq!(comments["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn obligations_are_listed_and_done() {
    let workspace = Workspace::start().await;
    workspace.ben().await;
    let said = workspace.say("U0BEN", "/cadence").await;
    assert!(said.contains("No obligation"), "{said}");
    let keeper = workspace.app.first().await;
    let form = json!({"name": "Look at the backups", "rule": "FREQ=DAILY", "owner": "ben@example.org"});
    keeper.api.post("/api/v1/cadences", &form).await.expect(201);
    workspace.app.pass(chrono::Duration::days(1)).await;

    let listed = workspace.say("U0BEN", "/cadence").await;
    assert!(listed.contains("Look at the backups") && listed.contains("ben"), "{listed}");
    let number: String =
        listed.split("Run ").nth(1).unwrap().chars().take_while(char::is_ascii_digit).collect();
    let bare = workspace.say("U0BEN", &format!("/cadence done {number}")).await;
    assert!(bare.contains("missing or wrong"), "{bare}");
    let done =
        workspace.say("U0BEN", &format!("/cadence done {number} all restored https://example.org/log")).await;
    assert!(done.contains(&format!("Run {number} of Look at the backups is done")), "{done}");
    let run = keeper.api.get(&format!("/api/v1/runs/{number}")).await.expect(200).json();
    assert_eq!(run["done_by"], "ben@example.org", "{run}");
    let help = workspace.say("U0BEN", "/cadence help").await;
    assert!(help.contains("/cadence done"), "{help}");
}

#[actix_web::test]
async fn the_text_of_a_confidential_risk_stays_in_abate() {
    let workspace = Workspace::start().await;
    workspace.ana().await;
    let key = workspace.open_risk("Secret weakness", "ana@example.org", (4, 4)).await;
    let database = &workspace.app.state.database;
    database
        .write(async |tx| {
            use sea_orm::{ActiveValue::Set, EntityTrait as _};
            let change = abate_entity::risk::ActiveModel { confidential: Set(true), ..Default::default() };
            abate_entity::risk::Entity::update_many().set(change).exec(tx).await?;
            Ok(())
        })
        .await
        .unwrap();
    for text in ["/risk", "/risk list", "/risk show R-x", "/risk take R-x"] {
        let said = workspace.say("U0ANA", &text.replace("R-x", &key)).await;
        assert!(said.contains(&key) && !said.contains("Secret") && !said.contains("shop"), "{said}");
    }
}

#[actix_web::test]
async fn a_pause_is_answered_by_another_than_the_asker() {
    let workspace = Workspace::start().await;
    workspace.ana().await;
    workspace.app.person("ben@example.org", &[Role::Engineer]).await;
    workspace.app.person("vera@example.org", &[Role::RiskManager]).await;
    let key = workspace.open_risk("Old library", "ben@example.org", (4, 4)).await;
    let say = async |who: &str, text: &str| workspace.say(who, &text.replace("R-x", &key)).await;
    assert!(say("U0BEN", "/risk start R-x plan=wait").await.contains("is now in progress"));
    let blocked = "/risk block R-x blocker_kind=vendor review_on=2026-03-27 pause_days=10 no patch yet";
    assert!(say("U0BEN", blocked).await.contains("is now blocked"));
    let own = say("U0BEN", "/risk pause R-x approve").await;
    assert!(own.contains("a risk manager who did not ask"), "{own}");
    let unclear = say("U0VERA", "/risk pause R-x").await;
    assert!(unclear.contains("Say approve or refuse"), "{unclear}");
    let paused = say("U0VERA", "/risk pause R-x approve no patch yet").await;
    assert!(paused.contains(&format!("The clock of {key} pauses; it is due 2026-04-11")), "{paused}");
}
