//! Health, readiness and metrics.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use serde::Serialize;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use crate::{Error, ingest::Source, serve, store};

/// Slots that the clock remembers, one a second at most.
const REMEMBERED: usize = 900;

/// When the chain was at which slot, so that a lag can be said in seconds.
#[derive(Default)]
pub struct LagClock(Mutex<VecDeque<(Instant, u64)>>);

impl LagClock {
    /// The chain is at this slot now.
    pub fn note(&self, slot: u64) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.back().is_none_or(|(_, last)| *last < slot) {
            if seen.len() >= REMEMBERED {
                seen.pop_front();
            }
            seen.push_back((Instant::now(), slot));
        }
    }

    /// Seconds since the chain left this slot: no more than since the clock began.
    fn since(&self, slot: u64) -> f64 {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let later = seen.partition_point(|(_, at)| *at <= slot);
        seen.get(later).map_or(0.0, |(when, _)| when.elapsed().as_secs_f64())
    }
}

/// Whether the indexer lives, and how far its tables are.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`, or `unhealthy` when the database does not answer or the tables are not near the chain.
    status: &'static str,
    /// What is wrong, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
    /// The latest indexed slot; null while the database does not say.
    slot: Option<String>,
    /// Slots behind the chain; null while the RPC does not answer.
    lag_slots: Option<u64>,
    /// `ok` or `down`.
    postgres: &'static str,
}

/// What the tables and the chain say of each other.
struct Look {
    /// Whether the database answers, be it with an error.
    postgres: bool,
    slot: Option<u64>,
    lag: Option<u64>,
}

impl Look {
    async fn at(state: &serve::State) -> Self {
        let found = store::watermark(&state.pool).await;
        let postgres = matches!(found, Ok(_) | Err(Error::Database(sqlx::Error::Database(_))));
        let slot = found.ok();
        let lag = state.chain_slot().zip(slot).map(|(chain, indexed)| chain.saturating_sub(indexed));
        Self { postgres, slot, lag }
    }

    fn trouble(&self, max_lag: u64) -> Option<&'static str> {
        match (self.postgres, self.slot, self.lag) {
            (false, ..) => Some("the database does not answer"),
            (_, None, _) => Some("the database has no tables yet"),
            (_, _, None) => Some("the chain's RPC does not answer"),
            (_, _, Some(lag)) if lag > max_lag => Some("the tables are too far behind the chain"),
            _ => None,
        }
    }
}

/// Whether the indexer lives: 503 only when the database does not answer. For whether its data are good see `/ready`.
#[utoipa::path(get, path = "/health", operation_id = "health", tag = "operation", security(()), responses(
    (status = 200, description = "It lives", body = Health),
    (status = 503, description = "The database does not answer", body = Health),
))]
pub async fn health(State(state): State<serve::State>) -> impl IntoResponse {
    let look = Look::at(&state).await;
    let detail = look.trouble(state.max_lag);
    let health = Health {
        status: if detail.is_none() { "ok" } else { "unhealthy" },
        detail,
        slot: look.slot.map(|slot| slot.to_string()),
        lag_slots: look.lag,
        postgres: if look.postgres { "ok" } else { "down" },
    };
    (if look.postgres { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(health))
}

/// Whether requests should come here.
#[derive(Serialize, ToSchema)]
pub struct Ready {
    /// Whether they should.
    ready: bool,
    /// Why not.
    reasons: Vec<&'static str>,
    /// The latest indexed slot.
    slot: Option<String>,
    /// Slots behind the chain.
    lag_slots: Option<u64>,
    /// Seconds behind the chain, as far as this process has seen.
    lag_seconds: Option<f64>,
}

/// Whether the schema is that of this version, or a later one.
async fn migrated(state: &serve::State) -> bool {
    let sql = "SELECT version FROM _sqlx_migrations WHERE success";
    let applied: Vec<i64> = sqlx::query_scalar(sql).fetch_all(&state.pool).await.unwrap_or_default();
    store::MIGRATIONS.iter().all(|migration| applied.contains(&migration.version))
}

/// Whether requests should come here: the schema is up to date, the tables are near the chain, and it is not stopping.
#[utoipa::path(get, path = "/ready", operation_id = "ready", tag = "operation", security(()), responses(
    (status = 200, description = "They should", body = Ready),
    (status = 503, description = "Not now", body = Ready),
))]
pub async fn ready(State(state): State<serve::State>) -> impl IntoResponse {
    let look = Look::at(&state).await;
    let mut reasons: Vec<&'static str> = look.trouble(state.max_lag).into_iter().collect();
    if look.slot.is_some() && !migrated(&state).await {
        reasons.push("the database's schema is older than this indexer; it is being migrated");
    }
    if state.stop.is_cancelled() {
        reasons.push("the indexer is stopping");
    }
    let seconds = |slot| (state.gate.lag.since(slot) * 10.0).round() / 10.0;
    let ready = Ready {
        ready: reasons.is_empty(),
        reasons,
        slot: look.slot.map(|slot| slot.to_string()),
        lag_slots: look.lag,
        lag_seconds: look.lag.and(look.slot).map(seconds),
    };
    (if ready.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(ready))
}

/// Prometheus metrics.
#[utoipa::path(get, path = "/metrics", operation_id = "metrics", tag = "operation", security(()), responses(
    (status = 200, description = "Prometheus text", content_type = "text/plain", body = String),
))]
pub async fn metrics(State(state): State<serve::State>) -> impl IntoResponse {
    metrics::gauge!("assay_db_pool_size").set(f64::from(state.pool.size()));
    metrics::gauge!("assay_db_pool_idle").set(state.pool.num_idle() as f64);
    metrics::gauge!("assay_db_pool_max").set(f64::from(state.pool.options().get_max_connections()));
    if let Ok(slot) = store::watermark(&state.pool).await {
        metrics::gauge!("assay_indexer_slot").set(slot as f64);
        if let Some(chain) = state.chain_slot() {
            metrics::gauge!("assay_indexer_lag_slots").set(chain.saturating_sub(slot) as f64);
            metrics::gauge!("assay_indexer_lag_seconds").set(state.gate.lag.since(slot));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_says_since_when_a_slot_is_past() {
        let clock = LagClock::default();
        assert_eq!(clock.since(5), 0.0, "nothing was seen");
        for slot in [10, 10, 20] {
            clock.note(slot);
        }
        let remembered = clock.0.lock().unwrap().len();
        assert_eq!((remembered, clock.since(20)), (2, 0.0), "the chain is still there");
        assert!(clock.since(10) > 0.0 && clock.since(9) >= clock.since(10));
    }
}
