//! The one writer of a database: its connection holds the advisory lock, so that a writer that lost the lock has also
//! lost the means to write.

use std::{future::Future, time::Duration};

use sqlx::{Connection, PgConnection, Postgres, Transaction};
use tokio::time::timeout;

use super::{
    Batch, Touched, dead,
    events::{self, Partitions},
    indexes, options, rows,
    settle::{self, Settlement},
};
use crate::{Error, Result};

/// "assay" in ASCII.
pub(super) const LOCK: i64 = 0x61_73_73_61_79;
/// No batch takes so long; a server that says nothing for that time is taken to be gone.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often a batch that ran into somebody else's transaction is tried again at once.
const AGAIN: u32 = 5;

/// What a batch did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Rows inserted, changed or deleted, tombstones included.
    pub rows: u64,
    /// Events that were new.
    pub events: u64,
    /// Dead letters written.
    pub dead: u64,
    /// Events that were taken back.
    pub retracted: u64,
}

/// The database's only writer.
pub struct Writer {
    pub(super) connection: PgConnection,
    next_version: u64,
    partitions: Partitions,
    finalized: u64,
    touched: Touched,
}

impl Writer {
    /// Becomes the writer of a migrated database, or returns `None` if there is one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn acquire(url: &str) -> Result<Option<Self>> {
        // The server finds within seconds that a writer's machine is gone, and gives the lock to the next. A writer
        // that was stopped within a transaction loses it too.
        let options = options(url)?.options([
            ("tcp_keepalives_idle", "5"),
            ("tcp_keepalives_interval", "2"),
            ("tcp_keepalives_count", "3"),
            ("tcp_user_timeout", "15000"),
            ("client_connection_check_interval", "2000"),
            ("idle_in_transaction_session_timeout", "30000"),
        ]);
        let mut connection = PgConnection::connect_with(&options).await?;
        let got: bool =
            sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LOCK).fetch_one(&mut connection).await?;
        if !got {
            return Ok(None);
        }
        // An earlier writer may have ended before it made them.
        indexes::make(&mut connection).await?;
        let sql = "UPDATE watermark SET boot = boot + 1 RETURNING boot, finalized";
        let (boot, finalized): (i64, i64) = sqlx::query_as(sql).fetch_one(&mut connection).await?;
        let partitions = Partitions::read(&mut connection).await?;
        let finalized = finalized.unsigned_abs();
        let touched = Touched::read(&mut connection, finalized).await?;
        // 2^32 notices a run, 2^31 runs: positive in a bigint.
        let next_version = boot.unsigned_abs() << 32;
        Ok(Some(Self { connection, next_version, partitions, finalized, touched }))
    }

    /// A number for a notice, greater than all before, those of earlier writers included.
    pub fn version(&mut self) -> u64 {
        self.next_version = self.next_version.saturating_add(1);
        self.next_version
    }

    /// History up to this slot is in the tables.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn watermark(&mut self) -> Result<u64> {
        let read = sqlx::query_scalar("SELECT slot FROM watermark").fetch_one(&mut self.connection);
        let slot: i64 = patient(read).await??;
        Ok(slot.unsigned_abs())
    }

    /// Up to this slot nothing in the tables can be undone.
    pub const fn finalized(&self) -> u64 {
        self.finalized
    }

    /// What changed above [`Self::finalized`], and may have to be undone.
    pub const fn touched(&self) -> &Touched {
        &self.touched
    }

    /// Ties the database to a chain, or finds that it is tied to another.
    ///
    /// # Errors
    /// [`Error::OtherChain`], or when the database does not answer.
    pub async fn claim(&mut self, genesis: &str) -> Result<()> {
        let sql = "UPDATE watermark SET genesis = coalesce(genesis, $1) RETURNING genesis";
        let database: String = sqlx::query_scalar(sql).bind(genesis).fetch_one(&mut self.connection).await?;
        if database == genesis {
            return Ok(());
        }
        Err(Error::OtherChain { database, chain: genesis.into() })
    }

    /// Commits a batch whole or not at all. A deadlock with somebody else's transaction is tried again.
    ///
    /// # Errors
    /// When the database does not answer; then nothing of the batch is in it, or (if the answer to the commit was lost)
    /// all of it. Applying it again does no harm.
    pub async fn apply(&mut self, batch: Batch) -> Result<Applied> {
        let batch = Batch { rows: Batch::merged(batch.rows), events: Batch::distinct(batch.events), ..batch };
        let mut tries = 0;
        let (applied, closed) = loop {
            match patient(self.try_apply(&batch)).await? {
                Err(why) if tries < AGAIN && says(&why, &["40P01", "40001"]) => tries += 1,
                // Retention dropped a partition that was known here.
                Err(why) if tries < AGAIN && says(&why, &["23514", "42P07"]) => {
                    tries += 1;
                    self.partitions = Partitions::read(&mut self.connection).await?;
                }
                done => break done?,
            }
        };
        self.finalized = self.finalized.max(batch.finalized.unwrap_or_default());
        self.touched.note(&batch, closed, self.finalized);
        Ok(applied)
    }

    async fn try_apply(&mut self, batch: &Batch) -> Result<(Applied, Vec<rows::Closed>)> {
        let mut tx = self.connection.begin().await?;
        let mut applied = Applied::default();
        for of_table in batch.rows.chunk_by(|a, b| a.table == b.table) {
            applied.rows += rows::upsert_open(&mut tx, of_table).await?;
            applied.rows += rows::upsert_last(&mut tx, of_table).await?;
        }
        let closed = rows::close(&mut tx, &batch.rows, &batch.closed).await?;
        applied.rows += closed.iter().map(|closed| closed.count).sum::<u64>();
        for scanned in &batch.scanned {
            applied.rows += rows::close_missing(&mut tx, scanned, self.finalized).await?;
        }
        let partitions = self.partitions.ensure(&mut tx, batch).await?;
        (applied.events, applied.retracted) = events::insert(&mut tx, &batch.events, self.finalized).await?;
        dead::revive(&mut tx, batch).await?;
        applied.dead = dead::bury(&mut tx, &batch.dead).await?;
        advance(&mut tx, batch.watermark, batch.finalized).await?;
        tx.commit().await?;
        self.partitions = partitions;
        Ok((applied, closed))
    }

    /// Writes what an audit found, whole or not at all.
    ///
    /// # Errors
    /// As [`Writer::apply`].
    pub async fn settle(&mut self, settlement: &Settlement) -> Result<Applied> {
        let finalized = settlement.finalized;
        let work = async {
            let mut tx = self.connection.begin().await?;
            let applied = settle::settle(&mut tx, settlement).await?;
            advance(&mut tx, finalized, finalized).await?;
            tx.commit().await?;
            Ok::<_, Error>(applied)
        };
        let applied = patient(work).await??;
        self.touched.judged(&settlement.states, self.finalized);
        if let Some(finalized) = finalized {
            self.finalized = self.finalized.max(finalized);
            self.touched.settled(self.finalized);
        }
        Ok(applied)
    }
}

async fn advance(tx: &mut Tx<'_>, watermark: Option<u64>, finalized: Option<u64>) -> Result<()> {
    if watermark.is_none() && finalized.is_none() {
        return Ok(());
    }
    // `greatest` leaves out what is null.
    let sql = "UPDATE watermark SET slot = greatest(slot, $1), finalized = greatest(finalized, $2)";
    sqlx::query(sql).bind(watermark.map(int)).bind(finalized.map(int)).execute(&mut **tx).await?;
    Ok(())
}

async fn patient<T>(work: impl Future<Output = T>) -> Result<T> {
    let late = |_| std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer from the server in two minutes");
    timeout(PATIENCE, work).await.map_err(|why| Error::Database(late(why).into()))
}

fn says(why: &Error, codes: &[&str]) -> bool {
    let Error::Database(sqlx::Error::Database(why)) = why else { return false };
    why.code().is_some_and(|code| codes.contains(&code.as_ref()))
}

pub(super) type Tx<'a> = Transaction<'a, Postgres>;

pub(super) fn int(slot: u64) -> i64 {
    i64::try_from(slot).unwrap_or(i64::MAX)
}
