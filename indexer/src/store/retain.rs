//! How long events are kept: whole partitions go, so that nothing is rewritten, and the notices of their time.

use std::time::Duration;

use clap::Args;
use sqlx::PgPool;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::rows;
use crate::Result;

/// How the store is kept.
// Its group has the struct's name by default, of which there are several.
#[derive(Args, Debug, Clone, Default)]
#[group(skip)]
pub struct Retention {
    /// Days that events and notices are kept. They go by ranges of a million slots, when the newest of a range is older; totals
    /// stay. Without it they are kept for good.
    #[arg(long, env = "ASSAY_RETENTION_DAYS", global = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub retention_days: Option<u32>,
}

/// "keep" in ASCII: one instance at a time drops.
const LOCK: i64 = 0x6b_65_65_70;

/// Drops the partitions whose newest event is older than `days`, the retractions of their slots, and the notices before
/// their last event, but for those of jobs that are open, which would be told again. Only what is final goes. Returns the names of what was dropped.
///
/// # Errors
/// When the database does not answer, or a reader holds a partition for longer than it is worth to wait: the next
/// attempt will do.
pub async fn drop_older(pool: &PgPool, days: u32) -> Result<Vec<String>> {
    let mut tx = pool.begin().await?;
    sqlx::query("SET LOCAL lock_timeout = '5s'").execute(&mut *tx).await?;
    if !sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)").bind(LOCK).fetch_one(&mut *tx).await? {
        return Ok(vec![]);
    }
    // The latest is being written to.
    let text = "SELECT name, coalesce(low, 0), high FROM event_partitions, watermark
         WHERE high <= finalized AND high < (SELECT max(high) FROM event_partitions) ORDER BY high";
    let full: Vec<(String, i64, i64)> = sqlx::query_as(text).fetch_all(&mut *tx).await?;
    let mut dropped = vec![];
    for (name, low, high) in full {
        let text = format!("SELECT coalesce(max(time) < now() - make_interval(days => $1), false) FROM {name}");
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        if !sqlx::query_scalar(rows::sql(text)).bind(days).fetch_one(&mut *tx).await? {
            continue;
        }
        // Whoever follows the stream and has less than the last of these has missed some.
        let text = format!(
            "WITH gone AS (DELETE FROM retractions WHERE slot < $1 RETURNING id)
             UPDATE watermark SET forgotten = greatest(forgotten, (SELECT max(id) FROM gone), (SELECT max(id) FROM {name}))"
        );
        sqlx::query(rows::sql(text)).bind(high).execute(&mut *tx).await?;
        sqlx::query(rows::sql(format!("DROP TABLE {name}"))).execute(&mut *tx).await?;
        let parties = "DELETE FROM event_parties WHERE slot >= $1 AND slot < $2";
        sqlx::query(parties).bind(low).bind(high).execute(&mut *tx).await?;
        dropped.push(name);
    }
    if !dropped.is_empty() {
        let sql = "DELETE FROM notices WHERE id <= (SELECT forgotten FROM watermark)
             AND NOT EXISTS (SELECT FROM jobs WHERE address = notices.job AND closed_slot IS NULL)";
        sqlx::query(sql).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(dropped)
}

/// Drops what is too old, every hour, until `stop`. Does nothing if everything is kept.
pub async fn keep(pool: PgPool, settings: Retention, stop: CancellationToken) {
    let Some(days) = settings.retention_days else { return };
    let mut ticks = interval(Duration::from_secs(3_600));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => match drop_older(&pool, days).await {
                Ok(dropped) if dropped.is_empty() => {}
                Ok(dropped) => tracing::info!(?dropped, "events older than the retention are gone"),
                Err(why) => tracing::warn!("old events could not be dropped; tried again in an hour: {why}"),
            },
        }
    }
}
