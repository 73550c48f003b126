//! How risks look in Slack.

use abate_entity::lifecycle::{Availability, Event, Transition};
use abate_entity::risk;
use abate_integrations::slack::{Block, Button, ButtonStyle, Message, Mrkdwn};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::access::actor::Actor;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::api::view::{Names, is_late};
use crate::risk::clock::Clock;
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::standing::Standing;
use crate::risk::{record, step};

use super::context::Context;

/// The action of a button that shows a risk.
pub(crate) const SHOW: &str = "show";
/// The action of a button that makes its presser the assignee.
pub(crate) const TAKE: &str = "take";
/// The action of a button that takes an incident on.
pub(crate) const ACKNOWLEDGE: &str = "acknowledge";
/// What the actions of buttons that ask for a step begin with; the event follows.
pub(crate) const STEP: &str = "step:";

/// Lines of the due date's explanation that are shown, newest first.
const REASONS: usize = 3;

/// The title, unless the risk is confidential: then only people signed in to Abate read it.
pub(crate) fn title(risk: &risk::Model) -> &str {
    if risk.confidential { "Confidential; its text is in Abate only" } else { &risk.title }
}

/// When a risk is due, in words.
pub(crate) fn due(risk: &risk::Model, now: DateTime<Utc>, zone: Tz) -> String {
    let Some(on) = risk.due_on else {
        return "no due date yet".to_owned();
    };
    if !is_late(risk, now) {
        return format!("due {on}");
    }
    match (now.with_timezone(&zone).date_naive() - on).num_days() {
        ..=0 => format!("late, was due {on}"),
        1 => format!("1 day late, was due {on}"),
        days => format!("{days} days late, was due {on}"),
    }
}

/// One line of a list.
pub(crate) fn line(risk: &risk::Model, page: &str, now: DateTime<Utc>, zone: Tz) -> Block {
    let key = RiskKey(risk.id).to_string();
    let text = Mrkdwn::new()
        .link(page, &key)
        .plain(format!(" · {} · {} · {}", risk.level, words(risk.state.as_str()), due(risk, now, zone)))
        .line()
        .plain(title(risk));
    Block::Section(text, Some(Button::new("Show", SHOW, &key)))
}

/// A risk with what the person can do about it now.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn full(context: &Context, risk: &risk::Model) -> Result<Message, Problem> {
    let db = context.state.database.reader();
    let policies = Policies::load(db).await?;
    let names = Names::of(db, std::slice::from_ref(risk), &[]).await?;
    let key = RiskKey(risk.id).to_string();
    let person = |id: Option<i64>| id.and_then(|id| names.person(id)).unwrap_or_else(|| "nobody".to_owned());
    let asset = names.asset(risk.asset_id).map(|asset| asset.name.clone()).unwrap_or_default();
    let field = |name: &'static str, value: &str| Mrkdwn::new().bold(name).line().plain(value);
    let state = match risk.resolution {
        Some(resolution) => format!("{} ({})", words(risk.state.as_str()), words(resolution.as_str())),
        None => words(risk.state.as_str()),
    };
    let mut fields = vec![
        field("Level", risk.level.as_str()),
        field("State", &state),
        field("Due", &due(risk, context.now, policies.zone)),
    ];
    if !risk.confidential {
        fields.extend([
            field("Asset", &asset),
            field("Owner", &person(risk.owner_id)),
            field("Assignee", &person(risk.assignee_id)),
        ]);
    }
    if let Some(ticket) = names.ticket(risk.id) {
        fields.push(field("Ticket", ticket));
    }
    let mut blocks = vec![Block::Header(format!("{key} {}", title(risk))), Block::Fields(fields)];
    blocks.extend(reasons(context, &policies, risk).await?);
    let statement = Standing::of(risk)?.vex.filter(|vex| !vex.answered && !risk.confidential);
    blocks.extend(statement.map(|vex| Block::Context(vec![Mrkdwn::from(vex.reason.as_str())])));
    let steps = step::open_steps(db, &policies, risk, &requester(&context.actor, risk), context.now).await?;
    blocks.push(Block::Actions(buttons(
        &context.actor,
        risk,
        &steps,
        &context.page(&format!("risks/{key}")),
    )));
    blocks.extend(not_yet(&steps));
    Ok(Message { text: format!("{key} {} · {} · {state}", title(risk), risk.level), blocks })
}

async fn reasons(
    context: &Context,
    policies: &Policies,
    risk: &risk::Model,
) -> Result<Option<Block>, Problem> {
    let events = record::clock_events(context.state.database.reader(), risk.id).await?;
    let clock = Clock::replay(&events, &policies.versions).map_err(Problem::internal)?;
    let lines: Vec<Mrkdwn> =
        clock.lines.iter().rev().take(REASONS).map(|line| Mrkdwn::from(line.text.as_str())).collect();
    Ok((!lines.is_empty()).then_some(Block::Context(lines)))
}

fn buttons(
    actor: &Actor,
    risk: &risk::Model,
    steps: &[(&'static Transition, Availability)],
    page: &str,
) -> Vec<Button> {
    let key = RiskKey(risk.id).to_string();
    let mut buttons = Vec::new();
    if risk.state.is_open() && risk.assignee_id != Some(actor.id) {
        buttons.push(Button::new("Take", TAKE, &key));
    }
    for (transition, availability) in steps {
        if matches!(availability, Availability::Open { .. }) && transition.is_for_people() {
            buttons.push(step_button(transition, &key));
        }
    }
    buttons.push(Button::new("Open in Abate", "open", &key).opening(page));
    buttons
}

/// The button that asks for a step.
pub(crate) fn step_button(transition: &Transition, key: &str) -> Button {
    let button = Button::new(label(transition), &format!("{STEP}{}", transition.event), key);
    match transition.event {
        Event::Confirm | Event::ClaimFixed | Event::ClaimFixedDirect | Event::VerifyPass => {
            button.styled(ButtonStyle::Primary)
        }
        Event::Dismiss => button.styled(ButtonStyle::Danger),
        _ => button,
    }
}

/// Fixes are claimed so often in Slack that the button has the short word of the command.
fn label(transition: &Transition) -> &'static str {
    match transition.event {
        Event::ClaimFixed | Event::ClaimFixedDirect => "Fixed",
        _ => transition.label,
    }
}

/// What keeps the steps that are this person's from being taken.
fn not_yet(steps: &[(&'static Transition, Availability)]) -> Vec<Block> {
    steps
        .iter()
        .filter_map(|(transition, availability)| match availability {
            Availability::Missing(missing) if transition.is_for_people() => {
                let why: Vec<&str> = missing.iter().map(|missing| missing.why.as_str()).collect();
                Some(Block::note(format!("{}: not yet. {}", transition.label, why.join(" ")).as_str()))
            }
            _ => None,
        })
        .collect()
}

/// A word of the tables as people write it.
pub(crate) fn words(word: &str) -> String {
    word.replace('_', " ")
}
