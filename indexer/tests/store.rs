//! How the tables may change, on a real Postgres.

#![allow(clippy::unwrap_used)]

mod common;

use assay_indexer::{
    Error,
    store::{Batch, Change, DeadLetter, EventRow, Row, Scanned, Table, Writer, migrate, watermark},
};
use common::{
    Postgres,
    tables::{count, indexes},
};
use serde_json::{Value, json};
use sqlx::PgPool;

fn job(slot: u64, change: Change) -> Batch {
    Batch { rows: vec![Row { table: Table::Jobs, address: "job".into(), slot, change }], ..Batch::default() }
}

fn data(state: &str) -> Value {
    json!({"state": state, "posted_at": "5", "requester": "r", "mint": "m"})
}

fn written(slot: u64, version: u64, state: &str) -> Batch {
    job(slot, Change::Written(version, data(state)))
}

fn scanned(slot: u64, state: &str) -> Batch {
    job(slot, Change::Scanned(data(state)))
}

fn last(slot: u64, state: &str) -> Batch {
    job(slot, Change::Last(data(state)))
}

fn closed(slot: u64) -> Batch {
    Batch { closed: vec![("job".into(), slot)], ..Batch::default() }
}

fn absent(slot: u64) -> Batch {
    Batch { scanned: vec![Scanned { program: "escrow", slot, present: vec![], finalized: true }], ..Batch::default() }
}

fn event(signature: &str, inner_ix: i32) -> EventRow {
    let (signature, kind, data) = (signature.into(), "JobCancelled".into(), json!({"job": "job"}));
    EventRow { signature, ix: 0, inner_ix, slot: 7, time: Some(1_700_000_000), program: "escrow", kind, data }
}

/// Slot, write version, closed slot, last state, state of the one job there is.
async fn row(pool: &PgPool) -> Option<(i64, i64, Option<i64>, bool, String)> {
    let sql = "SELECT slot, write_version, closed_slot, last_state, state FROM jobs";
    sqlx::query_as(sql).fetch_optional(pool).await.unwrap()
}

fn open(slot: i64, version: i64, state: &str) -> Option<(i64, i64, Option<i64>, bool, String)> {
    Some((slot, version, None, false, state.into()))
}

fn ended(slot: i64, told: bool, state: &str) -> Option<(i64, i64, Option<i64>, bool, String)> {
    Some((slot, 0, Some(slot), told, state.into()))
}

type Seen = Option<(i64, i64, Option<i64>, bool, String)>;

/// Applies one batch after the other and looks at the row after each.
async fn steps(first: &str, steps: Vec<(&str, Batch, Seen)>) {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("guards").await;
    let mut writer = Writer::acquire(&url).await.unwrap().unwrap();
    writer.apply(written(10, 5, "Open")).await.unwrap();
    assert_eq!(row(&pool).await, open(10, 5, "Open"), "{first}");
    for (name, batch, expected) in steps {
        writer.apply(batch).await.unwrap();
        assert_eq!(row(&pool).await, expected, "{name}");
    }
}

fn finalized(slot: u64) -> Batch {
    Batch { finalized: Some(slot), ..Batch::default() }
}

#[tokio::test]
async fn duplicate_delivery() {
    let again = ("again, with another word", written(10, 5, "Seated"), open(10, 5, "Open"));
    let closed_twice = ("the event again", last(18, "Cancelled"), ended(18, true, "Cancelled"));
    steps("first seen", vec![again, ("the event", last(18, "Cancelled"), closed_twice.2.clone()), closed_twice]).await;
}

#[tokio::test]
async fn reordered_in_slot() {
    let late = ("the one before", written(10, 4, "Seated"), open(10, 5, "Open"));
    // By the number alone, however large: a node's own count, not this indexer's.
    let far = ("a node's number", written(10, 900_719_925_474_099_300, "Verified"), open(10, i64::MAX, "Verified"));
    let far = (far.0, far.1, far.2.map(|row| (row.0, 900_719_925_474_099_300, row.2, row.3, row.4)));
    let between = ("between", written(10, 6, "Open"), open(10, 900_719_925_474_099_300, "Verified"));
    steps("first", vec![late, ("the next", written(10, 6, "Seated"), open(10, 6, "Seated")), far, between]).await;
}

#[tokio::test]
async fn older_after_newer() {
    let older = ("an older slot, a greater number", written(9, 99, "Seated"), open(10, 5, "Open"));
    let closing = ("an old closing", closed(9), open(10, 5, "Open"));
    steps("newer", vec![older, closing, ("an old event", last(9, "Expired"), open(10, 5, "Open"))]).await;
}

#[tokio::test]
async fn scan_older_than_stream() {
    steps(
        "the stream",
        vec![
            ("older", scanned(9, "Seated"), open(10, 5, "Open")),
            ("of the same slot", scanned(10, "Seated"), open(10, 5, "Open")),
            ("later, and it says the same", scanned(12, "Open"), open(10, 5, "Open")),
            ("later, and it heals", scanned(12, "Verified"), open(12, 0, "Verified")),
            ("a notice of the scan's slot", written(12, 1, "Settled"), open(12, 1, "Settled")),
            ("an old scan's absence", absent(12), open(12, 1, "Settled")),
            ("a later one's, when it may be undone", absent(20), open(12, 1, "Settled")),
        ],
    )
    .await;
}

#[tokio::test]
async fn close_missed_while_down() {
    steps(
        "before",
        vec![
            ("it is final", finalized(10), open(10, 5, "Open")),
            ("gone from a later scan", absent(20), ended(20, false, "Open")),
            ("the event tells when and how", last(18, "Cancelled"), ended(18, true, "Cancelled")),
            ("an absence tells nothing more", absent(30), ended(18, true, "Cancelled")),
        ],
    )
    .await;
}

#[tokio::test]
async fn close_reopen_same_address() {
    steps(
        "opened",
        vec![
            ("closed", last(18, "Cancelled"), ended(18, true, "Cancelled")),
            ("a notice of the closing's slot", written(18, 999, "Open"), ended(18, true, "Cancelled")),
            ("opened again", written(19, 7, "Open"), open(19, 7, "Open")),
            ("the earlier closing again", last(18, "Cancelled"), open(19, 7, "Open")),
            ("closed in the slot it was written", closed(19), ended(19, false, "Open")),
            ("told after it was inferred", last(19, "Expired"), ended(19, true, "Expired")),
            ("opened again, says a scan", scanned(25, "Open"), open(25, 0, "Open")),
            ("closed again", last(26, "Expired"), ended(26, true, "Expired")),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_batch_keeps_one_row_per_key_and_an_absence_spares_what_is_there() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("batches").await;
    let mut writer = Writer::acquire(&url).await.unwrap().unwrap();
    let mut batch = written(5, 1, "Open");
    batch.rows.extend(written(5, 2, "Seated").rows);
    batch.rows.extend(last(4, "Expired").rows);
    batch.closed = vec![("job".into(), 4), ("a wallet".into(), 5)];
    writer.apply(batch).await.unwrap();
    assert_eq!(row(&pool).await, open(5, 2, "Seated"));
    let present = vec!["job".to_owned()];
    let scans = [("escrow", present), ("token", vec![])];
    let scanned = scans.map(|(program, present)| Scanned { program, slot: 9, present, finalized: true }).to_vec();
    writer.apply(Batch { scanned, ..Batch::default() }).await.unwrap();
    assert_eq!(row(&pool).await, open(5, 2, "Seated"));
    // Closed and told in one batch: told.
    let mut batch = last(11, "Settled");
    batch.closed = vec![("job".into(), 11)];
    assert_eq!(writer.apply(batch).await.unwrap().rows, 1);
    assert_eq!(row(&pool).await, ended(11, true, "Settled"));
}

#[tokio::test]
async fn events_are_there_once_and_in_order() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("events").await;
    let mut writer = Writer::acquire(&url).await.unwrap().unwrap();
    let first = Batch { events: vec![event("b", 1), event("b", 0), event("b", 1)], ..Batch::default() };
    assert_eq!(writer.apply(first.clone()).await.unwrap().events, 2);
    assert_eq!(writer.apply(first).await.unwrap().events, 0);
    let more = Batch { events: vec![event("b", 0), event("a", 3)], ..Batch::default() };
    assert_eq!(writer.apply(more).await.unwrap().events, 1);
    let found: Vec<(i64, String, i32, String)> = sqlx::query_as(
        "SELECT id, signature, inner_ix, (json ->> 'time') FROM events JOIN event_rows USING (id) ORDER BY id",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let time = "2023-11-14T22:13:20Z";
    let expected = [(1, "b", 1, time), (2, "b", 0, time), (3, "a", 3, time)];
    let expected = expected.map(|(id, s, i, t)| (id, s.to_owned(), i, t.to_owned()));
    assert_eq!(found, expected);
}

#[tokio::test]
async fn data_and_watermark_are_committed_together_or_not_at_all() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("atomic").await;
    let mut writer = Writer::acquire(&url).await.unwrap().unwrap();
    // Postgres takes no NUL in text: the batch's last statement but one fails.
    let bad =
        DeadLetter { key: "\0".into(), program: "p".into(), slot: 1, time: None, bytes: vec![1], error: "e".into() };
    let mut batch = written(10, 1, "Open");
    batch.events = vec![event("a", 0)];
    batch.watermark = Some(10);
    let whole = batch.clone();
    batch.dead = vec![bad];
    assert!(matches!(writer.apply(batch).await, Err(Error::Database(_))));
    let events = async || sqlx::query_scalar::<_, i64>("SELECT count(*) FROM events").fetch_one(&pool).await.unwrap();
    assert_eq!((row(&pool).await, events().await, watermark(&pool).await.unwrap()), (None, 0, 0));
    writer.apply(whole).await.unwrap();
    assert_eq!((row(&pool).await, events().await, watermark(&pool).await.unwrap()), (open(10, 1, "Open"), 1, 10));
    writer.apply(Batch { watermark: Some(9), ..Batch::default() }).await.unwrap();
    assert_eq!(watermark(&pool).await.unwrap(), 10, "it never goes back");
}

#[tokio::test]
async fn what_cannot_be_decoded_is_kept_until_it_can() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("dead").await;
    let mut writer = Writer::acquire(&url).await.unwrap().unwrap();
    let letter = |slot, bytes: &[u8]| DeadLetter {
        key: "job".into(),
        program: "p".into(),
        slot,
        time: None,
        bytes: bytes.to_vec(),
        error: "unknown".into(),
    };
    for (letter, written) in [(letter(5, b"new"), 1), (letter(4, b"old"), 0), (letter(6, b"new"), 0)] {
        let batch = Batch { dead: vec![letter], ..Batch::default() };
        assert_eq!(writer.apply(batch).await.unwrap().dead, written);
    }
    let kept = async || -> Vec<(i64, Vec<u8>)> {
        sqlx::query_as("SELECT slot, bytes FROM dead_letters").fetch_all(&pool).await.unwrap()
    };
    assert_eq!(kept().await, [(5, b"new".to_vec())]);
    writer.apply(written(7, 1, "Open")).await.unwrap();
    assert_eq!(kept().await, []);
}

#[tokio::test]
async fn a_database_has_one_writer_and_one_chain() {
    let postgres = Postgres::start().await;
    let (url, _) = postgres.migrated("lock").await;
    let mut first = Writer::acquire(&url).await.unwrap().unwrap();
    assert!(Writer::acquire(&url).await.unwrap().is_none());
    first.claim("genesis").await.unwrap();
    first.claim("genesis").await.unwrap();
    assert!(matches!(first.claim("other").await, Err(Error::OtherChain { .. })));
    let of_first = first.version();
    drop(first);
    let mut second = loop {
        // The server notices the closed connection in its own time.
        if let Some(writer) = Writer::acquire(&url).await.unwrap() {
            break writer;
        }
    };
    assert!(second.version() > of_first, "a later writer's notices are later");
}

/// Many new rows take another way than few; what is in them arrives all the same.
#[tokio::test]
async fn many_at_once_are_as_good_as_one() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("many").await;
    let mut writer = Writer::acquire(&url).await.unwrap().unwrap();
    let nasty = ["\\", "\\N", "\\.", "\t", "\n", "\r\n", "\u{7f}\u{1}", "\"", "'", "é🦀", "\\u0041", ""];
    let row = |n: usize, slot, version| {
        let data = json!({"state": nasty[n % nasty.len()], "posted_at": "5", "n": n});
        let change = Change::Written(version, data);
        Row { table: Table::Jobs, address: format!("job{n:03}"), slot, change }
    };
    let all = async || -> Vec<(String, i64, i64, Value)> {
        let sql = "SELECT address, slot, write_version, data FROM jobs ORDER BY address";
        sqlx::query_as(sql).fetch_all(&pool).await.unwrap()
    };
    let expected = |slots: &dyn Fn(usize) -> (i64, i64)| -> Vec<(String, i64, i64, Value)> {
        let one = |n: usize| {
            (
                format!("job{n:03}"),
                slots(n).0,
                slots(n).1,
                json!({"state": nasty[n % nasty.len()], "posted_at": "5", "n": n}),
            )
        };
        (0..100).map(one).collect()
    };
    // One by one first, then all: of those that are there the older stay as they are.
    for n in 0..10 {
        let batch = Batch { rows: vec![row(n, 20, 1)], ..Batch::default() };
        assert_eq!(writer.apply(batch).await.unwrap().rows, 1);
    }
    let batch = Batch { rows: (0..100).map(|n| row(n, if n < 5 { 21 } else { 15 }, 2)).collect(), ..Batch::default() };
    assert_eq!(writer.apply(batch).await.unwrap().rows, 95);
    let slots = |n: usize| match n {
        0..5 => (21, 2),
        5..10 => (20, 1),
        _ => (15, 2),
    };
    assert_eq!(all().await, expected(&slots));
}

/// The writer that ended may still hold the lock for a moment.
async fn next_writer(url: &str) -> Writer {
    for _ in 0..500 {
        if let Some(writer) = Writer::acquire(url).await.unwrap() {
            return writer;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the lock is not free after five seconds");
}

#[tokio::test]
async fn indexes_put_off_are_made_by_whoever_comes_next() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("put_off").await;
    let all = indexes(&pool).await;
    for by_migration in [false, true] {
        let mut writer = next_writer(&url).await;
        writer.put_off_indexes("escrow").await.unwrap();
        let left = indexes(&pool).await;
        let of_jobs: Vec<_> = left.iter().filter(|index| index.contains(" ON public.jobs ")).collect();
        assert_eq!(of_jobs, ["CREATE UNIQUE INDEX jobs_pkey ON public.jobs USING btree (address)"]);
        assert!(left.iter().any(|index| index.contains("INDEX seats_by_job ")), "a trigger looks seats up");
        assert!(left.iter().any(|index| index.contains("INDEX rounds_by_phase ")), "of another program");
        // Nothing twice, and nothing lost if it ends here.
        writer.put_off_indexes("escrow").await.unwrap();
        assert_eq!(all.len() as i64, left.len() as i64 + count(&pool, "put_off_indexes").await);
        if by_migration {
            // The writer is at work: it makes them itself.
            migrate(&url).await.unwrap();
            assert_eq!(indexes(&pool).await, left);
            drop(writer);
            // It holds the lock until the server has noticed.
            for _ in 0..500 {
                migrate(&url).await.unwrap();
                if indexes(&pool).await == all {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            assert_eq!(indexes(&pool).await, all);
        } else {
            drop(writer);
            next_writer(&url).await;
            assert_eq!(indexes(&pool).await, all);
        }
        assert_eq!(count(&pool, "put_off_indexes").await, 0);
    }
}

#[tokio::test]
async fn indexes_stay_where_there_are_rows_or_readers() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("kept").await;
    let all = indexes(&pool).await;
    let of_jobs = |index: &&String| index.contains(" ON public.jobs ");
    let sql = "INSERT INTO jobs SELECT 'job' || n, 1, 0, NULL, false, '{\"posted_at\": \"5\"}' FROM generate_series(1, 1000) n";
    sqlx::query(sql).execute(&pool).await.unwrap();
    let mut writer = next_writer(&url).await;
    let mut reader = pool.begin().await.unwrap();
    sqlx::query("SELECT FROM devices").execute(&mut *reader).await.unwrap();
    writer.put_off_indexes("escrow").await.unwrap();
    assert_eq!(indexes(&pool).await, all, "somebody reads devices");
    reader.rollback().await.unwrap();
    writer.put_off_indexes("escrow").await.unwrap();
    let left = indexes(&pool).await;
    assert!(left.len() < all.len());
    assert_eq!(left.iter().filter(of_jobs).count(), all.iter().filter(of_jobs).count(), "a thousand jobs");
    writer.make_indexes().await.unwrap();
    assert_eq!(indexes(&pool).await, all);
}
