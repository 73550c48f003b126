//! The application in this process, on a port of its own, with a clock that tests move and identities that repeat.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration as StdDuration;

use abate::access::role::Role;
use abate::access::token::TokenScope;
use abate::access::{session, team, token, user};
use abate::asset::register;
use abate::config::{Document, Overrides};
use abate::jobs::TIMERS;
use abate::message::bundle;
use abate::platform::clock::{Clock, ClockHand};
use abate::platform::ids::Ids;
use abate::startup::Application;
use abate::state::AppState;
use abate_entity::tier::Tier;
use abate_entity::{asset, audit_entry, job, notice, risk_event, timer};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::database::{SECRET_KEY, TestDatabase};
use super::http::Client;
use super::install_tls;

/// How long background work may take before a test gives up. Generous, for a busy machine; nothing measures it.
const PATIENCE: StdDuration = StdDuration::from_secs(180);

/// A running application. It ends when this is dropped.
pub(crate) struct TestApp {
    /// What its handlers, jobs and timers share; for use cases that have no address.
    pub(crate) state: AppState,
    /// Moves its time, which stands still otherwise.
    pub(crate) time: ClockHand,
    /// Its database.
    pub(crate) database: TestDatabase,
    base: String,
    stop: CancellationToken,
    variables: Vec<(String, String)>,
    folder: TempDir,
    /// What its identities are made from; another number at each start.
    starts: u64,
}

/// Somebody with an account.
pub(crate) struct Person {
    pub(crate) id: i64,
    pub(crate) email: String,
    /// Speaks to the API with a token.
    pub(crate) api: Client,
    /// Speaks to the pages, signed in.
    pub(crate) browser: Client,
}

/// Where the clock stands at first: a Monday morning.
pub(crate) fn beginning() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().expect("a time")
}

impl TestApp {
    /// Starts the application on a database of its own.
    pub(crate) async fn spawn() -> Self {
        Self::spawn_with(&[]).await
    }

    /// Starts the application with more settings, as variables.
    pub(crate) async fn spawn_with(variables: &[(&str, &str)]) -> Self {
        Self::spawn_seeded(variables, 1).await
    }

    /// As [`Self::spawn_with`], with identities of its own: another installation.
    pub(crate) async fn spawn_seeded(variables: &[(&str, &str)], seed: u64) -> Self {
        install_tls();
        let database = TestDatabase::create().await;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("abate.toml"), "").expect("an empty settings file");
        let own = [
            ("ABATE_DATABASE_URL", database.url()),
            ("ABATE_SECRET_KEY", SECRET_KEY),
            ("ABATE_BASE_URL", base.as_str()),
        ];
        let all = own.iter().chain(variables).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let variables: Vec<_> = all.collect();
        let (clock, time) = Clock::manual(beginning());
        let (state, stop) = start(listener, &folder, &variables, clock, seed).await;
        let app = Self { state, time, database, base, stop, variables, folder, starts: seed };
        // The first user of a database gets nearly every role, which nobody in a test should get by accident.
        app.person("first@example.org", &[]).await;
        app
    }

    /// Ends it, and waits until it has let go of its database, which stays.
    pub(crate) async fn end(&self) {
        self.stop.cancel();
        let ended = async {
            while self.state.database.reader().ping().await.is_ok() {
                tokio::time::sleep(StdDuration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ended).await.expect("the application ends in time");
    }

    /// Ends it and starts it again on its database and its address, at the same time of its clock.
    pub(crate) async fn restart(&mut self) {
        self.end().await;
        let address = self.base.strip_prefix("http://").expect("an address");
        let free = async {
            loop {
                match TcpListener::bind(address) {
                    Ok(listener) => break listener,
                    Err(_) => tokio::time::sleep(StdDuration::from_millis(20)).await,
                }
            }
        };
        let listener = tokio::time::timeout(PATIENCE, free).await.expect("its port is free again");
        self.starts += 1;
        let clock = self.state.clock.clone();
        let started = start(listener, &self.folder, &self.variables, clock, self.starts).await;
        (self.state, self.stop) = started;
    }

    /// Somebody who is not signed in.
    pub(crate) fn visitor(&self) -> Client {
        Client::new(&self.base)
    }

    /// The address without a path.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The user that every application here starts with: every role but that of verifier.
    pub(crate) async fn first(&self) -> Person {
        self.known("first@example.org").await
    }

    /// Makes somebody who holds the roles in all teams.
    pub(crate) async fn person(&self, email: &str, roles: &[Role]) -> Person {
        self.member(email, roles, None).await
    }

    /// Makes somebody who holds the roles in one team.
    pub(crate) async fn member(&self, email: &str, roles: &[Role], team: Option<i64>) -> Person {
        let new = user::NewUser {
            email: email.to_owned(),
            name: email.split('@').next().unwrap_or_default().to_owned(),
            roles: roles.to_vec(),
            team_id: team,
            password_hash: None,
        };
        let now = self.state.clock.now();
        self.state.database.write(async |tx| user::create(tx, &new, now).await).await.expect("a user");
        self.known(email).await
    }

    /// Makes a team and gives its number.
    pub(crate) async fn team(&self, key: &str) -> i64 {
        let now = self.state.clock.now();
        let made = self.state.database.write(async |tx| team::create(tx, key, key, now).await).await;
        made.expect("a team").id
    }

    /// Puts a reviewed asset of middle importance into the register, for the team (the default one unless told).
    pub(crate) async fn asset(&self, key: &str, team: Option<i64>) -> asset::Model {
        let now = self.state.clock.now();
        let added = self.state.database.write(async |tx| {
            let team_id = match team {
                Some(team) => team,
                None => team::default(tx, now).await?.id,
            };
            let new = register::NewAsset {
                key: key.to_owned(),
                name: key.to_owned(),
                kind: "service".to_owned(),
                tier: Tier::Important,
                data_classes: Vec::new(),
                internet_facing: false,
                ratings: [None; 3],
                team_id,
                owner_id: None,
                reviewed: true,
            };
            register::add(tx, new, now).await
        });
        added.await.expect("an asset")
    }

    /// Records a rated risk on the asset, in state new, and gives its key.
    pub(crate) async fn risk(&self, asset: &str, title: &str) -> String {
        let form = json!({"asset": asset, "title": title, "likelihood": 4, "impact": 4});
        let made = self.first().await.api.post("/api/v1/risks", &form).await.expect(201).json();
        made["key"].as_str().expect("a key").to_owned()
    }

    /// A token of somebody.
    pub(crate) async fn token(&self, person: i64, scope: TokenScope) -> String {
        let (state, now) = (&self.state, self.state.clock.now());
        let made = state
            .database
            .write(async |tx| Ok(token::create(tx, &state.ids, person, scope, None, now).await?.0));
        made.await.expect("a token")
    }

    /// Waits until no job is due and none runs.
    pub(crate) async fn settle(&self) {
        let idle = async {
            while self.work_left().await > 0 {
                tokio::time::sleep(StdDuration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, idle).await.expect("the jobs end in time");
    }

    /// Moves the clock and waits until the work that this makes due is done: the timers', the jobs', and what comes of it.
    pub(crate) async fn pass(&self, time: Duration) {
        // A job that is under way would lose its lease to the jump, and run twice.
        self.settle().await;
        self.time.advance(time);
        self.work().await;
        // They run side by side: what one of them has made, another may have been too early to see, and what that one
        // makes of it, a third: an acceptance ends, somebody is to be told, and it is put into a message.
        let mut before = self.made().await;
        loop {
            self.wake(Condition::all()).await;
            self.work().await;
            let after = self.made().await;
            if after == before {
                return;
            }
            before = after;
        }
    }

    /// Waits until timers and jobs have done what is due. Messages wait for a ladder that is being climbed, so that they
    /// are put together once more after it.
    async fn work(&self) {
        self.run_timers().await;
        self.settle().await;
        self.wake(Condition::all().add(timer::Column::Name.eq(bundle::TIMER.name))).await;
        self.run_timers().await;
        self.settle().await;
    }

    /// How much there is of what timers look at.
    async fn made(&self) -> [u64; 4] {
        let db = self.state.database.reader();
        let wanted = notice::Entity::find().filter(notice::Column::State.eq("wanted"));
        [
            risk_event::Entity::find().count(db).await.expect("a count"),
            audit_entry::Entity::find().count(db).await.expect("a count"),
            notice::Entity::find().count(db).await.expect("a count"),
            wanted.count(db).await.expect("a count"),
        ]
    }

    async fn run_timers(&self) {
        let ran = async {
            while !self.timers_ran().await {
                tokio::time::sleep(StdDuration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ran).await.expect("the timers run in time");
    }

    /// Makes timers due.
    async fn wake(&self, which: Condition) {
        let (now, long_ago) = (self.state.clock.now(), DateTime::<Utc>::UNIX_EPOCH);
        let awake = timer::ActiveModel { ran_at: Set(long_ago), ..Default::default() };
        let woken = self.state.database.write(async |tx| {
            let ran = timer::Column::RanAt.lte(now);
            timer::Entity::update_many()
                .set(awake.clone())
                .filter(which.clone())
                .filter(ran)
                .exec(tx)
                .await?;
            Ok(())
        });
        woken.await.expect("the timers wake");
        self.time.advance(Duration::zero());
    }

    /// Whether every timer has run as lately as it should have.
    async fn timers_ran(&self) -> bool {
        let now = self.state.clock.now();
        let rows = timer::Entity::find().all(self.state.database.reader()).await.expect("the timers");
        TIMERS
            .iter()
            .all(|timer| rows.iter().any(|row| row.name == timer.name && now - row.ran_at < timer.every))
    }

    async fn work_left(&self) -> u64 {
        let waiting = Condition::all()
            .add(job::Column::State.eq("queued"))
            .add(job::Column::RunAt.lte(self.state.clock.now()));
        let due = Condition::any().add(job::Column::State.eq("running")).add(waiting);
        job::Entity::find().filter(due).count(self.state.database.reader()).await.expect("a count")
    }

    /// Somebody who is known already.
    pub(crate) async fn known(&self, email: &str) -> Person {
        let (state, now) = (&self.state, self.state.clock.now());
        let user = user::by_email(state.database.reader(), email).await.expect("an answer").expect("a user");
        let token = self.token(user.id, TokenScope::All).await;
        let begun = state
            .database
            .write(async |tx| Ok(session::begin(tx, &state.config, &state.ids, user.id, now).await?));
        let (cookie, session) = begun.await.expect("a session");
        let browser = self.visitor().with_session(cookie.name(), cookie.value(), &session.csrf_token);
        Person { id: user.id, email: user.email, api: self.visitor().with_token(&token), browser }
    }
}

/// Runs the application in a thread of its own, until it is stopped.
async fn start(
    listener: TcpListener,
    folder: &TempDir,
    variables: &[(String, String)],
    clock: Clock,
    seed: u64,
) -> (AppState, CancellationToken) {
    let settings = folder.path().join("abate.toml");
    let config = Document::read(Some(&settings), variables.iter().cloned(), Overrides::default())
        .and_then(|document| document.config())
        .expect("settings that can be used");
    let stop = CancellationToken::new();
    let (ready, started) = oneshot::channel();
    let until = stop.clone();
    // It ends with its connections, later than the test, which does not wait for it.
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let application = Application::build_on(listener, config, clock, Ids::seeded(seed)).await;
            let application = application.expect("the application starts");
            let kept = ready.send(application.state().clone());
            assert!(kept.is_ok(), "nobody waits for the application");
            application.run(until).await.expect("the application runs");
        });
    });
    (started.await.expect("the application starts"), stop)
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
