//! `POST /risks/{key}/transitions` and `/comments`

use abate_entity::lifecycle::State;
use abate_entity::risk;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::de::DeserializeOwned;

use super::show;
use super::steps::Refused;
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::page::badge::Tone;
use crate::page::due::day;
use crate::page::{said, shell};
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::api::TransitionForm;
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::record::Occasion;
use crate::risk::step::{self, Asked};
use crate::risk::{comment as comments, finder};
use crate::state::AppState;

/// A form as sent: names and values, without those left empty.
pub(super) type Sent = Vec<(String, String)>;

/// Takes a step. What is wrong with the form is said on the risk's page, beside the form.
pub(super) async fn transition(
    request: HttpRequest,
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let before = show::find(&caller, &state, &key).await?;
    let SignedForm(sent) = form;
    match take(&caller, &state, &before, &sent).await {
        Ok(after) => {
            let text = moved(&before, &after);
            Ok(said::see_other(&format!("/risks/{}", RiskKey(after.id)), Tone::Good, &text))
        }
        Err(problem) => {
            let event = value(&sent, "event").unwrap_or_default().to_owned();
            say((&request, &caller, &state), before.id, &event, sent, problem).await
        }
    }
}

/// Says on the risk's page what is wrong with one of its forms, beside what was sent.
pub(super) async fn say(
    (request, caller, state): (&HttpRequest, &Actor, &AppState),
    risk_id: i64,
    event: &str,
    mut sent: Sent,
    problem: Problem,
) -> Result<HttpResponse, Problem> {
    if !is_for_the_form(&problem) {
        return Err(problem);
    }
    sent.retain(|(name, _)| name != "event");
    let refused = Refused {
        event: event.to_owned(),
        errors: problem.errors().iter().map(|error| (error.field.clone(), error.detail.clone())).collect(),
        detail: problem.detail().to_owned(),
        stale: problem.kind() == Kind::Stale,
        values: sent,
    };
    let now = finder::one(state.database.reader(), &caller.scope(), RiskKey(risk_id)).await?;
    let page = show::page(request, caller, state, now, Some(&refused)).await?;
    shell::html_with_problem(&page, &problem)
}

async fn take(
    caller: &Actor,
    state: &AppState,
    seen: &risk::Model,
    sent: &Sent,
) -> Result<risk::Model, Problem> {
    let form = read_step(sent)?;
    let event = form.event()?;
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), RiskKey(seen.id)).await?;
            unchanged(&risk, sent)?;
            let given = form.resolve(tx, risk.id).await?;
            let requester = requester(caller, &risk);
            step::take(tx, &occasion, risk, &requester, Asked::by_person(event, given)).await
        })
        .await
}

/// Refuses a form that was opened before the risk was changed.
pub(super) fn unchanged(risk: &risk::Model, sent: &Sent) -> Result<(), Problem> {
    let version = value(sent, "version").and_then(|version| version.parse().ok());
    if version == Some(risk.version) {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Stale,
        "Somebody changed this risk while you had the form open. Look at what is new, then send it again.",
    ))
}

/// What the form of comments is called among those of the page.
pub(super) const COMMENT: &str = "comment";

/// Adds a comment.
pub(super) async fn comment(
    request: HttpRequest,
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let risk = show::find(&caller, &state, &key).await?;
    let SignedForm(sent) = form;
    let key = RiskKey(risk.id);
    let now = state.clock.now();
    let body = value(&sent, "body").unwrap_or_default();
    let added = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let risk = finder::one(tx, &caller.scope(), key).await?;
            caller.require_in::<MoveRisks>(risk.team_id)?;
            comments::add(tx, &Occasion::by(&caller, now, &policies), risk, body).await
        })
        .await;
    match added {
        Ok(_) => Ok(said::see_other(&format!("/risks/{key}#comments"), Tone::Good, "Your comment is there.")),
        Err(problem) => say((&request, &caller, &state), risk.id, COMMENT, sent, problem).await,
    }
}

/// Whether the sender can mend it on the page that the form is on.
fn is_for_the_form(problem: &Problem) -> bool {
    let mendable = [
        Kind::Invalid,
        Kind::Conflict,
        Kind::Forbidden,
        Kind::Stale,
        Kind::TooLarge,
        Kind::UnsupportedMedia,
        Kind::Malformed,
    ];
    mendable.contains(&problem.kind())
}

pub(super) fn value<'a>(sent: &'a Sent, name: &str) -> Option<&'a str> {
    sent.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// A field that is a number, a day or a yes.
pub(super) fn typed<T: DeserializeOwned>(
    sent: &Sent,
    name: &str,
    wanted: &str,
) -> Result<Option<T>, Problem> {
    let Some(text) = value(sent, name) else {
        return Ok(None);
    };
    let number = text.parse::<u64>().ok().map(serde_json::Value::from);
    let yes = text.parse::<bool>().ok().map(serde_json::Value::from);
    let value = number.or(yes).unwrap_or_else(|| text.into());
    serde_json::from_value(value).map(Some).map_err(|_| Problem::invalid(name, format!("Give {wanted}.")))
}

fn read_step(sent: &Sent) -> Result<TransitionForm, Problem> {
    let text = |name: &str| value(sent, name).map(str::to_owned);
    Ok(TransitionForm {
        event: text("event").unwrap_or_default(),
        reason: text("reason"),
        evidence: sent
            .iter()
            .filter(|(name, _)| name == "evidence")
            .map(|(_, value)| value.clone())
            .collect(),
        resolution: text("resolution"),
        justification: text("justification"),
        duplicate_of: text("duplicate_of"),
        expires_on: typed(sent, "expires_on", "a day, like 2026-12-31")?,
        compensating_controls: text("compensating_controls"),
        blocker_kind: text("blocker_kind"),
        review_on: typed(sent, "review_on", "a day, like 2026-12-31")?,
        pause_days: typed(sent, "pause_days", "a number of days")?,
        owner: text("owner"),
        likelihood: typed(sent, "likelihood", "a number from 1 to 5")?,
        impact: typed(sent, "impact", "a number from 1 to 5")?,
        residual_likelihood: typed(sent, "residual_likelihood", "a number from 1 to 5")?,
        residual_impact: typed(sent, "residual_impact", "a number from 1 to 5")?,
        no_more_work: typed(sent, "no_more_work", "a yes or nothing")?,
        treatment: text("treatment"),
        plan: text("plan"),
    })
}

/// What was done, for the next page to say.
fn moved(before: &risk::Model, after: &risk::Model) -> String {
    let key = RiskKey(after.id);
    let state = stands(after.state);
    if before.state == after.state {
        return format!("{key}: noted. It waits for a second person and is still {state}.");
    }
    match after.due_on.filter(|_| after.state.is_open()) {
        Some(due) => format!("{key} is now {state}, due {}.", day(due)),
        None => format!("{key} is now {state}."),
    }
}

/// A state as the end of a sentence: the risk is …
fn stands(state: State) -> &'static str {
    match state {
        State::New => "new",
        State::Triage => "in triage",
        State::Open => "open",
        State::InProgress => "being worked on",
        State::Blocked => "blocked",
        State::Verification => "waiting for its verification",
        State::Accepted => "accepted",
        State::Closed => "closed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &[(&str, &str)]) -> Sent {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_form_is_read_field_by_field() {
        let form = read_step(&sent(&[
            ("event", "accept"),
            ("expires_on", "2026-12-31"),
            ("likelihood", "4"),
            ("no_more_work", "true"),
            ("evidence", "https://example.com/change/1"),
        ]))
        .unwrap();
        assert_eq!(form.expires_on.unwrap().to_string(), "2026-12-31");
        assert_eq!((form.likelihood, form.no_more_work), (Some(4), Some(true)));
        assert_eq!(form.evidence, ["https://example.com/change/1"]);
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (name, value) in
            [("expires_on", "soon"), ("likelihood", "300"), ("pause_days", "-1"), ("no_more_work", "x")]
        {
            let problem = read_step(&sent(&[(name, value)])).unwrap_err();
            assert_eq!(problem.errors()[0].field, name);
        }
    }
}
