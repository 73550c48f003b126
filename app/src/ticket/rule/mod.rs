//! Which risks get a ticket, at which connection, and how many a team gets in a day.

pub mod api;
pub mod cap;
pub mod model;
pub mod page;
pub mod store;
