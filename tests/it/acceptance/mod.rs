//! Acceptances end.

mod expiry;
