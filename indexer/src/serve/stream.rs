//! Events as they come, resumable by id.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use serde::Deserialize;
use serde_json::Value;
use sqlx::{PgPool, postgres::PgListener};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;
use utoipa::IntoParams;

use super::{problem::Problem, reply::Params};
use crate::{Result, store};

/// Events read at once; a slow reader holds at most so many.
const AT_ONCE: i64 = 200;
/// Looked for even if no notice came.
const AT_LEAST_EVERY: Duration = Duration::from_secs(5);

/// Which events, and since when.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only events of this name, for example `SeatSettled`.
    kind: Option<String>,
    /// Only events of this job.
    job: Option<String>,
    /// Begin after the event of this id; `Last-Event-ID` goes first. Without either, with what comes next.
    after: Option<String>,
}

/// Events as server-sent events: `event: event`, `id`, and the event as JSON.
#[utoipa::path(get, path = "/v1/stream", tag = "events",
    params(Wanted, ("Last-Event-ID" = Option<String>, Header, description = "Begin after the event of this id")),
    responses(
        (status = 200, description = "Events, without end", content_type = "text/event-stream", body = String),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn stream(
    State(state): State<super::State>,
    Params(wanted): Params<Wanted>,
    headers: HeaderMap,
) -> std::result::Result<Sse<impl Stream<Item = std::result::Result<Event, Infallible>>>, Problem> {
    let resume = headers.get("last-event-id").map(|value| value.to_str().unwrap_or("?")).or(wanted.after.as_deref());
    let last = match resume {
        Some(id) => {
            let id: Option<i64> = id.parse().ok().filter(|id| *id >= 0);
            id.ok_or_else(|| Problem::bad("Last-Event-ID or after is not the id of an event"))?
        }
        None => sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM events").fetch_one(&state.pool).await?,
    };
    let reader = Reader { state, kind: wanted.kind, job: wanted.job, last, ready: vec![].into_iter() };
    let events = stream::unfold(reader, Reader::next);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(10))))
}

struct Reader {
    state: super::State,
    kind: Option<String>,
    job: Option<String>,
    last: i64,
    ready: std::vec::IntoIter<(i64, Value)>,
}

impl Reader {
    /// The next event, however long it takes; `None` when the indexer stops or the database fails: then the client
    /// comes back with the id it has.
    async fn next(mut self) -> Option<(std::result::Result<Event, Infallible>, Self)> {
        loop {
            if let Some((id, json)) = self.ready.next() {
                self.last = id;
                let event = Event::default().event("event").id(id.to_string()).data(json.to_string());
                return Some((Ok(event), self));
            }
            // Seen before reading, so that what comes while reading wakes us again.
            self.state.shared.wake.borrow_and_update();
            let found = self.read().await;
            let found = found.inspect_err(|why| tracing::debug!("a stream ended: {why}")).ok()?;
            if found.is_empty() {
                tokio::select! {
                    () = self.state.shared.stop.cancelled() => return None,
                    changed = self.state.shared.wake.changed() => changed.ok()?,
                    () = sleep(AT_LEAST_EVERY) => {}
                }
            }
            self.ready = found.into_iter();
        }
    }

    async fn read(&self) -> std::result::Result<Vec<(i64, Value)>, sqlx::Error> {
        let query = sqlx::query_as(
            "SELECT id, json FROM event_rows
             WHERE id > $1 AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR job = $3)
             ORDER BY id LIMIT $4",
        );
        query.bind(self.last).bind(&self.kind).bind(&self.job).bind(AT_ONCE).fetch_all(&self.state.pool).await
    }
}

/// Turns the writer's notifications, whichever process it is in, into wake-ups of the streams, until `stop`.
pub async fn listen(pool: PgPool, wake: watch::Sender<u64>, stop: CancellationToken) {
    let forward = async || -> Result<()> {
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(store::CHANNEL).await?;
        loop {
            // What was missed while it was not connected: look.
            wake.send_modify(|count| *count = count.wrapping_add(1));
            listener.recv().await?;
        }
    };
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => return,
            ended = forward() => if let Err(why) = ended { tracing::debug!("notifications: {why}") },
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(Duration::from_secs(1)) => {}
        }
    }
}
