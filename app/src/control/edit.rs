//! Records a control by hand, and changes one.

use abate_entity::{cadence, control, control_feed, control_mapping, source};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};
use serde_json::{Map, Value, json};

use super::catalogue::FRAMEWORKS;
use super::decay_rules::ControlState;
use super::{decay, store};
use crate::access::actor::Actor;
use crate::access::right::KeepRegister;
use crate::access::user;
use crate::audit_log;
use crate::platform::problem::{FieldProblem, Kind, Problem};

/// Longest name, in characters.
const LONGEST_NAME: usize = 200;
/// Longest text, in characters.
const LONGEST_TEXT: usize = 10_000;
/// Items that a control can answer for at most.
const MOST_MAPPINGS: usize = 500;
/// Sources of proof that a control can have at most.
const MOST_FEEDS: usize = 50;
/// Longest time between two proofs, in days.
const LONGEST_CADENCE: i32 = 3650;

/// Where the proof of a control comes from by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feed {
    /// The completed runs of an obligation, by its number.
    Cadence(i64),
    /// The full scans of a source, by its name.
    Source(String),
}

/// What to say of a control; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct ControlEdit {
    /// Name shown to people.
    pub name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// What shows that it works.
    pub measure: Option<String>,
    /// How old its newest proof may be; `Some(None)` when it needs none.
    pub cadence_days: Option<Option<i32>>,
    /// Address of who answers for it; `Some(None)` for nobody.
    pub owner: Option<Option<String>>,
    /// Where it stands.
    pub state: Option<ControlState>,
    /// What it answers for, in place of what it did, as framework and item.
    pub mappings: Option<Vec<(String, String)>>,
    /// Where its proof comes from, in place of where it did.
    pub feeds: Option<Vec<Feed>>,
}

/// Records a control.
///
/// # Errors
/// 422 naming each field that is wrong, 409 when the key is taken, 403 for those who may not.
pub async fn add(
    tx: &DatabaseTransaction,
    actor: &Actor,
    key: &str,
    edit: ControlEdit,
    now: DateTime<Utc>,
) -> Result<control::Model, Problem> {
    actor.require_in::<KeepRegister>(0)?;
    let usable = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
    if key.is_empty() || key.len() > 40 || !key.chars().all(usable) {
        return Err(Problem::invalid("key", "Use 1 to 40 letters, digits, dots, - and _."));
    }
    if edit.name.as_deref().is_none_or(|name| name.trim().is_empty()) {
        return Err(Problem::invalid("name", "Say in a few words what it is."));
    }
    if control::Entity::find().filter(control::Column::Key.eq(key)).one(tx).await?.is_some() {
        return Err(Problem::new(Kind::Conflict, format!("There is a control {key} already.")));
    }
    let row = store::planned(key, "", now).insert(tx).await?;
    write(tx, actor, row, edit, "control.add", now).await
}

/// Changes a control.
///
/// # Errors
/// 422 naming each field that is wrong, 403 for those who may not.
pub async fn change(
    tx: &DatabaseTransaction,
    actor: &Actor,
    before: control::Model,
    edit: ControlEdit,
    now: DateTime<Utc>,
) -> Result<control::Model, Problem> {
    actor.require_in::<KeepRegister>(0)?;
    write(tx, actor, before, edit, "control.edit", now).await
}

async fn write(
    tx: &DatabaseTransaction,
    actor: &Actor,
    before: control::Model,
    edit: ControlEdit,
    action: &str,
    now: DateTime<Utc>,
) -> Result<control::Model, Problem> {
    check(&edit)?;
    let mut said = Map::new();
    let mut set = control::ActiveModel { id: Set(before.id), ..Default::default() };
    let trimmed = |text: Option<String>| text.map(|text| text.trim().to_owned());
    if let Some(name) = trimmed(edit.name).filter(|name| *name != before.name) {
        said.insert("name".to_owned(), json!({ "from": before.name, "to": name }));
        set.name = Set(name);
    }
    if let Some(description) = trimmed(edit.description).filter(|text| *text != before.description) {
        said.insert("description".to_owned(), json!({ "changed": true }));
        set.description = Set(description);
    }
    if let Some(measure) = trimmed(edit.measure).filter(|text| *text != before.measure) {
        said.insert("measure".to_owned(), json!({ "from": before.measure, "to": measure }));
        set.measure = Set(measure);
    }
    if let Some(days) = edit.cadence_days.filter(|days| *days != before.cadence_days) {
        said.insert("cadence_days".to_owned(), json!({ "from": before.cadence_days, "to": days }));
        set.cadence_days = Set(days);
    }
    if let Some(owner) = edit.owner {
        let id = match owner {
            Some(email) => Some(user::active_by_email(tx, "owner", &email).await?.id),
            None => None,
        };
        if id != before.owner_id {
            said.insert("owner".to_owned(), json!({ "from": before.owner_id, "to": id }));
            set.owner_id = Set(id);
        }
    }
    let moved = edit.state.is_some_and(|state| state.as_str() != before.state);
    if let Some(state) = edit.state.filter(|_| moved) {
        said.insert("state".to_owned(), json!({ "from": before.state, "to": state }));
        set.state = Set(state.as_str().to_owned());
    }
    if let Some(items) = edit.mappings {
        said.insert("mappings".to_owned(), json!(items));
        control_mapping::Entity::delete_many()
            .filter(control_mapping::Column::ControlId.eq(before.id))
            .exec(tx)
            .await?;
        store::map(tx, before.id, items).await?;
    }
    if let Some(feeds) = edit.feeds {
        said.insert("feeds".to_owned(), set_feeds(tx, before.id, feeds).await?);
    }
    if said.is_empty() {
        return Ok(before);
    }
    set.version = Set(before.version + 1);
    set.updated_at = Set(now);
    let after = set.update(tx).await?;
    if moved {
        decay::mark(tx).await?;
    }
    audit_log::add(tx, actor, action, &after.key, Value::Object(said), now).await?;
    Ok(after)
}

fn check(edit: &ControlEdit) -> Result<(), Problem> {
    let mut wrong = Vec::new();
    let bad = |text: &Option<String>, longest: usize| {
        text.as_ref().is_some_and(|text| text.chars().count() > longest || text.contains('\0'))
    };
    if bad(&edit.name, LONGEST_NAME) || edit.name.as_deref().is_some_and(|name| name.trim().is_empty()) {
        wrong.push(FieldProblem::new("name", format!("Use 1 to {LONGEST_NAME} characters.")));
    }
    for (field, text) in [("description", &edit.description), ("measure", &edit.measure)] {
        if bad(text, LONGEST_TEXT) {
            wrong.push(FieldProblem::new(field, format!("Use at most {LONGEST_TEXT} characters.")));
        }
    }
    if edit.cadence_days.flatten().is_some_and(|days| !(1..=LONGEST_CADENCE).contains(&days)) {
        let text = format!("Use 1 to {LONGEST_CADENCE} days, or null for none.");
        wrong.push(FieldProblem::new("cadence_days", text));
    }
    let most = [
        ("mappings", edit.mappings.as_ref().map_or(0, Vec::len), MOST_MAPPINGS),
        ("feeds", edit.feeds.as_ref().map_or(0, Vec::len), MOST_FEEDS),
    ];
    for (field, count, most) in most {
        if count > most {
            return Err(Problem::invalid(field, format!("Name at most {most}.")));
        }
    }
    for (framework, item) in edit.mappings.iter().flatten() {
        let known = FRAMEWORKS.iter().any(|(known, _)| known == framework);
        let length = item.chars().count();
        if !known || length == 0 || length > 40 || item.chars().any(char::is_whitespace) {
            let words: Vec<&str> = FRAMEWORKS.iter().map(|(known, _)| *known).collect();
            let text = format!(
                "{framework} {item}: name one of {} and an item without blanks, as A.8.8.",
                words.join(", ")
            );
            wrong.push(FieldProblem::new("mappings", text));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Problem::all_invalid(wrong)) }
}

async fn set_feeds(tx: &DatabaseTransaction, control_id: i64, feeds: Vec<Feed>) -> Result<Value, Problem> {
    control_feed::Entity::delete_many()
        .filter(control_feed::Column::ControlId.eq(control_id))
        .exec(tx)
        .await?;
    let mut said = Vec::new();
    for feed in feeds {
        let mut row = control_feed::ActiveModel { control_id: Set(control_id), ..Default::default() };
        match feed {
            Feed::Cadence(id) => {
                let found = cadence::Entity::find_by_id(id).one(tx).await?;
                found.ok_or_else(|| Problem::invalid("feeds", format!("There is no obligation {id}.")))?;
                row.cadence_id = Set(Some(id));
                said.push(json!({ "cadence": id }));
            }
            Feed::Source(name) => {
                let found = source::Entity::find().filter(source::Column::Name.eq(&name)).one(tx).await?;
                let found = found
                    .ok_or_else(|| Problem::invalid("feeds", format!("There is no source {name:?}.")))?;
                row.source_id = Set(Some(found.id));
                said.push(json!({ "source": name }));
            }
        }
        row.insert(tx).await?;
    }
    Ok(Value::Array(said))
}
