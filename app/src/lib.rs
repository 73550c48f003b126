//! Abate.
