//! The same for several risks: a step, who answers and works, or what they say. Each is judged by itself, in a
//! transaction of its own, and the answer says of each how it went.

use std::cell::RefCell;

use abate_entity::risk;
use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use super::api::TransitionForm;
use super::edit::{self, Edit};
use super::key::RiskKey;
use super::parties::{may_edit, requester};
use super::record::Occasion;
use super::step::{self, Asked};
use super::{finder, finder::RiskFilter};
use crate::access::actor::Actor;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::state::AppState;

/// Most risks of one request.
pub const MOST: usize = 500;

/// What is done to each.
#[derive(Clone, Debug)]
pub enum Work {
    /// A step of the lifecycle.
    Transition(Box<TransitionForm>),
    /// Who answers and works, or what it says.
    Edit(Box<Edit>),
}

/// Which risks.
#[derive(Clone, Debug)]
pub enum Which {
    /// Those with these keys, as they are written.
    Keys(Vec<String>),
    /// Those that the filter finds now; one that changes meanwhile is left alone.
    Found(Box<RiskFilter>),
}

/// How it went for one.
#[derive(Debug)]
pub struct Outcome {
    /// Its key, as it was given.
    pub key: String,
    /// The risk as it is now, or as it would be; or why not.
    pub result: Result<risk::Model, Problem>,
}

/// Does the work; with `dry_run` nothing is written.
///
/// # Errors
/// 422 where too many or none are named. What is wrong with one is in its outcome.
pub async fn run(
    state: &AppState,
    actor: &Actor,
    which: &Which,
    work: &Work,
    dry_run: bool,
) -> Result<Vec<Outcome>, Problem> {
    let now = state.clock.now();
    let mut outcomes = Vec::new();
    for (text, key, version) in named(state, actor, which, now).await? {
        let result = match key {
            Ok(key) => one(state, actor, key, version, work, dry_run, now).await,
            Err(problem) => Err(problem),
        };
        outcomes.push(Outcome { key: text, result });
    }
    Ok(outcomes)
}

/// The risks that are meant, with the versions that were seen where a filter found them.
async fn named(
    state: &AppState,
    actor: &Actor,
    which: &Which,
    now: DateTime<Utc>,
) -> Result<Vec<(String, Result<RiskKey, Problem>, Option<i32>)>, Problem> {
    match which {
        Which::Keys(keys) => {
            if keys.is_empty() || keys.len() > MOST {
                return Err(Problem::invalid("keys", format!("Name 1 to {MOST} risks.")));
            }
            let read = |key: &String| {
                let read = key
                    .parse()
                    .map_err(|error: super::key::NotAKey| Problem::invalid("keys", error.to_string()));
                (key.clone(), read, None)
            };
            Ok(keys.iter().map(read).collect())
        }
        Which::Found(filter) => {
            let db = state.database.reader();
            let found = finder::first(db, &actor.scope(), actor.id, filter, MOST as u64 + 1, now).await?;
            if found.is_empty() || found.len() > MOST {
                let text = format!("It has to find 1 to {MOST} risks; narrow it, or name the keys.");
                return Err(Problem::invalid("filter", text));
            }
            let seen = |risk: risk::Model| {
                let key = RiskKey(risk.id);
                (key.to_string(), Ok(key), Some(risk.version))
            };
            Ok(found.into_iter().map(seen).collect())
        }
    }
}

async fn one(
    state: &AppState,
    actor: &Actor,
    key: RiskKey,
    version: Option<i32>,
    work: &Work,
    dry_run: bool,
    now: DateTime<Utc>,
) -> Result<risk::Model, Problem> {
    let tried = RefCell::new(None);
    let written = state.database.write(async |tx| {
        let risk = apply(tx, actor, key, version, work, now).await?;
        if dry_run {
            tried.replace(Some(risk));
            // Only what fails is not written.
            return Err(Problem::new(Kind::Conflict, "This was a trial."));
        }
        Ok(risk)
    });
    let written = written.await;
    match tried.into_inner() {
        Some(risk) => Ok(risk),
        None => written,
    }
}

async fn apply(
    tx: &DatabaseTransaction,
    actor: &Actor,
    key: RiskKey,
    version: Option<i32>,
    work: &Work,
    now: DateTime<Utc>,
) -> Result<risk::Model, Problem> {
    let policies = Policies::load(tx).await?;
    let occasion = Occasion::by(actor, now, &policies);
    let risk = finder::one(tx, &actor.scope(), key).await?;
    if version.is_some_and(|version| version != risk.version) {
        return Err(Problem::new(
            Kind::Stale,
            format!("{key} was changed meanwhile; look at it, then repeat."),
        ));
    }
    match work {
        Work::Transition(form) => {
            let given = form.resolve(tx, risk.id).await?;
            let requester = requester(actor, &risk);
            step::take(tx, &occasion, risk, &requester, Asked::by_person(form.event()?, given)).await
        }
        Work::Edit(edit) => {
            may_edit(actor, &risk)?;
            edit::edit(tx, &occasion, risk, (**edit).clone()).await
        }
    }
}
