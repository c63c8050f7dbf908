//! Indexes put off while an empty database is filled: to make one of a full table takes a fraction of the time of
//! keeping it row by row.

use sqlx::{Connection, PgConnection};

use super::{
    Table, rows,
    writer::{LOCK, Writer},
};
use crate::Result;

/// A table with fewer rows is as good as empty.
const FEW: i64 = 1_000;
/// What triggers look up while rows come in.
const KEPT: [&str; 2] = ["rounds_by_job", "seats_by_job"];
/// Postgres' word for a lock that was not to be had in time.
const LOCKED: &str = "55P03";

impl Writer {
    /// Drops the indexes of a program's tables that are as good as empty, but for keys and what triggers need, and
    /// notes them. Until [`Writer::make_indexes`], lists of these tables are slow. Does nothing if a reader is in the
    /// way.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_off_indexes(&mut self, program: &str) -> Result<()> {
        let mut tx = self.connection.begin().await?;
        sqlx::query("SET LOCAL lock_timeout = '2s'").execute(&mut *tx).await?;
        for table in Table::ALL.into_iter().filter(|table| table.program() == program) {
            let text = format!("SELECT count(*) < $1 FROM (SELECT FROM {} LIMIT $1) t", table.name());
            if !sqlx::query_scalar(rows::sql(text)).bind(FEW).fetch_one(&mut *tx).await? {
                continue;
            }
            let text = "INSERT INTO put_off_indexes
                 SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                 WHERE i.indrelid = $1::regclass AND NOT i.indisunique AND c.relname <> ALL ($2) RETURNING name";
            let names: Vec<String> = sqlx::query_scalar(text).bind(table.name()).bind(KEPT).fetch_all(&mut *tx).await?;
            if names.is_empty() {
                continue;
            }
            match sqlx::query(rows::sql(format!("DROP INDEX {}", names.join(", ")))).execute(&mut *tx).await {
                Err(sqlx::Error::Database(why)) if why.code().as_deref() == Some(LOCKED) => return Ok(()),
                done => done?,
            };
        }
        Ok(tx.commit().await?)
    }

    /// Makes the indexes that were put off, if there are any.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn make_indexes(&mut self) -> Result<()> {
        make(&mut self.connection).await
    }
}

/// Makes what a writer that ended left, before a migration that may be about one of them.
pub(super) async fn restore(connection: &mut PgConnection) -> Result<()> {
    let lock = "SELECT pg_try_advisory_lock($1)";
    // A writer that is at work will make them itself.
    if !put_off(connection).await?.is_empty()
        && sqlx::query_scalar::<_, bool>(lock).bind(LOCK).fetch_one(&mut *connection).await?
    {
        make(connection).await?;
        sqlx::query("SELECT pg_advisory_unlock($1)").bind(LOCK).execute(connection).await?;
    }
    Ok(())
}

/// Name and statement of each that is put off; none in a schema that knows nothing of that.
async fn put_off(connection: &mut PgConnection) -> Result<Vec<(String, String)>> {
    let known = "SELECT to_regclass('put_off_indexes') IS NOT NULL";
    if !sqlx::query_scalar::<_, bool>(known).fetch_one(&mut *connection).await? {
        return Ok(vec![]);
    }
    let text = "SELECT name, statement FROM put_off_indexes ORDER BY name";
    Ok(sqlx::query_as(text).fetch_all(connection).await?)
}

/// One index a transaction, so that what is made stays made. Readers go on; there is no other writer.
pub(super) async fn make(connection: &mut PgConnection) -> Result<()> {
    for (name, statement) in put_off(connection).await? {
        let mut tx = connection.begin().await?;
        // More than the usual 64 MB, so that a million rows are sorted in memory.
        sqlx::query("SET LOCAL maintenance_work_mem = '512MB'").execute(&mut *tx).await?;
        // As Postgres itself wrote it down.
        sqlx::query(rows::sql(statement)).execute(&mut *tx).await?;
        sqlx::query("DELETE FROM put_off_indexes WHERE name = $1").bind(name).execute(&mut *tx).await?;
        tx.commit().await?;
    }
    Ok(())
}
