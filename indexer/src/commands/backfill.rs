//! History read again.

use std::process::ExitCode;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::progress::Progress;
use crate::{
    Error, Result,
    config::Config,
    decode::Rows,
    ingest::{ChainTransaction, Commitment, Source},
    store::{self, Batch, Writer},
};

/// Transactions of a batch.
const CHUNK: usize = 200;
/// Requests under way at once.
const PARALLEL: usize = 8;

/// Adds the events since a slot that the tables lack; what they have stays as it is.
pub async fn backfill(config: Config, from: u64) -> Result<ExitCode> {
    let rows = Rows::new()?;
    let source = Progress::new(super::source(&config, &rows)?);
    store::migrate(&config.database_url).await?;
    let mut writer = Writer::acquire(&config.database_url).await?.ok_or(Error::Locked)?;
    writer.claim(&source.genesis().await?).await?;
    let before = from.saturating_sub(1);
    if let Some(first) = source.gap_after(before).await? {
        return Err(Error::Gap { indexed: before, first });
    }
    let listed = source.history(from, Commitment::Confirmed).await?;
    let mut events = 0;
    for chunk in listed.chunks(CHUNK) {
        let told = stream::iter(chunk).map(|listed| source.transaction(listed)).buffered(PARALLEL);
        let told: Vec<ChainTransaction> = told.try_collect().await?;
        let mut batch = Batch::default();
        for transaction in &told {
            rows.transaction(&mut batch, transaction);
        }
        // No watermark: what this run did not look at may still be missing before it.
        if !batch.is_empty() {
            events += writer.apply(batch).await?.events;
        }
    }
    source.finish();
    println!("{} transactions since slot {from}, {events} new events", listed.len());
    Ok(ExitCode::SUCCESS)
}
