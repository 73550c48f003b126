//! What the machine could do at best: parse and throw away, insert and do nothing else.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use abate_integrations::scanner::{Head, ScanFormat, SecretKey};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement, TransactionTrait as _, Value};

/// Seconds to parse a report and throw its findings away.
pub(crate) fn parse(report: &Path) -> anyhow::Result<f64> {
    let mut file = File::open(report)?;
    let format = ScanFormat::recognise(&Head::read(&mut file)?)?;
    let begun = Instant::now();
    format.parse(&mut file, &SecretKey::new([0; 32]), &mut |_| ControlFlow::Continue(()))?;
    Ok(begun.elapsed().as_secs_f64())
}

const COLUMNS: usize = 20;
const ROWS: usize = 500;

/// Seconds to insert rows of twenty columns, in one transaction, into a table with no index but its key.
pub(crate) async fn insert(url: &str, count: u64) -> anyhow::Result<f64> {
    let db = sea_orm::Database::connect(url).await?;
    let names: Vec<_> = (1..COLUMNS).map(|number| format!("c{number}")).collect();
    let columns = names.iter().map(|name| format!("{name} TEXT NOT NULL")).collect::<Vec<_>>().join(", ");
    db.execute_unprepared(&format!("CREATE TABLE raw_row (id BIGINT PRIMARY KEY, {columns})")).await?;
    let backend = db.get_database_backend();
    let begun = Instant::now();
    let transaction = db.begin().await?;
    let numbers: Vec<u64> = (0..count).collect();
    for chunk in numbers.chunks(ROWS) {
        let mut values: Vec<Value> = Vec::with_capacity(chunk.len() * COLUMNS);
        for number in chunk {
            values.push(i64::try_from(*number)?.into());
            values.extend(
                (1..COLUMNS).map(|column| Value::from(format!("text number {number} of column {column}"))),
            );
        }
        let sql =
            format!("INSERT INTO raw_row (id, {}) VALUES {}", names.join(", "), places(backend, chunk.len()));
        transaction.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    }
    transaction.commit().await?;
    let seconds = begun.elapsed().as_secs_f64();
    db.execute_unprepared("DROP TABLE raw_row").await?;
    db.close().await?;
    Ok(seconds)
}

fn places(backend: DbBackend, rows: usize) -> String {
    let place = |number: usize| {
        if backend == DbBackend::Postgres { format!("${}", number + 1) } else { "?".to_owned() }
    };
    let row = |row: usize| {
        let places: Vec<_> = (0..COLUMNS).map(|column| place(row * COLUMNS + column)).collect();
        format!("({})", places.join(","))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(",")
}
