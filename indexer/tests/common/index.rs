//! Runs the loop as long as a test wants, and looks into the tables.

use std::{sync::Arc, time::Duration};

use assay_indexer::{
    decode::Rows,
    ingest::{self, Source},
};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

/// No sweep but the first, and those of new subscriptions.
pub const NEVER: Duration = Duration::from_secs(3_600);
/// Far more than anything here takes: what hangs shall say so.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs the indexer until `done`, then kills it: dropped wherever it is, as kill -9 would.
pub async fn index_until<S: Source>(source: Arc<S>, url: &str, sweep: Duration, mut done: impl AsyncFnMut() -> bool) {
    let run = ingest::run(source, Rows::new().unwrap(), url, sweep, CancellationToken::new());
    let wait = async {
        while !done().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        ended = run => panic!("it ended: {ended:?}"),
        () = wait => {}
        () = tokio::time::sleep(PATIENCE) => panic!("not done in {PATIENCE:?}"),
    }
}

/// Rows of a table; 0 before there is one.
pub async fn count(pool: &PgPool, table_and_condition: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table_and_condition}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(pool).await.unwrap_or(0)
}
