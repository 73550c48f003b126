//! Puts a process together: database, web server, jobs and timers.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::{Compress, NormalizePath, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpServer};
use anyhow::Context as _;
use secrecy::ExposeSecret as _;
use tokio_util::sync::CancellationToken;
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::AppExt as _;

use crate::config::Config;
use crate::operations::metrics;
use crate::platform::clock::Clock;
use crate::platform::database::Database;
use crate::platform::ids::Ids;
use crate::platform::job::runner::Runner;
use crate::platform::outgoing::Outgoing;
use crate::platform::secret::SecretKey;
use crate::platform::setting;
use crate::platform::telemetry::RequestLog;
use crate::platform::timer::Ticker;
use crate::platform::trace;
use crate::slack::Slack;
use crate::state::AppState;
use crate::{access, audit_log, jobs, page, routes, slack};

/// Time that requests get to finish when the process is told to stop, in seconds.
const SHUTDOWN_SECONDS: u64 = 10;
/// How many jobs one process runs at a time.
const JOBS_AT_A_TIME: usize = 3;

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Answers requests.
    pub web: bool,
    /// Runs jobs and timers.
    pub worker: bool,
}

/// Routes that a process has besides those that every process has.
pub type MoreRoutes = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// A process that is ready to run.
pub struct Application {
    state: AppState,
    listener: Option<TcpListener>,
    parts: Parts,
    more_routes: MoreRoutes,
}

impl Application {
    /// Opens and migrates the database and binds the port.
    ///
    /// # Errors
    /// When the database cannot be opened or the port is taken.
    pub async fn build(config: Config, clock: Clock, ids: Ids, parts: Parts) -> anyhow::Result<Self> {
        let listener = if parts.web {
            let listen = config.web.listen;
            Some(TcpListener::bind(listen).with_context(|| {
                format!("cannot listen on {listen}; set ABATE_LISTEN to a free address and port")
            })?)
        } else {
            None
        };
        let state = open(config, clock, ids).await?;
        audit_log::settings::note(&state).await?;
        Ok(Self { state, listener, parts, more_routes: Arc::new(|_| {}) })
    }

    /// The same with a listener that is bound already.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub async fn build_on(
        listener: TcpListener,
        config: Config,
        clock: Clock,
        ids: Ids,
    ) -> anyhow::Result<Self> {
        let state = open(config, clock, ids).await?;
        audit_log::settings::note(&state).await?;
        let parts = Parts { web: true, worker: true };
        Ok(Self { state, listener: Some(listener), parts, more_routes: Arc::new(|_| {}) })
    }

    /// Adds routes. `abate demo` mounts its sandboxes with it; `abate serve` adds none.
    #[must_use]
    pub fn mount(self, more_routes: MoreRoutes) -> Self {
        Self { more_routes, ..self }
    }

    /// What its handlers, jobs and timers share.
    #[must_use]
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// The address it answers on.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Runs until `stop`, then lets requests finish. Has to be called within an actix system.
    ///
    /// # Errors
    /// When the server cannot start.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut workers = Vec::new();
        if self.parts.worker {
            workers = start_workers(&self.state, &stop);
        }
        match self.listener {
            Some(listener) => {
                workers.push(actix_web::rt::spawn(slack::socket::run(self.state.clone(), stop.clone())));
                let server = serve(listener, self.state.clone(), self.more_routes)?;
                let handle = server.handle();
                actix_web::rt::spawn(stop_with(stop, handle));
                server.await?;
            }
            None => stop.cancelled().await,
        }
        let patience = tokio::time::sleep(Duration::from_secs(SHUTDOWN_SECONDS));
        tokio::pin!(patience);
        for worker in workers {
            let abandon = worker.abort_handle();
            tokio::select! {
                // A worker that panicked has said so itself; its job's lease will run out.
                _ = worker => {}
                // What it had not committed is begun again when its lease has run out.
                () = &mut patience => abandon.abort(),
            }
        }
        if self.parts.worker {
            audit_log::seal::finish(&self.state).await;
        }
        self.state.database.close().await?;
        Ok(())
    }
}

/// Opens the database, brings it up to date and makes what every database has.
///
/// # Errors
/// When it cannot be opened or migrated.
pub async fn open(config: Config, clock: Clock, ids: Ids) -> anyhow::Result<AppState> {
    let database = Database::open(config.database.url.expose_secret())
        .await
        .context("cannot open the database; check ABATE_DATABASE_URL")?;
    database.migrate().await.context("cannot bring the database's schema up to date")?;
    let now = clock.now();
    let zone = config.organisation.zone;
    database
        .write(async |tx| {
            setting::write_once(tx, setting::INSTANCE, &ids.word(6)).await?;
            setting::write_once(tx, setting::EPOCH, "1").await?;
            access::team::default(tx, now).await?;
            crate::policy::write_defaults(tx, zone, now).await?;
            crate::control::store::write_defaults(tx, now).await?;
            crate::intake::rule::store::write_defaults(tx, now).await?;
            crate::ticket::rule::store::write_defaults(tx, now).await?;
            crate::ticket::connection::write_configured(tx, config.jira.as_ref(), &ids, now).await?;
            Ok(())
        })
        .await?;
    let key = SecretKey::open(&config, &database, &ids).await?;
    let outgoing = Outgoing::new(&config.outgoing)?;
    let slack = config.slack.as_ref().map(Slack::new).transpose()?;
    Ok(AppState {
        slack,
        config: Arc::new(config),
        database,
        clock,
        ids,
        key,
        http: outgoing.guarded(),
        outgoing,
        certificates: crate::hook::certificate::Certificates::default(),
        passwords: access::password::Passwords::default(),
        throttle: access::throttle::Throttle::default(),
        posture: crate::posture::store::Posture::default(),
    })
}

fn serve(
    listener: TcpListener,
    state: AppState,
    more_routes: MoreRoutes,
) -> anyhow::Result<actix_web::dev::Server> {
    let server = HttpServer::new(move || {
        let (app, description) = App::new()
            .into_utoipa_app()
            .openapi(routes::description_head())
            .service(routes::api())
            .split_for_parts();
        app.app_data(web::Data::new(state.clone()))
            .app_data(web::Data::new(description))
            .configure(|config| more_routes(config))
            .configure(routes::configure)
            .wrap(from_fn(routes::known_parameters))
            .wrap(from_fn(access::idempotency::once))
            .wrap(from_fn(access::require::identify))
            .wrap(from_fn(page::shell::around))
            .wrap(NormalizePath::trim())
            .wrap(Compress::default())
            .wrap(from_fn(metrics::observe))
            .wrap(from_fn(trace::follow))
            .wrap(TracingLogger::<RequestLog>::new())
    })
    .workers(2)
    .client_request_timeout(Duration::from_secs(30))
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .disable_signals()
    .listen(listener)?
    .run();
    Ok(server)
}

async fn stop_with(stop: CancellationToken, handle: ServerHandle) {
    stop.cancelled().await;
    handle.stop(true).await;
}

fn start_workers(state: &AppState, stop: &CancellationToken) -> Vec<actix_web::rt::task::JoinHandle<()>> {
    let holder = format!("{}-{}", std::process::id(), state.ids.word(6));
    let mut workers = Vec::new();
    for number in 0..JOBS_AT_A_TIME {
        let runner = Runner {
            state: state.clone(),
            database: state.database.clone(),
            clock: state.clock.clone(),
            ids: state.ids.clone(),
            jobs: jobs::JOBS.to_vec(),
            holder: format!("{holder}-{number}"),
        };
        let stop = stop.clone();
        workers.push(actix_web::rt::spawn(async move { runner.run(stop).await }));
    }
    workers.push(actix_web::rt::spawn(audit_log::seal::run(state.clone(), stop.clone())));
    let ticker = Ticker {
        state: state.clone(),
        database: state.database.clone(),
        clock: state.clock.clone(),
        timers: jobs::TIMERS.to_vec(),
        holder,
    };
    let stop = stop.clone();
    workers.push(actix_web::rt::spawn(async move { ticker.run(stop).await }));
    workers
}
