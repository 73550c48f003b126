//! A list of rules as somebody means to have it: read from what was sent, and compared with what came in before.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::Rule;
use super::store::{NewVersion, RuleSet};
use crate::intake::guard_rail::GuardRail;
use crate::platform::problem::Problem;

/// The rules of a version, as scripts send them.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    /// The version that this was made from.
    pub(super) base_version: Option<i32>,
    /// The rules in their order; the first one that holds and fits decides. Each has name, effect (make_risk, confirm,
    /// wait, keep_finding, suppress), when, owner, reason and, if it ends, ends_on.
    #[schema(value_type = Vec<Object>)]
    rules: Vec<Value>,
    /// The guard rails, as before unless told. Each has check, enabled, threshold and at_least.
    #[schema(value_type = Option<Vec<Object>>)]
    guard_rails: Option<Vec<Value>>,
    /// Why.
    #[serde(default)]
    note: String,
}

impl Draft {
    /// Reads it; `base` is what it is made from unless it says so itself.
    pub(super) fn read(self, base: i32) -> Result<NewVersion, Problem> {
        Ok(NewVersion {
            base: self.base_version.unwrap_or(base),
            rules: each::<Rule>("rules", self.rules)?,
            guard_rails: self.guard_rails.map(|rails| each::<GuardRail>("guard_rails", rails)).transpose()?,
            note: self.note,
        })
    }
}

fn each<T: for<'a> Deserialize<'a>>(field: &str, values: Vec<Value>) -> Result<Vec<T>, Problem> {
    let read = |(index, value)| {
        serde_json::from_value(value)
            .map_err(|error| Problem::invalid(format!("{field}[{index}]"), error.to_string()))
    };
    values.into_iter().enumerate().map(read).collect()
}

/// A version of the rules, as it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RuleSetView {
    /// Which version.
    pub(super) version: i32,
    /// The rules in their order, each with whether it has ended.
    #[schema(value_type = Vec<Object>)]
    pub(super) rules: Vec<RuleView>,
    /// What stops an import until a person agrees.
    #[schema(value_type = Vec<Object>)]
    pub(super) guard_rails: Vec<GuardRail>,
    /// Why this version was made.
    pub(super) note: String,
    /// Address of who made it.
    pub(super) made_by: Option<String>,
    /// When.
    pub(super) created_at: chrono::DateTime<chrono::Utc>,
}

/// A rule, as it is shown.
#[derive(Debug, Serialize)]
pub(super) struct RuleView {
    #[serde(flatten)]
    pub(super) rule: Rule,
    /// Its last day has passed: it does nothing.
    pub(super) ended: bool,
}

impl RuleSetView {
    pub(super) fn new(
        row: abate_entity::intake_rule_set::Model,
        made_by: Option<String>,
        today: chrono::NaiveDate,
    ) -> Result<Self, Problem> {
        let read = RuleSet::try_from(&row)?;
        let shown = |rule: Rule| RuleView { ended: !rule.holds_on(today), rule };
        Ok(Self {
            version: read.version,
            rules: read.rules.into_iter().map(shown).collect(),
            guard_rails: read.guard_rails,
            note: row.note,
            made_by,
            created_at: row.created_at,
        })
    }
}
