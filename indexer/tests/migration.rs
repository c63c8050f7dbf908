//! The migrations on a database that is in use.

#![allow(clippy::unwrap_used)]

mod common;

use std::borrow::Cow;

use anchor_lang as _;
use assay_escrow as _;
use assay_indexer::store::{self, Batch, EventRow, MIGRATIONS, Writer, drop_older};
use common::{
    Postgres,
    server::seed,
    tables::{count, json},
};
use serde_json::Value;
use sqlx::{Connection, PgConnection, PgPool, migrate::Migrator};
use tokio::sync::watch;

const VIEWS: &str = "SELECT jsonb_build_array(viewname, definition) FROM pg_views
    WHERE viewname IN ('seat_rows', 'event_rows', 'operator_rows', 'case_rows', 'case_pages', 'stats') ORDER BY viewname";

/// Brings a database to an earlier schema.
async fn migrate_to(url: &str, version: i64) {
    let migrations: Vec<_> = MIGRATIONS.iter().filter(|migration| migration.version <= version).cloned().collect();
    let migrator = Migrator { migrations: Cow::Owned(migrations), ..Migrator::DEFAULT };
    migrator.run(&mut PgConnection::connect(url).await.unwrap()).await.unwrap();
}

/// What the seed of the API's tests says, by the SQL of that time; and many events more.
async fn fill(pool: &PgPool) {
    for row in seed().rows {
        let (closed, data) = match &row.change {
            store::Change::Last(data) => (true, data),
            store::Change::Scanned(data) | store::Change::Written(_, data) => (false, data),
        };
        let sql = format!("INSERT INTO {} VALUES ($1, $2, 0, CASE WHEN $3 THEN $2 END, $3, $4)", row.table.name());
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&row.address).bind(i64::try_from(row.slot).unwrap());
        query.bind(closed).bind(data).execute(pool).await.unwrap();
    }
    for event in seed().events {
        let sql = "INSERT INTO events (signature, ix, inner_ix, slot, time, program, kind, data)
             VALUES ($1, $2, $3, $4, to_timestamp($5), $6, $7, $8)";
        let query = sqlx::query(sql).bind(&event.signature).bind(event.ix).bind(event.inner_ix);
        let query = query.bind(i64::try_from(event.slot).unwrap()).bind(event.time).bind(event.program);
        query.bind(&event.kind).bind(&event.data).execute(pool).await.unwrap();
    }
    let sql = "INSERT INTO events (signature, ix, inner_ix, slot, time, program, kind, data)
         SELECT 'more' || n, 0, 0, 100 + n * 100, to_timestamp(1700000000 + n), 'escrow', 'JobCancelled',
             jsonb_build_object('job', 'j' || n) FROM generate_series(1, 20000) n";
    sqlx::query(sql).execute(pool).await.unwrap();
    sqlx::query("UPDATE watermark SET slot = 2000100, genesis = 'g', boot = 3").execute(pool).await.unwrap();
    sqlx::query("INSERT INTO dead_letters VALUES ('k', 'p', 7, 'bytes', 'e')").execute(pool).await.unwrap();
}

#[tokio::test]
async fn migration_on_live_data() {
    let postgres = Postgres::start().await;
    let url = postgres.create("old").await;
    let pool = store::pool(&url).unwrap();
    migrate_to(&url, 4).await;
    fill(&pool).await;
    let facts = async || {
        let events = "SELECT to_jsonb(e) FROM events e ORDER BY id";
        let shown = "SELECT json FROM event_rows ORDER BY id LIMIT 100";
        let market = "SELECT json FROM stats UNION ALL (SELECT json FROM seat_rows ORDER BY address)
             UNION ALL (SELECT json FROM job_rows ORDER BY address) UNION ALL (SELECT json FROM operator_rows ORDER BY address)";
        (json(&pool, events).await, json(&pool, shown).await, json(&pool, market).await, json(&pool, VIEWS).await)
    };
    let before = facts().await;
    assert_eq!((before.0.len(), before.3.len()), (20_003, 6));

    // A reader asks all the time, and is answered the same all the time.
    let (stop, stopped) = watch::channel(false);
    let reader = tokio::spawn({
        let pool = pool.clone();
        async move {
            let mut reads = 0;
            while !*stopped.borrow() || reads < 10 {
                let sql = "SELECT jsonb_build_array(count(*), max(id)) FROM event_rows";
                let seen: Value = sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap();
                assert_eq!(seen, serde_json::json!([20_003, 20_003]));
                reads += 1;
            }
        }
    });
    migrate_to(&url, 5).await;
    stop.send(true).unwrap();
    reader.await.unwrap();
    let after = facts().await;
    assert_eq!(after.0, before.0, "every event, with its id");
    assert_eq!((after.1, after.2), (before.1, before.2));
    assert_eq!(after.3, before.3, "the views are what they were");
    let marks: (i64, i64, i64) =
        sqlx::query_as("SELECT slot, finalized, boot FROM watermark").fetch_one(&pool).await.unwrap();
    assert_eq!(marks, (2_000_100, 2_000_036, 3));
    assert_eq!(count(&pool, "dead_letters").await, 1);

    // And it goes on from there: ids after those that were, partitions after the one.
    let mut writer = Writer::acquire(&url).await.unwrap().unwrap();
    let mut batch = Batch { events: vec![event("new", 3_500_000, 0)], watermark: Some(3_500_001), ..Batch::default() };
    batch.events.extend(seed().events);
    assert_eq!(writer.apply(batch).await.unwrap().events, 1, "what was there is known");
    assert_eq!(count(&pool, "events WHERE id = 20004 AND slot = 3500000").await, 1);
    let partitions = "SELECT jsonb_build_array(name, low, high) FROM event_partitions ORDER BY high";
    let expected = serde_json::json!([
        ["events_0", null, 3_000_000],
        ["events_3", 3_000_000, 4_000_000],
        ["events_4", 4_000_000, 5_000_000]
    ]);
    assert_eq!(Value::from(json(&pool, partitions).await), expected);
}

fn event(signature: &str, slot: u64, time: i64) -> EventRow {
    EventRow {
        signature: signature.into(),
        ix: 0,
        inner_ix: 0,
        slot,
        time: Some(time),
        program: "escrow",
        kind: "JobCancelled".into(),
        data: serde_json::json!({"job": "j"}),
    }
}

#[tokio::test]
async fn retention_drops_whole_partitions_that_are_final() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("kept").await;
    let mut writer = Writer::acquire(&url).await.unwrap().unwrap();
    let now: i64 = sqlx::query_scalar("SELECT extract(epoch FROM now())::bigint").fetch_one(&pool).await.unwrap();
    let days = |days: i64| now - days * 86_400;
    let events = vec![
        event("a", 5, days(40)),
        event("b", 999_999, days(31)),
        event("c", 1_000_000, days(31)),
        // One of its partition is young enough.
        event("d", 1_000_001, days(29)),
        event("e", 2_000_000, days(31)),
        event("f", 4_000_000, days(0)),
    ];
    writer.apply(Batch { events, watermark: Some(4_000_000), ..Batch::default() }).await.unwrap();
    assert_eq!(drop_older(&pool, 30).await.unwrap(), Vec::<String>::new(), "nothing is final");
    writer.apply(Batch { finalized: Some(3_999_999), ..Batch::default() }).await.unwrap();
    assert_eq!(drop_older(&pool, 30).await.unwrap(), ["events_0", "events_2"]);
    let left = "SELECT to_jsonb(signature) FROM events ORDER BY id";
    assert_eq!(json(&pool, left).await, ["c", "d", "f"]);
    let named = "SELECT to_jsonb(slot) FROM event_parties WHERE address = 'j' ORDER BY slot";
    assert_eq!(json(&pool, named).await, [1_000_000, 1_000_001, 4_000_000]);
    // The writer, who knew them, makes one again when it must.
    let late = Batch { events: vec![event("e", 2_000_000, days(31))], ..Batch::default() };
    assert_eq!(writer.apply(late).await.unwrap().events, 1);
    assert_eq!(count(&pool, "events").await, 4);
}
