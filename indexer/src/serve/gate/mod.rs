//! What every request passes through, from the outside in: what wallets are told (`actions::headers`), its name and span
//! ([`observe`]), CORS, compression, errors as problems ([`problems`]), panics, who asks and how often ([`limits`]), patience ([`patience`]).

pub mod body;
mod context;
pub mod docs;
mod headers;
pub mod health;
mod limits;
pub mod listen;
mod observe;
mod patience;
mod problems;
mod share;

use std::{
    any::Any,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use tokio::time::{MissedTickBehavior, interval};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, CompressionLevel,
        predicate::{DefaultPredicate, NotForContentType, Predicate},
    },
};

use self::{health::LagClock, limits::Limits};
use super::{State, actions, problem::Problem};

pub use self::{context::context, observe::recorder};

/// How often what is counted is told to Postgres.
const FLUSH: Duration = Duration::from_secs(5);
/// How often what has expired is dropped.
const TIDY: Duration = Duration::from_secs(60);

/// Limits of the API.
#[derive(clap::Args, Debug, Clone)]
#[group(skip)]
pub struct Settings {
    /// Requests a second that a wallet, or an address without one, may make in the long run; 0 for any number.
    #[arg(long, env = "ASSAY_RATE_PER_SECOND", default_value = "50", global = true, value_parser = rate)]
    pub rate_per_second: f64,
    /// Requests that it may make at once.
    #[arg(long, env = "ASSAY_RATE_BURST", default_value = "200", global = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate_burst: u32,
    /// Take a caller's address from the last entry of `X-Forwarded-For`: only behind a proxy that writes it.
    #[arg(long, env = "ASSAY_TRUST_FORWARDED", global = true)]
    pub trust_forwarded: bool,
    /// Bytes of a request's body at most; blobs have their own limit.
    #[arg(long, env = "ASSAY_MAX_BODY_BYTES", default_value = "1048576", global = true)]
    pub max_body_bytes: usize,
    /// Milliseconds that a request's body may pause.
    #[arg(long, env = "ASSAY_BODY_TIMEOUT_MS", default_value = "10000", global = true, value_parser = clap::value_parser!(u64).range(1..))]
    pub body_timeout_ms: u64,
    /// Milliseconds until a request must be answered; streams, once they began, and blobs are free of it.
    #[arg(long, env = "ASSAY_REQUEST_TIMEOUT_MS", default_value = "30000", global = true, value_parser = clap::value_parser!(u64).range(1..))]
    pub request_timeout_ms: u64,
}

/// A rate that is a number of nanoseconds for each request.
fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.0..=1e6).contains(rate) && (*rate == 0.0 || *rate >= 1e-3));
    rate.ok_or_else(|| "expected 0, or a number from 0.001 to 1000000".into())
}

/// What the layers share.
pub struct Gate {
    pub(crate) settings: Settings,
    limits: Option<Limits>,
    lag: LagClock,
}

impl Gate {
    /// As the settings say.
    pub fn new(settings: &Settings) -> Self {
        Self { limits: Limits::new(settings), lag: LagClock::default(), settings: settings.clone() }
    }
}

/// Paths that are asked by machines that watch this one, and must always answer.
fn is_operation(path: &str) -> bool {
    matches!(path, "/health" | "/ready" | "/metrics")
}

/// Blobs take as long as they take.
fn is_blob(path: &str) -> bool {
    path.starts_with("/v1/blobs") || path.starts_with("/v1/results")
}

/// Puts the layers around the routes, the outermost first: as one, since axum puts a box around each that it is given, and
/// every request clones them all.
pub fn wrap(router: Router<State>, state: &State) -> Router<State> {
    let compressible = DefaultPredicate::new().and(NotForContentType::const_new("application/octet-stream"));
    let compression = CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(compressible);
    let layers = ServiceBuilder::new()
        // It answers what wallets ask before they send anything.
        .layer(from_fn_with_state(state.clone(), actions::headers))
        .layer(from_fn_with_state(state.clone(), observe::observe))
        .layer(headers::cors())
        .layer(compression)
        .layer(from_fn(problems::problems))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), limits::limit))
        .layer(from_fn_with_state(state.clone(), patience::patience))
        .layer(DefaultBodyLimit::max(state.gate.settings.max_body_bytes));
    router.layer(layers)
}

fn panicked(why: Box<dyn Any + Send>) -> Response {
    let text = why.downcast_ref::<String>().map(String::as_str).or_else(|| why.downcast_ref::<&str>().copied());
    tracing::error!("a handler panicked: {}", text.unwrap_or("without words"));
    metrics::counter!("assay_indexer_errors_total", "kind" => "panic").increment(1);
    let detail = "the indexer has a fault; report it with the request_id";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail).into_response()
}

/// Does what must be done now and then, until the state's `stop`.
pub async fn upkeep(state: State) {
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut flushed, mut tidied) = (Instant::now(), Instant::now());
    loop {
        tokio::select! {
            () = state.stop.cancelled() => break,
            _ = seconds.tick() => {}
        }
        if let Some(slot) = state.chain_slot() {
            state.gate.lag.note(slot);
        }
        if flushed.elapsed() >= FLUSH {
            flushed = Instant::now();
            flush(&state).await;
        }
        if tidied.elapsed() >= TIDY {
            tidied = Instant::now();
            if let Some(limits) = &state.gate.limits {
                limits.tidy();
            }
            state.quotas.tidy();
            if let Err(why) = super::accounts::sweep(&state.pool).await {
                tracing::debug!("what has expired stays for now: {why}");
            }
        }
    }
    flush(&state).await;
}

async fn flush(state: &State) {
    if let Err(why) = state.quotas.flush(&state.pool).await {
        tracing::debug!("the use of keys is not told yet: {why}");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, atomic::AtomicU64};

    use axum::routing::get;
    use clap::Parser;
    use tokio::sync::watch;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{config::Cli, serve::Shared};

    #[tokio::test]
    async fn a_panic_is_a_problem_and_the_next_request_is_served() {
        let config = Cli::parse_from(["assay-indexer"]).config;
        let shared = Shared {
            pool: crate::store::pool("postgres://nobody@127.0.0.1:1/none").unwrap(),
            chain_slot: Arc::new(AtomicU64::new(0)),
            wake: watch::channel(0).1,
            metrics: recorder().unwrap().build_recorder().handle(),
            stop: CancellationToken::new(),
        };
        let state = State::new(&config, shared).unwrap();
        let routes = Router::new().route("/boom", get(async || -> &str { panic!("secret words") }));
        let router = wrap(routes.route("/fine", get(async || "fine")), &state).with_state(state);
        let listener = crate::serve::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let server = tokio::spawn(crate::serve::serve(listener, router, stop.clone()));
        let client = reqwest::Client::new();
        for _ in 0..2 {
            let reply = client.get(format!("{base}/boom")).header("x-request-id", "boom-0001").send().await.unwrap();
            assert_eq!(reply.status(), 500);
            let problem: serde_json::Value = reply.json().await.unwrap();
            let expected = serde_json::json!({"type": "/problems/internal", "code": "internal", "title": "Internal Server Error", "status": 500,
                "detail": "the indexer has a fault; report it with the request_id", "request_id": "boom-0001"});
            assert_eq!(problem, expected);
            let fine = client.get(format!("{base}/fine")).send().await.unwrap();
            assert_eq!(fine.text().await.unwrap(), "fine");
        }
        stop.cancel();
        server.await.unwrap().unwrap();
    }
}
