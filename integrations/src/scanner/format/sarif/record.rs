//! The parts of a SARIF result that are read.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::rule::{Properties, Taxon};
use crate::scanner::read::lenient::{Text, nullable};

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ResultRecord<'a> {
    #[serde(borrow)]
    pub(super) rule_id: Text<'a>,
    pub(super) rule_index: Option<i64>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(super) rule: RuleReference<'a>,
    #[serde(borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) level: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(super) message: Message<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(super) locations: Vec<Location<'a>>,
    #[serde(deserialize_with = "nullable")]
    pub(super) fingerprints: BTreeMap<String, Value>,
    #[serde(deserialize_with = "nullable")]
    pub(super) partial_fingerprints: BTreeMap<String, Value>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(super) suppressions: Vec<Suppression<'a>>,
    #[serde(borrow)]
    pub(super) baseline_state: Text<'a>,
    #[serde(borrow)]
    pub(super) hosted_viewer_uri: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(super) taxa: Vec<Taxon<'a>>,
    #[serde(deserialize_with = "nullable")]
    pub(super) properties: Properties,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RuleReference<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    pub(super) index: Option<i64>,
    #[serde(deserialize_with = "nullable")]
    pub(super) tool_component: ComponentReference,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ComponentReference {
    pub(super) index: Option<i64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) text: Text<'a>,
    #[serde(borrow)]
    pub(super) markdown: Text<'a>,
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(super) arguments: Vec<Text<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Location<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    pub(super) physical_location: PhysicalLocation<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(super) logical_locations: Vec<LogicalLocation<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PhysicalLocation<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    pub(super) artifact_location: ArtifactLocation<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(super) region: Region<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ArtifactLocation<'a> {
    #[serde(borrow)]
    pub(super) uri: Text<'a>,
    pub(super) index: Option<i64>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Region<'a> {
    pub(super) start_line: Option<i64>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(super) snippet: Snippet<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Snippet<'a> {
    #[serde(borrow)]
    pub(super) text: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct LogicalLocation<'a> {
    #[serde(borrow)]
    pub(super) fully_qualified_name: Text<'a>,
    #[serde(borrow)]
    pub(super) name: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Suppression<'a> {
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    #[serde(borrow)]
    pub(super) justification: Text<'a>,
}
