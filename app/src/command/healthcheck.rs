//! `abate healthcheck`: asks the server of these settings whether it is ready; for containers without curl.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

use crate::config::Config;

const PATIENCE: Duration = Duration::from_secs(5);

/// What `abate healthcheck` takes beside the settings.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example, in a Dockerfile:\n  HEALTHCHECK CMD [\"abate\", \"healthcheck\"]")]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Ends with 0 when the server answers that it is ready, else with 1 and why not.
pub(super) async fn run(arguments: &Arguments, config: Config) -> anyhow::Result<ExitCode> {
    let url = format!("http://{}/readyz", reachable(config.web.listen));
    let problem = ask(&url).await.err().map(|error| format!("{error:#}"));
    if arguments.json {
        println!("{:#}", serde_json::json!({ "ready": problem.is_none(), "problem": problem }));
    } else {
        println!("{}", problem.as_deref().unwrap_or("ready"));
    }
    Ok(if problem.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn ask(url: &str) -> anyhow::Result<()> {
    // No proxy: the server is on this host, whatever the variables of the process say.
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
    let answer = client.get(url).send().await.with_context(|| format!("no answer from {url}"))?;
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    anyhow::ensure!(status.is_success(), "{url} answers {status}: {}", text.trim());
    Ok(())
}

/// A server that listens on every address is asked on the loopback one.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_address_is_asked_on_loopback() {
        for (listen, asked) in
            [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("10.0.0.1:80", "10.0.0.1:80")]
        {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), asked);
        }
    }
}
