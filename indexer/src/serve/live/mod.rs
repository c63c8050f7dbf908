//! What comes as it comes: streams of events, retractions and notices for whoever listens, and webhooks for whoever
//! does not.
//!
//! One task reads the database for all streams ([`hub`]); a stream that is behind reads the past itself until it meets
//! what the task sends ([`follow`]). Webhooks are queued in the database, once for each hook and item, and delivered by
//! any instance.

mod follow;
mod hub;
mod item;
mod listen;
pub mod notices;
mod socket;
mod source;
mod sse;
mod topics;
pub mod webhooks;

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::hub::Hub;
pub use self::listen::listen;
use super::{Shared, State, problem::Problem};
use crate::Result;

/// How long a new stream waits for the database.
const PATIENCE: Duration = Duration::from_secs(2);

/// Settings of streams, webhooks and notices.
#[derive(clap::Args, Debug, Clone)]
#[group(skip)]
pub struct Settings {
    /// Streams (SSE and WebSocket) that this process serves at once; beyond them it answers 503.
    #[arg(long, env = "ASSAY_MAX_STREAMS", default_value = "2000", global = true)]
    pub max_streams: usize,
    /// Items that a stream may be behind before it is cut, with word how to resume.
    #[arg(long, env = "ASSAY_STREAM_BUFFER", default_value = "4096", global = true, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub stream_buffer: u32,
    /// Minutes before a deadline at which a notice is given; without it a quarter of the time that there was.
    #[arg(long, env = "ASSAY_NOTICE_MINUTES", global = true, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub notice_minutes: Option<u32>,
    /// Milliseconds between two looks for what deserves a notice; 0: this instance does not look.
    #[arg(long, env = "ASSAY_NOTICE_EVERY_MS", default_value = "15000", global = true)]
    pub notice_every_ms: u64,
    /// Webhooks.
    #[command(flatten)]
    pub webhooks: webhooks::Settings,
}

/// Streams and webhooks of this process.
#[derive(Clone)]
pub struct Live {
    hub: Arc<Hub>,
    places: Arc<Semaphore>,
    /// Webhooks.
    pub(super) webhooks: Arc<webhooks::Webhooks>,
}

impl Live {
    /// Starts what works in the background, until `shared.stop`.
    ///
    /// # Errors
    /// When the file of the webhooks' key cannot be used.
    pub fn start(settings: &Settings, shared: &Shared) -> Result<Self> {
        let hub = Arc::new(Hub::new(usize::try_from(settings.stream_buffer).unwrap_or(usize::MAX)));
        let webhooks = Arc::new(webhooks::Webhooks::new(&settings.webhooks)?);
        let reader = hub.clone();
        let its = shared.clone();
        tokio::spawn(async move { reader.run(its).await });
        webhooks::start(&webhooks, shared);
        if settings.notice_every_ms > 0 {
            let every = Duration::from_millis(settings.notice_every_ms);
            tokio::spawn(notices::run(shared.clone(), every, settings.notice_minutes));
        }
        Ok(Self { hub, places: Arc::new(Semaphore::new(settings.max_streams)), webhooks })
    }

    /// A place for one more stream.
    fn place(&self, transport: &'static str) -> std::result::Result<Place, Problem> {
        let permit = self.places.clone().try_acquire_owned().map_err(|_| {
            metrics::counter!("assay_indexer_streams_refused_total").increment(1);
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many streams are open here; try again in a moment")
        })?;
        metrics::gauge!("assay_indexer_streams", "transport" => transport).increment(1);
        Ok(Place { _permit: permit, transport })
    }
}

/// Of one stream, until it is dropped.
struct Place {
    _permit: OwnedSemaphorePermit,
    transport: &'static str,
}

impl Place {
    /// It was too slow.
    fn cut(&self) {
        metrics::counter!("assay_indexer_streams_cut_total", "transport" => self.transport).increment(1);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("assay_indexer_streams", "transport" => self.transport).decrement(1);
    }
}

/// Where a stream begins: after the id that is asked for, or with what comes next.
async fn begin(state: &State, after: Option<&str>) -> std::result::Result<i64, Problem> {
    let silent =
        || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer; try again in a moment");
    let head = state.live.hub.head(PATIENCE).await.ok_or_else(silent)?;
    let Some(after) = after else { return Ok(head) };
    let id: Option<i64> = after.parse().ok().filter(|id| *id >= 0);
    let id = id.ok_or_else(|| Problem::bad("Last-Event-ID or after is not the id of an event"))?;
    if id > head && id > source::drawn(&state.pool).await? {
        let what = "after is not the id of an event of this database, which may have been built anew: begin without it";
        return Err(Problem::bad(what));
    }
    // What retention has dropped cannot be told any more: rather say so than leave a hole. From 0 on: from what there is.
    if id > 0 && !state.live.hub.remembers(id) {
        let forgotten = source::forgotten(&state.pool).await?;
        if id < forgotten {
            let what = format!("what came after {id} is not kept any more; begin after {forgotten}");
            return Err(Problem::new(StatusCode::GONE, what));
        }
    }
    Ok(id)
}

/// Unix time.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// All routes of this folder.
pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(sse::stream)).routes(routes!(socket::socket)).merge(webhooks::routes())
}
