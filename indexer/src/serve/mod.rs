//! The API, as OpenAPI describes it at `/openapi.json`.

pub mod accounts;
pub mod actions;
pub mod blobs;
pub mod gate;
mod input;
pub mod live;
mod problem;
mod quotes;
pub mod read;
mod reply;

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    response::IntoResponse,
    routing::{any, get},
};
use metrics_exporter_prometheus::PrometheusHandle;
use sqlx::PgPool;
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;
use tower_http::services::{ServeDir, ServeFile};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::{
    gate::{health::watch_slot, recorder},
    live::listen,
};
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

/// What the handlers share. Cheap to clone: each layer around a request does so, more than once.
#[derive(Clone)]
pub struct State(Arc<Parts>);

/// The parts of a [`State`].
pub struct Parts {
    pub(crate) shared: Shared,
    /// Slots of lag above which `/ready` says 503.
    max_lag: u64,
    /// Blobs and results, if they are kept.
    blobs: Option<blobs::Blobs>,
    /// Signs and checks tokens.
    keys: accounts::Keys,
    accounts: accounts::Accounts,
    /// API keys in use.
    quotas: accounts::Quotas,
    gate: gate::Gate,
    /// For transactions that wallets sign.
    pub(crate) chain: actions::Chain,
    /// Where links in actions begin.
    pub(crate) links: actions::Links,
    /// Streams and webhooks.
    live: live::Live,
}

impl std::ops::Deref for State {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl std::ops::Deref for Parts {
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
        let live = live::Live::start(&config.live, &shared)?;
        Ok(Self(Arc::new(Parts {
            max_lag: config.max_lag_slots,
            blobs: blobs::Blobs::open(&config.blobs, &shared)?,
            shared,
            keys,
            accounts: accounts::Accounts::new(&config.accounts, config.listen),
            quotas: accounts::Quotas::default(),
            gate: gate::Gate::new(&config.gate),
            chain: actions::Chain::new(&config.rpc_url),
            links: actions::Links::new(&config.actions),
            live,
        })))
    }

    fn chain_slot(&self) -> Option<u64> {
        Some(self.chain_slot.load(Ordering::Relaxed)).filter(|slot| *slot > 0)
    }
}

fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(gate::docs::document())
        .merge(read::routes())
        .merge(live::routes())
        .routes(routes!(gate::health::health))
        .routes(routes!(gate::health::ready))
        .routes(routes!(gate::health::metrics))
        .merge(accounts::routes())
        .merge(blobs::routes())
        .merge(quotes::routes())
        .merge(actions::routes())
}

/// The OpenAPI document, as `/openapi.json` serves it and `indexer/openapi.json` keeps it.
///
/// # Errors
/// Never, unless a derive is broken.
pub fn openapi() -> Result<String> {
    let (_, document) = routes().split_for_parts();
    let text = gate::docs::complete(&document).and_then(|document| serde_json::to_string_pretty(&document));
    text.map(|text| text + "\n").map_err(|why| Error::Start(format!("no OpenAPI: {why}")))
}

/// All routes within the gate; the app's files answer where no route does. Call it within a Tokio runtime: what must be
/// done now and then is begun too, until the state's `stop`.
///
/// # Errors
/// When the OpenAPI document cannot be made.
pub fn router(state: State, app: Option<&Path>) -> Result<Router> {
    let document = openapi()?;
    let (router, _) = routes().split_for_parts();
    let openapi = get(async move || ([("content-type", "application/json")], document.clone()));
    // A wrong path below /v1 is a mistake of a program, not a page of the app.
    let router = router.route("/openapi.json", openapi).route("/v1/{*path}", any(problem::no_route));
    let router = router.merge(gate::docs::pages());
    let router = match app {
        Some(folder) => {
            let index = ServeFile::new(folder.join("index.html"));
            router.fallback_service(ServeDir::new(folder).fallback(index))
        }
        None => router.fallback(async || problem::no_route().await.into_response()),
    };
    tokio::spawn(gate::upkeep(state.clone()));
    Ok(gate::wrap(router, &state).with_state(state))
}

/// Takes the listening address.
///
/// # Errors
/// [`Error::Listen`] if it is taken or not ours.
pub async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })
}

/// How long the headers of a connection's next request may take.
const HEADERS: Duration = Duration::from_secs(30);

/// Serves until `stop`; requests under way get five seconds to end.
///
/// # Errors
/// None today; kept for what the system may do to a socket.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> Result<()> {
    gate::listen::serve(listener, router, stop, HEADERS).await;
    Ok(())
}
