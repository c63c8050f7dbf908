//! Whether the events are those of the chain's history, as far back as the node has it.

use std::collections::{BTreeMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use sqlx::PgPool;

use super::{Commitment, Listed, Source};
use crate::{
    Result,
    decode::Rows,
    store::{self, Batch},
};

/// So many of the latest transactions are read whole; of earlier ones only that they are there.
const WHOLE: usize = 1_000;
/// Requests under way at once.
const PARALLEL: usize = 8;

/// An event by its transaction and its place in it, with its slot, kind and data; of the tables also with its id.
type Found = BTreeMap<(String, i32, i32), (u64, String, Value)>;

/// What differs in the slots that are final here and that the node still has.
pub(super) async fn events<S: Source>(source: &S, rows: &Rows, pool: &PgPool) -> Result<Vec<String>> {
    let to = store::finalized(pool).await?;
    // What retention dropped is not missing.
    let kept: i64 =
        sqlx::query_scalar("SELECT coalesce(min(coalesce(low, 0)), 0) FROM event_partitions").fetch_one(pool).await?;
    let begin = source.gap_after(0).await?.unwrap_or(0);
    let from = begin.max(kept.unsigned_abs());
    let mut listed = source.history(from, Commitment::Finalized).await?;
    listed.retain(|entry| entry.slot <= to);
    let text = "SELECT signature, slot, count(*), array_agg(id ORDER BY id) FROM events
         WHERE slot >= $1 AND slot <= $2 GROUP BY signature, slot ORDER BY min(id)";
    let int = |slot: u64| i64::try_from(slot).unwrap_or(i64::MAX);
    let here: Vec<(String, i64, i64, Vec<i64>)> =
        sqlx::query_as(text).bind(int(from)).bind(int(to)).fetch_all(pool).await?;
    let there: HashSet<_> = listed.iter().map(|entry| (entry.signature.as_str(), int(entry.slot))).collect();
    let strange = here.iter().filter(|(signature, slot, ..)| !there.contains(&(signature.as_str(), *slot)));
    let mut found: Vec<String> = strange
        .map(|(signature, slot, count, ids)| {
            format!("{count} events of {signature} at slot {slot} (ids {ids:?}): not in the chain's history")
        })
        .collect();
    let latest = listed.split_off(listed.len().saturating_sub(WHOLE));
    found.extend(whole(source, rows, pool, latest).await?);
    Ok(found)
}

/// Compares every event of these transactions.
async fn whole<S: Source>(source: &S, rows: &Rows, pool: &PgPool, listed: Vec<Listed>) -> Result<Vec<String>> {
    let fetched = stream::iter(&listed).map(|listed| source.transaction(listed)).buffered(PARALLEL);
    let transactions: Vec<_> = fetched.try_collect().await?;
    let mut batch = Batch::default();
    for transaction in &transactions {
        rows.transaction(&mut batch, transaction);
    }
    let chain = batch.events.into_iter().map(|e| ((e.signature, e.ix, e.inner_ix), (e.slot, e.kind, e.data)));
    let mut chain: Found = chain.collect();
    let signatures: Vec<_> = listed.into_iter().map(|entry| entry.signature).collect();
    let text =
        "SELECT id, signature, ix, inner_ix, slot, kind, data FROM events WHERE signature = ANY ($1) ORDER BY id";
    let here: Vec<(i64, String, i32, i32, i64, String, Value)> =
        sqlx::query_as(text).bind(signatures).fetch_all(pool).await?;
    let mut found = vec![];
    for (id, signature, ix, inner_ix, slot, kind, data) in here {
        let name = format!("event {id} ({kind} {signature}/{ix}/{inner_ix})");
        match chain.remove(&(signature, ix, inner_ix)) {
            None => found.push(format!("{name}: in the database, not on the chain")),
            Some(other) if other == (slot.unsigned_abs(), kind, data) => {}
            Some((there, kind, data)) => {
                found.push(format!("{name}: at slot {slot} here; on the chain {kind} at slot {there}: {data}"));
            }
        }
    }
    found.extend(chain.into_iter().map(|((signature, ix, inner_ix), (slot, kind, _))| {
        format!("event {kind} {signature}/{ix}/{inner_ix}: on the chain at slot {slot}, not in the database")
    }));
    Ok(found)
}
