//! The loop: notices as they come, history when a transaction was noticed, everything at each sweep.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    Commitment, Notice, SlotStatus, Source,
    told::{self, Told},
    trouble::Trouble,
};
use crate::{
    Error, Result,
    decode::Rows,
    store::{self, Batch, Change, Row, Writer},
};

/// Notices that wait at most.
const NOTICES: usize = 10_000;
/// Notices of a batch, and decoded ones that wait at most.
const MOST: usize = 2_000;
/// How long after a noticed transaction was not in history yet it is looked for again.
const AGAIN: Duration = Duration::from_millis(150);
/// How long to wait for the subscription before the first sweep starts without it.
const SUBSCRIBE_PATIENCE: Duration = Duration::from_secs(5);
/// Time between two audits, if sweeps are not more often.
const AUDIT: Duration = Duration::from_secs(2);
/// Finalized slots that are noticed are worth an audit in steps of so many.
const STEP: u64 = 4;
/// How often the database is tried, and the writer's lock.
const RETRY: Duration = Duration::from_millis(500);

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
            () = sleep(RETRY) => {}
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
    indexer.sweep(Commitment::Finalized).await?;
    indexer.sweep(Commitment::Confirmed).await?;
    indexer.writer.watermark().await
}

pub(super) struct Indexer<S> {
    pub(super) source: Arc<S>,
    pub(super) rows: Rows,
    pub(super) writer: Writer,
    /// Transactions of the last slots that are in the tables, and their slots, so that they are not fetched again.
    pub(super) done: HashMap<String, u64>,
    /// Noticed transactions that history has not told yet, and how often it was asked.
    pub(super) pending: HashMap<String, u32>,
    /// What the last audit would have taken back if it had been sure.
    pub(super) doubts: HashSet<String>,
    /// When an audit last looked at whole programs.
    pub(super) looked: Option<Instant>,
    /// Whether notices come.
    live: Arc<AtomicBool>,
    /// Whether a sweep after subscribing is still to be done.
    owed: bool,
}

/// What a round of notices asks for.
#[derive(Default)]
struct Wanted {
    /// There were transactions.
    history: bool,
    /// The subscription is new.
    sweep: bool,
    /// There is a new finalized slot.
    audit: bool,
}

impl<S: Source> Indexer<S> {
    fn new(source: Arc<S>, rows: Rows, writer: Writer) -> Self {
        let (done, pending, doubts) = (HashMap::new(), HashMap::new(), HashSet::new());
        Self { source, rows, writer, done, pending, doubts, looked: None, live: Arc::default(), owed: false }
    }

    /// Makes sure that the tables and the node's history fit, and tries again what could not be decoded before.
    async fn begin(&mut self) -> Result<()> {
        self.writer.claim(&self.source.genesis().await?).await?;
        let indexed = self.writer.watermark().await?;
        if indexed > 0
            && let Some(first) = self.source.gap_after(indexed).await?
        {
            return Err(Error::Gap { indexed, first });
        }
        let finalized = self.writer.finalized();
        if finalized > 0
            && finalized < indexed
            && let Some(first) = self.source.gap_after(finalized).await?
        {
            tracing::warn!(
                first,
                "the node's history begins after the last final slot: what is between is taken as it is"
            );
            let finalized = Some(first.saturating_sub(1).min(indexed));
            self.writer.apply(Batch { finalized, ..Batch::default() }).await?;
        }
        let revived = retry_dead(&mut self.writer, &self.rows).await?;
        if revived > 0 {
            tracing::info!(revived, "dead letters can be decoded now");
        }
        Ok(())
    }

    async fn run(&mut self, every: Duration, stop: &CancellationToken, trouble: &mut Trouble) -> Result<()> {
        loop {
            match self.first().await {
                Ok(()) => break,
                Err(why @ Error::Rpc { .. }) => trouble.report(&why),
                Err(why) => return Err(why),
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = sleep(RETRY) => {}
            }
        }
        let (send, notices) = mpsc::channel(NOTICES);
        let (tell, mut told) = mpsc::channel(MOST);
        let subscriber = tokio::spawn(subscribe(self.source.clone(), send, self.live.clone(), stop.clone()));
        let decoder = tokio::spawn(told::decode(self.rows.clone(), notices, tell));
        let result = self.follow(every, stop, trouble, &mut told).await;
        subscriber.abort();
        decoder.abort();
        result
    }

    /// An empty database begins with what is final, so that little is left to be compared once it is.
    async fn first(&mut self) -> Result<()> {
        self.begin().await?;
        if self.writer.watermark().await? == 0 {
            self.sweep(Commitment::Finalized).await?;
        }
        Ok(())
    }

    async fn follow(
        &mut self,
        every: Duration,
        stop: &CancellationToken,
        trouble: &mut Trouble,
        notices: &mut mpsc::Receiver<Told>,
    ) -> Result<()> {
        // Subscribe first, so that between the sweep and the first notice nothing is lost.
        let first = tokio::time::timeout(SUBSCRIBE_PATIENCE, notices.recv()).await.ok().flatten();
        let mut batch: Vec<Told> = first.into_iter().collect();
        let (mut sweeps, mut audits) = (interval(every), interval(every.min(AUDIT)));
        sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
        audits.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut again = Instant::now();
        loop {
            let mut due = Wanted::default();
            if batch.is_empty() {
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    _ = sweeps.tick() => due.sweep = true,
                    _ = audits.tick() => due.audit = true,
                    count = notices.recv_many(&mut batch, MOST) => {
                        if count == 0 {
                            return Err(Error::WebSocket { what: "listen", why: "the subscriber ended".into() });
                        }
                    }
                    () = sleep_until(again), if self.owed || !self.pending.is_empty() => due.history = true,
                }
            }
            let done = self.round(std::mem::take(&mut batch), due, &mut again).await;
            match done {
                Ok(true) => trouble.over(),
                Ok(false) => {}
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

    /// Writes notices, then does what they or the clock ask for. Says whether the node was asked.
    async fn round(&mut self, notices: Vec<Told>, due: Wanted, again: &mut Instant) -> Result<bool> {
        let wanted = self.notices(notices).await?;
        self.owed |= wanted.sweep;
        if self.owed {
            // What changed between the end of one subscription and the begin of the next is not final yet.
            self.sweep(Commitment::Confirmed).await?;
            self.owed = false;
        } else if due.sweep {
            let live = self.live.load(Ordering::Relaxed);
            self.sweep(if live { Commitment::Finalized } else { Commitment::Confirmed }).await?;
        } else if wanted.history || due.history {
            *again = Instant::now() + AGAIN;
            self.backfill().await?;
        } else if due.audit || wanted.audit {
            self.audit().await?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Writes noticed accounts, remembers noticed transactions, and takes back what was in slots that were given up.
    async fn notices(&mut self, notices: Vec<Told>) -> Result<Wanted> {
        let (mut batch, mut wanted, mut dead) = (Batch::default(), Wanted::default(), BTreeSet::new());
        for told in notices {
            match told {
                Told::Row(row) => batch.rows.push(self.numbered(row)),
                Told::Dead(letter) => batch.dead.push(letter),
                Told::Subscribed => {
                    self.live.store(true, Ordering::Relaxed);
                    wanted.sweep = true;
                }
                Told::Transaction(signature) => {
                    if !self.done.contains_key(&signature) {
                        self.pending.entry(signature).or_insert(0);
                        wanted.history = true;
                    }
                }
                Told::Slot(slot, SlotStatus::Dead) => {
                    dead.insert(slot);
                }
                Told::Slot(slot, SlotStatus::Finalized) => {
                    wanted.audit |= slot >= self.writer.finalized().saturating_add(STEP);
                }
            }
        }
        self.apply(batch).await?;
        self.dead(dead).await?;
        Ok(wanted)
    }

    /// With the number of its arrival, if the source gave none.
    fn numbered(&mut self, mut row: Row) -> Row {
        if let Change::Written(version @ 0, _) = &mut row.change {
            *version = self.writer.version();
        }
        row
    }
}

/// Tries again what could not be decoded when it came: by now there may be an IDL for it. Returns how many can.
///
/// # Errors
/// When the database does not answer.
pub async fn retry_dead(writer: &mut Writer, rows: &Rows) -> Result<u64> {
    store::retry(writer, |batch, letter| rows.letter(batch, letter)).await
}

/// Keeps a subscription, with pauses that double between failures, until `stop` or nobody listens.
async fn subscribe<S: Source>(
    source: Arc<S>,
    notices: mpsc::Sender<Notice>,
    live: Arc<AtomicBool>,
    stop: CancellationToken,
) {
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
        live.store(false, Ordering::Relaxed);
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
