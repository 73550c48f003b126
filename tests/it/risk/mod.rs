//! Risks through the API.

mod editing;
mod merge;
mod proposals;
mod techniques;
mod walk;
