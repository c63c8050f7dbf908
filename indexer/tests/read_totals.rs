//! Totals are the sums over events however those come and go; and what the database derives from rows.

#![allow(clippy::unwrap_used)]

mod common;

use assay_indexer::store::{Batch, Change, EventRow, Row, Table, Writer};
use common::Postgres;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use solana_sdk::pubkey::Pubkey;
use sqlx::{AssertSqlSafe, PgPool};

fn address(kind: u8, n: u8) -> String {
    let mut bytes = [7; 32];
    (bytes[0], bytes[1]) = (kind, n);
    Pubkey::new_from_array(bytes).to_string()
}

fn job(n: u8, state: &str) -> Value {
    json!({"requester": address(9, n), "mint": address(2, n % 2), "class": n % 3, "units": (n * 10).to_string(), "state": state,
        "posted_at": n.to_string(), "cases": 0})
}

/// A random event of the kinds that count, and of some that do not.
fn event(rng: &mut StdRng, n: u32) -> EventRow {
    let of: u8 = rng.random_range(0..12);
    let operator = address(3, rng.random_range(0..4));
    let (job_address, seat) = (address(1, of), address(4, of));
    let (paid, fee, amount) = (rng.random_range(0..3) * 97, rng.random_range(0..9), rng.random_range(1..1_000));
    let text = |number: i32| number.to_string();
    let (program, kind, data) = match rng.random_range(0..10) {
        0 => ("escrow", "JobPosted", json!({"job": job_address, "requester": address(9, of)})),
        1 | 2 => (
            "escrow",
            "SeatSettled",
            json!({"job": job_address, "seat": seat, "operator": operator, "paid": text(paid), "fee": text(fee)}),
        ),
        3 => (
            "escrow",
            "SeatSlashed",
            json!({"job": job_address, "seat": seat, "operator": operator, "amount": text(amount)}),
        ),
        4 => (
            "staking",
            "Slashed",
            json!({"pool": address(5, 0), "operator": operator, "amount": text(amount), "burned": text(amount / 2)}),
        ),
        5 => ("token", "Burned", json!({"owner": operator, "amount": text(amount)})),
        6 => (
            "token",
            "FeesCollected",
            json!({"mint": address(2, of % 2), "vault": seat, "burned": text(amount), "reserve": "1", "rewards": "0",
            "treasury": text(fee)}),
        ),
        7 => (
            "escrow",
            "MilestoneReleased",
            json!({"job": job_address, "seat": seat, "operator": operator, "is_last": rng.random_bool(0.5),
            "paid": text(paid), "fee": text(fee)}),
        ),
        8 => (
            "escrow",
            "JobClosed",
            json!({"job": job_address, "last": job(of, if rng.random_bool(0.7) { "Settled" } else { "Expired" })}),
        ),
        _ => ("escrow", "SeatClaimed", json!({"job": job_address, "seat": seat, "operator": operator})),
    };
    let time = Some(1_700_000_000 + i64::from(rng.random_range(0..300_000)));
    EventRow {
        signature: format!("s{n}"),
        ix: 0,
        inner_ix: 0,
        slot: u64::from(n),
        time,
        program,
        kind: kind.into(),
        data,
    }
}

/// What the totals must be, by the plainest way: a scan of all events.
const SUMS: &str = "
    WITH e AS (SELECT e.*, floor(extract(epoch FROM time))::bigint AS t, coalesce((j.data ->> 'class')::int, -1) AS class,
            coalesce(j.mint, '') AS m, (j.data ->> 'units')::numeric AS units, (e.data ->> 'paid')::numeric AS paid,
            (e.data ->> 'fee')::numeric AS fee, (e.data ->> 'amount')::numeric AS amount, j.address IS NOT NULL AS known
        FROM events e LEFT JOIN jobs j ON j.address = e.job),
    p AS (SELECT * FROM e WHERE known AND (kind = 'SeatSettled' AND paid > 0 OR kind = 'MilestoneReleased' AND data ->> 'is_last' = 'false')),
    facts AS (
        SELECT 'events' AS metric, t, -1 AS class, '' AS mint, 1::numeric AS v FROM e
        UNION ALL SELECT 'seats_settled', t, -1, '', 1 FROM e WHERE kind = 'SeatSettled'
        UNION ALL SELECT 'seats_claimed', t, -1, '', 1 FROM e WHERE kind = 'SeatClaimed'
        UNION ALL SELECT 'seats_ended', t, -1, '', 1 FROM e WHERE kind IN ('SeatSettled', 'SeatSlashed')
        UNION ALL SELECT 'slashes', t, -1, '', 1 FROM e WHERE kind = 'Slashed'
        UNION ALL SELECT 'slashed', t, -1, '', amount FROM e WHERE kind = 'Slashed'
        UNION ALL SELECT 'burned', t, -1, '', amount FROM e WHERE kind = 'Burned'
        UNION ALL SELECT 'burned', t, -1, '', (data ->> 'burned')::numeric FROM e WHERE kind IN ('Slashed', 'FeesCollected')
        UNION ALL SELECT 'collected_' || x, t, -1, data ->> 'mint', (data ->> x)::numeric
            FROM e, unnest('{burned,reserve,rewards,treasury}'::text[]) x WHERE kind = 'FeesCollected'
        UNION ALL SELECT 'jobs', t, class, m, 1 FROM e WHERE known AND kind = 'JobPosted'
        UNION ALL SELECT 'seats', t, class, m, 1 FROM p WHERE kind = 'SeatSettled'
        UNION ALL SELECT 'seat_units', t, class, m, units FROM p WHERE kind = 'SeatSettled'
        UNION ALL SELECT 'paid', t, class, m, paid FROM p
        UNION ALL SELECT 'fees', t, class, m, fee FROM p
        UNION ALL SELECT 'volume', t, class, m, paid + fee FROM p
        UNION ALL SELECT 'settled', t, (data #>> '{last,class}')::int, data #>> '{last,mint}', 1 FROM e
            WHERE kind = 'JobClosed' AND data #>> '{last,state}' = 'Settled'
        UNION ALL SELECT 'units', t, (data #>> '{last,class}')::int, data #>> '{last,mint}', (data #>> '{last,units}')::numeric FROM e
            WHERE kind = 'JobClosed' AND data #>> '{last,state}' = 'Settled'
    )
    SELECT metric, step, at, class, mint, sum(v) AS value FROM facts
    CROSS JOIN LATERAL (VALUES ('hour', t - t % 3600), ('day', t - t % 86400), ('all', 0)) s (step, at)
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(v) <> 0";

const OPERATORS: &str = "
    SELECT operator, step, at, class, mint, sum(won) AS won, sum(lost) AS lost, sum(units) AS units, sum(earned) AS earned, sum(slashed) AS slashed
    FROM (
        SELECT e.operator, floor(extract(epoch FROM time))::bigint AS t, (j.data ->> 'class')::int AS class, j.mint, (e.kind = 'SeatSettled')::int AS won,
            0 AS lost, (e.kind = 'SeatSettled')::int * (j.data ->> 'units')::numeric AS units, (e.data ->> 'paid')::numeric AS earned,
            0::numeric AS slashed
        FROM events e JOIN jobs j ON j.address = e.job
        WHERE e.kind = 'SeatSettled' AND (e.data ->> 'paid')::numeric > 0 OR e.kind = 'MilestoneReleased' AND e.data ->> 'is_last' = 'false'
        UNION ALL
        SELECT operator, floor(extract(epoch FROM time))::bigint, -1, '', 0, (kind = 'SeatSlashed')::int, 0, 0,
            CASE kind WHEN 'Slashed' THEN (data ->> 'amount')::numeric ELSE 0 END
        FROM events WHERE kind IN ('SeatSlashed', 'Slashed')
    ) f
    CROSS JOIN LATERAL (VALUES ('day', t - t % 86400), ('all', 0)) s (step, at)
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(won) <> 0 OR sum(lost) <> 0 OR sum(earned) <> 0 OR sum(slashed) <> 0";

/// Rows that only one of two queries has.
async fn difference(pool: &PgPool, one: &str, other: &str) -> Vec<String> {
    let sql = format!(
        "WITH a AS ({one}), b AS ({other}) SELECT 'kept ' || x::text FROM (TABLE a EXCEPT ALL TABLE b) x
         UNION ALL SELECT 'summed ' || x::text FROM (TABLE b EXCEPT ALL TABLE a) x"
    );
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(pool).await.unwrap()
}

const KEPT: &str = "SELECT metric, step, at, class::int, mint, value FROM rollups WHERE value <> 0";
const KEPT_OPERATORS: &str = "SELECT operator, step, at, class::int, mint, won::numeric, lost::numeric, units, earned, slashed FROM operator_rollups
    WHERE won <> 0 OR lost <> 0 OR earned <> 0 OR slashed <> 0";

async fn agree(pool: &PgPool, when: &str) {
    assert_eq!(difference(pool, KEPT, SUMS).await, Vec::<String>::new(), "{when}");
    let operators = format!(
        "SELECT operator, step, at, class, mint, won::numeric, lost::numeric, units, earned, slashed FROM ({OPERATORS}) o"
    );
    assert_eq!(difference(pool, KEPT_OPERATORS, &operators).await, Vec::<String>::new(), "{when}");
    let parties = difference(
        pool,
        "SELECT address, slot, id FROM event_parties",
        "SELECT DISTINCT p, slot, id FROM events CROSS JOIN LATERAL parties_of(data) p",
    );
    assert_eq!(parties.await, Vec::<String>::new(), "{when}");
    let counts = difference(
        pool,
        "SELECT status, jobs, units FROM job_counts WHERE jobs <> 0",
        "SELECT status, count(*), sum((data ->> 'units')::numeric) FROM jobs GROUP BY 1",
    );
    assert_eq!(counts.await, Vec::<String>::new(), "{when}");
    let hours = "SELECT count(*) FROM events e WHERE NOT EXISTS (SELECT FROM event_hours h
        WHERE e.slot BETWEEN h.first_slot AND h.last_slot AND h.hour = floor(extract(epoch FROM e.time) / 3600) * 3600)";
    assert_eq!(sqlx::query_scalar::<_, i64>(hours).fetch_one(pool).await.unwrap(), 0, "{when}");
}

#[tokio::test]
async fn totals_are_the_sums_over_events() {
    let seed: u64 = std::env::var("ASSAY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random);
    println!("ASSAY_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("totals").await;
    let mut writer = Writer::acquire(&url).await.unwrap().unwrap();
    let mut sent: Vec<EventRow> = vec![];
    for step in 0..40_u32 {
        let mut batch = Batch::default();
        for n in 0..rng.random_range(0..12) {
            batch.events.push(event(&mut rng, step * 100 + n));
        }
        sent.extend(batch.events.clone());
        // Some come twice, in this batch and in others.
        for _ in 0..rng.random_range(0..4) {
            if !sent.is_empty() {
                batch.events.push(sent[rng.random_range(0..sent.len())].clone());
            }
        }
        // Jobs come before or after what is said of them, and change.
        for _ in 0..rng.random_range(0..3) {
            let n = rng.random_range(0..12);
            let state = ["Open", "Seated", "Settled", "Cancelled"][rng.random_range(0..4)];
            let change = Change::Scanned(job(n, state));
            batch.rows.push(Row { table: Table::Jobs, address: address(1, n), slot: u64::from(step) + 1, change });
        }
        writer.apply(batch).await.unwrap();
        if rng.random_bool(0.3) {
            // Retracted; some of it comes again with the duplicates.
            let sql = "DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id DESC LIMIT $1)";
            sqlx::query(sql).bind(rng.random_range(1..9_i64)).execute(&pool).await.unwrap();
        }
        agree(&pool, &format!("step {step}")).await;
    }
    let rows = (0..12).map(|n| Row {
        table: Table::Jobs,
        address: address(1, n),
        slot: 90,
        change: Change::Scanned(job(n, "Settled")),
    });
    writer.apply(Batch { rows: rows.collect(), ..Batch::default() }).await.unwrap();
    agree(&pool, "all jobs are here").await;
    let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM waiting_facts").fetch_one(&pool).await.unwrap();
    assert_eq!(waiting, 0);

    // Retention drops events without a word to anybody: the totals stay.
    let total = "SELECT sum(value)::text FROM rollups";
    let before: String = sqlx::query_scalar(total).fetch_one(&pool).await.unwrap();
    sqlx::query("TRUNCATE events").execute(&pool).await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, String>(total).fetch_one(&pool).await.unwrap(), before);
}

/// The status as it was worked out for each reader before it was kept.
const STATUS: &str = "SELECT j.address, CASE
        WHEN j.state NOT IN ('Open', 'Seated', 'Doubted') THEN lower(j.state)
        WHEN j.state = 'Doubted' OR (j.data ->> 'cases')::int > 0 OR r.phase = 'Tied' THEN 'disputed'
        WHEN r.phase = 'Auditing' OR (r.phase = 'Revealing' AND r.revealed > 0) THEN 'revealed'
        WHEN r.phase = 'Revealing' THEN 'sealed'
        WHEN EXISTS (SELECT FROM seats s WHERE s.job = j.address AND s.closed_slot IS NULL AND s.data ->> 'state' = 'Delivered') THEN 'delivered'
        ELSE lower(j.state) END
    FROM jobs j LEFT JOIN LATERAL (SELECT data ->> 'phase' AS phase, (data ->> 'revealed')::int AS revealed FROM rounds r WHERE r.job = j.address
        ORDER BY r.closed_slot DESC NULLS FIRST LIMIT 1) r ON true";

#[tokio::test]
async fn a_jobs_status_follows_its_seats_and_round() {
    let seed: u64 = std::env::var("ASSAY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random);
    println!("ASSAY_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("status").await;
    let mut writer = Writer::acquire(&url).await.unwrap().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for slot in 1..120_u64 {
        let mut batch = Batch::default();
        for _ in 0..3 {
            let n = rng.random_range(0..6);
            let (table, kind, data) = match rng.random_range(0..3) {
                0 => {
                    let mut data = job(n, ["Open", "Seated", "Seated", "Doubted", "Verified"][rng.random_range(0..5)]);
                    data["cases"] = json!(u8::from(rng.random_bool(0.2)));
                    (Table::Jobs, 1, data)
                }
                1 => {
                    let phase =
                        ["Sealing", "Checking", "Revealing", "Revealing", "Tied", "Auditing"][rng.random_range(0..6)];
                    (
                        Table::Rounds,
                        6,
                        json!({"job": address(1, n), "phase": phase, "revealed": rng.random_range(0..2)}),
                    )
                }
                _ => (
                    Table::Seats,
                    4,
                    json!({"job": address(1, n), "state": (["Claimed", "Delivered"][rng.random_range(0..2)])}),
                ),
            };
            let closes = table != Table::Jobs && rng.random_bool(0.3);
            let change = if closes { Change::Last(data) } else { Change::Scanned(data) };
            batch.rows.push(Row { table, address: address(kind, n), slot, change });
        }
        writer.apply(batch).await.unwrap();
        assert_eq!(
            difference(&pool, "SELECT address, status FROM jobs", STATUS).await,
            Vec::<String>::new(),
            "slot {slot}"
        );
        let now: Vec<String> = sqlx::query_scalar("SELECT DISTINCT status FROM jobs").fetch_all(&pool).await.unwrap();
        seen.extend(now);
    }
    assert!(seen.len() >= 5, "{seen:?}");
    sqlx::query("DELETE FROM rounds").execute(&pool).await.unwrap();
    sqlx::query("DELETE FROM seats").execute(&pool).await.unwrap();
    assert_eq!(difference(&pool, "SELECT address, status FROM jobs", STATUS).await, Vec::<String>::new());
    sqlx::query("DELETE FROM jobs").execute(&pool).await.unwrap();
    agree(&pool, "all is gone").await;
}

#[tokio::test]
async fn every_address_that_an_event_may_name_is_a_party() {
    let postgres = Postgres::start().await;
    let (_, pool) = postgres.migrated("parties").await;
    let mut names = std::collections::BTreeSet::new();
    for program in ["token", "staking", "reputation", "escrow", "verification", "governance"] {
        let text =
            std::fs::read_to_string(format!("{}/../idl/assay_{program}.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let idl: Value = serde_json::from_str(&text).unwrap();
        let types = idl["types"].as_array().unwrap();
        let mut wanted: Vec<Value> =
            idl["events"].as_array().unwrap().iter().map(|event| event["name"].clone()).collect();
        let mut lasts = vec![];
        while let Some(name) = wanted.pop() {
            let ty = types.iter().find(|ty| ty["name"] == name).unwrap();
            for field in ty["type"]["fields"].as_array().into_iter().flatten() {
                if field["type"] == "pubkey" {
                    names.insert(field["name"].as_str().unwrap().to_owned());
                }
                if field["name"] == "last" {
                    lasts.push(field["type"]["defined"]["name"].clone());
                }
            }
            if wanted.is_empty() {
                wanted.append(&mut lasts);
            }
        }
    }
    assert!(names.len() > 40, "{names:?}");
    for name in &names {
        let (one, other) = (address(1, 1), address(1, 2));
        let data = json!({name: one, "units": "123", "last": {name: other, "uri": one}});
        let found: Vec<String> =
            sqlx::query_scalar("SELECT parties_of($1) ORDER BY 1").bind(data).fetch_all(&pool).await.unwrap();
        let mut expected = [one, other];
        expected.sort();
        assert_eq!(found, expected, "{name}");
    }
}
