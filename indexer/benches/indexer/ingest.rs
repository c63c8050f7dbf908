//! From a notice to a row: how many a second, how soon, and a whole market at once.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use assay_indexer::{Result, decode::Rows, ingest, store};
use serde_json::{Value, json};
use sqlx::{PgPool, Row as _};
use tokio_util::sync::CancellationToken;

use crate::{
    chain::{Chain, address},
    common::Postgres,
    figures::{percentiles, rate, ratio},
};

const NEVER: Duration = Duration::from_secs(3_600);

/// Account updates of the live path beside a bare `COPY` of the same rows and row-by-row upserts.
pub async fn live(postgres: &Postgres, updates: u64) -> Result<Value> {
    let (url, pool) = postgres.migrated("live").await;
    let chain = Arc::new(Chain::of(0));
    let stop = CancellationToken::new();
    let run = {
        let (chain, stop, url) = (chain.clone(), stop.clone(), url.clone());
        // A thread of its own, as the binary's main thread is: the loop's future does not move between threads.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async { ingest::run(chain, Rows::new()?, &url, NEVER, stop).await })
        })
    };
    let listener = chain.listener().await;
    until(&pool, "SELECT count(*) FROM watermark WHERE slot > 0", 1).await;

    // Made beforehand: what a node sends is not the indexer's work.
    let notices: Vec<_> = (0..updates).map(|number| chain.notice(number)).collect();
    let begun = Instant::now();
    for notice in notices {
        listener.send(notice).await.expect("the indexer listens");
    }
    until(&pool, "SELECT count(*) FROM jobs", updates).await;
    let took = begun.elapsed();

    let visible = visible(&chain, &pool, updates).await;
    stop.cancel();
    let ended = tokio::task::spawn_blocking(|| run.join()).await.expect("it ends");
    ended.expect("the indexer does not panic")?;

    let copy = copy(&pool, updates).await;
    let rows = (updates / 20).max(1);
    let one_by_one = one_by_one(&pool, rows).await;
    let (ours, copied, single) = (rate(updates, took), rate(updates, copy), rate(rows, one_by_one));
    Ok(json!({
        "updates": updates, "rows_per_s": ours, "copy_rows_per_s": copied, "row_by_row_rows_per_s": single,
        "of_copy": ratio(ours as f64, copied as f64), "of_row_by_row": ratio(ours as f64, single as f64),
        "visible_after_notice": visible,
    }))
}

/// How long after its notice a row is there for readers: 50 a second for ten seconds.
async fn visible(chain: &Chain, pool: &PgPool, first: u64) -> Value {
    let listener = chain.listener().await;
    let mut times = vec![];
    for number in first..first + 500 {
        let begun = Instant::now();
        listener.send(chain.notice(number)).await.expect("the indexer listens");
        let row = "SELECT count(*) FROM jobs WHERE address = $1";
        let address = address(1, number).to_string();
        while sqlx::query_scalar::<_, i64>(row).bind(&address).fetch_one(pool).await.unwrap_or(0) == 0 {
            tokio::task::yield_now().await;
        }
        times.push(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(20).saturating_sub(begun.elapsed())).await;
    }
    percentiles(times)
}

/// The same rows by `COPY` into the same table, emptied.
async fn copy(pool: &PgPool, rows: u64) -> Duration {
    let sql = "COPY (SELECT address, slot, write_version, data FROM jobs LIMIT ".to_owned()
        + &rows.to_string()
        + ") TO STDOUT";
    let mut connection = pool.acquire().await.expect("a connection");
    let text = {
        use futures_util::TryStreamExt;
        use sqlx::postgres::PgPoolCopyExt;
        let chunks: Vec<_> = pool.copy_out_raw(&sql).await.expect("a copy").try_collect().await.expect("all of it");
        chunks.concat()
    };
    sqlx::query("TRUNCATE jobs").execute(&mut *connection).await.expect("an empty table");
    let begun = Instant::now();
    let mut copy =
        connection.copy_in_raw("COPY jobs (address, slot, write_version, data) FROM STDIN").await.expect("a copy");
    copy.send(text.as_slice()).await.expect("the rows");
    copy.finish().await.expect("the end");
    begun.elapsed()
}

/// The same guarded upsert for one row at a time, each its own transaction.
async fn one_by_one(pool: &PgPool, rows: u64) -> Duration {
    let limit = i64::try_from(rows).unwrap_or(i64::MAX);
    let found = sqlx::query("SELECT address, slot, data::text FROM jobs LIMIT $1").bind(limit).fetch_all(pool).await;
    let found: Vec<(String, i64, String)> =
        found.expect("rows").iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    sqlx::query("TRUNCATE jobs").execute(pool).await.expect("an empty table");
    let mut connection = pool.acquire().await.expect("a connection");
    let begun = Instant::now();
    for (address, slot, data) in &found {
        let sql = "INSERT INTO jobs AS old (address, slot, write_version, data) VALUES ($1, $2, 1, $3::jsonb)
             ON CONFLICT (address) DO UPDATE SET slot = excluded.slot, write_version = 1, data = excluded.data
             WHERE excluded.slot > old.slot";
        let query = sqlx::query(sql).bind(address).bind(slot).bind(data);
        query.execute(&mut *connection).await.expect("a row");
    }
    begun.elapsed()
}

/// A market of `accounts` jobs into an empty database, by scan. Leaves the database for the reads.
pub async fn backfill(postgres: &Postgres, accounts: u64) -> Result<(Value, String, PgPool)> {
    let (url, pool) = postgres.migrated("market").await;
    let begun = Instant::now();
    ingest::rebuild(Arc::new(Chain::of(accounts)), Rows::new()?, &url).await?;
    let took = begun.elapsed();
    let found: i64 = sqlx::query_scalar("SELECT count(*) FROM jobs").fetch_one(&pool).await?;
    assert_eq!(u64::try_from(found).ok(), Some(accounts), "every account has its row");
    store::name_mints(&pool, &[]).await?;
    let figures =
        json!({"accounts": accounts, "seconds": took.as_secs_f64().round(), "rows_per_s": rate(accounts, took)});
    Ok((figures, url, pool))
}

async fn until(pool: &PgPool, count: &'static str, wanted: u64) {
    let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
    while sqlx::query_scalar::<_, i64>(count).fetch_one(pool).await.unwrap_or(0) < wanted {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
