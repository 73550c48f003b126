//! Groups: risks of one team that one change mends share one ticket. `model` decides, `change` is what people do with groups,
//! `member` puts risks in and takes them out, `current` reads a group as it is, `content` says what its ticket says. `follow`, `failed` and `supersede` keep the
//! ticket and those of its members in step; `matching` and `suggest` find what belongs together.

pub mod api;
mod change;
pub(super) mod content;
pub(super) mod current;
pub(super) mod failed;
pub(super) mod finder;
pub(super) mod follow;
mod list;
pub(super) mod matching;
pub(super) mod member;
pub(super) mod model;
pub mod page;
mod suggest;
pub(super) mod supersede;
mod view;
