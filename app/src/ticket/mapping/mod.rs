//! What of a risk goes into which field of its ticket, for each connection; without one, what Abate does by itself.
//!
//! `model` says what a mapping is, `store` keeps its versions. `known` and `people` load what its values are made of,
//! `value` makes them, `fill` puts them together for a new issue and for one that is there, `gap` says what a screen of JIRA
//! demands or does not take. `try_out` shows what would be sent.

pub mod api;
mod fill;
mod gap;
mod known;
mod metadata;
pub mod model;
pub mod page;
mod page_form;
mod people;
mod store;
mod try_out;
mod value;

pub(super) use fill::{Filling, at_creation, kept, print, to_take_back};
pub(super) use gap::{extras_only, gaps, strays};
pub(super) use known::{Facts, Known};
pub(super) use store::{in_force, versioned};
pub(super) use value::fixed;
