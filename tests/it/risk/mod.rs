//! Risks through the API.

mod difference;
mod editing;
mod mentions;
mod merge;
mod proposals;
mod rating;
mod techniques;
mod walk;
