//! The parts of a SARIF result that are read.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::Value;

use super::rule::{Properties, Taxon};
use crate::scanner::read::json::RecordError;
use crate::scanner::read::lenient::{Text, nullable, whole};

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ResultRecord<'a> {
    #[serde(borrow)]
    pub(super) rule_id: Text<'a>,
    #[serde(deserialize_with = "whole")]
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
    pub(super) locations: Locations<'a>,
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
    #[serde(deserialize_with = "whole")]
    pub(super) index: Option<i64>,
    #[serde(deserialize_with = "nullable")]
    pub(super) tool_component: ComponentReference,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ComponentReference {
    #[serde(deserialize_with = "whole")]
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

/// Most locations of one result; more say nothing to anybody.
const LOCATIONS: usize = 10_000;

/// The locations of a result. Those beyond the limit are counted and never kept, so that they cost no memory.
#[derive(Default)]
pub(super) struct Locations<'a> {
    kept: Vec<Location<'a>>,
    count: usize,
}

impl<'a> Locations<'a> {
    /// All of them, or why the result cannot be used.
    pub(super) fn kept(&self) -> Result<&[Location<'a>], RecordError> {
        if self.count > LOCATIONS {
            return Err(RecordError::Shape(format!(
                "the result has {} locations, more than the {LOCATIONS} that are read; narrow the rule or exclude its files",
                self.count
            )));
        }
        Ok(&self.kept)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Locations<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LocationsVisitor<'a>(PhantomData<Location<'a>>);
        impl<'de: 'a, 'a> Visitor<'de> for LocationsVisitor<'a> {
            type Value = Locations<'a>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a list of locations")
            }
            fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Self::Value, S::Error> {
                let mut locations = Locations::default();
                while locations.count < LOCATIONS
                    && let Some(location) = list.next_element()?
                {
                    locations.kept.push(location);
                    locations.count += 1;
                }
                while locations.count >= LOCATIONS && list.next_element::<IgnoredAny>()?.is_some() {
                    locations.count += 1;
                }
                Ok(locations)
            }
        }
        deserializer.deserialize_seq(LocationsVisitor(PhantomData))
    }
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
    #[serde(deserialize_with = "whole")]
    pub(super) index: Option<i64>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Region<'a> {
    #[serde(deserialize_with = "whole")]
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
