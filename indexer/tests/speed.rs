//! How fast the writer is beside a bare COPY of the same rows into the same table, and beside one row at a time. Run by
//! hand: `cargo test --release -p assay-indexer --test speed -- --ignored --nocapture`.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Instant;

use anchor_lang as _;
use assay_escrow as _;
use assay_indexer::store::{Batch, Change, Row, Table, Writer};
use common::{Postgres, tables::count};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, PgPool};

const ROWS: u64 = 100_000;

fn data(n: u64) -> Value {
    let hash = format!("{n:064x}");
    json!({"version": 1, "bump": 255, "requester": format!("requester{}", n % 1_000), "mint": "mint", "nonce": n.to_string(),
        "units": "32", "state": "Open", "posted_at": (1_700_000_000 + n).to_string(), "winners": 0, "losers": 0,
        "price": "1000000", "spec_hash": hash, "uri": "", "deadline": "1800000000", "strategy": {"Replicated":
        {"replicas": 2, "quorum": 2}}, "requirements": {"class": 1, "cpu": 4, "memory": "8000000000", "gpu": null,
        "engine": "Wasm", "region": 0}, "vault": hash, "authority": hash, "royalties": [], "milestones": [], "cases": 0,
        "seats": 2, "refunded": "0", "released": "0", "fee_bps": 250, "bond": "300000", "awarded": null})
}

fn row(n: u64, slot: u64) -> Row {
    Row { table: Table::Jobs, address: format!("{n:044}"), slot, change: Change::Written(n + 1, data(n)) }
}

fn rate(begin: Instant, rows: u64) -> f64 {
    rows as f64 / begin.elapsed().as_secs_f64()
}

async fn copied(url: &str) -> (f64, f64) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let lines = |n: u64| format!("{n:044}\t1\t{}\t{}\n", n + 1, data(n));
    let begin = Instant::now();
    let text: String = (0..ROWS).map(lines).collect();
    let made = rate(begin, ROWS);
    let begin = Instant::now();
    let mut copy = connection.copy_in_raw("COPY jobs (address, slot, write_version, data) FROM STDIN").await.unwrap();
    copy.send(text.as_bytes()).await.unwrap();
    copy.finish().await.unwrap();
    (rate(begin, ROWS), made)
}

async fn one_by_one(pool: &PgPool, rows: u64) -> f64 {
    let begin = Instant::now();
    for n in 0..rows {
        let sql = "INSERT INTO jobs (address, slot, write_version, data) VALUES ($1, 1, 1, $2)
             ON CONFLICT (address) DO UPDATE SET slot = excluded.slot, data = excluded.data";
        sqlx::query(sql).bind(format!("{n:044}")).bind(data(n)).execute(pool).await.unwrap();
    }
    rate(begin, rows)
}

#[tokio::test]
#[ignore = "a measurement"]
async fn speed() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("batches").await;
    let mut writer = Writer::acquire(&url).await.unwrap().unwrap();
    let mut batches: Vec<Batch> = vec![];
    for n in 0..ROWS / 1_000 {
        let rows = (n * 1_000..(n + 1) * 1_000).map(|n| row(n, 1)).collect();
        batches.push(Batch { rows, closed: vec![(format!("wallet{n}"), 1)], watermark: Some(n), ..Batch::default() });
    }
    let begin = Instant::now();
    for batch in batches {
        writer.apply(batch).await.unwrap();
    }
    let applied = rate(begin, ROWS);
    assert_eq!(count(&pool, "jobs").await, i64::try_from(ROWS).unwrap());
    let (url, _) = postgres.migrated("copied").await;
    let (copied, made) = copied(&url).await;
    let (_, pool) = postgres.migrated("single").await;
    let single = one_by_one(&pool, 2_000).await;
    println!("rows/s: writer {applied:.0}, COPY {copied:.0}, one by one {single:.0}");
    println!("to make the text alone: {made:.0}");
    println!("writer to COPY {:.2}, to one by one {:.1}", applied / copied, applied / single);
}
