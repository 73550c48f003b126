//! Rules. The history of a risk in words.

use abate_entity::lifecycle::{Event, State, Transition};
use abate_entity::risk_event;

use crate::page::badge::capitalised;
use crate::page::due::in_words;

/// What happened, in words.
pub(super) fn what(event: &risk_event::Model) -> String {
    let text = |name: &str| event.data.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    let number = |name: &str| event.data.get(name).and_then(serde_json::Value::as_u64).unwrap_or_default();
    match event.kind.as_str() {
        "created" => "Recorded".to_owned(),
        "commented" => "Commented".to_owned(),
        "evidence_withdrawn" => format!("Withdrew evidence: {}", text("title")),
        "evidence_added" => format!("Added evidence: {}", text("title")),
        "merged" => format!("Joined to {}: now closed, duplicate", text("into")),
        "joined" => format!("{} joined it with its findings", text("from")),
        "split" => format!("Findings were taken out into {}", text("into")),
        "split_off" => format!("Split from {}", text("from")),
        "incident_declared" => format!("Declared an incident: {}", text("incident")),
        "edited" => edited(event),
        "pause_approved" => {
            format!("Approved a pause of {} days from {}", number("days"), in_words(text("from")))
        }
        "due_date_moved" => format!("Moved the due date to {}", in_words(text("to"))),
        "judged" => "Judged by the directive".to_owned(),
        "raised" => "Likelier to be attacked".to_owned(),
        "declined" => format!("Said no to the request: {}", text("what")),
        "withdrawn_request" => format!("Took the request back: {}", text("what")),
        "recomputed" => "Due date worked out again".to_owned(),
        "vex_proposed" => "A VEX statement came in".to_owned(),
        "vex_declined" => "Declined a VEX statement".to_owned(),
        "ticket_proposed" => "The ticket asks for something".to_owned(),
        "ticket_declined" => "Declined what the ticket asks for".to_owned(),
        "transfer_confirmed" => "Confirmed the transfer".to_owned(),
        "vex_withdrawn" => "A VEX statement was taken back".to_owned(),
        kind => match transition(kind, event.from_state) {
            Some(step) => moved(event, step),
            None => capitalised(kind),
        },
    }
}

/// The words of whoever did it: the reason, or what an acceptance is justified with.
pub(super) fn note(event: &risk_event::Model) -> String {
    if !event.reason.is_empty() {
        return event.reason.clone();
    }
    let given = |name: &str| event.data.get("given").and_then(|given| given.get(name)?.as_str());
    given("justification").or_else(|| given("plan")).unwrap_or_default().to_owned()
}

/// Through what it was done, where that is worth saying.
pub(super) fn via(via: &str) -> &'static str {
    match via {
        "api" => "the API",
        "slack" => "Slack",
        "jira" => "JIRA",
        "import" => "an import",
        "scheduler" => "the scheduler",
        "command" => "the command line",
        _ => "",
    }
}

/// The colour of its dot: that of the state it led to.
pub(super) fn class(event: &risk_event::Model) -> String {
    event.to_state.map_or_else(String::new, |state| format!("state-{}", state.as_str()))
}

fn transition(kind: &str, from: Option<State>) -> Option<&'static Transition> {
    Transition::find(from?, kind.parse::<Event>().ok()?)
}

fn moved(event: &risk_event::Model, step: &Transition) -> String {
    if event.data.get("proposed").is_some() {
        return format!("Asked to {}", step.label.to_lowercase());
    }
    let to = event.to_state.unwrap_or(step.to);
    let resolution = event.data.get("resolution").and_then(|value| value.as_str());
    match resolution {
        Some(resolution) => format!("{}: now {}, {}", step.label, words(to), resolution.replace('_', " ")),
        None => format!("{}: now {}", step.label, words(to)),
    }
}

fn edited(event: &risk_event::Model) -> String {
    let fields: Vec<String> = event
        .data
        .as_object()
        .into_iter()
        .flat_map(|fields| fields.keys())
        .filter(|field| !matches!(field.as_str(), "clock" | "tzdata" | "before" | "after"))
        .map(|field| field.replace('_', " "))
        .collect();
    if fields.is_empty() { "Edited".to_owned() } else { format!("Changed {}", fields.join(", ")) }
}

fn words(state: State) -> String {
    state.as_str().replace('_', " ")
}
