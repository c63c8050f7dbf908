//! Postgres restarted, full, busy or in a deadlock; two writers; and what the chain says that nobody can read.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use anchor_lang as _;
use assay_escrow::SeatState::{Claimed, Sealed};
use assay_indexer::{
    Error,
    decode::Rows,
    ingest::{self, ChainEvent, ChainTransaction, Commitment, Listed, Source as _},
    store::{self, Batch, Change, Row, Table, Writer},
};
use assay_sdk::decode::Decoder;
use common::{
    Postgres,
    child::{kill, ready, task},
    fake::{Fake, NEVER, address, bytes, index_beside, index_until, index_with, seat, settlement},
    tables::{count, json, seats},
};
use serde_json::Value;
use sqlx::{Connection, PgConnection};

const SOON: Duration = Duration::from_millis(50);

#[tokio::test]
#[ignore = "a process that other tests start"]
async fn child() {
    let Some(task) = task() else { return };
    match task[0].as_str() {
        "write" => {
            let mut writer = Writer::acquire(&task[1]).await.unwrap().unwrap();
            println!("ready");
            for slot in 1.. {
                writer.apply(job(slot, "by the first")).await.unwrap();
            }
        }
        other => panic!("{other}"),
    }
}

fn job(slot: u64, state: &str) -> Batch {
    let data = serde_json::json!({"state": state, "posted_at": "5", "requester": "r", "mint": "m"});
    let change = Change::Written(slot, data);
    Batch { rows: vec![Row { table: Table::Jobs, address: "job".into(), slot, change }], ..Batch::default() }
}

#[tokio::test]
async fn unknown_discriminator() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("unknown").await;
    let chain = Fake::at(10);
    let slot = chain.block(
        vec![(address(1), Some(b"unknown!and more".to_vec())), (address(2), Some(bytes(&seat(2, Claimed))))],
        |slot| {
            let data = b"unheard!of".to_vec();
            let events = vec![ChainEvent { ix: 3, inner_ix: 1, program: assay_escrow::ID, data }];
            let signature = "strange".to_owned();
            vec![ChainTransaction { signature, slot, time: Some(1_700_000_000), closed: vec![], events }]
        },
        true,
    );
    index_until(&chain, &url, NEVER, async || {
        count(&pool, "dead_letters").await == 2 && count(&pool, "seats").await == 1
    })
    .await;
    type Letter = (String, String, i64, Option<i64>, Vec<u8>, String);
    let kept: Vec<Letter> =
        sqlx::query_as("SELECT key, program, slot, time, bytes, error FROM dead_letters ORDER BY slot, length(key)")
            .fetch_all(&pool)
            .await
            .unwrap();
    let why = |what: &str, bytes: &str| {
        format!("escrow has no {what} with discriminator {}; this build's IDL may be too old", hex::encode(bytes))
    };
    let (program, slot) = (assay_escrow::ID.to_string(), i64::try_from(slot).unwrap());
    let event = ("strange/3/1".to_owned(), program.clone(), slot, Some(1_700_000_000), b"unheard!of".to_vec());
    let account = (address(1).to_string(), program, slot, None, b"unknown!and more".to_vec());
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0], (event.0, event.1, event.2, event.3, event.4, why("event", "unheard!")));
    assert_eq!(kept[1], (account.0, account.1, account.2, account.3, account.4, why("account", "unknown!")));
}

/// The present IDL of escrow with seats as they might have been: without their last two fields.
fn older_idl() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../idl/assay_escrow.json");
    let mut idl: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let types = idl["types"].as_array_mut().unwrap();
    let seat = types.iter_mut().find(|ty| ty["name"] == "Seat").unwrap();
    let fields = seat["type"]["fields"].as_array_mut().unwrap();
    let last: Vec<_> = fields.split_off(fields.len() - 2).into_iter().map(|field| field["name"].clone()).collect();
    assert_eq!(last, ["progress", "heartbeat_at"]);
    idl.to_string()
}

#[tokio::test]
async fn two_layout_versions() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("layouts").await;
    let chain = Fake::at(10);
    // Seats of version 0, which lack the last 16 bytes; one is settled, and the event carries it as it was.
    let old = |n: u8| {
        let mut bytes = bytes(&assay_escrow::Seat { version: 0, ..seat(n, Sealed) });
        bytes.truncate(bytes.len() - 16);
        bytes
    };
    chain.block(vec![(address(1), Some(old(1))), (address(2), Some(bytes(&seat(2, Claimed))))], |_| vec![], true);
    let done = |slot| {
        let mut transaction = settlement("old", slot, 3, assay_escrow::Seat { version: 0, ..seat(3, Sealed) });
        let data = &mut transaction.events[0].data;
        data.truncate(data.len() - 16);
        vec![transaction]
    };
    chain.block(vec![(address(3), None)], done, true);
    // Without the IDL: kept, and never read as what they are not.
    index_until(&chain, &url, NEVER, async || {
        count(&pool, "dead_letters").await == 2 && count(&pool, "seats").await == 1
    })
    .await;
    let errors = "SELECT to_jsonb(error) FROM dead_letters";
    let why = "Seat: its layout is version 0, of which this build has no IDL; put the IDL into idl/old";
    assert_eq!(json(&pool, errors).await, [why, why]);
    assert_eq!(count(&pool, "events").await, 0);
    // With it, after an upgrade: read at the start, both side by side, before anything new comes.
    let rows = Rows::by(Decoder::with(&[("escrow", 0, &older_idl())]).unwrap());
    index_with(&chain, rows, &url, NEVER, async || count(&pool, "dead_letters").await == 0).await;
    let table = "SELECT jsonb_build_array(address, data -> 'version', data -> 'progress', closed_slot) FROM seats ORDER BY data -> 'index'";
    let expected = [(1, 0, None, None), (2, 1, Some("0"), None), (3, 0, None, Some(12))];
    let expected = expected.map(|(n, version, progress, closed): (u8, u8, Option<&str>, Option<u64>)| {
        serde_json::json!([address(n).to_string(), version, progress, closed])
    });
    assert_eq!(json(&pool, table).await, expected);
    assert_eq!(count(&pool, "events WHERE kind = 'SeatSettled' AND slot = 12").await, 1);
}

#[tokio::test]
async fn postgres_restart() {
    let mut postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("restart").await;
    let chain = Fake::at(10);
    chain.write(1, Claimed, true);
    let stop = index_beside(&chain, &url, SOON);
    wait_for(async || count(&pool, "seats").await == 1).await;
    for n in 2..5 {
        // Down at once, whatever is under way; meanwhile the chain goes on.
        postgres.stop("-QUIT");
        chain.write(n, Claimed, false);
        chain.settle(n - 1, false);
        postgres.restart().await;
        wait_for(async || {
            count(&pool, "seats").await == i64::from(n) && count(&pool, "events").await == i64::from(n) - 1
        })
        .await;
    }
    stop.cancel();
    assert_eq!(ingest::verify(&chain, &pool).await.unwrap(), Vec::<String>::new());
    assert_eq!(seats(&pool).await.iter().filter(|seat| seat.2.is_none()).count(), 1);
}

async fn wait_for(done: impl AsyncFn() -> bool) {
    for _ in 0..3_000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("half a minute went by in vain");
}

#[tokio::test]
async fn pool_exhausted() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("busy").await;
    let mut taken = vec![];
    while let Some(connection) = pool.try_acquire() {
        taken.push(connection);
    }
    while taken.len() < 16 {
        taken.push(pool.acquire().await.unwrap());
    }
    assert!(matches!(pool.acquire().await, Err(sqlx::Error::PoolTimedOut)), "readers wait in vain");
    let chain = Fake::at(10);
    chain.write(1, Claimed, true);
    let mut own = PgConnection::connect(&url).await.unwrap();
    let own = tokio::sync::Mutex::new(&mut own);
    // The writer has a connection of its own.
    index_until(&chain, &url, NEVER, async || {
        let mut own = own.lock().await;
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM seats").fetch_one(&mut **own).await.unwrap() == 1
    })
    .await;
    drop(taken);
    assert_eq!(count(&pool, "seats").await, 1);
}

#[tokio::test]
async fn deadlock_retry() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("deadlock").await;
    let mut writer = Writer::acquire(&url).await.unwrap().unwrap();
    writer.apply(job(1, "Open")).await.unwrap();
    // Somebody has the watermark and then wants the job; the writer has the job and then wants the watermark.
    let mut other = PgConnection::connect(&url).await.unwrap();
    sqlx::query("SET deadlock_timeout = '1h'").execute(&mut other).await.unwrap();
    let mut held = other.begin().await.unwrap();
    sqlx::query("SELECT FROM watermark FOR UPDATE").execute(&mut *held).await.unwrap();
    let batch = Batch { watermark: Some(2), ..job(2, "Seated") };
    let apply = tokio::spawn(async move { (writer.apply(batch).await, writer) });
    wait_for(async || count(&pool, "pg_stat_activity WHERE wait_event_type = 'Lock'").await == 1).await;
    sqlx::query("SELECT FROM jobs FOR UPDATE").execute(&mut *held).await.unwrap();
    held.commit().await.unwrap();
    let (applied, _writer) = apply.await.unwrap();
    assert_eq!(applied.unwrap().rows, 1);
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = 'deadlock'";
    wait_for(async || sqlx::query_scalar::<_, i64>(deadlocks).fetch_one(&pool).await.unwrap() == 1).await;
    assert_eq!(count(&pool, "jobs WHERE state = 'Seated'").await, 1);
    assert_eq!(store::watermark(&pool).await.unwrap(), 2);
}

#[tokio::test]
async fn two_writers() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("two").await;
    let first = ready(&["write", &url]);
    wait_for(async || count(&pool, "jobs WHERE slot > 5").await == 1).await;
    assert!(Writer::acquire(&url).await.unwrap().is_none(), "there is one");
    // A second indexer waits, and writes nothing; all that changes is by the first.
    let chain = Fake::at(1_000_000);
    chain.write(1, Claimed, true);
    let stop = index_beside(&chain, &url, SOON);
    let boot = async || sqlx::query_scalar::<_, i64>("SELECT boot FROM watermark").fetch_one(&pool).await.unwrap();
    let slot = async || sqlx::query_scalar::<_, i64>("SELECT slot FROM jobs").fetch_one(&pool).await.unwrap();
    let before = slot().await;
    wait_for(async || slot().await > before + 20).await;
    assert_eq!((boot().await, count(&pool, "seats").await), (1, 0));
    kill(first);
    wait_for(async || count(&pool, "seats").await == 1).await;
    assert_eq!(boot().await, 2, "one other took over");
    // Its connection is cut: it comes back, and is again the only one.
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted";
    assert_eq!(sqlx::query(cut).execute(&pool).await.unwrap().rows_affected(), 1);
    wait_for(async || boot().await == 3).await;
    chain.write(2, Claimed, false);
    wait_for(async || count(&pool, "seats").await == 2).await;
    assert_eq!(count(&pool, "pg_locks WHERE locktype = 'advisory' AND granted AND objid = 1936941433").await, 1);
    stop.cancel();
}

#[tokio::test]
async fn disk_full() {
    let Some(postgres) = Postgres::start_small().await else {
        panic!("no small disk: unshare must be able to mount a tmpfs in a namespace of its own");
    };
    let (url, pool) = postgres.migrated_small().await;
    let mut writer = Writer::acquire(&url).await.unwrap().unwrap();
    let fill = |n: u64| {
        let long = "x".repeat(2_000);
        let row = |i: u64| {
            // Hashes do not compress.
            let noise: String = (0..200)
                .map(|k| format!("{:016x}", (n * 1_000 + i * 7 + k).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
                .collect();
            let data = serde_json::json!({"state": "Open", "posted_at": "5", "noise": noise, "long": long});
            Row { table: Table::Jobs, address: format!("{n}-{i}"), slot: n, change: Change::Scanned(data) }
        };
        Batch { rows: (0..200).map(row).collect(), watermark: Some(n), ..Batch::default() }
    };
    let mut n = 0;
    let why = loop {
        n += 1;
        assert!(n < 1_000, "it never got full");
        if let Err(why) = writer.apply(fill(n)).await {
            break why;
        }
    };
    let Error::Database(sqlx::Error::Database(full)) = &why else { panic!("{why}") };
    assert_eq!(full.code().as_deref(), Some("53100"), "{full}");
    // Whole or not at all; readers read on.
    assert_eq!(store::watermark(&pool).await.unwrap(), n - 1);
    assert_eq!(count(&pool, "jobs").await, i64::try_from((n - 1) * 200).unwrap());
    // There is room again: the same batch goes in, by the same writer.
    sqlx::query("DROP TABLE ballast").execute(&pool).await.unwrap();
    sqlx::query("CHECKPOINT").execute(&pool).await.unwrap();
    writer.apply(fill(n)).await.unwrap();
    assert_eq!(store::watermark(&pool).await.unwrap(), n);
}

/// A node that has one transaction that succeeded and one that failed, and says so as nodes do.
async fn node(good: String, bad: String) -> String {
    let answer = move |axum::Json(request): axum::Json<Value>| async move {
        let params = request["params"].clone();
        let entry = |signature: &str, slot: u64, err: Value| {
            serde_json::json!({"signature": signature, "slot": slot, "err": err, "memo": null, "blockTime": null,
                "confirmationStatus": "finalized"})
        };
        let failed = serde_json::json!({"InstructionError": [0, {"Custom": 1}]});
        let result = match request["method"].as_str().unwrap() {
            "getSignaturesForAddress" if params[0] == assay_escrow::ID.to_string() => {
                Value::from(vec![entry(&bad, 12, failed), entry(&good, 11, Value::Null)])
            }
            "getSignaturesForAddress" => Value::from(Vec::<Value>::new()),
            "getTransaction" => {
                let (err, status) = match params[0] == bad.as_str() {
                    true => (failed.clone(), serde_json::json!({"Err": failed})),
                    false => (Value::Null, serde_json::json!({"Ok": null})),
                };
                serde_json::json!({"slot": 11, "blockTime": 1_700_000_000, "transaction": {"signatures": [params[0]],
                    "message": {"header": {"numRequiredSignatures": 1, "numReadonlySignedAccounts": 0,
                        "numReadonlyUnsignedAccounts": 0}, "accountKeys": [address(1).to_string()],
                        "recentBlockhash": address(2).to_string(), "instructions": []}},
                    "meta": {"err": err, "status": status, "fee": 5_000, "preBalances": [9], "postBalances": [0],
                        "innerInstructions": []}})
            }
            "getVersion" => serde_json::json!({"solana-core": "3.1.0", "feature-set": 0}),
            other => panic!("{other}"),
        };
        axum::Json(serde_json::json!({"jsonrpc": "2.0", "id": request["id"], "result": result}))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/", axum::routing::post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

#[tokio::test]
async fn failed_tx_ignored() {
    let name = |n: u8| solana_sdk::signature::Signature::from([n; 64]).to_string();
    let (good, bad) = (name(1), name(2));
    let url = node(good.clone(), bad.clone()).await;
    let programs = Rows::new().unwrap().programs().into_iter().map(|(id, _)| id).collect();
    let source = ingest::RpcSource::new(&url, "ws://127.0.0.1:1", programs);
    let listed = source.history(0, Commitment::Confirmed).await.unwrap();
    assert_eq!(listed, [Listed { signature: good, slot: 11 }]);
    // It left an account without lamports: of the one that succeeded that counts.
    assert_eq!(source.transaction(&listed[0]).await.unwrap().closed, [address(1).to_string()]);
    let failed = source.transaction(&Listed { signature: bad.clone(), slot: 12 }).await;
    assert!(failed.as_ref().is_err_and(|why| why.to_string().contains(&bad)), "{failed:?}");
}
