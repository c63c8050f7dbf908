//! The writer killed with SIGKILL, a process of its own each time.

#![allow(clippy::unwrap_used)]

mod common;

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anchor_lang as _;
use assay_escrow as _;
use assay_indexer::{
    decode::Rows,
    ingest,
    store::{self, Batch, Change, EventRow, Row, Table, Writer},
};
use common::{
    Postgres,
    child::{kill, ready, spawn, task},
    fake::index_until,
    script::{Random, chain},
    tables::{count, dump, json, retracted},
};
use sqlx::{Connection, PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

/// Between two sweeps of the run that is killed.
const SWEEP: Duration = Duration::from_millis(40);
/// Ticks of the chain.
const TICKS: u64 = 3_000;
/// Nanoseconds of a tick.
const TICK: u128 = 40_000_000;

/// What the killed processes do.
#[tokio::test]
#[ignore = "a process that other tests start"]
async fn child() {
    let Some(task) = task() else { return };
    let url = &task[1];
    if task[0] == "apply" {
        Writer::acquire(url).await.unwrap().unwrap().apply(batch()).await.unwrap();
        return;
    }
    let (chain, _) = chain(task[2].parse().unwrap(), TICKS, 0, TICK);
    let rows = Rows::new().unwrap();
    chain.with(|chain| chain.clock = Some((since(task[3].parse().unwrap()), TICK)));
    println!("ready");
    ingest::run(Arc::new(chain), rows, url, SWEEP, CancellationToken::new()).await.unwrap();
}

/// The begin of a chain that has come so far by now.
fn since(tick: u128) -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() - tick * TICK
}

/// Something of everything.
fn batch() -> Batch {
    let data = serde_json::json!({"state": "Open", "posted_at": "5", "requester": "r", "mint": "m"});
    let row = |address: &str, change| Row { table: Table::Jobs, address: address.into(), slot: 10, change };
    let event = EventRow {
        signature: "s".into(),
        ix: 0,
        inner_ix: 0,
        slot: 10,
        time: None,
        program: "escrow",
        kind: "JobCancelled".into(),
        data: serde_json::json!({"job": "a"}),
    };
    Batch {
        rows: vec![row("a", Change::Written(1, data.clone())), row("b", Change::Last(data))],
        events: vec![event],
        dead: vec![store::DeadLetter {
            key: "c".into(),
            program: "p".into(),
            slot: 10,
            time: None,
            bytes: vec![1],
            error: "e".into(),
        }],
        watermark: Some(10),
        ..Batch::default()
    }
}

async fn what_is_there(pool: &PgPool) -> (i64, i64, i64, u64) {
    let (jobs, events) = (count(pool, "jobs").await, count(pool, "events").await);
    (jobs, events, count(pool, "dead_letters").await, store::watermark(pool).await.unwrap())
}

/// Kills a child while its batch waits with a statement, and applies the batch again.
async fn killed_at(prepare: &'static str, lock: &'static str, waits: &str) {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("killed").await;
    sqlx::raw_sql(prepare).execute(&pool).await.unwrap();
    let mut holder = PgConnection::connect(&url).await.unwrap();
    let mut held = holder.begin().await.unwrap();
    sqlx::query(lock).execute(&mut *held).await.unwrap();
    let child = spawn(&["apply", &url]);
    let waiting = format!(
        "pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'assay-indexer' AND query LIKE '{waits}%'"
    );
    let mut tries = 0;
    while count(&pool, &waiting).await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        tries += 1;
        assert!(
            tries < 1_000,
            "it never waited: {:?}",
            json(&pool, "SELECT to_jsonb(a) FROM pg_stat_activity a").await
        );
    }
    kill(child);
    held.rollback().await.unwrap();
    let mut writer = loop {
        if let Some(writer) = Writer::acquire(&url).await.unwrap() {
            break writer;
        }
    };
    assert_eq!(what_is_there(&pool).await, (0, 0, 0, 0), "all or nothing");
    writer.apply(batch()).await.unwrap();
    assert_eq!(what_is_there(&pool).await, (2, 1, 1, 10));
}

#[tokio::test]
async fn kill_9_mid_batch() {
    // Rows and events are written, dead letters are not.
    killed_at("", "LOCK TABLE dead_letters IN EXCLUSIVE MODE", "DELETE FROM dead_letters").await;
}

#[tokio::test]
async fn kill_9_between_data_and_watermark() {
    let prepare = "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN new; END $$;
         CREATE TRIGGER wait BEFORE UPDATE OF slot ON watermark FOR EACH ROW EXECUTE FUNCTION wait()";
    killed_at(prepare, "SELECT pg_advisory_xact_lock(1)", "UPDATE watermark SET slot").await;
}

#[tokio::test]
async fn killed_at_200_random_points() {
    let seed = 20_260_101;
    println!("seed {seed}");
    let mut random = Random(seed);
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("killed").await;
    let (chain, last) = chain(seed, TICKS, 0, TICK);
    let progress = async || -> i64 {
        sqlx::query_scalar("SELECT slot + finalized FROM watermark").fetch_one(&pool).await.unwrap()
    };
    let (mut lives, mut tick) = (0, 1);
    for _ in 0..200 {
        let before = progress().await;
        let (child, begin) = (ready(&["run", &url, &seed.to_string(), &tick.to_string()]), Instant::now());
        // Most lives get as far as writing; the others end while they begin.
        if random.below(4) > 0 {
            while progress().await == before && begin.elapsed() < Duration::from_secs(1) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(random.below(80))).await;
        kill(child);
        lives += i32::from(progress().await > before);
        // A little more than the child saw, so that time does not go back; and no longer than there are slots.
        tick = (tick + 2 + begin.elapsed().as_nanos() / TICK).min(u128::from(TICKS) - 100);
    }
    let (events, gone) = (count(&pool, "events").await, retracted(&pool).await.len());
    println!("{lives} of 200 lives wrote; {events} events and {gone} retractions when the last was killed");
    assert!(lives >= 50 && events >= 200 && gone >= 5, "the killed must have been at work");
    chain.with(|chain| chain.clock = Some((since(u128::from(TICKS) * 2), TICK)));
    index_until(&chain, &url, SWEEP, async || store::finalized(&pool).await.unwrap() >= last - 1).await;

    let (url, rebuilt) = postgres.migrated("rebuilt").await;
    ingest::rebuild(Arc::new(chain.clone()), Rows::new().unwrap(), &url).await.unwrap();
    let (found, expected) = (dump(&pool).await, dump(&rebuilt).await);
    assert!(expected.len() > 1_000);
    let first = found.iter().zip(&expected).find(|(found, expected)| found != expected);
    assert!(first.is_none(), "{first:?}");
    assert_eq!(found.len(), expected.len());
    assert_eq!(ingest::verify(&chain, &pool).await.unwrap(), Vec::<String>::new());
}

/// Resident memory of a process, in kB.
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

#[tokio::test]
async fn soak_memory_flat() {
    /// kB that the second half may be above the first: what an allocator keeps, not what a leak of this load makes.
    const MORE: u64 = 16 * 1_024;
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("soak").await;
    let child = ready(&["run", &url, "7", "1"]);
    let (mut halves, half) = ([0, 0], u64::from(u16::try_from(TICKS).unwrap()) / 24);
    for (n, most) in halves.iter_mut().enumerate() {
        // A part of the chain each, however long it takes.
        let until = 100 + half * (u64::try_from(n).unwrap() + 1);
        while store::watermark(&pool).await.unwrap() < until {
            *most = memory(child.id()).max(*most);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let events = count(&pool, "events").await;
    kill(child);
    println!("{halves:?} kB with {events} events");
    assert!(events > 100, "it was under load");
    assert!(halves[1] <= halves[0] + MORE, "{halves:?}");
}
