//! The append-only table of events, by partitions of slots.

use std::collections::{BTreeSet, HashSet};

use sqlx::PgConnection;

use super::{
    Batch, CHANNEL, EventRow, rows,
    writer::{Tx, int},
};
use crate::Result;

/// Slots of a partition: some days. The migration that made the first one says the same.
const SLOTS: u64 = 1_000_000;
/// A transaction names a block of the last 150 and lands soon after, or never; in slots, with room for skipped ones.
const SAME: i64 = 2_000;

/// Which partitions there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Partitions {
    /// From where, and up to where, without the latter.
    ranges: Vec<(u64, u64)>,
}

impl Partitions {
    pub(super) async fn read(connection: &mut PgConnection) -> Result<Self> {
        let text = "SELECT coalesce(low, 0), high FROM event_partitions";
        let found: Vec<(i64, i64)> = sqlx::query_as(text).fetch_all(connection).await?;
        let ranges = found.into_iter().map(|(low, high)| (low.unsigned_abs(), high.unsigned_abs())).collect();
        Ok(Self { ranges })
    }

    /// Makes those that a batch needs and the one after, so that the next is there before it is needed. Returns what
    /// there is once the transaction is committed.
    pub(super) async fn ensure(&self, tx: &mut Tx<'_>, batch: &Batch) -> Result<Self> {
        let ahead = batch.watermark.map(|slot| slot.saturating_add(SLOTS));
        let slots = batch.events.iter().map(|event| event.slot).chain(batch.watermark).chain(ahead);
        let needed: BTreeSet<u64> = slots.filter(|slot| !self.has(*slot)).map(|slot| slot / SLOTS).collect();
        let mut ranges = self.ranges.clone();
        for n in needed {
            let (low, high) = (n.saturating_mul(SLOTS), n.saturating_add(1).saturating_mul(SLOTS));
            // Made alone and then attached, which locks out no reader.
            let make = format!("CREATE TABLE events_{n} (LIKE events INCLUDING ALL)");
            sqlx::query(rows::sql(make)).execute(&mut **tx).await?;
            let attach = format!("ALTER TABLE events ATTACH PARTITION events_{n} FOR VALUES FROM ({low}) TO ({high})");
            sqlx::query(rows::sql(attach)).execute(&mut **tx).await?;
            ranges.push((low, high));
        }
        Ok(Self { ranges })
    }

    fn has(&self, slot: u64) -> bool {
        self.ranges.iter().any(|(low, high)| (*low..*high).contains(&slot))
    }
}

/// Adds the events that are not there yet, in order; returns how many, and how many were retracted because their
/// transaction is now known to be in another slot.
pub(super) async fn insert(tx: &mut Tx<'_>, events: &[EventRow], finalized: u64) -> Result<(u64, u64)> {
    if events.is_empty() {
        return Ok((0, 0));
    }
    let rivals = rivals(tx, events).await?;
    let (stay, go): (Vec<_>, Vec<_>) = rivals.into_iter().partition(|(slot, _)| *slot <= finalized);
    let retracted = retract(tx, &go).await?;
    // What is final in one slot is in no other, whoever says so.
    let stay: HashSet<&str> = stay.iter().map(|(_, signature)| signature.as_str()).collect();
    let events: Vec<&EventRow> = events.iter().filter(|event| !stay.contains(event.signature.as_str())).collect();
    let column = |of: fn(&EventRow) -> i64| events.iter().map(|event| of(event)).collect::<Vec<i64>>();
    // Not-yet-known ones only, so that ids are not used up by what comes twice; in order, so that ids are too.
    let text = "WITH added AS (
             INSERT INTO events (signature, ix, inner_ix, slot, time, program, kind, data)
             SELECT signature, ix, inner_ix, slot, to_timestamp(time), program, kind, data
             FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[],
                 $8::jsonb[]) WITH ORDINALITY AS new (signature, ix, inner_ix, slot, time, program, kind, data, n)
             WHERE NOT EXISTS (SELECT FROM events AS old WHERE
                 (old.signature, old.ix, old.inner_ix, old.slot) = (new.signature, new.ix, new.inner_ix, new.slot))
             ORDER BY n
             ON CONFLICT (signature, ix, inner_ix, slot) DO NOTHING
             RETURNING id
         ) SELECT count(*), coalesce(max(id), 0) FROM added";
    let query = sqlx::query_as(text)
        .bind(events.iter().map(|e| e.signature.as_str()).collect::<Vec<_>>())
        .bind(column(|e| e.ix.into()))
        .bind(column(|e| e.inner_ix.into()))
        .bind(column(|e| int(e.slot)))
        .bind(events.iter().map(|e| e.time).collect::<Vec<_>>())
        .bind(events.iter().map(|e| e.program).collect::<Vec<_>>())
        .bind(events.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>())
        .bind(events.iter().map(|e| &e.data).collect::<Vec<_>>());
    let (count, last): (i64, i64) = query.fetch_one(&mut **tx).await?;
    if count > 0 {
        notify(tx, last).await?;
    }
    Ok((count.unsigned_abs(), retracted))
}

/// Delivered when the transaction commits, and only then.
async fn notify(tx: &mut Tx<'_>, id: i64) -> Result<()> {
    sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(id.to_string()).execute(&mut **tx).await?;
    Ok(())
}

/// Slot and signature of transactions of these events that are in the table with another slot: a fork was given up, and
/// they landed again.
async fn rivals(tx: &mut Tx<'_>, events: &[EventRow]) -> Result<Vec<(u64, String)>> {
    let distinct: BTreeSet<(&str, i64)> = events.iter().map(|e| (e.signature.as_str(), int(e.slot))).collect();
    let (signatures, slots): (Vec<_>, Vec<_>) = distinct.into_iter().unzip();
    let text = "SELECT DISTINCT old.slot, old.signature
         FROM unnest($1::text[], $2::bigint[]) AS new (signature, slot)
         JOIN events old ON old.signature = new.signature AND old.slot <> new.slot
             AND old.slot BETWEEN new.slot - $3 AND new.slot + $3";
    let found: Vec<(i64, String)> =
        sqlx::query_as(text).bind(signatures).bind(slots).bind(SAME).fetch_all(&mut **tx).await?;
    Ok(found.into_iter().map(|(slot, signature)| (slot.unsigned_abs(), signature)).collect())
}

/// Takes the events of these transactions back, and says so in the order in which they were told.
pub(super) async fn retract(tx: &mut Tx<'_>, gone: &[(u64, String)]) -> Result<u64> {
    if gone.is_empty() {
        return Ok(0);
    }
    let (slots, signatures): (Vec<i64>, Vec<&str>) = gone.iter().map(|(slot, s)| (int(*slot), s.as_str())).unzip();
    let text = "WITH gone AS (
             SELECT e.id, e.slot FROM events e
             JOIN unnest($1::bigint[], $2::text[]) AS g (slot, signature) USING (slot, signature)
         ), told AS (
             INSERT INTO retractions (slot, event)
             SELECT r.slot, r.json FROM event_rows r WHERE r.id IN (SELECT id FROM gone) ORDER BY r.id
             RETURNING id
         ), deleted AS (
             DELETE FROM events e USING gone g WHERE e.id = g.id AND e.slot = g.slot
         ) SELECT count(*), coalesce(max(id), 0) FROM told";
    let (count, last): (i64, i64) = sqlx::query_as(text).bind(slots).bind(signatures).fetch_one(&mut **tx).await?;
    if count > 0 {
        notify(tx, last).await?;
    }
    Ok(count.unsigned_abs())
}
