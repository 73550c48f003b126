//! A database of its own for each test: a copy of one that was migrated once in this run.
//!
//! `ABATE_TEST_DATABASE` says on what (`sqlite`, the default, or `postgres`); `ABATE_TEST_POSTGRES_URL` says where
//! the server is, which `tests/run` starts.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ConnectionTrait as _, Database};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::process;

/// Seals secrets in all tests; databases made from one template must share it.
pub(crate) const SECRET_KEY: &str = "a key of the tests, which seals nothing of value";

/// What the databases of this run are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub(crate) fn of_this_run() -> Self {
        match std::env::var("ABATE_TEST_DATABASE").as_deref() {
            Ok("postgres") => Self::Postgres,
            Ok("sqlite") | Err(_) => Self::Sqlite,
            Ok(other) => panic!("ABATE_TEST_DATABASE is sqlite or postgres, not {other}"),
        }
    }
}

/// A database that goes away with this value.
pub(crate) struct TestDatabase {
    url: String,
    place: Place,
}

enum Place {
    Folder(TempDir),
    Server { admin: String, name: String },
}

impl TestDatabase {
    /// A migrated, otherwise empty database of the kind of this run.
    pub(crate) async fn create() -> Self {
        Self::create_of(Kind::of_this_run()).await
    }

    /// A migrated, otherwise empty database.
    pub(crate) async fn create_of(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => {
                let empty = Self::empty_of(kind).await;
                std::fs::copy(sqlite_template().await, empty.sqlite_path()).expect("a copy of the template");
                empty
            }
            Kind::Postgres => Self::on_server(Some(postgres_template().await)).await,
        }
    }

    /// A database without a single table.
    pub(crate) async fn empty_of(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let url = format!("sqlite://{}", folder.path().join("abate.db").display());
                Self { url, place: Place::Folder(folder) }
            }
            Kind::Postgres => Self::on_server(None).await,
        }
    }

    /// Its address, as `ABATE_DATABASE_URL` takes it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Runs statements behind the application's back, as an intruder or a broken disk would.
    pub(crate) async fn tamper(&self, statements: &str) {
        run_on(&self.url, statements).await;
    }

    fn sqlite_path(&self) -> PathBuf {
        match &self.place {
            Place::Folder(folder) => folder.path().join("abate.db"),
            Place::Server { .. } => panic!("a database on a server has no file"),
        }
    }

    async fn on_server(template: Option<&str>) -> Self {
        let admin = admin_url();
        let name = fresh_name("test");
        let template = template.map(|name| format!(" TEMPLATE {name}")).unwrap_or_default();
        run_on(&admin, &format!("CREATE DATABASE {name}{template}")).await;
        Self { url: url_of(&admin, &name), place: Place::Server { admin, name } }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Place::Server { admin, name } = &self.place {
            drop_database(admin.clone(), name.clone());
        }
    }
}

/// Drops a database from a thread of its own, since the runtime of the test cannot be waited on here.
fn drop_database(admin: String, name: String) {
    let dropped = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(run_on(&admin, &format!("DROP DATABASE {name} WITH (FORCE)")));
    });
    // A failure has printed its reason; it must not hide the test's own.
    drop(dropped.join());
}

async fn sqlite_template() -> &'static PathBuf {
    static TEMPLATE: OnceCell<(TempDir, PathBuf)> = OnceCell::const_new();
    let make = || async {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("template.db");
        migrate(&format!("sqlite://{}", path.display())).await;
        (folder, path)
    };
    &TEMPLATE.get_or_init(make).await.1
}

async fn postgres_template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let make = || async {
        let admin = admin_url();
        let name = fresh_name("template");
        run_on(&admin, &format!("CREATE DATABASE {name}")).await;
        migrate(&url_of(&admin, &name)).await;
        name
    };
    TEMPLATE.get_or_init(make).await
}

async fn migrate(url: &str) {
    let done =
        process::command(&["migrate"]).env("ABATE_DATABASE_URL", url).output().await.expect("abate migrate");
    assert!(done.status.success(), "abate migrate: {}", String::from_utf8_lossy(&done.stderr));
}

fn admin_url() -> String {
    std::env::var("ABATE_TEST_POSTGRES_URL")
        .expect("ABATE_TEST_POSTGRES_URL names a PostgreSQL server; `tests/run postgres` starts one")
}

fn url_of(admin: &str, name: &str) -> String {
    let mut url = url::Url::parse(admin).expect("an address");
    url.set_path(name);
    url.into()
}

/// Unique among the processes of this machine.
fn fresh_name(purpose: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("abate_{purpose}_{}_{number}", std::process::id())
}

async fn run_on(url: &str, statements: &str) {
    let connection = Database::connect(url).await.expect("the database answers");
    connection.execute_unprepared(statements).await.expect("the statements run");
    connection.close().await.expect("the connection closes");
}
