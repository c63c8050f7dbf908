//! Health and metrics.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use serde::Serialize;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use crate::{ingest::Source, store};

/// Whether the tables can be relied on.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok` or `unhealthy`.
    status: &'static str,
    /// What is wrong, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
    /// The latest indexed slot; null while the database does not answer.
    slot: Option<String>,
    /// Slots behind the chain; null while the RPC does not answer.
    lag_slots: Option<u64>,
    /// `ok` or `down`.
    postgres: &'static str,
}

/// Whether the database answers and the tables are near the chain.
#[utoipa::path(get, path = "/health", tag = "operation", responses(
    (status = 200, description = "Healthy", body = Health),
    (status = 503, description = "Not", body = Health),
))]
pub async fn health(State(state): State<super::State>) -> impl IntoResponse {
    let slot = store::watermark(&state.pool).await.ok();
    let lag = state.chain_slot().zip(slot).map(|(chain, indexed)| chain.saturating_sub(indexed));
    let detail = match (slot, lag) {
        (None, _) => Some("the database does not answer"),
        (_, None) => Some("the chain's RPC does not answer"),
        (_, Some(lag)) if lag > state.max_lag => Some("the tables are too far behind the chain"),
        _ => None,
    };
    let health = Health {
        status: if detail.is_none() { "ok" } else { "unhealthy" },
        detail,
        slot: slot.map(|slot| slot.to_string()),
        lag_slots: lag,
        postgres: if slot.is_some() { "ok" } else { "down" },
    };
    (if detail.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(health))
}

/// Prometheus metrics.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses(
    (status = 200, description = "Prometheus text", content_type = "text/plain", body = String),
))]
pub async fn metrics(State(state): State<super::State>) -> impl IntoResponse {
    if let Ok(slot) = store::watermark(&state.pool).await {
        metrics::gauge!("assay_indexer_slot").set(slot as f64);
        if let Some(chain) = state.chain_slot() {
            metrics::gauge!("assay_indexer_lag_slots").set(chain.saturating_sub(slot) as f64);
        }
    }
    if let Ok(dead) = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM dead_letters").fetch_one(&state.pool).await {
        metrics::gauge!("assay_indexer_dead_letters").set(dead as f64);
    }
    ([("content-type", "text/plain; version=0.0.4")], state.metrics.render())
}

/// Keeps the chain's latest slot at hand, 0 while the RPC does not answer, until `stop`.
pub async fn watch_slot<S: Source>(source: Arc<S>, chain_slot: Arc<AtomicU64>, stop: CancellationToken) {
    let mut ticks = interval(Duration::from_secs(2));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => chain_slot.store(source.slot().await.unwrap_or(0), Ordering::Relaxed),
        }
    }
}
