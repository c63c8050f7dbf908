//! How long a request may take to arrive and to be answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use tower_http::timeout::TimeoutBody;

use super::is_blob;
use crate::serve::{self, problem::Problem};

/// What is said to bodies that do not come.
pub const SLOW_BODY: &str = "the body did not come in time; send it faster, or less of it";

/// Bounds both. A stream is answered when it begins, so that it may go on for ever.
pub async fn patience(State(state): State<serve::State>, request: Request, next: Next) -> Response {
    let settings = &state.gate.settings;
    let pause = Duration::from_millis(settings.body_timeout_ms);
    let arrived = Arc::new(AtomicBool::new(request.body().is_end_stream()));
    if is_blob(request.uri().path()) {
        let request = request.map(|body| Body::new(TimeoutBody::new(pause, body)));
        return next.run(request).await;
    }
    let request = match arrived.load(Ordering::Relaxed) {
        true => request,
        false => request.map(|body| watched(body, pause, arrived.clone())),
    };
    let answer = tokio::time::timeout(Duration::from_millis(settings.request_timeout_ms), next.run(request)).await;
    answer.unwrap_or_else(|_| {
        match arrived.load(Ordering::Relaxed) {
            true => {
                tracing::warn!("a request took too long and was given up");
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the answer took too long; ask for less, or later")
            }
            false => Problem::new(StatusCode::REQUEST_TIMEOUT, SLOW_BODY),
        }
        .into_response()
    })
}

/// A body that may not pause for long, and says when it was read whole.
fn watched(body: Body, pause: Duration, arrived: Arc<AtomicBool>) -> Body {
    let end = stream::poll_fn(move |_| {
        arrived.store(true, Ordering::Relaxed);
        Poll::Ready(None)
    });
    Body::new(TimeoutBody::new(pause, Body::from_stream(body.into_data_stream().chain(end))))
}
