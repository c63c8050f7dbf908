//! Notices: what the tables say is about to happen, each told once.

use std::time::Duration;

use serde_json::Value;
use sqlx::{FromRow, PgConnection, PgPool};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::{now, source};
use crate::serve::Shared;

/// "notice" in ASCII: one instance looks at a time.
const LOCK: i64 = 0x6e_6f_74_69_63_65;
/// Nothing is told longer before.
const HORIZON: i64 = 7 * 86_400;

const DEADLINES: &str = include_str!("deadlines.sql");
const FUNDS: &str = include_str!("funds.sql");
const CLOSED: &str = include_str!("closed.sql");

#[derive(FromRow)]
struct Found {
    kind: String,
    object: String,
    deadline: i64,
    job: Option<String>,
    parties: Vec<String>,
    data: Value,
}

/// Looks every so often, until `shared.stop`.
pub async fn run(shared: Shared, every: Duration, minutes: Option<u32>) {
    // The first look is not at once: the tables may be about to be made.
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let now = i64::try_from(now().as_secs()).unwrap_or(i64::MAX);
        if let Err(why) = look(&shared.pool, now, minutes.map(|minutes| i64::from(minutes) * 60)).await {
            metrics::counter!("assay_indexer_errors_total", "kind" => "notices").increment(1);
            tracing::warn!("no notices for now: {why}");
        }
    }
}

/// Writes down what is new at `now` (unix seconds), `lead` seconds before each deadline or a quarter of its window;
/// returns how much. Nothing while another instance looks.
pub async fn look(pool: &PgPool, now: i64, lead: Option<i64>) -> Result<u64, sqlx::Error> {
    let mut tx = pool.begin().await?;
    let mine: bool = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)").bind(LOCK).fetch_one(&mut *tx).await?;
    if !mine {
        return Ok(0);
    }
    let seen: i64 = sqlx::query_scalar("SELECT id FROM notice_cursor").fetch_one(&mut *tx).await?;
    let newest = source::newest(&mut *tx).await?;
    let mut found: Vec<Found> =
        sqlx::query_as(DEADLINES).bind(now).bind(lead).bind(HORIZON).fetch_all(&mut *tx).await?;
    found.extend(sqlx::query_as::<_, Found>(FUNDS).bind(now).bind(HORIZON).fetch_all(&mut *tx).await?);
    found.extend(sqlx::query_as::<_, Found>(CLOSED).bind(now).bind(seen).bind(newest).fetch_all(&mut *tx).await?);
    if newest > seen {
        sqlx::query("UPDATE notice_cursor SET id = $1").bind(newest).execute(&mut *tx).await?;
    }
    let count = insert(&mut tx, &found).await?;
    tx.commit().await?;
    Ok(count)
}

/// Last, and by itself: from here to the commit nobody else can add to the stream.
async fn insert(tx: &mut PgConnection, found: &[Found]) -> Result<u64, sqlx::Error> {
    let mut count = 0;
    for notice in found {
        let sql = "INSERT INTO notices (kind, object, deadline, job, parties, data) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (kind, object, deadline) DO NOTHING";
        let query = sqlx::query(sql).bind(&notice.kind).bind(&notice.object).bind(notice.deadline).bind(&notice.job);
        count += query.bind(&notice.parties).bind(&notice.data).execute(&mut *tx).await?.rows_affected();
    }
    Ok(count)
}
