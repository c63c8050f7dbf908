//! The loop: notices as they come, history when a transaction was noticed, everything at each sweep.

use std::{collections::HashMap, pin::pin, sync::Arc, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{ChainTransaction, Commitment, Listed, Notice, Source};
use crate::{
    Error, Result,
    decode::Rows,
    store::{self, Applied, Batch, Scanned, Writer},
};

/// History is read again from this many slots before the watermark: nodes list late what they confirmed early.
const MARGIN: u64 = 64;
/// Transactions of a batch.
const CHUNK: usize = 200;
/// Requests under way at once.
const PARALLEL: usize = 8;
/// Notices that wait at most.
const NOTICES: usize = 10_000;
/// Notices of a batch.
const MOST: usize = 1_000;
/// How long after a noticed transaction was not in history yet it is looked for again.
const AGAIN: Duration = Duration::from_millis(150);
/// How often, before it is left to the next sweep.
const TRIES: u32 = 40;
/// How long to wait for the subscription before the first sweep starts without it.
const SUBSCRIBE_PATIENCE: Duration = Duration::from_secs(5);

/// Waits to be the database's writer and indexes until `stop`. Trouble with the database or the node is reported once
/// and waited out.
///
/// # Errors
/// What waiting does not mend: [`Error::Gap`], [`Error::OtherChain`], [`Error::Migrate`].
pub async fn run<S: Source>(
    source: Arc<S>,
    rows: Rows,
    database_url: &str,
    sweep: Duration,
    stop: CancellationToken,
) -> Result<()> {
    let mut trouble = Trouble::default();
    while !stop.is_cancelled() {
        match writer(database_url).await {
            Ok(Some(writer)) => {
                tracing::info!("this instance writes");
                let mut indexer = Indexer::new(source.clone(), rows.clone(), writer);
                match indexer.run(sweep, &stop, &mut trouble).await {
                    Ok(()) => return Ok(()),
                    Err(fatal @ (Error::Gap { .. } | Error::OtherChain { .. })) => return Err(fatal),
                    Err(why) => trouble.report(&why),
                }
            }
            Err(fatal @ Error::Migrate(_)) => return Err(fatal),
            Ok(None) => trouble.note("another instance writes; this one serves, and takes over when that one ends"),
            Err(why) => trouble.report(&why),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(Duration::from_secs(1)) => {}
        }
    }
    Ok(())
}

async fn writer(url: &str) -> Result<Option<Writer>> {
    store::migrate(url).await?;
    Writer::acquire(url).await
}

/// Fills an empty database from the chain's history and accounts; returns the watermark.
///
/// # Errors
/// Any: nothing is waited out. [`Error::NotEmpty`] and [`Error::Locked`] if the database is not free for it.
pub async fn rebuild<S: Source>(source: Arc<S>, rows: Rows, database_url: &str) -> Result<u64> {
    let mut writer = Writer::acquire(database_url).await?.ok_or(Error::Locked)?;
    match writer.watermark().await? {
        0 => {}
        slot => return Err(Error::NotEmpty(slot)),
    }
    let mut indexer = Indexer::new(source, rows, writer);
    indexer.begin().await?;
    indexer.sweep().await?;
    indexer.writer.watermark().await
}

/// Says each trouble once, and when it is over.
#[derive(Default)]
struct Trouble {
    last: Option<String>,
}

impl Trouble {
    fn report(&mut self, why: &Error) {
        metrics::counter!("assay_indexer_errors_total", "kind" => kind(why)).increment(1);
        let text = why.to_string();
        if self.last.as_ref() != Some(&text) {
            tracing::warn!("{text}");
            self.last = Some(text);
        }
    }

    fn note(&mut self, text: &str) {
        if self.last.as_deref() != Some(text) {
            tracing::info!("{text}");
            self.last = Some(text.into());
        }
    }

    fn over(&mut self) {
        if self.last.take().is_some() {
            tracing::info!("indexing goes on");
        }
    }
}

fn kind(why: &Error) -> &'static str {
    match why {
        Error::Database(_) | Error::Migrate(_) => "database",
        Error::Rpc { .. } => "rpc",
        Error::WebSocket { .. } => "websocket",
        _ => "other",
    }
}

struct Indexer<S> {
    source: Arc<S>,
    rows: Rows,
    writer: Writer,
    /// Transactions of the last slots that are in the tables, so that they are not fetched again.
    done: HashMap<String, u64>,
    /// Noticed transactions that history has not told yet, and how often it was asked.
    pending: HashMap<String, u32>,
}

impl<S: Source> Indexer<S> {
    fn new(source: Arc<S>, rows: Rows, writer: Writer) -> Self {
        Self { source, rows, writer, done: HashMap::new(), pending: HashMap::new() }
    }

    /// Makes sure that the tables and the node's history fit.
    async fn begin(&mut self) -> Result<()> {
        self.writer.claim(&self.source.genesis().await?).await?;
        let indexed = self.writer.watermark().await?;
        if indexed > 0
            && let Some(first) = self.source.gap_after(indexed).await?
        {
            return Err(Error::Gap { indexed, first });
        }
        Ok(())
    }

    async fn run(&mut self, every: Duration, stop: &CancellationToken, trouble: &mut Trouble) -> Result<()> {
        loop {
            match self.begin().await {
                Ok(()) => break,
                Err(why @ Error::Rpc { .. }) => trouble.report(&why),
                Err(why) => return Err(why),
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = sleep(Duration::from_secs(1)) => {}
            }
        }
        let (send, mut notices) = mpsc::channel(NOTICES);
        let subscriber = tokio::spawn(subscribe(self.source.clone(), send, stop.clone()));
        let result = self.follow(every, stop, trouble, &mut notices).await;
        subscriber.abort();
        result
    }

    async fn follow(
        &mut self,
        every: Duration,
        stop: &CancellationToken,
        trouble: &mut Trouble,
        notices: &mut mpsc::Receiver<Notice>,
    ) -> Result<()> {
        // Subscribe first, so that between the sweep and the first notice nothing is lost.
        let first = tokio::time::timeout(SUBSCRIBE_PATIENCE, notices.recv()).await.ok().flatten();
        let mut batch: Vec<Notice> = first.into_iter().collect();
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut again = Instant::now();
        loop {
            let mut sweep = false;
            if batch.is_empty() {
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    _ = ticks.tick() => sweep = true,
                    count = notices.recv_many(&mut batch, MOST) => {
                        if count == 0 {
                            return Err(Error::WebSocket { what: "listen", why: "the subscriber ended".into() });
                        }
                    }
                    () = sleep_until(again), if !self.pending.is_empty() => {}
                }
            }
            let (noticed, resubscribed) = self.notices(std::mem::take(&mut batch)).await?;
            let due = !self.pending.is_empty() && (noticed || again <= Instant::now());
            let done = if sweep || resubscribed {
                self.sweep().await
            } else if due {
                again = Instant::now() + AGAIN;
                self.backfill().await
            } else {
                continue;
            };
            match done {
                Ok(()) => trouble.over(),
                // The node's trouble is waited out here; the database's costs the lock, and that is the caller's.
                Err(why @ Error::Rpc { .. }) => {
                    trouble.report(&why);
                    again = Instant::now() + Duration::from_secs(1);
                    tokio::select! {
                        () = stop.cancelled() => return Ok(()),
                        () = sleep(Duration::from_millis(500)) => {}
                    }
                }
                Err(why) => return Err(why),
            }
        }
    }

    /// Writes noticed accounts and remembers noticed transactions. Says whether there were transactions, and whether
    /// the subscription is new.
    async fn notices(&mut self, notices: Vec<Notice>) -> Result<(bool, bool)> {
        let (mut batch, mut noticed, mut subscribed) = (Batch::default(), false, false);
        for notice in notices {
            match notice {
                Notice::Subscribed => subscribed = true,
                Notice::Account { slot, write_version, account } => {
                    let version = write_version.unwrap_or_else(|| self.writer.version());
                    self.rows.account(&mut batch, &account, slot, version);
                }
                Notice::Transaction { signature } => {
                    if !self.done.contains_key(&signature) {
                        self.pending.entry(signature).or_insert(0);
                        noticed = true;
                    }
                }
                Notice::Slot { .. } => {}
            }
        }
        self.apply(batch).await?;
        Ok((noticed, subscribed))
    }

    /// History, then all accounts.
    async fn sweep(&mut self) -> Result<()> {
        self.pending.clear();
        self.backfill().await?;
        for (program, name) in self.rows.programs() {
            let scan = self.source.scan(program, Commitment::Confirmed).await?;
            let mut batch = Batch::default();
            for account in &scan.accounts {
                self.rows.account(&mut batch, account, scan.slot, 0);
            }
            let present = scan.accounts.iter().map(|account| account.address.to_string()).collect();
            batch.scanned.push(Scanned { program: name, slot: scan.slot, present });
            self.apply(batch).await?;
        }
        metrics::counter!("assay_indexer_sweeps_total").increment(1);
        Ok(())
    }

    /// Every transaction since the watermark that is not in the tables yet, oldest first.
    async fn backfill(&mut self) -> Result<()> {
        // Asked before the listing, so that the listing is complete up to there.
        let top = self.source.slot().await?;
        let watermark = self.writer.watermark().await?;
        let mut listed = self.source.history(watermark.saturating_sub(MARGIN), Commitment::Confirmed).await?;
        listed.retain(|entry| !self.done.contains_key(&entry.signature));
        for chunk in listed.chunks(CHUNK) {
            let transactions = self.fetch(chunk).await?;
            let mut batch = Batch::default();
            for transaction in &transactions {
                self.rows.transaction(&mut batch, transaction);
            }
            // The chunk's last slot may go on in the next chunk.
            batch.watermark = chunk.last().map(|last| last.slot.saturating_sub(1).min(top));
            self.apply(batch).await?;
            for entry in chunk {
                self.pending.remove(&entry.signature);
                self.done.insert(entry.signature.clone(), entry.slot);
            }
        }
        self.apply(Batch { watermark: Some(top), ..Batch::default() }).await?;
        metrics::gauge!("assay_indexer_slot").set(top as f64);
        let keep = top.saturating_sub(2 * MARGIN);
        self.done.retain(|_, slot| *slot >= keep);
        self.pending.retain(|_, tries| {
            *tries += 1;
            *tries < TRIES
        });
        Ok(())
    }

    async fn fetch(&self, chunk: &[Listed]) -> Result<Vec<ChainTransaction>> {
        stream::iter(chunk).map(|listed| self.source.transaction(listed)).buffered(PARALLEL).try_collect().await
    }

    async fn apply(&mut self, batch: Batch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let Applied { rows, events, dead } = self.writer.apply(batch).await?;
        metrics::counter!("assay_indexer_batches_total").increment(1);
        metrics::counter!("assay_indexer_rows_total").increment(rows);
        metrics::counter!("assay_indexer_events_total").increment(events);
        metrics::counter!("assay_indexer_dead_letters_total").increment(dead);
        if dead > 0 {
            tracing::warn!(dead, "could not be decoded; kept in the table dead_letters");
        }
        Ok(())
    }
}

/// Keeps a subscription, with pauses that double between failures, until `stop` or nobody listens.
async fn subscribe<S: Source>(source: Arc<S>, notices: mpsc::Sender<Notice>, stop: CancellationToken) {
    let backoff = || {
        let builder = ExponentialBuilder::default().with_min_delay(Duration::from_millis(200));
        builder.with_max_delay(Duration::from_secs(10)).with_jitter().without_max_times().build()
    };
    let (mut delays, mut trouble) = (backoff(), Trouble::default());
    let mut stopped = pin!(stop.cancelled());
    while !notices.is_closed() {
        let started = Instant::now();
        let ended = tokio::select! {
            () = &mut stopped => return,
            ended = source.subscribe(notices.clone()) => ended,
        };
        if let Err(why) = ended {
            trouble.report(&why);
            // The loop finds the gap, too, when it begins again; and stops.
            if matches!(why, Error::Gap { .. }) {
                return;
            }
        }
        // It worked for a while: start over with short pauses, and say so when it fails again.
        if started.elapsed() > Duration::from_secs(10) {
            (delays, trouble) = (backoff(), Trouble::default());
        }
        tokio::select! {
            () = &mut stopped => return,
            () = sleep(delays.next().unwrap_or(Duration::from_secs(10))) => {}
        }
    }
}
