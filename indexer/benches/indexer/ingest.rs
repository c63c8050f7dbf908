//! From a notice to a row: how many a second, how soon, and a whole market at once.

use std::{
    fmt::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use assay_indexer::{Result, decode::Rows, ingest, store};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions, types::Json};
use tokio_util::sync::CancellationToken;

use crate::{
    chain::{Chain, address, job},
    common::Postgres,
    figures::{percentiles, rate, ratio},
};

const NEVER: Duration = Duration::from_secs(3_600);

/// Account updates of the live path, of new and of known accounts, beside a bare `COPY` of the same rows and to upsert
/// them row by row.
pub async fn live(postgres: &Postgres, updates: u64) -> Result<Value> {
    let (url, pool) = postgres.migrated("live").await;
    // First, since it makes the files of the log, which are used again afterwards, as in a database that has run for a while.
    let copied = rate(updates, copy(&pool, updates).await?);
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
    chain.listener().await;
    until(&pool, "SELECT count(*) FROM watermark WHERE slot > 0").await;
    let new = told(&chain, &pool, updates, 0).await;
    let known = told(&chain, &pool, updates, 1).await;
    let visible = visible(&chain, &pool, updates).await;
    stop.cancel();
    let ended = tokio::task::spawn_blocking(|| run.join()).await.expect("it ends");
    ended.expect("the indexer does not panic")?;

    let few = (updates / 50).max(1);
    // By turns, and of each the median of three, as of `COPY`: what else the disk does hits all alike.
    let (mut single, mut careless) = (vec![], vec![]);
    for _ in 0..3 {
        single.push(one_by_one(&pool, few, "on").await?);
        careless.push(one_by_one(&pool, few, "off").await?);
    }
    let (single, careless) = (rate(few, median(single)), rate(few, median(careless)));
    let (new, known) = (rate(updates, new), rate(updates, known));
    Ok(json!({
        "updates": updates, "rows_per_s": new, "known_rows_per_s": known, "copy_rows_per_s": copied,
        "row_by_row_rows_per_s": single, "row_by_row_without_waiting_for_the_disk": careless,
        "of_copy": ratio(new as f64, copied as f64), "of_row_by_row": ratio(new as f64, single as f64),
        "of_row_by_row_without_waiting_for_the_disk": ratio(new as f64, careless as f64),
        "visible_after_notice": visible,
    }))
}

/// Tells of every account once; how long until the last is in the tables. They are written in order.
async fn told(chain: &Chain, pool: &PgPool, updates: u64, changes: u64) -> Duration {
    let listener = chain.listener().await;
    // Made beforehand: what a node sends is not the indexer's work.
    let notices: Vec<_> = (0..updates).map(|number| chain.notice(number, changes)).collect();
    let begun = Instant::now();
    for notice in notices {
        listener.send(notice).await.expect("the indexer listens");
    }
    let last = address(1, updates.saturating_sub(1));
    let text = format!("SELECT count(*) FROM jobs WHERE address = '{last}' AND data ->> 'released' = '{changes}'");
    until(pool, &text).await;
    let took = begun.elapsed();
    let text = format!("SELECT count(*) FROM jobs WHERE data ->> 'released' = '{changes}'");
    let found: i64 = sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(pool).await.expect("a count");
    assert_eq!(u64::try_from(found).ok(), Some(updates), "every account has its row");
    took
}

/// How long after its notice a row is there for readers: 50 a second for ten seconds.
async fn visible(chain: &Chain, pool: &PgPool, first: u64) -> Value {
    let listener = chain.listener().await;
    let mut times = vec![];
    for number in first..first + 500 {
        let begun = Instant::now();
        listener.send(chain.notice(number, 0)).await.expect("the indexer listens");
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

/// The same rows by `COPY` into the same table, which is empty before and after: all in one, the median of three times.
async fn copy(pool: &PgPool, updates: u64) -> Result<Duration> {
    let (rows, mut text) = (Rows::new()?, String::new());
    for number in 0..updates {
        let account = job(number, 0);
        let (_, data) = rows.state(&account).expect("it is a job");
        let data = data.to_string().replace('\\', "\\\\");
        let _ = writeln!(text, "{}\t1\t1\t{data}", account.address);
    }
    let mut connection = pool.acquire().await?;
    let mut times = vec![];
    for _ in 0..3 {
        let begun = Instant::now();
        let mut copy = connection.copy_in_raw("COPY jobs (address, slot, write_version, data) FROM STDIN").await?;
        copy.send(text.as_bytes()).await?;
        assert_eq!(copy.finish().await?, updates, "every row is copied");
        times.push(begun.elapsed());
        sqlx::query("TRUNCATE jobs").execute(&mut *connection).await?;
    }
    sqlx::query("CHECKPOINT").execute(&mut *connection).await?;
    Ok(median(times))
}

/// Of three.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[1]
}

/// The same accounts, decoded and upserted one at a time by way of a pool, as carbon's `PostgresJsonAccountProcessor` does: each
/// its own transaction, which waits for the disk or does not.
async fn one_by_one(pool: &PgPool, accounts: u64, synchronous: &str) -> Result<Duration> {
    let (rows, accounts): (_, Vec<_>) = (Rows::new()?, (0..accounts).map(|number| job(number, 1)).collect());
    // The others stay: they come into the same table that `COPY` and the indexer fill.
    let addresses: Vec<_> = accounts.iter().map(|account| account.address.to_string()).collect();
    let gone = sqlx::query("DELETE FROM jobs WHERE address = ANY ($1)").bind(addresses).execute(pool).await?;
    assert_eq!(gone.rows_affected(), accounts.len() as u64, "they were there");
    let options = (*pool.connect_options()).clone().options([("synchronous_commit", synchronous)]);
    let own = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
    let begun = Instant::now();
    for account in &accounts {
        let (_, data) = rows.state(account).expect("it is a job");
        let sql = "INSERT INTO jobs AS old (address, slot, write_version, data) VALUES ($1, $2, 1, $3)
             ON CONFLICT (address) DO UPDATE SET slot = excluded.slot, write_version = 1, data = excluded.data
             WHERE excluded.slot > old.slot";
        let query = sqlx::query(sql).bind(account.address.to_string()).bind(1_i64).bind(Json(data));
        query.execute(&own).await?;
    }
    Ok(begun.elapsed())
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

/// Until the count is not 0.
async fn until(pool: &PgPool, count: &str) {
    while sqlx::query_scalar::<_, i64>(AssertSqlSafe(count.to_owned())).fetch_one(pool).await.unwrap_or(0) == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
