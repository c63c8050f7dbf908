//! API keys in use: looked up now and then, counted here, and told to Postgres in batches.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::{InMemoryState, NotKeyed},
};
use solana_sdk::pubkey::Pubkey;
use sqlx::PgPool;

use super::{Caller, Role};

/// How long a key is believed before it is looked up again; another instance may have revoked it.
const FRESH: Duration = Duration::from_secs(10);
/// How long an unused one is kept.
const KEPT: Duration = Duration::from_secs(3600);
const DAY: u64 = 24 * 3600;

type Limiter = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// What a request cost, and what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    /// Requests that may come at once.
    pub limit: u32,
    /// How many of them are left.
    pub remaining: u32,
    /// Seconds until all are there again.
    pub reset: u64,
    /// Seconds to wait, if there was none left.
    pub wait: Option<u64>,
}

/// A key in use.
struct Live {
    id: String,
    wallet: Pubkey,
    per_day: u64,
    limiter: Limiter,
    per_minute: u32,
    days: Mutex<Days>,
}

/// Requests by day: what Postgres said last, and what it does not know yet.
#[derive(Default)]
struct Days {
    today: u64,
    told: u64,
    pending: HashMap<u64, u64>,
}

struct Entry {
    key: Arc<Live>,
    read: Instant,
}

/// Keys in use at this instance.
#[derive(Default)]
pub(crate) struct Quotas(Mutex<HashMap<[u8; 32], Entry>>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unix() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

impl Live {
    /// Counts a request, if the quotas have room for it.
    fn charge(&self) -> Charge {
        let (limit, now) = (self.per_minute, unix());
        let refill = |missing: u32| (u64::from(missing) * 60).div_ceil(u64::from(limit.max(1)));
        let mut days = lock(&self.days);
        if days.today != now / DAY {
            (days.today, days.told) = (now / DAY, 0);
        }
        let used = days.told + days.pending.get(&(now / DAY)).copied().unwrap_or(0);
        if used >= self.per_day {
            let wait = DAY - now % DAY;
            return Charge { limit, remaining: 0, reset: wait, wait: Some(wait) };
        }
        match self.limiter.check() {
            Ok(left) => {
                *days.pending.entry(now / DAY).or_default() += 1;
                let remaining = left.remaining_burst_capacity();
                Charge { limit, remaining, reset: refill(limit.saturating_sub(remaining)), wait: None }
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
                Charge { limit, remaining: 0, reset: refill(limit), wait: Some(wait) }
            }
        }
    }

    fn caller(&self) -> Caller {
        Caller { wallet: self.wallet, roles: vec![Role::User] }
    }
}

impl Quotas {
    /// Charges a key that was looked up lately.
    pub fn charge(&self, hash: &[u8; 32]) -> Option<(Caller, Charge)> {
        let key = {
            let entries = lock(&self.0);
            let entry = entries.get(hash)?;
            (entry.read.elapsed() < FRESH).then(|| entry.key.clone())?
        };
        Some((key.caller(), key.charge()))
    }

    /// Looks a key up and charges it; `None` if there is no such key, or no longer.
    pub async fn look_up(&self, pool: &PgPool, hash: &[u8; 32]) -> sqlx::Result<Option<(Caller, Charge)>> {
        let row: Option<(String, String, i64, i64, i64, i64)> = sqlx::query_as(
            "SELECT k.id, k.wallet, k.per_minute, k.per_day, t.today::bigint, coalesce(d.count, 0)
             FROM api_keys k
             CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE 'UTC')::date - date '1970-01-01') t (today)
             LEFT JOIN api_key_days d ON d.key = k.id AND d.day = date '1970-01-01' + t.today
             WHERE k.hash = $1 AND k.revoked_at IS NULL",
        )
        .bind(hash.as_slice())
        .fetch_optional(pool)
        .await?;
        let Some((id, wallet, per_minute, per_day, today, count)) = row else {
            self.forget(hash);
            return Ok(None);
        };
        let Ok(wallet) = wallet.parse() else { return Ok(None) };
        let per_minute = u32::try_from(per_minute).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        let key = {
            let mut entries = lock(&self.0);
            let entry = entries.entry(*hash).or_insert_with(|| {
                let limiter = RateLimiter::direct(Quota::per_minute(per_minute)).with_middleware();
                let (per_day, days) = (per_day.unsigned_abs(), Mutex::default());
                let live = Live { id, wallet, per_day, limiter, per_minute: per_minute.get(), days };
                Entry { key: Arc::new(live), read: Instant::now() }
            });
            entry.read = Instant::now();
            entry.key.clone()
        };
        {
            let mut days = lock(&key.days);
            (days.today, days.told) = (today.unsigned_abs(), count.unsigned_abs());
        }
        Ok(Some((key.caller(), key.charge())))
    }

    /// So that the key is looked up when it comes again.
    pub fn forget(&self, hash: &[u8]) {
        if let Some(entry) = <[u8; 32]>::try_from(hash).ok().and_then(|hash| lock(&self.0).remove(&hash)) {
            tracing::debug!(key = entry.key.id, "no longer in use");
        }
    }

    /// Tells Postgres what was counted since the last time, and hears what all instances counted.
    pub async fn flush(&self, pool: &PgPool) -> sqlx::Result<()> {
        let keys: HashMap<String, Arc<Live>> =
            lock(&self.0).values().map(|entry| (entry.key.id.clone(), entry.key.clone())).collect();
        let mut counts: Vec<(String, u64, u64)> = vec![];
        for (id, key) in &keys {
            counts.extend(lock(&key.days).pending.iter().map(|(day, count)| (id.clone(), *day, *count)));
        }
        if counts.is_empty() {
            return Ok(());
        }
        // In one order everywhere, so that instances do not wait for each other in a ring.
        counts.sort_unstable();
        let ids: Vec<&str> = counts.iter().map(|(id, ..)| id.as_str()).collect();
        let days: Vec<i64> = counts.iter().map(|(_, day, _)| i64::try_from(*day).unwrap_or(0)).collect();
        let added: Vec<i64> = counts.iter().map(|(.., count)| i64::try_from(*count).unwrap_or(0)).collect();
        let totals: Vec<(String, i64, i64)> = sqlx::query_as(
            "WITH seen AS (UPDATE api_keys SET last_used_at = now() WHERE id = ANY ($1))
             INSERT INTO api_key_days (key, day, count)
             SELECT id, date '1970-01-01' + day::integer, count FROM unnest($1::text[], $2::bigint[], $3::bigint[])
                 AS counted (id, day, count)
             ON CONFLICT (key, day) DO UPDATE SET count = api_key_days.count + excluded.count
             RETURNING key, (day - date '1970-01-01')::bigint, count",
        )
        .bind(ids)
        .bind(days)
        .bind(added)
        .fetch_all(pool)
        .await?;
        for (id, day, count) in counts {
            let Some(key) = keys.get(&id) else { continue };
            let mut known = lock(&key.days);
            if let Some(pending) = known.pending.get_mut(&day) {
                *pending = pending.saturating_sub(count);
            }
            known.pending.retain(|_, pending| *pending > 0);
        }
        for (id, day, total) in totals {
            let Some(key) = keys.get(&id) else { continue };
            let mut known = lock(&key.days);
            if known.today == day.unsigned_abs() {
                known.told = total.unsigned_abs();
            }
        }
        Ok(())
    }

    /// Lets go of keys that nobody uses.
    pub fn tidy(&self) {
        lock(&self.0).retain(|_, entry| entry.read.elapsed() < KEPT || !lock(&entry.key.days).pending.is_empty());
    }
}
