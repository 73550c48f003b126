//! Modals: opened with a trigger, changed while they are open.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::SlackSandbox;
use super::argument::Arguments;
use super::layout;
use super::refusal::Refusal;
use super::workspace::OpenView;

pub(super) fn open(sandbox: &SlackSandbox, arguments: &Arguments) -> Result<Value, Refusal> {
    let now = sandbox.now();
    let trigger = arguments.needed("trigger_id")?;
    let mut view = checked(arguments)?;
    let mut workspace = sandbox.workspace();
    let person = workspace.spend_trigger(trigger, now)?;
    name_blocks(&mut workspace, &mut view);
    let (id, hash) = (workspace.fresh("V"), workspace.fresh("h"));
    // One modal a person: a new one covers the old.
    workspace.views.retain(|_, open| open.person != person);
    let open = OpenView { id: id.clone(), hash, person, view, errors: BTreeMap::new() };
    let answer = json!({"view": described(&open)});
    workspace.views.insert(id, open);
    Ok(answer)
}

pub(super) fn update(sandbox: &SlackSandbox, arguments: &Arguments) -> Result<Value, Refusal> {
    let id = arguments.needed("view_id")?;
    let mut view = checked(arguments)?;
    let mut workspace = sandbox.workspace();
    name_blocks(&mut workspace, &mut view);
    let fresh = workspace.fresh("h");
    let open = workspace.views.get_mut(id).ok_or_else(|| Refusal::new("not_found"))?;
    if arguments.text("hash").is_some_and(|hash| hash != open.hash) {
        return Err(Refusal::new("hash_conflict"));
    }
    open.view = view;
    open.hash = fresh;
    open.errors.clear();
    Ok(json!({"view": described(open)}))
}

/// The view as Slack describes it, without what was filled in.
pub(super) fn described(open: &OpenView) -> Value {
    let mut view = open.view.clone();
    view["id"] = json!(open.id);
    view["hash"] = json!(open.hash);
    view["state"] = json!({"values": {}});
    view
}

fn checked(arguments: &Arguments) -> Result<Value, Refusal> {
    let view = arguments.value("view").ok_or_else(|| Refusal::missing("view"))?;
    let problems = layout::view_problems(view);
    if problems.is_empty() {
        Ok(view.clone())
    } else {
        Err(Refusal::with_problems("invalid_arguments", problems))
    }
}

fn name_blocks(workspace: &mut super::workspace::Workspace, view: &mut Value) {
    if let Some(blocks) = view["blocks"].as_array_mut() {
        workspace.name_blocks(blocks);
    }
}
