//! One file a format.

mod abate_json;
mod otm;
mod threagile;
mod threagile_model;
mod threat_composer;
mod threat_dragon;

pub(crate) use abate_json::AbateJson;
pub use abate_json::SCHEMA;
pub(crate) use otm::Otm;
pub(crate) use threagile::Threagile;
pub(crate) use threagile_model::ThreagileModel;
pub(crate) use threat_composer::ThreatComposer;
pub(crate) use threat_dragon::ThreatDragon;
