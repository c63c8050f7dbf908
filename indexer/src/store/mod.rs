//! The tables and how they may change. See `migrations/` for their shape.

mod batch;
mod dead;
mod events;
mod indexes;
mod looks;
mod retain;
mod rows;
mod settle;
mod tables;
mod touched;
mod writer;

use std::{sync::Arc, time::Duration};

use sqlx::{
    Connection, PgConnection, PgPool,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};

#[cfg(test)]
pub(crate) use self::tables::CLOSINGS;
pub use self::{
    batch::{Batch, Change, DeadLetter, EventRow, Row, Scanned},
    dead::retry,
    looks::Look,
    retain::{Retention, drop_older, keep},
    settle::{Settled, Settlement},
    tables::Table,
    touched::Touched,
    writer::{Applied, Writer},
};
use crate::{Error, Result};

/// The schema, compiled in.
pub static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// Channel on which a writer tells readers that there are events (payload: the highest id).
pub const CHANNEL: &str = "assay_events";

/// What the database's url means.
///
/// # Errors
/// When it is no Postgres url.
pub fn options(url: &str) -> Result<PgConnectOptions> {
    let options: PgConnectOptions = url.parse()?;
    Ok(options.application_name("assay-indexer"))
}

/// Settings of the pool.
#[derive(clap::Args, Debug, Clone)]
#[group(skip)]
pub struct Settings {
    /// Connections to Postgres that the API uses at most; the writer has its own.
    #[arg(long, env = "ASSAY_DB_CONNECTIONS", default_value = "16", global = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub db_connections: u32,
    /// Milliseconds that a request waits for a free connection before it is answered with 503.
    #[arg(long, env = "ASSAY_DB_ACQUIRE_MS", default_value = "2000", global = true, value_parser = clap::value_parser!(u64).range(1..))]
    pub db_acquire_ms: u64,
    /// Milliseconds after which Postgres gives up a statement of the API; 0 for never.
    #[arg(long, env = "ASSAY_DB_STATEMENT_MS", default_value = "10000", global = true)]
    pub db_statement_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { db_connections: 16, db_acquire_ms: 2_000, db_statement_ms: 0 }
    }
}

/// A pool of connections for reading, made without connecting yet; its statements may take as long as they like.
///
/// # Errors
/// When the url is no Postgres url.
pub fn pool(url: &str) -> Result<PgPool> {
    pool_with(url, &Settings::default())
}

/// A pool of connections within limits, made without connecting yet.
///
/// # Errors
/// When the url is no Postgres url.
pub fn pool_with(url: &str, settings: &Settings) -> Result<PgPool> {
    let options = options(url)?.options([("statement_timeout", settings.db_statement_ms.to_string())]);
    let pool = PgPoolOptions::new().max_connections(settings.db_connections);
    Ok(pool.acquire_timeout(Duration::from_millis(settings.db_acquire_ms)).connect_lazy_with(options))
}

/// Brings the schema up to date; several processes may do so at once (sqlx locks).
///
/// # Errors
/// [`Error::Database`] when the database does not answer, [`Error::Migrate`] when it has a foreign schema.
pub async fn migrate(url: &str) -> Result<()> {
    // A connection of its own, so that the error is the server's and not the pool's "timed out".
    let mut connection = PgConnection::connect_with(&options(url)?).await?;
    indexes::restore(&mut connection).await?;
    match MIGRATIONS.run(&mut connection).await {
        Err(MigrateError::Execute(why)) => Err(Error::Database(why)),
        done => Ok(done?),
    }
}

/// Says what people call the payment mints.
///
/// # Errors
/// When the database does not answer.
pub async fn name_mints(pool: &PgPool, symbols: &[(String, String)]) -> Result<()> {
    for (mint, symbol) in symbols {
        let sql = "INSERT INTO mint_symbols VALUES ($1, $2) ON CONFLICT (mint) DO UPDATE SET symbol = excluded.symbol";
        sqlx::query(sql).bind(mint).bind(symbol).execute(pool).await?;
    }
    Ok(())
}

/// The latest slot that is fully in the tables.
///
/// # Errors
/// When the database does not answer.
pub async fn watermark(pool: &PgPool) -> Result<u64> {
    let slot: i64 = sqlx::query_scalar("SELECT slot FROM watermark").fetch_one(pool).await?;
    Ok(slot.unsigned_abs())
}

/// The slot up to which nothing in the tables can be undone.
///
/// # Errors
/// When the database does not answer.
pub async fn finalized(pool: &PgPool) -> Result<u64> {
    let slot: i64 = sqlx::query_scalar("SELECT finalized FROM watermark").fetch_one(pool).await?;
    Ok(slot.unsigned_abs())
}

/// Address and data of every open row of a program's tables.
///
/// # Errors
/// When the database does not answer.
pub async fn open_rows(pool: &PgPool, program: &str) -> Result<Vec<(Table, String, serde_json::Value)>> {
    let mut rows = vec![];
    for table in Table::ALL.into_iter().filter(|table| table.program() == program) {
        let sql = format!("SELECT address, data FROM {} WHERE closed_slot IS NULL", table.name());
        let found: Vec<(String, serde_json::Value)> =
            sqlx::query_as(sqlx::AssertSqlSafe(Arc::<str>::from(sql))).fetch_all(pool).await?;
        rows.extend(found.into_iter().map(|(address, data)| (table, address, data)));
    }
    Ok(rows)
}
