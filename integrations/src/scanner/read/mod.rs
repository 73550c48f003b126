//! Reading files as a stream, within limits: JSON, lines of JSON, XML and tables.

pub(crate) mod enveloped;
pub(crate) mod json;
mod json_later;
mod json_measure;
#[cfg(test)]
mod json_tests;
mod json_window;
pub(crate) mod lenient;
pub(crate) mod loose;
pub(crate) mod table;
pub(crate) mod xml;
