//! What the tables say: terms of the class and mint, what was paid lately, and the machines that fit.

use sqlx::PgPool;

use super::{ask::Wanted, rank::Candidate};
use crate::serve::problem::Problem;

/// Machines looked at: those with the lowest floors.
pub const CONSIDERED: i64 = 500;
/// Settled jobs that prices and durations are taken from.
const JOBS: i64 = 200;

/// The terms that hold now, and what was paid lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Market {
    pub decimals: u8,
    pub bond_rate: u64,
    pub fee_bps: u16,
    pub bond_bps: u16,
    pub wrong_bps: u16,
    pub bounty: u32,
    pub class_seconds: u64,
    pub class_stake: u64,
    pub seal_factor: u64,
    /// Of what is slashed, the harmed side's part.
    pub harmed_bps: u16,
    /// Settled jobs below.
    pub jobs: u64,
    /// Base units for a unit of a seat: at a quarter, half and three quarters of the jobs.
    pub prices: [Option<u64>; 3],
    /// Milliseconds from claim to seal for a unit, of half the seats.
    pub millis_per_unit: Option<u64>,
}

/// How many machines there are, and why some are not listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub candidates: Vec<Candidate>,
    /// Machines that are registered.
    pub registered: u64,
    /// Whose operators are in jail.
    pub jailed: u64,
    /// Whose operators have too little free stake.
    pub short: u64,
}

#[derive(sqlx::FromRow)]
struct Terms {
    decimals: i32,
    bond_rate: String,
    fee_bps: i32,
    bond_bps: i32,
    wrong_bps: i32,
    bounty: i64,
    class_seconds: i64,
    class_stake: String,
    seal_factor: i32,
    harmed_bps: i32,
}

fn amount(text: &str) -> u64 {
    text.parse().unwrap_or(u64::MAX)
}

fn small<T: TryFrom<i32> + Default>(value: i32) -> T {
    T::try_from(value).unwrap_or_default()
}

/// Terms and prices of a class and mint.
///
/// # Errors
/// 404 when the mint is not one that jobs may pay in; 503.
pub async fn market(pool: &PgPool, wanted: &Wanted) -> Result<Market, Problem> {
    let terms = sqlx::query_as(
        "SELECT (m.data ->> 'decimals')::int AS decimals, m.data ->> 'bond_rate' AS bond_rate,
             (p ->> 'fee_bps')::int AS fee_bps, (p ->> 'bond_bps')::int AS bond_bps,
             (p ->> 'wrong_bps')::int AS wrong_bps, (p ->> 'bounty_lamports')::bigint AS bounty,
             (p -> 'classes' -> $2 ->> 'seconds')::bigint AS class_seconds, p -> 'classes' -> $2 ->> 'stake' AS class_stake,
             (p ->> 'seal_factor')::int AS seal_factor,
             coalesce((s.data -> 'params' ->> 'harmed_bps')::int, 0) AS harmed_bps
         FROM payment_mints m
         CROSS JOIN LATERAL (SELECT data -> 'params' AS p FROM escrow_configs WHERE closed_slot IS NULL LIMIT 1) c
         LEFT JOIN LATERAL (SELECT data FROM staking_configs WHERE closed_slot IS NULL LIMIT 1) s ON true
         WHERE m.mint = $1 AND m.closed_slot IS NULL LIMIT 1",
    );
    let terms: Option<Terms> = terms.bind(&wanted.mint).bind(i32::from(wanted.class)).fetch_optional(pool).await?;
    let missing = "jobs cannot be paid in this mint, or the market is not set up; see `mints` in /v1/stats";
    let terms = terms.ok_or_else(|| Problem::missing(missing))?;
    let (jobs, prices, millis_per_unit) = paid(pool, wanted).await?;
    Ok(Market {
        decimals: small(terms.decimals),
        bond_rate: amount(&terms.bond_rate),
        fee_bps: small(terms.fee_bps),
        bond_bps: small(terms.bond_bps),
        wrong_bps: small(terms.wrong_bps),
        bounty: u32::try_from(terms.bounty).unwrap_or(u32::MAX),
        class_seconds: terms.class_seconds.unsigned_abs(),
        class_stake: amount(&terms.class_stake),
        seal_factor: small::<u8>(terms.seal_factor).into(),
        harmed_bps: small(terms.harmed_bps),
        jobs,
        prices,
        millis_per_unit,
    })
}

/// How many jobs, what a unit cost in them, and how long it took.
async fn paid(pool: &PgPool, wanted: &Wanted) -> Result<(u64, [Option<u64>; 3], Option<u64>), Problem> {
    // A seat is paid for its milestones and at its end. Of a sampled job the executor's seat counts, which is paid most.
    // Shares are reckoned back from the whole: paid, fee and royalties.
    let rows = sqlx::query_as(
        "WITH recent AS (
             SELECT address, (data ->> 'units')::numeric AS units, data -> 'strategy' ? 'Sampled' AS sampled FROM jobs
             WHERE state = 'Settled' AND (data ->> 'class')::int = $1 AND mint = $2
             ORDER BY (data ->> 'ended_at')::bigint DESC LIMIT $3
         ), seats AS (
             SELECT r.address, r.units, r.sampled, e.seat,
                 sum((e.data ->> 'paid')::numeric + (e.data ->> 'fee')::numeric + (e.data ->> 'royalties')::numeric)
                     FILTER (WHERE e.kind = 'SeatSettled' OR e.kind = 'MilestoneReleased'
                         AND NOT (e.data ->> 'is_last')::boolean) AS amount,
                 min(extract(epoch FROM e.time)) FILTER (WHERE e.kind IN ('ResultSealed', 'ResultDelivered', 'ResultProven',
                     'ResultAttested')) - min(extract(epoch FROM e.time)) FILTER (WHERE e.kind = 'SeatClaimed') AS seconds
             FROM recent r JOIN events e ON e.job = r.address AND e.seat IS NOT NULL
             GROUP BY r.address, r.units, r.sampled, e.seat
         ), jobs AS (
             SELECT ceil(CASE WHEN sampled THEN max(amount) ELSE avg(amount) END / units) AS price FROM seats
             WHERE amount > 0 AND units > 0 GROUP BY address, units, sampled
         )
         SELECT count(*), (percentile_disc(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY price))::text[],
             (SELECT (percentile_disc(0.5) WITHIN GROUP (ORDER BY ceil(seconds * 1000 / units)))::text FROM seats
                 WHERE seconds >= 0 AND units > 0)
         FROM jobs",
    );
    let rows = rows.bind(i32::from(wanted.class)).bind(&wanted.mint).bind(JOBS);
    let (jobs, prices, millis): (i64, Option<Vec<Option<String>>>, Option<String>) = rows.fetch_one(pool).await?;
    let mut prices = prices.unwrap_or_default().into_iter();
    let mut next = || prices.next().flatten().map(|price| amount(&price));
    Ok((jobs.unsigned_abs(), [next(), next(), next()], millis.map(|millis| amount(&millis))))
}

#[derive(sqlx::FromRow)]
struct Machine {
    address: String,
    operator: String,
    cores: i32,
    slots: i32,
    busy: i32,
    verified: bool,
    floor: String,
    good: Option<String>,
    bad: Option<String>,
    valid: i64,
    failed: i64,
    free_stake: String,
    enough: bool,
    jailed: bool,
    seats: i64,
}

/// The machines that fit and take work, cheapest floors first.
///
/// # Errors
/// 503.
pub async fn devices(pool: &PgPool, wanted: &Wanted, class_stake: u64, exposure: u64) -> Result<Found, Problem> {
    let rows = sqlx::query_as(
        "SELECT d.address, d.operator, (c ->> 'cores')::int AS cores, (d.data ->> 'slots')::int AS slots,
             (d.data ->> 'busy')::int AS busy, (d.data ->> 'verified')::boolean AS verified, d.data ->> 'price_floor' AS floor,
             r.data ->> 'good' AS good, r.data ->> 'bad' AS bad, coalesce((r.data ->> 'valid')::bigint, 0) AS valid,
             coalesce((r.data ->> 'wrong')::bigint + (r.data ->> 'silent')::bigint, 0) AS failed,
             greatest(p.active - (p.data ->> 'locked')::numeric, 0)::text AS free_stake,
             p.active >= $11::numeric AND p.active - (p.data ->> 'locked')::numeric >= $12::numeric AS enough,
             coalesce((p.data ->> 'jailed_until')::bigint, 0) > extract(epoch FROM now()) AS jailed,
             (SELECT count(*) FROM seats s WHERE s.operator = d.operator AND s.closed_slot IS NULL) AS seats
         FROM devices d
         CROSS JOIN LATERAL (SELECT d.data -> 'capabilities' AS c) x
         JOIN pools p ON p.operator = d.operator AND p.closed_slot IS NULL
         LEFT JOIN records r ON r.operator = d.operator AND r.closed_slot IS NULL AND (r.data ->> 'class')::int = $10
         WHERE d.closed_slot IS NULL AND (d.data ->> 'available')::boolean
             AND (c ->> 'engines')::int >> $1 & 1 = 1 AND (c ->> 'cores')::int >= $2
             AND (c ->> 'memory_mib')::bigint >= $3 AND (c ->> 'disk_gib')::bigint >= $4
             AND (c ->> 'gpus')::int >= $5 AND (c ->> 'gpu_memory_mib')::bigint >= $6
             AND ($7::text IS NULL OR c ->> 'gpu_model' = $7) AND ($8::text IS NULL OR c ->> 'region' = $8)
             AND ((d.data ->> 'verified')::boolean OR NOT $9)
         ORDER BY (d.data ->> 'price_floor')::numeric, d.address LIMIT $13",
    );
    let rows = rows.bind(i32::from(wanted.engine)).bind(i32::from(wanted.cores)).bind(i64::from(wanted.memory_mib));
    let rows =
        rows.bind(i64::from(wanted.disk_gib)).bind(i32::from(wanted.gpus)).bind(i64::from(wanted.gpu_memory_mib));
    let rows = rows.bind(&wanted.gpu_model).bind(&wanted.region).bind(wanted.verified).bind(i32::from(wanted.class));
    let rows = rows.bind(class_stake.to_string()).bind(exposure.to_string()).bind(CONSIDERED);
    let machines: Vec<Machine> = rows.fetch_all(pool).await?;
    let registered = sqlx::query_scalar("SELECT count(*) FROM devices WHERE closed_slot IS NULL");
    let registered: i64 = registered.fetch_one(pool).await?;
    let mut found = Found { registered: registered.unsigned_abs(), ..Found::default() };
    for machine in machines {
        match (machine.jailed, machine.enough) {
            (true, _) => found.jailed += 1,
            (false, false) => found.short += 1,
            (false, true) => found.candidates.push(candidate(machine)),
        }
    }
    Ok(found)
}

fn candidate(machine: Machine) -> Candidate {
    let count = |text: Option<String>| text.map_or(0, |text| u128::from(amount(&text)));
    Candidate {
        score_bps: score(count(machine.good), count(machine.bad)),
        address: machine.address,
        operator: machine.operator,
        cores: machine.cores.unsigned_abs().into(),
        slots: machine.slots.unsigned_abs().into(),
        busy: machine.busy.unsigned_abs().into(),
        verified: machine.verified,
        floor: amount(&machine.floor),
        valid: machine.valid.unsigned_abs(),
        failed: machine.failed.unsigned_abs(),
        free_stake: amount(&machine.free_stake),
        seats: machine.seats.unsigned_abs(),
    }
}

/// The beta score of a record as of its last outcome, in bps; counts in units of 10^-9.
fn score(good: u128, bad: u128) -> u64 {
    const ONE: u128 = assay_sdk::reputation::math::ONE as u128;
    ((good + ONE) * 10_000 / (good + bad + 2 * ONE)) as u64
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// With a fee of 2.5 %, bonds of 30 % at 2 ASY for one, and a class stake of 1,001 of which a quarter is at risk.
    pub fn market(prices: [u64; 3], jobs: u64) -> Market {
        Market {
            decimals: 6,
            bond_rate: 2_000_000_000,
            fee_bps: 250,
            bond_bps: 3_000,
            wrong_bps: 2_500,
            bounty: 5_000,
            class_seconds: 1_200,
            class_stake: 1_001,
            seal_factor: 7,
            harmed_bps: 4_000,
            jobs,
            prices: prices.map(Some),
            millis_per_unit: None,
        }
    }

    #[test]
    fn a_record_without_outcomes_is_half() {
        assert_eq!((score(0, 0), score(1_000_000_000, 0), score(0, 1_000_000_000)), (5_000, 6_666, 3_333));
    }
}
