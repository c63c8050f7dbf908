//! The outermost layer: gives a request its id, its span and its place in the metrics.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method},
    middleware::Next,
    response::Response,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use tracing::Instrument;

use super::{
    context::{Context, REQUEST_ID},
    headers, is_operation,
};
use crate::{Error, Result, serve};

/// Seconds at which the histograms of latencies are cut: the targets are 5 and 20 ms.
const BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.035, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// A recorder of metrics whose latencies are histograms, to be installed or built.
///
/// # Errors
/// Never, as there are buckets.
pub fn recorder() -> Result<PrometheusBuilder> {
    let seconds = Matcher::Suffix("_seconds".into());
    PrometheusBuilder::new().set_buckets_for_metric(seconds, &BUCKETS).map_err(|why| Error::Start(why.to_string()))
}

/// Counts a request while it is handled, however that ends.
struct InFlight;

impl InFlight {
    fn enter() -> Self {
        metrics::gauge!("assay_http_in_flight").increment(1.0);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        metrics::gauge!("assay_http_in_flight").decrement(1.0);
    }
}

/// A method as a label: of what people make up there is no end.
fn label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Neither the query nor any header gets into logs or metrics: both may hold secrets. Nor does the path, but its template.
pub async fn observe(State(state): State<serve::State>, request: Request, next: Next) -> Response {
    let context = Context::of(&request, state.gate.settings.trust_forwarded);
    let method = label(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("other", |path| path.as_str()).to_owned();
    let path = request.uri().path();
    let (policy, private, watched) = (headers::policy(path), headers::is_private(path), is_operation(path));
    let id = context.request_id.clone();
    let span = tracing::info_span!("request", id = %id, method, route);
    let started = Instant::now();
    let in_flight = InFlight::enter();
    let mut response = context.scope(next.run(request)).instrument(span.clone()).await;
    drop(in_flight);
    let (status, latency) = (response.status(), started.elapsed());
    let labels = [("method", method.to_owned()), ("route", route), ("status", status.as_str().to_owned())];
    metrics::counter!("assay_http_requests_total", &labels).increment(1);
    metrics::histogram!("assay_http_request_seconds", &labels[..2]).record(latency.as_secs_f64());
    let ms = latency.as_secs_f64() * 1e3;
    // To those who watch, `not ready` is an answer like any other.
    span.in_scope(|| match status.as_u16() {
        500.. if !watched => tracing::warn!(status = status.as_u16(), ms, "answered"),
        _ => tracing::debug!(status = status.as_u16(), ms, "answered"),
    });
    headers::secure(response.headers_mut(), policy, private);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
