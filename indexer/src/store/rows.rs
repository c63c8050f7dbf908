//! How rows of accounts change.

use std::{collections::HashSet, fmt::Write as _, sync::Arc};

use sqlx::AssertSqlSafe;

use super::{
    Change, Row, Scanned, Table,
    writer::{Tx, int},
};
use crate::Result;

/// That an open row became a tombstone because its account had nothing left.
#[derive(Clone, Debug)]
pub(super) struct Closed {
    pub table: Table,
    pub address: String,
    pub slot: u64,
    /// Rows changed: 1, or 0 if the row was later than that.
    pub count: u64,
}

pub(super) fn sql(text: String) -> AssertSqlSafe<Arc<str>> {
    // Made of constants and `Table::name` only.
    AssertSqlSafe(text.into())
}

/// Scans and notices of one table. A notice changes a row of a lesser (slot, write version); a scan only what differs,
/// so that a sweep over unchanged rows writes nothing. A tombstone gives way to a greater slot alone.
pub(super) async fn upsert_open(tx: &mut Tx<'_>, rows: &[Row]) -> Result<u64> {
    let Some(table) = rows.first().map(|row| row.table) else { return Ok(0) };
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

/// Last states of one table, told by the closing event. They replace what was open up to their slot, and any tombstone
/// that was only inferred; a row is then the same however it came about.
pub(super) async fn upsert_last(tx: &mut Tx<'_>, rows: &[Row]) -> Result<u64> {
    let Some(table) = rows.first().map(|row| row.table) else { return Ok(0) };
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

/// Accounts that a transaction left without lamports. Which tables they are in, if any, is not known: one statement
/// asks all, and most have none, being wallets or tokens.
pub(super) async fn close(tx: &mut Tx<'_>, rows: &[Row], closed: &[(String, u64)]) -> Result<Vec<Closed>> {
    // Where the event told the last state, there is nothing to infer.
    let told: HashSet<_> =
        rows.iter().filter(|row| matches!(row.change, Change::Last(_))).map(|row| (&row.address, row.slot)).collect();
    let mut closed: Vec<_> = closed.iter().filter(|(address, slot)| !told.contains(&(address, *slot))).collect();
    closed.sort();
    // The latest of each address.
    closed.reverse();
    closed.dedup_by(|later, earlier| later.0 == earlier.0);
    if closed.is_empty() {
        return Ok(vec![]);
    }
    let mut text = String::new();
    for (n, table) in Table::ALL.into_iter().enumerate() {
        let union = if n == 0 { "" } else { " UNION ALL " };
        let _ = write!(
            text,
            "{union}SELECT {n}, address FROM {} WHERE address = ANY ($1) AND closed_slot IS NULL",
            table.name()
        );
    }
    let addresses: Vec<_> = closed.iter().map(|(address, _)| address.as_str()).collect();
    let found: Vec<(i32, String)> = sqlx::query_as(sql(text)).bind(addresses).fetch_all(&mut **tx).await?;
    let mut done = vec![];
    for (n, address) in found {
        let table = usize::try_from(n).ok().and_then(|n| Table::ALL.get(n).copied());
        let slot = closed.iter().find(|(closed, _)| *closed == address).map(|(_, slot)| *slot);
        let (Some(table), Some(slot)) = (table, slot) else { continue };
        let text = format!(
            "UPDATE {t} SET slot = $2, write_version = 0, closed_slot = $2, last_state = false
             WHERE address = $1 AND closed_slot IS NULL AND slot <= $2",
            t = table.name()
        );
        let query = sqlx::query(sql(text)).bind(&address).bind(int(slot));
        let count = query.execute(&mut **tx).await?.rows_affected();
        done.push(Closed { table, address, slot, count });
    }
    Ok(done)
}

/// Open rows that a later scan did not find. One above `finalized` may be of a fork that was given up, and then never
/// was: of those the audit decides, once it can.
pub(super) async fn close_missing(tx: &mut Tx<'_>, scanned: &Scanned, finalized: u64) -> Result<u64> {
    let mut count = 0;
    for table in Table::ALL.into_iter().filter(|table| table.program() == scanned.program) {
        let text = format!(
            "UPDATE {t} SET slot = $1, write_version = 0, closed_slot = $1, last_state = false
             WHERE closed_slot IS NULL AND slot < $1 AND slot <= $3 AND address <> ALL ($2)",
            t = table.name()
        );
        let query = sqlx::query(sql(text)).bind(int(scanned.slot)).bind(&scanned.present).bind(int(finalized));
        count += query.execute(&mut **tx).await?.rows_affected();
    }
    Ok(count)
}
