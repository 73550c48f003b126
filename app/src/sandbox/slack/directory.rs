//! Who and what there is: persons and conversations.

use serde_json::{Value, json};

use super::argument::Arguments;
use super::refusal::Refusal;
use super::workspace::TEAM;
use super::{SandboxPerson, SlackSandbox};

pub(super) fn user_info(sandbox: &SlackSandbox, arguments: &Arguments) -> Result<Value, Refusal> {
    let id = arguments.needed("user")?;
    let workspace = sandbox.workspace();
    let person = workspace.person(id).ok_or_else(|| Refusal::new("user_not_found"))?;
    Ok(json!({"user": user(person)}))
}

pub(super) fn user_by_email(sandbox: &SlackSandbox, arguments: &Arguments) -> Result<Value, Refusal> {
    let email = arguments.needed("email")?;
    let workspace = sandbox.workspace();
    let person = workspace
        .persons
        .iter()
        .find(|person| person.email.eq_ignore_ascii_case(email))
        .ok_or_else(|| Refusal::new("users_not_found"))?;
    Ok(json!({"user": user(person)}))
}

pub(super) fn open_conversation(sandbox: &SlackSandbox, arguments: &Arguments) -> Result<Value, Refusal> {
    let users = arguments.needed("users")?;
    let mut workspace = sandbox.workspace();
    if workspace.person(users).is_none() {
        return Err(Refusal::new("user_not_found"));
    }
    let known = workspace.conversations.len();
    let id = workspace.direct(users);
    let already = known == workspace.conversations.len();
    Ok(json!({"channel": {"id": id}, "already_open": already, "no_op": already}))
}

pub(super) fn list_conversations(sandbox: &SlackSandbox, _: &Arguments) -> Result<Value, Refusal> {
    let workspace = sandbox.workspace();
    let channels: Vec<Value> = workspace
        .conversations
        .iter()
        .filter(|conversation| conversation.person.is_none())
        .map(|channel| json!({"id": channel.id, "name": channel.name, "is_channel": true, "is_member": true}))
        .collect();
    Ok(json!({"channels": channels, "response_metadata": {"next_cursor": ""}}))
}

fn user(person: &SandboxPerson) -> Value {
    json!({
        "id": person.id, "team_id": TEAM, "name": person.name.to_lowercase().replace(' ', "."),
        "real_name": person.name, "deleted": false, "is_bot": false, "is_email_confirmed": true,
        "profile": {"real_name": person.name, "display_name": person.name, "email": person.email, "team": TEAM},
    })
}
