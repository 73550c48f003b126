//! The binary `abate`: picks the command and runs it.

use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    // reqwest and the Slack client both find this provider and never choose between two.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        eprintln!("abate: another TLS provider was installed first; this build is broken");
        return ExitCode::FAILURE;
    }
    abate::command::run().await
}
