//! Foreign.
