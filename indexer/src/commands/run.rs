//! Until stopped: indexing, serving, or both.

use std::{
    process::ExitCode,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use futures_util::{FutureExt, StreamExt, future::LocalBoxFuture, stream::FuturesUnordered};
use solana_sdk::pubkey::Pubkey;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    Error, Result,
    config::Config,
    decode::Rows,
    ingest::{self, Selected},
    serve, store,
};

type Task = LocalBoxFuture<'static, Result<()>>;

/// Both.
pub async fn run(config: Config) -> Result<ExitCode> {
    let rows = Rows::new()?;
    let source = super::source(&config, &rows)?;
    let stop = CancellationToken::new();
    let api = api(&config, source.clone(), stop.clone()).await?;
    let indexer = indexer(&config, source, rows, stop.clone())?;
    until_stopped(&config, vec![indexer, api], stop).await
}

/// Indexing alone.
pub async fn ingest(config: Config) -> Result<ExitCode> {
    let rows = Rows::new()?;
    let source = super::source(&config, &rows)?;
    let stop = CancellationToken::new();
    let indexer = indexer(&config, source, rows, stop.clone())?;
    until_stopped(&config, vec![indexer], stop).await
}

/// Serving alone.
pub async fn serve(config: Config) -> Result<ExitCode> {
    let source = super::source(&config, &Rows::new()?)?;
    let stop = CancellationToken::new();
    let api = api(&config, source, stop.clone()).await?;
    until_stopped(&config, vec![api], stop).await
}

fn indexer(config: &Config, source: Arc<Selected>, rows: Rows, stop: CancellationToken) -> Result<Task> {
    let pool = store::pool(&config.database_url)?;
    let (url, sweep, symbols) = (config.database_url.clone(), config.sweep(), config.symbols.clone());
    tokio::spawn(name_mints(pool.clone(), symbols, stop.clone()));
    tokio::spawn(store::keep(pool.clone(), config.retention.clone(), stop.clone()));
    let indexer = async move {
        if let Some(rpc) = source.rpc() {
            expect(rpc, &rows, &pool).await;
        }
        ingest::run(source, rows, &url, sweep, stop).await
    };
    Ok(indexer.boxed_local())
}

/// Tells the source what the tables have, so that it misses what a scan leaves out. Without a database, or in an empty
/// one, there is nothing to miss.
async fn expect(rpc: &ingest::RpcSource, rows: &Rows, pool: &PgPool) {
    for (program, name) in rows.programs() {
        for table in store::Table::ALL.into_iter().filter(|table| table.program() == name) {
            let sql = format!("SELECT address FROM {} WHERE closed_slot IS NULL", table.name());
            let found = sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(sql)).fetch_all(pool).await;
            let addresses = found.unwrap_or_default().into_iter();
            rpc.expect(program, addresses.filter_map(|address| address.parse::<Pubkey>().ok()));
        }
    }
}

async fn api(config: &Config, source: Arc<Selected>, stop: CancellationToken) -> Result<Task> {
    let metrics = serve::recorder()?.install_recorder().map_err(|why| Error::Start(why.to_string()))?;
    if let Some(folder) = &config.app
        && !folder.join("index.html").is_file()
    {
        let source = std::io::Error::new(std::io::ErrorKind::NotFound, "it has no index.html; build the app first");
        return Err(Error::File { path: folder.display().to_string(), source });
    }
    let listener = serve::bind(config.listen).await?;
    let pool = store::pool_with(&config.database_url, &config.database)?;
    let (wake, woken) = watch::channel(0);
    let chain_slot = Arc::new(AtomicU64::new(0));
    let shared =
        serve::Shared { pool: pool.clone(), chain_slot: chain_slot.clone(), wake: woken, metrics, stop: stop.clone() };
    let router = serve::router(serve::State::new(config, shared)?, config.app.as_deref())?;
    tracing::info!("serving on http://{}", config.listen);
    tokio::spawn(serve::listen(pool, wake, stop.clone()));
    tokio::spawn(serve::watch_slot(source, chain_slot, stop.clone()));
    let server = tokio::spawn(serve::serve(listener, router, stop));
    let server = server.map(|ended| ended.map_err(|why| Error::Start(format!("the server ended: {why}")))?);
    Ok(server.boxed_local())
}

/// Until a signal comes or one of them ends by what waiting does not mend; then all get some time to end well. What
/// the indexer does not finish in it is as if it had not begun: data and watermark are committed together.
async fn until_stopped(config: &Config, tasks: Vec<Task>, stop: CancellationToken) -> Result<ExitCode> {
    let mut all = FuturesUnordered::from_iter(tasks);
    let mut ended = vec![];
    tokio::select! {
        () = super::stopped() => {}
        Some(first) = all.next() => ended.push(first),
    }
    tracing::info!("stopping");
    stop.cancel();
    let rest = async {
        while let Some(next) = all.next().await {
            ended.push(next);
        }
    };
    if tokio::time::timeout(Duration::from_secs(config.stop_seconds), rest).await.is_err() {
        tracing::info!("what is still under way is left; it is done again at the next start");
    }
    ended.into_iter().collect::<Result<()>>()?;
    Ok(ExitCode::SUCCESS)
}

/// Says what the mints are called, as soon as the database is there and has its tables.
async fn name_mints(pool: PgPool, symbols: Vec<(String, String)>, stop: CancellationToken) {
    while !stop.is_cancelled() && store::name_mints(&pool, &symbols).await.is_err() {
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
}
