//! Threat-modelling workshops as files: one file a format, all of them into one [`Workshop`].

mod abate_json;
mod fields;
mod model;

pub use abate_json::{SCHEMA, parse, recognises};
pub use model::{
    AttackTechnique, Band, FieldError, KILL_CHAIN_PHASES, LEVELS, Position, STRIDE_CATEGORIES, Scale, TIERS,
    TREATMENTS, Workshop, WorkshopAsset, WorkshopControl, WorkshopError, WorkshopRisk, WorkshopScenario,
};
