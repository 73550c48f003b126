//! Risks: the unit of decision, and the one engine that moves them.

pub mod absence;
pub mod alias;
pub mod api;
pub mod clock;
pub mod comment;
pub mod create;
pub mod edit;
pub mod evidence;
pub mod finder;
pub mod identity;
pub mod key;
pub mod merge;
pub mod page;
pub mod parties;
pub mod rating;
pub mod record;
pub mod search;
pub mod split;
pub mod standing;
pub mod step;
pub mod tag;
pub mod technique;
pub mod vex_proposal;
pub mod view;
