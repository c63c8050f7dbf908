//! One client's way through the stream: the past from the database, then what comes.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use futures_util::{Stream, stream};
use sqlx::PgPool;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

use super::{
    hub::{Hub, Join},
    item::Item,
    source,
    topics::Topics,
};

/// What a client gets next.
#[derive(Clone, Debug)]
pub enum Step {
    /// This.
    Item(Arc<Item>),
    /// Nothing more: it was too slow. It has all up to this id.
    Cut(i64),
    /// Nothing more: the indexer stops, or the database fails. It has all up to this id.
    End(i64),
}

/// A client that has everything it wants up to `position`.
pub struct Follower {
    hub: Arc<Hub>,
    pool: PgPool,
    stop: CancellationToken,
    topics: Topics,
    position: i64,
    ready: VecDeque<Arc<Item>>,
    /// Where it is when `ready` is empty, if that is further than the last one of it.
    reached: i64,
    live: Option<broadcast::Receiver<Arc<Item>>>,
    /// `position`, for whoever waits for the next step.
    seen: Arc<AtomicI64>,
    over: bool,
}

impl Follower {
    /// Begins after `position`.
    pub fn new(hub: Arc<Hub>, pool: PgPool, stop: CancellationToken, topics: Topics, position: i64) -> Self {
        let (ready, live) = (VecDeque::new(), None);
        let seen = Arc::new(AtomicI64::new(position));
        let mut new = Self { hub, pool, stop, topics, position, ready, reached: position, live, seen, over: false };
        // At once: what comes from now on is not missed, whenever it is first asked.
        if let Join::Live(ready, live) = new.hub.join(position) {
            (new.ready, new.live) = (ready, Some(live));
        }
        new
    }

    /// Up to where it has everything, while its next step is waited for.
    pub fn seen(&self) -> Arc<AtomicI64> {
        self.seen.clone()
    }

    /// All that it gets.
    pub fn steps(self) -> impl Stream<Item = Step> + Send {
        stream::unfold(self, |mut this| async move {
            if this.over {
                return None;
            }
            let step = this.next().await;
            this.over = !matches!(step, Step::Item(_));
            Some((step, this))
        })
    }

    async fn next(&mut self) -> Step {
        loop {
            while let Some(item) = self.ready.pop_front() {
                if item.id > self.position {
                    self.position = item.id;
                    if self.topics.want(&item) {
                        return Step::Item(item);
                    }
                }
            }
            self.position = self.position.max(self.reached);
            self.seen.store(self.position, Ordering::Relaxed);
            let received = match &mut self.live {
                Some(live) => tokio::select! {
                    () = self.stop.cancelled() => return Step::End(self.position),
                    received = live.recv() => received,
                },
                None if self.stop.is_cancelled() => return Step::End(self.position),
                None => match self.catch_up().await {
                    Ok(()) => continue,
                    Err(why) => {
                        tracing::debug!("a stream ended: {why}");
                        return Step::End(self.position);
                    }
                },
            };
            match received {
                Ok(item) => self.ready.push_back(item),
                Err(RecvError::Lagged(_)) => return Step::Cut(self.position),
                Err(RecvError::Closed) => return Step::End(self.position),
            }
        }
    }

    /// A page from the database, or the step into what comes, as soon as the hub still has all that is missing.
    async fn catch_up(&mut self) -> Result<(), sqlx::Error> {
        match self.hub.join(self.position) {
            Join::Live(ready, live) => (self.ready, self.live) = (ready, Some(live)),
            Join::Behind(head) => {
                let _turn = self.hub.replays.acquire().await;
                let mut connection = self.pool.acquire().await?;
                let items = source::page(&mut connection, self.position, head, Some(&self.topics)).await?;
                let whole = i64::try_from(items.len()).is_ok_and(|count| count < source::PAGE);
                self.reached = if whole { head } else { self.position };
                self.ready = items.into_iter().map(Arc::new).collect();
            }
        }
        Ok(())
    }
}
