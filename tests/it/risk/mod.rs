//! Risks through the API.

mod editing;
mod proposals;
