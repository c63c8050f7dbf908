//! The one writer of a database: its connection holds the advisory lock, so that a writer that lost the lock has also
//! lost the means to write.

use std::{collections::HashSet, sync::Arc};

use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres, Transaction};

use super::{Batch, CHANNEL, Change, DeadLetter, EventRow, Row, Scanned, Table, options};
use crate::{Error, Result};

/// "assay" in ASCII.
const LOCK: i64 = 0x61_73_73_61_79;

/// What a batch did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Rows inserted or changed, tombstones included.
    pub rows: u64,
    /// Events that were new.
    pub events: u64,
    /// Dead letters written.
    pub dead: u64,
}

/// The database's only writer.
pub struct Writer {
    connection: PgConnection,
    next_version: u64,
}

impl Writer {
    /// Becomes the writer of a migrated database, or returns `None` if there is one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn acquire(url: &str) -> Result<Option<Self>> {
        let mut connection = PgConnection::connect_with(&options(url)?).await?;
        let got: bool =
            sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LOCK).fetch_one(&mut connection).await?;
        if !got {
            return Ok(None);
        }
        let boot: i64 = sqlx::query_scalar("UPDATE watermark SET boot = boot + 1 RETURNING boot")
            .fetch_one(&mut connection)
            .await?;
        // 2^32 notices a run, 2^31 runs: positive in a bigint.
        Ok(Some(Self { connection, next_version: boot.unsigned_abs() << 32 }))
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
        let slot: i64 = sqlx::query_scalar("SELECT slot FROM watermark").fetch_one(&mut self.connection).await?;
        Ok(slot.unsigned_abs())
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

    /// Commits a batch whole or not at all.
    ///
    /// # Errors
    /// When the database does not answer; then nothing of the batch is in it, or (if the answer to the commit was lost)
    /// all of it. Applying it again does no harm.
    pub async fn apply(&mut self, batch: Batch) -> Result<Applied> {
        let mut tx = self.connection.begin().await?;
        let rows = Batch::merged(batch.rows);
        let mut applied = Applied::default();
        for table in Table::ALL {
            let of_table: Vec<&Row> = rows.iter().filter(|row| row.table == table).collect();
            applied.rows += upsert_open(&mut tx, table, &of_table).await?;
            applied.rows += upsert_last(&mut tx, table, &of_table).await?;
        }
        applied.rows += close(&mut tx, &rows, batch.closed).await?;
        for scanned in &batch.scanned {
            applied.rows += close_missing(&mut tx, scanned).await?;
        }
        applied.events = insert_events(&mut tx, Batch::distinct(batch.events)).await?;
        revive(&mut tx, &rows).await?;
        applied.dead = bury(&mut tx, batch.dead).await?;
        if let Some(slot) = batch.watermark {
            sqlx::query("UPDATE watermark SET slot = greatest(slot, $1)").bind(int(slot)).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(applied)
    }
}

type Tx<'a> = Transaction<'a, Postgres>;

fn int(slot: u64) -> i64 {
    i64::try_from(slot).unwrap_or(i64::MAX)
}

fn sql(text: String) -> AssertSqlSafe<Arc<str>> {
    // Made of constants and `Table::name` only.
    AssertSqlSafe(text.into())
}

/// Scans and notices. A notice changes a row of a lesser (slot, write version); a scan only what differs, so that a
/// sweep over unchanged rows writes nothing. A tombstone gives way to a greater slot alone.
async fn upsert_open(tx: &mut Tx<'_>, table: Table, rows: &[&Row]) -> Result<u64> {
    let mut columns = (vec![], vec![], vec![], vec![]);
    for row in rows {
        let (version, data) = match &row.change {
            Change::Scanned(data) => (0, data),
            Change::Written(version, data) => (*version, data),
            Change::Last(_) => continue,
        };
        columns.0.push(row.address.as_str());
        columns.1.push(int(row.slot));
        columns.2.push(int(version));
        columns.3.push(data);
    }
    if columns.0.is_empty() {
        return Ok(0);
    }
    let text = format!(
        "INSERT INTO {t} AS old (address, slot, write_version, data)
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::jsonb[])
         ON CONFLICT (address) DO UPDATE SET slot = excluded.slot, write_version = excluded.write_version,
             closed_slot = NULL, last_state = false, data = excluded.data
         WHERE CASE WHEN old.closed_slot IS NOT NULL THEN excluded.slot > old.slot
             ELSE (excluded.slot, excluded.write_version) > (old.slot, old.write_version)
                 AND (excluded.write_version > 0 OR excluded.data <> old.data) END",
        t = table.name()
    );
    let query = sqlx::query(sql(text)).bind(columns.0).bind(columns.1).bind(columns.2).bind(columns.3);
    Ok(query.execute(&mut **tx).await?.rows_affected())
}

/// Last states, told by the closing event. They replace what was open up to their slot, and any tombstone that was only
/// inferred; a row is then the same however it came about.
async fn upsert_last(tx: &mut Tx<'_>, table: Table, rows: &[&Row]) -> Result<u64> {
    let mut columns = (vec![], vec![], vec![]);
    for row in rows {
        let Change::Last(data) = &row.change else { continue };
        columns.0.push(row.address.as_str());
        columns.1.push(int(row.slot));
        columns.2.push(data);
    }
    if columns.0.is_empty() {
        return Ok(0);
    }
    let text = format!(
        "INSERT INTO {t} AS old (address, slot, write_version, closed_slot, last_state, data)
         SELECT address, slot, 0, slot, true, data FROM unnest($1::text[], $2::bigint[], $3::jsonb[])
             AS new (address, slot, data)
         ON CONFLICT (address) DO UPDATE SET slot = excluded.slot, write_version = 0, closed_slot = excluded.slot,
             last_state = true, data = excluded.data
         WHERE excluded.slot > old.slot OR (excluded.slot = old.slot AND old.closed_slot IS NULL)
             OR (old.closed_slot IS NOT NULL AND NOT old.last_state)",
        t = table.name()
    );
    let query = sqlx::query(sql(text)).bind(columns.0).bind(columns.1).bind(columns.2);
    Ok(query.execute(&mut **tx).await?.rows_affected())
}

/// Accounts that a transaction left without lamports. Which tables they are in, if any, is not known.
async fn close(tx: &mut Tx<'_>, rows: &[Row], mut closed: Vec<(String, u64)>) -> Result<u64> {
    // Where the event told the last state, there is nothing to infer.
    let told: HashSet<_> =
        rows.iter().filter(|row| matches!(row.change, Change::Last(_))).map(|row| (&row.address, row.slot)).collect();
    closed.retain(|(address, slot)| !told.contains(&(address, *slot)));
    closed.sort();
    // The latest of each address.
    closed.reverse();
    closed.dedup_by(|later, earlier| later.0 == earlier.0);
    if closed.is_empty() {
        return Ok(0);
    }
    let (addresses, slots): (Vec<_>, Vec<_>) = closed.into_iter().map(|(address, slot)| (address, int(slot))).unzip();
    let mut count = 0;
    for table in Table::ALL {
        let text = format!(
            "UPDATE {t} AS old SET slot = new.slot, write_version = 0, closed_slot = new.slot, last_state = false
             FROM unnest($1::text[], $2::bigint[]) AS new (address, slot)
             WHERE old.address = new.address AND old.closed_slot IS NULL AND old.slot <= new.slot",
            t = table.name()
        );
        count += sqlx::query(sql(text)).bind(&addresses).bind(&slots).execute(&mut **tx).await?.rows_affected();
    }
    Ok(count)
}

/// Open rows that a later scan did not find.
async fn close_missing(tx: &mut Tx<'_>, scanned: &Scanned) -> Result<u64> {
    let mut count = 0;
    for table in Table::ALL.into_iter().filter(|table| table.program() == scanned.program) {
        let text = format!(
            "UPDATE {t} SET slot = $1, write_version = 0, closed_slot = $1, last_state = false
             WHERE closed_slot IS NULL AND slot < $1 AND address <> ALL ($2)",
            t = table.name()
        );
        let query = sqlx::query(sql(text)).bind(int(scanned.slot)).bind(&scanned.present);
        count += query.execute(&mut **tx).await?.rows_affected();
    }
    Ok(count)
}

async fn insert_events(tx: &mut Tx<'_>, events: Vec<EventRow>) -> Result<u64> {
    if events.is_empty() {
        return Ok(0);
    }
    let column = |of: fn(&EventRow) -> i64| events.iter().map(of).collect::<Vec<i64>>();
    // Not-yet-known ones only, so that ids are not used up by what comes twice; in order, so that ids are too.
    let text = "INSERT INTO events (signature, ix, inner_ix, slot, time, program, kind, data)
         SELECT signature, ix, inner_ix, slot, to_timestamp(time), program, kind, data
         FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::jsonb[])
             WITH ORDINALITY AS new (signature, ix, inner_ix, slot, time, program, kind, data, n)
         WHERE NOT EXISTS (SELECT FROM events AS old WHERE
             (old.signature, old.ix, old.inner_ix) = (new.signature, new.ix, new.inner_ix))
         ORDER BY n
         ON CONFLICT (signature, ix, inner_ix) DO NOTHING";
    let query = sqlx::query(text)
        .bind(events.iter().map(|e| e.signature.as_str()).collect::<Vec<_>>())
        .bind(column(|e| e.ix.into()))
        .bind(column(|e| e.inner_ix.into()))
        .bind(column(|e| int(e.slot)))
        .bind(events.iter().map(|e| e.time).collect::<Vec<_>>())
        .bind(events.iter().map(|e| e.program).collect::<Vec<_>>())
        .bind(events.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>())
        .bind(events.iter().map(|e| &e.data).collect::<Vec<_>>());
    let count = query.execute(&mut **tx).await?.rows_affected();
    if count > 0 {
        // Delivered when the transaction commits, and only then.
        let notify = "SELECT pg_notify($1, (SELECT max(id) FROM events)::text)";
        sqlx::query(notify).bind(CHANNEL).execute(&mut **tx).await?;
    }
    Ok(count)
}

/// What can be decoded is no dead letter any more.
async fn revive(tx: &mut Tx<'_>, rows: &[Row]) -> Result<()> {
    if !rows.is_empty() {
        let addresses: Vec<_> = rows.iter().map(|row| row.address.as_str()).collect();
        sqlx::query("DELETE FROM dead_letters WHERE key = ANY ($1)").bind(addresses).execute(&mut **tx).await?;
    }
    Ok(())
}

async fn bury(tx: &mut Tx<'_>, dead: Vec<DeadLetter>) -> Result<u64> {
    let mut count = 0;
    for letter in dead {
        let query = sqlx::query(
            "INSERT INTO dead_letters AS old (key, program, slot, bytes, error) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (key) DO UPDATE SET slot = excluded.slot, bytes = excluded.bytes, error = excluded.error
             WHERE excluded.slot > old.slot AND (old.bytes, old.error) <> (excluded.bytes, excluded.error)",
        );
        let query = query.bind(letter.key).bind(letter.program).bind(int(letter.slot)).bind(letter.bytes);
        count += query.bind(letter.error).execute(&mut **tx).await?.rows_affected();
    }
    Ok(count)
}
