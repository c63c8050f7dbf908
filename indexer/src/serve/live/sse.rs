//! Streams as server-sent events.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt, stream, stream::BoxStream};
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;
use utoipa::IntoParams;

use super::{
    Place, begin,
    follow::{Follower, Step},
    topics::Topics,
};
use crate::serve::{problem::Problem, reply::Params};

/// A word at least so often, so that a dead connection is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// When a client that was cut should come back.
const RETRY_MS: u32 = 1_000;

/// Which items, and since when.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// What is wanted, separated by commas, 64 at most: `job:`, `case:`, `operator:`, `requester:`, `address:` (any that
    /// is named), `mint:` with an address; `program:escrow`; `kind:SeatSettled`; `class:1`; `notice:deadline_near`,
    /// `notice:funds_low`, `notice:job_closed`, `notice:all`. Several of one kind are alternatives, different kinds must
    /// all fit. Notices come only where one is named; events come unless notices are named and neither `kind` nor
    /// `program` is. An event that is in the tables a moment before its job fits any requester, mint and class.
    #[param(max_length = 4096)]
    topics: Option<String>,
    /// Only events of this name, for example `SeatSettled`: as the topic `kind:`.
    #[param(pattern = "^[A-Za-z0-9]{1,64}$")]
    kind: Option<String>,
    /// Only what is about this job: as the topic `job:`.
    #[param(pattern = "^[1-9A-HJ-NP-Za-km-z]{32,44}$")]
    job: Option<String>,
    /// Begin after the item of this id; `Last-Event-ID` goes first. Without either, with what comes next.
    #[param(pattern = "^[0-9]{1,18}$")]
    after: Option<String>,
}

/// Events, retracted events and notices as they come, as server-sent events: `event: event`, `event: retracted` (an
/// event never became final) or `event: notice`, each with its `id` and itself as JSON. A client that is too slow gets
/// `event: cut` and the end; it resumes with the last `id`.
#[utoipa::path(get, path = "/v1/stream", tag = "live", operation_id = "stream", security(()),
    params(Wanted, ("Last-Event-ID" = Option<String>, Header, description = "Begin after the item of this id")),
    responses(
        (status = 200, description = "Items, without end", content_type = "text/event-stream", body = String),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "What came after this id is not kept any more", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer, or too many streams are open", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn stream(
    State(state): State<crate::serve::State>,
    Params(wanted): Params<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut topics = Topics::parse(wanted.topics.iter().flat_map(|topics| topics.split(',')))?;
    for (name, value) in [("kind", &wanted.kind), ("job", &wanted.job)] {
        if let Some(value) = value {
            topics.add(name, value).map_err(|what| Problem::bad(format!("{name}: {what}")))?;
        }
    }
    let place = state.live.place("sse")?;
    let resume = headers.get("last-event-id").map(|value| value.to_str().unwrap_or("?")).or(wanted.after.as_deref());
    let from = begin(&state, resume).await?;
    let follower = Follower::new(state.live.hub.clone(), state.pool.clone(), state.stop.clone(), topics, from);
    let frames = Frames { seen: follower.seen(), steps: follower.steps().boxed(), place, begun: false };
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, Body::from_stream(frames.stream())).into_response())
}

struct Frames {
    steps: BoxStream<'static, Step>,
    place: Place,
    seen: Arc<AtomicI64>,
    begun: bool,
}

impl Frames {
    fn stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
        stream::unfold(self, |mut this| async move { this.next().await.map(|frame| (Ok(frame), this)) })
    }

    async fn next(&mut self) -> Option<Bytes> {
        // Without data there is no event, but the client remembers the id: it resumes even if it never got one, and what
        // did not fit its topics need not be read again.
        let here = || self.seen.load(Ordering::Relaxed);
        if !self.begun {
            self.begun = true;
            return Some(format!("retry:{RETRY_MS}\nid:{}\n\n", here()).into());
        }
        match timeout(KEEP_ALIVE, self.steps.next()).await {
            Err(_) => Some(format!("id:{}\n\n", self.seen.load(Ordering::Relaxed)).into()),
            Ok(None) => None,
            Ok(Some(Step::Item(item))) => Some(item.frame.clone()),
            Ok(Some(Step::Cut(last))) => {
                self.place.cut();
                let why = json!({"last_id": last.to_string(), "retry_ms": RETRY_MS,
                    "reason": "you were too slow; resume after last_id"});
                Some(format!("event: cut\nid: {last}\nretry: {RETRY_MS}\ndata: {why}\n\n").into())
            }
            Ok(Some(Step::End(last))) => Some(format!("id:{last}\n\n").into()),
        }
    }
}
