//! What things are, and how a risk may change. No queries, no I/O.

pub mod level;
pub mod lifecycle;
pub mod text_enum;
