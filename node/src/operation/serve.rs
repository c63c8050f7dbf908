//! The node's own HTTP, for its operator: health, readiness, metrics, status, log and profile. It reads and changes
//! nothing, needs no key, and listens on this machine alone unless its operator says otherwise.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use assay_sdk::profile::Signed;
use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;

use super::{
    log::{Line, Tail},
    metrics::{Besides, Metrics, folder_bytes},
    supervisor,
};
use crate::agent::status::{Status, unix_now};

/// Where the node listens if nothing else is said.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8920";
/// The file in the data folder that tells a running node's address.
pub const ADDRESS: &str = "address";
/// The chain must have been read in so many seconds for the node to be ready.
const MAX_CHAIN_AGE: i64 = 60;
/// The node must have looked, be it in vain, in this time to be alive: longer than any question may take.
const MAX_SILENCE: Duration = Duration::from_secs(180);

/// What is served.
pub struct Served {
    /// The node's status.
    pub status: watch::Receiver<Arc<Status>>,
    /// Its log's end.
    pub tail: Tail,
    /// What was counted.
    pub metrics: Metrics,
    /// This machine.
    pub profile: Signed,
    /// How many answers the journal holds; nothing while it cannot be read.
    pub journal: Box<dyn Fn() -> Option<u64> + Send + Sync>,
    /// Folder of the artifacts.
    pub artifacts: PathBuf,
    /// When the status last changed.
    pub seen: Seen,
}

/// When a node last showed that it lives.
#[derive(Debug)]
pub struct Seen(std::sync::Mutex<Instant>);

impl Default for Seen {
    fn default() -> Self {
        Self(std::sync::Mutex::new(Instant::now()))
    }
}

impl Seen {
    fn now(&self) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Instant::now();
    }

    fn ago(&self) -> Duration {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).elapsed()
    }
}

/// `/health` and `/ready`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether it is so.
    pub ok: bool,
    /// Why not.
    pub reasons: Vec<String>,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let code = if self.ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (code, Json(self)).into_response()
    }
}

fn answer(reasons: Vec<String>) -> Answer {
    Answer { ok: reasons.is_empty(), reasons }
}

/// Why the node cannot take work now.
fn unready(status: &Status, now: i64) -> Vec<String> {
    let mut reasons = vec![];
    match status.chain.read_at {
        0 => reasons.push("the chain was not read yet: see --url".into()),
        at if now.saturating_sub(at) > MAX_CHAIN_AGE => {
            reasons.push(format!("the chain was last read {} seconds ago: see --url", now.saturating_sub(at)));
        }
        _ => {}
    }
    reasons.extend(status.errors.halted.clone());
    if status.draining {
        reasons.push("the node drains, as told: `assay operator drain --undo` lets it work again".into());
    }
    reasons
}

impl Served {
    fn health(&self) -> Answer {
        let ago = self.seen.ago();
        let stuck = format!("the node has not looked at the chain for {} seconds: restart it", ago.as_secs());
        answer((ago > MAX_SILENCE).then_some(stuck).into_iter().collect())
    }

    fn ready(&self) -> Answer {
        answer(unready(&self.status.borrow(), unix_now()))
    }

    fn rendered(&self) -> String {
        let ready = self.ready().ok && self.health().ok;
        let besides = Besides { ready, journal: (self.journal)(), artifacts: folder_bytes(&self.artifacts) };
        let status = self.status.borrow().clone();
        self.metrics.render(&status, besides)
    }
}

/// What the pages are.
pub fn router(served: Arc<Served>) -> Router {
    Router::new()
        .route("/health", get(async |State(served): State<Arc<Served>>| served.health()))
        .route("/ready", get(async |State(served): State<Arc<Served>>| served.ready()))
        .route("/status", get(async |State(served): State<Arc<Served>>| Json(Status::clone(&served.status.borrow()))))
        .route("/profile", get(async |State(served): State<Arc<Served>>| Json(served.profile.clone())))
        .route("/log", get(async |State(served): State<Arc<Served>>| Json::<Vec<Line>>(served.tail.last(usize::MAX))))
        .route("/metrics", get(metrics))
        .with_state(served)
}

async fn metrics(State(served): State<Arc<Served>>) -> Response {
    // It reads the disk.
    let text = tokio::task::spawn_blocking(move || served.rendered()).await;
    match text {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Listen; tells the address in the data folder, where `assay operator dashboard --data` finds it.
///
/// # Errors
/// When the address cannot be had, or the folder not be written.
pub async fn listen(at: SocketAddr, data: &Path) -> Result<TcpListener> {
    let listener = TcpListener::bind(at)
        .await
        .with_context(|| format!("cannot listen on {at}: free the port or name another with --listen"))?;
    let bound = listener.local_addr()?;
    let file = data.join(ADDRESS);
    std::fs::write(&file, format!("http://{bound}\n")).with_context(|| format!("cannot write {}", file.display()))?;
    tracing::info!("status, metrics and health: http://{bound}");
    Ok(listener)
}

/// The node that works in this folder has no address any more.
pub fn forget(data: &Path) {
    // If it stays, who asks finds that nobody answers.
    let _ = std::fs::remove_file(data.join(ADDRESS));
}

/// Serve until `stop`, and tell the supervisor that the node lives as long as it does.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(listener: TcpListener, served: Arc<Served>, stop: CancellationToken) -> Result<()> {
    let watched = tokio::spawn(watch(served.clone(), stop.clone()));
    axum::serve(listener, router(served)).with_graceful_shutdown(stop.cancelled_owned()).await?;
    watched.abort();
    Ok(())
}

/// Notes each change of the status, and passes it on to systemd's watchdog if there is one.
async fn watch(served: Arc<Served>, stop: CancellationToken) {
    let mut status = served.status.clone();
    let every = supervisor::interval().unwrap_or(MAX_SILENCE);
    let mut ticks = tokio::time::interval(every);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            changed = status.changed() => match changed {
                Ok(()) => served.seen.now(),
                Err(_) => return,
            },
            _ = ticks.tick() => if served.health().ok {
                supervisor::alive();
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::status::{ChainRead, Errors};

    #[test]
    fn a_node_is_ready_when_it_reads_the_chain_and_nothing_is_wrong() {
        let read = |read_at| ChainRead { read_at, ..ChainRead::default() };
        let ready = Status { chain: read(1_000), ..Status::default() };
        assert_eq!(unready(&ready, 1_060), Vec::<String>::new());
        assert_eq!(unready(&ready, 1_061), ["the chain was last read 61 seconds ago: see --url"]);
        assert_eq!(unready(&Status::default(), 5), ["the chain was not read yet: see --url"]);
        let errors = Errors { halted: Some("the disk is full".into()), ..Errors::default() };
        let halted = Status { errors, draining: true, ..ready };
        let reasons = unready(&halted, 1_000);
        assert_eq!((reasons.len(), reasons[0].as_str()), (2, "the disk is full"));
    }
}
