//! Everything again: history since the watermark, and all accounts.

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::task::spawn_blocking;

use super::{ChainAccount, ChainTransaction, Commitment, Listed, Scan, Source, run::Indexer};
use crate::{
    Error, Result,
    store::{Applied, Batch, Scanned},
};

/// History is read again from this many slots before the watermark: nodes list late what they confirmed early.
pub(super) const MARGIN: u64 = 64;
/// Transactions of a batch.
const CHUNK: usize = 200;
/// Accounts of a batch.
const ACCOUNTS: usize = 5_000;
/// Batches of accounts that are decoded ahead.
const DECODERS: usize = 2;
/// From so many accounts of a program on, an empty table is indexed after it is filled.
const MANY: usize = 20_000;
/// Requests under way at once.
const PARALLEL: usize = 8;
/// How often a noticed transaction is looked for in history before it is left to the next sweep.
const TRIES: u32 = 40;

impl<S: Source> Indexer<S> {
    /// What became final, history, then all accounts.
    pub(super) async fn sweep(&mut self, commitment: Commitment) -> Result<()> {
        self.pending.clear();
        self.audit().await?;
        self.backfill().await?;
        for (program, name) in self.rows.programs() {
            let scan = self.source.scan(program, commitment).await?;
            if scan.accounts.len() >= MANY {
                // An empty database: filled first, then indexed, which takes a fraction of the time.
                self.writer.put_off_indexes(name).await?;
            }
            let present = scan.accounts.iter().map(|account| account.address.to_string()).collect();
            let slot = scan.slot;
            self.write_accounts(scan).await?;
            let finalized = commitment == Commitment::Finalized;
            let scanned = vec![Scanned { program: name, slot, present, finalized }];
            self.apply(Batch { scanned, ..Batch::default() }).await?;
            self.writer.make_indexes().await?;
        }
        metrics::counter!("assay_indexer_sweeps_total").increment(1);
        Ok(())
    }

    /// In parts, so that memory and locks stay small; what is absent the whole alone can tell. While the database
    /// writes one part, the next are decoded on other threads.
    async fn write_accounts(&mut self, scan: Scan) -> Result<()> {
        let Scan { slot, accounts } = scan;
        let (rows, mut accounts) = (self.rows.clone(), accounts.into_iter());
        let parts = std::iter::from_fn(move || {
            let part: Vec<_> = accounts.by_ref().take(ACCOUNTS).collect();
            (!part.is_empty()).then_some(part)
        });
        let decode = move |part: Vec<ChainAccount>| {
            let rows = rows.clone();
            spawn_blocking(move || {
                let mut batch = Batch::default();
                part.iter().for_each(|account| rows.scanned(&mut batch, account, slot));
                batch
            })
        };
        let mut batches = stream::iter(parts).map(decode).buffered(DECODERS);
        while let Some(batch) = batches.next().await {
            self.apply(batch.map_err(|why| Error::Fault(why.to_string()))?).await?;
        }
        Ok(())
    }

    /// Every transaction since the watermark that is not in the tables yet, oldest first.
    pub(super) async fn backfill(&mut self) -> Result<()> {
        // Asked before the listing, so that the listing is complete up to there.
        let top = self.source.slot().await?;
        let watermark = self.writer.watermark().await?;
        let listed = self.source.history(watermark.saturating_sub(MARGIN), Commitment::Confirmed).await?;
        self.write_history(listed, top, false).await?;
        self.apply(Batch { watermark: Some(top), ..Batch::default() }).await?;
        metrics::gauge!("assay_indexer_slot").set(top as f64);
        let keep = top.saturating_sub(4 * MARGIN);
        self.done.retain(|_, slot| *slot >= keep);
        self.pending.retain(|_, tries| {
            *tries += 1;
            *tries < TRIES
        });
        Ok(())
    }

    /// Fetches and writes those of the listed transactions that are not in the tables yet; what is `last` is final as
    /// it comes.
    pub(super) async fn write_history(&mut self, mut listed: Vec<Listed>, top: u64, last: bool) -> Result<()> {
        listed.retain(|entry| self.done.get(&entry.signature) != Some(&entry.slot));
        for chunk in listed.chunks(CHUNK) {
            let transactions = self.fetch(chunk).await?;
            let mut batch = Batch::default();
            for transaction in &transactions {
                self.rows.transaction(&mut batch, transaction);
            }
            // The chunk's last slot may go on in the next chunk.
            batch.watermark = chunk.last().map(|last| last.slot.saturating_sub(1).min(top));
            batch.finalized = batch.watermark.filter(|_| last);
            self.apply(batch).await?;
            for entry in chunk {
                self.pending.remove(&entry.signature);
                self.done.insert(entry.signature.clone(), entry.slot);
            }
        }
        Ok(())
    }

    async fn fetch(&self, chunk: &[Listed]) -> Result<Vec<ChainTransaction>> {
        stream::iter(chunk).map(|listed| self.source.transaction(listed)).buffered(PARALLEL).try_collect().await
    }

    pub(super) async fn apply(&mut self, batch: Batch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let Applied { rows, events, dead, retracted } = self.writer.apply(batch).await?;
        metrics::counter!("assay_indexer_batches_total").increment(1);
        metrics::counter!("assay_indexer_rows_total").increment(rows);
        metrics::counter!("assay_indexer_events_total").increment(events);
        metrics::counter!("assay_indexer_dead_letters_total").increment(dead);
        metrics::counter!("assay_indexer_retracted_events_total").increment(retracted);
        if dead > 0 {
            tracing::warn!(dead, "could not be decoded; kept in the table dead_letters");
        }
        Ok(())
    }
}
