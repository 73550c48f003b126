//! Changes what a risk says, who answers for it and who works on it: everything but where it stands.

use std::collections::BTreeSet;

use abate_entity::lifecycle::State;
use abate_entity::{risk, risk_tag};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::create::check_text;
use super::rate::{self, Why};
use super::rated::{Rated, Source};
use super::record::{self, Change, NewEvent, Occasion};
use super::{tag, worse};
use crate::platform::problem::Problem;

/// What to change; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// One line.
    pub title: Option<String>,
    /// What is wrong.
    pub description: Option<String>,
    /// What to do about it.
    pub mitigation: Option<String>,
    /// How it is going to be treated.
    pub plan: Option<String>,
    /// Who answers for it; `Some(None)` for nobody.
    pub owner_id: Option<Option<i64>>,
    /// Who does the work; `Some(None)` for nobody.
    pub assignee_id: Option<Option<i64>>,
    /// Likelihood and impact: before controls, with those of today, aimed at.
    pub rated: Rated,
    /// Where these come from; a person unless told.
    pub why: Option<Why>,
    /// ATT&CK techniques in place of those it has, in the ids that they have now.
    pub techniques: Option<Vec<String>>,
    /// Whether a ticket is wanted whatever the rule says.
    pub ticket_wanted: Option<bool>,
    /// Why, in the editor's words.
    pub reason: String,
}

/// Writes an edit; answers the risk as it is now. An edit that changes nothing writes nothing.
///
/// # Errors
/// 422 naming each field that is wrong, 412 when the risk was changed meanwhile.
pub async fn edit(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    edit: Edit,
) -> Result<risk::Model, Problem> {
    let mut change = Change::of(risk.clone(), NewEvent::plain("edited", occasion.now))?;
    change.event.reason = edit.reason;
    let mut said = serde_json::Map::new();
    for (field, new, old, longest) in [
        ("title", edit.title, &risk.title, 300),
        ("description", edit.description, &risk.description, 50_000),
        ("mitigation", edit.mitigation, &risk.mitigation, 50_000),
        ("plan", edit.plan, &risk.plan, 50_000),
    ] {
        let Some(new) = new.filter(|new| new != old) else { continue };
        check_text(field, &new, longest)?;
        if field == "title" && new.trim().is_empty() {
            return Err(Problem::invalid("title", "Say in one line what the risk is."));
        }
        // The one writer keeps the old text in the event, and its digest in the log of who did what.
        said.insert(field.to_owned(), json!({"changed": true}));
        match field {
            "title" => change.set.title = Set(new.split_whitespace().collect::<Vec<_>>().join(" ")),
            "description" => change.set.description = Set(new),
            "mitigation" => change.set.mitigation = Set(new),
            _ => change.set.plan = Set(new),
        }
    }
    if let Some(owner) = edit.owner_id.filter(|owner| *owner != risk.owner_id) {
        if owner.is_none() && !matches!(risk.state, State::New | State::Closed) {
            return Err(Problem::invalid("owner", "Name the next owner: a confirmed risk always has one."));
        }
        said.insert("owner".to_owned(), json!({"from": risk.owner_id, "to": owner}));
        change.set.owner_id = Set(owner);
    }
    if let Some(assignee) = edit.assignee_id.filter(|assignee| *assignee != risk.assignee_id) {
        said.insert("assignee".to_owned(), json!({"from": risk.assignee_id, "to": assignee}));
        change.set.assignee_id = Set(assignee);
    }
    if edit.rated.inherent.is_some() {
        risk_tag::Entity::delete_many()
            .filter(risk_tag::Column::RiskId.eq(risk.id))
            .filter(risk_tag::Column::Kind.eq("needs"))
            .filter(risk_tag::Column::Value.eq("rating"))
            .exec(tx)
            .await?;
    }
    let why = edit.why.unwrap_or_else(|| Why::plain(Source::Person));
    rate::edit(&mut change, &mut said, occasion, edit.rated, &why)?;
    if let Some(techniques) = edit.techniques {
        retag(tx, &risk, techniques, &mut said).await?;
    }
    if let Some(wanted) = edit.ticket_wanted.filter(|wanted| *wanted != risk.ticket_wanted) {
        change.set.ticket_wanted = Set(wanted);
        said.insert("ticket_wanted".to_owned(), Value::Bool(wanted));
    }
    if said.is_empty() {
        return Ok(risk);
    }
    change.event.data = said;
    let edited = record::record(tx, occasion, vec![change]).await?.pop();
    let edited = edited.ok_or_else(|| Problem::not_found("such risk"))?;
    worse::end_acceptance(tx, occasion, edited, risk.level, false).await
}

/// Gives the risk these techniques in place of those it has.
async fn retag(
    tx: &DatabaseTransaction,
    risk: &risk::Model,
    techniques: Vec<String>,
    said: &mut serde_json::Map<String, Value>,
) -> Result<(), Problem> {
    let known = || {
        Condition::all().add(risk_tag::Column::RiskId.eq(risk.id)).add(risk_tag::Column::Kind.eq("technique"))
    };
    let rows = risk_tag::Entity::find().filter(known()).all(tx).await?;
    let before: BTreeSet<String> = rows.into_iter().map(|tag| tag.value).collect();
    let after: BTreeSet<String> = techniques.into_iter().collect();
    if before == after {
        return Ok(());
    }
    risk_tag::Entity::delete_many().filter(known()).exec(tx).await?;
    tag::add(tx, after.iter().map(|id| (risk.id, "technique", id.clone()))).await?;
    said.insert("techniques".to_owned(), json!({"from": before, "to": after}));
    Ok(())
}

/// Makes somebody the assignee: to take a risk is to make yourself one.
///
/// # Errors
/// As `edit`.
pub async fn assign(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    assignee_id: i64,
) -> Result<risk::Model, Problem> {
    edit(tx, occasion, risk, Edit { assignee_id: Some(Some(assignee_id)), ..Edit::default() }).await
}
