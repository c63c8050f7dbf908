//! The API, as OpenAPI describes it at `/openapi.json`.

pub mod accounts;
pub mod blobs;
mod cases;
mod health;
mod input;
mod jobs;
mod market;
mod problem;
mod quotes;
mod reply;
mod stream;

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{Router, http::Method, response::IntoResponse, routing::get};
use metrics_exporter_prometheus::PrometheusHandle;
use sqlx::PgPool;
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;
use tower_http::{
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, NotForContentType, Predicate},
    },
    cors::{Any, CorsLayer},
    services::{ServeDir, ServeFile},
};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::{health::watch_slot, stream::listen};
use crate::{Error, Result, config::Config};

/// What the handlers share with the rest of the process.
#[derive(Clone)]
pub struct Shared {
    /// For reading.
    pub pool: PgPool,
    /// The chain's latest slot; 0 while the RPC does not answer.
    pub chain_slot: Arc<AtomicU64>,
    /// Changes whenever there may be new events.
    pub wake: watch::Receiver<u64>,
    /// Renders `/metrics`.
    pub metrics: PrometheusHandle,
    /// Ends the streams.
    pub stop: CancellationToken,
}

/// What the handlers share.
#[derive(Clone)]
pub struct State {
    pub(crate) shared: Shared,
    /// Slots of lag above which `/health` says 503.
    max_lag: u64,
    /// Blobs and results, if they are kept.
    blobs: Option<blobs::Blobs>,
    /// Signs and checks tokens.
    keys: accounts::Keys,
}

impl std::ops::Deref for State {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl State {
    /// As the settings say.
    ///
    /// # Errors
    /// When a setting names what cannot be used.
    pub fn new(config: &Config, shared: Shared) -> Result<Self> {
        let keys = accounts::Keys::load(config.accounts.jwt_secret_file.as_deref())?;
        let blobs = blobs::Blobs::open(&config.blobs, &shared)?;
        Ok(Self { shared, max_lag: config.max_lag_slots, blobs, keys })
    }

    fn chain_slot(&self) -> Option<u64> {
        Some(self.chain_slot.load(Ordering::Relaxed)).filter(|slot| *slot > 0)
    }
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Assay indexer",
    description = "Jobs, operators and events of the Assay market, mirrored from the chain. Integers of 64 bits and \
        more are decimal strings, addresses base58, hashes lower hex, enums their variant's name."
))]
struct Api;

fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::one))
        .routes(routes!(cases::list))
        .routes(routes!(cases::one))
        .routes(routes!(market::operators))
        .routes(routes!(market::stats))
        .routes(routes!(stream::stream))
        .routes(routes!(health::health))
        .routes(routes!(health::metrics))
        .merge(blobs::routes())
        .merge(quotes::routes())
}

/// The OpenAPI document, as `/openapi.json` serves it and `indexer/openapi.json` keeps it.
///
/// # Errors
/// Never, unless a derive is broken.
pub fn openapi() -> Result<String> {
    let (_, document) = routes().split_for_parts();
    document.to_pretty_json().map(|text| text + "\n").map_err(|why| Error::Start(format!("no OpenAPI: {why}")))
}

/// All routes; the app's files answer where no route does.
///
/// # Errors
/// When the OpenAPI document cannot be made.
pub fn router(state: State, app: Option<&Path>) -> Result<Router> {
    let document = openapi()?;
    let (router, _) = routes().split_for_parts();
    let openapi = get(async move || ([("content-type", "application/json")], document.clone()));
    // A wrong path below /v1 is a mistake of a program, not a page of the app.
    let router = router.route("/openapi.json", openapi).route("/v1/{*path}", get(problem::no_route));
    let router = match app {
        Some(folder) => {
            let index = ServeFile::new(folder.join("index.html"));
            router.fallback_service(ServeDir::new(folder).fallback(index))
        }
        None => router.fallback(async || problem::no_route().await.into_response()),
    };
    // Blobs are ciphertext and archives: they do not get smaller, and keep the length and tag that they have.
    let compressed = DefaultPredicate::new().and(NotForContentType::const_new("application/octet-stream"));
    let cors = CorsLayer::new().allow_origin(Any).allow_methods([Method::GET]).allow_headers(Any);
    Ok(router.layer(CompressionLayer::new().compress_when(compressed)).layer(cors).with_state(state))
}

/// Takes the listening address.
///
/// # Errors
/// [`Error::Listen`] if it is taken or not ours.
pub async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })
}

/// Serves until `stop`; requests under way get five seconds to end.
///
/// # Errors
/// When the system takes the socket away.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> Result<()> {
    let graceful = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).with_graceful_shutdown(stop.clone().cancelled_owned());
    let patience = async {
        stop.cancelled().await;
        tokio::time::sleep(Duration::from_secs(5)).await;
    };
    tokio::select! {
        ended = graceful => ended.map_err(|why| Error::Start(format!("the server ended: {why}"))),
        () = patience => Ok(()),
    }
}
