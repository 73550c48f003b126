//! The versions of what decides: grids, policies, calendars, intake rules, classes of data. None of them is ever changed, so
//! that each stands here as it was, up to the register's day.

use std::collections::BTreeMap;

use abate_entity::{calendar, data_class_table, intake_rule_set, notify_rule_set, rating_grid, sla_policy};
use chrono::{DateTime, Utc};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::Section;
use crate::evidence_pack::context::Context;
use crate::evidence_pack::part::Table;
use crate::platform::problem::Problem;

pub(super) const SECTION: Section = Section {
    name: "configuration",
    about: "every version of grids, policies, calendars, intake rules and classes of data until then",
    columns: &["what", "name", "version", "made_at", "made_by", "made_in_the_period", "note", "content"],
    write: |context, table| Box::pin(write(context, table)),
};

/// A version, by what it is, its name and its number.
type Versions = BTreeMap<(&'static str, String, i32), Version>;

struct Version {
    made_at: DateTime<Utc>,
    made_by: Option<i64>,
    note: String,
    content: Value,
}

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    for ((what, name, version), made) in versions(context).await? {
        if made.made_at >= context.period.as_of {
            continue;
        }
        let row = json!([
            what,
            name,
            version,
            made.made_at,
            context.person(made.made_by),
            context.covers(made.made_at),
            made.note,
            made.content,
        ]);
        table.row(&row).map_err(Problem::internal)?;
    }
    Ok(())
}

async fn versions(context: &Context) -> Result<Versions, Problem> {
    let db = &context.db;
    let mut all = Versions::new();
    let plain = |made_at, content| Version { made_at, made_by: None, note: String::new(), content };
    for row in rating_grid::Entity::find().all(db).await? {
        all.insert(("grid", row.name, row.version), plain(row.created_at, row.data));
    }
    for row in sla_policy::Entity::find().all(db).await? {
        all.insert(("sla_policy", row.name, row.version), plain(row.created_at, row.data));
    }
    for row in calendar::Entity::find().all(db).await? {
        all.insert(("calendar", row.name, row.version), plain(row.created_at, row.data));
    }
    for row in intake_rule_set::Entity::find().all(db).await? {
        let made = Version {
            made_at: row.created_at,
            made_by: row.made_by,
            note: row.note,
            content: json!({"rules": row.rules, "guard_rails": row.guard_rails}),
        };
        all.insert(("intake_rules", String::new(), row.version), made);
    }
    for row in notify_rule_set::Entity::find().all(db).await? {
        let made =
            Version { made_at: row.made_at, made_by: Some(row.made_by), note: row.reason, content: row.data };
        all.insert(("notify_rules", String::new(), row.version), made);
    }
    for row in data_class_table::Entity::find().all(db).await? {
        let made = Version {
            made_at: row.created_at,
            made_by: row.actor_id,
            note: String::new(),
            content: row.data,
        };
        all.insert(("data_classes", String::new(), row.version), made);
    }
    Ok(all)
}
