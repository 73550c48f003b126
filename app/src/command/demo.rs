//! `abate demo`

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;

use crate::config::{self, Config, Overrides};
use crate::demo::sandbox::Sandboxes;
use crate::demo::{Demo, guide, history, page};
use crate::message;
use crate::page::context::DemoBars;
use crate::platform::clock::Clock;
use crate::platform::ids::Ids;
use crate::risk::step;
use crate::startup::Application;

/// How many ports after the wanted one are tried.
const PORTS: u16 = 50;

/// Arguments of `abate demo`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  abate demo --port 9000")]
pub(super) struct DemoCommand {
    /// Port to answer on; the next free one when it is taken
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

impl DemoCommand {
    pub(super) async fn run(self, overrides: &Overrides) -> anyhow::Result<ExitCode> {
        let port = match &overrides.listen {
            Some(listen) => own_port(listen)?,
            None => self.port,
        };
        let listener = free_listener(port)?;
        let address = listener.local_addr()?;
        if address.port() != port {
            println!("Port {port} is taken; using {} instead.", address.port());
        }
        let folder = tempfile::Builder::new().prefix("abate-demo-").tempdir()?;
        let mut config = settings(folder.path(), address)?;
        let (clock, ids) = (Clock::system(), Ids::random());
        let now = clock.now();
        let cast = history::live_through(config.clone(), ids.clone(), now).await?;
        let sandboxes = Sandboxes::make(&mut config, address, &cast, &clock, &ids)?;
        let demo = Demo::new(cast, sandboxes, now);
        let application = Application::build_on(listener, config, clock, ids).await?;
        // Whoever comes before half past eight gets this morning's digest all the same.
        let zone = application.state().config.organisation.zone;
        message::digest::want(application.state(), step::today(now, zone)).await?;
        let stop = super::worker::stop_on_signal();
        actix_web::rt::spawn(guide::watch(demo.clone(), application.state().database.clone(), stop.clone()));
        welcome(address);
        application
            .mount(Arc::new(move |config: &mut actix_web::web::ServiceConfig| {
                let bars = demo.clone();
                let bars = DemoBars(Box::new(move |actor, _| guide::bar(&bars, actor)));
                config
                    .app_data(actix_web::web::Data::new(bars))
                    .app_data(actix_web::web::Data::new(demo.clone()));
                page::routes(config);
                demo.sandboxes.routes(config);
            }))
            .run(stop)
            .await?;
        folder.close()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Settings of a demo: a file of its own, loopback, nothing from the surroundings.
fn settings(folder: &std::path::Path, address: SocketAddr) -> anyhow::Result<Config> {
    let overrides = Overrides {
        database_url: Some(format!("sqlite://{}", folder.join("demo.db").display())),
        listen: Some(address.to_string()),
        base_url: Some(format!("http://{address}")),
        zone: Some("Europe/London".to_owned()),
        ..Overrides::default()
    };
    Ok(config::Document::alone(overrides)?.config()?)
}

/// The port of `--listen`. A demo lets anybody in as anybody, so that it answers on this machine only.
fn own_port(listen: &str) -> anyhow::Result<u16> {
    let address: Option<SocketAddr> = listen.parse().ok();
    let own = address.filter(|address| address.ip().is_loopback());
    let own = own.context("a demo answers on this machine only; choose its port with --port 9000")?;
    Ok(own.port())
}

fn free_listener(wanted: u16) -> anyhow::Result<TcpListener> {
    let mut last = None;
    for port in wanted..=wanted.saturating_add(PORTS) {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| std::io::ErrorKind::AddrInUse.into()))
        .with_context(|| format!("no free port from {wanted} on; choose another with --port"))
}

fn welcome(address: SocketAddr) {
    let [(_, board), (_, slack)] = Sandboxes::windows();
    println!(
        "\nAbate is ready. Open http://{address}/demo in your browser.\n\n\
         Things to try (the page ticks them off):\n  \
         1. As Ana, open a new risk, start triage and confirm it with Dev as the owner.\n  \
         2. See its ticket appear on the JIRA board: http://{address}{board}\n  \
         3. As Dev, take the risk, and move its ticket to Done (Start, then Finish).\n  \
         4. Try to verify it as Dev and be refused; then verify it as Vera.\n  \
         5. Read this morning's digest in Slack and type /risk list: http://{address}{slack}\n\n\
         Everything lives in a temporary folder and is gone when you press Ctrl-C."
    );
}
