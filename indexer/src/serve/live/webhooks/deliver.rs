//! Deliveries: claimed by whichever instance is free, sent, and tried again until they arrive or are given up.
//!
//! A claim commits at once and holds for [`LEASE`]: an instance that dies with it leaves it to the others. So a
//! delivery may arrive twice, under the same `webhook-id`; it is never lost.

use std::{collections::HashMap, sync::Arc, time::Duration};

use sqlx::{FromRow, PgPool};
use tokio::task::JoinSet;

use super::{Webhooks, egress::Sent, rows};
use crate::serve::{Shared, live::now};

/// Longer than a delivery may take.
const LEASE: &str = "60 seconds";
/// Deliveries under way at once, and of those to one hook: a slow receiver holds up itself alone. Hooks take turns.
const AT_ONCE: usize = 128;
const OF_A_HOOK: usize = 4;
/// Each wait is so much longer than the last: with a first one of 5 s, ten tries take a day.
const FACTOR: f64 = 3.25;

#[derive(FromRow)]
struct Claimed {
    id: i64,
    hook: String,
    attempts: i32,
    body: String,
    url: String,
    secret: Vec<u8>,
    sealed: bool,
}

/// Delivers until `shared.stop`; what is under way then is left to its lease.
pub async fn run(webhooks: Arc<Webhooks>, shared: Shared) {
    let mut under_way: JoinSet<String> = JoinSet::new();
    let mut of_hook: HashMap<String, usize> = HashMap::new();
    let mut turn = String::new();
    loop {
        let room = AT_ONCE.saturating_sub(under_way.len());
        if room > 0 {
            let claimed = claim(&shared.pool, &of_hook, &turn, room).await.unwrap_or_else(|why| {
                tracing::debug!("webhooks wait for the database: {why}");
                vec![]
            });
            // After the last hook comes the first; when nothing is due from the first on, there is time.
            let over = claimed.is_empty() && turn.is_empty();
            turn = claimed.iter().map(|delivery| delivery.hook.clone()).max().unwrap_or_default();
            for delivery in claimed {
                *of_hook.entry(delivery.hook.clone()).or_default() += 1;
                under_way.spawn(one(webhooks.clone(), shared.pool.clone(), delivery));
            }
            if !over {
                continue;
            }
        }
        tokio::select! {
            () = shared.stop.cancelled() => return,
            () = webhooks.queued.notified(), if room > 0 => {}
            () = tokio::time::sleep(webhooks.poll) => {}
            Some(ended) = under_way.join_next() => if let Ok(hook) = ended {
                leave(&mut of_hook, hook);
            },
        }
    }
}

fn leave(of_hook: &mut HashMap<String, usize>, hook: String) {
    if let Some(count) = of_hook.get_mut(&hook) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            of_hook.remove(&hook);
        }
    }
}

/// Of the hooks after `turn` what is due, so much as there is room for.
async fn claim(
    pool: &PgPool,
    of_hook: &HashMap<String, usize>,
    turn: &str,
    room: usize,
) -> Result<Vec<Claimed>, sqlx::Error> {
    let busy: Vec<&str> = of_hook.iter().filter(|(_, n)| **n >= OF_A_HOOK).map(|(hook, _)| hook.as_str()).collect();
    let sql = "UPDATE webhook_deliveries d SET attempts = d.attempts + 1, next_at = now() + $4::text::interval
        FROM (
            SELECT due.id, h.url, h.secret, h.sealed FROM webhooks h CROSS JOIN LATERAL (
                SELECT id FROM webhook_deliveries WHERE hook = h.id AND state = 'pending' AND next_at <= now()
                ORDER BY next_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
            ) due WHERE h.state = 'active' AND h.id <> ALL ($1) AND h.id > $5 ORDER BY h.id LIMIT $2
        ) q WHERE d.id = q.id
        RETURNING d.id, d.hook, d.attempts, d.body, q.url, q.secret, q.sealed";
    let query = sqlx::query_as(sql).bind(busy).bind(i64::try_from(room).unwrap_or(1));
    query.bind(i64::try_from(OF_A_HOOK).unwrap_or(1)).bind(LEASE).bind(turn).fetch_all(pool).await
}

/// Sends one and writes down what came of it; returns its hook.
async fn one(webhooks: Arc<Webhooks>, pool: PgPool, delivery: Claimed) -> String {
    let Claimed { id, hook, attempts, body, url, secret, sealed } = delivery;
    let sent = match webhooks.keyring.open(&hook, &secret, sealed) {
        Some(secret) => {
            let (message, timestamp) = (format!("msg_{id}"), i64::try_from(now().as_secs()).unwrap_or(0));
            let signature = secret.sign(&message, timestamp, &body).unwrap_or_default();
            let headers = vec![
                (standardwebhooks::HEADER_WEBHOOK_ID, message),
                (standardwebhooks::HEADER_WEBHOOK_TIMESTAMP, timestamp.to_string()),
                (standardwebhooks::HEADER_WEBHOOK_SIGNATURE, signature),
            ];
            webhooks.egress.send(&url, headers, body).await
        }
        None => {
            Sent::Failed("this indexer lacks the key of the secret; its operator must set --webhook-key-file".into())
        }
    };
    let (status, error) = match &sent {
        Sent::Answered(status @ 200..=299) => (Some(*status), None),
        Sent::Answered(status) => (Some(*status), Some(format!("it answered {status}"))),
        Sent::Failed(why) => (None, Some(why.clone())),
    };
    let outcome = match &error {
        None => rows::Outcome::Done,
        Some(_) if status == Some(410) || attempts >= webhooks.tries => rows::Outcome::Dead,
        Some(_) => rows::Outcome::Again(webhooks.wait(attempts)),
    };
    metrics::counter!("assay_indexer_webhook_deliveries_total", "result" => outcome.name()).increment(1);
    let pause = match status {
        Some(410) => Some("its receiver answered 410 Gone"),
        _ => None,
    };
    let written = rows::ended(&pool, id, attempts, &outcome, status, error.as_deref()).await;
    let told = match &outcome {
        rows::Outcome::Done => rows::works(&pool, &hook).await,
        _ => rows::fails(&pool, &hook, webhooks.pause_after, pause).await,
    };
    if let Err(why) = written.and(told) {
        // The lease ends, and it is tried again.
        tracing::debug!("a delivery could not be written down: {why}");
    }
    hook
}

impl Webhooks {
    /// How long to wait after so many tries: longer each time, and not for all at the same moment.
    fn wait(&self, attempts: i32) -> Duration {
        let jitter = rand::random_range(0.8..1.2);
        let grown = FACTOR.powi(attempts.saturating_sub(1).clamp(0, 30)) * jitter;
        Duration::try_from_secs_f64(self.retry.as_secs_f64() * grown)
            .unwrap_or(self.retry)
            .min(Duration::from_secs(86_400))
    }
}
