//! Grids: which level a likelihood and an impact make. They are data with versions; one version is in force, and another
//! is put into force by a person who has seen what it changes.

pub mod api;
pub mod in_force;
pub mod page;
pub mod preview;
pub mod regrid;
pub mod rules;
pub mod seed;
pub mod store;
pub mod view;
