//! What integration tests stand on: real databases, the real application, real sockets, a real browser.

#![allow(dead_code, reason = "it offers what the next test needs, not only what today's use")]

pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod database;
pub(crate) mod datadog;
pub(crate) mod http;
pub(crate) mod process;

use std::sync::Once;

/// Chooses ring for TLS, as `main` does. Everything here that opens a connection calls it first.
pub(crate) fn install_tls() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // The application in this process may have been first; it chooses the same one.
        drop(rustls::crypto::ring::default_provider().install_default());
    });
}
