//! Buttons and forms, and what else Slack sends.

use serde_json::json;

use super::workspace::{CHANNEL, Workspace};

/// The hidden fields of the form around the last button with this text.
fn button(page: &str, text: &str) -> Vec<(String, String)> {
    let end =
        page.rfind(&format!(">{text}</button>")).unwrap_or_else(|| panic!("no button {text} in {page}"));
    let form = &page[page[..end].rfind("<form").unwrap()..end];
    form.split("name=\"")
        .skip(1)
        .map(|rest| {
            let (name, rest) = rest.split_once('"').unwrap();
            let value = rest.split_once("value=\"").unwrap().1.split('"').next().unwrap();
            (name.to_owned(), value.replace("&#58;", ":"))
        })
        .collect()
}

async fn press(workspace: &Workspace, who: &str, text: &str) {
    let fields = button(&workspace.page(who).await, text);
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    workspace.form("press", &fields).await;
}

#[actix_web::test]
async fn buttons_do_what_commands_do() {
    let workspace = Workspace::start().await;
    workspace.ben().await;
    let key = workspace.open_risk("Open redirect", "ben@example.org", (4, 4)).await;
    workspace.say("U0BEN", "/risk").await;
    press(&workspace, "U0BEN", "Show").await;
    let shown = workspace.sees("U0BEN").await;
    assert!(shown.contains("Level") && shown.contains("Take"), "{shown}");
    press(&workspace, "U0BEN", "Take").await;
    assert!(workspace.sees("U0BEN").await.contains(&format!("{key} is assigned to you")));

    press(&workspace, "U0BEN", "Fixed").await;
    let page = workspace.page("U0BEN").await;
    assert!(page.contains("class=\"modal\"") && page.contains("name=\"evidence/evidence\""), "{page}");
    let view = page.split("name=\"view\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let send = async |evidence: &str| {
        let fields =
            [("as", "U0BEN"), ("in", CHANNEL), ("view", view.as_str()), ("evidence/evidence", evidence)];
        workspace.form("submit", &fields).await;
    };
    send("").await;
    assert!(workspace.page("U0BEN").await.contains("class=\"error\""), "an empty form is not taken");
    assert_eq!(workspace.state_of(&key).await, "open");
    send("https://example.org/pull/7").await;
    assert_eq!(workspace.state_of(&key).await, "verification");
    assert!(!workspace.page("U0BEN").await.contains("class=\"modal\""));
}

#[actix_web::test]
async fn what_is_unknown_is_taken_note_of() {
    let workspace = Workspace::start().await;
    let payload = |payload: serde_json::Value| {
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("payload", &payload.to_string())
            .finish()
    };
    let odd = [
        json!({"type": "shortcut", "user": {"id": "U0ANA"}}),
        json!({"type": "block_actions", "user": {"id": "U0ANA"}, "actions": [{"action_id": "open"}]}),
        json!({"type": "block_actions", "user": {"id": "U0ANA"}, "actions": []}),
        json!({"type": "view_submission", "user": {"id": "U0ANA"}, "view": {"callback_id": "other"}}),
        json!({"type": "view_closed"}),
    ];
    for odd in odd {
        let (status, answer) = workspace.signed("/slack/interactions", &payload(odd.clone())).await;
        assert_eq!((status, answer.as_str()), (200, ""), "{odd}");
    }
    for malformed in ["", "payload=", "payload=%7B", "payload=%7B%7D"] {
        let (status, answer) = workspace.signed("/slack/interactions", malformed).await;
        assert_eq!(status, 400, "{answer}");
    }
}

#[actix_web::test]
async fn slack_can_check_the_address() {
    let workspace = Workspace::start().await;
    let body = r#"{"type":"url_verification","challenge":"abc"}"#;
    let (status, answer) = workspace.signed("/slack/events", body).await;
    assert_eq!((status, answer.as_str()), (200, r#"{"challenge":"abc"}"#));
    let (status, _) = workspace.signed_as("/slack/events", body, "another", "1").await;
    assert_eq!(status, 401);
}
