//! Risks through the API.

mod difference;
mod editing;
mod merge;
mod proposals;
mod rating;
mod techniques;
mod walk;
