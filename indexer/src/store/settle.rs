//! What an audit of finalized slots found, written.

use serde_json::Value;

use super::{
    Applied, Table, events, rows,
    writer::{Tx, int},
};
use crate::Result;

/// What the chain says of a row that was written before it was final.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// Its table.
    pub table: Table,
    /// Its address, base58.
    pub address: String,
    /// The row's slot when it was looked at; a row that changed since is let alone.
    pub seen: u64,
    /// When the chain said so; not before `seen`.
    pub slot: u64,
    /// The account's data, or `None` if there is no such account.
    pub data: Option<Value>,
}

/// Changes of an audit, committed together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settlement {
    /// Slot and signature of transactions that are not on the chain.
    pub retracted: Vec<(u64, String)>,
    /// Rows and what they should be.
    pub states: Vec<Settled>,
    /// Up to here nothing can be undone any more.
    pub finalized: Option<u64>,
}

pub(super) async fn settle(tx: &mut Tx<'_>, settlement: &Settlement) -> Result<Applied> {
    let mut applied = Applied { retracted: events::retract(tx, &settlement.retracted).await?, ..Applied::default() };
    for table in Table::ALL {
        let of_table = settlement.states.iter().filter(|state| state.table == table);
        let (there, gone): (Vec<_>, Vec<_>) = of_table.partition(|state| state.data.is_some());
        applied.rows += open(tx, table, &there).await?;
        applied.rows += end(tx, table, &gone).await?;
    }
    Ok(applied)
}

/// Rows of accounts that are there: open, and as the chain has them.
async fn open(tx: &mut Tx<'_>, table: Table, states: &[&Settled]) -> Result<u64> {
    if states.is_empty() {
        return Ok(0);
    }
    let text = format!(
        "UPDATE {t} AS old SET slot = new.slot, write_version = 0, closed_slot = NULL, last_state = false,
             data = new.data
         FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::jsonb[]) AS new (address, seen, slot, data)
         WHERE old.address = new.address AND old.slot = new.seen
             AND (old.closed_slot IS NOT NULL OR old.data <> new.data)",
        t = table.name()
    );
    let query = sqlx::query(rows::sql(text))
        .bind(states.iter().map(|state| state.address.as_str()).collect::<Vec<_>>())
        .bind(states.iter().map(|state| int(state.seen)).collect::<Vec<_>>())
        .bind(states.iter().map(|state| int(state.slot)).collect::<Vec<_>>())
        .bind(states.iter().map(|state| &state.data).collect::<Vec<_>>());
    Ok(query.execute(&mut **tx).await?.rows_affected())
}

/// Rows of accounts that are not there. A tombstone whose event is in the table, or that nobody told of, stays. Of any
/// other row the latest closing event that is left tells the end; if there is none, the account never was.
async fn end(tx: &mut Tx<'_>, table: Table, states: &[&Settled]) -> Result<u64> {
    if states.is_empty() {
        return Ok(0);
    }
    let kinds: Vec<_> = table.closings().map(|(kind, _)| kind).collect();
    let field = table.closings().next().map(|(_, field)| field);
    let text = format!(
        "SELECT old.address FROM {t} AS old
         JOIN unnest($1::text[], $2::bigint[]) AS new (address, seen)
             ON old.address = new.address AND old.slot = new.seen
         WHERE old.closed_slot IS NULL OR (old.last_state AND NOT EXISTS (
             SELECT FROM events e WHERE e.slot = old.slot AND e.program = $3 AND e.kind = ANY ($4)
                 AND e.data ->> $5 = old.address))",
        t = table.name()
    );
    let query = sqlx::query_scalar(rows::sql(text))
        .bind(states.iter().map(|state| state.address.as_str()).collect::<Vec<_>>())
        .bind(states.iter().map(|state| int(state.seen)).collect::<Vec<_>>())
        .bind(table.program());
    let orphans: Vec<String> = query.bind(&kinds).bind(field).fetch_all(&mut **tx).await?;
    for address in &orphans {
        let text = "SELECT slot, data -> 'last' FROM events
             WHERE program = $1 AND kind = ANY ($2) AND data ->> $3 = $4 ORDER BY slot DESC, id DESC LIMIT 1";
        let query = sqlx::query_as(text).bind(table.program()).bind(&kinds).bind(field).bind(address);
        let told: Option<(i64, Value)> = query.fetch_optional(&mut **tx).await?;
        let Some((slot, data)) = told else {
            let text = format!("DELETE FROM {} WHERE address = $1", table.name());
            sqlx::query(rows::sql(text)).bind(address).execute(&mut **tx).await?;
            continue;
        };
        let text = format!(
            "UPDATE {} SET slot = $2, write_version = 0, closed_slot = $2, last_state = true, data = $3
             WHERE address = $1",
            table.name()
        );
        sqlx::query(rows::sql(text)).bind(address).bind(slot).bind(data).execute(&mut **tx).await?;
    }
    Ok(u64::try_from(orphans.len()).unwrap_or(u64::MAX))
}
