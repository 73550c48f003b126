//! Which policy for due dates a class of data asks for: a table in versions, so that it can be said later which one
//! held when.

use std::collections::BTreeMap;

use abate_entity::data_class_table;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, EntityTrait, QueryOrder};
use serde::Serialize;
use serde_json::json;

use crate::access::actor::Actor;
use crate::audit_log;
use crate::platform::problem::{FieldProblem, Kind, Problem};

/// The classes and policies that an organisation starts with.
const FIRST: [(&str, &str); 6] = [
    ("cred", "standard"),
    ("fin", "standard"),
    ("ip", "standard"),
    ("pci", "pci_dss_4_0_1"),
    ("phi", "standard"),
    ("pii", "standard"),
];
/// Most classes.
const MOST: usize = 200;

/// A version of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DataClassTable {
    /// Its version; 0 for the one that everybody starts with.
    pub version: i32,
    /// The policy that each class asks for.
    pub profiles: BTreeMap<String, String>,
}

impl DataClassTable {
    /// The policies that some classes ask for, each with its class.
    #[must_use]
    pub fn of(&self, classes: &[String]) -> BTreeMap<String, String> {
        let known = |class: &String| Some((class.clone(), self.profiles.get(class)?.clone()));
        classes.iter().filter_map(known).collect()
    }
}

/// The table in force.
///
/// # Errors
/// When the database cannot be asked, or holds something else.
pub async fn load(db: &impl ConnectionTrait) -> Result<DataClassTable, Problem> {
    let newest =
        data_class_table::Entity::find().order_by_desc(data_class_table::Column::Version).one(db).await?;
    match newest {
        Some(row) => Ok(DataClassTable {
            version: row.version,
            profiles: serde_json::from_value(row.data).map_err(Problem::internal)?,
        }),
        None => Ok(DataClassTable {
            version: 0,
            profiles: FIRST.map(|(class, policy)| (class.to_owned(), policy.to_owned())).into(),
        }),
    }
}

/// Makes a new version of the table; the same again makes none.
///
/// # Errors
/// 422 naming each class that is wrong, 412 when somebody made another version meanwhile.
pub async fn replace(
    tx: &impl ConnectionTrait,
    actor: &Actor,
    seen: Option<i32>,
    profiles: BTreeMap<String, String>,
    now: DateTime<Utc>,
) -> Result<DataClassTable, Problem> {
    let before = load(tx).await?;
    if seen.is_some_and(|seen| seen != before.version) {
        let detail = "Somebody changed the table meanwhile; read it again and repeat.";
        return Err(Problem::new(Kind::Stale, detail));
    }
    let wrong: Vec<FieldProblem> = profiles
        .iter()
        .filter(|(class, policy)| !is_word(class) || !is_word(policy))
        .map(|(class, _)| {
            FieldProblem::new(
                format!("profiles.{class}"),
                "Use words of 1 to 60 small letters, digits, _ and - for class and policy.",
            )
        })
        .collect();
    if !wrong.is_empty() {
        return Err(Problem::all_invalid(wrong));
    }
    if profiles.len() > MOST {
        return Err(Problem::invalid("profiles", format!("Name at most {MOST} classes.")));
    }
    if profiles == before.profiles {
        return Ok(before);
    }
    let table = DataClassTable { version: before.version + 1, profiles };
    let row = data_class_table::ActiveModel {
        version: Set(table.version),
        data: Set(json!(table.profiles)),
        actor_id: Set(Some(actor.id)),
        created_at: Set(now),
        ..Default::default()
    };
    row.insert(tx).await?;
    audit_log::add(tx, actor, "data_classes.replace", "data-classes", json!(table), now).await?;
    Ok(table)
}

fn is_word(text: &str) -> bool {
    (1..=60).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-'))
}
