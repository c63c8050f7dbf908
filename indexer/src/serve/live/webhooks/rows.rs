//! The tables of webhooks.

use std::time::Duration;

use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgPool};
use utoipa::ToSchema;

use super::super::source;

/// A webhook, as its wallet sees it.
#[derive(FromRow, Serialize, ToSchema)]
pub struct Webhook {
    /// Its name: `wh_` and more.
    pub id: String,
    /// Where it is delivered.
    pub url: String,
    /// What is delivered, as in `/v1/stream`.
    pub topics: Vec<String>,
    /// `active` or `paused`.
    pub state: String,
    /// Why it is paused.
    pub paused_reason: Option<String>,
    /// Since when every delivery has failed; null if the last one did not.
    pub failing_since: Option<String>,
    /// Deliveries that wait.
    pub pending: i64,
    /// Deliveries that were given up, and can be replayed.
    pub dead: i64,
    /// When it was registered.
    pub created_at: String,
    /// When it was last changed by its wallet.
    pub updated_at: String,
}

/// A delivery.
#[derive(FromRow, Serialize, ToSchema)]
pub struct Delivery {
    /// Its number; its `webhook-id` is `msg_` and this.
    pub id: String,
    /// Id of the item in the stream; null for a test.
    pub item: Option<String>,
    /// What it tells of, for example `escrow.SeatSettled`.
    #[serde(rename = "type")]
    #[sqlx(rename = "type")]
    pub kind: String,
    /// `pending`, `done` or `dead`.
    pub state: String,
    /// Tries so far, since the last replay.
    pub attempts: i32,
    /// When it is tried next, while it is pending.
    pub next_at: Option<String>,
    /// What the receiver answered last.
    pub status: Option<i32>,
    /// Why the last try failed.
    pub error: Option<String>,
    /// When it was queued.
    pub created_at: String,
    /// When it arrived or was given up.
    pub ended_at: Option<String>,
}

/// What came of a try.
#[derive(Debug)]
pub enum Outcome {
    /// It arrived.
    Done,
    /// It is given up.
    Dead,
    /// It is tried again after this.
    Again(Duration),
}

impl Outcome {
    /// For metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Again(_) => "failed",
        }
    }
}

const WEBHOOK: &str = r#"SELECT id, url, topics, state, paused_reason,
    to_char(failing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS failing_since,
    (SELECT count(*) FROM webhook_deliveries d WHERE d.hook = h.id AND d.state = 'pending') AS pending,
    (SELECT count(*) FROM webhook_deliveries d WHERE d.hook = h.id AND d.state = 'dead') AS dead,
    to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
    to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at
    FROM webhooks h WHERE wallet = $1 AND ($2::text IS NULL OR id = $2) ORDER BY h.created_at DESC, id DESC"#;

/// A wallet's webhooks, or the one of this id.
pub async fn list(pool: &PgPool, wallet: &str, id: Option<&str>) -> Result<Vec<Webhook>, sqlx::Error> {
    sqlx::query_as(WEBHOOK).bind(wallet).bind(id).fetch_all(pool).await
}

/// What is registered.
pub struct New<'a> {
    pub id: &'a str,
    pub wallet: &'a str,
    pub url: &'a str,
    pub topics: &'a [String],
    pub secret: &'a [u8],
    pub sealed: bool,
}

/// Registers one, for what comes from now on; `false` if the wallet has `most` already.
pub async fn insert(pool: &PgPool, new: New<'_>, most: i64) -> Result<bool, sqlx::Error> {
    let mut tx = pool.begin().await?;
    // Of one wallet one at a time, so that they can be counted.
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended('webhooks:' || $1, 0))";
    sqlx::query(lock).bind(new.wallet).execute(&mut *tx).await?;
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM webhooks WHERE wallet = $1")
        .bind(new.wallet)
        .fetch_one(&mut *tx)
        .await?;
    if count >= most {
        return Ok(false);
    }
    let from = source::newest(&mut *tx).await?;
    let sql =
        "INSERT INTO webhooks (id, wallet, url, topics, secret, sealed, cursor) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let query = sqlx::query(sql).bind(new.id).bind(new.wallet).bind(new.url).bind(new.topics);
    query.bind(new.secret).bind(new.sealed).bind(from).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(true)
}

/// Changes what is given; `paused`: pauses or resumes.
pub async fn update(
    pool: &PgPool,
    (wallet, id): (&str, &str),
    url: Option<&str>,
    topics: Option<&[String]>,
    paused: Option<bool>,
) -> Result<bool, sqlx::Error> {
    let mut tx = pool.begin().await?;
    if paused == Some(true) {
        pause(&mut tx, id, Some(wallet), "its wallet paused it").await?;
    }
    let sql = "UPDATE webhooks SET url = coalesce($3, url), topics = coalesce($4, topics), updated_at = now(),
            failing_since = CASE WHEN $5 OR $3 IS NOT NULL THEN NULL ELSE failing_since END,
            state = CASE WHEN $5 THEN 'active' ELSE state END,
            paused_reason = CASE WHEN $5 THEN NULL ELSE paused_reason END
        WHERE wallet = $1 AND id = $2";
    let query = sqlx::query(sql).bind(wallet).bind(id).bind(url).bind(topics).bind(paused == Some(false));
    let found = query.execute(&mut *tx).await?.rows_affected() > 0;
    tx.commit().await?;
    Ok(found)
}

/// From here on nothing is queued for it; it remembers where, and goes on there when it is resumed.
async fn pause(tx: &mut PgConnection, id: &str, wallet: Option<&str>, why: &str) -> Result<(), sqlx::Error> {
    // Not while somebody queues.
    let global: i64 = sqlx::query_scalar("SELECT id FROM webhook_cursor FOR UPDATE").fetch_one(&mut *tx).await?;
    let sql = "UPDATE webhooks SET state = 'paused', paused_reason = $2, cursor = coalesce(cursor, $3)
        WHERE id = $1 AND state = 'active' AND ($4::text IS NULL OR wallet = $4)";
    sqlx::query(sql).bind(id).bind(why).bind(global).bind(wallet).execute(tx).await?;
    Ok(())
}

/// Deletes it with its deliveries.
pub async fn delete(pool: &PgPool, wallet: &str, id: &str) -> Result<bool, sqlx::Error> {
    let query = sqlx::query("DELETE FROM webhooks WHERE wallet = $1 AND id = $2").bind(wallet).bind(id);
    Ok(query.execute(pool).await?.rows_affected() > 0)
}

const DELIVERIES: &str = r#"SELECT id::text, item::text, type, state, attempts, status, error,
    CASE state WHEN 'pending' THEN to_char(next_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') END AS next_at,
    to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
    to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS ended_at
    FROM webhook_deliveries d WHERE hook = $1 AND ($2::text IS NULL OR state = $2) AND ($3::bigint IS NULL OR d.id < $3)
        AND ($4::bigint IS NULL OR d.id = $4)
    ORDER BY d.id DESC LIMIT $5"#;

/// A hook's deliveries before `cursor`, the newest first.
pub async fn deliveries(
    pool: &PgPool,
    hook: &str,
    state: Option<&str>,
    cursor: Option<i64>,
    limit: i64,
) -> Result<Vec<Delivery>, sqlx::Error> {
    let query = sqlx::query_as(DELIVERIES).bind(hook).bind(state).bind(cursor).bind(None::<i64>);
    query.bind(limit).fetch_all(pool).await
}

/// One of them.
pub async fn delivery(pool: &PgPool, hook: &str, id: i64) -> Result<Option<Delivery>, sqlx::Error> {
    let query = sqlx::query_as(DELIVERIES).bind(hook).bind(None::<&str>).bind(None::<i64>).bind(id);
    query.bind(1_i64).fetch_optional(pool).await
}

/// Queues a delivery that tells of nothing; returns its number.
pub async fn test(pool: &PgPool, hook: &str, body: &str) -> Result<i64, sqlx::Error> {
    let sql = "INSERT INTO webhook_deliveries (hook, type, body) VALUES ($1, 'test', $2) RETURNING id";
    sqlx::query_scalar(sql).bind(hook).bind(body).fetch_one(pool).await
}

/// Begins a delivery anew, whatever came of it.
pub async fn replay(pool: &PgPool, hook: &str, id: i64) -> Result<bool, sqlx::Error> {
    let sql = "UPDATE webhook_deliveries SET state = 'pending', attempts = 0, next_at = now(), ended_at = NULL
        WHERE hook = $1 AND id = $2";
    Ok(sqlx::query(sql).bind(hook).bind(id).execute(pool).await?.rows_affected() > 0)
}

/// Writes down what came of a try, unless its lease ended and somebody else has tried since.
pub async fn ended(
    pool: &PgPool,
    id: i64,
    attempts: i32,
    outcome: &Outcome,
    status: Option<u16>,
    error: Option<&str>,
) -> Result<(), sqlx::Error> {
    let (state, wait) = match outcome {
        Outcome::Done => ("done", None),
        Outcome::Dead => ("dead", None),
        Outcome::Again(wait) => ("pending", Some(wait.as_secs_f64())),
    };
    let sql = "UPDATE webhook_deliveries SET state = $3, status = $4, error = $5,
            next_at = now() + make_interval(secs => coalesce($6, 0)), ended_at = CASE WHEN $3 <> 'pending' THEN now() END
        WHERE id = $1 AND attempts = $2 AND state = 'pending'";
    let query = sqlx::query(sql).bind(id).bind(attempts).bind(state).bind(status.map(i32::from)).bind(error);
    query.bind(wait).execute(pool).await.map(drop)
}

/// A delivery arrived.
pub async fn works(pool: &PgPool, hook: &str) -> Result<(), sqlx::Error> {
    let sql = "UPDATE webhooks SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL";
    sqlx::query(sql).bind(hook).execute(pool).await.map(drop)
}

/// A delivery failed: after a long time of nothing else the hook is paused, and at once if there is a reason.
pub async fn fails(pool: &PgPool, hook: &str, patience: Duration, why: Option<&str>) -> Result<(), sqlx::Error> {
    let sql = "UPDATE webhooks SET failing_since = coalesce(failing_since, now()) WHERE id = $1
        RETURNING failing_since + make_interval(secs => $2) <= now()";
    let over: Option<bool> =
        sqlx::query_scalar(sql).bind(hook).bind(patience.as_secs_f64()).fetch_optional(pool).await?;
    let long = over.unwrap_or(false).then_some("every delivery has failed for too long");
    if let Some(why) = why.or(long) {
        let mut tx = pool.begin().await?;
        pause(&mut tx, hook, None, why).await?;
        tx.commit().await?;
        tracing::info!("webhook {hook} is paused: {why}");
    }
    Ok(())
}

/// Deliveries that wait, of all hooks.
pub async fn depth(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM webhook_deliveries WHERE state = 'pending'").fetch_one(pool).await
}

/// Forgets what ended long ago: what arrived after a week, what did not after a month. At most so many at once.
pub async fn forget(pool: &PgPool) -> Result<u64, sqlx::Error> {
    let sql = "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries WHERE state <> 'pending'
        AND ended_at < now() - CASE state WHEN 'done' THEN interval '7 days' ELSE interval '30 days' END LIMIT 10000)";
    Ok(sqlx::query(sql).execute(pool).await?.rows_affected())
}
