//! Which controls a risk relies on, as people say it.

use abate_entity::{control, risk, risk_control};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};
use serde_json::json;

use super::decay;
use crate::platform::problem::{FieldProblem, Problem};
use crate::risk::record::{self, Change, NewEvent, Occasion};

/// Controls that a risk can rely on at most.
const MOST: usize = 50;

/// What changes.
#[derive(Clone, Debug, Default)]
pub struct Relying {
    /// Keys of controls that it relies on from now on.
    pub add: Vec<String>,
    /// Keys of controls that it does not rely on any more.
    pub remove: Vec<String>,
    /// Why.
    pub reason: String,
}

/// Writes on which controls a risk relies; answers the risk as it is now. What changes nothing writes nothing.
///
/// # Errors
/// 422 naming each key that is not known, 412 when the risk was changed meanwhile.
pub async fn change(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    new: &Relying,
) -> Result<risk::Model, Problem> {
    // Before they are asked for: a database takes no question of any length.
    if new.add.len() + new.remove.len() > MOST {
        return Err(Problem::invalid("add", format!("Name at most {MOST} controls.")));
    }
    let named = new.add.iter().chain(&new.remove).map(String::as_str);
    let known = control::Entity::find().filter(control::Column::Key.is_in(named)).all(tx).await?;
    let mut wrong = Vec::new();
    for (field, keys) in [("add", &new.add), ("remove", &new.remove)] {
        for key in keys {
            match known.iter().find(|control| control.key == *key) {
                None => wrong.push(FieldProblem::new(field, format!("There is no control {key:?}."))),
                Some(control) if field == "add" && control.state == "retired" => {
                    wrong
                        .push(FieldProblem::new(field, format!("{key} is retired: name one that is there.")));
                }
                Some(_) => {}
            }
        }
    }
    if !wrong.is_empty() {
        return Err(Problem::all_invalid(wrong));
    }
    let links = risk_control::Entity::find().filter(risk_control::Column::RiskId.eq(risk.id)).all(tx).await?;
    let linked = |control: &control::Model| links.iter().any(|link| link.control_id == control.id);
    let of = |keys: &[String], wanted: bool| -> Vec<&control::Model> {
        known.iter().filter(|control| keys.contains(&control.key) && linked(control) == wanted).collect()
    };
    let (added, removed) = (of(&new.add, false), of(&new.remove, true));
    if added.is_empty() && removed.is_empty() {
        return Ok(risk);
    }
    if !removed.is_empty() {
        risk_control::Entity::delete_many()
            .filter(risk_control::Column::RiskId.eq(risk.id))
            .filter(risk_control::Column::ControlId.is_in(removed.iter().map(|control| control.id)))
            .exec(tx)
            .await?;
    }
    if !added.is_empty() {
        let rows = added.iter().map(|control| risk_control::ActiveModel {
            risk_id: Set(risk.id),
            control_id: Set(control.id),
            ..Default::default()
        });
        let known = [risk_control::Column::RiskId, risk_control::Column::ControlId];
        risk_control::Entity::insert_many(rows)
            .on_conflict(OnConflict::columns(known).do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
    }
    decay::mark(tx).await?;
    let keys =
        |controls: &[&control::Model]| controls.iter().map(|control| control.key.clone()).collect::<Vec<_>>();
    let mut change = Change::of(risk, NewEvent::plain("edited", occasion.now))?;
    change.event.reason.clone_from(&new.reason);
    let said = json!({ "added": keys(&added), "removed": keys(&removed) });
    change.event.data.insert("controls".to_owned(), said);
    let after = record::record(tx, occasion, vec![change]).await?.pop();
    after.ok_or_else(|| Problem::not_found("such risk"))
}

/// The keys of the controls that a risk relies on.
///
/// # Errors
/// When the database cannot be asked.
pub async fn keys(db: &impl ConnectionTrait, risk_id: i64) -> Result<Vec<String>, Problem> {
    let links = risk_control::Entity::find().filter(risk_control::Column::RiskId.eq(risk_id)).all(db).await?;
    let rows = control::Entity::find()
        .filter(control::Column::Id.is_in(links.into_iter().map(|link| link.control_id)))
        .order_by_asc(control::Column::Key)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|control| control.key).collect())
}
