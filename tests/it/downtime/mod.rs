//! The service stands still for more than a year: what should have happened meanwhile happens once, with its own date.

mod stage;
mod year;
