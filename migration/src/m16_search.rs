//! The index that words are looked up in. Rust makes the words, so that both databases find the same.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

/// Up to which of its versions each risk is in the index.
const STATE: &str = "
CREATE TABLE risk_searched (
    risk_id BIGINT PRIMARY KEY REFERENCES risk (id), -- the risk
    version INTEGER NOT NULL -- the version whose words are in the index
);
";

/// SQLite keeps only the index, not the words themselves; a word is whatever stands between blanks.
const SQLITE: &str = r#"
CREATE VIRTUAL TABLE risk_search USING fts5 (
    words, content = '', contentless_delete = 1, detail = none,
    tokenize = "ascii tokenchars '!#$%&()*+,-./:;<=>?@[]^_`{|}~'"
);
"#;

/// PostgreSQL keeps the words as lexemes, without its own reading of a language.
const POSTGRES: &str = "
CREATE TABLE risk_search (
    risk_id BIGINT PRIMARY KEY REFERENCES risk (id), -- the risk
    words TSVECTOR NOT NULL -- its words
);
CREATE INDEX risk_search_by_word ON risk_search USING gin (words);
";

/// The migration of this file.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m16_search"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = match manager.get_database_backend() {
            DatabaseBackend::Postgres => POSTGRES,
            _ => SQLITE,
        };
        manager.get_connection().execute_unprepared(STATE).await?;
        manager.get_connection().execute_unprepared(index).await?;
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
