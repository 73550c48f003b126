//! The database: where it is, how it is opened, and the two ways to write to it: [`Database::write`] for everything, and
//! [`Database::copy`] for the many rows of one table that nobody sees before a later transaction.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use abate_migration::{Migrator, MigratorTrait as _};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait, Value,
};

use tokio::sync::Notify;

use super::copy_text;
use super::problem::Problem;

/// How often a transaction is tried when the database says busy or deadlock.
const TRIES: u32 = 3;

/// How often work looks again when somebody else was quicker.
const LOOKS: u32 = 5;

/// Number of the PostgreSQL advisory lock that migrations take, since they take none of their own.
const MIGRATION_LOCK: i64 = 0x61_6261_7465;

/// An open database. Clones share its pools.
#[derive(Clone, Debug)]
pub struct Database {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    commits: Arc<Notify>,
    lock_file: Option<Arc<Path>>,
}

impl Database {
    /// Opens the database at `url`, which is `sqlite://PATH` or `postgres://…`.
    ///
    /// SQLite gets one writer with a large cache and a read-only pool beside it, so that readers never wait for
    /// a writer and writers queue in order instead of finding the file locked.
    ///
    /// # Errors
    /// When it cannot be reached or opened.
    pub async fn open(url: &str) -> Result<Self, DbErr> {
        if url.starts_with("sqlite:") {
            let lock_file = lock_file(url)?;
            let alone = lock(&lock_file).await?;
            let writer = sea_orm::Database::connect(sqlite_options(url, false)).await?;
            let reader = sea_orm::Database::connect(sqlite_options(url, true)).await?;
            drop(alone);
            Ok(Self { writer, reader, commits: Arc::default(), lock_file: Some(lock_file) })
        } else {
            let mut options = ConnectOptions::new(url);
            options
                .max_connections(16)
                .acquire_timeout(Duration::from_secs(10))
                .sqlx_logging(false)
                .set_application_name("abate");
            let pool = sea_orm::Database::connect(options).await?;
            Ok(Self { writer: pool.clone(), reader: pool, commits: Arc::default(), lock_file: None })
        }
    }

    /// For queries. Never for writes.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Which kind of database it is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// Ends with the next commit of this process.
    pub fn changed(&self) -> impl Future<Output = ()> + use<> {
        Arc::clone(&self.commits).notified_owned()
    }

    /// Runs `work` in one transaction and commits it; tries again when the database says busy or deadlock.
    ///
    /// Handlers, jobs and timers are the only callers; use cases take the transaction. Nothing slow belongs inside:
    /// no HTTP, no password hash, no file. Rows are locked in the order of their ids.
    ///
    /// # Errors
    /// What `work` answers, with nothing written; 503 when the database stayed busy.
    pub async fn write<T>(
        &self,
        work: impl AsyncFn(&DatabaseTransaction) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.attempt(&work).await {
                Err(problem) if problem.is_transient() && tries < TRIES => {
                    tokio::time::sleep(Duration::from_millis(20 * u64::from(tries))).await;
                }
                Err(problem) if problem.is_transient() => {
                    tracing::warn!(error = %problem, "the database stayed busy");
                    return Err(Problem::unavailable(1));
                }
                other => return other,
            }
        }
    }

    /// Like [`Self::write`], for work that looks first and adds what is not there: where somebody else adds the same in
    /// between, it looks again and finds it.
    ///
    /// # Errors
    /// What `work` answers, with nothing written.
    pub async fn write_beside_others<T>(
        &self,
        work: impl AsyncFn(&DatabaseTransaction) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let mut tries = 1;
        loop {
            match self.write(&work).await {
                Err(problem) if problem.is_repetition() && tries < LOOKS => tries += 1,
                other => return other,
            }
        }
    }

    async fn attempt<T>(
        &self,
        work: &impl AsyncFn(&DatabaseTransaction) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.writer.begin_with_options(options).await?;
        match work(&transaction).await {
            Ok(value) => {
                transaction.commit().await?;
                self.commits.notify_waiters();
                Ok(value)
            }
            Err(problem) => {
                transaction.rollback().await?;
                Err(problem)
            }
        }
    }

    /// Lets others write after a long write. SQLite's lock goes to whoever asks next and not to whoever waits
    /// longest, and who waits in another process asks again every tenth of a second.
    pub async fn make_way(&self) {
        if self.backend() == DbBackend::Sqlite {
            tokio::time::sleep(Duration::from_millis(120)).await;
        }
    }

    /// Adds many rows to `into`, a table of PostgreSQL with its columns, in a transaction of their own: several times
    /// quicker than INSERT. Other databases have no such way.
    ///
    /// # Errors
    /// When the database refuses; then none is added.
    pub async fn copy(
        &self,
        into: &str,
        rows: impl Iterator<Item = impl IntoIterator<Item = Value>>,
    ) -> Result<(), DbErr> {
        use sea_orm::sqlx::postgres::PgPoolCopyExt as _;
        let mut text = String::new();
        for row in rows {
            copy_text::line(&mut text, row)?;
        }
        let failed = |error: sea_orm::sqlx::Error| DbErr::Exec(RuntimeErr::SqlxError(error.into()));
        let statement = format!("COPY {into} FROM STDIN");
        let pool = self.writer.get_postgres_connection_pool();
        let mut copy = pool.copy_in_raw(&statement).await.map_err(failed)?;
        if let Err(error) = copy.send(text.into_bytes()).await {
            copy.abort("the rows could not be sent").await.map_err(failed)?;
            return Err(failed(error));
        }
        copy.finish().await.map_err(failed)?;
        Ok(())
    }

    /// Brings the schema up to date; safe when several processes start together.
    ///
    /// # Errors
    /// When the database refuses a statement.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        if self.backend() != DbBackend::Postgres {
            let lock = match &self.lock_file {
                Some(file) => Some(lock(file).await?),
                None => None,
            };
            let migrated = Migrator::up(&self.writer, None).await;
            drop(lock);
            return migrated;
        }
        // The lock belongs to the transaction's connection and is gone with it, whatever happens here.
        let lock = self.writer.begin().await?;
        lock.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
        let migrated = Migrator::up(&self.writer, None).await;
        lock.commit().await?;
        migrated
    }

    /// Whether a migration is still to be run.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn is_behind(&self) -> Result<bool, DbErr> {
        Ok(!Migrator::get_pending_migrations(&self.writer).await?.is_empty())
    }

    /// Closes all connections; SQLite folds its log into the file.
    ///
    /// # Errors
    /// When a connection cannot be closed.
    pub async fn close(self) -> Result<(), DbErr> {
        self.reader.close().await?;
        self.writer.close().await
    }
}

/// The file beside an SQLite database whose lock makes processes that start together take turns. SQLite's own locks
/// do not do: turning the write-ahead log on does not wait for them, and each lasts for one migration only.
fn lock_file(url: &str) -> Result<Arc<Path>, DbErr> {
    let mut file = file_of(url)?.into_os_string();
    file.push("-lock");
    Ok(Path::new(&file).into())
}

/// The file of a database, none for one on a server.
///
/// # Errors
/// When the address is not valid.
pub fn file(url: &str) -> Result<Option<PathBuf>, DbErr> {
    if url.starts_with("sqlite:") { file_of(url).map(Some) } else { Ok(None) }
}

fn file_of(url: &str) -> Result<PathBuf, DbErr> {
    use sea_orm::sqlx::sqlite::SqliteConnectOptions;
    let options: SqliteConnectOptions = url
        .parse()
        .map_err(|error| DbErr::Custom(format!("the address of the database is not valid: {error}")))?;
    Ok(options.get_filename().to_owned())
}

/// Waits until this process holds the lock of `file`; it does until the answer is dropped.
async fn lock(file: &Arc<Path>) -> Result<std::fs::File, DbErr> {
    let path = Arc::clone(file);
    let locked = tokio::task::spawn_blocking(move || {
        let lock = std::fs::File::options().create(true).append(true).open(path)?;
        lock.lock()?;
        std::io::Result::Ok(lock)
    });
    let locked = locked.await.map_err(std::io::Error::other).and_then(|locked| locked);
    locked.map_err(|error| DbErr::Custom(format!("cannot lock {}: {error}", file.display())))
}

/// Settings of a SQLite pool: 32 MiB of cache for the one writer, 8 MiB for each reader, no memory map.
fn sqlite_options(url: &str, read_only: bool) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.acquire_timeout(Duration::from_secs(30)).sqlx_logging(false);
    options.max_connections(if read_only { 8 } else { 1 }).min_connections(u32::from(!read_only));
    options.map_sqlx_sqlite_opts(move |options| {
        use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
        options
            .create_if_missing(!read_only)
            .journal_mode(SqliteJournalMode::Wal)
            // An acknowledged write survives the loss of power, not only of the process.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("cache_size", if read_only { "-8192" } else { "-32768" })
            .pragma("temp_store", "memory")
            .pragma("query_only", if read_only { "on" } else { "off" })
    });
    options
}

/// `?` for SQLite, `$n` for PostgreSQL: turns a statement written with `?` into the database's own words.
#[must_use]
pub fn placeholders(backend: DbBackend, sql: &str) -> String {
    if backend != DbBackend::Postgres {
        return sql.to_owned();
    }
    let mut out = String::with_capacity(sql.len() + 16);
    let mut number = 0;
    for character in sql.chars() {
        if character == '?' {
            number += 1;
            out.push('$');
            out.push_str(&number.to_string());
        } else {
            out.push(character);
        }
    }
    out
}

/// Hands out `count` numbers of the range `name`; answers the first.
///
/// # Errors
/// When the database refuses.
pub async fn take_numbers(tx: &DatabaseTransaction, name: &str, count: i64) -> Result<i64, DbErr> {
    use sea_orm::Statement;
    let backend = tx.get_database_backend();
    let sql = placeholders(
        backend,
        "INSERT INTO counter (name, next) VALUES (?, ? + 1) \
         ON CONFLICT (name) DO UPDATE SET next = counter.next + ? RETURNING next",
    );
    let row = tx
        .query_one_raw(Statement::from_sql_and_values(
            backend,
            sql,
            [name.into(), count.into(), count.into()],
        ))
        .await?
        .ok_or_else(|| DbErr::RecordNotFound(format!("counter {name}")))?;
    Ok(row.try_get_by_index::<i64>(0)? - count)
}
