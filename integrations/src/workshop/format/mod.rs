//! One file a format.

mod abate_json;
mod cyclonedx_threats;
mod iriusrisk;
mod otm;
mod pytm;
mod threagile;
mod threagile_model;
mod threat_composer;
mod threat_dragon;
mod tm7;
mod tm_bom;

pub(crate) use abate_json::AbateJson;
pub use abate_json::SCHEMA;
pub(crate) use cyclonedx_threats::CycloneDxThreats;
pub(crate) use iriusrisk::IriusRisk;
pub(crate) use otm::Otm;
pub(crate) use pytm::Pytm;
pub(crate) use threagile::Threagile;
pub(crate) use threagile_model::ThreagileModel;
pub(crate) use threat_composer::ThreatComposer;
pub(crate) use threat_dragon::ThreatDragon;
pub(crate) use tm_bom::TmBom;
pub(crate) use tm7::Tm7;
