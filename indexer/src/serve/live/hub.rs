//! One reader of the database for all streams of the process.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::PgPool;
use tokio::{
    sync::{Semaphore, broadcast, watch},
    time::sleep,
};

use super::{item::Item, source};
use crate::serve::Shared;

/// Looked for even if no notice came.
const AT_LEAST_EVERY: Duration = Duration::from_secs(5);
/// Between two attempts while the database does not answer.
const AGAIN: Duration = Duration::from_millis(500);
/// Streams that read the past at once: the rest of the pool is for others.
const REPLAYS: usize = 4;

/// Sends each item once to whoever follows, and keeps the last ones for who comes back.
pub struct Hub {
    inner: Mutex<Inner>,
    sender: broadcast::Sender<Arc<Item>>,
    ready: watch::Sender<bool>,
    /// For reading the past.
    pub replays: Semaphore,
    keep: usize,
}

struct Inner {
    /// The last items, every one with `floor < id <= head`.
    last: VecDeque<Arc<Item>>,
    floor: i64,
    head: i64,
}

/// How a stream that has everything up to some id goes on.
pub enum Join {
    /// These, and then what comes.
    Live(VecDeque<Arc<Item>>, broadcast::Receiver<Arc<Item>>),
    /// It must first read the database, up to this id.
    Behind(i64),
}

impl Hub {
    /// Of which a follower may be `bound` items behind.
    pub fn new(bound: usize) -> Self {
        let (sender, _) = broadcast::channel(bound);
        let inner = Mutex::new(Inner { last: VecDeque::new(), floor: 0, head: 0 });
        Self { inner, sender, ready: watch::Sender::new(false), replays: Semaphore::new(REPLAYS), keep: bound }
    }

    /// The newest id that was sent, once there is one; waits for the database so long.
    pub async fn head(&self, patience: Duration) -> Option<i64> {
        let mut ready = self.ready.subscribe();
        tokio::time::timeout(patience, ready.wait_for(|ready| *ready)).await.ok()?.ok()?;
        Some(self.lock().head)
    }

    /// Whether everything after this id is still in memory.
    pub fn remembers(&self, id: i64) -> bool {
        id >= self.lock().floor
    }

    /// Goes on after `position`. Under one lock with the sending, so that nothing falls between.
    pub fn join(&self, position: i64) -> Join {
        let inner = self.lock();
        if position < inner.floor {
            return Join::Behind(inner.head);
        }
        let from = inner.last.partition_point(|item| item.id <= position);
        Join::Live(inner.last.range(from..).cloned().collect(), self.sender.subscribe())
    }

    /// Sends what `wake` and the database tell, until `stop`.
    pub async fn run(&self, shared: Shared) {
        let mut wake = shared.wake.clone();
        tokio::select! {
            () = shared.stop.cancelled() => {}
            () = self.read(&shared.pool, &mut wake) => {}
        }
    }

    async fn read(&self, pool: &PgPool, wake: &mut watch::Receiver<u64>) {
        let mut told = false;
        loop {
            // Seen before reading, so that what comes while reading wakes us again.
            wake.borrow_and_update();
            let sent = self.once(pool).await;
            // Each trouble is said once. Before the first migration there is nothing to read, which is none.
            let trouble = sent.is_err() && *self.ready.borrow();
            if trouble && !told {
                metrics::counter!("assay_indexer_errors_total", "kind" => "stream").increment(1);
                tracing::warn!("the streams wait for the database");
            }
            told = trouble;
            match sent {
                Ok(0) => tokio::select! {
                    changed = wake.changed() => if changed.is_err() { sleep(AT_LEAST_EVERY).await },
                    () = sleep(AT_LEAST_EVERY) => {}
                },
                Ok(_) => {}
                Err(why) => {
                    tracing::debug!("the streams wait for the database: {why}");
                    sleep(AGAIN).await;
                }
            }
        }
    }

    /// Reads a page and sends it; returns its length.
    async fn once(&self, pool: &PgPool) -> Result<usize, sqlx::Error> {
        if !*self.ready.borrow() {
            let newest = source::newest(pool).await?;
            let mut inner = self.lock();
            (inner.floor, inner.head) = (newest, newest);
            drop(inner);
            self.ready.send_replace(true);
        }
        let head = self.lock().head;
        let items = source::page(&mut *pool.acquire().await?, head, i64::MAX, None).await?;
        let count = items.len();
        self.send(items);
        Ok(count)
    }

    fn send(&self, items: Vec<Item>) {
        let mut inner = self.lock();
        for item in items.into_iter().map(Arc::new) {
            inner.head = item.id;
            inner.last.push_back(item.clone());
            if inner.last.len() > self.keep
                && let Some(dropped) = inner.last.pop_front()
            {
                inner.floor = dropped.id;
            }
            // Nobody listens: that is all right.
            let _ = self.sender.send(item);
        }
        metrics::gauge!("assay_indexer_stream_id").set(inner.head as f64);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
