//! Risks through the API.

mod editing;
