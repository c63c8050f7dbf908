//! `scripts/bench.sh indexer`: how fast the indexer is, beside what bounds it, in one run on one machine. One JSON.

// It measures: whatever goes wrong ends it.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod chain;
#[path = "../../tests/common/mod.rs"]
mod common;
mod fanout;
mod figures;
mod ingest;
mod reads;
mod server;

use assay_indexer::Result;
use serde_json::json;

/// A number of the environment, or what is usual.
fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[tokio::main]
async fn main() -> Result<()> {
    let (updates, jobs, clients) = (number("UPDATES", 100_000), number("JOBS", 1_000_000), number("CLIENTS", 1_000));
    let postgres = common::Postgres::start_durable().await;
    let load_before = figures::load();
    let live = ingest::live(&postgres, updates).await?;
    eprintln!("live path: {live}");
    let (backfill, url, pool) = ingest::backfill(&postgres, jobs).await?;
    eprintln!("backfill: {backfill}");
    let high_water = figures::high_water_mib();
    let server = server::Server::start(&pool).await?;
    let reads = reads::reads(&server, &pool, jobs).await?;
    eprintln!("reads: {reads}");
    let fan_out = fanout::fan_out(&server, &url, usize::try_from(clients).unwrap_or(usize::MAX)).await?;
    let figures = json!({
        "load_average": {"before": load_before, "after": figures::load()}, "cores": figures::cores(), "live": live, "backfill": backfill, "memory_high_water_mib": high_water, "reads": reads, "fan_out": fan_out,
    });
    println!("{}", serde_json::to_string_pretty(&figures).expect("JSON"));
    Ok(())
}
