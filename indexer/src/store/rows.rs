//! How rows of accounts change.

use std::{collections::HashSet, fmt::Write as _, sync::Arc};

use serde_json::Value;
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

/// With this many new rows of a table they are copied in; with fewer that is not worth its messages.
const WORTH_COPYING: usize = 16;

/// Rows that are copied at once.
const PIECE: usize = 64;

/// What a scan or a notice says of a row.
struct Open<'a> {
    address: &'a str,
    slot: i64,
    version: i64,
    data: &'a Value,
}

/// Scans and notices of one table. A notice changes a row of a lesser (slot, write version); a scan only what differs,
/// so that a sweep over unchanged rows writes nothing. A tombstone gives way to a greater slot alone.
pub(super) async fn upsert_open(tx: &mut Tx<'_>, rows: &[Row]) -> Result<u64> {
    let Some(table) = rows.first().map(|row| row.table) else { return Ok(0) };
    let open = |row: &'_ Row| match &row.change {
        Change::Scanned(_) => Some(0),
        Change::Written(version, _) => Some(int(*version)),
        Change::Last(_) => None,
    };
    let rows: Vec<Open<'_>> = rows
        .iter()
        .filter_map(|row| {
            let (Change::Scanned(data) | Change::Written(_, data) | Change::Last(data)) = &row.change;
            Some(Open { address: &row.address, slot: int(row.slot), version: open(row)?, data })
        })
        .collect();
    if rows.is_empty() {
        return Ok(0);
    }
    // There is no other writer: what is not there now is not there when it is written.
    let text = format!("SELECT address FROM {} WHERE address = ANY ($1)", table.name());
    let addresses: Vec<_> = rows.iter().map(|row| row.address).collect();
    let known: Vec<String> = sqlx::query_scalar(sql(text)).bind(addresses).fetch_all(&mut **tx).await?;
    let known: HashSet<&str> = known.iter().map(String::as_str).collect();
    let (known, new): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| known.contains(row.address));
    Ok(update(tx, table, &known).await? + insert(tx, table, &new).await?)
}

type Columns<'a> = (Vec<&'a str>, Vec<i64>, Vec<i64>, Vec<&'a Value>);

fn columns<'a>(rows: &[Open<'a>]) -> Columns<'a> {
    let mut columns: Columns<'a> = Columns::default();
    for row in rows {
        columns.0.push(row.address);
        columns.1.push(row.slot);
        columns.2.push(row.version);
        columns.3.push(row.data);
    }
    columns
}

async fn update(tx: &mut Tx<'_>, table: Table, rows: &[Open<'_>]) -> Result<u64> {
    if rows.is_empty() {
        return Ok(0);
    }
    let text = format!(
        "UPDATE {t} AS old SET slot = new.slot, write_version = new.write_version, closed_slot = NULL,
             last_state = false, data = new.data
         FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::jsonb[]) AS new (address, slot, write_version, data)
         WHERE old.address = new.address AND CASE WHEN old.closed_slot IS NOT NULL THEN new.slot > old.slot
             ELSE (new.slot, new.write_version) > (old.slot, old.write_version)
                 AND (new.write_version > 0 OR new.data <> old.data) END",
        t = table.name()
    );
    let (addresses, slots, versions, data) = columns(rows);
    let query = sqlx::query(sql(text)).bind(addresses).bind(slots).bind(versions).bind(data);
    Ok(query.execute(&mut **tx).await?.rows_affected())
}

async fn insert(tx: &mut Tx<'_>, table: Table, rows: &[Open<'_>]) -> Result<u64> {
    if rows.is_empty() {
        return Ok(0);
    }
    if rows.len() < WORTH_COPYING {
        let text = format!(
            "INSERT INTO {} (address, slot, write_version, data)
             SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::jsonb[])",
            table.name()
        );
        let (addresses, slots, versions, data) = columns(rows);
        let query = sqlx::query(sql(text)).bind(addresses).bind(slots).bind(versions).bind(data);
        return Ok(query.execute(&mut **tx).await?.rows_affected());
    }
    let text = format!("COPY {} (address, slot, write_version, data) FROM STDIN", table.name());
    let mut copy = tx.copy_in_raw(&text).await?;
    // The server takes in each piece while the next one is written down.
    for piece in rows.chunks(PIECE) {
        let mut lines = String::new();
        for Open { address, slot, version, data } in piece {
            // Control characters are escaped in JSON already: of what COPY's format has for itself only `\` is left.
            let data = data.to_string().replace('\\', "\\\\");
            let _ = writeln!(lines, "{address}\t{slot}\t{version}\t{data}");
        }
        copy.send(lines.as_bytes()).await?;
    }
    Ok(copy.finish().await?)
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
