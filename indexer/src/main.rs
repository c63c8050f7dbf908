//! The indexer's binary.

use std::{
    io::IsTerminal,
    pin::pin,
    process::ExitCode,
    sync::{Arc, atomic::AtomicU64},
};

use assay_indexer::{
    Error, Result,
    config::{Cli, Command, Config},
    decode::Rows,
    ingest::{self, RpcSource},
    serve, store,
};
use clap::Parser;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, fmt};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    log(cli.config.log_json);
    let done = match cli.command.unwrap_or(Command::Run) {
        Command::Run => run(cli.config).await,
        Command::Verify => verify(cli.config).await,
        Command::Rebuild => rebuild(cli.config).await,
    };
    match done {
        Ok(code) => code,
        Err(why) => {
            tracing::error!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn log(json: bool) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,solana_pubsub_client=error,solana_rpc_client=warn"));
    let log = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    if json { log.json().init() } else { log.init() }
}

fn source(config: &Config, rows: &Rows) -> Arc<RpcSource> {
    let programs = rows.programs().into_iter().map(|(id, _)| id).collect();
    Arc::new(RpcSource::new(&config.rpc_url, &config.websocket(), programs))
}

async fn run(config: Config) -> Result<ExitCode> {
    let metrics = PrometheusBuilder::new().install_recorder().map_err(|why| Error::Start(why.to_string()))?;
    if let Some(folder) = &config.app
        && !folder.join("index.html").is_file()
    {
        let source = std::io::Error::new(std::io::ErrorKind::NotFound, "it has no index.html; build the app first");
        return Err(Error::File { path: folder.display().to_string(), source });
    }
    let listener = serve::bind(config.listen).await?;
    let rows = Rows::new()?;
    let source = source(&config, &rows);
    let pool = store::pool(&config.database_url)?;

    let stop = CancellationToken::new();
    let (wake, woken) = watch::channel(0);
    let chain_slot = Arc::new(AtomicU64::new(0));
    let shared =
        serve::Shared { pool: pool.clone(), chain_slot: chain_slot.clone(), wake: woken, metrics, stop: stop.clone() };
    let state = serve::State::new(&config, shared)?;
    let router = serve::router(state, config.app.as_deref())?;
    tracing::info!("serving on http://{}", config.listen);
    tokio::spawn(serve::listen(pool.clone(), wake, stop.clone()));
    tokio::spawn(store::keep(pool.clone(), config.store.clone(), stop.clone()));
    tokio::spawn(name_mints(pool.clone(), config.symbols.clone(), stop.clone()));
    tokio::spawn(serve::watch_slot(source.clone(), chain_slot, stop.clone()));
    let server = tokio::spawn(serve::serve(listener, router, stop.clone()));
    let mut indexer = pin!(ingest::run(source, rows, &config.database_url, config.sweep(), stop.clone()));

    // Stopped from outside, or ended by what waiting does not mend.
    let ended = tokio::select! {
        () = stopped() => None,
        ended = &mut indexer => Some(ended),
    };
    tracing::info!("stopping");
    stop.cancel();
    let ended = match ended {
        Some(ended) => ended,
        None => indexer.await,
    };
    let served = server.await.map_err(|why| Error::Start(why.to_string()))?;
    ended?;
    served?;
    Ok(ExitCode::SUCCESS)
}

/// Says what the mints are called, as soon as the database is there and has its tables.
async fn name_mints(pool: sqlx::PgPool, symbols: Vec<(String, String)>, stop: CancellationToken) {
    while !stop.is_cancelled() && store::name_mints(&pool, &symbols).await.is_err() {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}

/// Resolves at SIGTERM or Ctrl-C.
async fn stopped() {
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

async fn verify(config: Config) -> Result<ExitCode> {
    let rows = Rows::new()?;
    let pool = store::pool(&config.database_url)?;
    let differences = ingest::verify(&*source(&config, &rows), &pool).await?;
    for difference in &differences {
        println!("{difference}");
    }
    match differences.len() {
        0 => {
            println!("every open row equals the chain");
            Ok(ExitCode::SUCCESS)
        }
        count => {
            eprintln!("{count} differences");
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn rebuild(config: Config) -> Result<ExitCode> {
    let rows = Rows::new()?;
    store::migrate(&config.database_url).await?;
    let slot = ingest::rebuild(source(&config, &rows), rows, &config.database_url).await?;
    println!("rebuilt up to slot {slot}");
    Ok(ExitCode::SUCCESS)
}
